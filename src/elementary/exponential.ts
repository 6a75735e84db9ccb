// exp and expm1, and the reduction x = n ln2 + r that sinh, cosh, tanh, sigmoid, erf and power share. It is
// not a place for functions made of exp: those are in hyperbolic.ts and logistic.ts.
//
// Method (Cody & Waite 1980; Muller, Elementary Functions, ch. 11): n = nearest(x / ln2) by the magic
// addition, r = (x - n ln2_high) - n ln2_low with ln2_high so short that n ln2_high is exact, e^r - 1 = r +
// r^2 Q(r) on |r| <= ln2/2, and 2^n by shifting n into the exponent.

import { FORMATS, type IntegerLiteral } from './format.js';
import type { Operations, Precision } from './operations.js';
import { polynomial } from './polynomial.js';

interface Reduction {
  readonly log2e: number;
  readonly ln2High: number;
  readonly ln2Low: number;
  /** Q, lowest degree first. */
  readonly q: readonly number[];
  /** Arguments are clamped to [lowest, highest]; beyond, exp is 0 or infinite. */
  readonly lowest: number;
  readonly highest: number;
}

export const EXPONENTIAL: Readonly<Record<Precision, Reduction>> = {
  f32: {
    log2e: 1.4426950216293335,
    // 16 bits and 24 bits of ln2.
    ln2High: 0.693145751953125,
    ln2Low: 1.428606765330187e-6,
    // Degree 4 on |r| <= 0.34665, error of e^r - 1 relative 2^-25.9.
    q: [0.5, 0.16666543, 0.04166628, 0.00836659, 0.0013946453],
    lowest: -87.33654,
    highest: 89,
  },
  f64: {
    log2e: 1.4426950408889634,
    // 42 bits and 53 bits of ln2.
    ln2High: 0.6931471805598903,
    ln2Low: 5.497923018708371e-14,
    // Degree 9 on |r| <= 0.34665, error of e^r - 1 relative 2^-55.5.
    q: [
      0.5000000000000006, 0.16666666666666685, 0.041666666666573544, 0.008333333333314591,
      0.001388888893240656, 0.00019841269903037744, 2.480150441122479e-5, 2.755722794305989e-6,
      2.762634084979143e-7, 2.5114477782024607e-8,
    ],
    lowest: -708.3964,
    highest: 710,
  },
};

/** x = n ln2 + r: `r`, `tail` = e^r - 1 - r, and n in the low bits of `shifted`. */
export interface Reduced<F> {
  readonly r: F;
  readonly tail: F;
  readonly shifted: F;
}

export interface Exponential<F> {
  /** For |x / ln2| <= 2^(mantissaBits - 13) or so; `correction` is added to r (power's low part). */
  readonly reduce: (x: F, correction?: F) => Reduced<F>;
  /** fromBits(bits + n << mantissaBits): 2^n times the float of `bits`. */
  readonly scale: (reduced: Reduced<F>, bits: IntegerLiteral) => F;
  /** e^r, that is, 1 + (r + tail). */
  readonly mantissa: (reduced: Reduced<F>) => F;
  /** x within [lowest, highest]; NaN stays NaN. */
  readonly clamp: (x: F) => F;
  /** e^x without clamping, for results within the normal range. */
  readonly expBounded: (x: F) => F;
  /** e^x - 1 without overflow handling, for -36 <= x <= 80 or so. */
  readonly expm1Bounded: (x: F) => F;
  /**
   * e^x. Error <= 1.6 ulp (f32), 1.5 ulp (f64). Results below 2^-125.5 (f32) or 2^-1021.5 (f64), about 1.41
   * times the smallest normal number, are flushed to 0: a result is never subnormal. exp(-inf) = 0, exp(inf)
   * = inf, NaN gives NaN.
   */
  readonly exp: (x: F) => F;
  /**
   * e^x - 1. Error <= 2 ulp (f32), 2.5 ulp (f64). expm1(-inf) = -1, expm1(inf) = inf, NaN gives NaN;
   * expm1(-0) = 0.
   */
  readonly expm1: (x: F) => F;
}

export function exponential<F, I, M>(ops: Operations<F, I, M>): Exponential<F> {
  const format = FORMATS[ops.precision];
  const { log2e, ln2High, ln2Low, q, lowest, highest } = EXPONENTIAL[ops.precision];

  const reduce = (x: F, correction?: F): Reduced<F> => {
    const magic = ops.constant(format.roundingMagic);
    const shifted = ops.add(ops.multiply(x, ops.constant(log2e)), magic);
    const n = ops.subtract(shifted, magic);
    const high = ops.subtract(x, ops.multiply(n, ops.constant(ln2High)));
    let r = ops.subtract(high, ops.multiply(n, ops.constant(ln2Low)));
    if (correction !== undefined) r = ops.add(r, correction);
    const tail = ops.multiply(ops.multiply(r, r), polynomial(ops, q, r));
    return { r, tail, shifted };
  };
  // The product with 2^n, not an addition to the exponent of e^r: a NaN has to stay a NaN.
  const scale = (reduced: Reduced<F>, bits: IntegerLiteral): F =>
    ops.fromBits(
      ops.integerAdd(ops.shiftLeft(ops.bits(reduced.shifted), format.mantissaBits), ops.integer(bits)),
    );
  const mantissa = ({ r, tail }: Reduced<F>): F => ops.add(ops.constant(1), ops.add(r, tail));
  // The argument stands first: pmin and pmax give their first operand where it is NaN.
  const clamp = (x: F): F => ops.maximum(ops.minimum(x, ops.constant(highest)), ops.constant(lowest));
  const expBounded = (x: F): F => {
    const reduced = reduce(x);
    return ops.multiply(mantissa(reduced), scale(reduced, format.oneBits));
  };
  const expm1Bounded = (x: F): F => {
    const reduced = reduce(x);
    const power = scale(reduced, format.oneBits);
    return ops.add(
      ops.multiply(power, ops.add(reduced.r, reduced.tail)),
      ops.subtract(power, ops.constant(1)),
    );
  };
  return {
    reduce,
    scale,
    mantissa,
    clamp,
    expBounded,
    expm1Bounded,
    exp: (x) => {
      // 2^(n-1) is a normal number also where 2^n is not; doubling then overflows by itself.
      const reduced = reduce(clamp(x));
      const half = ops.multiply(mantissa(reduced), scale(reduced, format.halfBits));
      return ops.add(half, half);
    },
    expm1: (x) => {
      const reduced = reduce(clamp(x));
      const power = scale(reduced, format.halfBits);
      const half = ops.add(
        ops.multiply(power, ops.add(reduced.r, reduced.tail)),
        ops.subtract(power, ops.constant(0.5)),
      );
      return ops.add(half, half);
    },
  };
}
