// Registers and interleaving: random programs, long chains and shared constants give the interpreter's bits however many
// vectors run side by side, in loops, with many outputs.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ProgramBuilder,
  type FloatValue,
  type IntegerValue,
  type MaskValue,
  type Program,
} from '../../src/kernel/ir.js';
import { LiteralPool, lower, pressure } from '../../src/kernel/lower.js';
import { v128 } from '../../src/kernel/wasm/instructions.js';
import { Locals } from '../../src/kernel/wasm/module.js';
import { expectSameBits, randomNumbers, specialNumbers, testRandom } from './harness.js';

const binaryFloats = ['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum'] as const;
const unaryFloats = ['squareRoot', 'negate', 'absolute', 'floor', 'nearest'] as const;
const comparisons = ['less', 'lessOrEqual', 'equal'] as const;
const binaryIntegers = ['integerAdd', 'integerSubtract', 'integerAnd', 'integerOr', 'integerXor'] as const;
const shifts = ['shiftLeft', 'shiftRightLogical', 'shiftRightArithmetic'] as const;

/**
 * A random program of so many operations over two float inputs, two words and two banks; far more values are alive than
 * there are registers. Bits of a NaN mean nothing, so integers are made from numbers only.
 */
function randomProgram(precision: 'f32' | 'f64', seed: number, length: number): Program {
  const ops = new ProgramBuilder(precision);
  const next = testRandom(seed * 7919 + 1);
  const below = (n: number): number => next() % n;
  const floats: FloatValue[] = [
    ops.input('x'),
    ops.input('y'),
    ops.uniform('node', 0),
    ops.uniform('edge', 1),
    ops.constant(1.5),
  ];
  const integers: IntegerValue[] = [
    ops.integerInput('word0'),
    ops.integerInput('word1'),
    ops.integer(0x3f812345),
  ];
  const masks: MaskValue[] = [ops.less(floats[0], floats[1])];
  const width = precision === 'f32' ? 32 : 64;
  const pick = <T>(list: readonly T[]): T =>
    list[list.length - 1 - Math.min(below(list.length), below(list.length))];
  for (let i = 0; i < length; i++) {
    switch (below(9)) {
      case 0:
      case 1:
      case 2:
        floats.push(ops[pick(binaryFloats)](pick(floats), pick(floats)));
        break;
      case 3:
        floats.push(ops[pick(unaryFloats)](pick(floats)));
        break;
      case 4:
        masks.push(ops[pick(comparisons)](pick(floats), pick(floats)));
        masks.push(
          below(2) === 0
            ? ops.not(pick(masks))
            : ops[below(2) === 0 ? 'and' : 'or'](pick(masks), pick(masks)),
        );
        break;
      case 5:
        floats.push(ops.select(pick(masks), pick(floats), pick(floats)));
        break;
      case 6:
        integers.push(ops[pick(binaryIntegers)](pick(integers), pick(integers)));
        break;
      case 7:
        integers.push(ops[pick(shifts)](pick(integers), below(width)));
        break;
      default: {
        if (precision === 'f32') floats.push(ops.toFloat(pick(integers)));
        const number = pick(floats);
        integers.push(ops.bits(ops.select(ops.equal(number, number), number, ops.constant(below(100)))));
        floats.push(ops.fromBits(pick(integers)));
      }
    }
  }
  return ops.finish({
    last: floats.at(-1) as FloatValue,
    some: pick(floats),
    other: pick(floats),
    truth: pick(masks),
    bits: ops.integerAnd(pick(integers), ops.integer(0x00ffffff)),
    // Outputs that are no operations.
    copy: floats[0],
    fixed: floats[4],
    shared: floats[2],
  });
}

function columns(precision: 'f32' | 'f64', lanes: number) {
  const next = testRandom(99);
  const special = specialNumbers(precision).filter((_, i) => i % 5 === 0);
  const words = (): number[] | bigint[] =>
    precision === 'f32'
      ? Array.from({ length: lanes }, () => next() | 0)
      : Array.from({ length: lanes }, () => BigInt.asIntN(64, (BigInt(next()) << 32n) | BigInt(next())));
  const numbers = randomNumbers(precision, lanes, 4, 3);
  return {
    x: numbers,
    y: [...special, ...numbers].slice(0, lanes),
    word0: words(),
    word1: words(),
  };
}

const banks = { node: [0.75, -2], edge: [3, -0.125] };

for (const precision of ['f32', 'f64'] as const) {
  describe(`lowering, ${precision}`, () => {
    it('random programs give the interpreter’s bits for 1, 2 and 4 vectors side by side', () => {
      fc.assert(
        fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 120 }), (seed, length) => {
          expectSameBits(randomProgram(precision, seed, length), columns(precision, 37), banks);
        }),
        { numRuns: 120, seed: 1 },
      );
    });

    it('a value may be both operands, and operands may die in any order', () => {
      const ops = new ProgramBuilder(precision);
      const [x, y] = [ops.input('x'), ops.input('y')];
      const square = ops.multiply(x, x);
      const difference = ops.subtract(y, square);
      const swapped = ops.subtract(square, y);
      const program = ops.finish({
        a: ops.divide(difference, swapped),
        b: ops.select(ops.less(swapped, swapped), swapped, ops.negate(swapped)),
        c: square,
        d: square,
      });
      expectSameBits(program, columns(precision, 64), banks, [1, 2, 4, 8]);
    });

    it('constants and uniforms on their own can be outputs', () => {
      const ops = new ProgramBuilder(precision);
      const program = ops.finish({ a: ops.constant(0.1), b: ops.uniform('edge', 1), c: ops.input('x') });
      expectSameBits(program, columns(precision, 10), banks);
    });

    it('an input that is an output as it stands may overwrite another input', () => {
      // As leimkuhler-matthews does: memory' = noise, x' = x + memory + noise.
      const ops = new ProgramBuilder(precision);
      const noise = ops.input('noise');
      const program = ops.finish({ memory: noise, x: ops.add(noise, ops.input('memory')) });
      const order: string[] = [];
      lower(program, {
        locals: new Locals({ parameters: [], results: [] }),
        literals: new LiteralPool(0),
        groups: 1,
        input: (name) => {
          order.push(`input ${name}`);
          return v128.zero;
        },
        bank: () => ({ base: [], offset: 0 }),
        output: (name) => {
          order.push(`output ${name}`);
          return [];
        },
      });
      expect(order.indexOf('output memory')).toBeGreaterThan(order.indexOf('input memory'));
    });
  });
}

it('pressure counts the values alive at once, without constants', () => {
  const ops = new ProgramBuilder('f32');
  const [x, y] = [ops.input('x'), ops.input('y')];
  const sum = ops.add(ops.multiply(x, ops.constant(2)), ops.uniform('node', 0));
  expect(pressure(ops.finish({ sum }))).toBe(2);
  expect(pressure(ops.finish({ sum: ops.add(sum, y), x }))).toBeGreaterThanOrEqual(3);
});
