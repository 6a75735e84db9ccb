// What stands behind V(x, g) of the lumped representation: values, gradients, and where nodes come from when the graph is generated on
// the fly. Formulas, TypeScript modules and external processes all look like this. It is not the points and their motion
// (node-tasks.ts), nor the flow (flow.ts); an objective keeps nothing that a result depends on, so that it may live once per thread.

/** A place at which a node's potential is wanted. */
export interface ObjectivePoint {
  /** The node: its name in the graph, or with `grow` the text that names its structure. */
  readonly node: string;
  /** Coordinates, as many as `dimension(node)`. Not to be changed, nor kept beyond the call. */
  readonly x: Float64Array;
  /** Where the gradient is wanted: as long as x, to be filled. */
  readonly gradient: Float64Array | undefined;
  /** Time t of the flow, for objectives that change. Dimensionless. */
  readonly time: number;
  /**
   * Number of the mini-batch: the step (from 0) that the gradient is for, the same for all nodes, and the same when a run goes on
   * after a restart. Undefined: the whole data is meant. Objectives without mini-batches ignore it.
   */
  readonly batch: number | undefined;
}

/** A node next to another one, and the weight K > 0 of the edge; K is symmetric. */
export interface Neighbour {
  readonly node: string;
  readonly weight: number;
}

type Eventually<T> = T | Promise<T>;

/** Potentials of nodes. All answers depend on the arguments alone: the same arguments give the same bits. */
export interface Objective {
  /** Whether values and gradients depend on `batch`. Then best points are judged on the whole data, at observations. */
  readonly miniBatches: boolean;
  /** Number of coordinates of a node, >= 1; nodes may differ. */
  dimension(node: string): Eventually<number>;
  /**
   * Values V at points, in their order; gradients are written into the points where wanted. Points of one call belong to different
   * nodes and may be computed at once.
   */
  evaluate(points: readonly ObjectivePoint[]): Eventually<ArrayLike<number>>;
  /** Where a node starts, if the objective knows better than the config's `initial`; `seed` is the run's. */
  initial?(node: string, seed: number): Eventually<Float64Array | undefined>;
  /**
   * x of a node born next to `from`, out of x there: a new array. Without it x is copied, which needs equal dimensions.
   */
  transfer?(x: Float64Array, from: string, to: string): Eventually<Float64Array>;
  /** Nodes next to a node, for `grow`: in an order of its own that is always the same; never the node itself. */
  neighbours?(node: string): Eventually<readonly Neighbour[]>;
  /** Diffusivity D > 0 of a node; 1 without it. */
  diffusivity?(node: string): number;
  /** Lets go of threads and processes. */
  close?(): Promise<void>;
}
