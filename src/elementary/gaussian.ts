// Two standard normal numbers from two random words (Box & Muller 1958): the hottest code of the program,
// recorded once for the noise pass. It is not a generator of random words, and not exp or log for general
// use: its polynomials are as short as the statistics allow.
//
//   w0:  31 bits of radius   u = (w0 >>> 1 + 0.5) / 2^31, rounded to f32, in [2^-32, 1]
//   w1:  bits 31..10 angle in [-pi/4, pi/4), bit 9 sign of g1, bit 8 sign of g2, bits 7..0 unused
//        (left for the jump test)
//
//   g1 = +-R (cos - sin), g2 = +-R (cos + sin), R = sqrt(-ln u): g1^2 + g2^2 = -2 ln u. The two signs make
//   the quarter circle a whole one; (cos - sin)/sqrt(2) is the cosine of the angle + pi/4, hence R without
//   the usual factor 2.

import type { Operations } from './operations.js';
import { polynomial } from './polynomial.js';

/** bits(sqrt(1/2)) of f32. */
const SQRT_HALF_BITS = 0x3f3504f3;
const LN2 = Math.fround(Math.LN2);
/** 31 ln2, rounded in such a way that u = 1 gives exactly 0. */
const LN2_TIMES_31 = Math.fround(31 * LN2);

/**
 * About -ln(1 + r) / r on 1 + r in [sqrt(1/2), sqrt(2)): degree 6. Where r < 0 its error is relative to ln(1
 * + r), for s may be that alone; where r > 0 it is relative to ln2 - ln(1 + r) and makes up for the rounding
 * of the exponent's part. Error relative to s 8.6e-7.
 */
const LOGARITHM = [-1.0000001, 0.50002384, -0.3331845, 0.2486576, -0.20426495, 0.18982077, -0.12447377];

/**
 * The angle enters as v in [-1, 1) of pi/4. (Folding the scale into the coefficients would save a product and make the
 * last ones subnormal, which costs some processors more than all the rest: measured 3.0 against 1.5 ns per pair on a
 * Zen 5.)
 */
const UNIT = 2 ** -31;
/** sin = v (a + z (b + z c)), z = v^2: degree 5, absolute error 5.8e-7. */
const SINE = [0.78539425, -0.080714, 0.0024271063];
/** cos, degree 6, absolute error 6e-8. */
const COSINE = [1, -0.30842426, 0.015849914, -0.0003188805];

/**
 * [g1, g2] from the words w0 (radius) and w1 (angle); f32 only, 51 operations. Against exact arithmetic on
 * the same u and angle: |error| <= 2e-6 R (1.83e-6 R seen in 1e7 draws), so 1e-5 at most. The radius is never
 * NaN: s >= 0 for every word (tested over all inputs near u = 1). |g| <= sqrt(2 * 32 ln2) = 6.66.
 */
export function gaussianPair<F, I, M>(ops: Operations<F, I, M>, w0: I, w1: I): [F, F] {
  if (ops.precision !== 'f32') throw new TypeError('The noise is f32 in every kernel.');

  const radius = ops.squareRoot(negativeLogarithm(ops, w0));

  const v = ops.multiply(ops.toFloat(ops.integerAnd(w1, ops.integer(0xfffffc00))), ops.constant(UNIT));
  const z = ops.multiply(v, v);
  const sine = ops.multiply(v, polynomial(ops, SINE, z));
  const cosine = polynomial(ops, COSINE, z);

  const signMask = ops.integer(0x80000000);
  const flip = (value: F, bit: number): F =>
    ops.fromBits(ops.integerXor(ops.bits(value), ops.integerAnd(ops.shiftLeft(w1, 31 - bit), signMask)));
  return [
    flip(ops.multiply(radius, ops.subtract(cosine, sine)), 9),
    flip(ops.multiply(radius, ops.add(cosine, sine)), 8),
  ];
}

/**
 * -ln u >= 0 with relative error 2e-6 (1.7e-6 seen in 2e7 draws), u = 2^-31 f, f = (w0 >>> 1) + 0.5 in [0.5,
 * 2^31].
 */
export function negativeLogarithm<F, I, M>(ops: Operations<F, I, M>, w0: I): F {
  const f = ops.bits(ops.add(ops.toFloat(ops.shiftRightLogical(w0, 1)), ops.constant(0.5)));
  // f = 2^k m, m in [sqrt(1/2), sqrt(2)).
  const k = ops.shiftRightArithmetic(ops.integerSubtract(f, ops.integer(SQRT_HALF_BITS)), 23);
  const m = ops.fromBits(ops.integerSubtract(f, ops.shiftLeft(k, 23)));
  const r = ops.subtract(m, ops.constant(1));
  const exponentPart = ops.subtract(
    ops.constant(LN2_TIMES_31),
    ops.multiply(ops.toFloat(k), ops.constant(LN2)),
  );
  return ops.add(exponentPart, ops.multiply(r, polynomial(ops, LOGARITHM, r)));
}
