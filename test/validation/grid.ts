// The grid solver by itself: its exact answers, and the orders that it is said to have, by refinement. Nothing is random:
// a row may be off by what the discretisation at hand is off by.

import { GridSimulation } from '../../src/cluster/mod.js';
import type { EnergyRecord, Observation } from '../../src/estimate/mod.js';
import { carry, exponential } from './linear.js';
import { generator, rate, type Edge } from './chain.js';
import type { Row, Study, StudyContext } from './harness.js';
import { configOf } from './simulate.js';

interface Seen {
  readonly observations: readonly Observation[];
  readonly energies: readonly EnergyRecord[];
  readonly density: Float64Array;
}

/** Runs a config on the grid, looking at each of some steps. */
async function solve(config: object, steps: readonly number[]): Promise<Seen> {
  const simulation = GridSimulation.create(configOf({ representation: 'grid', ...config }), {
    skipPreflight: true,
  });
  const observations: Observation[] = [];
  const energies: EnergyRecord[] = [];
  try {
    await simulation.start();
    for (const step of steps) {
      if (step > simulation.step) await simulation.advance(step);
      observations.push(await simulation.observe());
      energies.push(simulation.energy() as EnergyRecord);
    }
    return { observations, energies, density: simulation.density.slice() };
  } finally {
    await simulation.close();
  }
}

const exactRow = (quantity: string, exact: number, got: number, allowed: number): Row => ({
  quantity,
  exact,
  got,
  allowed,
});

const show = (values: readonly number[]): string => values.map((value) => value.toExponential(2)).join(', ');

const edges: readonly Edge[] = [
  [0, 1, 2],
  [1, 2, 0.5],
  [2, 0, 1],
];
const heights = [0, 0.7, -0.4];
const [stiffness, temperature, diffusivity] = [1.5, 0.8, 1.3];

/** Exact answer 1: masses, mean and variance at t = 0.5, and how the errors of the last two fall with the cells. */
async function separable(context: StudyContext): Promise<Row[]> {
  const masses = [0.6, 0.1, 0.3];
  const time = 0.5;
  const start = { mean: 1.2, deviation: 0.5 };
  const rows: Row[] = [];
  const decay = Math.exp(-stiffness * diffusivity * time);
  const limit = temperature / stiffness;
  const mean = start.mean * decay;
  const variance = limit + (start.deviation ** 2 - limit) * decay ** 2;
  for (const mobility of ['metropolis', 'barker', 'symmetric'] as const) {
    const q = generator(3, edges, (from, to, weight) =>
      rate(mobility, weight, heights[to] - heights[from], temperature),
    );
    const exact = carry(masses, exponential(q, time));
    const errors: [number, number][] = [];
    const sizes = [50, 100, 200, 400];
    for (const cells of sizes) {
      const steps = 200;
      const { observations } = await solve(
        {
          space: { variables: ['x'] },
          graph: { nodes: 3, edges },
          potential: { formula: '0.5*k*x^2 + h', parameters: { k: stiffness, h: heights } },
          temperature,
          dynamics: { mobility, splitting: 'strang', diffusivity },
          initial: { gaussian: { mean: start.mean, std: start.deviation }, masses },
          grid: { cells, box: [-6, 6] },
          time: { step: time / steps, steps },
        },
        [steps],
      );
      const [o] = observations;
      errors.push([o.mean[1] - mean, o.covariance[1] - variance]);
      if (cells !== 400) continue;
      for (let g = 0; g < 3; g++) {
        // Rates do not depend on x: masses have the error of the time splitting only, and that vanishes.
        rows.push(exactRow(`${mobility}: mass ${g}, t = ${time}`, exact[g], o.mass[g], 1e-6));
      }
      const h = 12 / cells;
      rows.push(
        exactRow(`${mobility}: <x>, ${cells} cells`, mean, o.mean[1], h * h),
        exactRow(`${mobility}: var x, ${cells} cells`, variance, o.covariance[1], h * h),
      );
    }
    context.note(`${mobility}, ${sizes.join(', ')} cells: error of <x> ${show(errors.map(([m]) => m))}`);
    const order = (k: 0 | 1): number => Math.log2(errors[2][k] / errors[3][k]);
    rows.push(
      exactRow(`${mobility}: order in h of <x>`, 2, order(0), 0.1),
      exactRow(`${mobility}: order in h of var x`, 2, order(1), 0.1),
    );
  }
  return rows;
}

const doubleWell = (mobility: string, splitting: string, step: number, steps: number): object => ({
  space: { variables: ['x', 'y'] },
  graph: { path: 2, weight: 1.5 },
  potential: { formula: '(x^2 - 1)^2 + 0.3*x + 0.5*y^2 + node*(0.8*x*y - 0.5)' },
  temperature: 0.6,
  dynamics: { mobility, splitting, diffusivity: '1 + 0.5*node' },
  initial: { gaussian: { mean: [0.5, -0.2], std: 0.5 }, masses: [0.8, 0.2] },
  grid: { cells: 48, box: [-2.5, 2.5] },
  time: { step, steps },
});

/** Orders in the time step on an asymmetric double well, in the L1 norm, by differences of successive refinements. */
async function orders(context: StudyContext): Promise<Row[]> {
  const rows: Row[] = [];
  const mobilities = ['metropolis', 'symmetric', 'log-mean', 'arithmetic', 'geometric', 'harmonic', 'upwind'];
  for (const splitting of ['lie', 'strang']) {
    for (const mobility of context.pick(mobilities, ['metropolis', 'log-mean', 'upwind'])) {
      const solutions: Float64Array[] = [];
      for (const steps of [20, 40, 80, 160]) {
        const { density } = await solve(doubleWell(mobility, splitting, 0.4 / steps, steps), [steps]);
        solutions.push(density);
      }
      const distances = solutions
        .slice(1)
        .map(
          (f, i) => f.reduce((sum, value, c) => sum + Math.abs(value - solutions[i][c]), 0) * (5 / 48) ** 2,
        );
      context.note(`${splitting}, ${mobility}: differences of halved steps ${show(distances)}`);
      const order = Math.log2(distances[1] / distances[2]);
      rows.push(exactRow(`${splitting}, ${mobility}: order in dt`, splitting === 'lie' ? 1 : 2, order, 0.25));
    }
  }
  return rows;
}

/** Exact answer 2: Gibbs masses of quadratic wells of different stiffness. */
async function gibbs(): Promise<Row[]> {
  const k = [1, 2, 4];
  const weights = k.map((stiff, g) => Math.exp(-heights[g] / temperature) / stiff);
  const z = weights.reduce((sum, weight) => sum + weight, 0);
  const rows: Row[] = [];
  for (const mobility of ['metropolis', 'log-mean', 'harmonic']) {
    const { observations, energies } = await solve(
      {
        space: { variables: ['x', 'y'] },
        graph: { nodes: 3, edges },
        potential: {
          formula: '0.5*k*((x - a)^2 + y^2) + h',
          parameters: { k, h: heights, a: '0.5*node' },
        },
        temperature,
        dynamics: { mobility, splitting: 'strang' },
        initial: { gaussian: { mean: 0, std: 0.5 }, masses: [1, 0, 0] },
        grid: {
          cells: 64,
          box: [
            [-5, 6],
            [-5.5, 5.5],
          ],
        },
        time: { step: 0.25, steps: 400 },
      },
      [400],
    );
    for (let g = 0; g < 3; g++) {
      rows.push(exactRow(`${mobility}: Gibbs mass ${g}`, weights[g] / z, observations[0].mass[g], 1e-6));
    }
    rows.push(exactRow(`${mobility}: KL(f|pi) at rest`, 0, energies[0].relativeEntropy, 1e-12));
  }
  return rows;
}

/** Exact answer 7: the energy falls, by the dissipation; mass stays. */
async function energy(context: StudyContext): Promise<Row[]> {
  const rows: Row[] = [];
  const mobilities = [
    ...['metropolis', 'barker', 'symmetric'],
    ...['log-mean', 'arithmetic', 'geometric', 'harmonic', 'upwind', 'constant'],
  ];
  for (const splitting of ['lie', 'strang']) {
    let [rise, lost] = [0, 0];
    for (const mobility of mobilities) {
      const look = async (refined: number): Promise<Seen> => {
        const steps = 50 * refined;
        const looks = Array.from({ length: 51 }, (_, i) => i * refined);
        return solve(doubleWell(mobility, splitting, 0.5 / steps, steps), looks);
      };
      const { energies, observations } = await look(1);
      energies.slice(1).forEach((record, i) => (rise = Math.max(rise, record.energy - energies[i].energy)));
      for (const { mass } of observations) lost = Math.max(lost, Math.abs(mass[0] + mass[1] - 1));
      // Mobility constant moves mass through the empty tails at once: its dissipation at time 0 belongs to a time far
      // shorter than a step.
      if (splitting === 'lie' || mobility === 'constant') continue;
      const balances = [energies[50].balance, (await look(2)).energies[50].balance];
      context.note(`strang, ${mobility}: E(t) - E(0) + integral of I, dt and dt/2: ${show(balances)}`);
      const order = Math.log2(balances[0] / balances[1]);
      rows.push(exactRow(`strang, ${mobility}: order in dt of the balance`, 2, order, 0.3));
    }
    rows.push(
      exactRow(`${splitting}, all mobilities: largest rise of E`, 0, rise, 1e-13),
      exactRow(`${splitting}, all mobilities: lost mass`, 0, lost, 1e-12),
    );
  }
  return rows;
}

export const grid: Study = {
  name: 'grid',
  title: 'the grid solver: exact answers 1, 2 and 7, orders in space and time',
  async run(context) {
    return [
      ...(await separable(context)),
      ...(await orders(context)),
      ...(await gibbs()),
      ...(await energy(context)),
    ];
  },
};
