// A direct solver for symmetric quasi-definite systems whose unknowns sit in cells, coupled to those of the same and of
// neighbouring cells: multifrontal elimination (Duff and Reid 1983) along a tree of fronts. Members of a team take subtrees,
// then what is above level by level; each front is computed by one member from its children in their order, so the bits do
// not depend on the team. Not the making of the matrix, nor refinement.

import { backward, eliminate, forward, panelScratch } from './dense.js';
import { eliminationOf, type Front } from './dissection.js';
import type { Box } from './links.js';

/** A place in a team: meetings are the yields of generators. */
export interface Place {
  readonly index: number;
  readonly size: number;
}

interface Layout {
  readonly front: Front;
  /** Rows in all, and those eliminated. */
  readonly order: number;
  readonly pivots: number;
  /** Where the front lies in `values`, and its part of right-hand sides in `parts`. */
  readonly at: number;
  readonly part: number;
  /** Of each child: first rows, here, of the cells of its border. */
  readonly maps: readonly Int32Array[];
  /** Own couplings: pair, first row, first column, and whether the block lies as in `coupling` or transposed. */
  readonly couplings: readonly { pair: number; row: number; column: number; isDirect: boolean }[];
}

/** Shapes of a solver: the same for all members. */
export class SparsePlan {
  readonly layouts: readonly Layout[];
  readonly pairs: readonly (readonly [number, number])[];
  readonly cells: number;
  /** Doubles of all fronts, and of all right-hand sides. */
  readonly valueCount: number;
  readonly partCount: number;
  readonly largest: number;
  /** Multiplications of a factorisation. */
  readonly work: number;

  /** @param unknowns of a cell */
  constructor(
    box: Box,
    readonly unknowns: number,
  ) {
    const { fronts, pairs } = eliminationOf(box);
    this.pairs = pairs;
    this.cells = box.sizes.reduce((product, size) => product * size, 1);
    const pairsOf = new Map<number, number[]>();
    pairs.forEach((pair, index) => {
      for (const cell of pair) pairsOf.set(cell, [...(pairsOf.get(cell) ?? []), index]);
    });
    let at = 0;
    let part = 0;
    let largest = 0;
    let work = 0;
    this.layouts = fronts.map((front) => {
      const cells = [...front.own, ...front.border];
      const rows = new Map(cells.map((cell, i) => [cell, i * unknowns]));
      const rowOf = (cell: number): number => rows.get(cell) ?? -1;
      const order = cells.length * unknowns;
      const pivots = front.own.length * unknowns;
      const couplings: { pair: number; row: number; column: number; isDirect: boolean }[] = [];
      const seen = new Set<number>();
      for (const cell of front.own) {
        for (const pair of pairsOf.get(cell) ?? []) {
          const [a, b] = pairs[pair];
          // Couplings to what was eliminated below are in the children.
          if (seen.has(pair) || rowOf(a) < 0 || rowOf(b) < 0) continue;
          seen.add(pair);
          const [p, q] = [rowOf(a), rowOf(b)];
          couplings.push({
            pair,
            row: Math.max(p, q),
            column: Math.min(p, q),
            isDirect: p < q,
          });
        }
      }
      const layout: Layout = {
        front,
        order,
        pivots,
        at,
        part,
        maps: front.children.map((child) => Int32Array.from(fronts[child].border, rowOf)),
        couplings,
      };
      at += order * order;
      part += order;
      largest = Math.max(largest, order);
      for (let c = 0; c < pivots; c++) work += ((order - c) * (order - c)) / 2;
      return layout;
    });
    this.valueCount = at;
    this.partCount = part;
    this.largest = largest;
    this.work = work;
  }

  /** Which fronts a member factors alone (in order), and those that all share, level by level. */
  schedule(size: number): { readonly own: readonly number[][]; readonly levels: readonly number[][] } {
    const { layouts } = this;
    const cost = layouts.map(({ order, pivots }) => pivots * order * order + 1000);
    const below = cost.slice();
    layouts.forEach(({ front }, i) => {
      for (const child of front.children) below[i] += below[child];
    });
    const limit = (0.6 * below[below.length - 1]) / size;
    // A chain is worth cutting only if it branches further down.
    const branches = layouts.map(() => false);
    layouts.forEach(({ front: { children } }, i) => {
      branches[i] = children.length > 1 || children.some((child) => branches[child]);
    });
    const above = new Set<number>();
    const tops: number[] = [];
    const visit = [layouts.length - 1];
    for (let i = visit.pop(); i !== undefined; i = visit.pop()) {
      if (size > 1 && below[i] > limit && branches[i]) {
        above.add(i);
        visit.push(...layouts[i].front.children);
      } else tops.push(i);
    }
    const own = Array.from({ length: size }, () => [] as number[]);
    const load = new Array<number>(size).fill(0);
    for (const top of tops.sort((a, b) => below[b] - below[a] || a - b)) {
      const member = load.indexOf(Math.min(...load));
      load[member] += below[top];
      const list = [top];
      for (const i of list) list.push(...layouts[i].front.children);
      own[member].push(...list);
    }
    for (const list of own) list.sort((a, b) => a - b);
    const height = layouts.map(() => 0);
    const levels: number[][] = [];
    layouts.forEach(({ front }, i) => {
      if (!above.has(i)) return;
      for (const child of front.children) {
        if (above.has(child)) height[i] = Math.max(height[i], height[child] + 1);
      }
      (levels[height[i]] ??= []).push(i);
    });
    return { own, levels };
  }
}

/** What all members share. */
export interface SparseArrays {
  /** Of each cell a block of unknowns x unknowns, its lower triangle; rows within. */
  readonly diagonal: Float64Array;
  /** Of each pair (a, b) a block: rows of b, columns of a. */
  readonly coupling: Float64Array;
  readonly values: Float64Array;
  readonly parts: Float64Array;
  /** A flag of each front: 1 where a pivot failed. */
  readonly failed: Float64Array;
}

export function sparseArrays(plan: SparsePlan, take: (length: number) => Float64Array): SparseArrays {
  const block = plan.unknowns * plan.unknowns;
  return {
    diagonal: take(plan.cells * block),
    coupling: take(plan.pairs.length * block),
    values: take(plan.valueCount),
    parts: take(plan.partCount),
    failed: take(plan.layouts.length),
  };
}

export class SparseSolver {
  readonly #own: readonly number[];
  readonly #levels: readonly (readonly number[])[];
  readonly #scratch: Float64Array;
  readonly #x: Float64Array;

  constructor(
    private readonly plan: SparsePlan,
    private readonly arrays: SparseArrays,
    place: Place,
  ) {
    const { own, levels } = plan.schedule(place.size);
    this.#own = own[place.index];
    this.#levels = levels.map((level) => level.filter((_, i) => i % place.size === place.index));
    this.#scratch = panelScratch(plan.largest);
    this.#x = new Float64Array(plan.largest);
  }

  /** Factors the matrix in `diagonal` and `coupling`. Returns, to all alike, whether all pivots were usable. */
  *factor(): Generator<void, boolean> {
    for (const i of this.#own) this.#factorFront(i);
    for (const level of this.#levels) {
      yield;
      for (const i of level) this.#factorFront(i);
    }
    yield;
    return this.arrays.failed.every((flag) => flag === 0);
  }

  /** Solves for x in place: [cell * unknowns + i]. After `factor`. */
  *solve(x: Float64Array): Generator<void> {
    for (const i of this.#own) this.#forwardFront(i, x);
    for (const level of this.#levels) {
      yield;
      for (const i of level) this.#forwardFront(i, x);
    }
    for (let k = this.#levels.length - 1; k >= 0; k--) {
      yield;
      for (const i of this.#levels[k]) this.#backwardFront(i, x);
    }
    yield;
    for (let k = this.#own.length - 1; k >= 0; k--) this.#backwardFront(this.#own[k], x);
    yield;
  }

  #factorFront(index: number): void {
    const { layouts, unknowns: b } = this.plan;
    const { diagonal, coupling, values } = this.arrays;
    const { front, order, pivots, at, maps, couplings } = layouts[index];
    values.fill(0, at, at + order * order);
    front.own.forEach((cell, k) => {
      for (let r = 0; r < b; r++) {
        const to = at + (k * b + r) * order + k * b;
        const from = (cell * b + r) * b;
        for (let c = 0; c <= r; c++) values[to + c] = diagonal[from + c];
      }
    });
    for (const { pair, row, column, isDirect } of couplings) {
      const from = pair * b * b;
      for (let r = 0; r < b; r++) {
        const to = at + (row + r) * order + column;
        if (isDirect) for (let c = 0; c < b; c++) values[to + c] = coupling[from + r * b + c];
        else for (let c = 0; c < b; c++) values[to + c] = coupling[from + c * b + r];
      }
    }
    front.children.forEach((child, k) => this.#extendAdd(layouts[child], maps[k], at, order));
    this.arrays.failed[index] = eliminate(values, at, order, pivots, this.#scratch) ? 0 : 1;
  }

  /** Adds what a child has left for its border. Borders are in the order of elimination, in child and parent alike. */
  #extendAdd(child: Layout, map: Int32Array, at: number, order: number): void {
    const { values } = this.arrays;
    const b = this.plan.unknowns;
    for (let i = 0; i < map.length; i++) {
      for (let j = 0; j <= i; j++) {
        for (let r = 0; r < b; r++) {
          const from = child.at + (child.pivots + i * b + r) * child.order + child.pivots + j * b;
          const to = at + (map[i] + r) * order + map[j];
          const end = i === j ? r + 1 : b;
          for (let c = 0; c < end; c++) values[to + c] += values[from + c];
        }
      }
    }
  }

  #forwardFront(index: number, x: Float64Array): void {
    const { layouts, unknowns: b } = this.plan;
    const { values, parts } = this.arrays;
    const { front, order, pivots, at, part, maps } = layouts[index];
    const local = this.#x;
    front.own.forEach((cell, k) => {
      for (let r = 0; r < b; r++) local[k * b + r] = x[cell * b + r];
    });
    local.fill(0, pivots, order);
    front.children.forEach((child, k) => {
      const { part: from, pivots: skip } = layouts[child];
      maps[k].forEach((row, i) => {
        for (let r = 0; r < b; r++) local[row + r] += parts[from + skip + i * b + r];
      });
    });
    forward(values, at, order, pivots, local);
    for (let i = 0; i < order; i++) parts[part + i] = local[i];
  }

  #backwardFront(index: number, x: Float64Array): void {
    const { layouts, unknowns: b } = this.plan;
    const { values, parts } = this.arrays;
    const { front, order, pivots, at, part } = layouts[index];
    const local = this.#x;
    for (let i = 0; i < pivots; i++) local[i] = parts[part + i];
    front.border.forEach((cell, k) => {
      for (let r = 0; r < b; r++) local[pivots + k * b + r] = x[cell * b + r];
    });
    backward(values, at, order, pivots, local);
    front.own.forEach((cell, k) => {
      for (let r = 0; r < b; r++) x[cell * b + r] = local[k * b + r];
    });
  }
}
