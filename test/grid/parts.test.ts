// The parts of a step, each against a slow and obvious computation.

import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/mod.js';
import { cellsOf, centreOf } from '../../src/grid/cells.js';
import { exchangeDensity } from '../../src/grid/density-exchange.js';
import { CellEvaluator } from '../../src/grid/evaluate.js';
import { writeFluxes } from '../../src/grid/fluxes.js';
import { normalMass, partOutside } from '../../src/grid/initial.js';
import {
  exchangeLinear,
  writeLinearCoefficients,
  writeLinearRates,
  type LinearCoefficients,
} from '../../src/grid/linear-exchange.js';
import { Lines, LineScratch } from '../../src/grid/lines.js';
import { buildModel, PointEvaluator, type DensityMobility, type Mesh } from '../../src/model/mod.js';
import { gridModel, Team } from './team.js';

const mesh = (sizes: readonly number[], isRing = false): Mesh => ({
  cells: sizes,
  low: sizes.map(() => -2),
  high: sizes.map(() => 3),
  periodic: sizes.map(() => isRing),
});

/** Reproducible numbers in [0, 1). */
function sequence(length: number, shift = 0): Float64Array {
  return Float64Array.from({ length }, (_, i) => ((i + 1 + shift) * 0.6180339887498949) % 1);
}

describe('evaluator', () => {
  it.each([1, 2, 3])('has the bits of the point evaluator in %d dimensions', (d) => {
    const formulas = [
      'exp(-dot(x, x)) + h*sin(x[0])*t',
      'x[0]*x[0] + where(x[0] < 0.3, cos(x[0]), log(3 + x[0]))',
      'h + t',
      `x[${d - 1}]`,
      `abs(x[${d - 1}] - h)^3 / (1 + x[0]^2) + erf(x[0])*max(x[${d - 1}], 0)`,
      `sin(x[${d - 1}]) * exp(2 - x[${d - 1}])`,
    ];
    for (const formula of formulas) {
      const config = {
        space: { variables: d },
        graph: { path: 2 },
        potential: { formula, parameters: { h: 'node - 0.3' } },
        temperature: 1,
        particles: 1,
        initial: { point: 0 },
        time: { step: 1, steps: 1 },
      };
      const { model } = buildModel(parseConfig(JSON.stringify(config)), { skipPreflight: true });
      const cells = cellsOf(mesh([14, 7, 5].slice(0, d)));
      const evaluator = new CellEvaluator(model.potentials[0], cells, model.parameters);
      const points = new PointEvaluator([model.potentials[0]], model.parameters);
      const out = new Float64Array(cells.count + 1).fill(7);
      const from = 3 * cells.strides[0];
      for (const node of [0, 1]) {
        evaluator.run({ node, time: 0.7 }, 0, from, out, 0);
        evaluator.run({ node, time: 0.7 }, from, cells.count, out, from);
        for (let i = 0; i < cells.count; i++) {
          expect(out[i]).toBe(points.run({ x: centreOf(cells, i), node, time: 0.7 })[0]);
        }
        expect(out[cells.count]).toBe(7);
      }
    }
  });
});

describe('normal law', () => {
  it('gives masses with their digits, in the tails also', () => {
    // 0.5 erfc(x / sqrt(2)) to 17 digits.
    expect(normalMass(1, Infinity)).toBeCloseTo(0.15865525393145705, 15);
    expect(normalMass(5, 100) / 2.866515718791939e-7).toBeCloseTo(1, 13);
    expect(normalMass(-Infinity, -10) / 7.619853024160527e-24).toBeCloseTo(1, 12);
    expect(normalMass(20, Infinity) / 2.7536241186062337e-89).toBeCloseTo(1, 11);
    expect(normalMass(-1, 1)).toBeCloseTo(0.6826894921370859, 15);
    expect(normalMass(2, 2)).toBe(0);
  });

  it.each([
    [{ gaussian: { mean: [0.3, -0.2], std: 0.4 } }, 1e-6],
    [{ gaussian: { mean: [0.31, -0.2], std: 0 } }, 1e-14],
    [{ point: [1.234, -1.1] }, 1e-14],
    [{ uniform: { low: [-0.7, 0.1], high: [0.4, 0.3] } }, 0.02],
  ])('fills cells with %j', (initial, error) => {
    const model = gridModel({
      space: { variables: ['x', 'y'] },
      graph: { path: 2 },
      potential: { formula: 'x^2' },
      temperature: 1,
      initial: { ...initial, masses: [1, 3] },
      grid: { cells: [61, 40], box: [-3, 3] },
      time: { step: 1, steps: 1 },
    });
    const team = new Team(model);
    const { observation } = team.measure();
    const law = initial as { gaussian?: { mean: number[] }; point?: number[] };
    const mean = law.gaussian?.mean ?? law.point ?? [-0.15, 0.2];
    expect(observation.mass[0]).toBeCloseTo(0.25, 14);
    mean.forEach((value, k) => {
      expect(Math.abs(observation.mean[k] - value)).toBeLessThan(error);
      expect(Math.abs(observation.mean[2 + k] - value)).toBeLessThan(error);
    });
    for (const g of [0, 1]) expect(partOutside(model, team.plan.cells, g)).toBeLessThan(1e-9);
  });

  it('says what lies outside of the box', () => {
    const model = gridModel({
      space: { variables: ['x'] },
      potential: { formula: 'x^2' },
      temperature: 1,
      initial: { gaussian: { mean: 1, std: 1 } },
      grid: { cells: 64, box: [-3, 3] },
      time: { step: 1, steps: 1 },
    });
    expect(partOutside(model, new Team(model).plan.cells, 0)).toBeCloseTo(
      0.02275013194817921 + 3.167124183311986e-5,
      10,
    );
  });

  it('folds and wraps it into boxes of the space, as particles are', () => {
    for (const boundary of ['reflecting', 'periodic']) {
      const model = gridModel({
        space: { variables: ['x'], boundary, box: [0, 1] },
        potential: { formula: '0' },
        temperature: 1,
        initial: { gaussian: { mean: 0.1, std: 5 } },
        grid: { cells: 16 },
        time: { step: 1, steps: 1 },
      });
      const { arrays, plan } = new Team(model);
      expect(partOutside(model, plan.cells, 0)).toBeLessThan(1e-12);
      for (const f of arrays.field) expect(f).toBeCloseTo(1, 9);
    }
  });
});

describe('lines', () => {
  it.each([
    [[11], false],
    [[11], true],
    [[9, 19], false],
    [[9, 19], true],
    [[4, 5, 6], true],
  ] as const)('solve %j, ring %j, to the last digits of each cell', (sizes, isRing) => {
    const cells = cellsOf(mesh(sizes, isRing));
    const nodes = 2;
    const potential = sequence(nodes * cells.count).map((v) => 40 * v);
    for (let k = 0; k < sizes.length; k++) {
      const fluxes = {
        rightward: new Float64Array(nodes * cells.count),
        leftward: new Float64Array(nodes * cells.count),
      };
      for (let node = 0; node < nodes; node++) {
        const at = node * cells.count;
        const range = [0, cells.count] as const;
        writeFluxes(cells, k, 1.5, 0.3, potential, at, range, fluxes.rightward, fluxes.leftward);
      }
      const lines = new Lines(cells, k, nodes);
      const { buffer, factors } = new LineScratch(lines.size);
      const before = sequence(nodes * cells.count, 5);
      const after = before.slice();
      const tau = 0.7;
      for (let pack = 0; pack < lines.packs; pack++) {
        lines.gather(after, pack, buffer);
        lines.factor(fluxes, pack, tau, factors, 0);
        lines.solve(buffer, factors, 0);
        lines.scatter(buffer, pack, after);
      }
      // (1 + tau A) after = before, cell by cell.
      for (let i = 0; i < nodes * cells.count; i++) {
        const position = Math.floor((i % cells.count) / cells.strides[k]) % lines.size;
        const at = (p: number): number => i + (p - position) * cells.strides[k];
        let out = 0;
        if (isRing || position < lines.size - 1) {
          const j = at((position + 1) % lines.size);
          out += fluxes.rightward[i] * after[i] - fluxes.leftward[i] * after[j];
        }
        if (isRing || position > 0) {
          const j = at((position + lines.size - 1) % lines.size);
          out += fluxes.leftward[j] * after[i] - fluxes.rightward[j] * after[j];
        }
        const scale = after[i] + tau * (Math.abs(out) + 1e3 * after[i]);
        expect(Math.abs(after[i] + tau * out - before[i])).toBeLessThan(1e-9 * (scale + before[i]));
      }
      const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
      expect(Math.abs(sum(after) / sum(before) - 1)).toBeLessThan(1e-14);
      expect(after.every((value) => value > 0)).toBe(true);
    }
  });
});

describe('reaction along an edge', () => {
  it.each(['metropolis', 'barker', 'symmetric'] as const)('%s is solved exactly', (mobility) => {
    const count = 12;
    const potential = sequence(2 * count).map((v, i) => (i % 3 === 0 ? 0.2 : 8 * v));
    const field = sequence(2 * count, 3);
    const [f0, g0] = [field.slice(0, count), field.slice(count)];
    const [forward, backward] = [new Float64Array(count), new Float64Array(count)];
    const range = [0, count] as const;
    const temperature = 0.8;
    writeLinearRates(mobility, 2, temperature, potential, 0, count, range, forward, backward, 0);
    const linear: LinearCoefficients = {
      a: new Float64Array(count),
      b: new Float64Array(count),
      c: new Float64Array(count),
    };
    const tau = 0.05;
    writeLinearCoefficients(forward, backward, 0, range, tau, linear);
    const jumps = new Float64Array(2);
    exchangeLinear(field, 0, count, range, linear, 0, jumps, 0);
    let [there, back] = [0, 0];
    for (let i = 0; i < count; i++) {
      const dV = potential[count + i] - potential[i];
      const rate = (difference: number): number =>
        mobility === 'metropolis'
          ? 2 * Math.min(1, Math.exp(-difference / temperature))
          : mobility === 'barker'
            ? 2 / (1 + Math.exp(difference / temperature))
            : 2 * Math.exp(-difference / (2 * temperature));
      expect(forward[i] / rate(dV)).toBeCloseTo(1, 13);
      expect(backward[i] / rate(-dV)).toBeCloseTo(1, 13);
      // Runge and Kutta with many steps, for the densities and for what jumped.
      let [f, g] = [f0[i], g0[i]];
      const steps = 400;
      const h = tau / steps;
      for (let step = 0; step < steps; step++) {
        const net = (u: number): number => forward[i] * u - backward[i] * (f0[i] + g0[i] - u);
        const k1 = -net(f);
        const k2 = -net(f + 0.5 * h * k1);
        const k3 = -net(f + 0.5 * h * k2);
        const k4 = -net(f + h * k3);
        const next = f + (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4);
        // Simpson's rule for the integral of f over the step, with the middle by Hermite's formula.
        const mean = (f + 4 * (0.5 * (f + next) + (h / 8) * (k1 + net(next))) + next) / 6;
        there += h * forward[i] * mean;
        back += h * backward[i] * (f0[i] + g0[i] - mean);
        f = next;
        g = f0[i] + g0[i] - f;
      }
      expect(field[i]).toBeCloseTo(f, 11);
      expect(field[count + i]).toBeCloseTo(g, 11);
    }
    expect(jumps[0] / there).toBeCloseTo(1, 10);
    expect(jumps[1] / back).toBeCloseTo(1, 10);
  });

  it('counts jumps with all digits over short times', () => {
    const [forward, backward] = [Float64Array.of(3), Float64Array.of(5)];
    const linear: LinearCoefficients = {
      a: new Float64Array(1),
      b: new Float64Array(1),
      c: new Float64Array(1),
    };
    for (const tau of [1e-9, 0.0156, 0.01563, 0.5]) {
      writeLinearCoefficients(forward, backward, 0, [0, 1], tau, linear);
      const x = 8 * tau;
      let series = 0;
      let term = 1;
      for (let k = 1; k < 40; k++) {
        term *= -x / k;
        if (k >= 2) series += term;
      }
      expect(linear.c[0] / ((15 / 64) * series)).toBeCloseTo(1, 13);
    }
  });

  const theta: Record<DensityMobility, (s: number, t: number, up: boolean) => number> = {
    'log-mean': (s, t) => (s === t ? s : (s - t) / Math.log(s / t)),
    arithmetic: (s, t) => (s + t) / 2,
    geometric: (s, t) => Math.sqrt(s * t),
    harmonic: (s, t) => (2 * s * t) / (s + t),
    upwind: (s, t, up) => (up ? t : s),
    constant: () => 1,
  };

  for (const mobility of Object.keys(theta) as DensityMobility[]) {
    for (const temperature of [0, 0.3, 2]) {
      it(`${mobility} at temperature ${temperature} solves implicit Euler, and order 2 is better`, () => {
        const count = 40;
        const potential = sequence(2 * count).map((v) => 2 * v);
        const old = sequence(2 * count, 7).map((v) => 0.02 + v);
        const range = [0, count] as const;
        const weight = 1.5;
        const rate = (f: number, g: number, i: number): number => {
          const q = potential[count + i] - potential[i];
          const drive = q + (temperature === 0 ? 0 : temperature * Math.log(g / f));
          return weight * theta[mobility](f, g, drive > 0) * drive;
        };
        const after = (isSecond: boolean, tau: number): Float64Array => {
          const field = old.slice();
          const jumps = new Float64Array(2);
          exchangeDensity(
            mobility,
            isSecond,
            weight,
            tau,
            temperature,
            potential,
            field,
            0,
            count,
            range,
            jumps,
            0,
          );
          const net = old.subarray(0, count).reduce((sum, f, i) => sum + f - field[i], 0);
          expect(jumps[0] - jumps[1]).toBeCloseTo(net, 11);
          return field;
        };
        const tau = 0.01;
        const euler = after(false, tau);
        for (let i = 0; i < count; i++) {
          const [f, g] = [euler[i], euler[count + i]];
          expect(f + g).toBeCloseTo(old[i] + old[count + i], 13);
          // Where mass runs out at temperature 0 there is no root.
          if (f > 1e-9 && g > 1e-9) expect(f - old[i]).toBeCloseTo(tau * rate(f, g, i), 11);
        }
        const error = (isSecond: boolean, step: number): number => {
          const field = after(isSecond, step);
          let worst = 0;
          for (let i = 0; i < count; i++) {
            let f = old[i];
            const total = old[i] + old[count + i];
            const steps = 2000;
            const h = step / steps;
            for (let s = 0; s < steps; s++) {
              const half = f + 0.5 * h * rate(f, total - f, i);
              f += h * rate(half, total - half, i);
            }
            worst = Math.max(worst, Math.abs(field[i] - f));
          }
          return worst;
        };
        // One step: errors of orders 2 and 3 in its length. Constant rates are exact either way.
        const first = error(false, 0.001);
        const second = error(true, 0.001);
        if (first < 1e-12) expect(second).toBeLessThan(1e-12);
        else {
          expect(first / error(false, 0.0005)).toBeGreaterThan(3.5);
          expect(second).toBeLessThan(0.1 * first);
          expect(second / error(true, 0.0005)).toBeGreaterThan(6.5);
        }
      });
    }
  }

  it('takes empty ends and extreme ratios', () => {
    for (const mobility of Object.keys(theta) as DensityMobility[]) {
      for (const temperature of [0, 1]) {
        for (const isSecond of [false, true]) {
          const old = Float64Array.of(0, 0, 1, 1e-300, 1, 5, 0, 1, 0, 1, 1e-200, 1e-310);
          const potential = Float64Array.of(1, 3, 0, 2, 9, 0, 2, 0, 4, 0, 0, 9);
          const field = old.slice();
          const range = [0, 6] as const;
          const jumps = new Float64Array(2);
          exchangeDensity(mobility, isSecond, 3, 0.4, temperature, potential, field, 0, 6, range, jumps, 0);
          expect(field.every((f) => f >= 0 && f < Infinity)).toBe(true);
          for (let i = 0; i < 6; i++) {
            expect(Math.abs(field[i] + field[i + 6] - old[i] - old[i + 6])).toBeLessThan(
              1e-15 * (1 + old[i]),
            );
          }
          expect(jumps.every((value) => value >= 0)).toBe(true);
        }
      }
    }
  });
});
