// erf. It is not erfc: 1 - erf(x) has no relative accuracy for large x.
//
// Method (the shape of N. Juffa's erff, own coefficients): for |x| < 0.925, x + x P(x^2); beyond, 1 - exp(-(t
// + t L(t))), t = |x|, where t + t L(t) approximates -ln erfc(t). Both are computed.

import { exponential } from './exponential.js';
import type { Operations, Precision } from './operations.js';
import { polynomial } from './polynomial.js';
import { withSignOf } from './sign-bit.js';

interface Coefficients {
  /** P on 0 <= x <= 0.925. */
  readonly inner: readonly number[];
  /** L on 0.9 <= t <= saturation. */
  readonly outer: readonly number[];
  /** From here on erf rounds to 1. */
  readonly saturation: number;
}

const ERROR_FUNCTION: Readonly<Record<Precision, Coefficients>> = {
  f32: {
    // Degree 5, error relative to erf 2^-25.7.
    inner: [0.12837915, -0.376125, 0.11281877, -0.026768345, 0.0049951468, -0.00059984776],
    // Degree 6, error relative to erf 2^-27.8.
    outer: [0.12863709, 0.635198, 0.106159136, -0.023694644, 0.0036103807, -0.00031486806, 1.0434146e-5],
    saturation: 4,
  },
  f64: {
    // Degree 11, error relative to erf 2^-55.9.
    inner: [
      0.1283791670955126, -0.37612638903183715, 0.11283791670952903, -0.026866170644643913,
      0.0052239776199181675, -0.0008548326653681317, 0.00012055317268071536, -1.4925209748401648e-5,
      1.6453840389804399e-6, -1.6262498748028523e-7, 1.3976947189288504e-8, -8.323350653442318e-10,
    ],
    // Degree 18, error relative to erf 2^-57.1.
    outer: [
      0.12837920138316394, 0.636619363103353, 0.10277490067699907, -0.019136512309865617,
      -0.00018933293557166185, 0.0016597384963003906, -0.0005383485317907488, -3.22642092629929e-5,
      0.00011680587125208444, -6.760895642493749e-5, 2.536462840223396e-5, -7.115183661154059e-6,
      1.5500057455300776e-6, -2.6338829302148095e-7, 3.44097200030353e-8, -3.3454334281416853e-9,
      2.2815957968551263e-10, -9.739727258738014e-12, 1.9574155588837808e-13,
    ],
    saturation: 6,
  },
};

/** erf(x). Error <= 1.5 ulp; +-1 exactly from |x| = 4 (f32), 6 (f64) on; odd bit by bit; NaN gives NaN. */
export function errorFunction<F, I, M>(ops: Operations<F, I, M>): (x: F) => F {
  const { inner, outer, saturation } = ERROR_FUNCTION[ops.precision];
  const { expBounded } = exponential(ops);
  return (x) => {
    const t = ops.minimum(ops.absolute(x), ops.constant(saturation));
    const near = ops.add(t, ops.multiply(t, polynomial(ops, inner, ops.multiply(t, t))));
    const exponent = ops.negate(ops.add(t, ops.multiply(t, polynomial(ops, outer, t))));
    const far = ops.subtract(ops.constant(1), expBounded(exponent));
    return withSignOf(ops, ops.select(ops.less(t, ops.constant(0.925)), near, far), x);
  };
}
