// The parts of the solver of the metric: proximal maps, bases, projection; and that the team's size changes no bit.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EdgeProximal } from '../../src/geodesic/edge-proximal.js';
import { actionRoot } from '../../src/geodesic/action-root.js';
import { BasisChange, basisOf } from '../../src/geodesic/basis.js';
import { MetricPlan } from '../../src/geodesic/memory.js';
import { metricMobilities, solveMember } from '../../src/geodesic/mod.js';
import { thetaCode, thetaOf } from '../../src/transport/mod.js';
import { eigenbasis } from '../../src/geodesic/symmetric.js';
import { bell, problem } from './problems.js';

const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true });

test('the root of the action solves its equation', () => {
  fc.assert(
    fc.property(
      finite(-5, 5),
      finite(0, 50),
      finite(1e-3, 1e3),
      finite(0, 10),
      (start, force, stiffness, guess) => {
        const theta = actionRoot(start, force, stiffness, guess);
        if (start + force <= 0) return theta === 0;
        const push = force / (1 + stiffness * theta) ** 2;
        return (
          theta >= 0 && Math.abs(theta - start - push) <= 1e-9 * (Math.abs(start) + push + 1e-5 / stiffness)
        );
      },
    ),
  );
});

describe('the proximal map of an edge', () => {
  test.each(metricMobilities)('%s: no place nearby is better', (kind) => {
    const proximal = new EdgeProximal(kind);
    fc.assert(
      fc.property(
        fc.tuple(finite(-3, 3), finite(-3, 3), finite(-5, 5)),
        fc.tuple(finite(0.05, 20), finite(0.05, 20), finite(0.05, 20)),
        fc.array(fc.tuple(finite(-1, 1), finite(-1, 1), finite(-6, 0)), { minLength: 30, maxLength: 30 }),
        finite(-20, 20),
        ([s0, t0, r0], [weight, momentum, k], moves, guess) => {
          proximal.run(s0, t0, r0, weight, momentum, k, guess);
          const value = (s: number, t: number): number => {
            const x = momentum * k * thetaOf(thetaCode(kind), s, t);
            const r = (r0 * x) / (1 + x);
            // With r at its best: momentum/2 (r - r0)² + r²/(2 K θ).
            return (weight / 2) * ((s - s0) ** 2 + (t - t0) ** 2) + (momentum / 2) * r0 * (r0 - r);
          };
          const { s, t, r } = proximal;
          const best = value(s, t);
          const x = momentum * k * thetaOf(thetaCode(kind), s, t);
          expect(Math.abs(r - (r0 * x) / (1 + x))).toBeLessThanOrEqual(1e-12 * Math.abs(r0) + 1e-300);
          for (const [a, b, size] of moves) {
            const scale = 10 ** size;
            const other = value(Math.max(0, s + scale * a), Math.max(0, t + scale * b));
            expect(best).toBeLessThanOrEqual(other + 1e-12 * (1 + Math.abs(other)));
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

test.each([
  [7, false],
  [8, false],
  [7, true],
  [8, true],
] as const)(
  'a basis of %i points (ring: %s) is orthonormal and makes second differences diagonal',
  (size, isRing) => {
    const basis = basisOf(size, isRing);
    const change = new BasisChange(basis);
    const values = Float64Array.from({ length: size * 3 }, (_, i) => Math.sin(1.7 * i + 0.3));
    const coefficients = values.slice();
    change.run(coefficients, 3, 0, 3, 1, false);
    const squares = (field: Float64Array): number => field.reduce((sum, x) => sum + x * x, 0);
    expect(squares(coefficients)).toBeCloseTo(squares(values), 12);
    const scaled = coefficients.map((x, i) => x * basis.eigenvalues[Math.floor(i / 3)]);
    change.run(scaled, 3, 0, 3, 1, true);
    for (let line = 0; line < 3; line++) {
      for (let i = 0; i < size; i++) {
        const at = (j: number): number =>
          values[(isRing ? (j + size) % size : Math.min(size - 1, Math.max(0, j))) * 3 + line];
        expect(scaled[i * 3 + line]).toBeCloseTo(2 * at(i) - at(i - 1) - at(i + 1), 12);
      }
    }
  },
);

test('eigenvectors of a symmetric matrix', () => {
  const n = 5;
  const matrix = Float64Array.from({ length: n * n }, (_, at) =>
    Math.cos((Math.floor(at / n) + 1) * ((at % n) + 1)),
  );
  const { values, vectors } = eigenbasis(matrix, n);
  for (let a = 0; a < n; a++) {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += matrix[i * n + j] * vectors[a * n + j];
      expect(sum).toBeCloseTo(values[a] * vectors[a * n + i], 12);
    }
  }
});

test('a team of any size finds the same bits', () => {
  const given = problem(
    {
      cells: [9, 7],
      nodeCount: 3,
      edges: [
        { from: 0, to: 1, weight: 1 },
        { from: 1, to: 2, weight: 2 },
      ],
      levels: 5,
    },
    (g, x) => (g + 1) * bell(x, [0.4, 0.4], 0.2),
    (g, x) => (3 - g) * bell(x, [0.6, 0.5], 0.25),
  );
  const bits = (size: number): string => {
    const plan = new MetricPlan(given);
    const memory = plan.allocate();
    const members = Array.from({ length: size }, (_, index) =>
      solveMember(plan, plan.view(memory), { index, size }, { mostIterations: 60 }),
    );
    for (;;) {
      const results = members.map((member) => member.next());
      const done = results.filter((result) => result.done === true);
      if (done.length > 0) {
        expect(done).toHaveLength(size);
        expect(new Set(done.map(({ value }) => JSON.stringify(value))).size).toBe(1);
        return Buffer.from(memory).toString('base64');
      }
    }
  };
  const [alone, ...others] = [1, 2, 3, 7].map(bits);
  for (const other of others) expect(other === alone).toBe(true);
});
