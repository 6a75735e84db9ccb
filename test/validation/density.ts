// The density family in particle form: two nodes with potentials that differ by a constant, x uniform on a periodic box (one
// and two dimensions). Densities stay uniform, and masses follow m' = K theta(m/L, m'/L) L (mu' - mu), L the volume of the
// box: one equation, solved here by Runge and Kutta. A second case without temperature, a third on one node's edge of the
// scale: all mass but 3 % starts on one node.
//
// Two rows each. Against the equation the error of the time step is allowed, which is known from the same scheme without
// particles (densities stand still while particles react: order 1 for both splittings). Against that scheme only the
// error of noisy densities is: half a particle in those of a cell (theory.md has measurements: it is below that).

import type { DensityMobility } from '../../src/model/mod.js';
import { normalRow, type Row, type Study, type StudyContext } from './harness.js';
import { configOf, simulate } from './simulate.js';

const names: readonly DensityMobility[] = [
  'log-mean',
  'arithmetic',
  'geometric',
  'harmonic',
  'upwind',
  'constant',
];

interface Case {
  readonly dimension: 1 | 2;
  readonly temperature: number;
  readonly start: number;
  readonly splitting: 'lie' | 'strang';
  readonly precision: 'f32' | 'f64';
  readonly end: number;
}

const cases: readonly Case[] = [
  { dimension: 1, temperature: 0.8, start: 0.2, splitting: 'lie', precision: 'f32', end: 0.6 },
  { dimension: 2, temperature: 0.8, start: 0.97, splitting: 'strang', precision: 'f32', end: 0.4 },
  { dimension: 1, temperature: 0, start: 0.3, splitting: 'strang', precision: 'f64', end: 0.4 },
];

const DELTA_V = 0.6;
const SIDE = 2;
const STEP = 0.01;
/** Particles that share a cell on average over both nodes. */
const PER_CELL = 1000;

function theta(mobility: DensityMobility, s: number, t: number): number {
  switch (mobility) {
    case 'log-mean':
      return Math.abs(s - t) < 1e-9 ? s : (s - t) / Math.log(s / t);
    case 'arithmetic':
      return (s + t) / 2;
    case 'geometric':
      return Math.sqrt(s * t);
    case 'harmonic':
      return (2 * s * t) / (s + t);
    case 'upwind':
      return s;
    case 'constant':
      return 1;
    default:
      return mobility satisfies never;
  }
}

/** Mass per time from node 0 to node 1 where node 0 has this mass; negative backwards. */
function current(mobility: DensityMobility, weight: number, volume: number, temperature: number) {
  return (mass: number): number => {
    const [f, other] = [mass / volume, (1 - mass) / volume];
    const drop = -DELTA_V + (temperature === 0 ? 0 : temperature * Math.log(f / other));
    return weight * volume * drop * (drop > 0 ? theta(mobility, f, other) : theta(mobility, other, f));
  };
}

function solve(j: (mass: number) => number, start: number, end: number): number {
  const steps = 20_000;
  const h = end / steps;
  let mass = start;
  for (let i = 0; i < steps; i++) {
    const a = -j(mass);
    const b = -j(mass + (h / 2) * a);
    const c = -j(mass + (h / 2) * b);
    const d = -j(mass + h * c);
    mass += (h / 6) * (a + 2 * b + 2 * c + d);
  }
  return mass;
}

/** What particles without number do: in each reaction they leave with the rate of its beginning. */
function stepped(j: (mass: number) => number, start: number, reactions: number, time: number): number {
  let mass = start;
  for (let i = 0; i < reactions; i++) {
    const flow = j(mass);
    mass =
      flow > 0
        ? mass * Math.exp((-flow / mass) * time)
        : 1 - (1 - mass) * Math.exp((flow / (1 - mass)) * time);
  }
  return mass;
}

async function rowsOf(context: StudyContext, mobility: DensityMobility, one: Case): Promise<Row[]> {
  const { dimension, temperature, start, splitting, precision, end } = one;
  const particles = context.pick(2_000_000, 200_000);
  const cells = Math.round((particles / 2 / PER_CELL) ** (1 / dimension));
  const volume = SIDE ** dimension;
  // theta of mobility constant does not scale with densities.
  const weight = mobility === 'constant' ? 1 / volume : 1.5;
  const j = current(mobility, weight, volume, temperature);
  const steps = Math.round(end / STEP);
  const halves = splitting === 'strang' ? 2 : 1;
  const exact = solve(j, start, end);
  const ofScheme = stepped(j, start, steps * halves, STEP / halves);
  const config = configOf({
    space: { variables: dimension, boundary: 'periodic', box: [0, SIDE] },
    graph: { path: 2, weight },
    potential: { formula: `${DELTA_V}*node` },
    temperature,
    dynamics: { mobility, splitting },
    precision,
    grid: { cells },
    particles,
    initial: { uniform: {}, masses: [start, 1 - start] },
    time: { step: STEP, steps },
    seed: 61,
  });
  const got = await simulate(config, async (simulation) => {
    await simulation.advance(steps);
    return simulation.masses()[0];
  });
  const moved = Math.abs(exact - start);
  // Everyone that moves does so with its own clock.
  const standardError = Math.sqrt(moved / particles);
  const least = Math.min(start, 1 - start, exact, 1 - exact);
  const noise = (0.5 * moved) / (2 * PER_CELL * least);
  const name = `${mobility}, d = ${dimension}, eps = ${temperature}`;
  return [
    normalRow(`${name}: mass`, exact, got, standardError, Math.abs(ofScheme - exact) + noise),
    normalRow(`${name}: mass of the scheme`, ofScheme, got, standardError, noise),
  ];
}

export const density: Study = {
  name: 'density',
  title: 'density family: masses of two nodes with uniform densities follow their equation',
  async run(context) {
    context.note(`${context.pick(2_000_000, 200_000)} particles, ${PER_CELL} to a cell, dt = ${STEP}`);
    const rows: Row[] = [];
    for (const mobility of names)
      for (const one of cases) rows.push(...(await rowsOf(context, mobility, one)));
    return rows;
  },
};
