// Systems of Newton steps of a movement as blocks of cells for the direct solver. Densities are scaled: their unknown is y = df/f.
//
//     ┌ -h K   C' ┐ ┌ dphi ┐      K = sum w theta (1, -1)(1, -1)'        C: -f_l at phi_l, +f_l at phi_(l+1), and
//     └   C    H  ┘ └  y   ┘      H = diag(z f or eps f) + curvature       the derivatives of the mobilities times d
//
// Both H and K are positive semidefinite: the matrix is quasi-definite. Unknowns of a cell: dphi by level and node, then y.

import type { Movement } from './movement.js';
import type { NewtonSystem } from './movement-solver.js';
import { SparseSolver, type Place, type SparseArrays, type SparsePlan } from './sparse.js';

/** Newton's systems by elimination. */
export class DirectSystem implements NewtonSystem {
  readonly #solver: SparseSolver;
  readonly #cells: number;
  readonly #nodes: number;
  /** Links of each pair of cells. */
  readonly #linksOf: readonly (readonly number[])[];

  constructor(
    private readonly movement: Movement,
    private readonly plan: SparsePlan,
    private readonly arrays: SparseArrays,
    /** [cell * unknowns + i]. */
    private readonly x: Float64Array,
    private readonly place: Place,
  ) {
    this.#solver = new SparseSolver(plan, arrays, place);
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

  *solve(step: number, weights: Float64Array, phi: Float64Array, y: Float64Array): Generator<void, boolean> {
    const { levels, links } = this.movement.shape;
    const { unknowns } = this.plan;
    const [n, x] = [this.#nodes, this.x];
    const { index, size } = this.place;
    const share = (count: number): readonly [number, number] => [
      Math.floor((count * index) / size),
      Math.floor((count * (index + 1)) / size),
    ];
    const [begin, end] = share(this.#cells);
    for (let cell = begin; cell < end; cell++) {
      this.#writeCell(cell, step, weights);
      for (let g = 0; g < n; g++) {
        for (let l = 0; l < levels; l++) {
          const to = cell * unknowns + l * n + g;
          const site = l * links.sites + g * this.#cells + cell;
          x[to] = phi[site];
          x[to + levels * n] = y[site];
        }
      }
    }
    const [first, last] = share(this.plan.pairs.length);
    for (let pair = first; pair < last; pair++) this.#writePair(pair, step);
    yield;
    if (!(yield* this.#solver.factor())) return false;
    yield* this.#solver.solve(x);
    for (let cell = begin; cell < end; cell++) {
      for (let g = 0; g < n; g++) {
        for (let l = 0; l < levels; l++) {
          const from = cell * unknowns + l * n + g;
          const site = l * links.sites + g * this.#cells + cell;
          phi[site] = x[from];
          y[site] = x[from + levels * n];
        }
      }
    }
    yield;
    return true;
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
