// Two shapes of code that every pass uses.

import { block, branch, branchIf, get, i32, loop, set, type Code } from './wasm/instructions.js';

/** `pointer += bytes`. */
export const advance = (pointer: number, bytes: number): Code =>
  bytes === 0 ? [] : set(pointer, i32.add(get(pointer), i32.constant(bytes)));

/** `while (pointer < end) body`. */
export const untilEnd = (pointer: number, end: number, body: Code): Code =>
  block(loop(branchIf(1, i32.greaterOrEqual(get(pointer), get(end))), body, branch(0)));
