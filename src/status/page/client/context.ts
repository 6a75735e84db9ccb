// What all sections of the page share: the run as it stands, its history, the nodes that are shown by name, and the stretch of
// time that charts show.

import type { View } from './api.js';
import type { History } from './history.js';
import type { NamedNode } from './node-choice.js';
import type { Scheduler } from './scheduler.js';

export interface Context {
  readonly scheduler: Scheduler;
  readonly history: History;
  /** Undefined until the first answer of the server. */
  view: View | undefined;
  nodes: readonly NamedNode[];
  /** Nodes that a person wants to see, by index. */
  readonly pinned: Set<number>;
  /** Part of the time so far, at its end, that charts show. */
  window: number;
}

/** A section of the page. */
export interface Section {
  /** There is a new view. */
  viewed?(view: View): void;
  /** The history has grown, or other nodes or times are to be shown. */
  changed?(): void;
}

/** The points that charts show, and the range they cover. */
export function inWindow<Point>(
  points: readonly Point[],
  at: (point: Point) => number,
  window: number,
): { points: readonly Point[]; range: readonly [number, number] | undefined } {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return { points, range: undefined };
  const high = at(last);
  const low = window >= 1 ? at(first) : high - window * (high - at(first));
  // One point before the range, so that lines come from outside.
  const from = window >= 1 ? 0 : Math.max(0, points.findIndex((point) => at(point) >= low) - 1);
  return { points: points.slice(from), range: [low, high] };
}
