// Particles with velocities (kind accelerated, baoab).
//
//   invariant law   a double well whose force is Lipschitz, alone, and joined by jumps to a quadratic well with another D: <cos
//                   2x>, masses and kinetic energies against quadrature of exp(-V/eps), order 2 by halving the step. With
//                   `lie`, too: jumps alone leave the invariant law alone, so that nothing of first order is left.
//   mean            exact answer 5 for a quadratic well: c'' + gamma c' + D k c = 0, on every node where heights differ only.
//   Gibbs masses    exact answer 2, with diffusivities that differ by a factor of 9: kept is w = sqrt(D) v, not v.
//
// Rows as in integrators.ts: runs against the scheme's own numbers (kinetic-operator.ts, or a recursion) without any bias
// allowed, and the order they show.

import type { Row, Study, StudyContext, Tier } from './harness.js';
import { normalRow } from './harness.js';
import { rate } from './chain.js';
import { halvingRows } from './integrators.js';
import {
  average,
  kineticFunction,
  KineticOperator,
  type KineticFunction,
  type KineticNode,
  type KineticScheme,
} from './kinetic-operator.js';
import { configOf, pooled, simulate, spread } from './simulate.js';
import { trapezoid } from './special.js';

const [temperature, friction] = [1.5, 1.2];
const doubleWell: KineticNode = {
  diffusivity: 1.25,
  potential: (x) => (x * x) / 2 + Math.cos(2 * x) / 2,
  slope: (x) => x - Math.sin(2 * x),
};
const well: KineticNode = {
  diffusivity: 0.5,
  potential: (x) => 0.8 * (x - 0.6) ** 2 + 0.2,
  slope: (x) => 1.6 * (x - 0.6),
};
const WEIGHT = 1.5;

interface Quantity {
  readonly name: string;
  readonly of: (node: number, x: number, w: number) => number;
  /** Tiers in which the order of its error is shown; in others only that the run is the scheme. */
  readonly showsOrder: readonly Tier[];
}

interface InvariantCase {
  readonly name: string;
  readonly nodes: readonly KineticNode[];
  readonly splitting: 'lie' | 'strang';
  readonly steps: Readonly<Record<Tier, readonly [number, number]>>;
  readonly quantities: readonly Quantity[];
}

const square: Quantity = { name: '<x^2>', of: (_, x) => x * x, showsOrder: [] };
const cosine: Quantity = { name: '<cos 2x>', of: (_, x) => Math.cos(2 * x), showsOrder: ['full', 'short'] };
const kinetic: Quantity = { name: '<w^2>/2', of: (_, __, w) => (w * w) / 2, showsOrder: ['full', 'short'] };
// Its error is small: only many particles show it.
const mass: Quantity = { name: 'mass 0', of: (g) => (g === 0 ? 1 : 0), showsOrder: ['full'] };

const invariantCases: readonly InvariantCase[] = [
  {
    name: 'no jumps',
    nodes: [doubleWell],
    splitting: 'lie',
    steps: { full: [0.4, 0.2], short: [0.5, 0.25] },
    quantities: [square, cosine, kinetic],
  },
  {
    name: 'jumps, lie',
    nodes: [doubleWell, well],
    splitting: 'lie',
    steps: { full: [0.6, 0.3], short: [0.6, 0.3] },
    quantities: [mass, kinetic],
  },
  {
    name: 'jumps, strang',
    nodes: [doubleWell, well],
    splitting: 'strang',
    steps: { full: [0.6, 0.3], short: [0.6, 0.3] },
    quantities: [mass, kinetic],
  },
];

/** Longest time that anything of the start is seen. */
const RELAXED = 25;
const SPACING = 1.2;

function schemeOf({ nodes, splitting }: InvariantCase, step: number): KineticScheme {
  const [first, second] = nodes;
  return {
    ...{ nodes, splitting, step, temperature, friction },
    ...(nodes.length > 1 && {
      rates: (x: number): [number, number] => {
        const dV = second.potential(x) - first.potential(x);
        return [rate('barker', WEIGHT, dV, temperature), rate('barker', WEIGHT, -dV, temperature)];
      },
    }),
  };
}

/** The mean of a quantity under exp(-(V + w^2/2)/eps). */
function gibbsAverage(nodes: readonly KineticNode[], { of }: Quantity): number {
  const over = (f: (x: number, g: number) => number): number =>
    nodes.reduce(
      (sum, { potential }, g) =>
        sum + trapezoid((x) => f(x, g) * Math.exp(-potential(x) / temperature), -13, 13, 2600),
      0,
    );
  // What is looked at is a sum of a function of x and one of w, and quadratic in w.
  const part = (x: number, g: number): number => of(g, x, 0) + (of(g, 0, 1) - of(g, 0, 0)) * temperature;
  return over(part) / over(() => 1);
}

/** Standard error of the mean over independent particles and `count` times, `every` steps apart. */
function averagingError(
  operator: KineticOperator,
  law: KineticFunction,
  f: KineticFunction,
  every: number,
  count: number,
  particles: number,
): number {
  const mean = average(law, f);
  let variance =
    average(
      law,
      f.map((value) => value * value),
    ) -
    mean * mean;
  let later = f;
  for (let k = 1; k < Math.min(count, 8); k++) {
    later = operator.apply(later, every);
    variance +=
      2 *
      (1 - k / count) *
      (average(
        law,
        f.map((value, i) => value * later[i]),
      ) -
        mean * mean);
  }
  return Math.sqrt(variance / (count * particles));
}

async function invariantLaw(context: StudyContext, of: InvariantCase): Promise<Row[]> {
  const particles = context.pick(2_000_000, 100_000);
  const count = context.pick(60, 16);
  const steps = of.steps[context.tier];
  const rows: Row[] = [];
  const n = of.nodes.length;
  const functions = of.quantities.map((quantity) => kineticFunction(n, quantity.of));
  const found = { scheme: [] as number[][], runs: [] as { got: number; error: number }[][] };
  for (const step of steps) {
    const operator = new KineticOperator(schemeOf(of, step));
    const law = operator.law(Math.round(RELAXED / step));
    const every = Math.round(SPACING / step);
    const first = Math.round(RELAXED / step);
    const config = configOf({
      space: { variables: ['x'] },
      ...(n > 1 && { graph: { path: n, weight: WEIGHT } }),
      potential: {
        formula: n > 1 ? 'where(node == 0, x^2/2 + cos(2*x)/2, 0.8*(x - 0.6)^2 + 0.2)' : 'x^2/2 + cos(2*x)/2',
      },
      temperature,
      dynamics: {
        ...{ kind: 'accelerated', friction, mobility: 'barker', splitting: of.splitting },
        diffusivity: of.nodes.map(({ diffusivity }) => diffusivity),
      },
      precision: 'f64',
      particles,
      initial: { gaussian: { std: 1.3 } },
      time: { step, steps: first + every * count },
      seed: 31,
    });
    const got = await simulate(config, async (simulation) => {
      const totals = of.quantities.map(() => 0);
      for (let i = 0; i < count; i++) {
        await simulation.advance(first + every * i);
        const o = await simulation.observe();
        const { mean, variance } = pooled(o, 0);
        const values: Readonly<Record<string, number>> = {
          [square.name]: variance + mean * mean,
          // Alone in the double well: V = x^2/2 + (cos 2x)/2.
          [cosine.name]: 2 * o.potentialEnergy - variance - mean * mean,
          [kinetic.name]: o.kinetic?.total ?? NaN,
          [mass.name]: o.mass[0],
        };
        of.quantities.forEach(({ name }, q) => (totals[q] += values[name] / count));
      }
      return totals;
    });
    found.scheme.push(functions.map((f) => average(law, f)));
    found.runs.push(
      functions.map((f, q) => ({
        got: got[q],
        error: averagingError(operator, law, f, every, count, particles),
      })),
    );
  }
  of.quantities.forEach((quantity, q) => {
    const name = `${of.name}: ${quantity.name}`;
    const [scheme, runs] = [found.scheme.map((all) => all[q]), found.runs.map((all) => all[q])];
    if (quantity.showsOrder.includes(context.tier)) {
      const exact = gibbsAverage(of.nodes, quantity);
      rows.push(
        ...halvingRows(context, {
          ...{ name, order: 2, steps, exact },
          scheme: [scheme[0], scheme[1]],
          runs: [runs[0], runs[1]],
        }),
      );
    } else {
      steps.forEach((step, i) =>
        rows.push(normalRow(`${name} = scheme, dt = ${step}`, scheme[i], runs[i].got, runs[i].error)),
      );
    }
  });
  return rows;
}

/** Orders of the scheme's own invariant laws at steps whose errors no run could resolve. */
function ordersOfScheme(of: InvariantCase): Row[] {
  const laws = [0.3, 0.15].map((step) =>
    new KineticOperator(schemeOf(of, step)).law(Math.round(RELAXED / step)),
  );
  return of.quantities
    .filter(({ showsOrder }) => showsOrder.length > 0)
    .map((quantity) => {
      const f = kineticFunction(of.nodes.length, quantity.of);
      const exact = gibbsAverage(of.nodes, quantity);
      const [coarse, fine] = laws.map((law) => Math.abs(average(law, f) - exact));
      return {
        quantity: `${of.name}: ${quantity.name}: order of scheme`,
        exact: 2,
        got: Math.log2(coarse / fine),
        allowed: 0.15,
      };
    });
}

/** Mean, variance and so on of (x, w) after a step of baoab in a quadratic well: one linear map, and the noise it adds. */
function linearStep(step: number, gamma: number, frequency: number): [number, number, number, number] {
  const decay = Math.exp(-gamma * step);
  let rows: [number, number][] = [
    [1, 0],
    [0, 1],
  ];
  const half = (frequency * step) / 2;
  // In units where x' = omega w, w' = -omega x.
  const kick = (): void => {
    rows = rows.map(([x, w]) => [x, w - half * x]);
  };
  const drift = (): void => {
    rows = rows.map(([x, w]) => [x + half * w, w]);
  };
  kick();
  drift();
  rows = rows.map(([x, w]) => [x, decay * w]);
  drift();
  kick();
  const [[xx, wx], [xw, ww]] = rows;
  return [xx, xw, wx, ww];
}

/** c'' + gamma c' + omega^2 c = 0 from c(0), at rest. */
function oscillation(start: number, gamma: number, omega: number, time: number): number {
  const root = Math.sqrt(omega * omega - (gamma * gamma) / 4);
  return (
    start *
    Math.exp((-gamma * time) / 2) *
    (Math.cos(root * time) + (gamma / (2 * root)) * Math.sin(root * time))
  );
}

/** Exact answer 5, for the mean: two nodes whose potentials differ by a height, so that x does not see the jumps. */
async function means(context: StudyContext): Promise<Row[]> {
  const [k, diffusivity, gamma, start, deviation] = [1.6, 1.25, 0.7, 2, 0.4];
  const omega = Math.sqrt(k * diffusivity);
  const step = 0.05;
  const particles = context.pick(1_000_000, 200_000);
  const times = [0.5, 1, 2, 3, 5];
  const config = configOf({
    space: { variables: ['x'] },
    graph: { path: 2, weight: 2 },
    potential: { formula: '0.5*k*x^2 + 0.4*node', parameters: { k } },
    temperature,
    dynamics: { kind: 'accelerated', friction: gamma, diffusivity },
    particles,
    initial: { gaussian: { mean: start, std: deviation }, velocities: 'rest' },
    time: { step, end: times[times.length - 1] },
    seed: 32,
  });
  const scheme = (time: number, by: number): number => {
    const [xx, xw, wx, ww] = linearStep(by, gamma, omega);
    let [x, w] = [start, 0];
    for (let i = 0; i < Math.round(time / by); i++) [x, w] = [xx * x + xw * w, wx * x + ww * w];
    return x;
  };
  const rows = await simulate(config, async (simulation) => {
    const found: Row[] = [];
    for (const time of times) {
      await simulation.advance(Math.round(time / step));
      const o = await simulation.observe();
      const exact = oscillation(start, gamma, omega, time);
      const own = scheme(time, step);
      for (const g of [0, 1]) {
        const error = Math.sqrt(spread(o, g, 0) / o.count[g]);
        found.push(
          normalRow(`mean on ${g} at ${time}`, exact, o.mean[g], error, Math.abs(own - exact)),
          normalRow(`mean on ${g} at ${time} = scheme`, own, o.mean[g], error),
        );
      }
    }
    return found;
  });
  const [coarse, fine] = [0.05, 0.025].map((by) =>
    Math.abs(scheme(2, by) - oscillation(start, gamma, omega, 2)),
  );
  rows.push({
    quantity: 'mean at 2: order of scheme',
    exact: 2,
    got: Math.log2(coarse / fine),
    allowed: 0.1,
  });
  return rows;
}

const wells = {
  k: [1, 2, 0.6],
  a: [0, 0.6, -0.5],
  b: [0, -0.4, 0.5],
  h: [0, -0.5, 0.4],
};
const diffusivities = [1, 0.25, 2.25];

/** Masses, wells and kinetic energies at equilibrium, of nodes with unequal D. */
async function gibbsMasses(context: StudyContext): Promise<Row[]> {
  const [eps, step, end] = [0.9, 0.05, 30];
  const rows: Row[] = [];
  const particles = context.pick(1_000_000, 50_000);
  const weights = wells.h.map((height, g) => Math.exp(-height / eps) / wells.k[g]);
  const total = weights.reduce((sum, w) => sum + w, 0);
  // Jumps see cells and noise where they need densities: order h^2 and 1/n (theory.md); for these 0.5 % is allowed.
  const families = [
    { mobility: 'metropolis', splitting: 'lie', off: 0 },
    { mobility: 'barker', splitting: 'strang', off: 0 },
    ...context.pick([{ mobility: 'symmetric', splitting: 'lie', off: 0 }], []),
    { mobility: 'log-mean', splitting: 'lie', off: 0.005 },
  ];
  for (const { mobility, splitting, off } of families) {
    const config = configOf({
      space: { variables: ['x', 'y'] },
      graph: { complete: 3, weight: 1.5 },
      potential: { formula: '0.5*k*((x-a)^2 + (y-b)^2) + h', parameters: wells },
      temperature: eps,
      dynamics: { kind: 'accelerated', friction: 1, mobility, splitting, diffusivity: diffusivities },
      particles,
      initial: { gaussian: { mean: [0, 0.2], std: 0.9 } },
      time: { step, end },
      seed: 33,
    });
    const o = await simulate(config, async (simulation) => {
      await simulation.advance(Math.round(end / step));
      return simulation.observe();
    });
    for (let g = 0; g < 3; g++) {
      const share = weights[g] / total;
      const n = particles * share;
      const variance = eps / wells.k[g];
      // Of wells and jumps alike: (frequency dt)^2/4, the frequency that of the stiffest, or of the fastest jumps.
      const own = (diffusivities[g] * wells.k[g] * step * step) / 4;
      const bias = Math.max(own, (3.5 * step) ** 2 / 4) + off;
      rows.push(
        normalRow(
          `${mobility}: mass ${g}`,
          share,
          o.mass[g],
          Math.sqrt((share * (1 - share)) / particles),
          share * bias,
        ),
        normalRow(
          `${mobility}: <x> on ${g}`,
          wells.a[g],
          o.mean[2 * g],
          Math.sqrt(variance / n),
          bias * Math.sqrt(variance),
        ),
        normalRow(
          `${mobility}: var x on ${g}`,
          variance,
          spread(o, g, 0),
          variance * Math.sqrt(2 / n),
          bias * variance,
        ),
        normalRow(
          `${mobility}: <w^2>/2 on ${g}`,
          eps,
          o.kinetic?.ofNode[g] ?? NaN,
          eps / Math.sqrt(n),
          bias * eps,
        ),
      );
    }
  }
  return rows;
}

export const kineticStudy: Study = {
  name: 'kinetic',
  title: 'particles with velocities: invariant law, mean, Gibbs masses',
  async run(context) {
    const rows: Row[] = [];
    // The short tier leaves out the splitting that everybody would expect to be of order 2.
    const cases = context.pick(
      invariantCases,
      invariantCases.filter(({ splitting }) => splitting === 'lie'),
    );
    for (const of of cases) rows.push(...(await invariantLaw(context, of)), ...ordersOfScheme(of));
    rows.push(...(await means(context)), ...(await gibbsMasses(context)));
    return rows;
  },
};
