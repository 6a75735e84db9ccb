// Projection on the paths that obey the continuity equation with reaction and have the given ends. All operators have
// constant coefficients, so a change of basis in time, space and on the graph makes the system for the potential diagonal;
// densities follow from the flows by adding them up, so that mass is conserved to rounding. Not the splitting around it.

import { share } from '../grid/mod.js';
import { BasisChange, basisOf, type Basis } from './basis.js';
import type { Flow, MetricPlan, Shared } from './memory.js';
import { eigenbasis, type Eigenbasis } from './symmetric.js';

/** What distances are measured with: sum of average (f - …)² in intervals, inner f² at times, momentum m² and reaction r²/K. */
export interface Weights {
  /** Of the average of f over an interval, all copies together. */
  readonly average: number;
  /** Of f at inner times. */
  readonly inner: number;
  /** Of m, two copies together. */
  readonly momentum: number;
  /** Of r, times K. */
  readonly reaction: number;
}

/** Cells that are worked on at a time when all times and nodes of a cell are needed. */
const blockCells = 64;

/** Part of the largest eigenvalue below which one counts as 0. */
const negligible = 1e-13;

/** What a member of a team is: number `index` of `size`. */
export interface Member {
  readonly index: number;
  readonly size: number;
}

/** The high neighbour of each cell along a coordinate, -1 at a wall; and the low one. */
export interface Neighbours {
  readonly high: Int32Array;
  readonly low: Int32Array;
}

export function neighboursOf({ problem: { cells } }: MetricPlan): readonly Neighbours[] {
  return cells.sizes.map((size, k) => {
    const stride = cells.strides[k];
    const high = new Int32Array(cells.count).fill(-1);
    const low = new Int32Array(cells.count).fill(-1);
    for (let i = 0; i < cells.count; i++) {
      const position = Math.floor(i / stride) % size;
      const to = position < size - 1 ? i + stride : cells.periodic[k] ? i - (size - 1) * stride : -1;
      high[i] = to;
      if (to >= 0) low[to] = i;
    }
    return { high, low };
  });
}

export class Projection {
  readonly #time: BasisChange;
  readonly #axes: readonly BasisChange[];
  readonly #graph: Eigenbasis;
  readonly #incident: readonly { readonly edge: number; readonly sign: number }[][];
  readonly #nodes: Float64Array;
  readonly #neighbours: readonly Neighbours[];

  constructor(
    private readonly plan: MetricPlan,
    private readonly shared: Shared,
    private readonly member: Member,
  ) {
    const { cells, nodeCount, edges, levels } = plan.problem;
    this.#time = new BasisChange(basisOf(levels, false));
    this.#axes = cells.sizes.map((size, k) => new BasisChange(basisOf(size, cells.periodic[k])));
    const laplacian = new Float64Array(nodeCount * nodeCount);
    this.#incident = Array.from({ length: nodeCount }, () => []);
    edges.forEach(({ from, to, weight }, edge) => {
      laplacian[from * nodeCount + from] += weight;
      laplacian[to * nodeCount + to] += weight;
      laplacian[from * nodeCount + to] -= weight;
      laplacian[to * nodeCount + from] -= weight;
      this.#incident[from].push({ edge, sign: 1 });
      this.#incident[to].push({ edge, sign: -1 });
    });
    this.#graph = eigenbasis(laplacian, nodeCount);
    this.#nodes = new Float64Array(nodeCount);
    this.#neighbours = neighboursOf(plan);
  }

  /**
   * Replaces a flow by the nearest one that obeys the continuity equation. Before: `flow.momentum` and `flow.reaction`
   * hold what is to be near to; `potential` the average densities that are, and `inner` the densities at inner times.
   * After: `potential` holds the multiplier phi.
   */
  *run(flow: Flow, weights: Weights, inner: (at: number) => number): Generator<void> {
    yield;
    this.#rightHandSide(flow, weights, inner);
    yield;
    const times = this.#time.basis.eigenvalues;
    const { nodeCount, levels } = this.plan.problem;
    this.#solveInSpace(weights, (row) => {
      // Sine and cosine squares of half an angle: differences and averages in time.
      const sine = 0.25 * times[Math.floor(row / nodeCount)];
      return (4 * levels * levels * sine) / (weights.average * (1 - sine) + weights.inner);
    });
    yield;
    this.#backFromTime();
    yield;
    this.#flows(flow, weights);
    yield;
    this.#reactions(flow, weights);
    this.#densities(flow);
    yield;
  }

  /**
   * Changes momenta and reactions as little as can be, so that they carry the densities that `flow` has, whatever these are
   * (with the right masses). Overwrites `potential`.
   */
  *reconcile(flow: Flow, weights: Weights): Generator<void> {
    const { plan, shared } = this;
    const { cells, levels } = plan.problem;
    yield;
    this.divergence(flow);
    yield;
    for (const [from, to] of this.#blocks()) {
      for (let row = 0; row < plan.rows; row++) {
        const at = row * cells.count;
        for (let i = at + from; i < at + to; i++)
          shared.scratch[i] += levels * (flow.density[i + plan.layer] - flow.density[i]);
      }
      this.#changeNodes(from, to, false);
    }
    yield;
    this.#solveInSpace(weights, () => 0);
    yield;
    for (const [from, to] of this.#blocks()) {
      this.#changeNodes(from, to, true);
      for (let at = from; at < plan.rows * cells.count; at += cells.count)
        for (let i = at; i < at + to - from; i++) shared.potential[i] = shared.scratch[i];
    }
    yield;
    this.#flows(flow, weights);
    yield;
    this.#reactions(flow, weights);
    yield;
  }

  /** Divergence of the wanted flows, rates of the wanted densities; to the bases of time and graph. */
  #rightHandSide(flow: Flow, weights: Weights, inner: (at: number) => number): void {
    const { plan, shared } = this;
    const { cells, nodeCount, levels, start, end } = plan.problem;
    const { layer } = plan;
    const { potential, scratch } = shared;
    const { density } = flow;
    const diagonal = 0.5 * weights.average + weights.inner;
    const beside = 0.25 * weights.average;
    // Elimination of (beside, diagonal, beside), the same in every cell.
    const factor = new Float64Array(levels + 1);
    for (let k = 1; k < levels; k++) factor[k] = 1 / (diagonal - beside * beside * factor[k - 1]);
    for (const [from, to] of this.#blocks()) {
      for (let g = 0; g < nodeCount; g++) {
        const base = g * cells.count;
        for (let i = base + from; i < base + to; i++) {
          density[i] = start[i];
          density[levels * layer + i] = end[i];
        }
        for (let k = 1; k < levels; k++) {
          const at = k * layer;
          for (let i = base + from; i < base + to; i++) {
            const wanted =
              0.5 * weights.average * (potential[at - layer + i] + potential[at + i]) +
              weights.inner * inner(at - layer + i);
            const known = (k === 1 ? start[i] : 0) + (k === levels - 1 ? end[i] : 0);
            const before = k === 1 ? 0 : density[at - layer + i];
            density[at + i] = (wanted - beside * known - beside * before) * factor[k];
          }
        }
        for (let k = levels - 2; k >= 1; k--) {
          const at = k * layer;
          for (let i = base + from; i < base + to; i++)
            density[at + i] -= beside * factor[k] * density[at + layer + i];
        }
        for (let k = 0; k < levels; k++) {
          const at = k * layer;
          for (let i = base + from; i < base + to; i++)
            scratch[at + i] += levels * (density[at + layer + i] - density[at + i]);
        }
        this.#time.run(scratch, layer, base + from, to - from, 1, false);
      }
      this.#changeNodes(from, to, false);
    }
  }

  #blocks(): (readonly [number, number])[] {
    const { count } = this.plan.problem.cells;
    const [begin, end] = share(Math.ceil(count / blockCells), this.member.index, this.member.size);
    return Array.from({ length: end - begin }, (_, b) => [
      (begin + b) * blockCells,
      Math.min(count, (begin + b + 1) * blockCells),
    ]);
  }

  #changeNodes(from: number, to: number, back: boolean): void {
    const { nodeCount: n, levels, cells } = this.plan.problem;
    if (n === 1) return;
    const { vectors } = this.#graph;
    const { scratch } = this.shared;
    const values = this.#nodes;
    for (let k = 0; k < levels; k++) {
      for (let i = k * this.plan.layer + from; i < k * this.plan.layer + to; i++) {
        for (let g = 0; g < n; g++) values[g] = scratch[i + g * cells.count];
        for (let g = 0; g < n; g++) {
          let sum = 0;
          if (back) for (let a = 0; a < n; a++) sum += vectors[a * n + g] * values[a];
          else for (let a = 0; a < n; a++) sum += vectors[g * n + a] * values[a];
          scratch[i + g * cells.count] = sum;
        }
      }
    }
  }

  /** Each row is one mode of time and graph: to the bases of space, division, and back. */
  #solveInSpace(weights: Weights, inTimeOf: (row: number) => number): void {
    const { plan, shared, member } = this;
    const { cells, nodeCount } = plan.problem;
    const { scratch } = shared;
    const nodes = this.#graph.values;
    const bases: readonly Basis[] = this.#axes.map(({ basis }) => basis);
    const inverse = cells.widths.map((width) => 1 / (weights.momentum * width * width));
    const largest =
      bases.reduce((sum, { eigenvalues }, k) => sum + inverse[k] * Math.max(...eigenvalues), 0) +
      Math.max(...nodes) / weights.reaction;
    const [begin, end] = share(plan.rows, member.index, member.size);
    for (let row = begin; row < end; row++) {
      const base = row * cells.count;
      this.#changeSpace(base, false);
      const inTime = inTimeOf(row);
      const own = inTime + Math.max(0, nodes[row % nodeCount]) / weights.reaction;
      const last = cells.dimension - 1;
      for (let i = 0; i < cells.count; i++) {
        let value = own;
        for (let k = 0; k <= last; k++)
          value += inverse[k] * bases[k].eigenvalues[Math.floor(i / cells.strides[k]) % cells.sizes[k]];
        const isZero = !(value > negligible * (largest + inTime));
        scratch[base + i] = isZero ? 0 : scratch[base + i] / value;
      }
      this.#changeSpace(base, true);
    }
  }

  #changeSpace(base: number, back: boolean): void {
    const { cells } = this.plan.problem;
    const { scratch } = this.shared;
    for (let k = 0; k < cells.dimension; k++) {
      const stride = cells.strides[k];
      const size = cells.sizes[k];
      const axis = this.#axes[k];
      if (stride === 1) axis.run(scratch, 1, base, cells.count / size, size, back);
      else {
        for (let first = 0; first < cells.count; first += stride * size)
          axis.run(scratch, stride, base + first, stride, 1, back);
      }
    }
  }

  #backFromTime(): void {
    const { cells, nodeCount, levels } = this.plan.problem;
    const { layer } = this.plan;
    const { scratch, potential } = this.shared;
    for (const [from, to] of this.#blocks()) {
      this.#changeNodes(from, to, true);
      for (let g = 0; g < nodeCount; g++) {
        const base = g * cells.count;
        this.#time.run(scratch, layer, base + from, to - from, 1, true);
        for (let k = 0; k < levels; k++) {
          const at = k * layer + base;
          for (let i = at + from; i < at + to; i++) potential[i] = scratch[i];
        }
      }
    }
  }

  /** Adds gradients of the potential to the flows, and leaves their divergence in `scratch`. */
  #flows(flow: Flow, weights: Weights): void {
    const { plan, shared, member } = this;
    const { cells, nodeCount, edges } = plan.problem;
    const { potential, scratch } = shared;
    const [begin, end] = share(plan.rows, member.index, member.size);
    for (let row = begin; row < end; row++) {
      const base = row * cells.count;
      for (let k = 0; k < cells.dimension; k++) {
        const m = flow.momentum[k];
        const { high } = this.#neighbours[k];
        const factor = 1 / (weights.momentum * cells.widths[k]);
        for (let i = 0; i < cells.count; i++) {
          const to = high[i];
          m[base + i] = to >= 0 ? m[base + i] + factor * (potential[base + to] - potential[base + i]) : 0;
        }
      }
      this.#divergence(flow, row);
      const node = row % nodeCount;
      const interval = (row - node) / nodeCount;
      for (const { edge, sign } of this.#incident[node]) {
        const { from, to, weight } = edges[edge];
        const factor = weight / weights.reaction;
        const at = (interval * edges.length + edge) * cells.count;
        const source = (interval * nodeCount + from) * cells.count;
        const target = (interval * nodeCount + to) * cells.count;
        for (let i = 0; i < cells.count; i++) {
          // Both ends compute the same number from what neither writes.
          const r = flow.reaction[at + i] + factor * (potential[target + i] - potential[source + i]);
          scratch[base + i] += sign * r;
        }
      }
    }
  }

  /** scratch = divergence of the momenta of a row. */
  #divergence(flow: Flow, row: number): void {
    const { cells } = this.plan.problem;
    const { scratch } = this.shared;
    const base = row * cells.count;
    for (let k = 0; k < cells.dimension; k++) {
      const m = flow.momentum[k];
      const { low } = this.#neighbours[k];
      const inverse = 1 / cells.widths[k];
      for (let i = 0; i < cells.count; i++) {
        const from = low[i];
        const flux = inverse * (m[base + i] - (from >= 0 ? m[base + from] : 0));
        scratch[base + i] = k === 0 ? flux : scratch[base + i] + flux;
      }
    }
  }

  /** Divergence of the wanted flows in `scratch`; the caller has written them. Rows of this member. */
  divergence(flow: Flow): void {
    const { plan, shared, member } = this;
    const { cells, nodeCount, edges } = plan.problem;
    const [begin, end] = share(plan.rows, member.index, member.size);
    for (let row = begin; row < end; row++) {
      this.#divergence(flow, row);
      const node = row % nodeCount;
      const interval = (row - node) / nodeCount;
      for (const { edge, sign } of this.#incident[node]) {
        const at = (interval * edges.length + edge) * cells.count;
        for (let i = 0; i < cells.count; i++)
          shared.scratch[row * cells.count + i] += sign * flow.reaction[at + i];
      }
    }
  }

  /** Adds differences of the potential to the reactions. */
  #reactions(flow: Flow, weights: Weights): void {
    const { plan, shared, member } = this;
    const { cells, nodeCount, edges } = plan.problem;
    const { potential } = shared;
    const [begin, end] = share(plan.edgeRows, member.index, member.size);
    for (let row = begin; row < end; row++) {
      const edge = row % edges.length;
      const interval = (row - edge) / edges.length;
      const { from, to, weight } = edges[edge];
      const factor = weight / weights.reaction;
      const source = (interval * nodeCount + from) * cells.count;
      const target = (interval * nodeCount + to) * cells.count;
      const at = row * cells.count;
      for (let i = 0; i < cells.count; i++)
        flow.reaction[at + i] += factor * (potential[target + i] - potential[source + i]);
    }
  }

  /** Densities by adding up what flows. The last one is the given one: what adds up differs from it by rounding. */
  #densities(flow: Flow): void {
    const { plan, shared } = this;
    const { cells, nodeCount, levels } = plan.problem;
    const { layer } = plan;
    const { scratch } = shared;
    for (const [from, to] of this.#blocks()) {
      for (let k = 0; k < levels - 1; k++) {
        for (let g = 0; g < nodeCount; g++) {
          const at = k * layer + g * cells.count;
          for (let i = at + from; i < at + to; i++)
            flow.density[i + layer] = flow.density[i] - scratch[i] / levels;
        }
      }
    }
  }
}
