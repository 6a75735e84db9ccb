// W_K against exact answers and laws of metrics (mathematics, section 11, answers 3 and 4).

import { describe, expect, test } from 'vitest';
import { GeodesicError, metricMobilities, solveMetric, type MetricMobility } from '../../src/geodesic/mod.js';
import { thetaCode, thetaOf } from '../../src/transport/mod.js';
import { bell, problem } from './problems.js';

/** |∫ dm / sqrt(K θ(m, 1-m))| by Simpson's rule in an angle, which takes the roots away at the ends. */
function twoPoint(kind: Exclude<MetricMobility, 'constant'>, k: number, from: number, to: number): number {
  const angle = (m: number): number => Math.asin(Math.sqrt(m));
  const [a, b] = [angle(from), angle(to)];
  const steps = 2000;
  const at = (t: number): number => {
    const m = Math.sin(t) ** 2;
    return (2 * Math.sin(t) * Math.cos(t)) / Math.sqrt(k * thetaOf(thetaCode(kind), m, 1 - m));
  };
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const [x, h] = [a + (i * (b - a)) / steps, (b - a) / steps];
    sum += (h / 6) * (at(x) + 4 * at(x + h / 2) + at(x + h));
  }
  return Math.abs(sum);
}

describe('two nodes, x-uniform', () => {
  const edges = [{ from: 0, to: 1, weight: 2.5 }];
  const between = (kind: MetricMobility, from: number, to: number, levels: number, length = 1) =>
    solveMetric(
      problem(
        { cells: [4], length, nodeCount: 2, edges, mobility: kind, levels },
        (g) => (g === 0 ? from : 1 - from),
        (g) => (g === 0 ? to : 1 - to),
      ),
      { tolerance: 1e-6 },
    );

  test.each(['log-mean', 'arithmetic', 'geometric', 'harmonic'] as const)(
    '%s: the two-point metric',
    (kind) => {
      const exact = twoPoint(kind, 2.5, 0.15, 0.7);
      const coarse = between(kind, 0.15, 0.7, 8);
      const fine = between(kind, 0.15, 0.7, 16);
      expect(coarse.converged && fine.converged).toBe(true);
      expect(Math.abs(fine.distance / exact - 1)).toBeLessThan(1e-3);
      // Of second order in the length of an interval, and exact for the arithmetic mean, which is 1/2 all the way.
      if (kind === 'arithmetic') expect(fine.distance).toBeCloseTo(exact, 6);
      else expect(Math.abs(fine.distance - exact)).toBeLessThan(0.4 * Math.abs(coarse.distance - exact));
      expect(fine.transport).toBeLessThan(1e-9);
    },
  );

  test('constant: the mobility is a density, so the box counts', () => {
    const found = between('constant', 0.15, 0.7, 8, 2);
    expect(found.distance).toBeCloseTo(0.55 / Math.sqrt(2.5 * 2), 6);
  });
});

describe('one node', () => {
  test('Gaussians on a line: |c0 - c1|² + (s0 - s1)²', () => {
    const exact = 0.25 ** 2 + 0.02 ** 2;
    const off = (cells: number): number => {
      const found = solveMetric(
        problem(
          { cells: [cells], levels: 16 },
          (_, x) => bell(x, [0.35], 0.08),
          (_, x) => bell(x, [0.6], 0.1),
        ),
        { tolerance: 1e-4 },
      );
      expect(found.converged).toBe(true);
      return found.above / exact - 1;
    };
    const [coarse, fine] = [off(32), off(64)];
    expect(Math.abs(fine)).toBeLessThan(0.01);
    expect(Math.abs(fine)).toBeLessThan(Math.abs(coarse));
  });

  test('in the plane, with a diffusivity D: the square is 1/D of that', () => {
    const exact = 0.2 ** 2 + 0.15 ** 2;
    const shape = (mean: number[]) => (_: number, x: readonly number[]) => bell(x, mean, 0.1);
    const setting = { cells: [24, 24], levels: 6 };
    const one = solveMetric(problem(setting, shape([0.4, 0.4]), shape([0.6, 0.55])));
    // About (h/s)²/4 too much, h the width of a cell: docs/theory.md.
    expect(one.above / exact - 1).toBeCloseTo(1 / (24 * 24 * 0.1 * 0.1 * 4), 2);
    const fast = solveMetric(
      problem({ ...setting, diffusivity: [4] }, shape([0.4, 0.4]), shape([0.6, 0.55])),
    );
    expect(Math.abs((4 * fast.above) / one.above - 1)).toBeLessThan(2e-3);
  });

  test('on a ring the way round is the shorter one', () => {
    const found = solveMetric(
      problem(
        { cells: [48], periodic: true, levels: 12 },
        (_, x) => bell(x, [0.12], 0.04) + bell(x, [1.12], 0.04),
        (_, x) => bell(x, [0.88], 0.04) + bell(x, [-0.12], 0.04),
      ),
    );
    expect(found.distance).toBeGreaterThan(0.23);
    expect(found.distance).toBeLessThan(0.25);
  });
});

describe('as a metric', () => {
  const edges = [{ from: 0, to: 1, weight: 3 }];
  const shapes = [
    (g: number, x: readonly number[]) => (g === 0 ? 0.7 : 0.3) * bell(x, [0.3], 0.1),
    (g: number, x: readonly number[]) => (g === 0 ? 0.2 : 0.8) * bell(x, [0.6], 0.12),
    (g: number, x: readonly number[]) => 0.5 * bell(x, [g === 0 ? 0.7 : 0.4], 0.09),
  ];
  const distance = (kind: MetricMobility, a: number, b: number) =>
    solveMetric(
      problem({ cells: [24], nodeCount: 2, edges, mobility: kind, levels: 8 }, shapes[a], shapes[b]),
    );

  test.each(metricMobilities)('%s: symmetric, and no way round is shorter', (kind) => {
    const [there, back] = [distance(kind, 0, 1), distance(kind, 1, 0)];
    expect(there.converged).toBe(true);
    expect(there.below <= back.above && back.below <= there.above).toBe(true);
    const [first, second] = [distance(kind, 0, 2), distance(kind, 2, 1)];
    // Only the lower bound of the long way and the upper bounds of the short ones are sure. The discrete
    // metric is a metric up to its error in time.
    expect(Math.sqrt(there.below)).toBeLessThan(1.002 * (first.distance + second.distance));
  });

  test('of a density and itself: 0', () => {
    expect(distance('log-mean', 1, 1)).toMatchObject({ distance: 0, converged: true });
  });

  test('the path has the given ends, mass 1, and no negative density', () => {
    const { densities, above, transport, reaction } = distance('log-mean', 0, 1);
    const { start, end } = problem({ cells: [24], nodeCount: 2, edges }, shapes[0], shapes[1]);
    const near = (a: Float64Array, b: Float64Array): number =>
      Math.max(...a.map((f, i) => Math.abs(f - b[i])));
    expect(near(densities[0], start)).toBeLessThan(1e-14);
    expect(near(densities[8], end)).toBeLessThan(1e-14);
    for (const density of densities) {
      expect(Math.min(...density)).toBeGreaterThanOrEqual(0);
      expect(density.reduce((sum, f) => sum + f, 0) / 24).toBeCloseTo(1, 12);
    }
    expect(transport + reaction).toBe(above);
  });
});

describe('weak and strong edges', () => {
  const shapes = [
    (g: number, x: readonly number[]) => (g === 0 ? 0.6 : 0.4) * bell(x, [g === 0 ? 0.3 : 0.6], 0.1),
    (g: number, x: readonly number[]) => (g === 0 ? 0.6 : 0.4) * bell(x, [g === 0 ? 0.5 : 0.35], 0.12),
  ];
  const setting = { cells: [32], nodeCount: 2, levels: 8, masses: [0.6, 0.4] };
  const joined = (weight: number, more = {}) =>
    solveMetric(problem({ ...setting, edges: [{ from: 0, to: 1, weight }], ...more }, shapes[0], shapes[1]));

  test('K to 0: that of each node alone', () => {
    const apart = solveMetric(problem(setting, shapes[0], shapes[1]));
    const weak = joined(1e-5);
    expect(weak.converged).toBe(true);
    expect(weak.above / apart.above).toBeCloseTo(1, 2);
    expect(weak.above).toBeLessThanOrEqual(1.001 * apart.above);
    expect(joined(50).above).toBeLessThan(0.9 * apart.above);
  });

  test('K to infinity: the mixed law, on the node with the largest D', () => {
    // Reactions cost nothing, so that all nodes share one potential, and mass travels where D is largest (docs/theory.md).
    const mixed =
      (field: number) =>
      (_: number, x: readonly number[]): number =>
        shapes[field](0, x) + shapes[field](1, x);
    const alone = (diffusivity: number) =>
      solveMetric(problem({ cells: [32], levels: 8, diffusivity: [diffusivity] }, mixed(0), mixed(1))).above;
    const strong = joined(3e4, { mobility: 'arithmetic' });
    expect(strong.converged).toBe(true);
    expect(strong.above / alone(1)).toBeCloseTo(1, 1);
    // What the two changes of node cost falls like 1/sqrt(K).
    const off = [3e4, 1e6].map((weight) => {
      const faster = joined(weight, { mobility: 'arithmetic', diffusivity: [1, 3] });
      expect(faster.converged).toBe(true);
      return faster.above / alone(3) - 1;
    });
    expect(off[1]).toBeGreaterThan(0);
    expect(off[1]).toBeLessThan(0.5 * off[0]);
  });
});

test('parts of a graph that must change their masses are infinitely far', () => {
  const far = problem(
    { nodeCount: 2 },
    (g) => (g === 0 ? 0.6 : 0.4),
    (g) => (g === 0 ? 0.5 : 0.5),
  );
  expect(() => solveMetric(far)).toThrow(GeodesicError);
  expect(() => solveMetric(far)).toThrow(/infinite.*edges of weight/u);
});

test('a solver that is stopped early says so, and its bounds hold', () => {
  const given = problem(
    { levels: 16, cells: [48] },
    (_, x) => bell(x, [0.35], 0.06),
    (_, x) => bell(x, [0.6], 0.1),
  );
  const [early, late] = [solveMetric(given, { mostIterations: 20 }), solveMetric(given, { tolerance: 1e-4 })];
  expect(early.converged).toBe(false);
  expect(late.converged).toBe(true);
  expect(early.below).toBeLessThanOrEqual(late.above);
  expect(early.above).toBeGreaterThanOrEqual(late.below);
});
