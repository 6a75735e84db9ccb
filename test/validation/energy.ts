// Energy, entropy and dissipation from particles: V = k|x|^2/2 + h_g from a Gaussian start, where x stays one Gaussian on all
// nodes and the masses obey a chain, so that h_g, E, KL and I are known at all times, and the balance is 0. All three ways
// to estimate the entropy look at the same particles.
//
// Rows allow what the estimators say of themselves: SIGMAS standard errors and twice their estimate of their bias. What balls
// smooth in the dissipation has no estimate; it is allowed for as a part of I (docs/theory.md says how large it was found).

import { sampleNodes } from '../../src/cluster/mod.js';
import { Balance, EnergyEstimator, type EnergyRecord } from '../../src/estimate/mod.js';
import { generator, rate, type Edge } from './chain.js';
import { normalRow, type Row, type Study } from './harness.js';
import { carry, exponential } from './linear.js';
import { configOf, simulate } from './simulate.js';

const edges: readonly Edge[] = [
  [0, 1, 1],
  [1, 2, 1],
  [2, 3, 1],
  [3, 0, 1],
];
const heights = [0, 0.5, -0.3, 0.8];
const masses = [0.7, 0.1, 0.15, 0.05];
const [stiffness, temperature, diffusivity, step] = [1.5, 0.8, 1, 0.01];
const start = { mean: [1, -0.5], deviation: 0.4 };
const every = 4;
const times = [0.2, 1];
/** Of the exact dissipation: what estimates by balls may be off by, and by normal laws (their covariance is estimated). */
const smoothed = { knn: 0.15, grid: 0.15, gaussian: 0.01 } as const;
/** The trapezoid rule with so many observations; and the integrator against continuous time. */
const scheme = 0.01;

interface Exact {
  readonly entropy: number;
  readonly energy: number;
  readonly relativeEntropy: number;
  readonly dissipation: number;
}

const q = generator(4, edges, (from, to, weight) =>
  rate('metropolis', weight, heights[to] - heights[from], temperature),
);

function exactAt(time: number): Exact {
  const decay = Math.exp(-stiffness * diffusivity * time);
  const limit = temperature / stiffness;
  const variance = limit + (start.deviation ** 2 - limit) * decay ** 2;
  const squaredMean = start.mean.reduce((sum, m) => sum + (m * decay) ** 2, 0);
  const mass = carry(masses, exponential(q, time));
  const entropy = Math.log(2 * Math.PI * Math.E * variance);
  const potential = 0.5 * stiffness * (squaredMean + 2 * variance);
  let energy = potential - temperature * entropy;
  let dissipation =
    diffusivity * (stiffness ** 2 * squaredMean + 2 * (stiffness - temperature / variance) ** 2 * variance);
  for (let g = 0; g < 4; g++) {
    energy += mass[g] * (heights[g] + temperature * Math.log(mass[g]));
    for (let to = 0; to < 4; to++) {
      if (to === g) continue;
      const force = heights[g] - heights[to] + temperature * Math.log(mass[g] / mass[to]);
      dissipation += mass[g] * q[g][to] * force;
    }
  }
  const logZ =
    Math.log((2 * Math.PI * temperature) / stiffness) +
    Math.log(heights.reduce((sum, h) => sum + Math.exp(-h / temperature), 0));
  return { entropy, energy, relativeEntropy: energy / temperature + logZ, dissipation };
}

export const energy: Study = {
  name: 'energy',
  title: 'entropy, energy, KL, dissipation and their balance from particles',
  async run(context) {
    const particles = context.pick(4_000_000, 400_000);
    const samples = context.pick(16_000, 4000);
    const methods = ['knn', 'grid', 'gaussian'] as const;
    const config = configOf({
      space: { variables: ['x', 'y'] },
      graph: { nodes: 4, edges },
      potential: { formula: '0.5*k*(x^2 + y^2) + h', parameters: { k: stiffness, h: heights } },
      temperature,
      dynamics: { mobility: 'metropolis', integrator: 'heun', splitting: 'strang', diffusivity },
      particles,
      initial: { gaussian: { mean: start.mean, std: start.deviation }, masses },
      time: { step, end: times[times.length - 1] },
      grid: { cells: 48, box: [-4, 4] },
      observe: { every, entropy: 'knn' },
      seed: 23,
    });
    const rows: Row[] = [];
    context.note(`${particles} particles on a ring of 4, ${samples} sampled per node, dt = ${step}`);
    await simulate(config, async (simulation) => {
      const runs = methods.map((method) => ({
        method,
        estimator: new EnergyEstimator(simulation.model, {
          entropy: { method, neighbours: 4, samples },
          logZ: 'auto',
        }),
        balance: new Balance(),
      }));
      const steps = Math.round(times[times.length - 1] / step);
      for (let at = 0; at <= steps; at += every) {
        await simulation.advance(at);
        const observation = await simulation.observe();
        const input = { ...observation, samples: await sampleNodes(simulation, samples) };
        for (const { method, estimator, balance } of runs) {
          const record = balance.add(estimator.estimate(input));
          const time = times.find((t) => Math.round(t / step) === at);
          if (time !== undefined) rows.push(...rowsOf(method, time, record));
        }
      }
    });
    return rows;
  },
};

function rowsOf(method: keyof typeof smoothed, time: number, record: EnergyRecord): Row[] {
  const exact = exactAt(time);
  const at = `${method}, t = ${time}:`;
  const part = smoothed[method];
  const bias = 2 * Math.abs(record.energyBias) + scheme;
  const fallen = exactAt(0).energy - exact.energy;
  return [
    ...[0, 3].map((g) =>
      normalRow(
        `${at} h on ${g}`,
        exact.entropy,
        record.entropy[g],
        record.entropyError[g],
        2 * Math.abs(record.entropyBias[g]) + 1e-3,
      ),
    ),
    normalRow(`${at} E`, exact.energy, record.energy, record.energyError, bias),
    normalRow(
      `${at} KL`,
      exact.relativeEntropy,
      record.relativeEntropy,
      record.relativeEntropyError,
      bias / temperature,
    ),
    normalRow(
      `${at} I`,
      exact.dissipation,
      record.dissipation,
      record.dissipationError,
      part * exact.dissipation + 1e-3,
    ),
    // Biases of E at the two ends, and of I in between.
    normalRow(`${at} balance`, 0, record.balance, record.balanceError, 2 * bias + part * fallen),
  ];
}
