// xoshiro128++ in SIMD: fills rows of 16 random words from a shard's 16 streams, two vectors of lanes at a time, because
// all 16 state words at once do not fit the registers. Same words as xoshiro.ts.

import { LANES } from './layout.js';
import { branch, branchIf, block, get, i32, i32x4, loop, set, v128, type Code } from './wasm/instructions.js';
import type { Locals, ModuleBuilder } from './wasm/module.js';

const ROW = LANES * 4;

/** Function (generator, out, rows): writes `rows` rows of 16 words at `out`, advances the state at `generator`. */
export function addFillWords(module: ModuleBuilder, exportName?: string): number {
  return module.add(
    { parameters: ['i32', 'i32', 'i32'], results: [] },
    (locals) => [0, 1].map((half) => fillHalf(locals, half)),
    exportName,
  );
}

function fillHalf(locals: Locals, half: number): Code {
  const [generator, out, rows] = [0, 1, 2];
  const pointer = locals.add('i32');
  const end = locals.add('i32');
  const groups = [2 * half, 2 * half + 1];
  const states = groups.map(() => Array.from({ length: 4 }, () => locals.add('v128')));
  const sums = groups.map(() => locals.add('v128'));
  const each = (write: (state: number[], index: number) => Code): Code => states.map(write);
  const rotated = (local: number, count: number): Code =>
    v128.or(
      i32x4.shiftLeft(get(local), i32.constant(count)),
      i32x4.shiftRightLogical(get(local), i32.constant(32 - count)),
    );
  return [
    set(pointer, get(out)),
    set(end, i32.add(get(out), i32.multiply(get(rows), i32.constant(ROW)))),
    each((state, index) => state.map((local, word) => set(local, v128.load(get(generator), word * ROW + groups[index] * 16)))),
    block(
      loop(
        branchIf(1, i32.greaterOrEqual(get(pointer), get(end))),
        each(([s0, , , s3], i) => set(sums[i], i32x4.add(get(s0), get(s3)))),
        each(([s0], i) => set(sums[i], i32x4.add(rotated(sums[i], 7), get(s0)))),
        each((_, i) => v128.store(get(pointer), get(sums[i]), groups[i] * 16)),
        each(([s0, , s2]) => set(s2, v128.xor(get(s2), get(s0)))),
        each(([, s1, , s3]) => set(s3, v128.xor(get(s3), get(s1)))),
        each(([, s1], i) => set(sums[i], i32x4.shiftLeft(get(s1), i32.constant(9)))),
        each(([, s1, s2]) => set(s1, v128.xor(get(s1), get(s2)))),
        each(([s0, , , s3]) => set(s0, v128.xor(get(s0), get(s3)))),
        each(([, , s2], i) => set(s2, v128.xor(get(s2), get(sums[i])))),
        each(([, , , s3]) => set(s3, rotated(s3, 11))),
        each((_, i) => set(sums[i], v128.zero)),
        set(pointer, i32.add(get(pointer), i32.constant(ROW))),
        branch(0),
      ),
    ),
    each((state, index) =>
      state.map((local, word) => v128.store(get(generator), get(local), word * ROW + groups[index] * 16)),
    ),
  ];
}
