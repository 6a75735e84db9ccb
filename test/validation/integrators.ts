// The integrators' orders, seen by halving the step.
//
//   invariant law   V = x^2/2 + (cos 2x)/2, a double well whose force is Lipschitz (a quartic well blows up under
//                   explicit schemes, however rarely); <cos 2x> against quadrature of exp(-V/eps).
//   finite time     V = k x^2/2 from a Gaussian start: E x^2 at t = 1.
//
// Three kinds of rows:
//   = scheme        run against what the scheme itself gives at this step (transition.ts; for finite time a
//                   recursion). No bias is allowed: a wrong coefficient shows up even where it keeps the order.
//   order           log2 of the ratio of two weak errors of the runs. It approaches the order only as dt -> 0; how
//                   far the scheme itself is from it at these steps is known, and allowed.
//   order of scheme the same for the scheme's own numbers at short steps, where no run could resolve them.
//
// The standard error of an average over particles and times takes the correlation between times into account,
// which the transition operator knows.

import type { Row, Study, StudyContext, Tier } from './harness.js';
import { normalRow } from './harness.js';
import { apply, power } from './linear.js';
import { configOf, pooled, simulate } from './simulate.js';
import { trapezoid } from './special.js';
import {
  chebyshev,
  integratorNames,
  invariant,
  observe,
  stepOperator,
  type Grid,
  type Integrator,
  type Scheme,
} from './transition.js';

const [temperature, diffusivity] = [1.5, 1.25];
const slope = (x: number): number => x - Math.sin(2 * x);
const potential = (x: number): number => (x * x) / 2 + Math.cos(2 * x) / 2;
const orders: Readonly<Record<Integrator, number>> = {
  'euler-maruyama': 1,
  heun: 2,
  'leimkuhler-matthews': 2,
};
/** As long as the order lets them be: the longer, the farther the error is above the noise. */
const steps: Readonly<Record<Integrator, Readonly<Record<Tier, readonly [number, number]>>>> = {
  'euler-maruyama': { full: [0.1, 0.05], short: [0.1, 0.05] },
  heun: { full: [0.1, 0.05], short: [0.2, 0.1] },
  'leimkuhler-matthews': { full: [0.2, 0.1], short: [0.4, 0.2] },
};
/** Observations, all in all; half a time unit apart. */
const samples: Readonly<Record<Integrator, Readonly<Record<Tier, number>>>> = {
  'euler-maruyama': { full: 40, short: 20 },
  heun: { full: 200, short: 40 },
  'leimkuhler-matthews': { full: 150, short: 40 },
};
const SPACING = 0.5;
const RELAXED = 15;

interface Measured {
  readonly got: number;
  readonly error: number;
}

export interface Halving {
  readonly name: string;
  readonly order: number;
  readonly steps: readonly [number, number];
  readonly exact: number;
  readonly scheme: readonly [number, number];
  readonly runs: readonly [Measured, Measured];
}

/** Rows of a step halving: both runs against the scheme, and the order they show. */
export function halvingRows(context: StudyContext, h: Halving): Row[] {
  const bias = h.runs.map(({ got }) => got - h.exact);
  const own = h.scheme.map((value) => value - h.exact);
  const ratio = Math.log(h.steps[0] / h.steps[1]);
  const got = Math.log(Math.abs(bias[0] / bias[1])) / ratio;
  const limit = Math.log(Math.abs(own[0] / own[1])) / ratio;
  const error = Math.hypot(h.runs[0].error / bias[0], h.runs[1].error / bias[1]) / ratio;
  h.steps.forEach((step, i) =>
    context.note(
      `${h.name}, dt = ${step}: weak error ${bias[i].toExponential(3)} +- ${h.runs[i].error.toExponential(1)}, ` +
        `of the scheme ${own[i].toExponential(3)}`,
    ),
  );
  context.note(`${h.name}: observed order ${got.toFixed(3)} +- ${error.toFixed(3)}`);
  return [
    ...h.steps.map((step, i) =>
      normalRow(`${h.name} = scheme, dt = ${step}`, h.scheme[i], h.runs[i].got, h.runs[i].error),
    ),
    normalRow(`${h.name}: order`, h.order, got, error, Math.abs(limit - h.order)),
  ];
}

async function invariantLaw(context: StudyContext, integrator: Integrator): Promise<Row[]> {
  const grid = chebyshev(110, 10);
  const density = (x: number): number => Math.exp(-potential(x) / temperature);
  const average = (f: (x: number) => number): number =>
    trapezoid((x) => f(x) * density(x), -13, 13, 2600) / trapezoid(density, -13, 13, 2600);
  const schemeAt = (step: number): Scheme => ({ integrator, step, temperature, diffusivity, slope });
  const own = (step: number, f: (x: number) => number): number => {
    const scheme = schemeAt(step);
    return invariant(stepOperator(grid, scheme), observe(grid, scheme, f));
  };
  const halving = steps[integrator][context.tier];
  const count = samples[integrator][context.tier];
  const particles = context.pick(2_000_000, 200_000);
  const rows: Row[] = [];
  const runs: Measured[] = [];
  for (const step of halving) {
    const every = Math.round(SPACING / step);
    const first = Math.round(RELAXED / step);
    const config = configOf({
      space: { variables: ['x'] },
      potential: { formula: 'x^2/2 + cos(2*x)/2' },
      temperature,
      dynamics: { integrator, diffusivity },
      precision: 'f64',
      particles,
      initial: { gaussian: { std: 1.3 } },
      time: { step, steps: first + every * count },
      seed: 21,
    });
    const { square, cosine } = await simulate(config, async (simulation) => {
      const totals = { square: 0, cosine: 0 };
      for (let i = 0; i < count; i++) {
        await simulation.advance(first + every * i);
        const o = await simulation.observe();
        const { mean, variance } = pooled(o, 0);
        totals.square += (variance + mean * mean) / count;
        totals.cosine += (2 * o.potentialEnergy - variance - mean * mean) / count;
      }
      return totals;
    });
    const error = (f: (x: number) => number): number =>
      averagingError(grid, schemeAt(step), f, every, count, particles);
    rows.push(
      normalRow(
        `${integrator}: <x^2> = scheme, dt = ${step}`,
        own(step, (x) => x * x),
        square,
        error((x) => x * x),
      ),
    );
    runs.push({ got: cosine, error: error((x) => Math.cos(2 * x)) });
  }
  const f = (x: number): number => Math.cos(2 * x);
  const exact = average(f);
  const fine = [0.04, 0.02].map((step) => own(step, f) - exact);
  return [
    ...rows,
    ...halvingRows(context, {
      name: `${integrator}: <cos 2x>`,
      order: orders[integrator],
      steps: halving,
      exact,
      scheme: [own(halving[0], f), own(halving[1], f)],
      runs: [runs[0], runs[1]],
    }),
    {
      quantity: `${integrator}: <cos 2x>: order of scheme`,
      exact: orders[integrator],
      got: Math.log2(Math.abs(fine[0] / fine[1])),
      allowed: 0.15,
    },
  ];
}

/** Standard error of the mean of f over independent particles and `count` times, `every` steps apart. */
function averagingError(
  grid: Grid,
  scheme: Scheme,
  f: (x: number) => number,
  every: number,
  count: number,
  particles: number,
): number {
  const operator = stepOperator(grid, scheme);
  const between = power(operator, every);
  const limit = power(operator, 4096)[grid.points.length >> 1];
  const mean = (values: Float64Array): number => values.reduce((sum, value, i) => sum + limit[i] * value, 0);
  const seen = observe(grid, scheme, f);
  const squares = observe(grid, scheme, (x) => f(x) ** 2);
  let variance = mean(squares) - mean(seen) ** 2;
  // Covariances of times k apart, until they are gone.
  let later = seen;
  for (let k = 1; k < Math.min(count, 60); k++) {
    later = apply(between, later);
    variance += 2 * (1 - k / count) * (mean(seen.map((v, i) => v * later[i])) - mean(seen) ** 2);
  }
  return Math.sqrt(variance / (count * particles));
}

/** E x^2 at t = 1 in a quadratic well. */
async function finiteTime(context: StudyContext, integrator: 'euler-maruyama' | 'heun'): Promise<Row[]> {
  const stiffness = 1.6;
  const rate = stiffness * diffusivity;
  const [mean0, deviation0] = [2, 0.3];
  const decay = Math.exp(-rate);
  const equilibrium = temperature / stiffness;
  const exact = (mean0 * decay) ** 2 + equilibrium + (deviation0 ** 2 - equilibrium) * decay ** 2;
  const halving = integrator === 'heun' ? ([0.25, 0.125] as const) : ([0.1, 0.05] as const);
  const scheme: number[] = [];
  const runs: Measured[] = [];
  for (const step of halving) {
    const n = Math.round(1 / step);
    const a = step * rate;
    const factor = integrator === 'heun' ? 1 - a + (a * a) / 2 : 1 - a;
    const kick = (integrator === 'heun' ? (1 - a / 2) ** 2 : 1) * 2 * temperature * diffusivity * step;
    let [mean, variance] = [mean0, deviation0 ** 2];
    for (let i = 0; i < n; i++) [mean, variance] = [factor * mean, factor * factor * variance + kick];
    const particles = context.pick(20_000_000, 1_000_000);
    const config = configOf({
      space: { variables: ['x'] },
      potential: { formula: '0.5*k*x^2', parameters: { k: stiffness } },
      temperature,
      dynamics: { integrator, diffusivity },
      precision: 'f64',
      particles,
      initial: { gaussian: { mean: mean0, std: deviation0 } },
      time: { step, steps: n },
      seed: 22,
    });
    const o = await simulate(config, async (simulation) => {
      await simulation.advance(n);
      return simulation.observe();
    });
    const found = pooled(o, 0);
    scheme.push(mean ** 2 + variance);
    runs.push({
      got: found.variance + found.mean ** 2,
      error: Math.sqrt((2 * variance ** 2 + 4 * mean ** 2 * variance) / particles),
    });
  }
  return halvingRows(context, {
    name: `${integrator}: E x^2 at t = 1`,
    order: orders[integrator],
    steps: halving,
    exact,
    scheme: [scheme[0], scheme[1]],
    runs: [runs[0], runs[1]],
  });
}

export const integrators: Study = {
  name: 'integrators',
  title: 'orders of the integrators by step halving',
  async run(context) {
    const rows: Row[] = [];
    for (const integrator of integratorNames) rows.push(...(await invariantLaw(context, integrator)));
    for (const integrator of ['euler-maruyama', 'heun'] as const) {
      rows.push(...(await finiteTime(context, integrator)));
    }
    return rows;
  },
};
