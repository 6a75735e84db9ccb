import { describe, expect, test } from 'vitest';
import {
  evaluate,
  ExpressionBuilder,
  FormulaError,
  formatCaret,
  functionNames,
  isReserved,
  lower,
  operationCount,
  parseFormula,
  parseSyntax,
  plainContext,
  reservedWords,
  type FormulaContext,
} from '../../src/expression/mod.js';
import { exampleContext, exampleEnvironment, matrix, parse, regression, vector } from './contexts.js';

function value(source: string, context?: FormulaContext): number {
  return evaluate(parse(source, context), exampleEnvironment());
}

function failure(source: string, context: FormulaContext = exampleContext()): FormulaError {
  try {
    parse(source, context);
  } catch (error) {
    if (error instanceof FormulaError) return error;
    throw error;
  }
  throw new Error(`'${source}' was accepted`);
}

describe('grammar', () => {
  test.each([
    ['1_000 + .5', 1000.5],
    ['1e-3*2.', 0.002],
    ['2^3^2', 512],
    ['2**3', 8],
    ['-2^2', -4],
    ['2^-1', 0.5],
    ['1 - 2 - 3', -4],
    ['8/4/2', 1],
    ['2*3 + 4*5', 26],
    ['--3', 3],
    ['+3', 3],
    ['1 < 2', 1],
    ['1 >= 2', 0],
    ['1 + 1 == 2', 1],
    ['1 != 1', 0],
    ['not 0 and 1 or 0', 1],
    ['not 1 == 2', 1],
    ['1 < 2 and 3 < 2', 0],
    ['where(2 > 1, 10, 20)', 10],
    ['min(3, 1, 2) + max(1, 5)', 6],
    ['mod(-1, 4)', 3],
    ['mod(7.5, 2)', 1.5],
    ['pi', Math.PI],
    ['sum(i, 1, 4, i^2)', 30],
    ['sum(i, 1, 0, i)', 0],
    ['sum(i, 0, 2, sum(j, 0, i, 10*i + j))', 0 + 10 + 11 + 20 + 21 + 22],
    ['let a1 = 3; let b1 = a1 + 1; a1*b1', 12],
    ['2*(let q = 3; q + 1)', 8],
    ['sum(i, 0, 1, let q = i + 1; q*q)', 5],
    ['1 + # a comment\n 2 # another', 3],
    ['sign(-3) + abs(-3) + floor(-0.5)', 1],
    ['pow(2, 10) + sqrt(16)', 1028],
    ['len(v) + 10*rows(A) + 100*columns(A) + 1000*len(z) + 10000*len(x)', 23_324 - 0],
    ['v[0] + v[len(v)-1]', 9],
    ['A[1,2] + A[0][1]', 8],
    ['dot(A[0], A[1])', 4 + 10 + 18],
    ['let r = A[1]; r[2] + len(r)', 9],
    ['sum(i, 0, 3, v[i]*(i == 2))', 4],
  ])('%s = %f', (source, expected) => {
    expect(value(source)).toBe(expected);
  });

  test('names resolve to symbols', () => {
    const context = exampleContext();
    const b = context.builder;
    expect(parse('x', context)).toBe(b.coordinate(0));
    expect(parse('x[1]', context)).toBe(parse('y', context));
    expect(parse('a', context)).toBe(b.parameter('a'));
    expect(parse('a[0]', context)).toBe(b.parameter('a'));
    expect(parse('z[2]', context)).toBe(b.parameter('z', 2));
    expect(parse('t', context)).toBe(b.symbol({ kind: 'time' }));
    expect(parse('node', context)).toBe(b.symbol({ kind: 'node', side: 'source' }));
    expect(parse('dot(x, A[0]) == 1', { ...context, data: new Map([['A', matrix(1, 2, [3, 4])]]) })).toBe(
      parse('3*x + 4*y == 1', context),
    );
    expect(parse('x > a', context)).toBe(parse('a < x', context));
  });

  test('x alone is the vector where no coordinate is called x', () => {
    const context = { ...exampleContext(), coordinates: ['p', 'q'] };
    expect(parse('dot(x, x)', context)).toBe(parse('p^2 + q^2', context));
    expect(failure('x + 1', context)).toMatchObject({ code: 'type', offset: 0, length: 1 });
  });

  test('known numbers may index data', () => {
    const context: FormulaContext = {
      ...exampleContext(),
      allow: { coordinates: false, time: false, node: true },
      constants: new Map<string, number | number[]>([
        ['node', 2],
        ['w', [5, 6]],
      ]),
    };
    const syntax = parseSyntax('v[node] + w[1]');
    expect(lower(syntax, context)).toBe(context.builder.constant(10));
  });

  test('plain numbers', () => {
    const builder = new ExpressionBuilder();
    expect(parseFormula('2*pi/8', plainContext(builder))).toBe(builder.constant(Math.PI / 4));
    expect(failure('2*x', plainContext(builder, 'a time step'))).toMatchObject({
      message: "'x' is a coordinate; a time step cannot depend on coordinates",
    });
  });

  test('ten thousand written and fifty thousand summed terms', () => {
    const context = exampleContext();
    expect(value(Array.from({ length: 10_000 }, () => 'x').join(' + '), context)).toBeCloseTo(3000, 6);
    expect(value('sum(i, 1, 50_000, i*x)', context) / (25_000.5 * 50_000)).toBeCloseTo(0.3, 9);
  });
});

describe('rates', () => {
  const builder = new ExpressionBuilder();
  const base = exampleContext(builder);
  const sourcePotential = parse('0.5*((x-a)^2 + (y-b)^2) + h', base);
  const targetPotential = builder.toSide(sourcePotential, 'target');
  const context: FormulaContext = { ...base, edge: { sourcePotential, targetPotential }, place: 'a rate' };

  test('both ends, weight, temperature and potentials', () => {
    expect(parse('target.h', context)).toBe(builder.parameter('h', 0, 'target'));
    expect(parse('target.z[1]', context)).toBe(builder.parameter('z', 1, 'target'));
    expect(parse('target.node - node', context)).toMatchObject({ operator: 'subtract', varies: false });
    expect(parse('V', context)).toBe(sourcePotential);
    expect(parse('target.V', context)).toBe(targetPotential);
    expect(parse('weight', context)).toMatchObject({ symbol: { kind: 'edge', name: 'weight' } });
    expect(parse('temperature', context)).toMatchObject({ symbol: { kind: 'step', name: 'temperature' } });
    const environment = exampleEnvironment();
    const deltaV = parse('deltaV', context);
    expect(evaluate(deltaV, environment)).toBeCloseTo(
      evaluate(targetPotential, environment) - evaluate(sourcePotential, environment),
      12,
    );
    expect(operationCount([deltaV])).toBe(4);
  });

  test('what makes no sense is refused', () => {
    expect(failure('target.x', context)).toMatchObject({ code: 'not-allowed', offset: 0, length: 8 });
    expect(failure('target.v', context).message).toContain('data');
    expect(failure('target.hh', context).hint).toBe(
      "did you mean 'target.h'? known after 'target.': a, b, h, s2, z, node, V",
    );
    expect(failure('target', context).code).toBe('type');
    expect(failure('weight*x', base).message).toBe("'weight' is known only in the formula of a rate");
    expect(failure('target.h', base).code).toBe('not-allowed');
  });
});

describe('errors', () => {
  test.each([
    ['', 'syntax', 0, 0],
    ['# nothing', 'syntax', 9, 0],
    ['x +', 'syntax', 3, 0],
    ['(x', 'syntax', 0, 1],
    ['x)', 'syntax', 1, 1],
    ['x y', 'syntax', 2, 1],
    ['2x', 'syntax', 0, 2],
    ['1__0', 'syntax', 0, 4],
    ['1 < 2 < 3', 'syntax', 6, 1],
    ['x = 1', 'syntax', 2, 1],
    ['let q = 1 q', 'syntax', 10, 1],
    ['let = 1; 2', 'syntax', 4, 1],
    ['let x = 1; 2', 'not-allowed', 4, 1],
    ['let a = 1; 2', 'not-allowed', 4, 1],
    ['let exp = 1; 2', 'not-allowed', 4, 3],
    ['let q = 1; let q = 2; q', 'not-allowed', 15, 1],
    ['sum(i, 0, 1, sum(i, 0, 1, i))', 'not-allowed', 17, 1],
    ['i + sum(i, 0, 1, i)', 'unknown-name', 0, 1],
    ['sum(3, 0, 1, 2)', 'syntax', 4, 1],
    ['sum(i, 0, 1.5, 2)', 'index', 10, 3],
    ['sum(i, 0, node, 2)', 'index', 10, 4],
    ['sum(i, 0, 1)', 'argument-count', 0, 12],
    ['exp()', 'argument-count', 0, 5],
    ['exp(1, 2)', 'argument-count', 0, 9],
    ['min(1)', 'argument-count', 0, 6],
    ['expp(1)', 'unknown-name', 0, 4],
    ['a(1)', 'unknown-name', 0, 1],
    ['exp', 'type', 0, 3],
    ['q', 'unknown-name', 0, 1],
    ['z', 'type', 0, 1],
    ['A', 'type', 0, 1],
    ['A[0]', 'index', 0, 4],
    ['A[0,1,2]', 'index', 0, 8],
    ['z[3]', 'index', 2, 1],
    ['z[-1]', 'index', 2, 2],
    ['x[2]', 'index', 2, 1],
    ['v[4]', 'index', 2, 1],
    ['A[2,0]', 'index', 2, 1],
    ['v[node]', 'index', 2, 4],
    ['v[a]', 'index', 2, 1],
    ['v[floor(x)]', 'index', 2, 8],
    ['y[0]', 'type', 0, 4],
    ['(x)[0]', 'syntax', 3, 1],
    ['dot(x, z)', 'type', 0, 9],
    ['dot(a, 2)', 'type', 7, 1],
    ['len(a + 1)', 'type', 4, 5],
    ['len(A)', 'type', 4, 1],
    ['rows(v)', 'type', 5, 1],
    ['1/0', 'not-a-number', 0, 3],
    ['x/(1 - 1)', 'not-a-number', 0, 9],
    ['x + log(0*x - 1)', 'not-a-number', 4, 12],
    ['1e200*1e200', 'not-a-number', 0, 11],
    ['1e999', 'not-a-number', 0, 5],
    ['x $ 2', 'unexpected-character', 2, 1],
    ['x && y', 'unexpected-character', 2, 1],
    ['a.b', 'syntax', 1, 1],
    ['true', 'syntax', 0, 4],
    ['inf', 'unknown-name', 0, 3],
    ['constructor', 'unknown-name', 0, 11],
    ['__proto__(1)', 'unknown-name', 0, 9],
    ['toString[0]', 'unknown-name', 0, 8],
  ])('%s: %s at %i, %i', (source, code, offset, length) => {
    expect(failure(source)).toMatchObject({ code, offset, length });
  });

  test('caret text with a suggestion', () => {
    const source = '0.5*(x - a)^2\n  + hh*y';
    expect(formatCaret(failure(source), source)).toBe(
      [
        "unknown name 'hh' (line 2, column 5)",
        '    + hh*y',
        '      ^^',
        "  did you mean 'h'? known: coordinates x, y; parameters a, b, h, s2, z; data v, A; pi, t, node",
      ].join('\n'),
    );
  });

  test('caret text of a long line shows a window', () => {
    const source = `${'x + '.repeat(100)}q + ${'y + '.repeat(100)}1`;
    const [, line, carets] = formatCaret(failure(source), source).split('\n');
    expect(line.length).toBeLessThan(110);
    expect(line[carets.indexOf('^')]).toBe('q');
  });

  test('data that is not a number is reported where it is used', () => {
    const context = { ...exampleContext(), data: new Map([['v', vector([1, Number.NaN])]]) };
    expect(failure('sum(i, 0, 1, v[i])', context).message).toBe('the data has no finite number at v[1]');
  });

  test('time and node are refused where not allowed', () => {
    const context = { ...exampleContext(), allow: { coordinates: true, time: false, node: false } };
    expect(failure('x*t', context).message).toBe("'t' is the time; this formula cannot depend on time");
    expect(failure('node', context).code).toBe('not-allowed');
  });
});

describe('hostile input ends in a FormulaError', () => {
  test.each([
    ['parentheses', '('.repeat(100_000)],
    ['balanced parentheses', '('.repeat(5000) + 'x' + ')'.repeat(5000)],
    ['signs', '-'.repeat(100_000) + 'x'],
    ['not', 'not '.repeat(100_000) + 'x'],
    ['exponents', 'x^'.repeat(100_000) + 'x'],
    ['indices', 'x['.repeat(100_000)],
    ['calls', 'exp('.repeat(100_000)],
    ['let', 'let q = '.repeat(100_000)],
  ])('deep %s', (_, source) => {
    expect(['too-deep', 'too-large']).toContain(failure(source).code);
  });

  test.each([
    'sum(i, 0, 2_000_000_000, x)',
    'sum(i, 0, 3000, sum(j, 0, 3000, x))',
    'sum(i, 0, 100, sum(j, 0, 100, sum(k, 0, 100, sum(l, 0, 100, x))))',
  ])('endless %s', (source) => {
    expect(failure(source).code).toBe('too-large');
  });

  test('shared lets do not unfold', () => {
    const lets = Array.from({ length: 100 }, (_, i) => `let q${i + 1} = q${i} * q${i} + 1;`).join(' ');
    expect(parse(`let q0 = tanh(x); ${lets} q100`).kind).toBe('call');
  });
});

test('reserved words', () => {
  for (const word of functionNames) expect(isReserved(word, 'parameter')).toBe(true);
  expect(reservedWords).toContain('deltaV');
  expect(isReserved('x', 'coordinate')).toBe(false);
  expect(isReserved('x', 'parameter')).toBe(true);
  expect(isReserved('e', 'parameter')).toBe(false);
});

test('the test regression has the shape it says', () => {
  const { context, formula } = regression(5, 3);
  expect(parseFormula(formula, context).varies).toBe(true);
});
