// Pieces of WebAssembly code that several files of this folder use.

import { LANES } from './layout.js';
import type { KernelPlan } from './plan.js';
import { block, branch, branchIf, f32, f64, get, i32, loop, set, type Code } from './wasm/instructions.js';
import type { Locals } from './wasm/module.js';

/** An i32 constant. */
export const c = i32.constant;

/** Adds a constant. */
export const plus = (a: Code, b: number): Code => i32.add(a, c(b));

/** `pointer += bytes`. */
export const advance = (pointer: number, bytes: number): Code =>
  bytes === 0 ? [] : set(pointer, plus(get(pointer), bytes));

/** `while (pointer < end) body`. */
export const untilEnd = (pointer: number, end: number, body: Code): Code =>
  block(loop(branchIf(1, i32.greaterOrEqual(get(pointer), get(end))), body, branch(0)));

/** New i32 locals. */
export function locals32(locals: Locals, count: number): number[] {
  return Array.from({ length: count }, () => locals.add('i32'));
}

/** Bytes of a number, from one field of a particle to the next, and from block to block. */
export function slotStrides(plan: KernelPlan): { size: number; row: number; block: number } {
  const size = plan.precision === 'f32' ? 4 : 8;
  return { size, row: LANES * size, block: LANES * size * plan.fields };
}

/** Copies one field between addresses, as bits. */
export function copyField(size: number, to: Code, toOffset: number, from: Code, fromOffset: number): Code {
  return size === 4
    ? f32.store(to, f32.load(from, fromOffset), toOffset)
    : f64.store(to, f64.load(from, fromOffset), toOffset);
}

/** Whether the number at an address is NaN. */
export function isNotNumber(size: number, address: Code): Code {
  return size === 4
    ? f32.notEqual(f32.load(address), f32.load(address))
    : f64.notEqual(f64.load(address), f64.load(address));
}
