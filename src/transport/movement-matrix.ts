// Newton's matrix of a movement, as blocks of cells for the direct solver. Densities are scaled: their unknown is y = df/f.
//
//     ┌ -h K   C' ┐ ┌ dphi ┐      K = sum w theta (1, -1)(1, -1)'        C: -f_l at phi_l, +f_l at phi_(l+1), and
//     └   C    H  ┘ └  y   ┘      H = diag(z f or eps f) + curvature       the derivatives of the mobilities times d
//
// Both H and K are positive semidefinite: the matrix is quasi-definite. Unknowns of a cell: dphi by level and node, then y.

import { fastF64 } from '../elementary/mod.js';
import type { Movement } from './movement.js';
import type { SparseArrays, SparsePlan } from './sparse.js';

export class MovementMatrix {
  readonly #cells: number;
  readonly #nodes: number;
  /** Links of each pair of cells. */
  readonly #linksOf: readonly (readonly number[])[];

  constructor(
    private readonly movement: Movement,
    private readonly plan: SparsePlan,
    private readonly arrays: SparseArrays,
    private readonly place: { readonly index: number; readonly size: number },
  ) {
    const { links } = movement.shape;
    this.#cells = plan.cells;
    this.#nodes = links.sites / plan.cells;
    const index = new Map(plan.pairs.map(([a, b], pair) => [a * plan.cells + b, pair]));
    const lists: number[][] = plan.pairs.map(() => []);
    for (let link = 0; link < links.faces; link++) {
      const [a, b] = [links.from[link] % plan.cells, links.to[link] % plan.cells];
      const pair = index.get(Math.min(a, b) * plan.cells + Math.max(a, b));
      if (pair === undefined) throw new RangeError('a face joins cells that are not neighbours');
      lists[pair].push(link);
    }
    this.#linksOf = lists;
  }

  /**
   * Writes this member's share of the blocks, for the iterate that was evaluated last.
   * @param weights of each unknown density: z f, or eps f
   */
  write(step: number, weights: Float64Array): void {
    const { index, size } = this.place;
    const share = (count: number): readonly [number, number] => [
      Math.floor((count * index) / size),
      Math.floor((count * (index + 1)) / size),
    ];
    const [begin, end] = share(this.#cells);
    for (let cell = begin; cell < end; cell++) this.#writeCell(cell, step, weights);
    const [first, last] = share(this.plan.pairs.length);
    for (let pair = first; pair < last; pair++) this.#writePair(pair, step);
  }

  root(site: number, temperature: number): number {
    const v = this.movement.arrays.potential[site] / temperature;
    return fastF64.exp(0.5 * Math.min(1200, Math.max(-1200, v)));
  }

  writeFlow(step: number, temperature: number): void {
    const { links } = this.movement.shape;
    const { diagonal, coupling } = this.arrays;
    const { potential } = this.movement.arrays;
    const b = this.plan.unknowns;
    diagonal.fill(0);
    coupling.fill(0);
    for (let cell = 0; cell < this.#cells; cell++) for (let k = 0; k < b; k++) diagonal[(cell * b + k) * b + k] = 1;
    const rate = (link: number): readonly [number, number, number] => {
      const z = (potential[links.to[link]] - potential[links.from[link]]) / temperature;
      const size = Math.abs(z);
      const up = size < 1e-8 ? 1 - 0.5 * size : size / fastF64.expm1(size);
      const w = step * links.conductance[link] * temperature;
      return [w * (z > 0 ? up : up + size), w * (z > 0 ? up + size : up), -w * (size < 1e-8 ? 1 : up * fastF64.exp(0.5*size))];
    };
    for (let link = 0; link < links.count; link++) {
      const [there, back, off] = rate(link);
      const [s, t] = [links.from[link], links.to[link]];
      const [c, g, c2, g2] = [s % this.#cells, Math.floor(s / this.#cells), t % this.#cells, Math.floor(t / this.#cells)];
      diagonal[(c * b + g) * b + g] += there;
      diagonal[(c2 * b + g2) * b + g2] += back;
      if (c === c2) diagonal[(c * b + Math.max(g, g2)) * b + Math.min(g, g2)] += off;
    }
    this.#linksOf.forEach((list, pair) => {
      for (const link of list) {
        const g = Math.floor(links.from[link] / this.#cells);
        coupling[(pair * b + g) * b + g] += rate(link)[2];
      }
    });
  }

  #writeCell(cell: number, step: number, weights: Float64Array): void {
    const { levels, links } = this.movement.shape;
    const { density, mobility, drop, ahead, behind } = this.movement.arrays;
    const { start, incident, from, to, sites, count, faces } = links;
    const { diagonal } = this.arrays;
    const n = this.#nodes;
    const b = this.plan.unknowns;
    const block = cell * b * b;
    diagonal.fill(0, block, block + b * b);
    const add = (i: number, j: number, entry: number): void => {
      diagonal[block + (i > j ? i * b + j : j * b + i)] += entry;
    };
    for (let g = 0; g < n; g++) {
      const site = g * this.#cells + cell;
      for (let l = 0; l < levels; l++) {
        const [p, y] = [l * n + g, (levels + l) * n + g];
        const at = l * sites + site;
        add(y, y, weights[at]);
        add(y, p, -density[at]);
        if (l < levels - 1) add(y, p + n, density[at]);
        const { theta, first, second, curvature } = mobility[l];
        for (let k = start[site]; k < start[site + 1]; k++) {
          const link = incident[k] >> 1;
          const isFrom = (incident[k] & 1) === 0;
          const d = isFrom ? drop[l * count + link] : -drop[l * count + link];
          const slope = step * d * (isFrom ? first : second)[link];
          const bend = 0.5 * step * d * d * curvature[link];
          const [alpha, beta] = [ahead[at], behind[at]];
          add(p, p, -step * theta[link]);
          add(p, y, -slope * alpha);
          add(y, y, bend * alpha * alpha);
          if (l > 0) {
            add(p, y - n, -slope * beta);
            add(y, y - n, bend * alpha * beta);
            add(y - n, y - n, bend * beta * beta);
          }
          if (link < faces || !isFrom) continue;
          // An edge: the other end is in this cell, too.
          const other = to[link];
          const h = Math.floor(other / this.#cells) - Math.floor(from[link] / this.#cells);
          this.#couple(add, step, l, link, p, y, p + h, y + h);
        }
      }
    }
  }

  #writePair(pair: number, step: number): void {
    const { levels, links } = this.movement.shape;
    const { coupling } = this.arrays;
    const n = this.#nodes;
    const b = this.plan.unknowns;
    const block = pair * b * b;
    coupling.fill(0, block, block + b * b);
    const [low] = this.plan.pairs[pair];
    for (const link of this.#linksOf[pair]) {
      const g = Math.floor(links.from[link] / this.#cells);
      // Rows are of the higher cell.
      const isFromLow = links.from[link] % this.#cells === low;
      const add = (i: number, j: number, entry: number): void => {
        coupling[block + (isFromLow ? j * b + i : i * b + j)] += entry;
      };
      for (let l = 0; l < levels; l++) {
        const [p, y] = [l * n + g, (levels + l) * n + g];
        this.#couple(add, step, l, link, p, y, p, y);
      }
    }
  }

  /** Entries between the unknowns (p, y) of the end `from` and (p2, y2) of the end `to` of a link. */
  #couple(
    add: (i: number, j: number, entry: number) => void,
    step: number,
    l: number,
    link: number,
    p: number,
    y: number,
    p2: number,
    y2: number,
  ): void {
    const { links } = this.movement.shape;
    const { mobility, drop, ahead, behind } = this.movement.arrays;
    const n = this.#nodes;
    const [i, j] = [l * links.sites + links.from[link], l * links.sites + links.to[link]];
    const { theta, first, second, curvature } = mobility[l];
    const d = step * drop[l * links.count + link];
    const [slope, slope2] = [d * first[link], -d * second[link]];
    const bend = 0.5 * d * drop[l * links.count + link] * curvature[link];
    add(p, p2, step * theta[link]);
    add(p, y2, slope2 * ahead[j]);
    add(y, p2, slope * ahead[i]);
    add(y, y2, -bend * ahead[i] * ahead[j]);
    if (l === 0) return;
    add(p, y2 - n, slope2 * behind[j]);
    add(y - n, p2, slope * behind[i]);
    add(y, y2 - n, -bend * ahead[i] * behind[j]);
    add(y - n, y2, -bend * behind[i] * ahead[j]);
    add(y - n, y2 - n, -bend * behind[i] * behind[j]);
  }
}
