// Minimizing movements against what is known exactly: answer 4 of the mathematics, two nodes without space, and the promises of
// the theory, for every mobility.

import { describe, expect, it } from 'vitest';
import { gridModel, Team } from './team.js';

const base = { representation: 'grid', temperature: 1, observe: { every: 1 } };

/** One node, V = k x^2/2. */
function oneNode(dynamics: object, cells: number, initial: object): Team {
  return new Team(
    gridModel({
      ...base,
      space: { variables: ['x'] },
      potential: { formula: '0.5*k*x^2', parameters: { k: '2' } },
      grid: { cells, box: [-5, 6] },
      initial,
      dynamics: { kind: 'jko', ...dynamics },
      time: { steps: 10 },
    }),
  );
}

/** Two nodes whose densities do not depend on x: all that happens is reaction. */
function twoNodes(mobility: string, dynamics: object, masses: number[]): Team {
  return new Team(
    gridModel({
      ...base,
      space: { variables: ['x'], boundary: 'reflecting', box: [0, 2] },
      graph: { nodes: 2, edges: [[0, 1]], weight: 0.7 },
      potential: { formula: 'h', parameters: { h: '0.8*node' } },
      grid: { cells: 4 },
      initial: { uniform: {}, masses: masses.map(String) },
      dynamics: { kind: 'jko', mobility, ...dynamics },
      time: { steps: 10 },
    }),
  );
}

/** A mobility of masses s, t, and its slopes. */
const thetas: Readonly<Record<string, (s: number, t: number) => readonly [number, number, number]>> = {
  arithmetic: (s, t) => [(s + t) / 2, 0.5, 0.5],
  geometric: (s, t) => [Math.sqrt(s * t), 0.5 * Math.sqrt(t / s), 0.5 * Math.sqrt(s / t)],
  harmonic: (s, t) => [(2 * s * t) / (s + t), (2 * t * t) / (s + t) ** 2, (2 * s * s) / (s + t) ** 2],
  // Of densities, which are masses over 2.
  constant: () => [2, 0, 0],
  'log-mean': (s, t) => {
    const u = Math.log(s / t);
    return [(s - t) / u, (u - 1 + t / s) / (u * u), (s / t - 1 - u) / (u * u)];
  },
};

/** Where an increasing function on (0, 1) is 0. */
function root(slope: (m: number) => number): number {
  let [low, high] = [1e-12, 1 - 1e-12];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const [weight, drop] = [0.7, 0.8];
/** Derivative of E in the mass of the first node, the second having the rest. */
const force = (m: number): number => -drop + Math.log(m) - Math.log(1 - m);

describe('movements', () => {
  it('of a Gaussian in a quadratic well are the exact ones to 1 % at L = 16', () => {
    const [tau, k, c, s] = [0.2, 2, 1.5, 0.7];
    const team = oneNode({ tau, inner: 16 }, 72, { gaussian: { mean: c, std: s } }).advance(1);
    const { observation } = team.measure();
    expect(Math.abs(observation.mean[0] / (c / (1 + tau * k)) - 1)).toBeLessThan(0.01);
    const exact = (s + Math.sqrt(s * s + 4 * tau * (1 + tau * k))) / (2 * (1 + tau * k));
    const h = 11 / 72;
    // A law of cells has the variance of a cell besides.
    const std = Math.sqrt(observation.covariance[0] - (h * h) / 12);
    expect(Math.abs(std / exact - 1)).toBeLessThan(0.01);
  });

  for (const [mobility, theta] of Object.entries(thetas)) {
    it(`of two nodes without space, ${mobility}, are those of a scalar problem to 1e-10`, () => {
      const [tau, start] = [0.4, 0.15];
      const { observation } = twoNodes(mobility, { tau }, [start, 1 - start])
        .advance(1)
        .measure();
      // The linearised scheme: E + (m - m0)^2/(2 tau K theta(m, 1 - m)).
      const exact = root((m) => {
        const [value, first, second] = theta(m, 1 - m);
        const r = m - start;
        const rate = tau * weight * value;
        return force(m) + r / rate - ((r * r) / (2 * rate)) * ((first - second) / value);
      });
      expect(Math.abs(observation.mass[0] - exact)).toBeLessThan(1e-10);
    });

    it(`of two nodes without space, ${mobility}, tend to the exact ones as L grows`, () => {
      const [tau, start] = [0.4, 0.15];
      // E + W^2/(2 tau) with W = integral of dm/sqrt(K theta), whose derivative in m is W/sqrt(K theta).
      const length = (m: number): number => {
        let sum = 0;
        const steps = 400;
        for (let i = 0; i < steps; i++) {
          const at = start + ((i + 0.5) / steps) * (m - start);
          sum += (m - start) / steps / Math.sqrt(weight * theta(at, 1 - at)[0]);
        }
        return sum;
      };
      const exact = root((m) => force(m) + length(m) / (tau * Math.sqrt(weight * theta(m, 1 - m)[0])));
      const errors = [4, 8].map((inner) => {
        const { observation } = twoNodes(mobility, { tau, inner }, [start, 1 - start])
          .advance(1)
          .measure();
        return Math.abs(observation.mass[0] - exact);
      });
      expect(errors[0]).toBeLessThan(2e-3);
      // Order 2, or no error but that of the integral where theta does not change.
      expect(errors[1]).toBeLessThan(Math.max(0.35 * errors[0], 2e-6));
    });
  }

  for (const mobility of [...Object.keys(thetas), 'metropolis', 'barker', 'symmetric']) {
    for (const periodic of [false, true]) {
      it(`keep their promises, ${mobility}, ${periodic ? 'a ring' : 'walls'}, with the same bits for any team`, () => {
        const model = gridModel({
          ...base,
          space: { variables: ['x'], boundary: periodic ? 'periodic' : 'reflecting', box: [-3, 3] },
          graph: { ring: 3 },
          potential: { formula: '(1 - cos(2*pi*x/3 + node)) + 0.3*node' },
          grid: { cells: 24 },
          initial: { gaussian: { mean: 1, std: 0.3 }, masses: ['0.7', '0.3', '0'] },
          dynamics: { kind: 'jko', tau: 0.1, mobility, diffusivity: ['1', '2', '0.5'] },
          time: { steps: 10 },
        });
        const teams = [1, 2, 3].map((size) => new Team(model, size));
        let energy = Infinity;
        for (let step = 0; step < 3; step++) {
          const { record } = teams[0].advance(1).measure();
          expect(record.energy).toBeLessThanOrEqual(energy);
          energy = record.energy;
          expect(record.movements?.slack).toBeGreaterThanOrEqual(0);
          expect(record.movements?.gap).toBeLessThan(1e-8);
          expect(Math.abs(teams[0].mass - 1)).toBeLessThan(1e-12);
          expect(teams[0].arrays.field.every((f) => f >= 0)).toBe(true);
        }
        for (const team of teams.slice(1)) {
          team.advance(3);
          expect(team.arrays.field).toEqual(teams[0].arrays.field);
        }
      });
    }
  }

  it('rest at the Gibbs state', () => {
    const team = oneNode({ tau: 0.5 }, 40, { gaussian: { mean: 0, std: 1 } });
    const { count, volume } = team.plan.cells;
    team.advance(1);
    let sum = 0;
    const { potential } = team.arrays;
    for (let i = 0; i < count; i++) sum += Math.exp(-potential[i]) * volume;
    team.fill((_node, cell) => Math.exp(-potential[cell]) / sum);
    const before = team.arrays.field.slice();
    team.advance(1);
    team.arrays.field.forEach((f, i) => expect(Math.abs(f - before[i])).toBeLessThan(1e-12));
  });

  it('tend to the gradient flow of the same grid with order 1', () => {
    const config = (dynamics: object, time: object) => ({
      ...base,
      space: { variables: ['x'] },
      graph: { nodes: 2, edges: [[0, 1]] },
      potential: { formula: '(x^2 - 1)^2/2 + 0.5*x*node' },
      grid: { cells: 40, box: [-3, 3] },
      initial: { gaussian: { mean: -0.5, std: 0.5 }, masses: ['0.8', '0.2'] },
      dynamics: { mobility: 'log-mean', ...dynamics },
      time,
    });
    const flow = new Team(gridModel(config({ splitting: 'strang' }, { step: 1 / 512, steps: 256 }))).advance(
      256,
    );
    const errors = [4, 8, 16].map((steps) => {
      const team = new Team(gridModel(config({ kind: 'jko', tau: 0.5 / steps }, { steps }))).advance(steps);
      return team.arrays.field.reduce((sum, f, i) => sum + Math.abs(f - flow.arrays.field[i]), 0) * (6 / 40);
    });
    expect(errors[0] / errors[1]).toBeGreaterThan(1.7);
    expect(errors[1] / errors[2]).toBeGreaterThan(1.8);
    expect(errors[2]).toBeLessThan(0.02);
  });

  it('in two dimensions are the same by elimination and by GMRES', () => {
    const config = (cells: number[]) => ({
      ...base,
      space: { variables: ['x', 'y'], boundary: ['periodic', 'reflecting'], box: [-3, 3] },
      graph: { nodes: 2, edges: [[0, 1]] },
      potential: { formula: '(1 - cos(pi*x/3)) + 0.5*y^2 + 0.3*node' },
      grid: { cells },
      initial: { gaussian: { mean: [1, -1], std: 0.5 } },
      dynamics: { kind: 'jko', tau: 0.05, mobility: 'geometric' },
      time: { steps: 10 },
    });
    const direct = new Team(gridModel(config([16, 12])));
    const model = gridModel(config([16, 12]));
    const krylov = new Team(model, 2, 'krylov');
    direct.advance(2);
    krylov.advance(2);
    const difference = direct.arrays.field.reduce(
      (sum, f, i) => sum + Math.abs(f - krylov.arrays.field[i]) * direct.plan.cells.volume,
      0,
    );
    expect(difference).toBeLessThan(1e-8);
    expect(krylov.plan.movement?.sparse).toBeUndefined();
  });

  it('at temperature 0 go downhill and stop at the lowest place', () => {
    const team = new Team(
      gridModel({
        ...base,
        temperature: 0,
        space: { variables: ['x'], boundary: 'reflecting', box: [-2, 2] },
        graph: { nodes: 2, edges: [[0, 1]] },
        potential: { formula: '0.5*x^2 + 0.2*node' },
        grid: { cells: 17 },
        initial: { gaussian: { mean: 1, std: 0.2 } },
        dynamics: { kind: 'jko', tau: 0.5, mobility: 'arithmetic' },
        time: { steps: 30 },
      }),
    );
    const first = team.measure().energy.energy;
    team.advance(8);
    const { energy, observation } = team.measure();
    expect(energy.energy).toBeLessThan(0.25 * first);
    expect(observation.mass[0]).toBeGreaterThan(0.6);
    expect(Math.abs(team.mass - 1)).toBeLessThan(1e-12);
  });

  it('that do not converge end the run with advice', () => {
    const team = oneNode({ tau: 1e9 }, 200, { gaussian: { mean: 5, std: 0.01 } });
    team.arrays.field.fill(NaN);
    expect(() => team.advance(1)).toThrow(expect.objectContaining({ code: 'grid-unconverged' }));
  });
});
