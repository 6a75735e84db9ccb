// Two standard normal numbers from two random words (Box & Muller 1958): the hottest code of the program,
// recorded once for the noise pass. It is not a generator of random words, and not exp or log for general
// use: its polynomials are as short as the statistics allow.
//
//   w0:  31 bits of radius   u = (w0 >>> 1 + 0.5) / 2^31, rounded to f32, in [2^-32, 1]
//   w1:  bits 31..13 angle in [-pi/4, pi/4), bit 12 sign of g1, bit 11 sign of g2, bits 10..0 unused
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
 * About -ln(1 + r) / r on 1 + r in [sqrt(1/2), sqrt(2)): degree 5. Where r < 0 its error is relative to ln(1
 * + r), for s may be that alone; where r > 0 it is relative to ln2 - ln(1 + r) and makes up for the rounding
 * of the exponent's part. Error relative to s 6.2e-6: a degree more costs 2 % of a
 * step and would be far below what any run resolves.
 */
const LOGARITHM = [-1.0000061, 0.49993193, -0.33237517, 0.253377, -0.22258008, 0.14776458];

/**
 * The angle enters as the integer v = w1 >> 13 in [-2^18, 2^18): the coefficients carry the powers of 2^-18 that make it
 * the angle in units of pi/4. With more bits of angle the last coefficient would be subnormal, which costs some
 * processors more than all the rest (measured: 3.0 against 1.5 ns per pair on a Zen 5).
 */
const UNIT = 2 ** -18;
/** sin = v (a + z (b + z c)), z = v^2: degree 5, absolute error 5.8e-7. */
const SINE = scaled([0.78539425, -0.080714, 0.0024271063], UNIT);
/** cos, degree 6, absolute error 6e-8. */
const COSINE = scaled([1, -0.30842426, 0.015849914, -0.0003188805], 1);

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
 * [g1, g2] from the words w0 (radius) and w1 (angle); f32 only, 48 operations. Against exact arithmetic on
 * the same u and angle: |error| <= 7e-6 R, so 3.3e-5 at most. The radius is never
 * NaN: s >= 0 for every word (tested over all inputs near u = 1). |g| <= sqrt(2 * 32 ln2) = 6.66.
 */
export function gaussianPair<F, I, M>(ops: Operations<F, I, M>, w0: I, w1: I): [F, F] {
  if (ops.precision !== 'f32') throw new TypeError('The noise is f32 in every kernel.');

  const radius = ops.squareRoot(negativeLogarithm(ops, w0));

  const v = ops.toFloat(ops.shiftRightArithmetic(w1, 13));
  const z = ops.multiply(v, v);
  const sine = ops.multiply(v, polynomial(ops, SINE, z));
  const cosine = polynomial(ops, COSINE, z);

  const signMask = ops.integer(0x80000000);
  const flip = (value: F, bit: number): F =>
    ops.fromBits(ops.integerXor(ops.bits(value), ops.integerAnd(ops.shiftLeft(w1, 31 - bit), signMask)));
  return [
    flip(ops.multiply(radius, ops.subtract(cosine, sine)), 12),
    flip(ops.multiply(radius, ops.add(cosine, sine)), 11),
  ];
}

/**
 * -ln u >= 0 with relative error 8e-6, u = 2^-31 f, f = (w0 >>> 1) + 0.5 in [0.5,
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
