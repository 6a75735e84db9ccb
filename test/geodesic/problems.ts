// Small problems for tests of the metric. No tests here.

import { cellsOf } from '../../src/grid/mod.js';
import type { MetricMobility, MetricProblem, WeightedEdge } from '../../src/geodesic/mod.js';

export interface Setting {
  readonly cells?: readonly number[];
  readonly length?: number;
  readonly periodic?: boolean;
  readonly nodeCount?: number;
  readonly edges?: readonly WeightedEdge[];
  readonly mobility?: MetricMobility;
  readonly levels?: number;
  readonly diffusivity?: readonly number[];
  /** Of the nodes, at both ends; else as the shapes have them. */
  readonly masses?: readonly number[];
}

/** A value per node and point of the box, scaled so that the whole mass is 1. */
export type Shape = (node: number, x: readonly number[]) => number;

export function problem(setting: Setting, start: Shape, end: Shape): MetricProblem {
  const { cells: sizes = [32], length = 1, periodic = false, nodeCount = 1, edges = [] } = setting;
  const cells = cellsOf({
    cells: sizes,
    low: sizes.map(() => 0),
    high: sizes.map(() => length),
    periodic: sizes.map(() => periodic),
  });
  const fill = (shape: Shape): Float64Array => {
    const field = Float64Array.from({ length: nodeCount * cells.count }, (_, i) =>
      shape(
        Math.floor(i / cells.count),
        cells.sizes.map(
          (size, k) => ((Math.floor((i % cells.count) / cells.strides[k]) % size) + 0.5) * cells.widths[k],
        ),
      ),
    );
    const { masses } = setting;
    const sum = (from: number, to: number): number =>
      field.subarray(from, to).reduce((all, f) => all + f, 0) * cells.volume;
    if (!masses) return field.map((f) => f / sum(0, field.length));
    const own = Array.from({ length: nodeCount }, (_, g) => sum(g * cells.count, (g + 1) * cells.count));
    return field.map((f, i) => (f * masses[Math.floor(i / cells.count)]) / own[Math.floor(i / cells.count)]);
  };
  return {
    cells,
    nodeCount,
    edges,
    diffusivity: Float64Array.from({ length: nodeCount }, (_, g) => setting.diffusivity?.[g] ?? 1),
    mobility: setting.mobility ?? 'log-mean',
    levels: setting.levels ?? 8,
    start: fill(start),
    end: fill(end),
  };
}

/** A normal density, not scaled. */
export function bell(x: readonly number[], mean: readonly number[], deviation: number): number {
  const square = x.reduce((sum, value, k) => sum + (value - mean[k]) * (value - mean[k]), 0);
  return Math.exp(-square / (2 * deviation * deviation));
}
