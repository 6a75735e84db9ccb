// Random formulas from their text to machine code: the kernel's code gives the interpreter's bits, and in f64 the very
// value that the formula language's own interpreter gives.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, evaluateAll, FormulaError, type Expression } from '../../src/expression/mod.js';
import { ProgramBuilder } from '../../src/kernel/ir.js';
import { ProgramWriter, SlotTable } from '../../src/kernel/write-program.js';
import { formulas, polynomials } from '../expression/arbitrary.js';
import { exampleContext, exampleEnvironment, parse } from '../expression/contexts.js';
import { expectSameBits, randomNumbers, runInterpreted, specialNumbers } from './harness.js';

/** The formula's expression. Texts that the language refuses (log(-1) and the like) are no case. */
function read(text: string): Expression {
  try {
    return parse(text, exampleContext());
  } catch (error) {
    fc.pre(!(error instanceof FormulaError));
    throw error;
  }
}

/** A formula's program, and the values of its uniforms in the example environment. */
function programOf(expression: Expression, precision: 'f32' | 'f64') {
  const ops = new ProgramBuilder(precision);
  const slots = new SlotTable();
  const node = { name: 'node', slots };
  const writer = new ProgramWriter({ ops, node, coordinate: (i) => ops.input(`field:${i}`) });
  const program = ops.finish({ value: writer.float(expression) });
  const round = precision === 'f32' ? Math.fround : (x: number): number => x;
  return { program, banks: { node: evaluateAll(slots.expressions, exampleEnvironment()).map(round) } };
}

const points = (precision: 'f32' | 'f64') => {
  const ordinary = randomNumbers(precision, 30, 3, 7);
  const special = specialNumbers(precision).filter((_, i) => i % 9 === 0 || i > 155);
  return { 'field:0': [...ordinary, ...special], 'field:1': [...special, ...ordinary] };
};

for (const [name, arbitrary, numRuns] of [
  ['random formulas of all operators and functions', formulas({ rough: true }), 250],
  ['random polynomials', polynomials(), 60],
] as const) {
  describe(name, () => {
    for (const precision of ['f32', 'f64'] as const) {
      const columns = points(precision);
      it(`compiled and interpreted give the same bits, ${precision}`, () => {
        fc.assert(
          fc.property(arbitrary, (text) => {
            const { program, banks } = programOf(read(text), precision);
            expectSameBits(program, columns, banks, [1, 4]);
          }),
          { numRuns, seed: 4711 },
        );
      });
    }

    it('the f64 program gives the value of the formula', () => {
      const columns = points('f64');
      fc.assert(
        fc.property(arbitrary, (text) => {
          const expression = read(text);
          const { program, banks } = programOf(expression, 'f64');
          runInterpreted(program, columns, banks).forEach(({ value }, lane) => {
            const x = [columns['field:0'][lane], columns['field:1'][lane]];
            expect(value, `at ${x.join(', ')}`).toBe(evaluate(expression, exampleEnvironment(x)));
          });
        }),
        { numRuns: 2 * numRuns, seed: 4711 },
      );
    });
  });
}
