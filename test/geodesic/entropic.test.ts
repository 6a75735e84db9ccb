// The entropic divergence against closed forms, and against the metric where they should agree.

import { describe, expect, test } from 'vitest';
import { entropicDivergence, GeodesicError, solveMetric } from '../../src/geodesic/mod.js';
import { jumpKernel } from '../../src/geodesic/entropic.js';
import { bell, problem } from './problems.js';

describe('one node', () => {
  const of = (temperature: number, from: [number, number], to: [number, number]) =>
    entropicDivergence(
      problem(
        { cells: [64] },
        (_, x) => bell(x, [from[0]], from[1]),
        (_, x) => bell(x, [to[0]], to[1]),
      ),
      { temperature },
    );

  test('a translation by c: c² at any temperature', () => {
    for (const temperature of [0.01, 0.001]) {
      const { divergence, converged } = of(temperature, [0.4, 0.05], [0.6, 0.05]);
      expect(converged).toBe(true);
      expect(divergence).toBeCloseTo(0.04, 5);
    }
  });

  test('a change of width: the closed form for normal laws', () => {
    // OT_ε of centred normal laws with cost x²: s² + t² - (ε/2)(r - log(1 + r) + log 2 - 1), r = sqrt(1 + 16 s²t²/ε²).
    const cost = (s: number, t: number, epsilon: number): number => {
      const r = Math.sqrt(1 + (16 * s * s * t * t) / (epsilon * epsilon));
      return s * s + t * t - (epsilon / 2) * (r - Math.log(1 + r) + Math.log(2) - 1);
    };
    const [s, t, temperature] = [0.05, 0.09, 0.002];
    const epsilon = 4 * temperature;
    const exact = cost(s, t, epsilon) - 0.5 * (cost(s, s, epsilon) + cost(t, t, epsilon));
    const { divergence } = of(temperature, [0.5, s], [0.5, t]);
    expect(divergence / exact).toBeCloseTo(1, 3);
    // Below W2², to which it tends.
    expect(divergence).toBeLessThan((t - s) ** 2);
  });

  test('a temperature of next to nothing neither overflows nor underflows', () => {
    const { divergence, error } = entropicDivergence(
      problem(
        { cells: [32] },
        (_, x) => bell(x, [0.3], 0.1),
        (_, x) => bell(x, [0.7], 0.1),
      ),
      { temperature: 1e-5, tolerance: 1e-3, mostIterations: 3000 },
    );
    expect(error).toBeLessThan(0.05);
    expect(divergence).toBeCloseTo(0.16, 2);
  });
});

test('jumps: the kernel is the exponential of the generator', () => {
  const kernel = jumpKernel(2, [{ from: 0, to: 1, weight: 3 }], 0.7);
  const stay = 0.5 + 0.5 * Math.exp(-2 * 3 * 0.7);
  expect(kernel[0]).toBeCloseTo(stay, 14);
  expect(kernel[1]).toBeCloseTo(1 - stay, 14);
});

test('two nodes near equilibrium: the square of W_K, up to the part of the masses that moves', () => {
  const setting = { cells: [4], nodeCount: 2, edges: [{ from: 0, to: 1, weight: 5 }], levels: 4 };
  const given = problem(
    setting,
    (g) => (g === 0 ? 0.49 : 0.51),
    (g) => (g === 0 ? 0.51 : 0.49),
  );
  const metric = solveMetric(given).above;
  // Many more jumps happen anyway than masses move: 4 τ KL is a quadratic form then.
  const { divergence } = entropicDivergence(given, { temperature: 0.02, tolerance: 1e-9 });
  expect(divergence / metric).toBeGreaterThan(0.8);
  expect(divergence / metric).toBeLessThan(1.2);
});

test('diffusivities that differ are refused', () => {
  const given = problem(
    { nodeCount: 2, diffusivity: [1, 2] },
    () => 1,
    () => 1,
  );
  expect(() => entropicDivergence(given, { temperature: 0.1 })).toThrow(GeodesicError);
});
