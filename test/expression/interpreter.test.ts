import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compileTape,
  evaluate,
  evaluateAll,
  ExpressionBuilder,
  gradient,
  operators,
  arity,
  applyOperator,
  parseFormula,
  resolveSymbol,
  type Expression,
} from '../../src/expression/mod.js';
import { formulas } from './arbitrary.js';
import { exampleContext, exampleEnvironment, parse } from './contexts.js';

describe('interpreter', () => {
  test('values against hand-known numbers', () => {
    const environment = exampleEnvironment([0.3, -0.8]);
    const at = (source: string): number => evaluate(parse(source), environment);
    expect(at('x + 2*y')).toBeCloseTo(-1.3, 15);
    expect(at('dot(z, A[0])')).toBeCloseTo(0.5 - 4 + 9, 15);
    expect(at('t + node')).toBe(3.5);
    expect(at('where(x < y, 1, 2)')).toBe(2);
    expect(at('log(x)')).toBeCloseTo(-1.2039728043259361, 14);
    expect(at('erf(x)')).toBeCloseTo(0.3286267594591274, 14);
    expect(at('softplus(y)')).toBeCloseTo(0.37110066594777763, 14);
    expect(at('log(y)')).toBeNaN();
    expect(at('atan2(y, x)')).toBeCloseTo(-1.2120256565243244, 14);
  });

  test('a symbol without a value is an error that names it', () => {
    expect(() => evaluate(parse('x + t'), { coordinates: [1, 2] })).toThrow(/"kind":"time"/);
    expect(() => evaluate(parse('a'), { parameter: () => undefined })).toThrow(RangeError);
  });

  test('min, max and where follow the rules of the vector instructions', () => {
    expect(applyOperator('minimum', Number.NaN, 1, 0)).toBeNaN();
    expect(applyOperator('minimum', 1, Number.NaN, 0)).toBe(1);
    expect(applyOperator('maximum', 1, Number.NaN, 0)).toBe(1);
    expect(applyOperator('where', Number.NaN, 1, 2)).toBe(1);
    expect(applyOperator('notEqual', Number.NaN, Number.NaN, 0)).toBe(1);
  });

  test('every operator has a value, and folds to the value it computes', () => {
    for (const operator of operators) {
      const builder = new ExpressionBuilder();
      const operands = [0.3, 0.6, 0.9].slice(0, arity(operator)).map((v) => builder.constant(v));
      const folded = builder.call(operator, ...operands);
      expect(folded).toMatchObject({ kind: 'constant', value: applyOperator(operator, 0.3, 0.6, 0.9) + 0 });
    }
  });
});

describe('tape', () => {
  test('random formulas and their gradients: the same bits as the interpreter', () => {
    fc.assert(
      fc.property(formulas({ rough: true }), (source) => {
        const context = exampleContext();
        let expression: Expression;
        try {
          expression = parseFormula(source, context);
        } catch {
          return;
        }
        const all = [expression, ...gradient(context.builder, expression, 2)];
        const environment = exampleEnvironment([1.1, -0.4]);
        const tape = compileTape(all);
        const values = tape.run((symbol) => resolveSymbol(symbol, environment));
        expect(Array.from(values)).toEqual(evaluateAll(all, environment));
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  test('inputs by slot, constants and repeated outputs', () => {
    const context = exampleContext();
    const tape = compileTape([
      parse('h + a*t', context),
      parse('7', context),
      parse('t', context),
      parse('t', context),
    ]);
    tape.symbols.forEach((symbol, slot) => {
      tape.inputs[slot] =
        symbol.kind === 'time' ? 10 : symbol.kind === 'parameter' && symbol.name === 'a' ? 2 : 3;
    });
    expect(Array.from(tape.execute())).toEqual([23, 7, 10, 10]);
    expect(tape.execute()).toBe(tape.outputs);
    expect(Array.from(compileTape([]).execute())).toEqual([]);
  });
});
