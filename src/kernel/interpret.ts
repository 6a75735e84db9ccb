// Runs an IR program for one lane with plain JavaScript arithmetic: the oracle that the SIMD code is held to.
// Values are kept as bit patterns where a program treats them as integers, so that reinterpretation costs nothing.

import { immediateF32, immediateF64, type Operations } from '../elementary/mod.js';
import type { Instruction, Program } from './ir.js';

/** Where a program's inputs and uniforms come from. Integer inputs are bit patterns. */
export interface LaneEnvironment {
  input(name: string): number;
  /** Bit pattern of an integer input (32 bits for f32 programs). */
  integerInput?(name: string): number | bigint;
  uniform(bank: string, slot: number): number;
}

/** A value as a float and, where it was made by an integer operation, as bits. Masks are booleans. */
type Cell<I> = { float?: number; bits?: I; mask?: boolean };

/** Outputs of the program for one lane: numbers for floats (and integers read as floats), booleans for masks. */
export function interpret(program: Program, environment: LaneEnvironment): Record<string, number | boolean> {
  return program.precision === 'f32'
    ? run(program, environment, immediateF32)
    : run(program, environment, immediateF64);
}

function run<I extends number | bigint>(
  program: Program,
  environment: LaneEnvironment,
  ops: Operations<number, I, boolean>,
): Record<string, number | boolean> {
  const cells: Cell<I>[] = [];
  const float = (index: number): number => {
    const cell = cells[index];
    cell.float ??= ops.fromBits(cell.bits as I);
    return cell.float;
  };
  const bits = (index: number): I => {
    const cell = cells[index];
    cell.bits ??= ops.bits(cell.float as number);
    return cell.bits;
  };
  const mask = (index: number): boolean => cells[index].mask as boolean;

  const execute = ({ opcode, operands, immediate, name }: Instruction): Cell<I> => {
    const [a, b, c] = operands;
    switch (opcode) {
      case 'input':
        return name.startsWith('word')
          ? { bits: ops.integer(environment.integerInput?.(name) ?? 0) }
          : { float: environment.input(name) };
      case 'uniform':
        return { float: ops.constant(environment.uniform(name, immediate)) };
      case 'literal':
        return { bits: ops.integer(program.literals[immediate]) };
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide':
      case 'minimum':
      case 'maximum':
        return { float: ops[opcode](float(a), float(b)) };
      case 'squareRoot':
      case 'negate':
      case 'absolute':
      case 'floor':
      case 'nearest':
        return { float: ops[opcode](float(a)) };
      case 'less':
      case 'lessOrEqual':
      case 'equal':
        return { mask: ops[opcode](float(a), float(b)) };
      case 'and':
      case 'or':
        return { mask: ops[opcode](mask(a), mask(b)) };
      case 'not':
        return { mask: !mask(a) };
      case 'select':
        return mask(a) ? cells[b] : cells[c];
      case 'integerAdd':
      case 'integerSubtract':
      case 'integerAnd':
      case 'integerOr':
      case 'integerXor':
        return { bits: ops[opcode](bits(a), bits(b)) };
      case 'shiftLeft':
      case 'shiftRightLogical':
      case 'shiftRightArithmetic':
        return { bits: ops[opcode](bits(a), immediate) };
      case 'toFloat':
        return { float: ops.toFloat(bits(a)) };
      default:
        return opcode satisfies never;
    }
  };
  for (const instruction of program.instructions) cells.push(execute(instruction));
  return Object.fromEntries(
    Object.entries(program.outputs).map(([key, index]) => [key, cells[index].mask ?? float(index)]),
  );
}
