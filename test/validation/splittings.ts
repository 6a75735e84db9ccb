// The splittings' orders, seen by halving the step: lie 1, strang 2 (both with heun). Two unequal quadratic
// wells in one dimension; jumps obey barker rates, which depend on x as much as the wells differ. A transient
// is looked at, t = 1.2 from a Gaussian: masses and the first moments.
//
// The reference in continuous time is the backward equation u' = -D V' u_x + eps D u_xx + jumps on a fine
// grid, by finite differences, Runge-Kutta steps and extrapolation of the grid's width. The rows are those of
// integrators.ts; the scheme's own numbers are powers of the product of the step operators.

import { halvingRows } from './integrators.js';
import type { Row, Study } from './harness.js';
import { apply, multiply, power, zeros, type Matrix } from './linear.js';
import { rate } from './chain.js';
import { configOf, simulate } from './simulate.js';
import { addInterpolation, chebyshev, noise, stepOperator } from './transition.js';

const wells = [
  { k: 1, c: -0.7, h: 0, d: 1 },
  { k: 1.8, c: 0.8, h: 0.3, d: 0.8 },
];
const [temperature, weight, time] = [0.7, 3, 1.2];
const start = { mean: -1, deviation: 0.6, masses: [0.8, 0.2] };

const height = (g: number, x: number): number => (wells[g].k * (x - wells[g].c) ** 2) / 2 + wells[g].h;
const rates = (x: number): [number, number] => {
  const dV = height(1, x) - height(0, x);
  return [rate('barker', weight, dV, temperature), rate('barker', weight, -dV, temperature)];
};

const grid = chebyshev(100, 7);
const size = grid.points.length;

/** Functions on R x {0, 1}: first the values on node 0, then those on node 1. */
function blocks(fill: (g: number, block: Matrix) => void): Matrix {
  const out = zeros(2 * size);
  for (const g of [0, 1]) {
    const block = zeros(size);
    fill(g, block);
    for (let i = 0; i < size; i++) out[g * size + i].set(block[i], g * size);
  }
  return out;
}

/** Jumps over a time, x frozen: exact for two states. */
function reaction(duration: number): Matrix {
  const out = zeros(2 * size);
  for (let i = 0; i < size; i++) {
    const [a, b] = rates(grid.points[i]);
    const gone = (1 - Math.exp(-(a + b) * duration)) / (a + b);
    out[i][i] = 1 - a * gone;
    out[i][size + i] = a * gone;
    out[size + i][size + i] = 1 - b * gone;
    out[size + i][i] = b * gone;
  }
  return out;
}

function diffusion(step: number): Matrix {
  return blocks((g, block) => {
    const { k, c, d } = wells[g];
    const operator = stepOperator(grid, {
      integrator: 'heun',
      step,
      temperature,
      diffusivity: d,
      slope: (x) => k * (x - c),
    });
    block.forEach((row, i) => row.set(operator[i]));
  });
}

/** Fine grid of the reference: values of a function on R x {0, 1} at -7, -7 + h, …, 7. */
function line(h: number, f: (x: number, g: number) => number): Float64Array {
  const n = Math.round(14 / h) + 1;
  return Float64Array.from({ length: 2 * n }, (_, i) => f(-7 + h * (i % n), Math.floor(i / n)));
}

/** The generator by central differences of width h. */
function backward(h: number, u: Float64Array, slopes: Float64Array): void {
  const n = u.length / 2;
  for (const g of [0, 1]) {
    const { k, c, d } = wells[g];
    const diffusion = (temperature * d) / (h * h);
    for (let i = 0; i < n; i++) {
      const x = -7 + h * i;
      const at = g * n + i;
      const drift = -d * k * (x - c);
      // At the ends, where no mass is, the drift leads inwards.
      const change =
        i === 0
          ? (drift * (u[at + 1] - u[at])) / h
          : i === n - 1
            ? (drift * (u[at] - u[at - 1])) / h
            : (drift * (u[at + 1] - u[at - 1])) / (2 * h) + diffusion * (u[at + 1] - 2 * u[at] + u[at - 1]);
      slopes[at] = change + rates(x)[g] * (u[(1 - g) * n + i] - u[at]);
    }
  }
}

/** E f at `time`, by Runge-Kutta steps of the backward equation on a grid of width h. */
function solved(h: number, f: (x: number, g: number) => number): number {
  const u = line(h, f);
  const count = Math.ceil(time / (0.5 * h * h));
  const dt = time / count;
  const k = Array.from({ length: 4 }, () => new Float64Array(u.length));
  const at = new Float64Array(u.length);
  for (let step = 0; step < count; step++) {
    backward(h, u, k[0]);
    for (const [stage, part] of [
      [1, 0.5],
      [2, 0.5],
      [3, 1],
    ]) {
      for (let i = 0; i < u.length; i++) at[i] = u[i] + part * dt * k[stage - 1][i];
      backward(h, at, k[stage]);
    }
    for (let i = 0; i < u.length; i++) u[i] += (dt / 6) * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
  }
  const weight = line(h, (x, g) => {
    const z = (x - start.mean) / start.deviation;
    return (start.masses[g] * h * Math.exp((-z * z) / 2)) / (start.deviation * Math.sqrt(2 * Math.PI));
  });
  return u.reduce((sum, value, i) => sum + weight[i] * value, 0);
}

/** The limit h -> 0 by extrapolation of the second-order error: 1e-7. */
function exactValue(f: (x: number, g: number) => number): number {
  return (4 * solved(0.02, f) - solved(0.04, f)) / 3;
}

/** Expectation in the initial law. */
function initially(values: Float64Array): number {
  let sum = 0;
  for (const g of [0, 1]) {
    const row = new Float64Array(2 * size);
    for (const { value, probability } of noise) {
      addInterpolation(
        grid,
        start.mean + start.deviation * value,
        probability * start.masses[g],
        row,
        g * size,
      );
    }
    sum += row.reduce((total, w, i) => total + w * values[i], 0);
  }
  return sum;
}

const observables = [
  { name: 'mass 1', f: (_: number, g: number) => g, tiers: ['full', 'short'] },
  // Farther from the noise with many particles only.
  { name: '<x>', f: (x: number) => x, tiers: ['full'] },
  // Errors of order 1 nearly cancel here: compared with the scheme, no order read off.
  { name: '<x; node 1>', f: (x: number, g: number) => x * g, tiers: [] },
];
const valuesOf = (f: (x: number, g: number) => number): Float64Array =>
  Float64Array.from({ length: 2 * size }, (_, i) => f(grid.points[i % size], Math.floor(i / size)));

const steps = { lie: [0.1, 0.05], strang: [0.4, 0.2] } as const;

export const splittings: Study = {
  name: 'splittings',
  title: 'orders of the splittings by step halving',
  async run(context) {
    const rows: Row[] = [];
    const exact = observables.map(({ f }) => exactValue(f));
    const runsPerStep = context.pick(8, 1);
    const particles = context.pick(8_000_000, 4_000_000);
    context.note(`${runsPerStep} runs of ${particles} particles per step`);
    for (const splitting of ['lie', 'strang'] as const) {
      const order = splitting === 'lie' ? 1 : 2;
      const own = (step: number, f: (x: number, g: number) => number): number => {
        const whole =
          splitting === 'lie'
            ? multiply(diffusion(step), reaction(step))
            : multiply(reaction(step / 2), multiply(diffusion(step), reaction(step / 2)));
        return initially(apply(power(whole, Math.round(time / step)), valuesOf(f)));
      };
      const found: { got: number; error: number }[][] = [];
      for (const step of steps[splitting]) {
        const n = Math.round(time / step);
        const sums = [0, 0, 0];
        for (let run = 0; run < runsPerStep; run++) {
          const config = configOf({
            space: { variables: ['x'] },
            graph: { nodes: 2, edges: [[0, 1, weight]] },
            potential: {
              formula: '0.5*k*(x-c)^2 + h',
              parameters: { k: wells.map((w) => w.k), c: wells.map((w) => w.c), h: wells.map((w) => w.h) },
            },
            temperature,
            dynamics: {
              mobility: 'barker',
              integrator: 'heun',
              splitting,
              diffusivity: wells.map((w) => w.d),
            },
            precision: 'f64',
            particles,
            initial: { gaussian: { mean: start.mean, std: start.deviation }, masses: start.masses },
            time: { step, steps: n },
            seed: 31 + run,
          });
          const o = await simulate(config, async (simulation) => {
            await simulation.advance(n);
            return simulation.observe();
          });
          sums[0] += o.mass[1] / runsPerStep;
          sums[1] += (o.mass[0] * o.mean[0] + o.mass[1] * o.mean[1]) / runsPerStep;
          sums[2] += (o.mass[1] * o.mean[1]) / runsPerStep;
        }
        found.push(
          observables.map(({ f }, i) => {
            // The variance of independent draws; fixed counts per node at the start make it a little smaller.
            const variance = own(step, (x, g) => f(x, g) ** 2) - own(step, f) ** 2;
            return { got: sums[i], error: Math.sqrt(variance / (particles * runsPerStep)) };
          }),
        );
      }
      observables.forEach(({ name, f, tiers }, i) => {
        const [large, small] = steps[splitting];
        const halving = halvingRows(context, {
          name: `${splitting}: ${name}`,
          order,
          steps: [large, small],
          exact: exact[i],
          scheme: [own(large, f), own(small, f)],
          runs: [found[0][i], found[1][i]],
        });
        rows.push(...(tiers.includes(context.tier) ? halving : halving.slice(0, 2)));
        if (tiers.length === 0) return;
        const fine = [0.05, 0.025].map((step) => own(step, f) - exact[i]);
        rows.push({
          quantity: `${splitting}: ${name}: order of scheme`,
          exact: order,
          got: Math.log2(Math.abs(fine[0] / fine[1])),
          allowed: 0.15,
        });
      });
    }
    return rows;
  },
};
