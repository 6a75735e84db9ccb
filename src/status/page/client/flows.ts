// Net flows of mass along edges, from the differences of cumulative jumps between two observations.

import type { Edges } from './api.js';
import type { JumpPoint } from './history.js';

/** Net mass per unit of time from one node to another. */
export interface Flow {
  readonly from: number;
  readonly to: number;
  readonly net: number;
  /** Standard error of independent jumps; 0 on a grid. */
  readonly error: number;
}

/** A net flow below so many of its standard errors is noise; as in reports. */
export const flowErrors = 3;

/** For each directed edge the index of the one back, or -1. */
export function reverseEdges({ from, to }: Edges): Int32Array {
  const index = new Map<string, number>();
  from.forEach((g, e) => index.set(`${g} ${to[e]}`, e));
  return Int32Array.from(from, (g, e) => index.get(`${to[e]} ${g}`) ?? -1);
}

/**
 * The flows between the first and the last of some observations, the largest first.
 *
 * @param reverse from `reverseEdges`
 * @param unitOfMass mass of a jump: 1 on a grid, else 1 over the number of particles
 */
export function netFlows(
  edges: Edges,
  reverse: Int32Array,
  points: readonly JumpPoint[],
  unitOfMass: number,
): Flow[] {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || !(last.time > first.time) || last.jumps.length !== edges.from.length) return [];
  const span = last.time - first.time;
  const isCounted = unitOfMass !== 1;
  const flows: Flow[] = [];
  edges.from.forEach((from, e) => {
    const to = edges.to[e];
    const back = reverse[e];
    // A pair of edges is looked at once, from its lower node.
    if (from > to && back >= 0) return;
    const there = last.jumps[e] - first.jumps[e];
    const returned = back < 0 ? 0 : last.jumps[back] - first.jumps[back];
    const net = ((there - returned) * unitOfMass) / span;
    const error = isCounted ? (Math.sqrt(Math.max(0, there + returned)) * unitOfMass) / span : 0;
    flows.push(net >= 0 ? { from, to, net, error } : { from: to, to: from, net: -net, error });
  });
  return flows.sort((a, b) => b.net - a.net || a.from - b.from || a.to - b.to);
}

/** Whether a flow stands out of its noise. */
export function isCertain({ net, error }: Flow): boolean {
  return net > flowErrors * error && net > 1e-12;
}
