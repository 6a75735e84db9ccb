// Bounds of W_K² that hold whether or not the splitting has converged. Above: the action of a path that obeys the continuity
// equation to rounding, mixed with a little of one that is far from empty cells, so that its densities are > 0. Below: what a
// potential proves.
//
// For potentials phi in the intervals, tangents (S in place of the mobilities' derivatives) and every path f >= 0 of mass 1
//
//   W²/2 >= sum <phi, f(k+1) - f(k)> - dt <S, (f(k) + f(k+1))/2>,    S >= derivative of the Hamiltonian in f,
//
// is linear in the densities at inner times, and these have given masses: its least value is the least coefficient times the mass.

import { share } from '../grid/mod.js';
import { thetaCode, thetaOf } from '../transport/mod.js';
import { rowSums, type MetricPlan, type Shared } from './memory.js';
import { massesOf, partsOf } from './problem.js';
import { neighboursOf, type Member, type Neighbours } from './projection.js';
import type { Penalty } from './splitting.js';

/** The parts of the reference path that are tried, and what the potential is multiplied by. */
export const mixtures: readonly number[] = [
  0, 1e-6, 1e-5, 3e-5, 1e-4, 3e-4, 6e-4, 1e-3, 2e-3, 4e-3, 8e-3, 2e-2, 4e-2,
];
const scalings: readonly number[] = [1, 1 - 1e-4, 1 - 3e-4, 1 - 1e-3, 1 - 3e-3, 1 - 1e-2, 0.97, 0.9];

/** Multipliers of a reaction are scaled to a difference of potentials at most by this; else the flat tangent is taken. */
const mostStretch = 4;

/** W² of a path, transport and reaction. */
export interface Action {
  readonly transport: number;
  readonly reaction: number;
}

export class Bounds {
  readonly #neighbours: readonly Neighbours[];
  readonly #parts: Int32Array;
  readonly #masses: Float64Array;

  constructor(
    private readonly plan: MetricPlan,
    private readonly shared: Shared,
    private readonly member: Member,
  ) {
    const { problem } = plan;
    this.#neighbours = neighboursOf(plan);
    this.#parts = partsOf(problem.nodeCount, problem.edges);
    const masses = massesOf(problem, problem.start);
    this.#masses = new Float64Array(Math.max(...this.#parts) + 1);
    masses.forEach((mass, g) => (this.#masses[this.#parts[g]] += mass));
  }

  /** Densities at inner times made >= 0, with their masses kept. Momenta and reactions do not carry them any more. */
  *clip(): Generator<void> {
    const { plan, shared, member } = this;
    const { cells, nodeCount } = plan.problem;
    const { sums, flow } = shared;
    const { density } = flow;
    const [begin, end] = share(plan.rows, member.index, member.size);
    yield;
    for (let row = Math.max(begin, nodeCount); row < end; row++) {
      let sum = 0;
      for (let i = row * cells.count; i < (row + 1) * cells.count; i++) {
        if (density[i] < 0) density[i] = 0;
        sum += density[i];
      }
      sums[row * rowSums] = sum * cells.volume;
    }
    yield;
    for (let row = Math.max(begin, nodeCount); row < end; row++) {
      const node = row % nodeCount;
      const part = this.#parts[node];
      let mass = 0;
      for (let g = 0; g < nodeCount; g++)
        if (this.#parts[g] === part) mass += sums[(row - node + g) * rowSums];
      const factor = mass > 0 ? this.#masses[part] / mass : 0;
      for (let i = row * cells.count; i < (row + 1) * cells.count; i++) density[i] *= factor;
    }
    yield;
  }

  /** W² of (1 - part) flow + part reference for each of `mixtures`; infinite where a density is < 0, or flows from nothing. */
  *above(): Generator<void, readonly Action[]> {
    const { plan, shared, member } = this;
    const { cells, levels } = plan.problem;
    const { sums } = shared;
    yield;
    const [begin, end] = share(plan.rows, member.index, member.size);
    for (let row = begin; row < end; row++)
      mixtures.forEach((part, which) => (sums[row * rowSums + which] = this.#transport(row, part)));
    const [first, last] = share(plan.edgeRows, member.index, member.size);
    for (let row = first; row < last; row++)
      mixtures.forEach((part, which) => {
        sums[(plan.rows + row) * rowSums + which] = this.#reaction(row, part);
      });
    yield;
    const scale = cells.volume / levels;
    return mixtures.map((_, which) => ({
      transport: scale * this.#total(which, 0, plan.rows),
      reaction: scale * this.#total(which, plan.rows, plan.rows + plan.edgeRows),
    }));
  }

  #total(which: number, from: number, to: number): number {
    let sum = 0;
    for (let row = from; row < to; row++) sum += this.shared.sums[row * rowSums + which];
    return sum;
  }

  #transport(row: number, part: number): number {
    const { cells, nodeCount, diffusivity } = this.plan.problem;
    const { layer } = this.plan;
    const { flow, reference } = this.shared;
    const base = row * cells.count;
    const rest = 1 - part;
    const density = (i: number): number =>
      0.5 *
      (rest * (flow.density[i] + flow.density[i + layer]) +
        part * (reference.density[i] + reference.density[i + layer]));
    let sum = 0;
    for (let i = base; i < base + cells.count; i++) {
      if (rest * flow.density[i] + part * reference.density[i] < 0) return Infinity;
    }
    for (let k = 0; k < cells.dimension; k++) {
      const { high } = this.#neighbours[k];
      const [m, n] = [flow.momentum[k], reference.momentum[k]];
      for (let i = 0; i < cells.count; i++) {
        if (high[i] < 0) continue;
        const p = rest * m[base + i] + part * n[base + i];
        if (p === 0) continue;
        const [near, far] = [density(base + i), density(base + high[i])];
        if (!(near > 0 && far > 0)) return Infinity;
        sum += p * p * (1 / near + 1 / far);
      }
    }
    return (0.5 * sum) / diffusivity[row % nodeCount];
  }

  #reaction(row: number, part: number): number {
    const { cells, nodeCount, edges, mobility } = this.plan.problem;
    const code = thetaCode(mobility);
    const { layer } = this.plan;
    const { flow, reference } = this.shared;
    const edge = row % edges.length;
    const interval = (row - edge) / edges.length;
    const { from, to, weight } = edges[edge];
    const rest = 1 - part;
    const density = (i: number): number =>
      0.5 *
      (rest * (flow.density[i] + flow.density[i + layer]) +
        part * (reference.density[i] + reference.density[i + layer]));
    const source = (interval * nodeCount + from) * cells.count;
    const target = (interval * nodeCount + to) * cells.count;
    let sum = 0;
    for (let i = 0; i < cells.count; i++) {
      const at = row * cells.count + i;
      const r = rest * flow.reaction[at] + part * reference.reaction[at];
      if (r === 0) continue;
      const theta = thetaOf(code, density(source + i), density(target + i));
      if (!(theta > 0)) return Infinity;
      sum += (r * r) / theta;
    }
    return sum / weight;
  }

  /** Lower bound of W² from the potential of the last projection: the best of `scalings`. Leaves S in `scratch`. */
  *below(penalty: Penalty): Generator<void, number> {
    const { plan, shared, member } = this;
    const { cells, nodeCount, levels, edges, mobility: kind } = plan.problem;
    const { scratch, sums, potential } = shared;
    yield;
    const [begin, end] = share(plan.rows, member.index, member.size);
    for (let row = begin; row < end; row++) this.#derivative(row, penalty);
    yield;
    const width = scalings.length;
    for (let row = begin; row < end; row++) {
      const base = row * cells.count;
      const node = row % nodeCount;
      const interval = (row - node) / nodeCount;
      // Ends of the path: linear terms; between: least coefficient of the density at the time after this interval.
      let [linear, quadratic] = [0, 0];
      const ends = (density: Float64Array, sign: number): void => {
        for (let i = 0; i < cells.count; i++) {
          const f = density[node * cells.count + i];
          linear += sign * f * potential[base + i];
          quadratic += f * scratch[base + i];
        }
      };
      if (interval === 0) ends(plan.problem.start, -1);
      if (interval === levels - 1) ends(plan.problem.end, 1);
      const place = row * rowSums;
      sums[place] = linear;
      sums[place + 1] = (0.5 * quadratic) / levels;
      if (interval === levels - 1) continue;
      const next = plan.layer;
      for (let which = 0; which < width; which++) {
        const by = scalings[which];
        const half = (0.5 * by) / levels;
        let least = Infinity;
        for (let i = base; i < base + cells.count; i++) {
          const value = potential[i] - potential[i + next] - half * (scratch[i] + scratch[i + next]);
          if (value < least) least = value;
        }
        sums[place + 2 + which] = by * least;
      }
    }
    const [first, last] = share(plan.edgeRows, member.index, member.size);
    for (let row = first; row < last; row++) {
      let constant = 0;
      if (kind === 'constant') {
        const edge = row % edges.length;
        const interval = (row - edge) / edges.length;
        const { from, to, weight } = edges[edge];
        for (let i = 0; i < cells.count; i++) {
          const c =
            potential[(interval * nodeCount + to) * cells.count + i] -
            potential[(interval * nodeCount + from) * cells.count + i];
          constant += 0.5 * weight * c * c;
        }
      }
      sums[(plan.rows + row) * rowSums] = constant / levels;
    }
    yield;
    const linear = this.#total(0, 0, plan.rows);
    const quadratic = this.#total(1, 0, plan.rows) + this.#total(0, plan.rows, plan.rows + plan.edgeRows);
    let best = 0;
    for (let which = 0; which < width; which++) {
      const by = scalings[which];
      let inner = 0;
      for (let interval = 0; interval < levels - 1; interval++) {
        this.#masses.forEach((mass, part) => {
          let least = Infinity;
          for (let g = 0; g < nodeCount; g++) {
            if (this.#parts[g] !== part) continue;
            least = Math.min(least, sums[(interval * nodeCount + g) * rowSums + 2 + which]);
          }
          inner += mass * least;
        });
      }
      best = Math.max(best, 2 * (cells.volume * (by * linear - by * by * quadratic) + inner));
    }
    return best;
  }

  /** S of a row: squares of gradients and differences, shared between the two ends as the multipliers share them. */
  #derivative(row: number, penalty: Penalty): void {
    const { plan, shared } = this;
    const { cells, nodeCount, edges, diffusivity, mobility: kind } = plan.problem;
    const { potential, scratch, split, memory } = shared;
    const base = row * cells.count;
    const node = row % nodeCount;
    const interval = (row - node) / nodeCount;
    const scaled = penalty.penalty / (penalty.speed * penalty.speed);
    scratch.fill(0, base, base + cells.count);
    for (let k = 0; k < cells.dimension; k++) {
      const { high } = this.#neighbours[k];
      const width = cells.widths[k];
      for (let i = 0; i < cells.count; i++) {
        const to = high[i];
        if (to < 0) continue;
        const gradient = (potential[base + to] - potential[base + i]) / width;
        const near = scaled * (memory.upper[k][base + i] - split.upper[k][base + i]);
        const far = scaled * (memory.lower[k][base + to] - split.lower[k][base + to]);
        const missing = 0.5 * (gradient - near - far);
        scratch[base + i] += diffusivity[node] * (near + missing) * (near + missing);
        scratch[base + to] += diffusivity[node] * (far + missing) * (far + missing);
      }
    }
    if (kind === 'constant') return;
    edges.forEach(({ from, to, weight }, edge) => {
      if (from !== node && to !== node) return;
      const at = (interval * edges.length + edge) * cells.count;
      const source = (interval * nodeCount + from) * cells.count;
      const target = (interval * nodeCount + to) * cells.count;
      const [copy, memo] = from === node ? [split.first, memory.first] : [split.second, memory.second];
      const [other, otherMemo] = from === node ? [split.second, memory.second] : [split.first, memory.first];
      const reactionWeight = scaled / weight;
      for (let i = 0; i < cells.count; i++) {
        const difference = potential[target + i] - potential[source + i];
        const known = reactionWeight * (memory.reaction[at + i] - split.reaction[at + i]);
        const own = -penalty.penalty * (memo[at + i] - copy[at + i]);
        const others = -penalty.penalty * (otherMemo[at + i] - other[at + i]);
        const half = 0.25 * weight * difference * difference;
        if (difference === 0) continue;
        // The multipliers are a point of the dual set for the difference `known`; so are they, scaled, for ours.
        const ratio = known === 0 ? Infinity : (difference / known) * (difference / known);
        const isUseful = own >= 0 && others >= 0 && ratio <= mostStretch;
        scratch[base + i] += isUseful ? ratio * own : half;
      }
    });
  }
}
