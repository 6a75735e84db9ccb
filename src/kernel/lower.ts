// IR program → WebAssembly SIMD. Several groups of lanes are interleaved, operation by operation, so that the latency
// of one group's chain is filled by the others' and each constant is loaded once for all of them (measured: docs/performance.md).
// Registers are assigned by last use. No loops or addresses of its own: the caller says how inputs are loaded and
// outputs stored.

import type { Instruction, Program } from './ir.js';
import { f32x4, f64x2, get, i32, i32x4, i64x2, set, v128, type Code } from './wasm/instructions.js';
import type { Locals } from './wasm/module.js';

/** Addresses of literal constants in memory, shared by all programs of a module. */
export class LiteralPool {
  readonly #offsets = new Map<string, number>();
  readonly #bytes: bigint[] = [];

  constructor(readonly address: number) {}

  /** Absolute address of the literal; every literal has an 8-byte cell. */
  addressOf(bits: bigint): number {
    const key = bits.toString();
    let offset = this.#offsets.get(key);
    if (offset === undefined) {
      offset = 8 * (this.#bytes.push(bits) - 1);
      this.#offsets.set(key, offset);
    }
    return this.address + offset;
  }

  get byteLength(): number {
    return 8 * this.#bytes.length;
  }

  /** Writes the literals into memory. */
  write(memory: ArrayBufferLike): void {
    const view = new DataView(memory);
    this.#bytes.forEach((bits, index) => {
      view.setBigUint64(this.address + 8 * index, bits, true);
    });
  }
}

export interface LoweringContext {
  readonly locals: Locals;
  readonly literals: LiteralPool;
  /** How many vectors are computed side by side. */
  readonly groups: number;
  /** Code that leaves the input's vector of one group on the stack. */
  readonly input: (name: string, group: number) => Code;
  /** Address of a bank: code of the base pointer, and the byte offset of slot 0. */
  readonly bank: (name: string) => { base: Code; offset: number };
  /**
   * Code that takes an output's vector of one group (a store, or a local.set). It may overwrite an input that the output
   * was computed from, but no other that is an output as it stands.
   */
  readonly output: (name: string, group: number, value: Code) => Code;
}

/** How many values are alive at once at the most: decides how many groups can be interleaved. */
export function pressure(program: Program): number {
  const last = lastUses(program);
  let alive = 0;
  let most = 0;
  program.instructions.forEach((instruction, index) => {
    if (isConstant(instruction)) return;
    alive++;
    most = Math.max(most, alive);
    for (const operand of new Set(instruction.operands)) {
      if (!isConstant(program.instructions[operand]) && last[operand] === index) alive--;
    }
    if (last[index] === index) alive--;
  });
  return most;
}

/** SIMD code of the program. */
export function lower(program: Program, context: LoweringContext): Code {
  const { groups, locals } = context;
  const vector = program.precision === 'f32' ? f32x4 : f64x2;
  const integer = program.precision === 'f32' ? i32x4 : i64x2;
  const size = program.precision === 'f32' ? 4 : 8;
  const last = lastUses(program);
  const outputsOf = new Map<number, string[]>();
  for (const [name, index] of Object.entries(program.outputs)) {
    outputsOf.set(index, [...(outputsOf.get(index) ?? []), name]);
  }

  const code: Code[] = [];
  const free: number[] = [];
  const used: number[] = [];
  const freeConstants: number[] = [];
  const take = (pool: number[]): number => {
    const local = pool.pop();
    if (local !== undefined) return local;
    const added = locals.add('v128');
    used.push(added);
    return added;
  };
  /** Locals of each live value, one a group. */
  const registers = new Map<number, number[]>();

  const constantCode = (instruction: Instruction): Code => {
    const load = size === 4 ? v128.load32Splat : v128.load64Splat;
    if (instruction.opcode === 'literal') {
      return load(i32.constant(0), context.literals.addressOf(program.literals[instruction.immediate]));
    }
    const { base, offset } = context.bank(instruction.name);
    return load(base, offset + size * instruction.immediate);
  };

  const operation = ({ opcode, immediate }: Instruction, operands: Code[]): Code => {
    const [a, b, c] = operands;
    switch (opcode) {
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide':
      case 'minimum':
      case 'maximum':
      case 'less':
      case 'lessOrEqual':
      case 'equal':
        return vector[opcode](a, b);
      case 'squareRoot':
      case 'negate':
      case 'absolute':
      case 'floor':
      case 'nearest':
        return vector[opcode](a);
      case 'and':
      case 'integerAnd':
        return v128.and(a, b);
      case 'or':
      case 'integerOr':
        return v128.or(a, b);
      case 'integerXor':
        return v128.xor(a, b);
      case 'not':
        return v128.not(a);
      case 'select':
        return v128.bitselect(b, c, a);
      case 'integerAdd':
        return integer.add(a, b);
      case 'integerSubtract':
        return integer.subtract(a, b);
      case 'shiftLeft':
      case 'shiftRightLogical':
      case 'shiftRightArithmetic':
        return integer[opcode](a, i32.constant(immediate));
      case 'toFloat':
        return f32x4.fromSigned(a);
      case 'input':
      case 'uniform':
      case 'literal':
        throw new Error(`${opcode} is not an operation`);
      default:
        return opcode satisfies never;
    }
  };

  program.instructions.forEach((instruction, index) => {
    const constant = isConstant(instruction);
    const outputs = outputsOf.get(index) ?? [];
    if (constant && outputs.length === 0) return; // loaded where it is used
    if (instruction.opcode === 'input' && last[index] === index) return; // only an output: see below
    const constants = new Map<number, number>();
    for (const operand of instruction.operands) {
      const definition = program.instructions[operand];
      if (!isConstant(definition) || constants.has(operand)) continue;
      const local = take(freeConstants);
      constants.set(operand, local);
      code.push(set(local, constantCode(definition)));
    }
    const read = (operand: number, group: number): Code =>
      get(constants.get(operand) ?? (registers.get(operand) as number[])[group]);
    // Operands that die here give their registers to the result: a group reads before it writes.
    for (const operand of new Set(instruction.operands)) {
      if (!constants.has(operand) && last[operand] === index)
        free.push(...(registers.get(operand) as number[]));
    }
    const dying = instruction.operands.map((operand) => registers.get(operand));
    const result = Array.from({ length: groups }, () => -1);
    for (let group = 0; group < groups; group++)
      result[group] = takeFor(group, dying, free, () => take(free));
    for (let group = 0; group < groups; group++) {
      const value: Code =
        instruction.opcode === 'input'
          ? context.input(instruction.name, group)
          : constant
            ? constantCode(instruction)
            : operation(
                instruction,
                instruction.operands.map((operand) => read(operand, group)),
              );
      code.push(set(result[group], value));
    }
    for (const name of instruction.opcode === 'input' ? [] : outputs) {
      for (let group = 0; group < groups; group++) code.push(context.output(name, group, get(result[group])));
    }
    freeConstants.push(...constants.values());
    if (last[index] <= index) free.push(...result);
    else registers.set(index, result);
  });
  // An input that is an output as it stands is copied last: it may overwrite another input (leimkuhler-matthews keeps the
  // Gaussians of this step in place of the last step's).
  program.instructions.forEach((instruction, index) => {
    if (instruction.opcode !== 'input') return;
    for (const name of outputsOf.get(index) ?? []) {
      for (let group = 0; group < groups; group++) {
        code.push(context.output(name, group, context.input(instruction.name, group)));
      }
    }
  });
  // Cleared, so that in a loop they do not look like values carried to the next round (docs/performance.md).
  for (const local of used) code.push(set(local, v128.zero));
  return code;
}

/**
 * A register for the result of `group` that no later group still has to read: its own dying operand's, else a free one
 * that is not a dying operand of another group.
 */
function takeFor(
  group: number,
  dying: readonly (number[] | undefined)[],
  free: number[],
  takeAny: () => number,
): number {
  const blocked = new Set<number>();
  for (const operand of dying) {
    operand?.forEach((local, other) => {
      if (other !== group) blocked.add(local);
    });
  }
  for (let position = free.length - 1; position >= 0; position--) {
    if (blocked.has(free[position])) continue;
    return free.splice(position, 1)[0];
  }
  const parked = free.splice(0);
  const local = takeAny();
  free.push(...parked);
  return local;
}

function isConstant(instruction: Instruction): boolean {
  return instruction.opcode === 'literal' || instruction.opcode === 'uniform';
}

/** Index of the last instruction that reads each value; its own index where none does. */
function lastUses(program: Program): number[] {
  const last = program.instructions.map((_, index) => index);
  program.instructions.forEach((instruction, index) => {
    for (const operand of instruction.operands) last[operand] = index;
  });
  return last;
}
