// The normal-law entropy: no bias at any sample size, an error that is what it says, periods, and samples without an answer.

import { describe, expect, it } from 'vitest';
import { gaussianEntropy, type Estimate, type Sample } from '../../../src/estimate/mod.js';
import { draws, normalEntropy, sampleOf, samplePoints } from './draws.js';

const seeds = Array.from({ length: 400 }, (_, seed) => seed);

/** Mean error over the seeds in units of its own standard error, and the root mean square of errors over those stated. */
function calibration(exact: number, estimate: (seed: number) => Estimate): { drift: number; scale: number } {
  const errors = seeds.map((seed) => {
    const { value, error } = estimate(seed);
    return [value - exact, error] as const;
  });
  const mean = errors.reduce((sum, [difference]) => sum + difference, 0) / errors.length;
  const variance = errors.reduce((sum, [difference]) => sum + (difference - mean) ** 2, 0) / errors.length;
  const stated = errors.reduce((sum, [, error]) => sum + error * error, 0) / errors.length;
  return { drift: mean / Math.sqrt(variance / errors.length), scale: Math.sqrt(variance / stated) };
}

describe('gaussianEntropy', () => {
  it.each([
    [1, 20],
    [2, 20],
    [5, 30],
    [5, 500],
  ])('has no bias and its stated error for normal points, d = %i, n = %i', (d, n) => {
    const { drift, scale } = calibration(d * normalEntropy, (seed) =>
      gaussianEntropy(sampleOf(n, d, draws(seed).normal)),
    );
    // Four standard errors of a mean; the scale of 400 errors is known to 4 %.
    expect(Math.abs(drift)).toBeLessThan(4);
    expect(scale).toBeGreaterThan(0.85);
    expect(scale).toBeLessThan(1.15);
  });

  it('is sqrt(d / (2n)) uncertain for normal points', () => {
    const { error } = gaussianEntropy(sampleOf(20_000, 3, draws(1).normal));
    expect(error / Math.sqrt(3 / 40_000)).toBeCloseTo(1, 1);
  });

  it('knows its error for a law that is not normal', () => {
    // Uniform on [0, 1]: variance 1/12, kurtosis 9/5 instead of 3.
    const bound = normalEntropy - 0.5 * Math.log(12);
    const { drift, scale } = calibration(bound, (seed) =>
      gaussianEntropy(sampleOf(400, 1, draws(seed).uniform)),
    );
    expect(Math.abs(drift)).toBeLessThan(4);
    expect(scale).toBeGreaterThan(0.85);
    expect(scale).toBeLessThan(1.15);
    expect(gaussianEntropy(sampleOf(4000, 1, draws(1).uniform)).value, 'an upper bound').toBeGreaterThan(0.1);
  });

  it('follows linear maps', () => {
    const plain = sampleOf(300, 2, draws(3).normal);
    const mapped = plain.points.slice();
    for (let at = 0; at < mapped.length; at += 2) {
      const [x, y] = plain.points.subarray(at, at + 2);
      mapped[at] = 1e3 + 2 * x + 0.5 * y;
      mapped[at + 1] = -7 + x + 3 * y;
    }
    const [before, after] = [gaussianEntropy(plain), gaussianEntropy({ ...plain, points: mapped })];
    expect(after.value - before.value).toBeCloseTo(Math.log(5.5), 10);
    expect(after.error).toBeCloseTo(before.error, 10);
  });

  it('unrolls periodic coordinates', () => {
    const { normal } = draws(4);
    const plain = sampleOf(500, 2, () => 0.3 * normal());
    const periods = [2, 4 * Math.PI];
    const wrapped = plain.points.map((x, at) => {
      const shifted = x + (at % 2 === 0 ? 0.97 : -0.4);
      return shifted - periods[at % 2] * Math.floor(shifted / periods[at % 2]);
    });
    const torus: Sample = { points: wrapped, dimension: 2, periods };
    expect(gaussianEntropy(torus).value).toBeCloseTo(gaussianEntropy(plain).value, 10);
    expect(gaussianEntropy({ ...torus, periods: [undefined, undefined] }).value).toBeGreaterThan(
      gaussianEntropy(plain).value + 0.5,
    );
  });

  it('has no answer for too few points and points in a line', () => {
    const line = Array.from({ length: 50 }, (_, i) => [i / 7, 3 - (2 * i) / 7]);
    for (const sample of [
      samplePoints([[1], [2]]),
      samplePoints([
        [1, 0],
        [2, 5],
        [0, 3],
      ]),
      samplePoints([[3], [3], [3], [3]]),
      samplePoints(line),
    ]) {
      expect(gaussianEntropy(sample)).toEqual({ value: NaN, error: NaN, bias: NaN });
    }
    expect(gaussianEntropy(samplePoints([[1], [2], [4]])).value).not.toBeNaN();
  });
});
