// The logistic functions of learning potentials: sigmoid and softplus. They are not approximations by tanh.

import { exponential } from './exponential.js';
import { logarithm } from './logarithm.js';
import type { Operations } from './operations.js';

export interface Logistic<F> {
  /**
   * 1 / (1 + e^-x). Error <= 3 ulp. Saturates exactly: 1 above, 0 where e^-x overflows (below -88.7 for f32,
   * -709.8 for f64). NaN gives NaN.
   */
  readonly sigmoid: (x: F) => F;
  /**
   * ln(1 + e^x) = max(x, 0) + log1p(e^-|x|). Error <= 2 ulp; results below the flush threshold of exp are 0.
   * NaN gives NaN.
   */
  readonly softplus: (x: F) => F;
}

export function logistic<F, I, M>(ops: Operations<F, I, M>): Logistic<F> {
  const { exp } = exponential(ops);
  const { log1pUnit } = logarithm(ops);
  return {
    sigmoid: (x) => ops.divide(ops.constant(1), ops.add(ops.constant(1), exp(ops.negate(x)))),
    // x stands first in the maximum: NaN stays NaN.
    softplus: (x) => ops.add(ops.maximum(x, ops.constant(0)), log1pUnit(exp(ops.negate(ops.absolute(x))))),
  };
}
