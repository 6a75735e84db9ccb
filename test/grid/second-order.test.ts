// Second-order dynamics on the grid: exact answers, orders, the law of H, and the same bits for any team.

import { describe, expect, it } from 'vitest';
import { scalar } from '../../src/grid/mod.js';
import { gridModel, Team } from './team.js';
import { quadraticWell, pathOfMasses } from './second-order-exact.js';

const well = (changes: object = {}): object => ({
  space: { variables: ['x'] },
  potential: { formula: '0.5*1.3*x^2' },
  temperature: 1,
  dynamics: { kind: 'accelerated', friction: 0.5 },
  initial: { gaussian: { mean: 1.2, std: 0.6 } },
  grid: { cells: 256, box: [-7, 7] },
  time: { step: 0.02, steps: 200 },
  ...changes,
});

describe('a quadratic well (exact answer 5)', () => {
  it('moves mean and width as the exact equations do, within 0.1 % at 256 cells', () => {
    const team = new Team(gridModel(well()));
    for (const steps of [50, 100]) {
      const { observation } = team.advance(50).measure();
      const { mean, width } = quadraticWell(
        { mean: 1.2, width: 0.6, k: 1.3, gamma: 0.5, eps: 1 },
        0.02 * steps,
      );
      expect(Math.abs(observation.mean[0] - mean)).toBeLessThan(1e-3);
      expect(Math.abs(Math.sqrt(observation.covariance[0]) - width)).toBeLessThan(1e-3 * width);
    }
    expect(Math.abs(team.mass - 1)).toBeLessThan(1e-13);
  });

  it('is of order 2 in the width of cells, the step going with it', () => {
    const errors = [64, 128, 256].map((cells) => {
      const time = { step: 3.2 / cells, steps: 1000 };
      const team = new Team(gridModel(well({ grid: { cells, box: [-7, 7] }, time })));
      // The largest over a time: at single times errors of both signs may cancel.
      return [0.5, 1, 1.5, 2].reduce((worst, t) => {
        const { observation } = team.advance((0.5 * cells) / 3.2).measure();
        const { width } = quadraticWell({ mean: 1.2, width: 0.6, k: 1.3, gamma: 0.5, eps: 1 }, t);
        return Math.max(worst, Math.abs(Math.sqrt(observation.covariance[0]) - width));
      }, 0);
    });
    expect(0.5 * Math.log2(errors[0] / errors[2])).toBeGreaterThan(1.5);
  });

  it('keeps the discrete Gibbs state at rest', () => {
    const team = new Team(gridModel(well()));
    const { cells } = team.plan;
    const x = (cell: number): number => cells.low[0] + (cell + 0.5) * cells.widths[0];
    team.fill((_, cell) => Math.exp(-0.65 * x(cell) ** 2) / Math.sqrt((2 * Math.PI) / 1.3));
    const before = team.arrays.field.slice();
    team.advance(20);
    const most = team.arrays.field.reduce((worst, f, i) => Math.max(worst, Math.abs(f - before[i])), 0);
    expect(most).toBeLessThan(1e-13);
  });
});

describe('masses on a graph (no x)', () => {
  it.each(['log-mean', 'arithmetic', 'geometric', 'harmonic'] as const)('%s: order 2 in time', (mobility) => {
    const potentials = [0, 0.5, 0.2];
    const exact = pathOfMasses(
      mobility,
      { masses: [0.7, 0.2, 0.1], potentials, weight: 1.5, gamma: 0.3, eps: 0.7 },
      1.5,
    );
    const errors = [60, 120].map((steps) => {
      const model = gridModel({
        space: { variables: ['x'], boundary: 'reflecting', box: [0, 1] },
        graph: { path: 3, weight: 1.5 },
        potential: { formula: 'h', parameters: { h: potentials } },
        temperature: 0.7,
        dynamics: { kind: 'accelerated', friction: 0.3, mobility },
        initial: { uniform: { low: 0, high: 1 }, masses: [0.7, 0.2, 0.1] },
        grid: { cells: 8 },
        time: { step: 1.5 / steps, steps },
      });
      const { observation, record } = new Team(model).advance(steps).measure();
      expect(Math.abs(record.residual ?? NaN)).toBeLessThan(1e-4);
      // What jumped is what the masses have changed by.
      expect(observation.jumps[0] - observation.jumps[1]).toBeCloseTo(0.7 - observation.mass[0], 12);
      return Math.max(...exact.map((m, g) => Math.abs(m - observation.mass[g])));
    });
    expect(errors[0]).toBeLessThan(1e-4);
    expect(errors[0] / errors[1]).toBeGreaterThan(2.8);
  });
});

/** Wells apart from each other, as they violently exchange mass. */
const wells = (dimension: number, changes: object = {}): object => ({
  space: { variables: ['x', 'y', 'z'].slice(0, dimension) },
  graph: { path: 3 },
  potential: {
    formula: '0.5*(x - node)^2 + 0.4*node' + ['', ' + 0.7*y^2', ' + 0.7*y^2 + z^2'][dimension - 1],
  },
  temperature: 0.5,
  dynamics: { kind: 'accelerated', friction: 1, mobility: 'log-mean' },
  initial: { gaussian: { mean: 0, std: 0.6 }, masses: [0.8, 0.15, 0.05] },
  grid: { cells: [96, 24, 12][dimension - 1], box: [-4, 6] },
  time: { step: 0.02, steps: 100 },
  ...changes,
});

describe('the law of H', () => {
  const cases: readonly [string, object][] = [
    ['a well', well()],
    ['a double well', well({ potential: { formula: '2*(x^2 - 1)^2' }, temperature: 0.3 })],
    ['temperature 0', well({ potential: { formula: '0.5*x^2' }, temperature: 0 })],
    ['a point', well({ initial: { point: 1 } })],
    ['Nesterov', well({ dynamics: { kind: 'accelerated', friction: { nesterov: 3 } } })],
    ...(['log-mean', 'arithmetic', 'geometric', 'harmonic', 'constant'] as const).map(
      (mobility): [string, object] => [
        mobility,
        wells(1, { dynamics: { kind: 'accelerated', friction: 1, mobility } }),
      ],
    ),
    ['two dimensions', wells(2)],
    ['three dimensions', wells(3)],
  ];
  it.each(cases)('H falls, mass is kept, f >= 0: %s', (_, config) => {
    const team = new Team(gridModel(config));
    let last = Infinity;
    for (let look = 0; look < 8; look++) {
      const { record } = team.measure();
      const { hamiltonian = NaN, kinetic = NaN, energy } = record;
      expect(hamiltonian).toBe(energy + kinetic);
      expect(hamiltonian).toBeLessThan(last + 1e-3);
      expect(kinetic).toBeGreaterThanOrEqual(0);
      last = hamiltonian;
      team.advance(5);
    }
    expect(Math.abs(team.mass - 1)).toBeLessThan(1e-12);
    expect(team.arrays.field.every((f) => f >= 0)).toBe(true);
  });

  it('closes with about the square of the step and the cells where the flow is smooth', () => {
    const residuals = [64, 128].map((cells) => {
      const config = well({ grid: { cells, box: [-7, 7] }, time: { step: 2.56 / cells, steps: 100 } });
      return Math.abs(new Team(gridModel(config)).advance(cells / 2).measure().record.residual ?? NaN);
    });
    expect(residuals[1]).toBeLessThan(1e-3);
    expect(residuals[0] / residuals[1]).toBeGreaterThan(2.5);
  });

  it('begins anew when E rises, if it shall', () => {
    const dynamics = { kind: 'accelerated', friction: { nesterov: 3, restart: 'energy' } };
    const team = new Team(gridModel(well({ dynamics })));
    team.advance(200);
    expect(team.arrays.scalars[scalar.restarts]).toBeGreaterThan(0);
    const plain = new Team(
      gridModel(well({ dynamics: { kind: 'accelerated', friction: { nesterov: 3 } } })),
    ).advance(200);
    expect(team.measure().energy.energy).toBeLessThan(plain.measure().energy.energy);
  });
});

describe('a team of any size', () => {
  const models: readonly [string, object][] = [
    ['two dimensions, three nodes', wells(2)],
    [
      'a ring',
      well({
        space: { variables: ['x'], boundary: 'periodic', box: [-3, 3] },
        grid: { cells: 64 },
        potential: { formula: 'cos(2*pi*x/3 + t)' },
      }),
    ],
    [
      'restarts',
      well({
        dynamics: { kind: 'accelerated', friction: { nesterov: 3, restart: 'energy' } },
        time: { step: 0.2, steps: 50 },
      }),
    ],
  ];
  it.each(models)('gives the same bits: %s', (_, config) => {
    const results = [1, 2, 3, 7].map((size) => {
      const team = new Team(gridModel(config), size).advance(4);
      const { record, observation } = team.measure();
      team.advance(4);
      const { field, phi, jumps, scalars } = team.arrays;
      return {
        field: field.slice(),
        phi: phi.slice(),
        jumps: jumps.slice(),
        scalars: scalars.slice(),
        record,
        observation,
      };
    });
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
    expect(new Team(gridModel(config)).advance(7).arrays.field).not.toEqual(results[0].field);
  });
});
