// Runs programs and small modules as WebAssembly, for the tests of this folder. No tests here.

import { setFlagsFromString } from 'node:v8';
import { expect, vi } from 'vitest';
import { interpret, type Program } from '../../src/kernel/mod.js';
import { LiteralPool, lower } from '../../src/kernel/lower.js';
import { branch, branchIf, block, get, i32, loop, set, v128 } from '../../src/kernel/wasm/instructions.js';
import { ModuleBuilder } from '../../src/kernel/wasm/module.js';

// Kernels run as optimised code in earnest, and here.
setFlagsFromString('--no-liftoff');
setFlagsFromString('--no-wasm-lazy-compilation');

// Most tests take milliseconds, property tests a second or two; on a busy machine ten times that is no failure.
vi.setConfig({ testTimeout: 60_000 });

/** One value per lane: floats, or (for inputs `word…`) bit patterns. All columns of a run are equally long. */
export type Columns = Readonly<Record<string, readonly number[] | readonly bigint[]>>;
export type Banks = Readonly<Record<string, readonly number[]>>;

export interface Outputs {
  readonly floats: Readonly<Record<string, Float32Array | Float64Array>>;
  readonly bits: Readonly<Record<string, Int32Array | BigInt64Array>>;
}

const PAGE = 65_536;
const LITERALS = 1024;
const BANKS = 4 * PAGE;
const COLUMNS = 8 * PAGE;

export interface Instance {
  readonly memory: WebAssembly.Memory;
  readonly functions: Readonly<Record<string, (...values: number[]) => number>>;
}

/** Compiles a module that imports a memory of so many pages. */
export function instantiate(module: ModuleBuilder, pages: number): Instance {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const compiled = new WebAssembly.Module(module.toBytes());
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { memory, functions: exports as Instance['functions'] };
}

/** Runs a program over columns of lanes, so many vectors side by side. */
export function runCompiled(program: Program, columns: Columns, banks: Banks, groups: number): Outputs {
  const single = program.precision === 'f32';
  const size = single ? 4 : 8;
  const names = Object.keys(columns);
  const count = Object.values(columns)[0]?.length ?? 1;
  const rows = Math.ceil(count / ((16 / size) * groups));
  // Not a power of two, so that columns do not alias.
  const bytes = rows * 16 * groups + 64;
  const outputs = Object.keys(program.outputs);
  const address = (column: number): number => COLUMNS + column * bytes;
  const pages = Math.ceil(address(names.length + outputs.length) / PAGE) + 1;
  const bankNames = Object.keys(banks);

  const module = new ModuleBuilder(pages);
  const literals = new LiteralPool(LITERALS);
  module.add(
    { parameters: [], results: [] },
    (locals) => {
      const at = locals.add('i32');
      return block(
        loop(
          branchIf(1, i32.greaterOrEqual(get(at), i32.constant(rows * 16 * groups))),
          lower(program, {
            locals,
            literals,
            groups,
            input: (name, group) => v128.load(get(at), address(names.indexOf(name)) + 16 * group),
            bank: (name) => ({ base: i32.constant(BANKS), offset: bankNames.indexOf(name) * 8192 }),
            output: (name, group, value) =>
              v128.store(get(at), value, address(names.length + outputs.indexOf(name)) + 16 * group),
          }),
          set(at, i32.add(get(at), i32.constant(16 * groups))),
          branch(0),
        ),
      );
    },
    'run',
  );
  const { memory, functions } = instantiate(module, pages);
  literals.write(memory.buffer);
  const { buffer } = memory;
  const floats = (start: number, length: number): Float32Array | Float64Array =>
    single ? new Float32Array(buffer, start, length) : new Float64Array(buffer, start, length);
  const integers = (start: number, length: number): Int32Array | BigInt64Array =>
    single ? new Int32Array(buffer, start, length) : new BigInt64Array(buffer, start, length);
  bankNames.forEach((name, index) => floats(BANKS + index * 8192, banks[name].length).set(banks[name]));
  names.forEach((name, index) => {
    const values = columns[name];
    if (!name.startsWith('word')) floats(address(index), count).set(values as number[]);
    else if (single) (integers(address(index), count) as Int32Array).set(values as number[]);
    else (integers(address(index), count) as BigInt64Array).set(values as bigint[]);
  });
  functions['run']();
  const column = <T>(view: (start: number, length: number) => T): Record<string, T> =>
    Object.fromEntries(outputs.map((name, index) => [name, view(address(names.length + index), count)]));
  return { floats: column(floats), bits: column(integers) };
}

/** The same by the interpreter, lane by lane. */
export function runInterpreted(program: Program, columns: Columns, banks: Banks) {
  const count = Object.values(columns)[0]?.length ?? 1;
  return Array.from({ length: count }, (_, lane) =>
    interpret(program, {
      input: (name) => columns[name][lane] as number,
      integerInput: (name) => columns[name][lane],
      uniform: (bank, slot) => banks[bank][slot],
    }),
  );
}

/** Compiled code gives the interpreter's bits (NaN counts as NaN), however many vectors run side by side. */
export function expectSameBits(
  program: Program,
  columns: Columns,
  banks: Banks = {},
  interleavings: readonly number[] = [1, 2, 4],
): void {
  const expected = runInterpreted(program, columns, banks);
  for (const groups of interleavings) {
    const { floats, bits } = runCompiled(program, columns, banks, groups);
    expected.forEach((outputs, lane) => {
      for (const [name, value] of Object.entries(outputs)) {
        const same =
          typeof value === 'boolean'
            ? Number(bits[name][lane]) === (value ? -1 : 0)
            : Object.is(floats[name][lane], value);
        if (same) continue;
        const inputs = Object.entries(columns).map(([column, values]) => `${column} = ${values[lane]}`);
        expect.fail(
          `${name} is ${floats[name][lane]} (bits ${bits[name][lane]}), not ${value}: ` +
            `lane ${lane}, ${groups} groups, ${inputs.join(', ')}`,
        );
      }
    });
  }
}

/** Numbers that deserve a look, in every test. */
export function specialNumbers(precision: 'f32' | 'f64'): number[] {
  const [tiny, smallest, largest, step] =
    precision === 'f32'
      ? [2 ** -126, 2 ** -149, (2 - 2 ** -23) * 2 ** 127, 2 ** -23]
      : [2 ** -1022, 2 ** -1074, Number.MAX_VALUE, 2 ** -52];
  const positive = [
    ...[0, smallest, 3 * smallest, tiny - smallest, tiny, 1.5 * tiny, largest, largest / 2, Infinity],
    ...[1e-30, 1e-10, 1e-5, 1e-3, 0.1, 0.25, 0.3, 0.5, 0.7, 1 - step / 2, 1, 1 + step, 1.5, 2, 2.5, 3, 3.5],
    ...[
      Math.LN2,
      Math.PI / 4,
      Math.PI / 2,
      Math.PI,
      2 * Math.PI,
      10,
      16,
      20,
      40,
      87,
      88.7,
      88.8,
      89,
      100,
      103.9,
      104,
    ],
    ...[
      127,
      128,
      129,
      149,
      150,
      151,
      700,
      709.7,
      709.8,
      745,
      746,
      1e3,
      2 ** 22,
      2 ** 23,
      2 ** 24,
      2 ** 31,
      2 ** 32,
    ],
    ...[
      1e10,
      2 ** 51,
      2 ** 52,
      2 ** 53,
      2 ** 62,
      2 ** 63,
      2 ** 64,
      1e30,
      1e38,
      precision === 'f32' ? 1e38 : 1e300,
    ],
  ];
  const round = precision === 'f32' ? Math.fround : (x: number): number => x;
  return [...positive.flatMap((x) => [round(x), -round(x)]), NaN];
}

/** A small generator for test inputs (xorshift32); never the one under test. */
export function testRandom(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Any bit patterns as numbers, NaN included. */
export function randomPatterns(precision: 'f32' | 'f64', count: number, seed: number): number[] {
  const next = testRandom(seed);
  const words = Uint32Array.from({ length: 2 * count }, next);
  return Array.from(
    precision === 'f32' ? new Float32Array(words.buffer, 0, count) : new Float64Array(words.buffer),
  );
}

/** Numbers spread evenly over [-bound, bound]. */
export function randomNumbers(
  precision: 'f32' | 'f64',
  count: number,
  bound: number,
  seed: number,
): number[] {
  const next = testRandom(seed);
  const round = precision === 'f32' ? Math.fround : (x: number): number => x;
  return Array.from({ length: count }, () => round((next() / 2 ** 31 - 1) * bound));
}
