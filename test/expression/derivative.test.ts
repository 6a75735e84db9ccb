import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  differentiate,
  evaluate,
  evaluateAll,
  gradient,
  operationCount,
  parseFormula,
  type Expression,
} from '../../src/expression/mod.js';
import { formulas } from './arbitrary.js';
import { exampleContext, exampleEnvironment, parse } from './contexts.js';

describe('known derivatives, as expressions', () => {
  test.each([
    ['x^2 / 2', '0.5*(x + x)'],
    ['a*x + b', 'a'],
    ['exp(2*x)', '2*exp(2*x)'],
    ['tanh(x)', '1 - tanh(x)*tanh(x)'],
    ['sigmoid(x)', 'sigmoid(x)*(1 - sigmoid(x))'],
    ['softplus(x)', 'sigmoid(x)'],
    ['sin(x)', 'cos(x)'],
    ['cos(x)', '-sin(x)'],
    ['log(x)', '1/x'],
    ['sqrt(x)', '0.5/sqrt(x)'],
    ['x^20', '20*x^19'],
    ['abs(x)', 'sign(x)'],
    ['floor(x) + sign(x) + (x < 1)', '0'],
    ['sin(a*t)', '0'],
    ['where(x < 1, x^2, 3*x)', 'where(x < 1, x + x, 3)'],
    ['max(x, a)', 'where(x < a, 0, 1)'],
    ['y', '0'],
  ])('d/dx %s = %s', (source, expected) => {
    const context = exampleContext();
    const derivative = differentiate(context.builder, parse(source, context), 0);
    const environment = exampleEnvironment();
    expect(evaluate(derivative, environment)).toBeCloseTo(
      evaluate(parse(expected, context), environment),
      14,
    );
    expect(operationCount([derivative])).toBeLessThanOrEqual(operationCount([parse(expected, context)]));
  });

  test('erf, atan2 and powers with varying exponents', () => {
    const context = exampleContext();
    const at = (source: string, i: number): number =>
      evaluate(differentiate(context.builder, parse(source, context), i), exampleEnvironment([0.4, 1.1]));
    const root = Math.sqrt(Math.PI);
    expect(at('erf(x)', 0)).toBeCloseTo((2 / root) * Math.exp(-0.16), 14);
    expect(at('atan2(y, x)', 0)).toBeCloseTo(-1.1 / (0.16 + 1.21), 14);
    expect(at('atan2(y, x)', 1)).toBeCloseTo(0.4 / (0.16 + 1.21), 14);
    expect(at('y^x', 0)).toBeCloseTo(1.1 ** 0.4 * Math.log(1.1), 14);
    expect(at('y^x', 1)).toBeCloseTo(0.4 * 1.1 ** -0.6, 14);
    expect(at('mod(y, 0.3)', 1)).toBe(1);
  });
});

/** Central differences of two widths, to tell rounding and kinks from wrong derivatives. */
function differences(expression: Expression, point: readonly number[], i: number): [number, number] {
  const at = (step: number): number => {
    const moved = point.map((value, k) => (k === i ? value + step : value));
    return evaluate(expression, exampleEnvironment(moved));
  };
  const central = (h: number): number => (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  return [central(1e-3), central(5e-4)];
}

// Off the grid of simple numbers, where kinks such as that of min(x, y) would sit when a failure is shrunk.
const offGrid = (offset: number) =>
  fc.double({ min: -2, max: 2, noNaN: true }).map((value) => value * 0.9173 + offset);

test('random formulas: forward and reverse mode agree with central differences', () => {
  let compared = 0;
  fc.assert(
    fc.property(formulas({ rough: false }), offGrid(0.0371), offGrid(-0.0523), (source, px, py) => {
      const context = exampleContext();
      const expression = parseOrSkip(source, context);
      const environment = exampleEnvironment([px, py]);
      const reverse = evaluateAll(gradient(context.builder, expression, 2), environment);
      for (const i of [0, 1]) {
        const forward = evaluate(differentiate(context.builder, expression, i), environment);
        const [wide, narrow] = differences(expression, [px, py], i);
        const scale = 1 + Math.abs(forward) + Math.abs(evaluate(expression, environment));
        // Kinks, jumps, overflow and rapid oscillation make the differences disagree among themselves.
        if (!(Math.abs(wide - narrow) < 1e-7 * scale) || scale > 1e6) continue;
        compared++;
        expect(Math.abs(forward - narrow)).toBeLessThan(1e-5 * scale);
        expect(Math.abs(reverse[i] - forward)).toBeLessThan(1e-9 * scale);
      }
    }),
    { numRuns: 1500, seed: 7 },
  );
  expect(compared).toBeGreaterThan(1500);
});

function parseOrSkip(source: string, context = exampleContext()): Expression {
  try {
    return parseFormula(source, context);
  } catch {
    // A constant part that overflows; nothing to differentiate.
    fc.pre(false);
    throw new Error('fc.pre throws');
  }
}

describe('gradient', () => {
  test('a branch that is not taken does not spoil it', () => {
    const context = exampleContext();
    const at = (source: string, point: readonly number[]): number[] =>
      evaluateAll(gradient(context.builder, parse(source, context), 2), exampleEnvironment(point));
    expect(at('where(x > 0, sqrt(x), 0)*y', [-1, 3])).toEqual([0, 0]);
    expect(at('where(x > 0, sqrt(x), 0)*y', [4, 3])).toEqual([0.75, 2]);
    expect(at('min(1, 1/abs(x))', [0, 0])).toEqual([0, 0]);
    expect(at('3*max(log(x), where(y < 0, 1/(y+1), y))', [0.5, -1])).toHaveLength(2);
    expect(at('tanh(max(1, log(x)))', [-5, 0])).toEqual([0, 0]);
  });

  test('costs a small multiple of the expression, whatever the dimension', () => {
    const dimension = 40;
    const context = {
      ...exampleContext(),
      coordinates: Array.from({ length: dimension }, (_, i) => `q${i}`),
    };
    const product = context.coordinates.map((name, i) => `tanh(${name} + ${i})`).join('*');
    const energy = parse(`log(1 + exp(${product}))`, context);
    const all = gradient(context.builder, energy, dimension);
    expect(operationCount(all)).toBeLessThan(4 * operationCount([energy]));
  });

  test('a chain of 20 000 terms does not exhaust the stack', () => {
    const context = exampleContext();
    const chain = parse('sum(i, 1, 20_000, sin(i*x))', context);
    expect(evaluate(differentiate(context.builder, chain, 0), exampleEnvironment([0, 0]))).toBe(200_010_000);
    expect(evaluateAll(gradient(context.builder, chain, 2), exampleEnvironment([0, 0]))).toEqual([
      200_010_000, 0,
    ]);
  });
});
