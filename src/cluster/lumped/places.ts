// Where points are that machines have, and how they are cut into pieces that fit into messages. Who asks for what is machine-points.ts.

import type { PointSize } from '../../lumped/mod.js';
import { MOST_NUMBERS, type Span } from '../machines/points-protocol.js';

/** A node and the machine that has its point. */
export interface Place extends PointSize {
  readonly member: number;
}

/** A piece of a point, with the size of the whole. */
export type Piece = Span & PointSize;

export const sizeOf = ({ node, dimension, velocities }: PointSize): PointSize => ({
  node,
  dimension,
  velocities,
});

export const numbersIn = ({ dimension, velocities }: PointSize): number => dimension + velocities;

export function joinedOf(x: Float64Array, v: Float64Array): Float64Array {
  const whole = new Float64Array(x.length + v.length);
  whole.set(x);
  whole.set(v, x.length);
  return whole;
}

export function byMember(places: readonly Place[]): Map<number, Place[]> {
  const found = new Map<number, Place[]>();
  for (const place of places) {
    const own = found.get(place.member);
    if (own) own.push(place);
    else found.set(place.member, [place]);
  }
  return found;
}

/** Pieces of points, in messages of no more than MOST_NUMBERS numbers. */
export function cut(places: readonly Place[]): Piece[][] {
  const messages: Piece[][] = [];
  let room = 0;
  for (const place of places) {
    const total = numbersIn(place);
    for (let from = 0; from < total;) {
      if (room === 0) {
        messages.push([]);
        room = MOST_NUMBERS;
      }
      const to = Math.min(total, from + room);
      messages[messages.length - 1].push({ ...sizeOf(place), from, to });
      room -= to - from;
      from = to;
    }
  }
  return messages;
}
