// Where problems are said to be: line, column, caret, hint.

import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, parseConfig } from '../../src/config/mod.js';
import { BASE, problemsIn, problemsOf } from './helpers.js';

const place = (text: string): [number | undefined, number | undefined, string][] =>
  problemsIn(text).map((problem) => [problem.line, problem.column, problem.path]);

describe('positions', () => {
  it('points at values', () => {
    expect(place(BASE.replace('ring: 4', 'ring: 2'))).toEqual([[3, 16, 'graph.ring']]);
    expect(place(BASE.replace('particles: 1000', 'particles: -1000'))).toEqual([[8, 12, 'particles']]);
  });

  it('points at unknown keys, and suggests', () => {
    const [problem] = problemsIn(BASE.replace('particles', 'particels'));
    expect(problem).toMatchObject({
      line: 8,
      column: 1,
      path: 'particels',
      hint: 'did you mean "particles"?',
    });
    const [inner] = problemsIn(BASE.replace('ring', 'rnig'));
    expect(inner).toMatchObject({ line: 3, column: 10, hint: 'did you mean "ring"?' });
  });

  it('does not report a misspelt key twice', () => {
    expect(problemsIn(BASE.replace('particles', 'particels'))).toHaveLength(1);
    expect(problemsIn(BASE.replace('ring', 'rnig'))).toHaveLength(1);
  });

  it('points into formulas, plain, quoted and folded', () => {
    const formula = '0.5*(x^2 + y^2) + h';
    expect(place(BASE.replace(formula, '0.5*(x^2 + q^2) + h'))).toEqual([[5, 23, 'potential.formula']]);
    expect(place(BASE.replace(formula, '"0.5*(x^2 + q^2) + h"'))).toEqual([[5, 24, 'potential.formula']]);
    expect(place(BASE.replace(formula, '|\n    0.5*(x^2 +\n    q^2) + h'))).toEqual([
      [7, 5, 'potential.formula'],
    ]);
    expect(place(BASE.replace(formula, '>\n    0.5*(x^2 +\n    q^2) + h'))).toEqual([
      [7, 5, 'potential.formula'],
    ]);
    expect(place(BASE.replace(formula, '0.5*(x^2 +\n    q^2) + h'))).toEqual([[6, 5, 'potential.formula']]);
    expect(place(BASE.replace('0.1*node', '0.1*nod'))).toEqual([[6, 24, 'potential.parameters.h']]);
  });

  it('shows the formula itself where escapes hide the place', () => {
    const [problem] = problemsIn(BASE.replace('0.5*(x^2 + y^2) + h', '"0.5*(x^2 \\x2b q^2)"'));
    expect(problem.line).toBe(5);
    expect(problem.excerpt).toBe('     | 0.5*(x^2 + q^2)\n     |            ^');
  });

  it('puts carets below the place', () => {
    const [problem] = problemsIn(BASE.replace('+ h', '+ hh'));
    expect(problem.excerpt).toBe(
      '    5 |   formula: 0.5*(x^2 + y^2) + hh\n      |                              ^^',
    );
    expect(problem.hint).toMatch(/did you mean 'h'/u);
  });

  it('reports several problems in the order of the file', () => {
    const text = BASE.replace('ring: 4', 'ring: 0').replace('step: 0.01', 'step: 0').replace('1000', 'many');
    expect(place(text).map(([line]) => line)).toEqual([3, 8, 10]);
  });

  it('reports problems of meaning together, too', () => {
    const text = BASE.replace('std: 1', 'std: -1').replace('+ h', '+ q');
    expect(place(text).map(([line]) => line)).toEqual([5, 9]);
  });

  it('follows aliases to where the value stands', () => {
    const text = BASE.replace('mean: 0', 'mean: &m bad').replace('std: 1', 'std: *m');
    expect(problemsIn(text)[0]).toMatchObject({ line: 9, path: 'initial.gaussian.mean' });
  });

  it('tells the message with file, place, line and fix', () => {
    try {
      parseConfig(BASE.replace('ring: 4', 'ring: 2'), { file: 'my.yaml' });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      const { message, code, exitCode } = error as ConfigError;
      expect([code, exitCode]).toEqual(['config', 2]);
      expect(message).toBe(
        'my.yaml has a problem\n\n' +
          'my.yaml:3:16: graph.ring: expected a whole number from 3 to 10000000, got 2\n' +
          '    3 | graph: { ring: 2 }\n' +
          '      |                ^\n' +
          '    fix: use a whole number from 3 to 10000000',
      );
    }
  });

  it('speaks of files that are not there', () => {
    const [problem] = problemsOf(() => loadConfig('/nowhere/at/all.yaml'));
    expect(problem.message).toMatch(/cannot be read/u);
  });
});
