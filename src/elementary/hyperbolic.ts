// sinh, cosh and tanh, from e^|x| - 1 and e^|x|. It is not a place for the logistic functions (logistic.ts).

import { exponential } from './exponential.js';
import { FORMATS } from './format.js';
import type { Operations, Precision } from './operations.js';
import { withSignOf } from './sign-bit.js';

/** sinh and cosh overflow before this, and 2^(n-2) does not. */
const HIGHEST: Readonly<Record<Precision, number>> = { f32: 89.5, f64: 710.5 };

/**
 * Error <= 3 ulp (cosh 2 ulp). Odd and even bit by bit; NaN gives NaN; sinh and cosh overflow to infinity
 * where they should; tanh is +-1 exactly from |x| = 22 on.
 */
export interface Hyperbolic<F> {
  readonly sinh: (x: F) => F;
  readonly cosh: (x: F) => F;
  readonly tanh: (x: F) => F;
}

export function hyperbolic<F, I, M>(ops: Operations<F, I, M>): Hyperbolic<F> {
  const format = FORMATS[ops.precision];
  const highest = HIGHEST[ops.precision];
  const { reduce, scale, mantissa, expm1Bounded } = exponential(ops);

  return {
    sinh: (x) => {
      // h = (e^|x| - 1)/2 by way of its half, so that nothing overflows before sinh does; sinh = h + h/(2h +
      // 1).
      const reduced = reduce(ops.minimum(ops.absolute(x), ops.constant(highest)));
      const power = scale(reduced, format.quarterBits);
      const half = ops.add(
        ops.multiply(power, ops.add(reduced.r, reduced.tail)),
        ops.subtract(power, ops.constant(0.25)),
      );
      const h = ops.add(half, half);
      // The quotient is below 1/2 and of no weight once h is large; the bound keeps it from inf/inf.
      const bounded = ops.minimum(h, ops.constant(2 ** 60));
      const rest = ops.divide(bounded, ops.add(ops.add(bounded, bounded), ops.constant(1)));
      return withSignOf(ops, ops.add(h, rest), x);
    },
    cosh: (x) => {
      const reduced = reduce(ops.minimum(ops.absolute(x), ops.constant(highest)));
      const quarter = ops.multiply(mantissa(reduced), scale(reduced, format.quarterBits));
      const h = ops.add(quarter, quarter);
      return ops.add(h, ops.divide(ops.constant(0.25), h));
    },
    tanh: (x) => {
      const absolute = ops.absolute(x);
      const e = expm1Bounded(ops.minimum(ops.add(absolute, absolute), ops.constant(44)));
      return withSignOf(ops, ops.divide(e, ops.add(e, ops.constant(2))), x);
    },
  };
}
