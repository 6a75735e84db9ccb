// What the coordinator of a lumped run and its machines say to each other about points, as types. In a step a machine is asked once, and answers with
// three numbers per node. Coordinates travel where points are put back, born next to one of another machine, saved or looked at, some MB at a time.
// Masses never do: they are the coordinator's.

import type { PointSize } from '../../lumped/mod.js';

/** A piece of a point: numbers `from` to (not including) `to` of its coordinates and the velocities behind them. */
export interface Span {
  readonly node: string;
  readonly from: number;
  readonly to: number;
}

/** How many numbers are in pieces of points. */
export const lengthOf = (pieces: readonly Pick<Span, 'from' | 'to'>[]): number =>
  pieces.reduce((sum, { from, to }) => sum + to - from, 0);

/** What happens to points before the work of a request. */
export type PointsChange =
  /** All velocities become 0. */
  | { readonly kind: 'rest' }
  | { readonly kind: 'retire'; readonly nodes: readonly string[] }
  /** Keeps a copy of the coordinates that a node has now, in place of the one that was kept before. */
  | { readonly kind: 'keep'; readonly node: string }
  /** Lets go of what was kept. */
  | { readonly kind: 'forget' }
  /** Takes all points away. */
  | { readonly kind: 'clear' };

export type PointsWork =
  /** Points where the objective or the initial law puts them. */
  | {
      readonly kind: 'start';
      readonly nodes: readonly PointSize[];
      readonly step: number;
      readonly time: number;
      readonly seed: number;
    }
  /** Points out of those of parents, which are here or were lent. */
  | {
      readonly kind: 'bear';
      readonly nodes: readonly (PointSize & { readonly parent: string })[];
      readonly step: number;
      readonly time: number;
    }
  /** Coordinates and velocities of a parent from elsewhere, for the next `bear`; pieces of a point come in their order. */
  | { readonly kind: 'lend'; readonly pieces: readonly (Span & PointSize)[]; readonly numbers: Float64Array }
  /** Points as they are given; likewise. */
  | { readonly kind: 'put'; readonly pieces: readonly (Span & PointSize)[]; readonly numbers: Float64Array }
  | { readonly kind: 'evaluate'; readonly step: number; readonly time: number }
  | {
      readonly kind: 'move';
      readonly step: number;
      readonly time: number;
      readonly timeStep: number;
      /** Factors of the velocities by friction in the first and second half of the step. */
      readonly decay: readonly [number, number];
    }
  /** Values on the whole data. */
  | { readonly kind: 'values'; readonly time: number }
  | { readonly kind: 'read'; readonly pieces: readonly Span[] }
  /** Of what was kept. */
  | { readonly kind: 'kept'; readonly from: number; readonly to: number };

export interface PointsRequest {
  readonly type: 'points';
  readonly changes: readonly PointsChange[];
  readonly work: PointsWork;
}

export interface PointsReply {
  /**
   * `start`, `bear`: V, D|∇V|^2 and D|v|^2/2 of each node of the work. `evaluate`, `move`: of each node here, in the order in which they
   * came. `values`: V of each. `read`, `kept`: what was asked for.
   */
  readonly numbers: Float64Array;
  /** Calls of the objective: points with and without a gradient. */
  readonly gradients: number;
  readonly evaluations: number;
  /** Seconds that the threads computed, in all. */
  readonly busySeconds: number;
}

/** Most numbers in a message: 8 MB. Longer points travel in pieces. */
export const MOST_NUMBERS = 1024 * 1024;
