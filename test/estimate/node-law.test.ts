// Densities and scores at points against laws that are known; and the points within a ball, counted one by one.

import { describe, expect, it } from 'vitest';
import { NeighbourTree, type Sample } from '../../src/estimate/mod.js';
import { ballLaw, gaussianLaw, noLaw, type NodeLaw } from '../../src/estimate/node-law.js';
import { draws } from './entropy/draws.js';

const free = (d: number) => Array.from({ length: d }, () => undefined);

function gaussianSample(n: number, d: number, seed: number): Sample {
  const next = draws(seed);
  return {
    points: Float64Array.from({ length: n * d }, () => next.normal()),
    dimension: d,
    periods: free(d),
  };
}

describe('NeighbourTree.within', () => {
  it.each([
    ['free', [undefined, undefined]],
    ['on a torus', [1, undefined]],
    ['on a full torus', [1, 0.7]],
  ] as const)('counts what is within, and sums the differences (%s)', (_, periods) => {
    const next = draws(3);
    const points = Float64Array.from({ length: 600 }, () => next.uniform());
    const tree = new NeighbourTree({ points, dimension: 2, periods });
    const wrapped = (x: number, i: number): number => {
      const period = periods[i];
      return period === undefined ? x : x - period * Math.round(x / period);
    };
    const sums = new Float64Array(2);
    for (const squared of [0, 0.001, 0.02, 0.1, 4]) {
      for (const own of [-1, 17, 299]) {
        const x = own < 0 ? [0.93, 0.02] : [points[2 * own], points[2 * own + 1]];
        let [count, first, second] = [0, 0, 0];
        for (let j = 0; j < 300; j++) {
          const y = [wrapped(points[2 * j] - x[0], 0), wrapped(points[2 * j + 1] - x[1], 1)];
          if (j === own || y[0] * y[0] + y[1] * y[1] > squared) continue;
          count++;
          first += y[0];
          second += y[1];
        }
        expect(tree.within(x, squared, own, sums)).toBe(count);
        expect(sums[0]).toBeCloseTo(first, 10);
        expect(sums[1]).toBeCloseTo(second, 10);
      }
    }
  });
});

describe('laws of a node', () => {
  /** Means over points of |s|^2 - noise, |s + x|^2 - noise, and of the errors of both log densities. */
  function measured(law: NodeLaw, { points, dimension: d }: Sample) {
    const n = points.length / d;
    let [square, relative, log, near] = [0, 0, 0, 0];
    for (let i = 0; i < n; i += 4) {
      const x = points.subarray(i * d, (i + 1) * d);
      const { score, noise, logDensity, nearLogDensity } = law.at(x, i);
      let exact = (-d / 2) * Math.log(2 * Math.PI);
      for (let c = 0; c < d; c++) {
        square += score[c] ** 2;
        relative += (score[c] + x[c]) ** 2;
        exact -= x[c] ** 2 / 2;
      }
      square -= noise;
      relative -= noise;
      log += logDensity - exact;
      near += nearLogDensity - exact;
    }
    const share = 4 / n;
    return { square: square * share, relative: relative * share, log: log * share, near: near * share };
  }

  it.each([
    [1, 0.2, 0.15],
    [2, 0.15, 0.15],
    [3, 0.15, 0.35],
  ])('see a normal law by balls in %i dimensions', (d, part, logPart) => {
    // Four samples: one alone has a noise of 0.07 in one dimension.
    const found = [1, 2, 3, 4].map((seed) => {
      const sample = gaussianSample(4000, d, 40 * seed + d);
      return measured(ballLaw(new NeighbourTree(sample)), sample);
    });
    const mean = (key: keyof ReturnType<typeof measured>): number =>
      found.reduce((sum, one) => sum + one[key], 0) / found.length;
    expect(Math.abs(mean('square') / d - 1)).toBeLessThan(part);
    expect(Math.abs(mean('relative'))).toBeLessThan(0.1 * d);
    expect(Math.abs(mean('log'))).toBeLessThan(logPart);
    expect(Math.abs(mean('near'))).toBeLessThan(0.1);
  });

  it('see the score of a steep exponential, where the mean shift saturates', () => {
    // Far out in the tail of x >= 0 with density exp(-x), seen on [1, 4].
    const next = draws(9);
    const sample: Sample = {
      points: Float64Array.from({ length: 20_000 }, () => -Math.log(next.uniform())),
      dimension: 1,
      periods: free(1),
    };
    const law = ballLaw(new NeighbourTree(sample));
    for (const x of [1, 2, 3, 4]) {
      const { score, logDensity } = law.at([x], -1);
      expect(Math.abs(score[0] + 1)).toBeLessThan(0.35);
      expect(Math.abs(logDensity + x)).toBeLessThan(0.25);
    }
  });

  it('see a normal law as such exactly, up to its sampling error', () => {
    const sample = gaussianSample(4000, 3, 5);
    const found = measured(gaussianLaw(sample), sample);
    expect(found.square).toBeCloseTo(3, 0.5);
    expect(found.relative).toBeLessThan(0.02);
    expect(Math.abs(found.log)).toBeLessThan(0.02);
  });

  it('unroll a periodic coordinate around its mean', () => {
    const next = draws(6);
    const points = Float64Array.from({ length: 2000 }, () => {
      const x = 0.95 + 0.1 * next.normal();
      return x - Math.floor(x);
    });
    const sample: Sample = { points, dimension: 1, periods: [1] };
    for (const law of [gaussianLaw(sample), ballLaw(new NeighbourTree(sample))]) {
      const at = (x: number): number => law.at([x], -1).nearLogDensity;
      // A standard deviation to either side, one of them across the seam.
      for (const x of [0.05, 0.85]) expect(Math.abs(at(0.95) - at(x) - 0.5)).toBeLessThan(0.8);
      // E[s (x - mean)] = -1, by parts.
      let product = 0;
      for (let i = 0; i < 2000; i++) {
        const x = points[i];
        const difference = x - 0.95 - Math.round(x - 0.95);
        product += (law.at([x], i).score[0] * difference) / 2000;
      }
      expect(Math.abs(product + 1)).toBeLessThan(0.15);
    }
  });

  it('know nothing of a node without particles, with one, or with all at one place', () => {
    const one: Sample = { points: Float64Array.of(1, 2), dimension: 2, periods: free(2) };
    const same: Sample = { points: new Float64Array(200).fill(1), dimension: 2, periods: free(2) };
    for (const law of [noLaw(2), gaussianLaw(one), gaussianLaw(same), ballLaw(new NeighbourTree(one))]) {
      expect(law.at([1, 1], -1).logDensity).toBeNaN();
      expect(law.at([1, 1], -1).noise).toSatisfy((noise: number) => Number.isNaN(noise) || noise === 0);
    }
    const point = ballLaw(new NeighbourTree(same)).at([1, 1], 0);
    expect([point.logDensity, point.nearLogDensity, point.noise, ...point.score]).toEqual([
      NaN,
      NaN,
      NaN,
      NaN,
      NaN,
    ]);
  });
});
