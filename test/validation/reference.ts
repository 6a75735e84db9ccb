// Particles against the grid solver, where nothing is known in closed form: wells that are not quadratic, unequal weights and
// diffusivities, and every mobility. An asymmetric double well on two nodes; three Müller-Brown nodes in two dimensions; a
// path of five nodes in one and two dimensions. Then the weak orders of the particle schemes, measured against the grid.
//
// Reference values are of the grid with two widths of cells, extrapolated (the error is of second order); a tenth of the
// correction is allowed. What the particles' time step is off by is bounded by the grid's own: its splittings are the
// particles', and its error at their step is allowed once (linear family) or twice (density family, whose densities stand still
// while particles react; see theory.md).

import { GridPlan, gridSolver, observationOf, runAlone } from '../../src/grid/mod.js';
import { buildModel, type Mobility } from '../../src/model/mod.js';
import type { Observation } from '../../src/estimate/mod.js';
import { normalRow, SIGMAS, type Row, type Study, type StudyContext } from './harness.js';
import { configOf, simulate } from './simulate.js';

interface Case {
  readonly name: string;
  readonly config: object;
  readonly mobilities: readonly Mobility[];
  /** Those of the short tier. */
  readonly few: readonly Mobility[];
  /** Steps of time.step until it is looked. */
  readonly steps: number;
  /** Cells per coordinate: full tier, short tier. */
  readonly cells: readonly [number, number];
  readonly particles: readonly [number, number];
  /** Allowed besides, for stiff wells: what heun's step is off by there. */
  readonly bias: number;
}

const doubleWell = {
  space: { variables: ['x'] },
  graph: { path: 2, weight: 1.5 },
  potential: {
    formula: '(x^2 - 1)^2 + a*x + h',
    parameters: { a: [0.3, -0.25], h: [0, 0.4] },
  },
  temperature: 0.6,
  initial: { gaussian: { mean: -0.8, std: 0.3 }, masses: [0.8, 0.2] },
};

const path = {
  graph: {
    nodes: 5,
    edges: [
      [0, 1, 1],
      [1, 2, 0.4],
      [2, 3, 2],
      [3, 4, 0.8],
    ],
  },
  temperature: 0.7,
};
const diffusivity = [1, 0.5, 1.5, 0.8, 0.3];
const height = [0, 0.5, -0.3, 0.2, -0.6];

const cases: readonly Case[] = [
  {
    name: 'double well',
    config: { ...doubleWell, time: { step: 0.0025, steps: 320 } },
    mobilities: [
      'metropolis',
      'barker',
      'symmetric',
      'log-mean',
      'arithmetic',
      'geometric',
      'harmonic',
      'upwind',
      'constant',
    ],
    few: ['metropolis', 'log-mean', 'upwind'],
    steps: 320,
    cells: [512, 256],
    particles: [2_000_000, 200_000],
    bias: 2e-4,
  },
  {
    name: 'Müller-Brown',
    config: {
      space: { variables: ['x', 'y'] },
      graph: { path: 3, weight: 5 },
      potential: {
        parameters: { scale: [0.03, 0.02, 0.01], tilt: [0, 1, -1], height: [3, 1.7, 0] },
        formula:
          'scale*(-200*exp(-(x-1)^2 - 10*y^2) - 100*exp(-x^2 - 10*(y-0.5)^2)' +
          ' - 170*exp(-6.5*(x+0.5)^2 + 11*(x+0.5)*(y-1.5) - 6.5*(y-1.5)^2)' +
          ' + 15*exp(0.7*(x+1)^2 + 0.6*(x+1)*(y-1) + 0.7*(y-1)^2)) + tilt*x + height',
      },
      temperature: 1,
      initial: { gaussian: { mean: [-0.5, 1.3], std: 0.25 }, masses: [0.7, 0.2, 0.1] },
      grid: {
        box: [
          [-3.5, 2.5],
          [-2, 3.5],
        ],
      },
      time: { step: 0.001, steps: 200 },
    },
    mobilities: ['metropolis', 'log-mean'],
    few: ['log-mean'],
    steps: 200,
    cells: [192, 96],
    particles: [1_000_000, 100_000],
    bias: 5e-4,
  },
  {
    name: 'path of five',
    config: {
      ...path,
      space: { variables: ['x'] },
      potential: {
        formula: '0.5*k*(x - c)^2 + 0.3*cos(2*x) + h',
        parameters: { k: [1, 2, 0.7, 1.5, 1], c: [-1, 0, 0.5, 1, -0.5], h: height },
      },
      dynamics: { diffusivity },
      initial: { gaussian: { mean: -1, std: 0.7 }, masses: [0.5, 0.2, 0.1, 0.1, 0.1] },
      time: { step: 0.005, steps: 200 },
    },
    mobilities: ['barker', 'arithmetic'],
    few: ['arithmetic'],
    steps: 200,
    cells: [512, 256],
    particles: [2_000_000, 200_000],
    bias: 1e-4,
  },
  {
    name: 'path of five, d = 2',
    config: {
      ...path,
      space: { variables: ['x', 'y'] },
      potential: {
        formula: '0.5*k*(x - c)^2 + 0.5*(y + 0.5*sin(x))^2 + h',
        parameters: { k: [1, 2, 0.7, 1.5, 1], c: [-1, 0, 0.5, 1, -0.5], h: height },
      },
      dynamics: { diffusivity },
      initial: { gaussian: { mean: [-1, 0.5], std: 0.7 }, masses: [0.5, 0.2, 0.1, 0.1, 0.1] },
      time: { step: 0.005, steps: 100 },
    },
    mobilities: ['symmetric', 'harmonic'],
    few: ['symmetric'],
    steps: 100,
    cells: [128, 64],
    particles: [2_000_000, 200_000],
    bias: 1e-4,
  },
];

/** Masses, and the first moments of every coordinate times the mass. */
interface Values {
  readonly names: readonly string[];
  readonly values: readonly number[];
}

function valuesOf(o: Observation): Values {
  const names: string[] = [];
  const values: number[] = [];
  const { nodeCount: n, dimension: d } = o;
  for (let g = 0; g < n; g++) {
    names.push(`mass ${g}`);
    values.push(o.mass[g]);
  }
  for (let i = 0; i < d; i++) {
    const x = d === 1 ? 'x' : 'xy'[i];
    for (let g = 0; g < n; g++) {
      names.push(`<${x}; ${g}>`);
      values.push(o.mass[g] * o.mean[g * d + i]);
    }
  }
  return { names, values };
}

/** Standard errors of the same from N independent draws; fixed counts at the start make the truth a little smaller. */
function errorsOf(o: Observation, particles: number): number[] {
  const { nodeCount: n, dimension: d } = o;
  const errors: number[] = [];
  for (let g = 0; g < n; g++) errors.push(Math.sqrt((o.mass[g] * (1 - o.mass[g])) / particles));
  for (let i = 0; i < d; i++) {
    for (let g = 0; g < n; g++) {
      const mean = o.mean[g * d + i];
      const second = o.mass[g] * (o.covariance[(g * d + i) * d + i] + mean * mean);
      errors.push(Math.sqrt((second - (o.mass[g] * mean) ** 2) / particles));
    }
  }
  return errors;
}

interface GridOptions {
  readonly cells: number;
  readonly splitting: 'lie' | 'strang';
  /** Without it, steps of time.step. */
  readonly tolerance?: number;
}

type Settings = Readonly<Record<string, unknown>>;

function onGrid(config: object, steps: number, { cells, splitting, tolerance }: GridOptions): Observation {
  const { dynamics, grid, ...rest } = config as { dynamics?: Settings; grid?: Settings };
  const { model } = buildModel(
    configOf({
      ...rest,
      representation: 'grid',
      dynamics: { ...dynamics, splitting },
      grid: { ...grid, cells, ...(tolerance !== undefined && { tolerance }) },
    }),
    { skipPreflight: true },
  );
  const plan = new GridPlan(model);
  const arrays = plan.view(plan.allocate(4e9));
  const engine = gridSolver(plan, arrays, { index: 0, size: 1 });
  runAlone(engine.start());
  runAlone(engine.advance(0, steps));
  runAlone(engine.measure(steps * model.timeStep));
  return observationOf(plan, arrays, steps);
}

/** The limit of fine cells and short steps, and how far it is trusted. */
function reference(
  config: object,
  steps: number,
  cells: number,
  tolerance: number,
): { observation: Observation; values: number[]; doubt: number[] } {
  const fine = onGrid(config, steps, { cells, splitting: 'strang', tolerance });
  const coarse = onGrid(config, steps, { cells: cells / 2, splitting: 'strang', tolerance });
  const [a, b] = [valuesOf(fine).values, valuesOf(coarse).values];
  return {
    observation: fine,
    values: a.map((value, i) => value + (value - b[i]) / 3),
    doubt: a.map((value, i) => 0.1 * Math.abs(value - b[i]) + 2 * tolerance),
  };
}

async function ofParticles(config: object, particles: number, steps: number): Promise<Observation> {
  return simulate(configOf({ ...config, particles, seed: 71 }), async (simulation) => {
    await simulation.advance(steps);
    return simulation.observe();
  });
}

const linear: readonly Mobility[] = ['metropolis', 'barker', 'symmetric'];

async function rowsOf(context: StudyContext, one: Case, mobility: Mobility): Promise<Row[]> {
  const { config, steps, bias } = one;
  const cells = context.pick(...one.cells);
  const particles = context.pick(...one.particles);
  const { dynamics, ...rest } = config as { dynamics?: Settings };
  const whole = { ...rest, dynamics: { ...dynamics, mobility, integrator: 'heun', splitting: 'strang' } };
  const { observation, values, doubt } = reference(whole, steps, cells, context.pick(1e-6, 1e-5));
  const isLinear = linear.includes(mobility);
  const stepped = onGrid(whole, steps, { cells, splitting: isLinear ? 'strang' : 'lie' });
  const ofStep = valuesOf(stepped).values.map((value, i) =>
    Math.abs(value - valuesOf(observation).values[i]),
  );
  const got = await ofParticles(whole, particles, steps);
  const errors = errorsOf(observation, particles);
  const { names, values: found } = valuesOf(got);
  return names.map((name, i) =>
    normalRow(
      `${one.name}, ${mobility}: ${name}`,
      values[i],
      found[i],
      errors[i],
      bias + doubt[i] + (isLinear ? 1 : 2) * ofStep[i],
    ),
  );
}

/** Order of the particle schemes against the grid: the error at a step and at half of it. */
async function orderRows(context: StudyContext): Promise<Row[]> {
  const rows: Row[] = [];
  const time = 1.2;
  const schemes = [
    { splitting: 'lie', integrator: 'euler-maruyama', order: 1, steps: [0.1, 0.05] },
    { splitting: 'strang', integrator: 'heun', order: 2, steps: [0.4, 0.2] },
  ] as const;
  const model = {
    ...doubleWell,
    potential: { formula: '0.5*x^2 + a*x + 0.6*cos(1.5*x) + h', parameters: { a: [0.8, -0.7], h: [0, 0.4] } },
    precision: 'f64',
  };
  const runs = context.pick(8, 1);
  const particles = 4_000_000;
  const settings = (step: number, steps: number, integrator: string, splitting: string): object => ({
    ...model,
    dynamics: { mobility: 'barker', integrator, splitting },
    time: { step, steps },
  });
  const exact = reference(
    settings(0.01, Math.round(time / 0.01), 'heun', 'strang'),
    Math.round(time / 0.01),
    512,
    1e-7,
  );
  // The mass of node 1 and <x> over all.
  const pick = (values: readonly number[]): number[] => [values[1], values[2] + values[3]];
  const error = pick(errorsOf(exact.observation, particles * runs));
  for (const { splitting, integrator, order, steps } of schemes) {
    const errors: number[][] = [];
    for (const step of steps) {
      const count = Math.round(time / step);
      const sums = [0, 0];
      for (let run = 0; run < runs; run++) {
        const config = { ...settings(step, count, integrator, splitting), particles, seed: 300 + run };
        const o = await simulate(configOf(config), async (simulation) => {
          await simulation.advance(count);
          return simulation.observe();
        });
        pick(valuesOf(o).values).forEach((value, i) => (sums[i] += value / runs));
      }
      errors.push(sums.map((value, i) => value - pick(exact.values)[i]));
    }
    ['mass 1', '<x>'].forEach((name, i) => {
      const [large, small] = errors.map((e) => e[i]);
      const standardError = error[i];
      context.note(
        `${splitting}, ${integrator}: error of ${name} ${large.toExponential(2)} at ${steps[0]}, ` +
          `${small.toExponential(2)} at ${steps[1]} (+- ${standardError.toExponential(1)})`,
      );
      // Half the step has 2^-order of the error, but for the next term of the expansion.
      const factor = 2 ** order;
      rows.push({
        quantity: `${splitting}, ${integrator}: ${name}: error at ${steps[1]} times ${factor}`,
        exact: large,
        got: factor * small,
        allowed: SIGMAS * standardError * Math.sqrt(1 + factor * factor) + 0.35 * Math.abs(large),
        standardError: standardError * Math.sqrt(1 + factor * factor),
      });
    });
  }
  return rows;
}

export const referenceStudy: Study = {
  name: 'reference',
  title: 'particles against the grid solver, for every mobility; weak orders against it',
  async run(context) {
    const rows: Row[] = [];
    for (const one of cases) {
      for (const mobility of context.pick(one.mobilities, one.few))
        rows.push(...(await rowsOf(context, one, mobility)));
    }
    rows.push(...(await orderRows(context)));
    return rows;
  },
};
