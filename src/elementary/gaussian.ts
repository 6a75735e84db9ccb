// Two standard normal numbers from two random words (Box & Muller 1958): the hottest code of the program,
// recorded once for the noise pass. It is not a generator of random words, and not exp or log for general
// use: its polynomials are as short as the statistics allow.
//
//   w0:  31 bits of radius u = (w0 >>> 1 + 0.5) / 2^31, rounded to f32, in [2^-32, 1]
//   w1:  bits 31..12 angle in [-pi/2, pi/2), bit 11 sign of both numbers, bits 10..0 unused (left for the jump test)
//
//   g1 = +-R cos, g2 = +-R sin, R = sqrt(-2 ln u). The sign makes the half circle a whole one.

import type { Operations } from './operations.js';
import { polynomial } from './polynomial.js';

/**
 * The angle enters as the integer v = w1 >> 12 in [-2^19, 2^19): the coefficients carry the powers of 2^-19 that make it
 * the angle in units of pi/2.
 */
const UNIT = 2 ** -19;
/**
 * R is computed 2^-24 times too small, and sine and cosine 2^24 times too large: else the last coefficient of the sine would
 * be subnormal, which costs some processors more than all the rest (measured: 3.0 against 1.5 ns per pair on a Zen 5).
 */
const SCALE = 2 ** 24;
/** 2 (scaled), for -2 ln u. */
const TWICE = 2 ** -47;

/** bits(2^31) of f32: those of u = 1. */
const TOP_BITS = 0x4f000000;
const MANTISSA = 0x7fffff;
const ONE_BITS = 0x3f800000;
/** What an octave adds to -ln u, by units of the last place of f32 (2^-23 of an octave). */
const OCTAVE = Math.fround(Math.LN2) * 2 ** -23 * TWICE;
/**
 * About (-ln(1 - r/2) - r ln2) / r for r in [0, 1): degree 5. The error of -ln u is at most 6.7e-6 of it, and its mean over u is
 * 0, so that the numbers have variance 1. A degree more costs 2 % of a step and would be far below what any run resolves.
 */
const LOGARITHM = [-0.19315049, 0.12522683, 0.039192119, 0.025229663, -0.0097178187, 0.01321511].map(
  (coefficient) => coefficient * TWICE,
);
/** sin, degree 7, absolute error 5.7e-7. The means of its square, and of the cosine's, are 1/2. */
const SINE = scaled([1.5707908, -0.64589242, 0.079434196, -0.0043331709], UNIT * SCALE);
/** cos, degree 6, absolute error 6.7e-6. */
const COSINE = scaled([0.99999333, -1.2334845, 0.2525796, -0.019095108], SCALE);

/** Coefficients of powers of the angle squared, from first * UNIT^0 on, as coefficients of powers of v^2. */
function scaled(coefficients: readonly number[], first: number): number[] {
  let unit = first;
  return coefficients.map((coefficient) => {
    const value = coefficient * unit;
    unit *= UNIT * UNIT;
    return value;
  });
}

/**
 * [g1, g2] from the words w0 (radius) and w1 (angle and sign); f32 only, 43 operations. Against exact arithmetic on
 * the same u and angle: |error| <= 1.1e-5 R, so 7.4e-5 at most. The radius is never
 * NaN: -ln u >= 0 for every word (tested over all inputs near u = 1). |g| <= sqrt(2 * 32 ln2) = 6.66.
 */
export function gaussianPair<F, I, M>(ops: Operations<F, I, M>, w0: I, w1: I): [F, F] {
  return gaussianOfRadius(ops, negativeLogarithm(ops, w0), w1);
}

/** The pair from R^2 = -2 ln u (scaled) and the second word. */
export function gaussianOfRadius<F, I, M>(ops: Operations<F, I, M>, square: F, w1: I): [F, F] {
  const v = ops.toFloat(ops.shiftRightArithmetic(w1, 12));
  const z = ops.multiply(v, v);
  const sine = ops.multiply(v, polynomial(ops, SINE, z));
  const cosine = polynomial(ops, COSINE, z);
  const sign = ops.integerAnd(ops.shiftLeft(w1, 20), ops.integer(0x80000000));
  const radius = ops.fromBits(ops.integerXor(ops.bits(ops.squareRoot(square)), sign));
  return [ops.multiply(radius, cosine), ops.multiply(radius, sine)];
}

/**
 * R^2 = -2 ln u >= 0 (scaled) with relative error 7e-6, u = 2^-31 f, f = (w0 >>> 1) + 0.5 in [0.5, 2^31].
 */
export function negativeLogarithm<F, I, M>(ops: Operations<F, I, M>, w0: I): F {
  if (ops.precision !== 'f32') throw new TypeError('The noise is f32 in every kernel.');
  const f = ops.bits(ops.add(ops.toFloat(ops.shiftRightLogical(w0, 1)), ops.constant(0.5)));
  // How far f is below 2^31: whole octaves, and r of one. Both are exact where u is near 1, so -ln u is, too.
  const below = ops.integerSubtract(ops.integer(TOP_BITS), f);
  const part = ops.integerOr(ops.integerAnd(below, ops.integer(MANTISSA)), ops.integer(ONE_BITS));
  const r = ops.subtract(ops.fromBits(part), ops.constant(1));
  const straight = ops.multiply(ops.toFloat(below), ops.constant(OCTAVE));
  return ops.add(straight, ops.multiply(r, polynomial(ops, LOGARITHM, r)));
}
