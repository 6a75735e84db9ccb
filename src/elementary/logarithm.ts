// log and log1p, and the split x = 2^k m that power shares. It is not log2 or log10: nobody asked yet.
//
// Method (the idea of fdlibm's e_log.c): m in [sqrt(1/2), sqrt(2)), f = m - 1 (exact), s = f / (2 + f), ln m
// = 2 atanh(s) = f - (f^2/2 - s (f^2/2 + R)), R = z P(z), z = s^2: the rounding error of s meets only small
// terms.

import { FORMATS } from './format.js';
import type { Operations, Precision } from './operations.js';
import { polynomial } from './polynomial.js';

/** ln2 in two parts; the first is so short that its product with an exponent is exact. */
export const LN2: Readonly<Record<Precision, { readonly high: number; readonly low: number }>> = {
  f32: { high: 0.693145751953125, low: 1.428606765330187e-6 },
  f64: { high: 0.6931471805598903, low: 5.497923018708371e-14 },
};

/** P on 0 <= z <= 0.02944: (2 atanh(s)/s - 2) / z. */
export const COEFFICIENTS: Readonly<Record<Precision, readonly number[]>> = {
  // Degree 2, error relative to the logarithm 2^-30.
  f32: [0.66666776, 0.39977533, 0.29871994],
  // Degree 6, error relative to the logarithm 2^-58.8.
  f64: [
    0.6666666666666734, 0.3999999999941397, 0.28571428742559796, 0.22222198554051276, 0.18183565392519105,
    0.15314021514681306, 0.14796257034860402,
  ],
};

// Makes the subnormal numbers of either precision normal.
const LIFT_EXPONENT = 64;
const LIFT = 2 ** 64;

// Bit patterns of the 64-bit split.
const ONE_LESS_SQRT_HALF = 0x3ff0000000000000n - 0x3fe6a09e667f3bcdn;
const BITS_OF_2_52 = 0x4330000000000000n;

/** x = 2^k m with m in [sqrt(1/2), sqrt(2)). */
export interface Split<F> {
  readonly k: F;
  readonly m: F;
}

export interface Logarithm<F> {
  /** For positive normal x; any other x gives finite garbage to be selected away. */
  readonly split: (x: F) => Split<F>;
  /** As `split`, for subnormal x also (three more operations and a select). */
  readonly splitAny: (x: F) => Split<F>;
  /**
   * ln x. Error <= 1 ulp, subnormal x included. log(0) = log(-0) = -inf, log(x < 0) = NaN, log(inf) = inf,
   * NaN gives NaN.
   */
  readonly log: (x: F) => F;
  /**
   * ln(1 + x). Error <= 1.5 ulp. log1p(-1) = -inf, log1p(x < -1) = NaN, log1p(inf) = inf, NaN gives NaN;
   * log1p(-0) = 0.
   */
  readonly log1p: (x: F) => F;
  /** log1p for 0 <= x <= 1 and NaN, without the special cases. */
  readonly log1pUnit: (x: F) => F;
}

export function logarithm<F, I, M>(ops: Operations<F, I, M>): Logarithm<F> {
  const format = FORMATS[ops.precision];
  const coefficients = COEFFICIENTS[ops.precision];
  const ln2 = LN2[ops.precision];

  const splitF32 = (x: F): Split<F> => {
    const bits = ops.bits(x);
    const k = ops.shiftRightArithmetic(ops.integerSubtract(bits, ops.integer(format.sqrtHalfBits)), 23);
    return {
      k: ops.toFloat(k),
      m: ops.fromBits(ops.integerSubtract(bits, ops.shiftLeft(k, 23))),
    };
  };

  // 64 bits: no conversion and no cheap arithmetic shift. The biased exponent becomes the low bits of 2^52 +
  // exponent.
  const splitF64 = (x: F): Split<F> => {
    const bits = ops.integerAdd(ops.bits(x), ops.integer(ONE_LESS_SQRT_HALF));
    const biased = ops.integerOr(ops.shiftRightLogical(bits, 52), ops.integer(BITS_OF_2_52));
    return {
      k: ops.subtract(ops.fromBits(biased), ops.constant(2 ** 52 + 1023)),
      m: ops.fromBits(
        ops.integerAdd(
          ops.integerAnd(bits, ops.integer(format.mantissaMask)),
          ops.integer(format.sqrtHalfBits),
        ),
      ),
    };
  };
  const split = ops.precision === 'f32' ? splitF32 : splitF64;

  const splitAny = (x: F): Split<F> => {
    const subnormal = ops.less(x, ops.constant(format.smallestNormal));
    const { k, m } = split(ops.select(subnormal, ops.multiply(x, ops.constant(LIFT)), x));
    return { k: ops.select(subnormal, ops.subtract(k, ops.constant(LIFT_EXPONENT)), k), m };
  };

  /** k ln2 + ln(1 + f). */
  const assemble = (k: F, f: F): F => {
    const s = ops.divide(f, ops.add(ops.constant(2), f));
    const z = ops.multiply(s, s);
    const rest = ops.multiply(z, polynomial(ops, coefficients, z));
    const halfSquare = ops.multiply(ops.multiply(f, ops.constant(0.5)), f);
    const small = ops.add(ops.multiply(s, ops.add(halfSquare, rest)), ops.multiply(k, ops.constant(ln2.low)));
    return ops.add(ops.multiply(k, ops.constant(ln2.high)), ops.subtract(f, ops.subtract(halfSquare, small)));
  };

  /** `result` where 0 < u < inf; u itself for inf and NaN, -inf for 0, NaN below. */
  const guarded = (u: F, result: F): F =>
    ops.select(
      ops.less(ops.constant(0), u),
      ops.select(ops.less(u, ops.constant(Infinity)), result, u),
      ops.select(ops.equal(u, ops.constant(0)), ops.constant(-Infinity), ops.constant(NaN)),
    );

  /** ln u for u = 1 + x rounded, with the rounding error of the sum brought back into f. */
  const corrected = (u: F, lost: F): F => {
    const { k, m } = split(u);
    // m / u = 2^-k. As a bit pattern it would be no number for the largest u.
    const correction = ops.multiply(ops.divide(lost, u), m);
    return assemble(k, ops.add(ops.subtract(m, ops.constant(1)), correction));
  };

  return {
    split,
    splitAny,
    log: (x) => {
      const { k, m } = splitAny(x);
      return guarded(x, assemble(k, ops.subtract(m, ops.constant(1))));
    },
    log1p: (x) => {
      // Knuth's two-sum of 1 and x: u + lost = 1 + x exactly.
      const one = ops.constant(1);
      const u = ops.add(one, x);
      const part = ops.subtract(u, one);
      const lost = ops.add(ops.subtract(one, ops.subtract(u, part)), ops.subtract(x, part));
      return guarded(u, corrected(u, lost));
    },
    log1pUnit: (x) => {
      const one = ops.constant(1);
      const u = ops.add(one, x);
      return corrected(u, ops.subtract(x, ops.subtract(u, one)));
    },
  };
}
