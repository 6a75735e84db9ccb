// What happens to coordinates, and velocities, that leave their box, as expressions. Not the step that took them there.

import type { Expression } from '../expression/mod.js';
import type { Boundary, Model } from '../model/mod.js';

type Box = Exclude<Boundary, { kind: 'free' }>;

/** Wraps (periodic) or folds (reflecting) a coordinate into its box; inside the box it is returned unchanged. */
export function contained(model: Model, x: Expression, index: number): Expression {
  const { builder: b } = model;
  const boundary = model.boundaries[index];
  if (boundary.kind === 'free') return x;
  const low = b.constant(boundary.low);
  const length = b.constant(boundary.high - boundary.low);
  const folded =
    boundary.kind === 'periodic'
      ? b.subtract(position(b, boundary, x), b.call('floor', position(b, boundary, x)))
      : b.call('absolute', unfolded(b, boundary, x));
  return b.call('where', inside(b, boundary, x), x, b.add(low, b.multiply(length, folded)));
}

/** The velocity that goes with a coordinate: turned round where an odd number of reflections brought x back. */
export function turned(model: Model, x: Expression, velocity: Expression, index: number): Expression {
  const { builder: b } = model;
  const boundary = model.boundaries[index];
  if (boundary.kind !== 'reflecting') return velocity;
  const isOdd = b.call('less', unfolded(b, boundary, x), b.constant(0));
  const keeps = b.call('or', inside(b, boundary, x), b.call('not', isOdd));
  return b.call('where', keeps, velocity, b.negate(velocity));
}

function inside(b: Model['builder'], { low, high }: Box, x: Expression): Expression {
  return b.call('and', b.call('lessOrEqual', b.constant(low), x), b.call('less', x, b.constant(high)));
}

/** 0 at the low end, 1 at the high one. */
function position(b: Model['builder'], { low, high }: Box, x: Expression): Expression {
  return b.multiply(b.subtract(x, b.constant(low)), b.constant(1 / (high - low)));
}

/** The position less the nearest even number, in [-1, 1]: below 0 after an odd number of reflections. */
function unfolded(b: Model['builder'], boundary: Box, x: Expression): Expression {
  const at = position(b, boundary, x);
  return b.subtract(at, b.multiply(b.constant(2), nearestHalf(b, at)));
}

/** Nearest integer to p/2 (which tie goes where does not matter: |p - 2k| is the same). */
function nearestHalf(b: Model['builder'], at: Expression): Expression {
  return b.call('floor', b.add(b.multiply(b.constant(0.5), at), b.constant(0.5)));
}
