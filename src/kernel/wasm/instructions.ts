// WebAssembly instructions as data: each function returns the bytes of one instruction with its operands before it, so
// that code is written as nested calls and read like an expression. Only what the kernels use. It does not check types;
// the engine's validator does, when the module is compiled.
//
// Encoding: WebAssembly core specification, section 5 (binary format); the SIMD and threads opcodes from their proposals.

/** Bytes of code, nested as they were composed; `flatten` makes them one array. */
export type Code = readonly (number | Code)[];

export function flatten(code: Code, out: number[] = []): number[] {
  for (const part of code) {
    if (typeof part === 'number') out.push(part);
    else flatten(part, out);
  }
  return out;
}

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const out: number[] = [];
  do {
    const byte = value % 128;
    value = Math.floor(value / 128);
    out.push(value > 0 ? byte | 128 : byte);
  } while (value > 0);
  return out;
}

/** Signed LEB128 of a 32-bit integer. */
export function signed(value: number): number[] {
  const out: number[] = [];
  value |= 0;
  for (;;) {
    const byte = value & 127;
    value >>= 7;
    if ((value === 0 && (byte & 64) === 0) || (value === -1 && (byte & 64) !== 0)) {
      out.push(byte);
      return out;
    }
    out.push(byte | 128);
  }
}

export const valueType = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof valueType;

const EMPTY_BLOCK = 0x40;

// Control. Branch depths count enclosing blocks outwards, from 0.
export const block = (...body: Code): Code => [0x02, EMPTY_BLOCK, body, 0x0b];
export const loop = (...body: Code): Code => [0x03, EMPTY_BLOCK, body, 0x0b];
export const when = (condition: Code, then: Code, otherwise?: Code): Code =>
  otherwise
    ? [condition, 0x04, EMPTY_BLOCK, then, 0x05, otherwise, 0x0b]
    : [condition, 0x04, EMPTY_BLOCK, then, 0x0b];
export const branch = (depth: number): Code => [0x0c, unsigned(depth)];
export const branchIf = (depth: number, condition: Code): Code => [condition, 0x0d, unsigned(depth)];
export const call = (index: number, ...operands: Code): Code => [operands, 0x10, unsigned(index)];
/** Call through table 0; `entry` is the table index. */
export const callIndirect = (type: number, entry: Code, ...operands: Code): Code => [
  operands,
  entry,
  0x11,
  unsigned(type),
  0,
];
export const returnValue = (...value: Code): Code => [value, 0x0f];
export const unreachable: Code = [0x00];

/** `while (condition) body`: inside the body, branch(0) from its top level continues and branch(1) leaves. */
export const whileLoop = (condition: Code, ...body: Code): Code =>
  block(loop(branchIf(1, i32.equalZero(condition)), body, branch(0)));

export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)];
export const tee = (local: number, value: Code): Code => [value, 0x22, unsigned(local)];

type Binary = (a: Code, b: Code) => Code;
type Unary = (a: Code) => Code;
const binary =
  (...opcode: number[]): Binary =>
  (a, b) => [a, b, opcode];
const unary =
  (...opcode: number[]): Unary =>
  (a) => [a, opcode];
const memory = (opcode: number[], align: number) => ({
  load: (address: Code, offset = 0): Code => [address, opcode, align, unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, opcode, align, unsigned(offset)],
});

export const i32 = {
  constant: (value: number): Code => [0x41, signed(value)],
  load: memory([0x28], 2).load,
  load16: memory([0x2f], 1).load,
  store: memory([0x36], 2).store,
  store16: memory([0x3b], 1).store,
  equalZero: unary(0x45),
  equal: binary(0x46),
  notEqual: binary(0x47),
  lessSigned: binary(0x48),
  less: binary(0x49),
  greaterOrEqual: binary(0x4f),
  greater: binary(0x4b),
  countTrailingZeros: unary(0x68),
  add: binary(0x6a),
  subtract: binary(0x6b),
  multiply: binary(0x6c),
  divide: binary(0x6e),
  and: binary(0x71),
  or: binary(0x72),
  xor: binary(0x73),
  shiftLeft: binary(0x74),
  shiftRight: binary(0x76),
  wrap: unary(0xa7),
  select: (ifTrue: Code, ifFalse: Code, condition: Code): Code => [ifTrue, ifFalse, condition, 0x1b],
};

export const i64 = {
  constant: (value: number): Code => [0x42, signed(value)],
  load: memory([0x29], 3).load,
  store: memory([0x37], 3).store,
  equalZero: unary(0x50),
  notEqual: binary(0x52),
  countTrailingZeros: unary(0x7a),
  countOnes: unary(0x7b),
  add: binary(0x7c),
  subtract: binary(0x7d),
  and: binary(0x83),
  extendUnsigned: unary(0xad),
};

export const f32 = {
  load: memory([0x2a], 2).load,
  store: memory([0x38], 2).store,
  notEqual: binary(0x5c),
  demote: unary(0xb6),
};
export const f64 = {
  load: memory([0x2b], 3).load,
  store: memory([0x39], 3).store,
  notEqual: binary(0x62),
  constant: (value: number): Code => [0x44, ...new Uint8Array(Float64Array.of(value).buffer)],
  add: binary(0xa0),
  multiply: binary(0xa2),
  fromSigned64: unary(0xb9),
};

/** Atomic operations on shared memory (threads proposal). */
export const atomic = {
  compareExchange: (address: Code, expected: Code, replacement: Code): Code => [
    address,
    expected,
    replacement,
    0xfe,
    0x48,
    2,
    0,
  ],
  store: (address: Code, value: Code): Code => [address, value, 0xfe, 0x17, 2, 0],
  load: (address: Code): Code => [address, 0xfe, 0x10, 2, 0],
};

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
const simdBinary = (opcode: number): Binary => binary(...simd(opcode));
const simdUnary = (opcode: number): Unary => unary(...simd(opcode));

export const v128 = {
  load: memory(simd(0x00), 4).load,
  store: memory(simd(0x0b), 4).store,
  load32Splat: memory(simd(0x09), 2).load,
  load64Splat: memory(simd(0x0a), 3).load,
  load32Zero: memory(simd(0x5c), 2).load,
  load64Zero: memory(simd(0x5d), 3).load,
  /** Replaces one lane of a vector by a number from memory. */
  load32Lane: (address: Code, vector: Code, lane: number, offset: number): Code => [
    address,
    vector,
    simd(0x56),
    2,
    unsigned(offset),
    lane,
  ],
  load64Lane: (address: Code, vector: Code, lane: number, offset: number): Code => [
    address,
    vector,
    simd(0x57),
    3,
    unsigned(offset),
    lane,
  ],
  zero: [simd(0x0c), Array<number>(16).fill(0)] as Code,
  not: simdUnary(0x4d),
  and: simdBinary(0x4e),
  andNot: simdBinary(0x4f),
  or: simdBinary(0x50),
  xor: simdBinary(0x51),
  bitselect: (ifTrue: Code, ifFalse: Code, mask: Code): Code => [ifTrue, ifFalse, mask, simd(0x52)],
};

export const i8x16 = { bitmask: simdUnary(0x64), narrowSigned: simdBinary(0x65) };

export const i16x8 = { narrowSigned: simdBinary(0x85) };

export const i32x4 = {
  splat: simdUnary(0x11),
  extract: (vector: Code, lane: number): Code => [vector, simd(0x1b), lane],
  multiply: simdBinary(0xb5),
  /** Towards zero, saturating; of f64x2 into the two low lanes. */
  truncateF32: simdUnary(0xf8),
  truncateF64: simdUnary(0xfc),
  bitmask: simdUnary(0xa4),
  add: simdBinary(0xae),
  subtract: simdBinary(0xb1),
  shiftLeft: simdBinary(0xab),
  shiftRightArithmetic: simdBinary(0xac),
  shiftRightLogical: simdBinary(0xad),
};

export const i64x2 = {
  bitmask: simdUnary(0xc4),
  add: simdBinary(0xce),
  subtract: simdBinary(0xd1),
  shiftLeft: simdBinary(0xcb),
  shiftRightArithmetic: simdBinary(0xcc),
  shiftRightLogical: simdBinary(0xcd),
};

export const f32x4 = {
  equal: simdBinary(0x41),
  less: simdBinary(0x43),
  lessOrEqual: simdBinary(0x45),
  floor: simdUnary(0x68),
  nearest: simdUnary(0x6a),
  absolute: simdUnary(0xe0),
  negate: simdUnary(0xe1),
  squareRoot: simdUnary(0xe3),
  add: simdBinary(0xe4),
  subtract: simdBinary(0xe5),
  multiply: simdBinary(0xe6),
  divide: simdBinary(0xe7),
  minimum: simdBinary(0xea),
  maximum: simdBinary(0xeb),
  fromSigned: simdUnary(0xfa),
};

export const f64x2 = {
  equal: simdBinary(0x47),
  less: simdBinary(0x49),
  lessOrEqual: simdBinary(0x4b),
  floor: simdUnary(0x75),
  nearest: simdUnary(0x94),
  absolute: simdUnary(0xec),
  negate: simdUnary(0xed),
  squareRoot: simdUnary(0xef),
  add: simdBinary(0xf0),
  subtract: simdBinary(0xf1),
  multiply: simdBinary(0xf2),
  divide: simdBinary(0xf3),
  minimum: simdBinary(0xf6),
  maximum: simdBinary(0xf7),
  promoteLow: simdUnary(0x5f),
  fromUnsignedLow: simdUnary(0xff),
  splat: simdUnary(0x14),
  extract: (vector: Code, lane: 0 | 1): Code => [vector, simd(0x21), lane],
};
