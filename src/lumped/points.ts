// Where the points of the living nodes are, as a flow sees it: an interface. The flow names nodes and gets a few numbers per node; coordinates
// stay where they are, but for births, checkpoints and looks. In the memory of this process that is local-points.ts; on other machines, above
// this folder. Masses are not here.

import type { NodeReport } from './node-tasks.js';
import type { Neighbour } from './objective.js';

/** A node that gets a point: numbers of its coordinates and of its velocities (0 in first order). */
export interface PointSize {
  readonly node: string;
  readonly dimension: number;
  readonly velocities: number;
}

/** A point as it is put back. */
export interface GivenPoint {
  readonly node: string;
  readonly x: Float64Array;
  readonly v: Float64Array;
}

/** The step that an evaluation is for, which names its mini-batch, and its time. */
export interface PointMoment {
  readonly step: number;
  readonly time: number;
}

/** A motion over the step that ends with `step`. */
export interface PointMotion extends PointMoment {
  readonly timeStep: number;
  /** Factors of the velocities by friction in the first and second half of the step; second order. */
  readonly decay: readonly [number, number];
}

/** Calls of the objective: points with and without a gradient. */
export interface PointCosts {
  readonly gradients: number;
  readonly evaluations: number;
}

export interface PointReports extends PointCosts {
  readonly reports: readonly NodeReport[];
}

export interface PointValues extends PointCosts {
  readonly values: readonly number[];
}

/** Points of nodes, in the order in which they came. Calls do not overlap; all may throw what objectives and networks throw. */
export interface Points {
  /** What the objective says of nodes, whether they have a point or not. */
  dimensions(nodes: readonly string[]): Promise<readonly number[]>;
  neighbours(nodes: readonly string[]): Promise<readonly (readonly Neighbour[])[]>;

  /** Adds points where the objective or the initial law puts them. Reports of these. */
  start(nodes: readonly PointSize[], at: PointMoment & { readonly seed: number }): Promise<PointReports>;
  /** Adds points made out of that of a parent each, which has one. Reports of these. */
  bear(nodes: readonly (PointSize & { readonly parent: string })[], at: PointMoment): Promise<PointReports>;
  /** Adds points as they are given; evaluate them next. */
  put(points: readonly GivenPoint[]): Promise<void>;

  /** Values and gradients of all points as they are. */
  evaluate(at: PointMoment): Promise<PointReports>;
  /** Moves all points, and evaluates them. */
  move(motion: PointMotion): Promise<PointReports>;
  /** Values of all points on the whole data, for objectives with mini-batches. */
  values(time: number): Promise<PointValues>;

  /** Takes the velocities away from all points. */
  rest(): void;
  /** Takes points away. */
  retire(nodes: readonly string[]): void;
  /** Keeps a copy of the coordinates that a node has now, in place of the one that was kept before. */
  keep(node: string): void;
  /** Takes all points away, and what was kept. */
  clear(): void;

  /** What was kept last. */
  kept(): Promise<Float64Array>;
  /** Coordinates and velocities: for looking at, until the next call. */
  read(nodes: readonly string[]): Promise<readonly Pick<GivenPoint, 'x' | 'v'>[]>;
}
