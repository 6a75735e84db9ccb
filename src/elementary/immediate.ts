// Operations carried out at once on JavaScript numbers: the scalar twin of the SIMD kernel, used by the
// reference interpreters and for numbers that are computed once per node. Not fast for f64 bit tricks (they
// go through BigInt).

import type { Operations } from './operations.js';

const buffer = new ArrayBuffer(8);
const float32 = new Float32Array(buffer);
const int32 = new Int32Array(buffer);
const float64 = new Float64Array(buffer);
const int64 = new BigInt64Array(buffer);

/** Round to the nearest integer, ties to even. Exact for every double. */
export function nearestEven(a: number): number {
  if (!(Math.abs(a) < 4503599627370496)) return a;
  const floor = Math.floor(a);
  const rest = a - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  const rounded = up ? floor + 1 : floor;
  // Keeps the sign of zero, as the SIMD instruction does.
  return rounded === 0 && (a < 0 || Object.is(a, -0)) ? -0 : rounded;
}

const shared = {
  negate: (a: number) => -a,
  absolute: (a: number) => Math.abs(a),
  floor: (a: number) => Math.floor(a),
  nearest: nearestEven,
  minimum: (a: number, b: number) => (b < a ? b : a),
  maximum: (a: number, b: number) => (a < b ? b : a),
  less: (a: number, b: number) => a < b,
  lessOrEqual: (a: number, b: number) => a <= b,
  equal: (a: number, b: number) => a === b,
  and: (a: boolean, b: boolean) => a && b,
  or: (a: boolean, b: boolean) => a || b,
  not: (a: boolean) => !a,
  select: (condition: boolean, a: number, b: number) => (condition ? a : b),
};

/** Operations on f32 numbers, held in JavaScript numbers that are always exactly representable in f32. */
export const immediateF32: Operations<number, number, boolean> = {
  ...shared,
  precision: 'f32',
  constant: Math.fround,
  integer: (value) => (typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value))),
  // A sum, product, quotient or root of two f32 computed in f64 and rounded to f32 is the correctly rounded
  // f32 result.
  add: (a, b) => Math.fround(a + b),
  subtract: (a, b) => Math.fround(a - b),
  multiply: (a, b) => Math.fround(a * b),
  divide: (a, b) => Math.fround(a / b),
  squareRoot: (a) => Math.fround(Math.sqrt(a)),
  bits: (a) => {
    float32[0] = a;
    return int32[0];
  },
  fromBits: (a) => {
    int32[0] = a;
    return float32[0];
  },
  integerAdd: (a, b) => (a + b) | 0,
  integerSubtract: (a, b) => (a - b) | 0,
  integerAnd: (a, b) => a & b,
  integerOr: (a, b) => a | b,
  integerXor: (a, b) => a ^ b,
  shiftLeft: (a, count) => a << count,
  shiftRightLogical: (a, count) => (a >>> count) | 0,
  shiftRightArithmetic: (a, count) => a >> count,
  toFloat: Math.fround,
};

/** Operations on f64 numbers. */
export const immediateF64: Operations<number, bigint, boolean> = {
  ...shared,
  precision: 'f64',
  constant: (value) => value,
  integer: (value) => BigInt.asIntN(64, typeof value === 'bigint' ? value : BigInt(value)),
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  squareRoot: (a) => Math.sqrt(a),
  bits: (a) => {
    float64[0] = a;
    return int64[0];
  },
  fromBits: (a) => {
    int64[0] = a;
    return float64[0];
  },
  integerAdd: (a, b) => BigInt.asIntN(64, a + b),
  integerSubtract: (a, b) => BigInt.asIntN(64, a - b),
  integerAnd: (a, b) => a & b,
  integerOr: (a, b) => a | b,
  integerXor: (a, b) => a ^ b,
  shiftLeft: (a, count) => BigInt.asIntN(64, a << BigInt(count)),
  shiftRightLogical: (a, count) => BigInt.asIntN(64, BigInt.asUintN(64, a) >> BigInt(count)),
  shiftRightArithmetic: (a, count) => a >> BigInt(count),
  toFloat: () => {
    throw new TypeError('toFloat is defined for f32 only');
  },
};
