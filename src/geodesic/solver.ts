// The geodesic between two densities and bounds of W_K²: iterations of the splitting until the bounds are near enough. Every
// member of a team runs `solve` on its share, and all meet at each yield; all decide alike, from the same sums. Knows no threads.

import { share } from '../grid/mod.js';
import { Bounds, mixtures, type Action } from './bounds.js';
import { rowSums, type MetricPlan, type Shared } from './memory.js';
import type { Member } from './projection.js';
import { PenaltySchedule } from './schedule.js';
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
  readonly look?: (state: {
    readonly iterations: number;
    /** The best bounds so far. */
    readonly above: number;
    readonly below: number;
    readonly penalty: number;
    readonly ratio: number;
  }) => void;
}

export interface MetricResult {
  /** W² lies between these. */
  readonly above: number;
  readonly below: number;
  readonly converged: boolean;
  readonly iterations: number;
  /** Of the path that `above` belongs to, which is `best` in the shared arrays. */
  readonly action: Action;
}

/** Iterations between two looks at the bounds, which cost about as much as three iterations. */
const lookEvery = 20;

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
    const { shared } = this;
    const { tolerance, mostIterations, speed } = options;
    yield* this.#refer(speed);
    const schedule = new PenaltySchedule(options.penalty ?? this.#firstPenalty(speed), tolerance);
    const best = { above: Infinity, below: 0, action: { transport: Infinity, reaction: 0 } };
    let iteration = 0;
    let converged = false;
    while (!converged && iteration < mostIterations) {
      const penalty: Penalty = { speed, penalty: schedule.penalty };
      for (let k = 0; k < lookEvery; k++) yield* this.#splitting.step(penalty);
      iteration += lookEvery;
      const ratio = Math.sqrt(this.#sum(0) / this.#sum(1));
      const below = yield* this.#bounds.below(penalty);
      if (below > best.below) {
        best.below = below;
        this.#copy([shared.potential], [shared.bestPotential]);
      }
      yield* this.#bounds.clip();
      yield* this.#splitting.projection.reconcile(shared.flow, this.#splitting.weights(penalty));
      const actions = yield* this.#bounds.above();
      let above = Infinity;
      let which = 0;
      actions.forEach(({ transport, reaction }, at) => {
        if (!(transport + reaction < above)) return;
        above = transport + reaction;
        which = at;
      });
      if (above < best.above) {
        best.above = above;
        best.action = actions[which];
        this.#keep(mixtures[which]);
      }
      options.look?.({
        iterations: iteration,
        above: best.above,
        below: best.below,
        penalty: penalty.penalty,
        ratio,
      });
      converged = best.above < Infinity && best.above - best.below <= tolerance * best.above;
      const factor = schedule.next(ratio, best.above, best.below) / penalty.penalty;
      yield;
      if (factor !== 1) this.#splitting.rescale(factor);
      yield;
    }
    yield;
    return { ...best, converged, iterations: iteration };
  }

  /** Keeps (1 - part) flow + part reference as the best path. Rows of this member. */
  #keep(part: number): void {
    const { plan, shared, member } = this;
    const { flow, reference, best } = shared;
    const count = plan.problem.cells.count;
    const mix = (
      from: Float64Array,
      with_: Float64Array,
      to: Float64Array,
      [first, last]: readonly [number, number],
    ): void => {
      for (let i = first * count; i < last * count; i++) to[i] = (1 - part) * from[i] + part * with_[i];
    };
    const rows = share(plan.rows, member.index, member.size);
    flow.momentum.forEach((m, k) => mix(m, reference.momentum[k], best.momentum[k], rows));
    mix(flow.reaction, reference.reaction, best.reaction, share(plan.edgeRows, member.index, member.size));
    const times = plan.rows + plan.problem.nodeCount;
    mix(flow.density, reference.density, best.density, share(times, member.index, member.size));
  }

  #copy(from: readonly Float64Array[], to: readonly Float64Array[]): void {
    const { plan, member } = this;
    const [begin, end] = share(plan.rows, member.index, member.size).map(
      (row) => row * plan.problem.cells.count,
    );
    from.forEach((array, k) => {
      for (let i = begin; i < end; i++) to[k][i] = array[i];
    });
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
