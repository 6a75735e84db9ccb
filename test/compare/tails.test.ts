// Tails of the normal and the binomial law against sums and published values.

import { describe, expect, it } from 'vitest';
import { absoluteMoments, countScore, logBinomialUpperTail } from '../../src/compare/binomial.js';
import { logGamma } from '../../src/estimate/mod.js';
import { logUpperTail, scoreOfLogTail, scoreOfSkewed, twoSidedThreshold } from '../../src/compare/normal.js';
import { seeded, spread } from './random.js';

describe('the normal law', () => {
  // P(Z > z), Abramowitz and Stegun, table 26.1 and 26.2.
  it.each([
    [0, 0.5],
    [1, 0.158655253931457],
    [2, 0.0227501319481792],
    [2.999, 0.0013543],
    [3.001, 0.0013455],
    [5, 2.86651571879194e-7],
    [10, 7.61985302416053e-24],
  ])('P(Z > %f)', (z, tail) => {
    expect(Math.exp(logUpperTail(z)) / tail).toBeCloseTo(1, z === 2.999 || z === 3.001 ? 4 : 9);
  });

  it('goes back from any tail, however small', () => {
    for (const z of [0, 0.1, 1, 2.9, 3.1, 7, 40, 1000])
      expect(scoreOfLogTail(logUpperTail(z))).toBeCloseTo(z, 8);
    expect(scoreOfLogTail(-Infinity)).toBe(Infinity);
    expect(scoreOfLogTail(Math.log(0.7))).toBe(0);
  });

  it('gives thresholds of both sides', () => {
    expect(twoSidedThreshold(0.05)).toBeCloseTo(1.959963985, 8);
    expect(twoSidedThreshold(1e-3)).toBeCloseTo(3.290526731, 8);
  });

  it('brings a chi-squared law to normal', () => {
    // Upper tails of chi-squared with 10 degrees of freedom: 18.307 is passed with 5 %, 29.588 with 0.1 %.
    const score = (x: number): number => scoreOfSkewed((x - 10) / Math.sqrt(20), Math.sqrt(8 / 10));
    expect(score(18.307)).toBeCloseTo(1.645, 1);
    expect(score(29.588)).toBeCloseTo(3.09, 1);
    expect(scoreOfSkewed(4, 0)).toBe(4);
  });
});

/** P(X >= k), summed. */
function summedTail(k: number, n: number, p: number): number {
  let sum = 0;
  for (let j = k; j <= n; j++) {
    let term = 1;
    for (let i = 0; i < j; i++) term *= ((n - i) / (i + 1)) * p;
    sum += term * (1 - p) ** (n - j);
  }
  return sum;
}

describe('the binomial law', () => {
  it('has the gamma function', () => {
    let factorial = 1;
    for (let n = 1; n < 60; n++) {
      expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 10);
      factorial *= n;
    }
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 11);
  });

  it('has the tails of the sum', () => {
    for (const [n, p] of [
      [10, 0.5],
      [40, 0.01],
      [100, 0.3],
      [60, 0.97],
    ] as const) {
      for (let k = Math.ceil(n * p) + 1; k <= n; k++) {
        expect(Math.exp(logBinomialUpperTail(k, n, p)) / summedTail(k, n, p)).toBeCloseTo(1, 8);
      }
    }
  });

  it('does not cry wolf over a single particle where few are expected', () => {
    // One particle where 0.001 are expected has probability 0.001, though it is 31 standard deviations.
    expect(countScore(1, 100_000, 1e-8)).toBeCloseTo(3.09, 2);
    expect(countScore(0, 100_000, 1e-8)).toBe(0);
    expect(countScore(0, 100_000, 1e-4)).toBeCloseTo(-3.91, 1);
    expect(countScore(3, 10, 0)).toBe(Infinity);
    expect(countScore(9, 10, 1)).toBe(-Infinity);
    expect(countScore(10, 10, 1)).toBe(0);
  });

  it('is normal for many', () => {
    expect(countScore(501_000, 1_000_000, 0.5)).toBeCloseTo(2, 10);
    // Where the two ways of judging meet they agree to the stated 0.04 at five standard deviations.
    const n = 50_000;
    for (const p of [0.1999, 0.277, 0.2764]) {
      const deviation = Math.sqrt(n * p * (1 - p));
      expect(countScore(Math.round(n * p + 5 * deviation), n, p)).toBeCloseTo(5, 1);
    }
  });

  it('has the moments of |X - mean|, exact and for large n', () => {
    // n = 2, p = 1/2: |D| is 1 with probability 1/2.
    expect(absoluteMoments(2, 0.5).map((m) => Number(m.toFixed(12)))).toEqual([0.5, 0.5, 0.5]);
    expect(absoluteMoments(5, 0)).toEqual([0, 0, 0]);
    const [m1, m2] = absoluteMoments(1000, 0.01);
    expect(m2).toBeCloseTo(9.9, 9);
    // De Moivre: 2 v C(n, v) p^v (1-p)^(n-v+1) with v = floor(n p) + 1 = 11.
    const binomial = Math.exp(logGamma(1001) - logGamma(12) - logGamma(990));
    expect(m1).toBeCloseTo(2 * 11 * binomial * 0.01 ** 11 * 0.99 ** 990, 9);
    // Just below and above the change of method.
    const [below] = absoluteMoments(799, 0.5);
    const [above] = absoluteMoments(801, 0.5);
    expect(above / below).toBeCloseTo(Math.sqrt(801 / 799), 3);
  });
});

describe('the generator of these tests', () => {
  it('is normal enough', () => {
    const random = seeded(1);
    const { mean, deviation } = spread(Array.from({ length: 20_000 }, () => random.normal()));
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(deviation).toBeCloseTo(1, 1);
  });
});
