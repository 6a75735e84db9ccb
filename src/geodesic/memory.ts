// Everything that the members of a team share while they solve for a geodesic, as arrays in one buffer. Nothing is computed here.
//
// Rows: a field at all intervals of time is a list of rows [(interval * nodes + node) * cells + cell]; of edges
// [(interval * edges + edge) * cells + cell]. Densities f are at the ends of intervals, one row more per node.

import type { MetricProblem } from './problem.js';

/** A path that obeys the continuity equation: f at levels + 1 times, flows in the intervals. */
export interface Flow {
  readonly density: Float64Array;
  /** By coordinate: D f grad phi at the face between a cell and the next one. */
  readonly momentum: readonly Float64Array[];
  /** By edge: the flow of density from its first node to its second. */
  readonly reaction: Float64Array;
}

/** A copy of what the action is made of, cell by cell: the splitting's second set of variables, or its memory w. */
export interface Copies {
  /** Of the density in an interval, for transport. */
  readonly density: Float64Array;
  /** By coordinate: momentum through the lower and through the upper face of a cell. */
  readonly lower: readonly Float64Array[];
  readonly upper: readonly Float64Array[];
  /** Of the densities at the two ends of an edge, and of its reaction. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly reaction: Float64Array;
  /** Of f at inner times, which must be >= 0: [(time - 1) * nodes * cells …]. */
  readonly inner: Float64Array;
}

export interface Shared {
  readonly flow: Flow;
  /** A path far from empty cells, to be mixed with `flow`. */
  readonly reference: Flow;
  /** What the upper bound was made of. */
  readonly best: Flow;
  readonly split: Copies;
  readonly memory: Copies;
  /** phi, one row per interval and node. */
  readonly potential: Float64Array;
  /** The best of them: what the lower bound was made of. */
  readonly bestPotential: Float64Array;
  readonly scratch: Float64Array;
  /** First guesses of log(f/f') along edges. */
  readonly logRatio: Float64Array;
  /** Sums of rows, `rowSums` per row of nodes, then per row of edges. */
  readonly sums: Float64Array;
}

/** Sums that a row may have at a time. */
export const rowSums = 16;

export class MetricPlan {
  /** Cells of all nodes, and of all edges, at one time. */
  readonly layer: number;
  readonly edgeLayer: number;
  readonly rows: number;
  readonly edgeRows: number;
  readonly bytes: number;

  constructor(readonly problem: MetricProblem) {
    const { cells, nodeCount, edges, levels } = problem;
    this.layer = nodeCount * cells.count;
    this.edgeLayer = edges.length * cells.count;
    this.rows = levels * nodeCount;
    this.edgeRows = levels * edges.length;
    let length = 0;
    this.#build((count) => {
      length += count;
      return new Float64Array(0);
    });
    this.bytes = 8 * length;
  }

  allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(this.bytes);
  }

  view(memory: SharedArrayBuffer): Shared {
    let at = 0;
    return this.#build((count) => {
      const array = new Float64Array(memory, at, count);
      at += 8 * count;
      return array;
    });
  }

  #build(take: (count: number) => Float64Array): Shared {
    const { layer, edgeLayer, rows, edgeRows, problem } = this;
    const { levels, cells } = problem;
    const all = levels * layer;
    const allEdges = levels * edgeLayer;
    const byCoordinate = (): Float64Array[] => cells.sizes.map(() => take(all));
    const flow = (): Flow => ({
      density: take(all + layer),
      momentum: byCoordinate(),
      reaction: take(allEdges),
    });
    const copies = (): Copies => ({
      density: take(all),
      lower: byCoordinate(),
      upper: byCoordinate(),
      first: take(allEdges),
      second: take(allEdges),
      reaction: take(allEdges),
      inner: take(all - layer),
    });
    return {
      flow: flow(),
      reference: flow(),
      best: flow(),
      split: copies(),
      memory: copies(),
      potential: take(all),
      bestPotential: take(all),
      scratch: take(all),
      logRatio: take(allEdges),
      sums: take((rows + edgeRows) * rowSums),
    };
  }
}
