// The geodesic between two densities and bounds of W_K²: iterations of the splitting until the bounds are near enough. Every
// member of a team runs `solve` on its share, and all meet at each yield; all decide alike, from the same sums. Knows no threads.

import { share } from '../grid/mod.js';
import { Bounds, mixtures, type Action } from './bounds.js';
import { rowSums, type MetricPlan, type Shared } from './memory.js';
import type { Member } from './projection.js';
import { Splitting, type Penalty } from './splitting.js';

export interface MetricOptions {
  /** Largest (above - below)/above of W² that counts as converged. */
  readonly tolerance: number;
  /** Iterations after which it gives up. */
  readonly mostIterations: number;
  /** About W, from moments or a coarser grid: sets the units only. */
  readonly speed: number;
  readonly penalty?: number;
  /** Told at each look at the bounds. */
  readonly look?: (state: { iteration: number; above: number; below: number; penalty: number; ratio: number }) => void;
}

export interface MetricResult {
  /** W² lies between these. */
  readonly above: number;
  readonly below: number;
  readonly converged: boolean;
  readonly iterations: number;
  /** Of the path that `above` belongs to. */
  readonly action: Action;
  /** Part of the reference path in it. */
  readonly mixture: number;
  readonly penalty: number;
}

/** Iterations between two looks at the bounds, which cost about as much as two iterations. */
const lookEvery = 20;
/** The penalty is balanced at looks while it is young. */
const balanceUntil = 2000;
const leastRatio = 0.7;
const mostRatio = 3;

export class MetricSolver {
  readonly #splitting: Splitting;
  readonly #bounds: Bounds;

  constructor(
    private readonly plan: MetricPlan,
    private readonly shared: Shared,
    private readonly member: Member,
  ) {
    this.#splitting = new Splitting(plan, shared, member);
    this.#bounds = new Bounds(plan, shared, member);
  }

  /** The straight line between the densities, and no flow. */
  *begin(): Generator<void> {
    const { plan, shared, member } = this;
    const { cells, levels, nodeCount, edges, start, end } = plan.problem;
    const { split, memory } = shared;
    const [begin, last] = share(plan.rows, member.index, member.size);
    for (let row = begin; row < last; row++) {
      const interval = Math.floor(row / nodeCount);
      const base = row * cells.count;
      const offset = base - interval * plan.layer;
      for (let i = 0; i < cells.count; i++) {
        const [a, b] = [start[offset + i], end[offset + i]];
        const middle = (interval + 0.5) / levels;
        const after = (interval + 1) / levels;
        split.density[base + i] = memory.density[base + i] = (1 - middle) * a + middle * b;
        if (interval < levels - 1)
          split.inner[base + i] = memory.inner[base + i] = (1 - after) * a + after * b;
      }
    }
    yield;
    const [first, end2] = share(plan.edgeRows, member.index, member.size);
    for (let row = first; row < end2; row++) {
      const edge = row % edges.length;
      const interval = (row - edge) / edges.length;
      const { from, to } = edges[edge];
      for (let i = 0; i < cells.count; i++) {
        const at = row * cells.count + i;
        const s = split.density[(interval * nodeCount + from) * cells.count + i];
        const t = split.density[(interval * nodeCount + to) * cells.count + i];
        split.first[at] = memory.first[at] = s;
        split.second[at] = memory.second[at] = t;
      }
    }
    yield;
  }

  *solve(options: MetricOptions): Generator<void, MetricResult> {
    const { tolerance, mostIterations, speed } = options;
    yield* this.#refer(speed);
    let penalty: Penalty = { speed, penalty: options.penalty ?? this.#firstPenalty(speed) };
    let above = Infinity;
    let below = 0;
    let action: Action = { transport: Infinity, reaction: 0 };
    let mixture = 0;
    let iteration = 0;
    for (;;) {
      for (let k = 0; k < lookEvery; k++) {
        yield* this.#splitting.step(penalty);
        iteration++;
      }
      const [gap, change] = [this.#sum(0), this.#sum(1)];
      const actions = yield* this.#bounds.above();
      above = Infinity;
      actions.forEach((candidate, which) => {
        const value = candidate.transport + candidate.reaction;
        if (value < above) {
          above = value;
          action = candidate;
          mixture = mixtures[which];
        }
      });
      const bound = yield* this.#bounds.below(penalty);
      below = Math.max(below, bound);
      const ratio = Math.sqrt(gap / change);
      options.look?.({ iteration, above, below: bound, penalty: penalty.penalty, ratio });
      const isDone = above < Infinity && above - below <= tolerance * above;
      if (isDone || iteration >= mostIterations) break;
      if (iteration <= balanceUntil && ((ratio > mostRatio || ratio < leastRatio))) {
        const factor = ratio > mostRatio ? 2 : 0.5;
        yield;
        this.#splitting.rescale(factor);
        penalty = { speed, penalty: penalty.penalty * factor };
        yield;
      }
    }
    return {
      above,
      below,
      converged: above < Infinity && above - below <= tolerance * above,
      iterations: iteration,
      action,
      mixture,
      penalty: penalty.penalty,
    };
  }

  #sum(which: number): number {
    let sum = 0;
    const { rows, edgeRows } = this.plan;
    for (let row = 0; row < rows + edgeRows; row++) sum += this.shared.sums[row * rowSums + which];
    return sum;
  }

  /** speed² over a typical density: then all terms are of one size. */
  #firstPenalty(speed: number): number {
    const { start, end } = this.plan.problem;
    let [sum, squares] = [0, 0];
    for (const field of [start, end]) {
      for (const f of field) {
        sum += f;
        squares += f * f;
      }
    }
    return (8 * speed * speed * sum) / squares;
  }

  /** A path that spreads out: near to uniform between its ends. */
  *#refer(speed: number): Generator<void> {
    const { plan, shared, member } = this;
    const { cells } = plan.problem;
    const { reference, potential, scratch } = shared;
    const length = Math.max(...cells.sizes.map((size, k) => size * cells.widths[k]));
    const wide = Math.max(speed, length);
    const [begin, end] = share(plan.rows, member.index, member.size);
    scratch.fill(0, begin * cells.count, end * cells.count);
    potential.fill(0, begin * cells.count, end * cells.count);
    for (const m of reference.momentum) m.fill(0, begin * cells.count, end * cells.count);
    const [first, last] = share(plan.edgeRows, member.index, member.size);
    reference.reaction.fill(0, first * cells.count, last * cells.count);
    const scaled = 1 / (wide * wide);
    yield* this.#splitting.projection.run(
      reference,
      { average: 0, inner: 1, momentum: scaled, reaction: scaled },
      () => 0,
    );
  }
}
