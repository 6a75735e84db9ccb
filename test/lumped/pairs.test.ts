// What happens along one edge, against fine integration of the equations themselves and against exact answers.

import { describe, expect, it } from 'vitest';
import { relaxPair, type LumpedMobility } from '../../src/lumped/relax.js';
import { movePair } from '../../src/lumped/kinetic.js';
import { linearRates, theta, thetaSlope, type SmoothMobility } from '../../src/lumped/mobility.js';
import { isDensityMobility } from '../../src/model/mod.js';

const mobilities: readonly LumpedMobility[] = [
  ...(['metropolis', 'barker', 'symmetric'] as const),
  ...(['log-mean', 'arithmetic', 'geometric', 'harmonic', 'upwind', 'constant'] as const),
];
const smooth: readonly SmoothMobility[] = ['log-mean', 'arithmetic', 'geometric', 'harmonic', 'constant'];

/** a' by the theory, for masses that are not tiny. */
function slope(mobility: LumpedMobility, a: number, b: number, deltaV: number, eps: number): number {
  if (isDensityMobility(mobility)) {
    const drive = deltaV + (eps === 0 ? 0 : eps * Math.log(b / a));
    return theta(mobility, a, b, drive) * drive;
  }
  const { sum, forward } = linearRates(mobility, deltaV, eps);
  return sum * ((1 - forward) * b - forward * a);
}

function fine(
  mobility: LumpedMobility,
  a: number,
  b: number,
  time: number,
  deltaV: number,
  eps: number,
): number {
  const steps = 4000;
  const h = time / steps;
  let m = a;
  const f = (mass: number): number => slope(mobility, mass, a + b - mass, deltaV, eps);
  for (let i = 0; i < steps; i++) {
    const k1 = f(m);
    const k2 = f(m + (h / 2) * k1);
    const k3 = f(m + (h / 2) * k2);
    const k4 = f(m + h * k3);
    m += (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return m;
}

describe.each(mobilities)('a pair of mobility %s', (mobility) => {
  const relaxed = (
    a: number,
    b: number,
    time: number,
    deltaV: number,
    eps: number,
  ): { a: number; b: number } => {
    const pair = { a, b };
    relaxPair(mobility, pair, time, deltaV, eps);
    return pair;
  };

  it('follows the equation, with errors of the third power of the time', () => {
    for (const [a, b, deltaV, eps] of [
      [0.3, 0.5, 0.4, 0.7],
      [0.05, 0.6, -1, 0.5],
      [0.7, 0.2, 0.9, 1],
    ]) {
      const errors = [0.02, 0.01].map((time) =>
        Math.abs(relaxed(a, b, time, deltaV, eps).a - fine(mobility, a, b, time, deltaV, eps)),
      );
      expect(errors[0]).toBeLessThan(1e-4);
      // Exact ones have rounding alone.
      if (errors[0] > 1e-12) expect(errors[0] / errors[1]).toBeGreaterThan(5.5);
    }
  });

  it('keeps the sum to rounding and both masses >= 0, however long the time', () => {
    for (const [a, b] of [
      [0.3, 0.7],
      [1, 0],
      [0, 1],
      [1e-200, 0.5],
      [0.4, 1e-30],
    ])
      for (const deltaV of [-30, -1, 0, 1e-9, 2, 700])
        for (const eps of [1e-3, 1, 50])
          for (const time of [1e-9, 0.01, 1, 1e6]) {
            const pair = relaxed(a, b, time, deltaV, eps);
            expect(pair.a).toBeGreaterThanOrEqual(0);
            expect(pair.b).toBeGreaterThanOrEqual(0);
            expect(Math.abs(pair.a + pair.b - (a + b))).toBeLessThanOrEqual(4e-16);
          }
  });

  it('goes to the Gibbs masses and never beyond them', () => {
    for (const [deltaV, eps] of [
      [1, 0.5],
      [-2, 0.25],
    ]) {
      const balance = 1 / (1 + Math.exp(-deltaV / eps));
      for (const a of [0.05, 0.5, 0.97]) {
        for (const time of [0.01, 0.3, 10]) {
          const end = relaxed(a, 1 - a, time, deltaV, eps).a;
          expect((end - a) * (balance - end)).toBeGreaterThanOrEqual(-1e-15);
        }
        expect(Math.abs(relaxed(a, 1 - a, 1e5, deltaV, eps).a - balance)).toBeLessThan(1e-4);
      }
    }
  });
});

describe('a pair at temperature 0', () => {
  it('empties the upper node exponentially with upwind (mathematics, section 11, answer 6)', () => {
    for (const time of [0.1, 1, 20]) {
      const pair = { a: 0.7, b: 0.3 };
      relaxPair('upwind', pair, 1.5 * time, -2, 0);
      expect(pair.a / (0.7 * Math.exp(-1.5 * 2 * time))).toBeCloseTo(1, 12);
      expect(pair.a + pair.b).toBe(1);
    }
  });

  it('follows the equation with log-mean and harmonic', () => {
    for (const mobility of ['log-mean', 'harmonic', 'geometric'] as const) {
      const pair = { a: 0.4, b: 0.5 };
      relaxPair(mobility, pair, 0.05, 1.5, 0);
      expect(pair.a).toBeCloseTo(fine(mobility, 0.4, 0.5, 0.05, 1.5, 0), 4);
    }
  });
});

describe.each(smooth)('the kinetic motion of a pair of mobility %s', (mobility) => {
  const energy = ({ a, b, phiA, phiB }: { a: number; b: number; phiA: number; phiB: number }): number =>
    0.5 * theta(mobility, a, b, 0) * (phiA - phiB) * (phiA - phiB);

  it('has a derivative of theta that is one', () => {
    for (const [a, b] of [
      [0.3, 0.6],
      [0.5, 0.5],
      [0.5, 0.50001],
      [0.02, 0.9],
    ]) {
      const h = 1e-6;
      const difference = (theta(mobility, a + h, b, 0) - theta(mobility, a - h, b, 0)) / (2 * h);
      expect(thetaSlope(mobility, a, b)).toBeCloseTo(difference, 5);
    }
  });

  it('keeps its energy to rounding until a mass would become negative, and then does not move', () => {
    const pair = { a: 0.3, b: 0.6, phiA: -0.8, phiB: 0.5 };
    const before = energy(pair);
    let emptied: number = 0;
    for (let i = 0; i < 400 && emptied === 0; i++) {
      const last = { ...pair };
      emptied = movePair(mobility, pair, 0.01);
      if (emptied !== 0) expect(pair).toEqual(last);
      expect(Math.min(pair.a, pair.b)).toBeGreaterThanOrEqual(0);
      expect(Math.abs(pair.a + pair.b - 0.9)).toBeLessThan(1e-14);
      expect(energy(pair) / before).toBeCloseTo(1, 9);
    }
    expect(emptied).toBe(-1);
    expect(pair.a).toBeLessThan(0.02);
    const turned = { a: 0.6, b: 0.01, phiA: 5, phiB: -50 };
    expect(movePair(mobility, turned, 10)).toBe(1);
  });

  it('follows the equations, with errors of the third power of the time', () => {
    const end = (time: number, steps: number): number[] => {
      const pair = { a: 0.3, b: 0.6, phiA: 0.7, phiB: -0.2 };
      for (let i = 0; i < steps; i++) movePair(mobility, pair, time / steps);
      return [pair.a, pair.phiA, pair.phiB];
    };
    // The equations of section 6, by fourth-order steps.
    const exact = (time: number): number[] => {
      const f = ([a, p, q]: readonly number[]): number[] => {
        const b = 0.9 - a;
        const w = p - q;
        return [
          theta(mobility, a, b, 0) * w,
          -0.5 * thetaSlope(mobility, a, b) * w * w,
          -0.5 * thetaSlope(mobility, b, a) * w * w,
        ];
      };
      let y = [0.3, 0.7, -0.2];
      const n = 200;
      const h = time / n;
      const plus = (k: readonly number[], by: number): number[] => y.map((value, i) => value + by * k[i]);
      for (let i = 0; i < n; i++) {
        const k1 = f(y);
        const k2 = f(plus(k1, h / 2));
        const k3 = f(plus(k2, h / 2));
        const k4 = f(plus(k3, h));
        y = y.map((value, j) => value + (h / 6) * (k1[j] + 2 * k2[j] + 2 * k3[j] + k4[j]));
      }
      return y;
    };
    for (const component of [0, 1, 2]) {
      const truth = exact(0.2)[component];
      const errors = [10, 20].map((steps) => Math.abs(end(0.2, steps)[component] - truth));
      expect(errors[0]).toBeLessThan(1e-4);
      if (errors[0] > 1e-11) expect(errors[0] / errors[1]).toBeGreaterThan(3.4);
    }
  });
});
