// Every elementary function as kernel code against the same function computed at once: same bits, whatever the input.
// How accurate they are is tested in test/elementary.

import { describe, it } from 'vitest';
import { elementary, mathF32, mathF64, type ElementaryFunctions } from '../../src/elementary/mod.js';
import { ProgramBuilder } from '../../src/kernel/ir.js';
import { expect } from 'vitest';
import { expectSameBits, randomNumbers, randomPatterns, runCompiled, specialNumbers } from './harness.js';

type Name = keyof ElementaryFunctions<number>;

const names = Object.keys(mathF64) as Name[];
const binary: readonly Name[] = ['power', 'atan2'];

for (const precision of ['f32', 'f64'] as const) {
  const special = specialNumbers(precision);
  const math = precision === 'f32' ? mathF32 : mathF64;
  describe(`compiled elementary functions, ${precision}`, () => {
    for (const name of names) {
      it(`${name} is the immediate one, bit for bit`, () => {
        const ops = new ProgramBuilder(precision);
        const [a, b] = [ops.input('a'), ops.input('b')];
        const functions = elementary(ops) as unknown as Record<
          Name,
          (...inputs: readonly unknown[]) => typeof a
        >;
        const program = ops.finish({
          value: binary.includes(name) ? functions[name](a, b) : functions[name](a),
        });
        const usual = [1, 30, 800].flatMap((bound, i) => randomNumbers(precision, 200, bound, 10 * i + 3));
        const x = [...special, ...randomPatterns(precision, 300, 17), ...usual];
        const y = [...usual, ...randomPatterns(precision, 300, 29), ...special];
        const columns = binary.includes(name)
          ? {
              a: [...x, ...special.flatMap((s) => special.map(() => s))],
              b: [...y, ...special.flatMap(() => special)],
            }
          : { a: x };
        const immediate: (...inputs: number[]) => number = math[name];
        const { floats } = runCompiled(program, columns, {}, 2);
        columns.a.forEach((first, lane) => {
          const inputs = columns.b === undefined ? [first] : [first, columns.b[lane]];
          const expected = immediate(...inputs);
          if (!Object.is(floats['value'][lane], expected)) {
            expect.fail(`${name}(${inputs.join(', ')}) is ${floats['value'][lane]}, not ${expected}`);
          }
        });
        expectSameBits(program, columns.b === undefined ? { a: x } : { a: x, b: y }, {}, [1, 4]);
      });
    }
  });
}
