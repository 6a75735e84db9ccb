import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalForm, parseFormula, print, type Expression } from '../../src/expression/mod.js';
import { formulas, polynomials } from './arbitrary.js';
import { exampleContext, parse } from './contexts.js';

describe('print', () => {
  test.each([
    ['0.5*((x-a)^2+(y-b)^2)+h', '0.5 * ((x - a) * (x - a) + (y - b) * (y - b)) + h'],
    ['-(x*y)', '-(x * y)'],
    ['x - (y - 1)', 'x - (y - 1)'],
    ['x/(y/a)', 'x / (1 / a * y)'],
    ['(-x)^y', '(-x)^y'],
    ['x^-1.5', 'x^(-1.5)'],
    ['(x < y) < a', '(x < y) < a'],
    ['not (x < y and y < 1)', 'not (x < y and y < 1)'],
    ['min(x, y, a)', 'min(min(x, y), a)'],
    ['z[0] + sqrt(x)', 'z[0] + sqrt(x)'],
    ['t*node', 't * node'],
  ])('%s is written %s', (source, expected) => {
    const context = exampleContext();
    expect(print(parse(source, context), context)).toBe(expected);
  });

  test('without names', () => {
    expect(print(parse('x + y*z[1]'))).toBe('x[0] + x[1] * z[1]');
  });

  test('large shared expressions are written with let', () => {
    const context = exampleContext();
    const lets = Array.from({ length: 60 }, (_, i) => `let q${i + 1} = sin(q${i}) * q${i};`).join(' ');
    const expression = parse(`let q0 = x + y; ${lets} q60`, context);
    const text = print(expression, context);
    expect(text.length).toBeLessThan(5000);
    expect(parseFormula(text, context)).toBe(expression);
  });

  test('a long chain nests no deeper than the parser allows', () => {
    const context = { ...exampleContext(), coordinates: Array.from({ length: 2000 }, (_, i) => `q${i}`) };
    for (const name of context.coordinates) parse(name, context);
    const expression = parse(context.coordinates.join(' + '), context);
    expect(parseFormula(print(expression, context), context)).toBe(expression);
  });
});

test.each([
  ['formulas', formulas({ rough: true })],
  ['polynomials', polynomials()],
])('parse(print(e)) is e, and so for its normal form: random %s', (_, arbitrary) => {
  fc.assert(
    fc.property(arbitrary, (source) => {
      const context = exampleContext();
      let expression: Expression;
      try {
        expression = parseFormula(source, context);
      } catch {
        return;
      }
      expect(parseFormula(print(expression, context), context)).toBe(expression);
      const canonical = canonicalForm(context.builder, expression);
      expect(parseFormula(print(canonical, context), context)).toBe(canonical);
    }),
    { numRuns: 1500, seed: 3 },
  );
});
