import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalForm,
  canonicalQuadratic,
  canonicalTerms,
  cheapest,
  evaluate,
  type ExpressionBuilder,
  gradient,
  operationCount,
  parseFormula,
  print,
  reachable,
  type Expression,
} from '../../src/expression/mod.js';
import { formulas, polynomials } from './arbitrary.js';
import { exampleContext, exampleEnvironment, parse, regression } from './contexts.js';

function difference(source: string): { builder: ExpressionBuilder; expression: Expression } {
  const context = exampleContext();
  const { builder } = context;
  const potential = parse(source, context);
  return { builder, expression: builder.subtract(builder.toSide(potential, 'target'), potential) };
}

describe('normal form', () => {
  test('the difference of two quadratic wells is linear, with one uniform coefficient per coordinate', () => {
    const { builder, expression } = difference('0.5*((x-a)^2 + (y-b)^2) + h');
    const terms = canonicalTerms(builder, expression);
    expect(terms?.map(({ atoms }) => atoms.map((atom) => print(atom)).join('*'))).toEqual([
      'x[0]',
      'x[1]',
      '',
    ]);
    for (const { coefficient } of terms ?? []) expect(coefficient.varies).toBe(false);
    const canonical = cheapest(builder, expression);
    expect(operationCount([canonical])).toBe(4);
    expect(evaluate(canonical, exampleEnvironment())).toBeCloseTo(
      evaluate(expression, exampleEnvironment()),
      13,
    );
  });

  test('a separable potential leaves a uniform difference', () => {
    const { builder, expression } = difference('x^4 - cos(x*y) + exp(-y^2) + h');
    expect(print(canonicalForm(builder, expression))).toBe('target.h - h');
    expect(cheapest(builder, expression).varies).toBe(false);
  });

  test('equal opaque parts meet', () => {
    const { builder, expression } = difference('h*x^3 + a*exp(x)/(2*s2) + b/(1+x^2) + a*x*x*x');
    const terms = canonicalTerms(builder, expression);
    expect(terms?.map(({ atoms }) => atoms.map((atom) => print(atom)).join('*')).sort()).toEqual([
      '1 / (x[0] * x[0] + 1)',
      'exp(x[0])',
      'x[0] * x[0] * x[0]',
    ]);
    expect(evaluate(canonicalForm(builder, expression), exampleEnvironment())).toBeCloseTo(
      evaluate(expression, exampleEnvironment()),
      12,
    );
  });

  test.each([
    ['x - x', '0'],
    ['(x + y)^2 - x^2 - 2*x*y - y^2', '0'],
    ['(x + 1)*(x - 1) - x^2', '-1'],
    ['x/2 + x/2', 'x'],
    ['(a*x)/a - x*(1/a)*a', '(a*x)/a - x*(1/a)*a'],
    ['2*(x + 3*(x - (y - x)))', '2*(7*x - 3*y)'],
    ['(x^2 - 1)^2 + 3 - (x^2 - 1)*(x^2 - 1)', '3'],
  ])('%s has the form of %s', (source, expected) => {
    const context = exampleContext();
    const { builder } = context;
    expect(canonicalForm(builder, parse(source, context))).toBe(
      canonicalForm(builder, parse(expected, context)),
    );
  });

  test('keeps what is cheap as it is', () => {
    const context = exampleContext();
    for (const source of [
      '0.5*(x-a)^2',
      '(x-a)^2/(2*s2)',
      'exp(-(x-a)^2/2)',
      '(x^2-1)^2',
      'sin(x)*cos(y)',
      'x/y',
      'a*b + h',
    ]) {
      const expression = parse(source, context);
      expect(cheapest(context.builder, expression)).toBe(expression);
    }
  });

  test('gives up on too many terms', () => {
    const coordinates = Array.from({ length: 250 }, (_, i) => `q${i}`);
    const context = { ...exampleContext(), coordinates };
    const square = parse(`(${coordinates.map((name, i) => `${i + 1}*${name}`).join(' + ')})^2`, context);
    expect(canonicalForm(context.builder, square)).toBe(square);
    expect(canonicalTerms(context.builder, square)).toBeUndefined();
  });

  test('a chain of 100 000 terms neither exhausts the stack nor takes quadratic time', () => {
    const context = exampleContext();
    const chain = parse('sum(i, 1, 100_000, i*a*x + y/i)', context);
    expect(canonicalTerms(context.builder, chain)).toHaveLength(2);
  });
});

describe('quadratic forms', () => {
  test('coefficients', () => {
    const context = exampleContext();
    const form = canonicalQuadratic(context.builder, parse('3*(x-a)^2 + x*y/2 - y + h', context), 2);
    const environment = exampleEnvironment();
    const value = (e: Expression | undefined): number =>
      e === undefined ? Number.NaN : evaluate(e, environment);
    expect(value(form?.quadratic[0][0])).toBe(3);
    expect(value(form?.quadratic[0][1])).toBe(0.5);
    expect(value(form?.quadratic[1][1])).toBe(0);
    expect(value(form?.linear[0])).toBeCloseTo(-6 * 0.7, 14);
    expect(value(form?.linear[1])).toBe(-1);
    expect(value(form?.constant)).toBeCloseTo(3 * 0.49 + 0.25, 14);
  });

  test('undefined for anything else', () => {
    const context = exampleContext();
    for (const source of ['x^3', 'exp(x)', 'x*sin(y)', 'abs(x)']) {
      expect(canonicalQuadratic(context.builder, parse(source, context), 2)).toBeUndefined();
    }
  });
});

describe('a regression over 442 data points in 10 coordinates', () => {
  const { context, formula } = regression(442, 10);
  const { builder } = context;
  const potential = parseFormula(formula, context);
  const coordinates = Array.from({ length: 10 }, (_, i) => 0.1 * i - 0.4);
  const environment = {
    coordinates,
    parameter: (name: string, component: number, side: string) =>
      (name === 's2' ? 0.3 : (component + 1) / 7) * (side === 'source' ? 1 : 1.4),
  };

  test('collapses to at most 66 monomials of the same value', () => {
    const terms = canonicalTerms(builder, potential);
    expect(terms?.length).toBeLessThanOrEqual(66);
    const canonical = cheapest(builder, potential);
    expect(operationCount([potential])).toBeGreaterThan(9000);
    expect(operationCount([canonical])).toBeLessThanOrEqual(130);
    const value = evaluate(potential, environment);
    expect(Math.abs(evaluate(canonical, environment) / value - 1)).toBeLessThan(1e-12);
  });

  test('so do its gradient and its differences between nodes', () => {
    const canonical = cheapest(builder, potential);
    const slow = gradient(builder, potential, 10);
    const fast = gradient(builder, canonical, 10).map((partial) => cheapest(builder, partial));
    fast.forEach((partial, i) => {
      expect(evaluate(partial, environment)).toBeCloseTo(evaluate(slow[i], environment), 10);
    });
    expect(operationCount(fast)).toBeLessThanOrEqual(200);
    const delta = builder.subtract(builder.toSide(canonical, 'target'), canonical);
    expect(operationCount([cheapest(builder, delta)])).toBeLessThanOrEqual(130);
  });

  test('in well under a second even cold and on a busy machine (3 to 10 ms warm, alone)', () => {
    const times = Array.from({ length: 5 }, () => {
      const fresh = regression(442, 10);
      const expression = parseFormula(fresh.formula, fresh.context);
      const start = performance.now();
      canonicalForm(fresh.context.builder, expression);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(200);
  });
});

const coordinate = fc.double({ min: -2, max: 2, noNaN: true });

/**
 * The largest absolute value that occurs while an expression is computed: rounding errors are relative to it.
 */
function magnitude(expression: Expression, environment: ReturnType<typeof exampleEnvironment>): number {
  return Math.max(1, ...reachable([expression]).map((node) => Math.abs(evaluate(node, environment))));
}

test.each([
  ['polynomials', polynomials(), 1000],
  ['formulas of all functions', formulas({ rough: false }), 500],
])('random %s equal their normal form within rounding', (_, arbitrary, numRuns) => {
  let compared = 0;
  fc.assert(
    fc.property(arbitrary, coordinate, coordinate, (source, px, py) => {
      const context = exampleContext();
      let expression: Expression;
      try {
        expression = parseFormula(source, context);
      } catch {
        return;
      }
      const environment = exampleEnvironment([px, py]);
      const canonical = canonicalForm(context.builder, expression);
      const scale = Math.max(magnitude(expression, environment), magnitude(canonical, environment));
      if (!(scale < 1e9)) return;
      compared++;
      const [before, after] = [evaluate(expression, environment), evaluate(canonical, environment)];
      expect(Math.abs(before - after)).toBeLessThan(1e-13 * scale * (10 + source.length));
      expect(operationCount([cheapest(context.builder, expression)])).toBeLessThanOrEqual(
        operationCount([expression]),
      );
    }),
    { numRuns, seed: 11 },
  );
  expect(compared).toBeGreaterThan(numRuns / 2);
});
