import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formula, loadModel, sumOf } from '../../src/library/mod.js';
import { wells } from './models.js';

const valueAt = (text: { toString(): string }, x: number): number =>
  loadModel({ ...wells, potential: { formula: String(text) } }, {}).potential([x, 0], 0);

describe('formula', () => {
  it('puts numbers in so that signs and powers mean what they say', () => {
    expect(String(formula`x - ${-2}`)).toBe('x - (-2)');
    expect(valueAt(formula`1 + ${-3}^2 + 0*x`, 1)).toBe(10);
    expect(valueAt(formula`x/${formula`1 + 3`}`, 2)).toBe(0.5);
  });

  it('loses no digit of a number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e100, max: 1e100 }), (value) => {
        expect(valueAt(formula`${value} + 0*x`, 0)).toBe(value + 0);
      }),
      { numRuns: 30 },
    );
  });

  it('takes names, and adds up terms', () => {
    const names = ['x', 'y'];
    expect(String(sumOf(names.map((name) => formula`${name}^2`)))).toBe('(x^2) + (y^2)');
    expect(String(sumOf([]))).toBe('0');
    expect(String(formula`${'x[0]'} + ${'target.h'}`)).toBe('x[0] + target.h');
  });

  it('refuses what would say something else', () => {
    expect(() => formula`${'x + 1'}^2`).toThrow('is not a name');
    expect(() => formula`${NaN}`).toThrow('use a finite number');
    expect(() => formula`${(() => 1) as unknown as number}`).toThrow('not a function');
  });
});
