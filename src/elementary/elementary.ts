// All elementary functions of one precision as one object. It is not where any of them is computed.

import { arctangent } from './arctangent.js';
import { errorFunction } from './error-function.js';
import { exponential } from './exponential.js';
import { hyperbolic } from './hyperbolic.js';
import { immediateF32, immediateF64 } from './immediate.js';
import { logarithm } from './logarithm.js';
import { logistic } from './logistic.js';
import type { Operations } from './operations.js';
import { power } from './power.js';
import { trigonometric } from './trigonometric.js';
import { exp, expm1, log } from './words.js';

/**
 * The elementary functions on values `F`: branch-free, without transcendental help, the same bits wherever
 * they run. Error bounds, ranges and special values stand with each function in its own file.
 */
export interface ElementaryFunctions<F> {
  readonly exp: (x: F) => F;
  readonly expm1: (x: F) => F;
  readonly log: (x: F) => F;
  readonly log1p: (x: F) => F;
  readonly sin: (x: F) => F;
  readonly cos: (x: F) => F;
  readonly tan: (x: F) => F;
  readonly atan: (x: F) => F;
  readonly atan2: (y: F, x: F) => F;
  readonly sinh: (x: F) => F;
  readonly cosh: (x: F) => F;
  readonly tanh: (x: F) => F;
  readonly erf: (x: F) => F;
  /** 1 / (1 + e^-x) */
  readonly sigmoid: (x: F) => F;
  /** ln(1 + e^x) */
  readonly softplus: (x: F) => F;
  /** x^y */
  readonly power: (x: F, y: F) => F;
  /** -1, 0 or 1; the sign of zero and NaN are kept. */
  readonly sign: (x: F) => F;
}

/** The functions built from `ops`: recorded, counted or computed, as `ops` does. */
export function elementary<F, I, M>(ops: Operations<F, I, M>): ElementaryFunctions<F> {
  const { exp, expm1 } = exponential(ops);
  const { log, log1p } = logarithm(ops);
  const { sin, cos, tan } = trigonometric(ops);
  const { atan, atan2 } = arctangent(ops);
  const { sinh, cosh, tanh } = hyperbolic(ops);
  const { sigmoid, softplus } = logistic(ops);
  const erf = errorFunction(ops);
  const sign = (x: F): F => {
    const zero = ops.constant(0);
    const negative = ops.select(ops.less(x, zero), ops.constant(-1), x);
    return ops.select(ops.less(zero, x), ops.constant(1), negative);
  };
  return {
    exp,
    expm1,
    log,
    log1p,
    sin,
    cos,
    tan,
    atan,
    atan2,
    sinh,
    cosh,
    tanh,
    erf,
    sigmoid,
    softplus,
    power: power(ops),
    sign,
  };
}

/** The functions at once on JavaScript numbers that are f32. */
export const mathF32: ElementaryFunctions<number> = elementary(immediateF32);

/** The functions at once on JavaScript numbers. Those that loops are full of come from words.ts: the same bits, faster. */
export const mathF64: ElementaryFunctions<number> = { ...elementary(immediateF64), exp, expm1, log };
