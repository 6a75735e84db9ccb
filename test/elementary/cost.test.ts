// What each function costs when recorded, in operations. A guard against growth, exact and so a test: a
// cheaper function only needs its number lowered. It is not a time measurement.

import { describe, expect, it } from 'vitest';
import { elementary, gaussianPair, type ElementaryFunctions } from '../../src/elementary/mod.js';
import { counter } from './counting.js';

const COST: Readonly<Record<keyof ElementaryFunctions<object>, readonly [f32: number, f64: number]>> = {
  exp: [25, 35],
  expm1: [26, 36],
  log: [35, 44],
  log1p: [39, 48],
  sin: [33, 45],
  cos: [34, 46],
  tan: [36, 48],
  atan: [27, 41],
  atan2: [38, 52],
  sinh: [33, 43],
  cosh: [27, 37],
  tanh: [30, 40],
  erf: [57, 103],
  sigmoid: [28, 38],
  softplus: [59, 78],
  power: [126, 195],
  sign: [4, 4],
};

describe('operations recorded', () => {
  for (const [key, costs] of Object.entries(COST)) {
    const name = key as keyof ElementaryFunctions<object>;
    it(`${name}: ${costs[0]} for f32, ${costs[1]} for f64`, () => {
      for (const [index, precision] of (['f32', 'f64'] as const).entries()) {
        const { ops, total } = counter(precision);
        elementary(ops)[name]({}, {});
        expect(total(), precision).toBe(costs[index]);
      }
    });
  }

  it('gaussianPair: 43, without minimum, maximum or select', () => {
    const { ops, counts, total } = counter('f32');
    gaussianPair(ops, {}, {});
    expect(total()).toBe(43);
    expect([...counts.keys()]).not.toContain('select');
  });
});
