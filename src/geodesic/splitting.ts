// One iteration of the splitting of Douglas and Rachford (as for transport: Papadakis, Peyre, Oudet 2014) between two sets: paths that obey
// the continuity equation (projection.ts), and copies of what the action is made of, for which the action falls apart
// into cells and has an exact proximal map. Not the decision when to stop (solver.ts).

import { share } from '../grid/mod.js';
import { actionRoot } from './action-root.js';
import { EdgeProximal } from './edge-proximal.js';
import { rowSums, type MetricPlan, type Shared } from './memory.js';
import { neighboursOf, Projection, type Member, type Neighbours, type Weights } from './projection.js';

/**
 * Penalty of the splitting, and the speed that its units come from: densities weigh `penalty`, momenta `penalty / speed²`,
 * reactions `penalty / (K speed²)`. Every choice converges to the same; how fast differs.
 */
export interface Penalty {
  readonly penalty: number;
  readonly speed: number;
}

/** Over-relaxation; 2 is the limit. */
const relaxation = 1.7;
const innerFactor = 1;

export class Splitting {
  readonly projection: Projection;
  readonly #neighbours: readonly Neighbours[];
  readonly #proximal: EdgeProximal;
  readonly #degrees: readonly number[];
  readonly #mostDegree: number;

  constructor(
    private readonly plan: MetricPlan,
    private readonly shared: Shared,
    private readonly member: Member,
  ) {
    const { nodeCount, edges, mobility } = plan.problem;
    this.projection = new Projection(plan, shared, member);
    this.#neighbours = neighboursOf(plan);
    this.#proximal = new EdgeProximal(mobility);
    const degrees = Array.from({ length: nodeCount }, () => 0);
    for (const { from, to } of edges) {
      degrees[from] += 1;
      degrees[to] += 1;
    }
    this.#degrees = degrees;
    this.#mostDegree = Math.max(0, ...degrees);
  }

  /** Weight of the density's copy for transport: with those for edges it adds up to the same on every node. */
  transportWeight(node: number, { penalty }: Penalty): number {
    return penalty * (1 + this.#mostDegree - this.#degrees[node]);
  }

  weights({ penalty, speed }: Penalty): Weights {
    const scaled = penalty / (speed * speed);
    return {
      average: penalty * (1 + this.#mostDegree),
      inner: innerFactor * penalty,
      momentum: 2 * scaled,
      reaction: scaled,
    };
  }

  /**
   * One iteration: flow = projection of 2 split - memory; memory moves by the difference; split = its proximal point.
   * Leaves in sums 0 and 1 of each row |flow - split|² and |split - split before|², weighted.
   */
  *step(penalty: Penalty): Generator<void> {
    const { shared } = this;
    const { split, memory, flow } = shared;
    this.#reflect(penalty);
    const inner = (at: number): number => 2 * split.inner[at] - memory.inner[at];
    yield;
    this.projection.divergence(flow);
    yield* this.projection.run(flow, this.weights(penalty), inner);
    this.#rowsOfNodes(penalty);
    this.#rowsOfEdges(penalty);
    yield;
  }

  /** What the flow is to be near to: weighted means of 2 split - memory over the copies of a variable. */
  #reflect(penalty: Penalty): void {
    const { plan, shared, member } = this;
    const { cells, nodeCount, edges } = plan.problem;
    const { split, memory, flow, potential } = shared;
    const [begin, end] = share(plan.rows, member.index, member.size);
    const all = this.weights(penalty).average;
    for (let row = begin; row < end; row++) {
      const base = row * cells.count;
      const node = row % nodeCount;
      const interval = (row - node) / nodeCount;
      const own = this.transportWeight(node, penalty) / all;
      for (let i = base; i < base + cells.count; i++)
        potential[i] = own * (2 * split.density[i] - memory.density[i]);
      const part = penalty.penalty / all;
      edges.forEach(({ from, to }, edge) => {
        if (from !== node && to !== node) return;
        const copy = from === node ? split.first : split.second;
        const memo = from === node ? memory.first : memory.second;
        const at = (interval * edges.length + edge) * cells.count;
        for (let i = 0; i < cells.count; i++) potential[base + i] += part * (2 * copy[at + i] - memo[at + i]);
      });
      for (let k = 0; k < cells.dimension; k++) {
        const m = flow.momentum[k];
        const { high } = this.#neighbours[k];
        const [upper, lower] = [split.upper[k], split.lower[k]];
        const [upperMemory, lowerMemory] = [memory.upper[k], memory.lower[k]];
        for (let i = 0; i < cells.count; i++) {
          const to = high[i];
          m[base + i] =
            to >= 0
              ? 0.5 *
                (2 * (upper[base + i] + lower[base + to]) - upperMemory[base + i] - lowerMemory[base + to])
              : 0;
        }
      }
    }
    const [first, last] = share(plan.edgeRows, member.index, member.size);
    for (let i = first * cells.count; i < last * cells.count; i++)
      flow.reaction[i] = 2 * split.reaction[i] - memory.reaction[i];
  }

  #rowsOfNodes(penalty: Penalty): void {
    const { plan, shared, member } = this;
    const { cells, nodeCount, diffusivity } = plan.problem;
    const { split, memory, flow, sums } = shared;
    const { layer } = plan;
    const d = cells.dimension;
    const momentumWeight = penalty.penalty / (penalty.speed * penalty.speed);
    const [begin, end] = share(plan.rows, member.index, member.size);
    const { density } = flow;
    for (let row = begin; row < end; row++) {
      const base = row * cells.count;
      const node = row % nodeCount;
      const weight = this.transportWeight(node, penalty);
      const stiffness = 2 * diffusivity[node] * momentumWeight;
      const ratio = (0.5 * momentumWeight * stiffness) / weight;
      let [gap, change, gapMomentum, changeMomentum, gapInner, changeInner] = [0, 0, 0, 0, 0, 0];
      for (let i = 0; i < cells.count; i++) {
        const at = base + i;
        const before = split.density[at];
        const off = 0.5 * (density[at] + density[at + layer]) - before;
        gap += off * off;
        const wanted = memory.density[at] + relaxation * off;
        memory.density[at] = wanted;
        let square = 0;
        for (let k = 0; k < d; k++) {
          const m = flow.momentum[k];
          const from = this.#neighbours[k].low[i];
          const offLower = (from >= 0 ? m[base + from] : 0) - split.lower[k][at];
          const offUpper = m[at] - split.upper[k][at];
          gapMomentum += offLower * offLower + offUpper * offUpper;
          const lower = memory.lower[k][at] + relaxation * offLower;
          const upper = memory.upper[k][at] + relaxation * offUpper;
          memory.lower[k][at] = lower;
          memory.upper[k][at] = upper;
          square += lower * lower + upper * upper;
        }
        const value = actionRoot(wanted, ratio * square, stiffness, before);
        change += (value - before) * (value - before);
        split.density[at] = value;
        const damping = (stiffness * value) / (1 + stiffness * value);
        for (let k = 0; k < d; k++) {
          const lower = damping * memory.lower[k][at];
          const upper = damping * memory.upper[k][at];
          const [a, b] = [lower - split.lower[k][at], upper - split.upper[k][at]];
          changeMomentum += a * a + b * b;
          split.lower[k][at] = lower;
          split.upper[k][at] = upper;
        }
      }
      if (row < plan.rows - nodeCount) {
        for (let at = base; at < base + cells.count; at++) {
          const before = split.inner[at];
          const off = density[at + layer] - before;
          gapInner += off * off;
          const wanted = memory.inner[at] + relaxation * off;
          memory.inner[at] = wanted;
          const value = wanted > 0 ? wanted : 0;
          changeInner += (value - before) * (value - before);
          split.inner[at] = value;
        }
      }
      sums[row * rowSums] =
        weight * gap + momentumWeight * gapMomentum + innerFactor * penalty.penalty * gapInner;
      sums[row * rowSums + 1] =
        weight * change + momentumWeight * changeMomentum + innerFactor * penalty.penalty * changeInner;
    }
  }

  #rowsOfEdges(penalty: Penalty): void {
    const { plan, shared, member } = this;
    const { cells, nodeCount, edges } = plan.problem;
    const { split, memory, flow, sums, logRatio } = shared;
    const { layer } = plan;
    const { density } = flow;
    const scaled = penalty.penalty / (penalty.speed * penalty.speed);
    const proximal = this.#proximal;
    const [begin, end] = share(plan.edgeRows, member.index, member.size);
    for (let row = begin; row < end; row++) {
      const edge = row % edges.length;
      const interval = (row - edge) / edges.length;
      const { from, to, weight } = edges[edge];
      const reactionWeight = scaled / weight;
      const source = (interval * nodeCount + from) * cells.count;
      const target = (interval * nodeCount + to) * cells.count;
      let [gap, change, gapReaction, changeReaction] = [0, 0, 0, 0];
      proximal.begin();
      for (let i = 0; i < cells.count; i++) {
        const at = row * cells.count + i;
        const [s, t, r] = [split.first[at], split.second[at], split.reaction[at]];
        const offFirst = 0.5 * (density[source + i] + density[source + layer + i]) - s;
        const offSecond = 0.5 * (density[target + i] + density[target + layer + i]) - t;
        const offReaction = flow.reaction[at] - r;
        gap += offFirst * offFirst + offSecond * offSecond;
        gapReaction += offReaction * offReaction;
        const s0 = memory.first[at] + relaxation * offFirst;
        const t0 = memory.second[at] + relaxation * offSecond;
        const r0 = memory.reaction[at] + relaxation * offReaction;
        memory.first[at] = s0;
        memory.second[at] = t0;
        memory.reaction[at] = r0;
        proximal.run(s0, t0, r0, penalty.penalty, reactionWeight, weight, logRatio[at]);
        change += (proximal.s - s) * (proximal.s - s) + (proximal.t - t) * (proximal.t - t);
        changeReaction += (proximal.r - r) * (proximal.r - r);
        split.first[at] = proximal.s;
        split.second[at] = proximal.t;
        split.reaction[at] = proximal.r;
        logRatio[at] = proximal.u;
      }
      const place = (plan.rows + row) * rowSums;
      sums[place] = penalty.penalty * gap + reactionWeight * gapReaction;
      sums[place + 1] = penalty.penalty * change + reactionWeight * changeReaction;
    }
  }

  /** Keeps the multipliers when the penalty changes: memory = split + multiplier/weight. Rows of this member. */
  rescale(factor: number): void {
    const { plan, shared, member } = this;
    const { cells } = plan.problem;
    const { split, memory } = shared;
    const scale = (of: Float64Array, by: Float64Array, from: number, to: number): void => {
      for (let i = from; i < to; i++) by[i] = of[i] + (by[i] - of[i]) / factor;
    };
    const [begin, end] = share(plan.rows, member.index, member.size).map((row) => row * cells.count);
    scale(split.density, memory.density, begin, end);
    scale(split.inner, memory.inner, Math.min(begin, split.inner.length), Math.min(end, split.inner.length));
    for (let k = 0; k < cells.dimension; k++) {
      scale(split.lower[k], memory.lower[k], begin, end);
      scale(split.upper[k], memory.upper[k], begin, end);
    }
    const [first, last] = share(plan.edgeRows, member.index, member.size).map((row) => row * cells.count);
    scale(split.first, memory.first, first, last);
    scale(split.second, memory.second, first, last);
    scale(split.reaction, memory.reaction, first, last);
  }
}
