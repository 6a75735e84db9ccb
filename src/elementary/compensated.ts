// Error-free sums and products of two numbers as high + low (Dekker 1971; Muller et al., Handbook of
// Floating-Point Arithmetic, ch. 4). It is not a double-word arithmetic with normalised results: power.ts
// keeps its own books.

import { FORMATS } from './format.js';
import type { Operations } from './operations.js';

/** An unevaluated sum; `low` is of the order of the rounding error of `high`. */
export interface Pair<F> {
  readonly high: F;
  readonly low: F;
}

/** a + b exactly, for |a| >= |b| or a = 0: three operations. */
export function fastTwoSum<F, I, M>(ops: Operations<F, I, M>, a: F, b: F): Pair<F> {
  const high = ops.add(a, b);
  return { high, low: ops.subtract(b, ops.subtract(high, a)) };
}

/** a as the sum of two numbers of half the bits, by masking: two operations. */
export function halves<F, I, M>(ops: Operations<F, I, M>, a: F): Pair<F> {
  const high = ops.fromBits(ops.integerAnd(ops.bits(a), ops.integer(FORMATS[ops.precision].upperHalfMask)));
  return { high, low: ops.subtract(a, high) };
}

/**
 * a b exactly (f32), to 2^-106 (f64), if nothing under- or overflows: twelve operations; no fused multiply-
 * add.
 */
export function twoProduct<F, I, M>(ops: Operations<F, I, M>, a: F, b: F): Pair<F> {
  const high = ops.multiply(a, b);
  const x = halves(ops, a);
  const y = Object.is(a, b) ? x : halves(ops, b);
  const first = ops.subtract(ops.multiply(x.high, y.high), high);
  const second = ops.add(ops.add(first, ops.multiply(x.high, y.low)), ops.multiply(x.low, y.high));
  return { high, low: ops.add(second, ops.multiply(x.low, y.low)) };
}
