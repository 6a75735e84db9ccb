// theta(s, t) as plain numbers: means between the least and the greatest, symmetric, of degree 1, and those of means.ts.

import { describe, expect, it } from 'vitest';
import { isConstantTheta, mean, meanAt, setMean, thetaCode, thetaOf } from '../../src/transport/mod.js';

const kinds = {
  arithmetic: mean.arithmetic,
  geometric: mean.geometric,
  harmonic: mean.harmonic,
  'log-mean': mean.logarithmic,
};
const values = [1e-300, 1e-12, 0.3, 0.5, 0.5003, 0.51, 1, 7, 1e6];

describe.each(Object.entries(kinds))('%s', (name, kind) => {
  const code = thetaCode(name);
  it('is the mean that links have, symmetric, of degree 1, between its ends', () => {
    for (const s of values) {
      for (const t of values) {
        const theta = thetaOf(code, s, t);
        setMean(kind, s, t, 1, 1, Math.log(s) - Math.log(t));
        expect(Math.abs(theta / meanAt[0] - 1)).toBeLessThan(1e-12);
        expect(Math.abs(thetaOf(code, t, s) / theta - 1)).toBeLessThan(1e-12);
        expect(Math.abs(thetaOf(code, 4 * s, 4 * t) / (4 * theta) - 1)).toBeLessThan(1e-12);
        expect(theta).toBeGreaterThanOrEqual(Math.min(s, t) * (1 - 1e-12));
        expect(theta).toBeLessThanOrEqual(Math.max(s, t) * (1 + 1e-12));
      }
    }
  });

  it('is 0 beside an empty end, but for the arithmetic mean', () => {
    expect(thetaOf(code, 0, 1)).toBe(name === 'arithmetic' ? 0.5 : 0);
    expect(thetaOf(code, 0, 0)).toBe(0);
  });
});

it('log-mean holds where the quotient of the densities does not', () => {
  const theta = thetaOf(thetaCode('log-mean'), 1, 1e-310);
  expect(Math.abs(theta * 310 * Math.LN10 - 1)).toBeLessThan(1e-9);
});

it('constant is 1, and upwind has no number', () => {
  expect(thetaOf(thetaCode('constant'), 0.1, 3)).toBe(1);
  expect(isConstantTheta(thetaCode('constant'))).toBe(true);
  expect([thetaCode('upwind'), thetaCode('metropolis')]).toEqual([-1, -1]);
});
