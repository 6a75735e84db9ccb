// The gamma family against tables and recurrences.

import { describe, expect, it } from 'vitest';
import { digamma, logGamma, logUnitBallVolume, trigamma } from '../../../src/estimate/mod.js';

const euler = 0.5772156649015329;

function expectRelative(actual: number, expected: number, bound: number, what: string): void {
  expect(Math.abs(actual - expected), `${what}: ${actual}, not ${expected}`).toBeLessThanOrEqual(
    bound * Math.max(1, Math.abs(expected)),
  );
}

describe('digamma', () => {
  it.each([
    [1, -euler],
    [2, 1 - euler],
    [0.5, -euler - 2 * Math.LN2],
    [0.25, -euler - Math.PI / 2 - 3 * Math.LN2],
    [4, 11 / 6 - euler],
    // Abramowitz and Stegun, tables 6.1 and 6.3.
    [1.5, 0.03648997397857652],
    [10, 2.251752589066721],
    [100, 4.600161852738087],
    // log x - 1/(2x) - 1/(12 x^2), the next term is 1e-17.
    [4000, Math.log(4000) - 1 / 8000 - 1 / 12 / 4000 ** 2],
  ])('of %f', (x, expected) => {
    expectRelative(digamma(x), expected, 3e-15, `digamma(${x})`);
  });

  it('grows by 1/x', () => {
    for (let x = 0.03; x < 40; x *= 1.17) {
      expectRelative(digamma(x + 1) - digamma(x), 1 / x, 1e-14, `at ${x}`);
    }
  });

  it('is for positive numbers', () => {
    for (const x of [0, -1, NaN]) expect(() => digamma(x)).toThrow(/positive numbers/);
  });
});

describe('trigamma', () => {
  it.each([
    [1, Math.PI ** 2 / 6],
    [2, Math.PI ** 2 / 6 - 1],
    [0.5, Math.PI ** 2 / 2],
    [4, Math.PI ** 2 / 6 - 1 - 1 / 4 - 1 / 9],
  ])('of %f', (x, expected) => {
    expectRelative(trigamma(x), expected, 3e-15, `trigamma(${x})`);
  });

  it('is the slope of digamma', () => {
    for (let x = 0.3; x < 3000; x *= 1.9) {
      const step = 1e-4 * x;
      const slope = (digamma(x + step) - digamma(x - step)) / (2 * step);
      expect(Math.abs(slope / trigamma(x) - 1), `at ${x}`).toBeLessThan(1e-7);
    }
  });
});

describe('logGamma', () => {
  it('is the logarithm of factorials', () => {
    let logFactorial = 0;
    for (let m = 1; m < 200; m++) {
      expectRelative(logGamma(m), logFactorial, 1e-14, `logGamma(${m})`);
      logFactorial += Math.log(m);
    }
  });

  it.each([
    [0.5, 0.5 * Math.log(Math.PI)],
    [1.5, 0.5 * Math.log(Math.PI) - Math.LN2],
    [3.5, Math.log((15 * Math.sqrt(Math.PI)) / 8)],
    // Gamma(1/4), Abramowitz and Stegun 6.1.10.
    [0.25, Math.log(3.625609908221908)],
  ])('of %f', (x, expected) => {
    expectRelative(logGamma(x), expected, 1e-14, `logGamma(${x})`);
  });
});

it('volumes of unit balls', () => {
  const volumes = [2, Math.PI, (4 * Math.PI) / 3, Math.PI ** 2 / 2, (8 * Math.PI ** 2) / 15];
  volumes.forEach((volume, i) =>
    expectRelative(logUnitBallVolume(i + 1), Math.log(volume), 1e-14, `dimension ${i + 1}`),
  );
});
