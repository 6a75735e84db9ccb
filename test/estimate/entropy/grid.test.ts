// The histogram entropy against sums over cells written out, and its error and bias against exact entropies.

import { describe, expect, it } from 'vitest';
import { gridEntropy } from '../../../src/estimate/mod.js';
import type { Mesh } from '../../../src/model/mod.js';
import { draws, normalEntropy, sampleOf, samplePoints } from './draws.js';

function mesh(dimension: number, cells: number, low: number, high: number, periodic = false): Mesh {
  const all = <T>(value: T): T[] => Array.from({ length: dimension }, () => value);
  return { cells: all(cells), low: all(low), high: all(high), periodic: all(periodic) };
}

const seeds = Array.from({ length: 60 }, (_, seed) => seed);

describe('gridEntropy', () => {
  it('is the sum over cells with the correction of Miller and Madow', () => {
    // Five points in cells of width 1/2: shares 3/5, 1/5, 1/5.
    const sample = samplePoints([[0.1], [0.2], [0.49], [0.5], [1.99]]);
    const { value, error } = gridEntropy(sample, mesh(1, 4, 0, 2));
    const shares = [0.6, 0.2, 0.2];
    const mean = shares.reduce((sum, p) => sum + p * Math.log(p), 0);
    const square = shares.reduce((sum, p) => sum + p * Math.log(p) ** 2, 0);
    expect(value).toBeCloseTo(-mean + 2 / 10 + Math.log(0.5), 12);
    expect(error).toBeCloseTo(Math.sqrt((square - mean * mean) / 5), 12);
  });

  it('tells cells of all coordinates apart, and knows unequal cells', () => {
    const points = [
      [0.1, 10],
      [0.1, 14],
      [0.9, 10],
      [0.9, 14],
    ];
    const box: Mesh = { cells: [2, 3], low: [0, 9], high: [1, 15], periodic: [false, false] };
    expect(gridEntropy(samplePoints(points), box).value).toBeCloseTo(
      Math.log(4) + 3 / 8 + Math.log(0.5 * 2),
      12,
    );
  });

  it('puts what is outside in the outermost cells, or around', () => {
    const box = mesh(1, 4, 0, 4);
    const at = (...xs: number[]) => samplePoints(xs.map((x) => [x]));
    const inside = gridEntropy(at(0.5, 0.5, 3.5), box);
    expect(gridEntropy(at(-9, 0.5, 4), box)).toEqual(inside);
    const torus = mesh(1, 4, 0, 4, true);
    expect(gridEntropy(at(0.5, -7.5, 7.5), torus)).toEqual(inside);
    expect(gridEntropy(at(-1e-20, 3.5, 0.5), torus)).toEqual(inside);
  });

  it.each([
    ['normal', 1, 512, 4000],
    ['normal', 2, 32, 20_000],
    ['normal', 3, 16, 20_000],
    ['uniform', 2, 16, 4000],
    ['exponential', 1, 128, 4000],
  ] as const)('covers the entropy of %s points, d = %i, %i cells', (law, d, cells, n) => {
    const box = { normal: [-7, 7], uniform: [0, 1], exponential: [0, 20] }[law];
    const exact = { normal: d * normalEntropy, uniform: 0, exponential: d }[law];
    const covered = seeds.filter((seed) => {
      const { value, error, bias } = gridEntropy(
        sampleOf(n, d, draws(seed)[law]),
        mesh(d, cells, box[0], box[1]),
      );
      return Math.abs(value - exact) <= 2 * error + Math.abs(bias);
    });
    // 95 % of 60 is 57; fewer than 51 has a probability of 0.5 %.
    expect(covered.length).toBeGreaterThanOrEqual(51);
  });

  it('says how much cells without points take away', () => {
    const errors = seeds.map((seed) => {
      const { value, bias } = gridEntropy(sampleOf(4000, 2, draws(seed).normal), mesh(2, 128, -7, 7));
      return [value - 2 * normalEntropy, value - bias - 2 * normalEntropy];
    });
    const mean = (column: number): number =>
      errors.reduce((sum, row) => sum + row[column], 0) / errors.length;
    expect(mean(0)).toBeLessThan(-0.12);
    expect(Math.abs(mean(1))).toBeLessThan(0.02);
  });

  it('says how much wide cells add', () => {
    // Cells as wide as the standard deviation: 1/24 to the leading order.
    const { value, bias } = gridEntropy(sampleOf(100_000, 1, draws(1).normal), mesh(1, 14, -7, 7));
    expect(value - normalEntropy).toBeCloseTo(1 / 24, 2);
    expect(bias).toBeGreaterThan(0.02);
    expect(bias).toBeLessThan(0.06);
  });

  it('refuses a mesh of another dimension, and has no answer without points', () => {
    expect(() => gridEntropy(samplePoints([[1, 2]]), mesh(1, 4, 0, 1))).toThrow(/dimension 2 on a mesh/);
    const none = { points: new Float64Array(0), dimension: 1, periods: [undefined] };
    expect(gridEntropy(none, mesh(1, 4, 0, 1)).value).toBeNaN();
  });
});
