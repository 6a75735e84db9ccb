// Means against their formulas, and derivatives against differences.

import { describe, expect, it } from 'vitest';
import { mean, meanAt, setMean, type MeanKind } from '../../src/transport/mod.js';

const formulas: readonly (readonly [string, MeanKind, (s: number, t: number) => number])[] = [
  ['arithmetic', mean.arithmetic, (s, t) => (s + t) / 2],
  ['constant', mean.constant, () => 1],
  ['geometric', mean.geometric, (s, t) => Math.sqrt(s * t)],
  ['harmonic', mean.harmonic, (s, t) => (2 * s * t) / (s + t)],
  [
    'logarithmic',
    mean.logarithmic,
    (s, t) => {
      const [x, y] = [3 * s, 0.7 * t];
      return x === y ? x : (x - y) / (Math.log(x) - Math.log(y));
    },
  ],
  ['first', mean.first, (s) => s],
  ['second', mean.second, (_s, t) => t],
];

const [a, b] = [3, 0.7];
function at(kind: MeanKind, s: number, t: number): number[] {
  setMean(kind, s, t, a, b, Math.log(a * s) - Math.log(b * t));
  return Array.from(meanAt);
}

describe('means', () => {
  for (const [name, kind, formula] of formulas) {
    it(`${name}: value, slopes and curvature`, () => {
      for (const [s, t] of [
        [1, 2],
        [2, 0.3],
        [0.7, 3.3],
        [0.71, 2.9],
        [1e-8, 1],
        [1, 1e-12],
        [1e-3, 2e-3],
      ]) {
        const [theta, first, second, curvature] = at(kind, s, t);
        expect(theta / formula(s, t)).toBeCloseTo(1, 12);
        const h = 1e-5;
        const relative = (x: number): number => x / Math.max(theta, 1e-300);
        const up = formula(s * (1 + h), t);
        const down = formula(s * (1 - h), t);
        expect(relative(first)).toBeCloseTo(relative((up - down) / (2 * h)), 7);
        const other = (formula(s, t * (1 + h)) - formula(s, t * (1 - h))) / (2 * h);
        expect(relative(second)).toBeCloseTo(relative(other), 7);
        const bend = (at(kind, s, t * (1 + h))[1] - at(kind, s, t * (1 - h))[1]) / (2 * h);
        expect(relative(curvature)).toBeCloseTo(relative(bend), 7);
      }
    });
  }

  it('the logarithmic mean keeps its digits (5e-14) where its series begins', () => {
    for (const u of [1e-9, 1e-3, 0.49999, 0.50001, -0.49999, -0.50001, -1e-6]) {
      const t = 1;
      const s = ((b * t) / a) * Math.exp(u);
      setMean(mean.logarithmic, s, t, a, b, u);
      // sinh(v)/v times the geometric mean, v = u/2.
      const v = u / 2;
      const exact =
        Math.sqrt(a * s * b * t) * (1 + (v * v) / 6 + v ** 4 / 120 + v ** 6 / 5040 + v ** 8 / 362880);
      expect(Math.abs(meanAt[0] / exact - 1)).toBeLessThan(5e-14);
    }
  });
});
