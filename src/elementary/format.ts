// The numbers that describe the two binary formats: widths, bit patterns and the magic numbers that turn a
// float into an integer and back by addition. It is not a place for coefficients of any function; those stand
// beside the function.

import type { Precision } from './operations.js';

/** A bit pattern: a number for f32, where that is faster at once, a bigint for f64. */
export type IntegerLiteral = number | bigint;

export interface Format {
  /** Bits of the stored mantissa, that is, the position of the exponent's lowest bit. */
  readonly mantissaBits: number;
  /** Position of the sign bit. */
  readonly signBit: number;
  /**
   * 1.5 * 2^mantissaBits. Adding it to |t| <= 2^(mantissaBits - 1) rounds t to the nearest integer n, ties to
   * even; the low bits of the sum are those of n in two's complement. It costs one addition, where a
   * conversion costs six.
   */
  readonly roundingMagic: number;
  readonly signMask: IntegerLiteral;
  readonly oneBits: IntegerLiteral;
  /** The bits of 0.5, 0.25: with n << mantissaBits added, those of 2^(n-1), 2^(n-2). */
  readonly halfBits: IntegerLiteral;
  readonly quarterBits: IntegerLiteral;
  /** Bits of sqrt(0.5), rounded. */
  readonly sqrtHalfBits: IntegerLiteral;
  /** The bit that makes a float 2 when it is the only one set. */
  readonly twoBits: IntegerLiteral;
  readonly mantissaMask: IntegerLiteral;
  /** Clears the lower half of the mantissa: products of two such numbers are exact. */
  readonly upperHalfMask: IntegerLiteral;
  readonly smallestNormal: number;
  readonly smallest: number;
}

export const FORMATS: Readonly<Record<Precision, Format>> = {
  f32: {
    mantissaBits: 23,
    signBit: 31,
    roundingMagic: 1.5 * 2 ** 23,
    signMask: 0x80000000,
    oneBits: 0x3f800000,
    halfBits: 0x3f000000,
    quarterBits: 0x3e800000,
    sqrtHalfBits: 0x3f3504f3,
    twoBits: 0x40000000,
    mantissaMask: 0x007fffff,
    upperHalfMask: 0xfffff000,
    smallestNormal: 2 ** -126,
    smallest: 2 ** -149,
  },
  f64: {
    mantissaBits: 52,
    signBit: 63,
    roundingMagic: 1.5 * 2 ** 52,
    signMask: 0x8000000000000000n,
    oneBits: 0x3ff0000000000000n,
    halfBits: 0x3fe0000000000000n,
    quarterBits: 0x3fd0000000000000n,
    sqrtHalfBits: 0x3fe6a09e667f3bcdn,
    twoBits: 0x4000000000000000n,
    mantissaMask: 0x000fffffffffffffn,
    upperHalfMask: 0xfffffffff8000000n,
    smallestNormal: 2 ** -1022,
    smallest: 2 ** -1074,
  },
};
