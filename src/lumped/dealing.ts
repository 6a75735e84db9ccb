// How points are dealt out to those who do tasks. Results do not depend on it.

import type { NodePoint } from './node-tasks.js';

/** Parts that points are dealt out in, per worker: who is done early takes another one. */
const PARTS_PER_WORKER = 3;

/** Parts of about the same number of coordinates, in the order of the points. */
export function deal(points: readonly NodePoint[], workers: number): NodePoint[][] {
  const parts = workers <= 1 ? 1 : Math.min(points.length, workers * PARTS_PER_WORKER);
  const total = points.reduce((sum, { x }) => sum + x.length, 0);
  const dealt: NodePoint[][] = Array.from({ length: parts }, () => []);
  let before = 0;
  for (const point of points) {
    const middle = before + point.x.length / 2;
    dealt[Math.min(parts - 1, Math.floor((parts * middle) / total))].push(bare(point));
    before += point.x.length;
  }
  return dealt.filter((part) => part.length > 0);
}

/** A point as tasks have it: they may go to other threads. */
export function bare({ node, x, v, gradient }: NodePoint): NodePoint {
  return { node, x, v, gradient };
}
