// atan and atan2, with one division. It is not asin or acos.
//
// Method (the idea of Cephes' atan.c, without its branches): with a <= b the absolute values, t = a/b, or t =
// (a - b)/(a + b) and pi/4 more where a/b > tan(pi/8), so |t| <= tan(pi/8); atan t = t (1 + z A(z)), z = t^2.

import { FORMATS } from './format.js';
import type { Operations, Precision } from './operations.js';
import { polynomial } from './polynomial.js';
import { withSignOf } from './sign-bit.js';

/** A on 0 <= z <= tan^2(pi/8) = 0.1716. */
const COEFFICIENTS: Readonly<Record<Precision, readonly number[]>> = {
  // Degree 3, error relative to atan 2^-25.4.
  f32: [-0.33332956, 0.19977914, -0.13879712, 0.08059826],
  // Degree 10, error relative to atan 2^-58.6.
  f64: [
    -0.333333333333332, 0.19999999999954002, -0.1428571428024006, 0.11111110785699291, -0.09090897823402641,
    0.0769206139774891, -0.06663117584532349, 0.05847988005578393, -0.05039748967372201, 0.03807581170719855,
    -0.017919472338544132,
  ],
};

/** From here on atan2 scales both arguments down, so that their sum does not overflow. */
const LARGE: Readonly<Record<Precision, number>> = { f32: 2 ** 64, f64: 2 ** 512 };

export interface Arctangent<F> {
  /** Error <= 3 ulp. atan(+-inf) = +-pi/2; odd bit by bit; NaN gives NaN. */
  readonly atan: (x: F) => F;
  /**
   * The angle of (x, y) in [-pi, pi]. Error <= 3 ulp where y/x does not underflow. All four quadrants, axes
   * and signed zeros as in IEEE 754: atan2(+-0, x) is +-0 for x > 0 or +0 and +-pi for x < 0 or -0. One
   * infinite argument is an axis; two give NaN (not the +-pi/4, +-3pi/4 of IEEE), as NaN does.
   */
  readonly atan2: (y: F, x: F) => F;
}

export function arctangent<F, I, M>(ops: Operations<F, I, M>): Arctangent<F> {
  const format = FORMATS[ops.precision];
  const coefficients = COEFFICIENTS[ops.precision];

  /** atan(a/b) for 0 <= a <= b, not both 0 or infinite. */
  const octant = (a: F, b: F): F => {
    const steep = ops.less(ops.multiply(b, ops.constant(Math.SQRT2 - 1)), a);
    const t = ops.divide(ops.select(steep, ops.subtract(a, b), a), ops.select(steep, ops.add(a, b), b));
    const z = ops.multiply(t, t);
    const angle = ops.add(t, ops.multiply(ops.multiply(t, z), polynomial(ops, coefficients, z)));
    return ops.select(steep, ops.add(ops.constant(Math.PI / 4), angle), angle);
  };

  return {
    atan: (x) => {
      const one = ops.constant(1);
      const absolute = ops.absolute(x);
      // x stands first: NaN stays NaN.
      const angle = octant(ops.minimum(absolute, one), ops.maximum(absolute, one));
      const swapped = ops.select(
        ops.less(one, absolute),
        ops.subtract(ops.constant(Math.PI / 2), angle),
        angle,
      );
      return withSignOf(ops, swapped, x);
    },
    atan2: (y, x) => {
      const zero = ops.constant(0);
      const absoluteX = ops.absolute(x);
      const absoluteY = ops.absolute(y);
      const larger = ops.maximum(absoluteX, absoluteY);
      const scale = ops.select(
        ops.less(ops.constant(LARGE[ops.precision]), larger),
        ops.constant(1 / LARGE[ops.precision]),
        ops.constant(1),
      );
      // x first here, y first below: a NaN in either reaches the quotient. 0/0 becomes 0 over the smallest
      // number.
      const b = ops.maximum(ops.multiply(larger, scale), ops.constant(format.smallest));
      const angle = octant(ops.multiply(ops.minimum(absoluteY, absoluteX), scale), b);
      const upright = ops.select(
        ops.less(absoluteX, absoluteY),
        ops.subtract(ops.constant(Math.PI / 2), angle),
        angle,
      );
      // 1 with the sign of x, so that -0 counts as negative.
      const side = withSignOf(ops, ops.constant(1), x);
      const turned = ops.select(ops.less(side, zero), ops.subtract(ops.constant(Math.PI), upright), upright);
      return withSignOf(ops, turned, y);
    },
  };
}
