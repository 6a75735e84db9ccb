// Log density and its gradient from nearest points, against normal and uniform laws.

import { describe, expect, it } from 'vitest';
import {
  knnEntropyOf,
  knnLogDensity,
  knnLogDensityOf,
  knnScore,
  NeighbourTree,
  trigamma,
} from '../../../src/estimate/mod.js';
import { draws, sampleOf, samplePoints } from './draws.js';

describe('knnLogDensity', () => {
  it('is unbiased with variance psi prime of k where the density is constant', () => {
    const seeds = Array.from({ length: 1000 }, (_, seed) => seed);
    for (const k of [1, 4]) {
      const values = seeds.map((seed) =>
        knnLogDensity(new NeighbourTree(sampleOf(60, 2, draws(seed).uniform, 1)), [0.3, 0.99], k),
      );
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      const exact = trigamma(k) - trigamma(61);
      expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(exact / values.length));
      expect(variance / exact).toBeGreaterThan(0.8);
      expect(variance / exact).toBeLessThan(1.2);
    }
  });

  it('follows a normal density', () => {
    const tree = new NeighbourTree(sampleOf(40_000, 2, draws(1).normal));
    for (const x of [
      [0, 0],
      [1, -0.5],
      [2, 1],
    ]) {
      const exact = -Math.log(2 * Math.PI) - (x[0] * x[0] + x[1] * x[1]) / 2;
      expect(Math.abs(knnLogDensity(tree, x, 64) - exact)).toBeLessThan(4 * Math.sqrt(trigamma(64)));
    }
  });

  it('of the points themselves has the negative entropy for its mean', () => {
    const { uniform } = draws(3);
    for (const sample of [
      sampleOf(300, 3, draws(2).normal),
      sampleOf(200, 1, () => Math.floor(20 * uniform())),
    ]) {
      const tree = new NeighbourTree(sample);
      let sum = 0;
      for (let i = 0; i < tree.count; i++) sum += knnLogDensityOf(tree, i, 4);
      expect(-sum / tree.count).toBeCloseTo(knnEntropyOf(tree, 4).value, 10);
    }
  });

  it('has no answer where there are too few points or all are here', () => {
    const tree = new NeighbourTree(samplePoints([[1], [1], [1]]));
    expect(knnLogDensity(tree, [1], 2)).toBeNaN();
    expect(knnLogDensity(tree, [2], 4)).toBeNaN();
    expect(knnLogDensityOf(tree, 0, 2)).toBeNaN();
    expect(knnLogDensityOf(tree, 0, 3)).toBeNaN();
    expect(knnLogDensity(tree, [2], 3)).not.toBeNaN();
    expect(() => knnLogDensity(tree, [2], 0)).toThrow(/0 neighbours/);
  });
});

describe('knnScore', () => {
  it.each([
    [1, 40_000, 400],
    [2, 40_000, 400],
    [3, 40_000, 200],
  ])('is -x for normal points, d = %i', (d, n, k) => {
    const sample = sampleOf(n, d, draws(d).normal);
    const tree = new NeighbourTree(sample);
    const out = new Float64Array(d);
    let [noise, deviation, seen] = [0, 0, 0];
    const sums = new Float64Array(d);
    for (let i = 0; i < n; i += 37) {
      const x = sample.points.subarray(i * d, (i + 1) * d);
      // The bulk: in the tails r is not small, and the bias of order r^2 shows.
      if (x.reduce((sum, value) => sum + value * value, 0) > 1) continue;
      noise += knnScore(tree, i, k, out);
      deviation += out.reduce((sum, value, c) => sum + (value + x[c]) ** 2, 0);
      out.forEach((value, c) => (sums[c] += value + x[c]));
      seen++;
    }
    expect(seen).toBeGreaterThan(100);
    // The square deviation is the stated noise, within the part that the bias adds.
    expect(deviation / noise).toBeGreaterThan(0.75);
    expect(deviation / noise).toBeLessThan(1.25);
    for (const sum of sums) expect(Math.abs(sum / seen)).toBeLessThan(0.1);
  });

  it.each([4, 8])('has no bias for a linear density, k = %i', (k) => {
    // f = 1 + (x - 1/2) / 2 on a strip that is periodic in y; score 1/2 at x = 1/2. A point is put there.
    const runs = 1000;
    let [sum, square, noise] = [0, 0, 0];
    const out = new Float64Array(2);
    for (let seed = 0; seed < runs; seed++) {
      const { uniform } = draws(seed);
      const points: number[][] = [[0.5, 0.5]];
      while (points.length < 200) {
        const [x, y] = [uniform(), uniform()];
        if (uniform() * 1.25 < 0.75 + 0.5 * x) points.push([x, y]);
      }
      noise += knnScore(new NeighbourTree(samplePoints(points, [undefined, 1])), 0, k, out) / runs;
      sum += out[0] / runs;
      square += (out[0] * out[0] + out[1] * out[1]) / runs;
    }
    // Half of the noise is in each coordinate.
    expect(Math.abs(sum - 0.5)).toBeLessThan(4 * Math.sqrt(noise / 2 / runs));
    expect(Math.abs(square / noise - 1)).toBeLessThan(0.15);
  });

  it('goes the shorter way round', () => {
    const tree = new NeighbourTree(samplePoints([[0.05], [0.95]], [1]));
    const out = new Float64Array(1);
    // m = -0.1, r = 0.1, k = d = 1: the factor is 3/3.
    const noise = knnScore(tree, 0, 1, out);
    expect(out[0]).toBeCloseTo(-10, 10);
    expect(noise).toBeCloseTo(100, 8);
  });

  it('has no answer for too few points or r = 0', () => {
    const tree = new NeighbourTree(samplePoints([[1], [1], [1], [2]]));
    const out = new Float64Array(1);
    expect(knnScore(tree, 0, 2, out)).toBeNaN();
    expect(out[0]).toBeNaN();
    expect(knnScore(tree, 0, 4, out)).toBeNaN();
    expect(knnScore(tree, 0, 3, out)).toBeGreaterThan(0);
    expect(() => knnScore(tree, 0, 3, new Float64Array(0))).toThrow(/no room/);
  });
});
