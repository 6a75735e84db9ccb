// Rates of the density family against their definition, theta(f, f')/f max(0, mu - mu'), and at the ends: equal densities,
// no density at the other end, temperature 0. How particles come by densities is test/particles/densities.test.ts.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateAll } from '../../src/expression/mod.js';
import { interpret, planKernel } from '../../src/kernel/mod.js';
import { densityRateFactor, LEAST_DENSITY, type DensityMobility } from '../../src/model/mod.js';
import { densityMobilities, modelOf } from '../particles/models.js';
import { expectSameBits } from './harness.js';

/** theta(s, t) of the table in the theory, with plain Math. */
const theta: Record<DensityMobility, (s: number, t: number) => number> = {
  'log-mean': (s, t) => (s === t ? s : (s - t) / (Math.log(s) - Math.log(t))),
  arithmetic: (s, t) => (s + t) / 2,
  geometric: (s, t) => Math.sqrt(s * t),
  harmonic: (s, t) => (2 * s * t) / (s + t),
  upwind: NaN as never,
  constant: () => 1,
};

/** As the theory has it, for densities > 0. */
function byDefinition(
  mobility: DensityMobility,
  f: number,
  other: number,
  deltaV: number,
  temperature: number,
): number {
  const drop = -deltaV + temperature * (Math.log(f) - Math.log(other));
  const mean = mobility === 'upwind' ? (drop > 0 ? f : other) : theta[mobility](f, other);
  return (mean / f) * Math.max(0, drop);
}

const onePerCell = 0.02;
const density = fc.double({ min: LEAST_DENSITY, max: 1e5, noNaN: true });
const edge = fc.record({
  own: density,
  target: density,
  deltaV: fc.double({ min: -5, max: 5, noNaN: true }),
  temperature: fc.constantFrom(0, 0.1, 1, 3),
});

describe.each(densityMobilities)('%s', (mobility) => {
  const model = modelOf({
    space: { variables: 1 },
    graph: { path: 2, weight: 3 },
    potential: { formula: 'x[0]*node' },
    temperature: 1,
    dynamics: { mobility },
    precision: 'f64',
    grid: { cells: 10, box: [0, 1] },
    particles: 500,
    initial: { gaussian: {} },
    time: { step: 0.1, steps: 1 },
  });

  it('is theta/f max(0, mu - mu´) where there are particles at both ends', () => {
    fc.assert(
      fc.property(edge, ({ own, target, deltaV, temperature }) => {
        const rate = densityRateFactor(mobility, { own, target, deltaV, temperature, onePerCell });
        const exact = byDefinition(mobility, own * onePerCell, target * onePerCell, deltaV, temperature);
        // What cancels in mu - mu' is as large as its terms.
        const scale =
          (theta[mobility] instanceof Function ? theta[mobility](own, target) / own : 1) *
          (mobility === 'constant' ? 1 / onePerCell : 1) *
          (Math.abs(deltaV) + temperature * (1 + Math.abs(Math.log(own / target))));
        expect(Math.abs(rate - exact)).toBeLessThanOrEqual(1e-12 * (scale + Math.abs(exact)));
      }),
    );
  });

  it('moves mass one way only, and none between equals', () => {
    fc.assert(
      fc.property(edge, ({ own, target, deltaV, temperature }) => {
        const there = densityRateFactor(mobility, { own, target, deltaV, temperature, onePerCell });
        const back = densityRateFactor(mobility, {
          own: target,
          target: own,
          deltaV: -deltaV,
          temperature,
          onePerCell,
        });
        expect(Math.min(there, back)).toBeLessThanOrEqual(1e-9);
      }),
    );
    expect(densityRateFactor(mobility, { own: 7, target: 7, deltaV: 0, temperature: 1, onePerCell })).toBe(0);
  });

  it('is the rate of the kernel, with weight 3', () => {
    const [kind] = planKernel(model).kinds;
    const { rate } = kind;
    /** Of the edge from node 0 to node 1. */
    const slots = (temperature: number): number[] =>
      evaluateAll(kind.slots.expressions, {
        node: 0,
        target: 1,
        edge: { weight: 3 },
        step: { temperature, reactionTime: 0.1 },
        parameter: () => NaN,
      });
    fc.assert(
      fc.property(edge, fc.boolean(), ({ own, target, deltaV, temperature }, empty) => {
        const there = empty ? 0 : target;
        const values = slots(temperature);
        const { rate: got } = interpret(rate, {
          input: (name) => ({ 'field:0': deltaV, 'density:node': own, 'density:edge': there })[name] ?? NaN,
          uniform: (_, slot) => values[slot],
        });
        // V(x, 1) - V(x, 0) = x.
        const expected = densityRateFactor(mobility, {
          own,
          target: there,
          deltaV,
          temperature,
          onePerCell: model.densities?.onePerCell ?? NaN,
        });
        expect(got).toBeCloseTo(3 * expected, 6 - Math.ceil(Math.log10(1 + expected)));
      }),
    );
  });

  it('gives the same bits compiled and interpreted, at the ends, too', () => {
    const columns = {
      'field:0': [0, 1, -1, 2, -3, 0.5, 0, NaN],
      'density:node': [1, 1, 2, 0, 0.3, 1e5, 1, 1],
      'density:edge': [1, 0, 2, 0, 1e-9, 3, 1e5, 1],
    };
    for (const { rate, slots } of planKernel(model).kinds) {
      for (const eps of [0, 1]) expectSameBits(rate, columns, { edge: slots.expressions.map(() => eps) });
    }
  });
});

describe('where nobody is at the other end', () => {
  const rate = (mobility: DensityMobility, own: number, deltaV: number, temperature: number): number =>
    densityRateFactor(mobility, { own, target: 0, deltaV, temperature, onePerCell });
  const bounded = -Math.log(LEAST_DENSITY / 10);

  it('log-mean mixes with the rate eps, but not uphill beyond the least density', () => {
    expect(rate('log-mean', 1e6, 0, 0.7)).toBeCloseTo(0.7, 6);
    const mean = (1 - LEAST_DENSITY / 10) / bounded;
    expect(rate('log-mean', 10, 2, 0.7)).toBeCloseTo(mean * (0.7 * bounded - 2), 12);
    expect(rate('log-mean', 10, -2, 0)).toBeCloseTo(2 * mean, 12);
    expect(rate('log-mean', 10, 0.7 * bounded + 0.01, 0.7)).toBe(0);
  });

  it('geometric and harmonic move nothing', () => {
    expect(rate('geometric', 10, -2, 1)).toBe(0);
    expect(rate('harmonic', 10, -2, 1)).toBe(0);
  });

  it('upwind, arithmetic and constant see the least density in the logarithm', () => {
    expect(rate('upwind', 10, -2, 1)).toBeCloseTo(2 + bounded, 12);
    expect(rate('arithmetic', 10, -2, 1)).toBeCloseTo((2 + bounded) / 2, 12);
    expect(rate('constant', 10, -2, 1)).toBeCloseTo((2 + bounded) / (10 * onePerCell), 10);
    expect(rate('arithmetic', 10, -2, 0)).toBe(1);
  });

  it('and a walker that comes to an empty place has finite rates from there', () => {
    for (const mobility of densityMobilities) {
      const value = densityRateFactor(mobility, {
        own: 0,
        target: 5,
        deltaV: -9,
        temperature: 1,
        onePerCell,
      });
      expect(Number.isFinite(value)).toBe(true);
    }
  });
});
