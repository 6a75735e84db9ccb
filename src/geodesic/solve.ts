// W_K and the geodesic of a problem, as results: the checks before, one member of a team, and what comes out of the shared
// arrays at the end. Teams on threads are cluster/metric-team.ts.

import { GeodesicError } from './errors.js';
import { MetricPlan, type Shared } from './memory.js';
import { massesOf, partsOf, type MetricProblem } from './problem.js';
import type { Member } from './projection.js';
import { MetricSolver, type MetricOptions, type MetricResult } from './solver.js';
import { roughDistance } from './speed.js';

/** What a caller decides; see MetricOptions. */
export type SolveOptions = Partial<Pick<MetricOptions, 'tolerance' | 'mostIterations' | 'look'>>;

export const defaultTolerance = 1e-3;
export const defaultIterations = 5000;

/** W_K with its bounds, and a geodesic: the path whose action is `above`. */
export interface MetricPath {
  /** W_K: the root of the action of the path. */
  readonly distance: number;
  /** W_K² lies between these; both hold whether or not the solver has converged. */
  readonly above: number;
  readonly below: number;
  /** (above - below)/above, or 0 where both are 0. */
  readonly gap: number;
  readonly converged: boolean;
  readonly iterations: number;
  /** above = transport + reaction. */
  readonly transport: number;
  readonly reaction: number;
  /** f at times k/levels, k = 0 … levels: [node * cells + cell] each. */
  readonly densities: readonly Float64Array[];
  /** phi in the intervals between them (their middles), as the lower bound has it. */
  readonly potentials: readonly Float64Array[];
}

/** Part by which the masses of the two ends may differ. */
const massTolerance = 1e-9;

/**
 * Looks whether there is a path at all.
 * @throws GeodesicError (`mass-mismatch`) where a part of the graph has other masses at the two ends; (`not-a-density`)
 */
export function checkProblem(problem: MetricProblem): void {
  const { start, end, nodeCount, edges } = problem;
  for (const field of [start, end]) {
    const wrong = field.findIndex((f) => !(f >= 0 && f < Infinity));
    if (wrong >= 0) {
      throw new GeodesicError(
        'not-a-density',
        `a density is ${field[wrong]} in cell ${wrong % problem.cells.count} of node ${Math.floor(wrong / problem.cells.count)}`,
        'densities are finite and >= 0',
      );
    }
  }
  const parts = partsOf(nodeCount, edges);
  const [from, to] = [massesOf(problem, start), massesOf(problem, end)];
  const total = from.reduce((sum, mass) => sum + mass, 0);
  const difference = new Map<number, number>();
  parts.forEach((part, g) => difference.set(part, (difference.get(part) ?? 0) + to[g] - from[g]));
  for (const [part, change] of difference) {
    if (Math.abs(change) <= massTolerance * total) continue;
    const first = parts.indexOf(part);
    throw new GeodesicError(
      'mass-mismatch',
      `the distance is infinite: the part of the graph around node ${first} would ${change > 0 ? 'gain' : 'lose'} a mass of ${Number(Math.abs(change).toPrecision(4))}, and no edge leads there`,
      'join the parts by edges of weight > 0 (graph.weight), or give both densities the same masses there',
    );
  }
}

/** One member's work, from the straight line to the bounds. All members return the same. */
export function* solveMember(
  plan: MetricPlan,
  shared: Shared,
  member: Member,
  options: SolveOptions = {},
): Generator<void, MetricResult> {
  const solver = new MetricSolver(plan, shared, member);
  yield* solver.begin();
  return yield* solver.solve({
    tolerance: defaultTolerance,
    mostIterations: defaultIterations,
    speed: roughDistance(plan.problem),
    ...options,
  });
}

/** What the shared arrays hold after `solveMember`. */
export function pathOf(plan: MetricPlan, shared: Shared, result: MetricResult): MetricPath {
  const { layer } = plan;
  const { levels } = plan.problem;
  const { above, below, converged, iterations, action } = result;
  const rows = (field: Float64Array, count: number): Float64Array[] =>
    Array.from({ length: count }, (_, k) => field.slice(k * layer, (k + 1) * layer));
  return {
    distance: Math.sqrt(above),
    above,
    below,
    gap: (above - below) / above,
    converged,
    iterations,
    ...action,
    densities: rows(shared.best.density, levels + 1),
    potentials: rows(shared.bestPotential, levels),
  };
}

/** The path that stays where it is, if that is all; undefined where start and end differ. */
export function restingPath({ start, end, levels }: MetricProblem): MetricPath | undefined {
  if (start.some((f, i) => f !== end[i])) return undefined;
  return {
    ...{ distance: 0, above: 0, below: 0, gap: 0, converged: true, iterations: 0, transport: 0, reaction: 0 },
    densities: Array.from({ length: levels + 1 }, () => start),
    potentials: Array.from({ length: levels }, () => new Float64Array(start.length)),
  };
}

/**
 * Solves on the calling thread.
 * @throws GeodesicError, see checkProblem
 */
export function solveMetric(problem: MetricProblem, options: SolveOptions = {}): MetricPath {
  checkProblem(problem);
  const resting = restingPath(problem);
  if (resting) return resting;
  const plan = new MetricPlan(problem);
  const shared = plan.view(plan.allocate());
  const work = solveMember(plan, shared, { index: 0, size: 1 }, options);
  for (;;) {
    const next = work.next();
    if (next.done === true) return pathOf(plan, shared, next.value);
  }
}
