// power(x, y) = x^y = exp(y ln|x|), the logarithm and the product carried as high + low. It is not an integer
// power: the expression compiler multiplies out small fixed exponents itself.

import { exponential } from './exponential.js';
import { fastTwoSum, twoProduct, type Pair } from './compensated.js';
import { FORMATS } from './format.js';
import { LN2, logarithm } from './logarithm.js';
import type { Operations, Precision } from './operations.js';
import { polynomial } from './polynomial.js';

interface Coefficients {
  /** ln m = 2 s + (2/3) s^3 + s^5 P(z), z = s^2 <= 0.02944. */
  readonly p: readonly number[];
  readonly twoThirds: Pair<number>;
  /** Where |y| is larger, x^y over- or underflows for every x but +-1. */
  readonly largestExponent: number;
  /**
   * Above the low part (mostly y k ln2_low, k ln2 at most twice the logarithm) of any product that neither
   * over- nor underflows.
   */
  readonly largestLow: number;
}

const POWER: Readonly<Record<Precision, Coefficients>> = {
  f32: {
    // Degree 2, error relative to the logarithm 2^-36.6.
    p: [0.40000153, 0.28547123, 0.23418821],
    twoThirds: { high: 0.6666666865348816, low: -1.9868215517249155e-8 },
    largestExponent: 2 ** 32,
    largestLow: 2 ** -11,
  },
  f64: {
    // Degree 6, error relative to the logarithm 2^-65.3.
    p: [
      0.40000000000002256, 0.2857142857009845, 0.2222222252012929, 0.18181784348625735, 0.15386758201397469,
      0.13256797094833048, 0.13196523778500843,
    ],
    twoThirds: { high: 0.6666666666666666, low: 3.700743415417188e-17 },
    largestExponent: 2 ** 64,
    largestLow: 2 ** -32,
  },
};

/**
 * x^y. Error <= 3 ulp (f32), 2 ulp (f64), results below exp's flush threshold are 0. x^0 = 1 for every x, NaN
 * included; otherwise NaN gives NaN. x < 0: the sign of an odd integer y, NaN for y not an integer (also for
 * x = -inf). x = +-0: 0 for y > 0, inf for y < 0, with the sign of x for odd y; x = +-inf the reverse. 1^y =
 * 1, also for y = +-inf, which count as even.
 */
export function power<F, I, M>(ops: Operations<F, I, M>): (x: F, y: F) => F {
  const format = FORMATS[ops.precision];
  const { p, twoThirds, largestExponent, largestLow } = POWER[ops.precision];
  const { reduce, scale, mantissa, clamp } = exponential(ops);
  const { splitAny } = logarithm(ops);
  const clampTo = (a: F, limit: number): F =>
    ops.maximum(ops.minimum(a, ops.constant(limit)), ops.constant(-limit));

  /** (2/3) s^3 + s^5 P(z). For f64 the first term is a twoProduct: it is up to 1 % of the logarithm. */
  const series = (s: Pair<F>): { high: F; low?: F } => {
    if (ops.precision === 'f32') {
      const z = ops.multiply(s.high, s.high);
      const factor = ops.add(ops.constant(twoThirds.high), ops.multiply(z, polynomial(ops, p, z)));
      return { high: ops.multiply(ops.multiply(s.high, z), factor) };
    }
    const square = twoProduct(ops, s.high, s.high);
    const z = square.high;
    const cross = ops.multiply(s.high, s.low);
    const zLow = ops.add(square.low, ops.add(cross, cross));
    const first = twoProduct(ops, z, ops.constant(twoThirds.high));
    const firstLow = ops.add(
      first.low,
      ops.add(ops.multiply(zLow, ops.constant(twoThirds.high)), ops.multiply(z, ops.constant(twoThirds.low))),
    );
    const factor = fastTwoSum(ops, first.high, ops.multiply(ops.multiply(z, z), polynomial(ops, p, z)));
    const factorLow = ops.add(factor.low, firstLow);
    const product = twoProduct(ops, s.high, factor.high);
    const low = ops.add(
      product.low,
      ops.add(ops.multiply(s.high, factorLow), ops.multiply(s.low, factor.high)),
    );
    return { high: product.high, low };
  };

  /** ln a for positive finite a. */
  const logarithmPair = (a: F): Pair<F> => {
    const one = ops.constant(1);
    const { k, m } = splitAny(a);
    const f = ops.subtract(m, one);
    // s = f / (1 + m), the sum as a pair too.
    const g = ops.add(m, one);
    const gLow = ops.subtract(m, ops.subtract(g, one));
    const sHigh = ops.divide(f, g);
    const product = twoProduct(ops, sHigh, g);
    const remainder = ops.subtract(
      ops.subtract(ops.subtract(f, product.high), product.low),
      ops.multiply(sHigh, gLow),
    );
    const s = { high: sHigh, low: ops.divide(remainder, g) };
    const rest = series(s);
    const mantissaLog = fastTwoSum(ops, ops.add(s.high, s.high), rest.high);
    const twiceLow = ops.add(s.low, s.low);
    const restLow = rest.low === undefined ? twiceLow : ops.add(twiceLow, rest.low);
    const mantissaLow = ops.add(mantissaLog.low, restLow);
    const sum = fastTwoSum(ops, ops.multiply(k, ops.constant(LN2[ops.precision].high)), mantissaLog.high);
    const exponentLow = ops.multiply(k, ops.constant(LN2[ops.precision].low));
    return { high: sum.high, low: ops.add(sum.low, ops.add(exponentLow, mantissaLow)) };
  };

  return (x, y) => {
    const zero = ops.constant(0);
    const one = ops.constant(1);
    const a = ops.absolute(x);
    const log = logarithmPair(a);
    const exponent = clampTo(y, largestExponent);
    const product = twoProduct(ops, exponent, log.high);
    const low = ops.add(product.low, ops.multiply(exponent, log.low));
    const reduced = reduce(clamp(product.high), clampTo(low, largestLow));
    const half = ops.multiply(mantissa(reduced), scale(reduced, format.halfBits));

    // a = 0 or inf: a^y is a or 1/a. For y = NaN it is y; a = NaN passes through.
    const regular = ops.and(ops.less(zero, a), ops.less(a, ops.constant(Infinity)));
    const extreme = ops.select(ops.less(y, zero), ops.divide(one, a), ops.select(ops.less(zero, y), a, y));
    const magnitude = ops.select(regular, ops.add(half, half), extreme);

    const whole = ops.equal(ops.floor(y), y);
    const halfY = ops.multiply(y, ops.constant(0.5));
    const odd = ops.and(whole, ops.not(ops.equal(ops.floor(halfY), halfY)));
    const signSource = ops.bits(ops.select(odd, x, one));
    const sign = ops.integerAnd(signSource, ops.integer(format.signMask));
    const signed = ops.fromBits(ops.integerXor(ops.bits(magnitude), sign));

    const undefinedPower = ops.and(ops.less(x, zero), ops.not(whole));
    return ops.select(ops.equal(y, zero), one, ops.select(undefinedPower, ops.constant(NaN), signed));
  };
}
