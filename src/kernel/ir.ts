// The kernel's intermediate representation: straight-line programs over one vector lane, in single assignment form.
//
// A program has inputs (values that vary from particle to particle), uniforms (values that are the same for a whole
// shard, kept in memory), literals and operations; no branches, no memory. It is the single source of the arithmetic:
// lower.ts turns it into SIMD code for many lanes, interpret.ts runs it for one lane, and both give the same bits.
// Loops, counters and memory traffic are not here: control.ts writes them around programs.

import type { Operations, Precision } from '../elementary/mod.js';

export type Opcode =
  | 'input'
  | 'uniform'
  | 'literal'
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'squareRoot'
  | 'negate'
  | 'absolute'
  | 'floor'
  | 'nearest'
  | 'minimum'
  | 'maximum'
  | 'less'
  | 'lessOrEqual'
  | 'equal'
  | 'and'
  | 'or'
  | 'not'
  | 'select'
  | 'integerAdd'
  | 'integerSubtract'
  | 'integerAnd'
  | 'integerOr'
  | 'integerXor'
  | 'shiftLeft'
  | 'shiftRightLogical'
  | 'shiftRightArithmetic'
  | 'toFloat';

declare const floatBrand: unique symbol;
declare const integerBrand: unique symbol;
declare const maskBrand: unique symbol;
/** Index of an instruction; the brands keep floats, integers and masks apart while programs are written. */
export type FloatValue = number & { readonly [floatBrand]: true };
export type IntegerValue = number & { readonly [integerBrand]: true };
export type MaskValue = number & { readonly [maskBrand]: true };
export type Value = FloatValue | IntegerValue | MaskValue;

export interface Instruction {
  readonly opcode: Opcode;
  /** Instructions this one reads, all earlier. */
  readonly operands: readonly number[];
  /** Shift count; index of the literal's bits; slot of the uniform. */
  readonly immediate: number;
  /** Name of the input, or of the bank of the uniform. */
  readonly name: string;
}

export interface Program {
  readonly precision: Precision;
  readonly instructions: readonly Instruction[];
  /** Bit patterns of the literals (32 or 64 bits). */
  readonly literals: readonly bigint[];
  readonly outputs: Readonly<Record<string, number>>;
}

const words = new DataView(new ArrayBuffer(8));

/** Bit pattern of a number in the given precision. */
export function bitPattern(value: number, precision: Precision): bigint {
  if (precision === 'f32') {
    words.setFloat32(0, value);
    return BigInt(words.getUint32(0));
  }
  words.setFloat64(0, value);
  return words.getBigUint64(0);
}

/**
 * Records operations as a program. Equal operations are recorded once (common-subexpression elimination); operations
 * that no output needs are dropped by `finish`.
 */
export class ProgramBuilder implements Operations<FloatValue, IntegerValue, MaskValue> {
  readonly #instructions: Instruction[] = [];
  readonly #known = new Map<string, number>();
  readonly #literals: bigint[] = [];
  readonly #literalIndex = new Map<bigint, number>();

  constructor(readonly precision: Precision) {}

  #record(opcode: Opcode, operands: readonly number[], immediate = 0, name = ''): number {
    const key = `${opcode} ${operands.join()} ${String(immediate)} ${name}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const index = this.#instructions.push({ opcode, operands, immediate, name }) - 1;
    this.#known.set(key, index);
    return index;
  }

  #float(opcode: Opcode, ...operands: number[]): FloatValue {
    return this.#record(opcode, operands) as FloatValue;
  }

  #integer(opcode: Opcode, operands: number[], immediate = 0): IntegerValue {
    return this.#record(opcode, operands, immediate) as IntegerValue;
  }

  #mask(opcode: Opcode, ...operands: number[]): MaskValue {
    return this.#record(opcode, operands) as MaskValue;
  }

  #literal(bits: bigint): number {
    let index = this.#literalIndex.get(bits);
    if (index === undefined) {
      index = this.#literals.push(bits) - 1;
      this.#literalIndex.set(bits, index);
    }
    return this.#record('literal', [], index);
  }

  /** A value that varies from lane to lane; the name tells the surrounding code where to load it from. */
  input(name: string): FloatValue {
    return this.#record('input', [], 0, name) as FloatValue;
  }

  /** An input that is a bit pattern, such as a random word. */
  integerInput(name: string): IntegerValue {
    return this.#record('input', [], 0, name) as IntegerValue;
  }

  /** A value that is the same for all lanes: slot of a bank (node constants, edge constants). */
  uniform(bank: string, slot: number): FloatValue {
    return this.#record('uniform', [], slot, bank) as FloatValue;
  }

  constant = (value: number): FloatValue => this.#literal(bitPattern(value, this.precision)) as FloatValue;
  integer = (value: number | bigint): IntegerValue =>
    this.#literal(BigInt.asUintN(this.precision === 'f32' ? 32 : 64, BigInt(value))) as IntegerValue;
  add = (a: FloatValue, b: FloatValue): FloatValue => this.#float('add', a, b);
  subtract = (a: FloatValue, b: FloatValue): FloatValue => this.#float('subtract', a, b);
  multiply = (a: FloatValue, b: FloatValue): FloatValue => this.#float('multiply', a, b);
  divide = (a: FloatValue, b: FloatValue): FloatValue => this.#float('divide', a, b);
  squareRoot = (a: FloatValue): FloatValue => this.#float('squareRoot', a);
  negate = (a: FloatValue): FloatValue => this.#float('negate', a);
  absolute = (a: FloatValue): FloatValue => this.#float('absolute', a);
  floor = (a: FloatValue): FloatValue => this.#float('floor', a);
  nearest = (a: FloatValue): FloatValue => this.#float('nearest', a);
  minimum = (a: FloatValue, b: FloatValue): FloatValue => this.#float('minimum', a, b);
  maximum = (a: FloatValue, b: FloatValue): FloatValue => this.#float('maximum', a, b);
  less = (a: FloatValue, b: FloatValue): MaskValue => this.#mask('less', a, b);
  lessOrEqual = (a: FloatValue, b: FloatValue): MaskValue => this.#mask('lessOrEqual', a, b);
  equal = (a: FloatValue, b: FloatValue): MaskValue => this.#mask('equal', a, b);
  and = (a: MaskValue, b: MaskValue): MaskValue => this.#mask('and', a, b);
  or = (a: MaskValue, b: MaskValue): MaskValue => this.#mask('or', a, b);
  not = (a: MaskValue): MaskValue => this.#mask('not', a);
  select = (condition: MaskValue, a: FloatValue, b: FloatValue): FloatValue =>
    this.#float('select', condition, a, b);
  /** Reinterpretations cost nothing: a vector register has no type. */
  bits = (a: FloatValue): IntegerValue => a as number as IntegerValue;
  fromBits = (a: IntegerValue): FloatValue => a as number as FloatValue;
  integerAdd = (a: IntegerValue, b: IntegerValue): IntegerValue => this.#integer('integerAdd', [a, b]);
  integerSubtract = (a: IntegerValue, b: IntegerValue): IntegerValue =>
    this.#integer('integerSubtract', [a, b]);
  integerAnd = (a: IntegerValue, b: IntegerValue): IntegerValue => this.#integer('integerAnd', [a, b]);
  integerOr = (a: IntegerValue, b: IntegerValue): IntegerValue => this.#integer('integerOr', [a, b]);
  integerXor = (a: IntegerValue, b: IntegerValue): IntegerValue => this.#integer('integerXor', [a, b]);
  shiftLeft = (a: IntegerValue, count: number): IntegerValue => this.#integer('shiftLeft', [a], count);
  shiftRightLogical = (a: IntegerValue, count: number): IntegerValue =>
    this.#integer('shiftRightLogical', [a], count);
  shiftRightArithmetic = (a: IntegerValue, count: number): IntegerValue =>
    this.#integer('shiftRightArithmetic', [a], count);
  toFloat = (a: IntegerValue): FloatValue => this.#float('toFloat', a);

  /** The program of the given outputs, without the operations that none of them needs. */
  finish(outputs: Readonly<Record<string, Value>>): Program {
    const needed = new Set<number>();
    const stack: number[] = Object.values(outputs);
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      if (needed.has(index)) continue;
      needed.add(index);
      stack.push(...this.#instructions[index].operands);
    }
    const renumbered = new Map<number, number>();
    const instructions: Instruction[] = [];
    this.#instructions.forEach((instruction, index) => {
      if (!needed.has(index)) return;
      const operands = instruction.operands.map((operand) => renumbered.get(operand) as number);
      renumbered.set(index, instructions.push({ ...instruction, operands }) - 1);
    });
    return {
      precision: this.precision,
      instructions,
      literals: this.#literals,
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([key, value]) => [key, renumbered.get(value) as number]),
      ),
    };
  }
}
