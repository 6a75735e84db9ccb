// sin, cos and tan. It is not a Payne-Hanek reduction: beyond the stated range the result is only kept within
// [-1, 1].
//
// Method (Cody & Waite 1980): n = nearest(x 2/pi) by the magic addition, r = x - n pi/2 with pi/2 in three
// parts, the first two so short that their products with n are exact; polynomials of sin and cos on |r| <=
// pi/4; the lowest two bits of n choose between them and give the sign.

import { FORMATS } from './format.js';
import type { Operations, Precision } from './operations.js';
import { polynomial } from './polynomial.js';

interface Coefficients {
  readonly twoOverPi: number;
  readonly halfPi: readonly [number, number, number];
  /** sin r = r (1 + z S(z)), z = r^2. */
  readonly sine: readonly number[];
  /** cos r = 1 - (z/2 - z^2 C(z)). */
  readonly cosine: readonly number[];
}

const TRIGONOMETRIC: Readonly<Record<Precision, Coefficients>> = {
  f32: {
    twoOverPi: 0.6366197466850281,
    // 8, 8 and 24 bits: n < 2^16, |x| < 1.02e5. All positive, so that -0 stays -0.
    halfPi: [1.5703125, 0.0004825592041015625, 1.2675908465098473e-6],
    // Degree 2 on |r| <= 0.796, error relative to sin r 2^-27.5. Next to an odd multiple of pi/4 n may be the
    // neighbour of the nearest integer, so that at |x| = 1e5 |r| reaches pi/4 + 0.009.
    sine: [-0.16666654, 0.008332115, -0.00019508565],
    // Degree 2, error 2^-31.9.
    cosine: [0.041666646, -0.0013887284, 2.4428653e-5],
  },
  f64: {
    twoOverPi: 0.6366197723675814,
    // 27, 27 and 53 bits: n < 2^26, |x| < 1.05e8.
    halfPi: [1.570796325802803, 9.920935739593517e-10, 5.721188726109832e-18],
    // Degree 5 on |r| <= pi/4 + 0.0001, error relative to sin r 2^-57.2.
    sine: [
      -0.16666666666666632, 0.008333333333322403, -0.0001984126982979874, 2.7557313688647258e-6,
      -2.505075758409456e-8, 1.5896763803943655e-10,
    ],
    // Degree 5, error 2^-59.9.
    cosine: [
      0.0416666666666666, -0.001388888888887411, 2.4801587289472728e-5, -2.7557314349471355e-7,
      2.0875722867906866e-9, -1.1359626024511561e-11,
    ],
  },
};

/**
 * Error of sin and cos <= 2 ulp + |x| 2^-41 (f32, |x| <= 1e5) or 3 ulp + |x| 2^-107 (f64, |x| <= 1e8); the
 * second term is the error of the reduction and matters next to the zeros only. Beyond, up to 6e6 (f32) or
 * 7e15 (f64), the error is that of moving x by about one ulp; farther out results are arbitrary but within
 * [-1, 1]. Infinities and NaN give NaN. Odd and even bit by bit, zero included.
 */
export interface Trigonometric<F> {
  readonly sin: (x: F) => F;
  readonly cos: (x: F) => F;
  /** Error <= 4 ulp + |x| 2^-41 (1 + tan^2 x) (f32), 4 ulp + |x| 2^-107 (1 + tan^2 x) (f64), range as sin. */
  readonly tan: (x: F) => F;
}

export function trigonometric<F, I, M>(ops: Operations<F, I, M>): Trigonometric<F> {
  const format = FORMATS[ops.precision];
  const { twoOverPi, halfPi, sine, cosine } = TRIGONOMETRIC[ops.precision];

  const reduce = (x: F): { sin: F; cos: F; quadrant: I } => {
    const magic = ops.constant(format.roundingMagic);
    const shifted = ops.add(ops.multiply(x, ops.constant(twoOverPi)), magic);
    const n = ops.subtract(shifted, magic);
    let r = x;
    for (const part of halfPi) r = ops.subtract(r, ops.multiply(n, ops.constant(part)));
    // Of no effect within the range; beyond, it keeps the polynomials within [-1, 1]. r stands first: NaN
    // stays NaN.
    r = ops.maximum(ops.minimum(r, ops.constant(0.796)), ops.constant(-0.796));
    const z = ops.multiply(r, r);
    return {
      sin: ops.multiply(r, ops.add(ops.constant(1), ops.multiply(z, polynomial(ops, sine, z)))),
      cos: ops.subtract(
        ops.constant(1),
        ops.subtract(
          ops.multiply(z, ops.constant(0.5)),
          ops.multiply(ops.multiply(z, z), polynomial(ops, cosine, z)),
        ),
      ),
      // The parity of n in the bit that makes a float 2, its second bit in the sign.
      quadrant: ops.shiftLeft(ops.bits(shifted), format.signBit - 1),
    };
  };
  const isEven = (quadrant: I): M => ops.equal(ops.fromBits(quadrant), ops.constant(0));
  const flip = (value: F, quadrant: I): F =>
    ops.fromBits(ops.integerXor(ops.bits(value), ops.integerAnd(quadrant, ops.integer(format.signMask))));

  return {
    sin: (x) => {
      const { sin, cos, quadrant } = reduce(x);
      return flip(ops.select(isEven(quadrant), sin, cos), quadrant);
    },
    cos: (x) => {
      const { sin, cos, quadrant } = reduce(x);
      const next = ops.integerAdd(quadrant, ops.integer(format.twoBits));
      return flip(ops.select(isEven(next), sin, cos), next);
    },
    tan: (x) => {
      const { sin, cos, quadrant } = reduce(x);
      const even = isEven(quadrant);
      const ratio = ops.divide(ops.select(even, sin, cos), ops.select(even, cos, sin));
      // Odd quadrants: -cos/sin. The parity bit moves to the sign.
      return flip(ratio, ops.shiftLeft(quadrant, 1));
    },
  };
}
