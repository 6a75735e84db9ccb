// xoshiro128++ in SIMD: fills rows of 16 random words from a shard's 16 streams. Same words as xoshiro.ts.
//
// All 16 vectors of state are kept in one loop. That is more than there are 128-bit registers, and costs 10 % where V8
// does not pair vectors; where it does (Node 24) they fit, and the pass takes a third (docs/performance.md).

import { LANES } from './layout.js';
import { advance, untilEnd } from './snippets.js';
import { get, i32, i32x4, set, v128, type Code } from './wasm/instructions.js';
import type { Locals, ModuleBuilder } from './wasm/module.js';

const ROW = LANES * 4;

/** Function (generator, out, rows): writes `rows` rows of 16 words at `out`, advances the state at `generator`. */
export function addFillWords(module: ModuleBuilder, exportName?: string): number {
  return module.add({ parameters: ['i32', 'i32', 'i32'], results: [] }, fillWords, exportName);
}

function fillWords(locals: Locals): Code {
  const groups = [0, 1, 2, 3];
  const [generator, out, rows] = [0, 1, 2];
  const pointer = locals.add('i32');
  const end = locals.add('i32');
  const states = groups.map(() => Array.from({ length: 4 }, () => locals.add('v128')));
  const sums = groups.map(() => locals.add('v128'));
  const each = (write: (state: number[], index: number) => Code): Code => states.map(write);
  const eachWord = (write: (local: number, offset: number) => Code): Code =>
    [0, 1, 2, 3].map((word) => states.map((state, i) => write(state[word], word * ROW + groups[i] * 16)));
  const rotated = (local: number, count: number): Code =>
    v128.or(
      i32x4.shiftLeft(get(local), i32.constant(count)),
      i32x4.shiftRightLogical(get(local), i32.constant(32 - count)),
    );
  return [
    set(pointer, get(out)),
    set(end, i32.add(get(out), i32.multiply(get(rows), i32.constant(ROW)))),
    eachWord((local, offset) => set(local, v128.load(get(generator), offset))),
    untilEnd(pointer, end, [
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
      sums.map((local) => set(local, v128.zero)),
      advance(pointer, ROW),
    ]),
    eachWord((local, offset) => v128.store(get(generator), get(local), offset)),
  ];
}
