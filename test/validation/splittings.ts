// The splittings' orders, seen by halving the step: lie 1, strang 2 (both with heun). Two unequal quadratic wells in one
// dimension; jumps obey barker rates, which depend on x as much as the wells differ. A transient is looked at, t = 1.2 from a
// Gaussian: masses and the first moments.
//
// The reference in continuous time is the exponential of the generator -D V' d/dx + eps D d^2/dx^2 + jumps, collocated at
// Chebyshev points (it maps polynomials to polynomials wherever V is quadratic, so that no boundary condition is needed).
// The rows are those of integrators.ts; the scheme's own numbers are powers of the product of the step operators.

import { halvingRows } from './integrators.js';
import type { Row, Study } from './harness.js';
import { apply, multiply, power, zeros, type Matrix } from './linear.js';
import { rate } from './chain.js';
import { configOf, simulate } from './simulate.js';
import { addInterpolation, chebyshev, differentiation, evolve, noise, stepOperator } from './transition.js';

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

function generator(): Matrix {
  const first = differentiation(grid);
  const second = multiply(first, first);
  const out = blocks((g, block) => {
    const { k, c, d } = wells[g];
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        block[i][j] = -d * k * (grid.points[i] - c) * first[i][j] + temperature * d * second[i][j];
      }
    }
  });
  for (let i = 0; i < size; i++) {
    const [a, b] = rates(grid.points[i]);
    out[i][i] -= a;
    out[i][size + i] += a;
    out[size + i][size + i] -= b;
    out[size + i][i] += b;
  }
  return out;
}

/** Expectation in the initial law. */
function initially(values: Float64Array): number {
  let sum = 0;
  for (const g of [0, 1]) {
    const row = new Float64Array(2 * size);
    for (const { value, probability } of noise) {
      addInterpolation(grid, start.mean + start.deviation * value, probability * start.masses[g], row, g * size);
    }
    sum += row.reduce((total, w, i) => total + w * values[i], 0);
  }
  return sum;
}

const observables = [
  { name: 'mass 1', f: (_: number, g: number) => g },
  { name: '<x>', f: (x: number) => x },
  { name: '<x; node 1>', f: (x: number, g: number) => x * g },
];
const valuesOf = (f: (x: number, g: number) => number): Float64Array =>
  Float64Array.from({ length: 2 * size }, (_, i) => f(grid.points[i % size], Math.floor(i / size)));

const steps = { lie: [0.2, 0.1], strang: [0.4, 0.2] } as const;

export const splittings: Study = {
  name: 'splittings',
  title: 'orders of the splittings by step halving',
  async run(context) {
    const rows: Row[] = [];
    const q = generator();
    const exact = observables.map(({ f }) => initially(evolve(q, time, valuesOf(f))));
    const runsPerStep = context.pick(16, 1);
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
            dynamics: { mobility: 'barker', integrator: 'heun', splitting, diffusivity: wells.map((w) => w.d) },
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
      observables.forEach(({ name, f }, i) => {
        const [large, small] = steps[splitting];
        rows.push(
          ...halvingRows(context, {
            name: `${splitting}: ${name}`,
            order,
            steps: [large, small],
            exact: exact[i],
            scheme: [own(large, f), own(small, f)],
            runs: [found[0][i], found[1][i]],
          }),
        );
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
