// The dynamic problem of the metric W_K (mathematics, section 2) between two densities on a grid: what is given. Not how it
// is solved (solver.ts).

import type { Cells } from '../grid/mod.js';
import type { MetricMobility } from './mean.js';

/** An edge with its weight K > 0; every pair of nodes once. */
export interface WeightedEdge {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

/**
 * Densities are averages over cells, [node * cells.count + cell], with the same mass in every part of the graph that edges
 * hold together.
 */
export interface MetricProblem {
  readonly cells: Cells;
  readonly nodeCount: number;
  readonly edges: readonly WeightedEdge[];
  /** D > 0 by node. */
  readonly diffusivity: Float64Array;
  readonly mobility: MetricMobility;
  /** Time levels: intervals of length 1/levels from start to end. */
  readonly levels: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
}

/** Which part of the graph a node belongs to, numbered in the order of their first nodes. */
export function partsOf(nodeCount: number, edges: readonly WeightedEdge[]): Int32Array {
  const parent = Int32Array.from({ length: nodeCount }, (_, g) => g);
  const root = (g: number): number => {
    let at = g;
    while (parent[at] !== at) at = parent[at];
    return at;
  };
  for (const { from, to } of edges) {
    const [a, b] = [root(from), root(to)];
    parent[Math.max(a, b)] = Math.min(a, b);
  }
  const numbers = new Map<number, number>();
  return Int32Array.from({ length: nodeCount }, (_, g) => {
    const r = root(g);
    const known = numbers.get(r);
    if (known !== undefined) return known;
    numbers.set(r, numbers.size);
    return numbers.size - 1;
  });
}

/** Masses of nodes. */
export function massesOf({ cells, nodeCount }: MetricProblem, density: Float64Array): Float64Array {
  return Float64Array.from({ length: nodeCount }, (_, g) => {
    let sum = 0;
    for (let i = g * cells.count; i < (g + 1) * cells.count; i++) sum += density[i];
    return sum * cells.volume;
  });
}
