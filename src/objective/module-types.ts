// What a module that serves as an objective exports. docs/objectives.md is the page for those who write one.

import type { Objective } from '../lumped/mod.js';

/** When and on what part of the data a value is wanted. */
export interface ObjectiveMoment {
  /** Time t of the flow. */
  readonly time: number;
  /** Number of the mini-batch, or undefined for the whole data. The same number must always mean the same data. */
  readonly batch: number | undefined;
}

/** V and its gradient at once. */
export interface ValueAndGradient {
  readonly value: number;
  /** As long as x. */
  readonly gradient: ArrayLike<number>;
}

type Eventually<T> = T | Promise<T>;

/**
 * The exports of an objective module, or what its default export returns: a function of the config's `options`. All answers must depend on
 * the arguments alone; a module is loaded once per thread. `x` must not be changed or kept.
 */
export interface ObjectiveModule {
  /** Number of coordinates: one for all nodes, or by node. */
  readonly dimension: number | ((node: string) => Eventually<number>);
  /** V(x, node). May be left out where `valueAndGradient` is there. */
  readonly value?: (x: Float64Array, node: string, at: ObjectiveMoment) => Eventually<number>;
  /** The gradient of V in x. */
  readonly gradient?: (x: Float64Array, node: string, at: ObjectiveMoment) => Eventually<ArrayLike<number>>;
  /** Both at once, where that is cheaper. */
  readonly valueAndGradient?: (
    x: Float64Array,
    node: string,
    at: ObjectiveMoment,
  ) => Eventually<ValueAndGradient>;
  /** Whether `batch` matters; false without it. */
  readonly miniBatches?: boolean;
  /** Where a node starts; undefined: where the config's `initial` says. */
  readonly initial?: (node: string, seed: number) => Eventually<ArrayLike<number> | undefined>;
  /** x on `to` out of x on `from`: how weights carry over an edge. */
  readonly transfer?: (x: Float64Array, from: string, to: string) => Eventually<ArrayLike<number>>;
  /** Nodes next to a node, as names or [name, weight]; symmetric, in an order that is always the same. */
  readonly neighbours?: (node: string) => Eventually<readonly (string | readonly [string, number])[]>;
  /** D > 0 of a node; 1 without it. */
  readonly diffusivity?: (node: string) => number;
  /** More numbers about a point, for the table of the answer; by name. */
  readonly measure?: (x: Float64Array, node: string) => Eventually<Readonly<Record<string, number>>>;
  /** Called at the end. */
  readonly close?: () => Eventually<void>;
}

/** What a default export may be: a function that is given the config's `options`. */
export type ObjectiveFactory = (options: Readonly<Record<string, unknown>>) => Eventually<ObjectiveModule>;

/** An objective that can say more about a point than V. */
export interface MeasuredObjective extends Objective {
  /** Numbers about a point of a node, by name; the same names for all nodes. */
  measure?(x: Float64Array, node: string): Eventually<Readonly<Record<string, number>>>;
}
