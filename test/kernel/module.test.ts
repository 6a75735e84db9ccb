// The WebAssembly assembler: number encodings at their edges, and modules with many types, functions, locals, table
// entries and long bodies, as the engine reads them.

import { describe, expect, it } from 'vitest';
import {
  block,
  call,
  callIndirect,
  flatten,
  get,
  i32,
  i64,
  f64,
  set,
  signed,
  unreachable,
  unsigned,
  whileLoop,
  when,
  type Code,
} from '../../src/kernel/wasm/instructions.js';
import { Locals, ModuleBuilder } from '../../src/kernel/wasm/module.js';
import { instantiate } from './harness.js';

const none = { parameters: [], results: [] } as const;

describe('LEB128', () => {
  it('unsigned, against the examples of its definition and at the edges', () => {
    expect(unsigned(624485)).toEqual([0xe5, 0x8e, 0x26]);
    expect(unsigned(0)).toEqual([0]);
    expect(unsigned(127)).toEqual([127]);
    expect(unsigned(128)).toEqual([0x80, 1]);
    expect(unsigned(16383)).toEqual([0xff, 0x7f]);
    expect(unsigned(16384)).toEqual([0x80, 0x80, 1]);
    expect(unsigned(2 ** 31)).toEqual([0x80, 0x80, 0x80, 0x80, 8]);
    expect(unsigned(2 ** 32 - 1)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
  });

  it('signed, likewise', () => {
    expect(signed(-123456)).toEqual([0xc0, 0xbb, 0x78]);
    expect(signed(0)).toEqual([0]);
    expect(signed(-1)).toEqual([0x7f]);
    expect(signed(63)).toEqual([63]);
    expect(signed(64)).toEqual([0xc0, 0]);
    expect(signed(-64)).toEqual([0x40]);
    expect(signed(-65)).toEqual([0xbf, 0x7f]);
    expect(signed(2 ** 31 - 1)).toEqual([0xff, 0xff, 0xff, 0xff, 7]);
    expect(signed(-(2 ** 31))).toEqual([0x80, 0x80, 0x80, 0x80, 0x78]);
  });

  it('constants come back from the engine as they went in', () => {
    const values = [
      0,
      1,
      -1,
      63,
      64,
      -64,
      -65,
      127,
      128,
      8191,
      8192,
      -8192,
      -8193,
      2 ** 20,
      2 ** 27,
      -(2 ** 27),
    ];
    values.push(2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 32 - 1);
    const module = new ModuleBuilder(1);
    values.forEach((value, i) =>
      module.add({ parameters: [], results: ['i32'] }, () => i32.constant(value), `f${i}`),
    );
    const { functions } = instantiate(module, 1);
    values.forEach((value, i) => expect(functions[`f${i}`]()).toBe(value | 0));
  });
});

describe('modules', () => {
  it('locals of mixed types are numbered as they were added, more than 127 of them', () => {
    const module = new ModuleBuilder(1);
    module.add(
      { parameters: ['i32'], results: ['i32'] },
      (locals) => {
        const types = Array.from({ length: 300 }, (_, i) =>
          i % 3 === 0 ? 'i64' : i % 7 < 4 ? 'i32' : 'v128',
        );
        const added = types.map((type) => locals.add(type));
        expect(added[0]).toBe(1);
        const integers = added.filter((_, i) => types[i] === 'i32');
        return [
          integers.map((local, k) => set(local, i32.add(get(0), i32.constant(k)))),
          integers.slice(1).reduce<Code>((sum, local) => i32.add(sum, get(local)), get(integers[0])),
        ];
      },
      'sum',
    );
    const count = Array.from({ length: 300 }, (_, i) => i).filter((i) => i % 3 !== 0 && i % 7 < 4).length;
    const { functions } = instantiate(module, 1);
    expect(functions['sum'](1000)).toBe(count * 1000 + (count * (count - 1)) / 2);
  });

  it('encodes runs of locals', () => {
    const locals = new Locals({ parameters: ['i32', 'f64'], results: [] });
    expect(locals.encode()).toEqual([0]);
    expect([locals.add('i32'), locals.add('i32'), locals.add('v128'), locals.add('i32')]).toEqual([
      2, 3, 4, 5,
    ]);
    expect(locals.encode()).toEqual([3, 2, 0x7f, 1, 0x7b, 1, 0x7f]);
  });

  it('calls any of 300 functions of several types, directly and through the table', () => {
    const module = new ModuleBuilder(1);
    const unary = { parameters: ['i32'], results: ['i32'] } as const;
    module.add({ parameters: ['f64'], results: ['f64'] }, () => f64.add(get(0), get(0)), 'twice');
    const made = Array.from({ length: 300 }, (_, i) =>
      module.add(unary, () => i32.add(get(0), i32.constant(1000 * i))),
    );
    const entries = made.map((index) => module.tableEntry(index));
    expect(module.type(unary)).toBe(module.type({ parameters: ['i32'], results: ['i32'] }));
    module.add(unary, () => callIndirect(module.type(unary), get(0), i32.constant(7)), 'indirect');
    module.add({ parameters: [], results: ['i32'] }, () => call(made[299], i32.constant(5)), 'last');
    const { functions } = instantiate(module, 1);
    expect(entries.map((entry) => functions['indirect'](entry))).toEqual(made.map((_, i) => 1000 * i + 7));
    expect(functions['last']()).toBe(299_005);
    expect(functions['twice'](1.25)).toBe(2.5);
    expect(() => functions['indirect'](300)).toThrow(WebAssembly.RuntimeError);
  });

  it('a function may be declared, called and then defined; one never defined is an error', () => {
    const module = new ModuleBuilder(1);
    const later = module.declare({ parameters: [], results: ['i32'] });
    module.add({ parameters: [], results: ['i32'] }, () => call(later), 'run');
    expect(() => module.toBytes()).toThrow('never defined');
    module.define(later, new Locals({ parameters: [], results: ['i32'] }), i32.constant(-3));
    expect(instantiate(module, 1).functions['run']()).toBe(-3);
  });

  it('bodies beyond 2^14 and 2^16 bytes, offsets beyond 2^14', () => {
    const module = new ModuleBuilder(4);
    const long = Array.from({ length: 20_000 }, (_, i) => i32.store(i32.constant(0), i32.constant(i), 4 * i));
    module.add(none, () => long, 'write');
    const { functions, memory } = instantiate(module, 4);
    functions['write']();
    const words = new Int32Array(memory.buffer);
    expect([words[0], words[4095], words[4096], words[19_999]]).toEqual([0, 4095, 4096, 19_999]);
  });

  it('loops, branches and 64-bit masks do what they are used for', () => {
    const module = new ModuleBuilder(1);
    // Numbers of the set bits of a 64-bit word, as bytes from address 64 on; the count is returned.
    module.add(
      { parameters: [], results: ['i32'] },
      (locals) => {
        const mask = locals.add('i64');
        const count = locals.add('i32');
        return [
          set(mask, i64.load(i32.constant(0))),
          whileLoop(i64.notEqual(get(mask), i64.constant(0)), [
            i32.store(
              i32.multiply(get(count), i32.constant(4)),
              i32.wrap(i64.countTrailingZeros(get(mask))),
              64,
            ),
            set(mask, i64.and(get(mask), i64.subtract(get(mask), i64.constant(1)))),
            set(count, i32.add(get(count), i32.constant(1))),
          ]),
          when(i32.greater(get(count), i32.constant(64)), block(unreachable)),
          get(count),
        ];
      },
      'bits',
    );
    const { functions, memory } = instantiate(module, 1);
    const found = (value: bigint): number[] => {
      new BigUint64Array(memory.buffer)[0] = value;
      const count = functions['bits']();
      return Array.from(new Int32Array(memory.buffer, 64, count));
    };
    expect(found(0n)).toEqual([]);
    expect(found(0x8000_0000_0000_0001n)).toEqual([0, 63]);
    expect(found(0x1_8000_0010n)).toEqual([4, 31, 32]);
    expect(found(2n ** 64n - 1n)).toHaveLength(64);
  });

  it('flattens nested code in order', () => {
    expect(flatten([1, [2, [3, []], 4], [[5]]])).toEqual([1, 2, 3, 4, 5]);
  });
});
