// Energies from samples whose law is known: entropies, shares, E, KL and dissipation against closed forms, for each method;
// log Z exact and by quadrature; the balance; and what nodes without particles give. The estimators of entropy by themselves
// are entropy.test.ts.

import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/mod.js';
import { mathF64 } from '../../src/elementary/mod.js';
import {
  Balance,
  EnergyEstimator,
  energyNotes,
  hasBalance,
  LogPartition,
  samplesPerNode,
  type EnergyEstimate,
  type EnergyInput,
} from '../../src/estimate/mod.js';
import { buildModel, type Model } from '../../src/model/mod.js';

const k = 1.5;
const temperature = 0.8;
const heights = [0, 0.4, -0.3];
const ring = {
  space: { variables: ['x', 'y'] },
  graph: { ring: 3, weight: 0.7 },
  potential: { formula: '0.5*k*((x-c)^2 + y^2) + h', parameters: { k, c: 'node', h: heights } },
  temperature,
  particles: 1_000_000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.01, steps: 10 },
  observe: { entropy: 'gaussian' },
};

function modelOf(changes: object = {}): Model {
  return buildModel(parseConfig(JSON.stringify({ ...ring, ...changes })), { skipPreflight: true }).model;
}

/** Numbers in (0, 1), always the same. */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (((z ^ (z >>> 15)) >>> 0) + 0.5) / 2 ** 32;
  };
}

/** A sample of N(mean, variance I), and on each node the same law. */
function gaussians(nodes: number, count: number, mean: readonly number[], variance: number, seed = 1) {
  const next = uniforms(seed);
  const d = mean.length;
  return Array.from({ length: nodes }, () =>
    Float64Array.from({ length: count * d }, (_, at) => {
      const radius = Math.sqrt(-2 * variance * mathF64.log(next()));
      return mean[at % d] + radius * mathF64.cos(2 * Math.PI * next());
    }),
  );
}

/** Node masses and <V> of a state with the same Gaussian on all nodes, as an observation of all particles has them. */
function inputOf(
  mass: readonly number[],
  mean: readonly [number, number],
  variance: number,
  samples = gaussians(3, 4000, mean, variance),
): EnergyInput {
  const potential = heights.map(
    (h, g) => h + 0.5 * k * ((mean[0] - g) * (mean[0] - g) + mean[1] * mean[1] + 2 * variance),
  );
  return {
    step: 0,
    time: 0,
    mass: Float64Array.from(mass),
    potential: Float64Array.from(potential),
    potentialError: new Float64Array(3).fill(1e-3),
    samples,
  };
}

const settings = (method: 'knn' | 'grid' | 'gaussian') => ({
  entropy: { method, neighbours: 4, samples: 4000 },
  logZ: 'auto' as const,
});

it('samples: as many as asked for, or some thousands shared out among the nodes', () => {
  expect(samplesPerNode(500, 3)).toBe(500);
  expect([1, 2, 8, 30, 1000].map((nodes) => samplesPerNode('auto', nodes))).toEqual([
    2000, 1600, 400, 106, 64,
  ]);
});

describe('energy of a sample', () => {
  const mass = [0.5, 0.2, 0.3];
  const mean = [0.4, -0.2] as const;
  const variance = 0.36;
  const h = Math.log(2 * Math.PI * Math.E * variance);
  const input = inputOf(mass, mean, variance);
  const exactShares = mass.map((m, g) => m * (input.potential[g] + temperature * (Math.log(m) - h)));
  const exact = exactShares.reduce((a, b) => a + b);
  const logZ =
    Math.log((2 * Math.PI * temperature) / k) +
    Math.log(heights.reduce((sum, height) => sum + Math.exp(-height / temperature), 0));

  it.each(['gaussian', 'knn', 'grid'] as const)('is exact within its error by %s', (method) => {
    const cells = method === 'grid' ? { grid: { cells: 40, box: [-3, 4] } } : {};
    const estimator = new EnergyEstimator(
      modelOf({ observe: { entropy: method }, ...cells }),
      settings(method),
    );
    const record = estimator.estimate(input);
    expect(record.method).toBe(method);
    for (let g = 0; g < 3; g++) {
      const allowed = 4 * record.entropyError[g] + 2 * Math.abs(record.entropyBias[g]);
      expect(Math.abs(record.entropy[g] - h)).toBeLessThan(allowed);
      expect(allowed).toBeLessThan(method === 'grid' ? 0.2 : 0.12);
      expect(Math.abs(record.nodeEnergy[g] - exactShares[g])).toBeLessThan(
        mass[g] * temperature * allowed + 4e-3,
      );
    }
    expect(Math.abs(record.energy - exact)).toBeLessThan(
      4 * record.energyError + 2 * Math.abs(record.energyBias),
    );
    expect(record.energyError).toBeLessThan(0.02);
    expect(record.energyBias).toBeCloseTo(
      -temperature * mass.reduce((sum, m, g) => sum + m * record.entropyBias[g], 0),
      12,
    );
    expect(record.relativeEntropy).toBeCloseTo(
      record.energy / temperature + logZ,
      method === 'grid' ? 6 : 12,
    );
    expect(record.relativeEntropyError).toBeCloseTo(record.energyError / temperature, 12);
  });

  /** D E|grad V + eps s|^2 for s = -(x - mean)/variance, and the sum over edges by quadrature in x (y drops out). */
  function exactDissipation(model: Model): { transport: number; reaction: number } {
    let [transport, reaction] = [0, 0];
    const slope = k - temperature / variance;
    for (let g = 0; g < 3; g++) {
      const drift = (k * (mean[0] - g)) ** 2 + (k * mean[1]) ** 2;
      transport += mass[g] * model.diffusivity[g] * (drift + slope * slope * 2 * variance);
    }
    const points = 4000;
    for (let i = 0; i < points; i++) {
      const x = mean[0] + Math.sqrt(variance) * (((i + 0.5) / points) * 16 - 8);
      const weight =
        (Math.exp(-((x - mean[0]) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance)) *
        ((16 * Math.sqrt(variance)) / points);
      const v = heights.map((height, g) => 0.5 * k * (x - g) ** 2 + height);
      for (let g = 0; g < 3; g++) {
        for (let to = 0; to < 3; to++) {
          if (to === g) continue;
          const rate = 0.7 * Math.min(1, Math.exp(-(v[to] - v[g]) / temperature));
          const force = v[g] - v[to] + temperature * Math.log(mass[g] / mass[to]);
          reaction += mass[g] * weight * rate * force;
        }
      }
    }
    return { transport, reaction };
  }

  it.each([
    // What balls smooth comes on top of the error.
    ['gaussian', 0.02],
    ['knn', 0.12],
  ] as const)('has the dissipation within its error by %s', (method, part) => {
    const model = modelOf({ dynamics: { diffusivity: '1 + node' } });
    const record = new EnergyEstimator(model, settings(method)).estimate(input);
    const wanted = exactDissipation(model);
    const all = wanted.transport + wanted.reaction;
    expect(record.dissipationError).toBeLessThan(0.1 * all);
    const allowed = 4 * record.dissipationError + part * all;
    expect(Math.abs(record.dissipation - all)).toBeLessThan(allowed);
    expect(Math.abs(record.dissipationTransport - wanted.transport)).toBeLessThan(allowed);
    expect(Math.abs(record.dissipationReaction - wanted.reaction)).toBeLessThan(
      4 * record.dissipationError + part * wanted.reaction,
    );
    expect(record.dissipation).toBe(record.dissipationTransport + record.dissipationReaction);
  });

  it.each(['log-mean', 'arithmetic', 'geometric', 'harmonic', 'upwind', 'constant'])(
    'has the reaction of mobility %s on two nodes with one law',
    (mobility) => {
      // V = x^2/2 + h, f = m N(0, eps): mu differs by h + eps log m alone, and theta scales with f but for `constant`.
      const model = modelOf({
        space: { variables: ['x'] },
        graph: { path: 2, weight: 2 },
        potential: { formula: '0.5*x^2 + h', parameters: { h: [0, 0.5] } },
        temperature: 1,
        dynamics: { mobility },
      });
      const [a, b] = [0.8, 0.2];
      const sample = gaussians(2, 4000, [0], 1, 7);
      const record = new EnergyEstimator(model, settings('gaussian')).estimate({
        step: 0,
        time: 0,
        mass: Float64Array.of(a, b),
        potential: Float64Array.of(0.5, 1),
        potentialError: new Float64Array(2),
        samples: sample,
      });
      const force = -0.5 + Math.log(a / b);
      const theta = {
        'log-mean': (a - b) / Math.log(a / b),
        arithmetic: (a + b) / 2,
        geometric: Math.sqrt(a * b),
        harmonic: (2 * a * b) / (a + b),
        upwind: a,
      }[mobility];
      if (theta === undefined) {
        // The integral of theta = 1 over the line is infinite: only that it is positive can be said.
        expect(record.dissipationReaction).toBeGreaterThan(0);
        return;
      }
      const wanted = 2 * theta * force * force;
      expect(Math.abs(record.dissipationReaction / wanted - 1)).toBeLessThan(0.15);
    },
  );

  it('vanishes with its dissipation at equilibrium', () => {
    const weights = heights.map((height) => Math.exp(-height / temperature));
    const gibbs = weights.map((w) => w / weights.reduce((a, b) => a + b));
    const model = modelOf({
      potential: { formula: '0.5*k*(x^2 + y^2) + h', parameters: { k, h: heights } },
    });
    const state = {
      ...inputOf(gibbs, [0, 0], temperature / k),
      potential: Float64Array.from(heights, (height) => height + temperature),
    };
    for (const method of ['gaussian', 'knn'] as const) {
      const record = new EnergyEstimator(model, settings(method)).estimate(state);
      expect(Math.abs(record.relativeEntropy)).toBeLessThan(
        4 * record.relativeEntropyError + Math.abs((2 * record.energyBias) / temperature),
      );
      expect(Math.abs(record.dissipation)).toBeLessThan(4 * record.dissipationError + 0.03);
    }
  });

  it('at temperature 0 is that of the potential, with transport as it is', () => {
    const model = modelOf({ temperature: 0 });
    const record = new EnergyEstimator(model, settings('knn')).estimate(input);
    expect(record.energy).toBeCloseTo(
      mass.reduce((sum, m, g) => sum + m * input.potential[g], 0),
      12,
    );
    expect(record.relativeEntropy).toBeNaN();
    expect(record.energyBias).toBe(0);
    const wanted = mass.reduce(
      (sum, m, g) => sum + m * k * k * ((mean[0] - g) ** 2 + mean[1] ** 2 + 2 * variance),
      0,
    );
    expect(Math.abs(record.dissipationTransport / wanted - 1)).toBeLessThan(0.1);
  });

  it('leaves out nodes without particles, and knows nothing of nodes with one', () => {
    const model = modelOf();
    const estimator = new EnergyEstimator(model, settings('knn'));
    const empty = estimator.estimate({
      ...input,
      mass: Float64Array.of(0.6, 0.4, 0),
      potential: Float64Array.of(1, 1, NaN),
      potentialError: Float64Array.of(0, 0, NaN),
      samples: [input.samples[0], input.samples[1], new Float64Array(0)],
    });
    expect(empty.energy).not.toBeNaN();
    expect(empty.energyError).not.toBeNaN();
    expect([empty.entropy[2], empty.nodeEnergy[2], empty.nodeEnergyError[2]]).toEqual([NaN, 0, 0]);
    // Nothing comes back from there: mass that would flow out without end.
    expect(empty.dissipationReaction).toBe(Infinity);
    const single = estimator.estimate({
      ...input,
      samples: [...input.samples.slice(0, 2), new Float64Array(2)],
    });
    expect(single.energy).toBeNaN();
    expect(single.nodeEnergy[0]).not.toBeNaN();
  });

  it('has neither dissipation nor balance where particles have velocities, and says so', () => {
    const model = modelOf({ dynamics: { kind: 'accelerated', friction: 1 } });
    const record = new EnergyEstimator(model, settings('knn')).estimate(input);
    const { dissipation, dissipationError, dissipationTransport, dissipationReaction } = record;
    expect([dissipation, dissipationError, dissipationTransport, dissipationReaction]).toEqual([
      NaN,
      NaN,
      NaN,
      NaN,
    ]);
    expect(record.relativeEntropy).not.toBeNaN();
    expect(energyNotes(model, settings('knn')).join()).toContain('no dissipation and no balance');
    expect(hasBalance(model)).toBe(false);
  });

  it('has no dissipation under free rates, and says so', () => {
    const model = modelOf({ dynamics: { mobility: 'free', rate: 'weight' } });
    const record = new EnergyEstimator(model, settings('knn')).estimate(input);
    expect(record.dissipation).toBeNaN();
    expect(record.energy).not.toBeNaN();
    expect(energyNotes(model, settings('knn')).join()).toContain('free rates');
  });
});

describe('log Z', () => {
  const formula = '0.5*k*(x-c)^2 + 0.3*(x-c)*y + y^2 + h';
  const potential = { formula, parameters: { k, c: 'node', h: heights } };

  it('of Gaussian wells is that of the quadrature', () => {
    const model = modelOf({ potential, observe: { entropy: 'knn' }, grid: { box: [-9, 11], cells: 200 } });
    const exact = new LogPartition(model, 'auto');
    expect(exact.method).toBe('gaussian');
    const determinant = k * 2 - 0.3 * 0.3;
    const wanted =
      Math.log((2 * Math.PI * temperature) / Math.sqrt(determinant)) +
      Math.log(heights.reduce((sum, height) => sum + Math.exp(-height / temperature), 0));
    expect(exact.at(0)).toBeCloseTo(wanted, 12);
    // A bound keeps the formula away; the wells are far from it.
    const quartic = modelOf({
      potential: { ...potential, formula: `${formula} + 1e-9*x^4` },
      observe: { entropy: 'knn' },
      grid: { box: [-9, 11], cells: 200 },
    });
    const sum = new LogPartition(quartic, 'auto');
    expect(sum.method).toBe('quadrature');
    expect(sum.at(0)).toBeCloseTo(wanted, 7);
  });

  it('on a periodic box is that of the box', () => {
    const model = modelOf({
      space: { variables: ['x'], boundary: 'periodic', box: [0, 2] },
      potential: { formula: 'h', parameters: { h: heights } },
      initial: { uniform: { low: 0, high: 2 } },
      observe: { entropy: 'knn' },
    });
    const sum = new LogPartition(model, 'auto');
    expect(sum.method).toBe('quadrature');
    expect(sum.at(0)).toBeCloseTo(
      Math.log(2 * heights.reduce((total, height) => total + Math.exp(-height / temperature), 0)),
      12,
    );
  });

  it('follows the temperature and the potential in time', () => {
    const model = modelOf({
      potential: { ...potential, formula: `${formula} + t` },
      temperature: { linear: { from: 1, to: 0, duration: 1 } },
    });
    const partition = new LogPartition(model, 'auto');
    const at = (time: number): number => {
      const eps = 1 - time;
      return (
        Math.log((2 * Math.PI * eps) / Math.sqrt(k * 2 - 0.09)) +
        Math.log(heights.reduce((sum, height) => sum + Math.exp(-(height + time) / eps), 0))
      );
    };
    for (const time of [0, 0.25, 0.5]) expect(partition.at(time)).toBeCloseTo(at(time), 11);
    expect(partition.at(1)).toBeNaN();
  });

  it('is what is given, and unknown where it cannot be had', () => {
    expect(new LogPartition(modelOf(), 2.5).at(0)).toBe(2.5);
    const five = modelOf({
      space: { variables: 5 },
      potential: { formula: 'sum(i, 0, 4, x[i]^4)' },
      observe: { entropy: 'knn' },
    });
    const unknown = new LogPartition(five, 'auto');
    expect(unknown.method).toBe('unknown');
    expect(unknown.at(0)).toBeNaN();
    expect(unknown.words).toContain('no KL');
  });
});

describe('balance', () => {
  const record = (time: number, energy: number, dissipation: number): EnergyEstimate =>
    ({ time, energy, energyError: 0.1, dissipation, dissipationError: 0.2 }) as EnergyEstimate;

  it('is the trapezoid rule, with the errors of all its parts', () => {
    const balance = new Balance();
    const got = [record(0, 3, 2), record(1, 1.5, 1), record(3, 0.5, 0)].map((r) => balance.add(r));
    expect(got.map((r) => r.balance)).toEqual([0, 0, 0]);
    expect(got[0].balanceError).toBe(0);
    expect(got[1].balanceError).toBeCloseTo(Math.sqrt(0.02 + 2 * 0.1 ** 2), 12);
    // Weights 1/2, 3/2, 1.
    expect(got[2].balanceError).toBeCloseTo(Math.sqrt(0.02 + 0.04 * (0.25 + 2.25 + 1)), 12);
  });

  it('goes on from its state, through JSON, as if nothing had been', () => {
    const records = [0, 0.1, 0.35, 0.7, 1.9].map((t) => record(t, Math.exp(-t), 2 * Math.exp(-t)));
    const whole = new Balance();
    const expected = records.map((r) => whole.add(r));
    for (let cut = 1; cut < records.length; cut++) {
      const first = new Balance();
      for (const r of records.slice(0, cut)) first.add(r);
      const second = new Balance(JSON.parse(JSON.stringify(first.state)) as typeof first.state);
      expect(records.slice(cut).map((r) => second.add(r))).toEqual(expected.slice(cut));
    }
  });

  it('stays unknown after a dissipation that is', () => {
    const balance = new Balance();
    balance.add(record(0, 1, Infinity));
    const again = new Balance(JSON.parse(JSON.stringify(balance.state)) as typeof balance.state);
    for (const next of [balance, again]) expect(next.add(record(1, 1, 1)).balance).toSatisfy(Number.isNaN);
  });
});
