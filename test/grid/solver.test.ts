// The whole solver: exact answers, observed orders, error control, schedules, and the same bits for any team.

import { describe, expect, it } from 'vitest';
import { scalar } from '../../src/grid/mod.js';
import { gridModel, Team } from './team.js';

/** A well that all nodes share, with an energy of its own on each: x and the masses have exact answers. */
const separable = (changes: object = {}): object => ({
  space: { variables: ['x'] },
  graph: { path: 3, weight: 0.7 },
  potential: { formula: '0.5*1.3*x^2 + h', parameters: { h: '0.6*node' } },
  temperature: 0.8,
  dynamics: { mobility: 'metropolis', splitting: 'strang' },
  initial: { gaussian: { mean: 0.9, std: 0.4 }, masses: [0.5, 0.3, 0.2] },
  grid: { cells: 200, box: [-6, 6] },
  time: { step: 0.02, steps: 50 },
  ...changes,
});

describe('a separable model (exact answer 1)', () => {
  it.each([
    ['metropolis', (d: number) => 0.7 * Math.min(1, Math.exp(-d / 0.8))],
    ['barker', (d: number) => 0.7 / (1 + Math.exp(d / 0.8))],
    ['symmetric', (d: number) => 0.7 * Math.exp(-d / 1.6)],
  ] as const)('%s: means, variances and masses', (mobility, rate) => {
    const { observation } = new Team(gridModel(separable({ dynamics: { mobility, splitting: 'strang' } })))
      .advance(50)
      .measure();
    // m' = Q^T m by many short steps of Runge and Kutta.
    let m = [0.5, 0.3, 0.2];
    const [up, down] = [rate(0.6), rate(-0.6)];
    const flow = ([a, b, c]: number[]): number[] => [
      -up * a + down * b,
      up * a - (down + up) * b + down * c,
      up * b - down * c,
    ];
    const h = 1e-3;
    for (let step = 0; step < 1000; step++) {
      const k1 = flow(m);
      const k2 = flow(m.map((v, i) => v + 0.5 * h * k1[i]));
      m = m.map((v, i) => v + h * k2[i]);
    }
    const mean = 0.9 * Math.exp(-1.3);
    const variance = 0.8 / 1.3 + (0.16 - 0.8 / 1.3) * Math.exp(-2.6);
    for (let g = 0; g < 3; g++) {
      expect(Math.abs(observation.mass[g] - m[g])).toBeLessThan(1e-6);
      // Of second order in the width of cells: see the study in test/validation/grid.ts.
      expect(Math.abs(observation.mean[g] - mean)).toBeLessThan(5e-4);
      expect(Math.abs(observation.covariance[g] - variance)).toBeLessThan(1e-3);
    }
    expect(observation.massError.every((error) => error === 0)).toBe(true);
    expect(observation.count.every(Number.isNaN)).toBe(true);
    // What jumped is what the masses have changed by.
    const net = observation.jumps[0] - observation.jumps[1];
    expect(net).toBeCloseTo(0.5 - observation.mass[0], 12);
  });

  it('comes to the Gibbs masses, and to KL = 0 (exact answer 2)', () => {
    for (const mobility of ['barker', 'log-mean', 'harmonic']) {
      const model = gridModel(
        separable({
          dynamics: { mobility, splitting: 'strang' },
          time: { step: 0.2, steps: 500 },
          graph: { path: 3, weight: 4 },
        }),
      );
      const { observation, record } = new Team(model).advance(500).measure();
      const weights = [0, 0.6, 1.2].map((h) => Math.exp(-h / 0.8));
      const z = weights.reduce((sum, w) => sum + w, 0);
      weights.forEach((w, g) => {
        expect(observation.mass[g]).toBeCloseTo(w / z, 9);
      });
      expect(Math.abs(record.relativeEntropy)).toBeLessThan(1e-12);
      expect(record.dissipation).toBeLessThan(1e-12);
      // log Z on the mesh is the integral's, to the last digits: a rule of midpoints on a Gaussian.
      const logZ = Math.log(z * Math.sqrt((2 * Math.PI * 0.8) / 1.3));
      expect(record.energy).toBeCloseTo(-0.8 * logZ, 9);
    }
  });
});

/** L1 distances of successive refinements, and the ratio of the last two. */
function ratioOf(solutions: readonly Float64Array[]): number {
  const distance = (a: Float64Array, b: Float64Array): number =>
    a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0);
  const [a, b, c] = solutions;
  return distance(a, b) / distance(b, c);
}

const rough = (mobility: string, splitting: string, changes: object = {}): object => ({
  space: { variables: ['x', 'y'] },
  graph: { path: 2 },
  potential: { formula: '(x^2 - 1)^2 + 0.5*y^2 + 0.7*node*x*y' },
  temperature: 0.7,
  dynamics: { mobility, splitting, diffusivity: '1 + 0.5*node' },
  initial: { gaussian: { mean: [0.4, -0.3], std: 0.5 }, masses: [3, 1] },
  grid: { cells: 24, box: [-2.4, 2.4] },
  time: { step: 0.02, steps: 10 },
  ...changes,
});

describe('orders', () => {
  it.each([
    ['lie', 'metropolis', 1],
    ['strang', 'metropolis', 2],
    ['strang', 'symmetric', 2],
    ['lie', 'log-mean', 1],
    ['strang', 'log-mean', 2],
    ['strang', 'upwind', 2],
    ['strang', 'harmonic', 2],
  ] as const)('%s with %s is of order %d in time', (splitting, mobility, order) => {
    const ratio = ratioOf(
      [8, 16, 32].map((steps) => {
        const time = { step: 0.16 / steps, steps };
        return new Team(gridModel(rough(mobility, splitting, { time }))).advance(steps).arrays.field.slice();
      }),
    );
    expect(Math.log2(ratio)).toBeGreaterThan(order - 0.25);
    expect(Math.log2(ratio)).toBeLessThan(order + 0.35);
  });

  it('is of order 2 in time with potentials and temperatures that change', () => {
    for (const [splitting, order] of [
      ['lie', 1],
      ['strang', 2],
    ] as const) {
      const ratio = ratioOf(
        [8, 16, 32].map((steps) => {
          const changes = {
            time: { step: 0.16 / steps, steps },
            potential: { formula: '(x^2 - 1)^2 + 0.5*y^2 + 0.7*node*x*y + 2*x*sin(9*t)' },
            temperature: { linear: { from: 1.5, to: 0.4, duration: 0.16 } },
          };
          const model = gridModel(rough('barker', splitting, changes));
          return new Team(model).advance(steps).arrays.field.slice();
        }),
      );
      expect(Math.log2(ratio)).toBeGreaterThan(order - 0.25);
    }
  });

  it('is of order 2 in space', () => {
    const solve = (cells: number): Float64Array => {
      const { field } = new Team(
        gridModel(rough('barker', 'strang', { grid: { cells, box: [-2.4, 2.4] } })),
      ).advance(10).arrays;
      // Averages over the cells of the coarsest mesh.
      const coarse = 16;
      const factor = cells / coarse;
      const sums = new Float64Array(2 * coarse * coarse);
      field.forEach((f, at) => {
        const node = Math.floor(at / (cells * cells));
        const [i, j] = [Math.floor(at / cells) % cells, at % cells];
        sums[(node * coarse + Math.floor(i / factor)) * coarse + Math.floor(j / factor)] +=
          f / (factor * factor);
      });
      return sums;
    };
    const ratio = ratioOf([16, 32, 64].map(solve));
    expect(Math.log2(ratio)).toBeGreaterThan(1.75);
    expect(Math.log2(ratio)).toBeLessThan(2.4);
  });
});

describe('error control', () => {
  it.each(['lie', 'strang'])(
    '%s keeps the error of steps below the tolerance, and pays for it',
    (splitting) => {
      const solve = (tolerance: number): { field: Float64Array; accepted: number; level: number } => {
        const model = gridModel(
          rough('barker', splitting, {
            grid: { cells: 24, box: [-2.4, 2.4], tolerance },
            time: { step: 0.25, steps: 2 },
          }),
        );
        const team = new Team(model).advance(2);
        expect(Math.abs(team.mass - 1)).toBeLessThan(1e-12);
        const { scalars, field } = team.arrays;
        return { field: field.slice(), accepted: scalars[scalar.accepted], level: scalars[scalar.level] };
      };
      const exact = solve(splitting === 'lie' ? 1e-6 : 1e-7).field;
      const error = ({ field }: { field: Float64Array }): number =>
        field.reduce((sum, f, i) => sum + Math.abs(f - exact[i]), 0) * 0.04;
      const [loose, tight] = [solve(1e-3), solve(1e-5)];
      expect(tight.accepted).toBeGreaterThan(2 * loose.accepted);
      expect(error(loose)).toBeLessThan(1e-3 * loose.accepted);
      expect(error(tight)).toBeLessThan(1e-5 * tight.accepted);
      expect(error(tight)).toBeLessThan(0.2 * error(loose));
    },
  );

  it('takes longer steps when the state has come to rest', () => {
    const model = gridModel(
      separable({ time: { step: 1, steps: 40 }, grid: { cells: 64, box: [-6, 6], tolerance: 1e-4 } }),
    );
    const team = new Team(model).advance(1);
    const early = team.arrays.scalars[scalar.level];
    team.advance(30);
    expect(early).toBeGreaterThan(1);
    expect(team.arrays.scalars[scalar.level]).toBe(0);
    expect(team.arrays.scalars[scalar.rejected]).toBeGreaterThan(0);
  });

  it('refuses a tolerance below rounding', () => {
    const model = gridModel(
      rough('barker', 'lie', { grid: { cells: 8, box: [-2.4, 2.4], tolerance: 1e-17 } }),
    );
    expect(() => new Team(model).advance(1)).toThrow(/use a larger tolerance/u);
  });
});

describe('a team of any size', () => {
  const models: readonly [string, object][] = [
    [
      'a ring in two dimensions',
      rough('symmetric', 'strang', { graph: { ring: 5 }, initial: { gaussian: { mean: 0, std: 1 } } }),
    ],
    ['the density family', rough('geometric', 'strang')],
    ['one dimension, lie', separable({ dynamics: { mobility: 'barker', splitting: 'lie' } })],
    [
      'three dimensions around a box, a changing potential',
      {
        space: { variables: 3, boundary: 'periodic', box: [-1, 1] },
        graph: { path: 2 },
        potential: { formula: 'sin(pi*x[0] + t) + cos(pi*x[1])*x[2]^2*node' },
        temperature: { exponential: { from: 2, to: 0.5, duration: 0.1 } },
        dynamics: { mobility: 'free', rate: 'weight*exp(-deltaV/(2*temperature))', splitting: 'strang' },
        grid: { cells: [7, 8, 9] },
        time: { step: 0.02, steps: 10 },
      },
    ],
    [
      'error control',
      rough('log-mean', 'strang', { grid: { cells: [20, 33], box: [-2.4, 2.4], tolerance: 1e-4 } }),
    ],
    [
      'steps that raise the energy',
      rough('metropolis', 'strang', { initial: { point: 0.3 }, time: { step: 1, steps: 9 } }),
    ],
  ];
  it.each(models)('gives the same bits: %s', (_, config) => {
    const results = [1, 2, 3, 7].map((size) => {
      const team = new Team(gridModel(config), size).advance(2);
      const { record, observation } = team.measure();
      team.advance(2);
      const { field, jumps, scalars } = team.arrays;
      return { field: field.slice(), jumps: jumps.slice(), scalars: scalars.slice(), record, observation };
    });
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
    // The comparison must be able to tell states apart.
    const other = new Team(gridModel(config)).advance(3).arrays.field;
    expect(other).not.toEqual(results[0].field);
  });

  it('does a step with implicit Euler parts where the energy would rise', () => {
    const team = new Team(
      gridModel(rough('metropolis', 'strang', { initial: { point: 0.3 }, time: { step: 1, steps: 9 } })),
    );
    const before = team.measure().energy.energy;
    const after = team.advance(1).measure().energy.energy;
    expect(after).toBeLessThanOrEqual(before);
  });
});

it('diffuses around a periodic box as it should', () => {
  const team = new Team(
    gridModel({
      space: { variables: ['x'], boundary: 'periodic', box: [0, 1] },
      potential: { formula: '0' },
      temperature: 0.5,
      dynamics: { splitting: 'strang' },
      grid: { cells: 100 },
      initial: { uniform: { low: 0, high: 1 } },
      time: { step: 0.001, steps: 100 },
    }),
  );
  team.fill((_, cell) => 1 + 0.5 * Math.cos(2 * Math.PI * (cell + 0.5) * 0.01)).advance(50);
  const decay = Math.exp(-0.5 * (2 * Math.PI) * (2 * Math.PI) * 0.05);
  team.arrays.field.forEach((f, cell) => {
    expect(f).toBeCloseTo(1 + 0.5 * decay * Math.cos(2 * Math.PI * (cell + 0.5) * 0.01), 3);
  });
});

it('names the place where a potential is not finite, and a rate that is negative', () => {
  const base = { space: { variables: ['x'] }, temperature: 1, time: { step: 1, steps: 1 } };
  const grid = { cells: 4, box: [-2, 2] };
  const bad = gridModel({ ...base, grid, potential: { formula: '1/(x - 0.5)' } });
  expect(() => new Team(bad).advance(1)).toThrow(/potential of node 0 is Infinity at x = 0\.5/u);
  const rates = gridModel({
    ...base,
    grid,
    graph: { path: 2 },
    potential: { formula: 'x^2' },
    dynamics: { mobility: 'free', rate: 'x' },
  });
  expect(() => new Team(rates).advance(1)).toThrow(/rate from 0 to 1 is -1\.5 at x = -1\.5/u);
});

it('refuses a grid that does not fit', () => {
  const model = gridModel(rough('barker', 'lie', { grid: { cells: 4000, box: [-2, 2] } }));
  expect(() => new Team(model)).toThrow(/4000 x 4000 cells on 2 nodes need 4\.\d GB.*use fewer cells/u);
});
