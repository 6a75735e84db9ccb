// What every step keeps, whatever the model: mass, f >= 0, the Gibbs state, and an energy that does not rise. Random models
// of every kind.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gridModel, Team } from './team.js';

const linear = ['metropolis', 'barker', 'symmetric'];
const density = ['log-mean', 'arithmetic', 'geometric', 'harmonic', 'upwind', 'constant'];
const mobilities = [...linear, ...density];
const splittings = ['lie', 'strang'];

/** Bounded and rough, smooth, steep: as parts of wells. */
const parts = [
  '2*cos(3*x[0] + h)',
  'h*tanh(4*x[0])',
  '3*abs(x[0] - h)',
  'where(x[0] < h, 4, 0)',
  '8*exp(-4*(x[0] - h)^2)',
  '0',
];

const graphs = [
  { path: 2, weight: 3 },
  { ring: 4, weight: 0.5 },
  { complete: 4, weight: 20 },
  {
    nodes: ['a', 'b', 'c'],
    edges: [
      ['a', 'b', 1],
      ['a', 'c', 5],
    ],
  },
];

const laws = [
  { gaussian: { mean: 0.3, std: 0.6 } },
  { gaussian: { mean: -1, std: 0.01 } },
  { point: 0.37 },
  { uniform: { low: -1, high: 0.5 } },
];

const configs = fc.record({
  dimension: fc.constantFrom(1, 1, 2, 3),
  boundary: fc.constantFrom('reflecting', 'periodic', 'free'),
  graph: fc.constantFrom(...graphs),
  part: fc.constantFrom(...parts),
  law: fc.constantFrom(...laws),
  temperature: fc.constantFrom(0.05, 1, 3),
  step: fc.constantFrom(1e-4, 0.01, 0.3, 10),
  masses: fc.constantFrom('uniform', '1 + 3*node', 'where(node == 0, 1, 0)'),
  diffusivity: fc.constantFrom('1', '0.1 + node'),
});

type Choice = typeof configs extends fc.Arbitrary<infer T> ? T : never;

function team(
  choice: Choice,
  mobility: string,
  splitting: string,
  temperature: number = choice.temperature,
): Team {
  const model = gridModel({
    space: {
      variables: choice.dimension,
      boundary: choice.boundary,
      ...(choice.boundary === 'free' ? {} : { box: [-2, 2.5] }),
    },
    graph: choice.graph,
    potential: {
      formula: `0.5*(1 + node)*dot(x, x) + ${choice.part} + h`,
      parameters: { h: '0.4 - 0.3*node' },
    },
    temperature,
    dynamics: { mobility, splitting, diffusivity: choice.diffusivity },
    initial: { ...choice.law, masses: choice.masses },
    grid: { cells: [40, 9, 5].slice(0, choice.dimension), box: [-2, 2.5] },
    time: { step: choice.step, steps: 100 },
  });
  return new Team(model);
}

/** What rounding may do to an energy. */
const slack = (energy: { potential: number; entropic: number }): number =>
  1e-12 * (Math.abs(energy.potential) + Math.abs(energy.entropic) + 1);

describe.each(splittings)('%s', (splitting) => {
  it.each(mobilities)('%s keeps mass, f >= 0, and lets the energy fall', (mobility) => {
    fc.assert(
      fc.property(configs, (choice) => {
        const solver = team(choice, mobility, splitting);
        let { energy } = solver.measure();
        for (let step = 0; step < 6; step++) {
          const next = solver.advance(1).measure().energy;
          expect(next.energy).toBeLessThanOrEqual(energy.energy + slack(energy));
          expect(next.transport).toBeGreaterThanOrEqual(-1e-9);
          expect(next.reaction).toBeGreaterThanOrEqual(-1e-9);
          energy = next;
        }
        expect(Math.abs(solver.mass - 1)).toBeLessThan(1e-12);
        expect(solver.arrays.field.every((f) => f >= 0 && f < Infinity)).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  it.each(mobilities)('%s keeps the Gibbs state to rounding', (mobility) => {
    fc.assert(
      fc.property(configs, (choice) => {
        const solver = team(choice, mobility, splitting);
        const { temperature } = solver.model;
        const constant = temperature.kind === 'constant' ? temperature.value : NaN;
        solver.measure();
        const { potential, field } = solver.arrays;
        const { count } = solver.plan.cells;
        const gibbs = potential.map((v) => Math.exp(-v / constant));
        const z = gibbs.reduce((sum, value) => sum + value, 0) * solver.plan.cells.volume;
        solver.fill((node, cell) => gibbs[node * count + cell] / z);
        const before = field.slice();
        solver.advance(40);
        const worst = field.reduce((most, f, i) => Math.max(most, Math.abs(f / before[i] - 1)), 0);
        expect(worst).toBeLessThan(1e-12);
      }),
      { numRuns: 5 },
    );
  });

  it.each(['metropolis', 'barker', 'upwind', 'log-mean', 'arithmetic', 'geometric'])(
    '%s at temperature 0 keeps mass, f >= 0, and lets the energy fall',
    (mobility) => {
      fc.assert(
        fc.property(configs, (choice) => {
          const solver = team(choice, mobility, splitting, 0);
          let { energy } = solver.measure();
          for (let step = 0; step < 6; step++) {
            const next = solver.advance(1).measure().energy;
            expect(next.energy).toBeLessThanOrEqual(energy.energy + slack(energy));
            energy = next;
          }
          expect(Math.abs(solver.mass - 1)).toBeLessThan(1e-12);
          expect(solver.arrays.field.every((f) => f >= 0 && f < Infinity)).toBe(true);
        }),
        { numRuns: 6 },
      );
    },
  );
});

it('keeps mass to 1e-12 over many steps', () => {
  const choice: Choice = {
    dimension: 1,
    boundary: 'periodic',
    graph: { ring: 4, weight: 0.5 },
    part: '2*cos(3*x[0] + h)',
    law: { gaussian: { mean: 0, std: 0.5 } },
    temperature: 1,
    step: 0.01,
    masses: 'uniform',
    diffusivity: '1',
  };
  for (const mobility of ['metropolis', 'log-mean']) {
    const solver = team(choice, mobility, 'strang').advance(5000);
    expect(Math.abs(solver.mass - 1)).toBeLessThan(1e-12);
  }
});

it('reports an energy balance that closes with the square of the step', () => {
  const balance = (step: number, mobility: string): number => {
    const model = gridModel({
      space: { variables: ['x'] },
      graph: { path: 3 },
      potential: { formula: '(x^2 - 1)^2 + 0.5*node*x' },
      temperature: 0.7,
      dynamics: { mobility, splitting: 'strang' },
      grid: { cells: 100, box: [-3, 3] },
      initial: { gaussian: { mean: 0.2, std: 0.5 }, masses: [3, 1, 1] },
      time: { step, steps: 1000 },
    });
    return new Team(model).advance(Math.round(0.4 / step)).measure().record.balance;
  };
  for (const mobility of ['barker', 'log-mean', 'upwind']) {
    const [coarse, fine] = [balance(0.01, mobility), balance(0.005, mobility)];
    expect(Math.abs(fine)).toBeLessThan(1e-3);
    expect(coarse / fine).toBeGreaterThan(3);
    expect(coarse / fine).toBeLessThan(5.5);
  }
});
