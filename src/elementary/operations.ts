// The arithmetic that every number on the result path is made of, as one interface.
//
// It is: IEEE add, sub, mul, div, sqrt, roundings to integer, comparisons, select, and integer operations on the bit
// pattern. These are the operations that WebAssembly SIMD and JavaScript both give with the same bits on every
// machine. It is not a place for exp, log or sin: those are built on top of it, in this folder, once, and are then the
// same bits wherever they run: recorded into the kernel IR (kernel/ir.ts) or computed at once (immediate.ts).
//
// NaN: the value NaN is meant, never a particular NaN bit pattern. No function may depend on the bits of a NaN.

/** Width of a floating point number. */
export type Precision = 'f32' | 'f64';

/**
 * Operations on numbers of one precision. `F` is a floating point value, `I` an integer of the same width (32-bit for
 * f32, 64-bit for f64, wrapping two's complement), `M` the truth value of a comparison (a lane mask in SIMD).
 */
export interface Operations<F, I, M> {
  readonly precision: Precision;

  /** A literal, rounded to the precision. */
  constant(value: number): F;
  /** An integer literal. For f64 all 64 bits count, hence bigint is allowed. */
  integer(value: number | bigint): I;

  add(a: F, b: F): F;
  subtract(a: F, b: F): F;
  multiply(a: F, b: F): F;
  divide(a: F, b: F): F;
  squareRoot(a: F): F;
  /** Flips the sign bit. */
  negate(a: F): F;
  /** Clears the sign bit. */
  absolute(a: F): F;
  floor(a: F): F;
  /** Round to the nearest integer, ties to even. */
  nearest(a: F): F;
  /** `b < a ? b : a` (WebAssembly pmin: where either is NaN, a). */
  minimum(a: F, b: F): F;
  /** `a < b ? b : a` (WebAssembly pmax: where either is NaN, a). */
  maximum(a: F, b: F): F;

  less(a: F, b: F): M;
  lessOrEqual(a: F, b: F): M;
  equal(a: F, b: F): M;
  and(a: M, b: M): M;
  or(a: M, b: M): M;
  not(a: M): M;
  /** `condition ? a : b`, without branching: both are computed. */
  select(condition: M, a: F, b: F): F;

  /** The bit pattern of a float. */
  bits(a: F): I;
  /** The float of a bit pattern. */
  fromBits(a: I): F;
  integerAdd(a: I, b: I): I;
  integerSubtract(a: I, b: I): I;
  integerAnd(a: I, b: I): I;
  integerOr(a: I, b: I): I;
  integerXor(a: I, b: I): I;
  /** Shift left by a fixed count, 0 <= count < width. */
  shiftLeft(a: I, count: number): I;
  /** Shift right filling with zeros. */
  shiftRightLogical(a: I, count: number): I;
  /** Shift right copying the sign bit (costly for f64 in SIMD: six instructions). */
  shiftRightArithmetic(a: I, count: number): I;
  /** Signed integer to float, rounded to nearest. f32 only: SIMD has no such instruction for 64 bits (use a magic number). */
  toFloat(a: I): F;
}
