// The jumps of one reaction against their exact law. Particles stand still (tiny diffusivity), so the masses after a step
// are those of a Markov chain with constant rates: the exponential of its generator. Fixed seeds; each comparison is of
// counts of many particles, allowed 4.5 standard deviations (false alarms: 7 in a million, were the seed free).

import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/mod.js';
import { modelOf, shardEngine, start } from './models.js';

type Matrix = number[][];

const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));

/** Exponential of Q t by Taylor series and squaring. */
function exponential(Q: Matrix, t: number): Matrix {
  const squarings = 12;
  const small = Q.map((row) => row.map((value) => (value * t) / 2 ** squarings));
  const identity: Matrix = Q.map((row, i) => row.map((_, j) => (i === j ? 1 : 0)));
  let [sum, term] = [identity, identity];
  for (let k = 1; k < 12; k++) {
    term = multiply(term, small).map((row) => row.map((value) => value / k));
    sum = sum.map((row, i) => row.map((value, j) => value + term[i][j]));
  }
  for (let k = 0; k < squarings; k++) sum = multiply(sum, sum);
  return sum;
}

const SIGMAS = 4.5;
const PARTICLES = 60_000;
/** Where all particles stand. */
const X = 0.5;

/** Runs frozen models of one chain and compares node counts (and, for two nodes, jumps) with the chain of the given rates. */
function compareWithChain(
  models: readonly Model[],
  rate: (from: number, edge: number) => number,
  steps: number,
): void {
  const { graph, timeStep } = models[0];
  const nodes = graph.nodeCount;
  const Q: Matrix = Array.from({ length: nodes }, () => Array<number>(nodes).fill(0));
  for (let g = 0; g < nodes; g++) {
    for (let e = graph.offsets[g]; e < graph.offsets[g + 1]; e++) {
      Q[g][graph.targets[e]] += rate(g, e);
      Q[g][g] -= rate(g, e);
    }
  }
  const P = exponential(Q, steps * timeStep);
  for (const model of models) compareWithLaw(model, Q, P, steps);
}

function compareWithLaw(model: Model, Q: Matrix, P: Matrix, steps: number): void {
  const { graph } = model;
  const nodes = graph.nodeCount;
  const time = steps * model.timeStep;
  const engine = start(shardEngine(model), model);
  const before = Array.from({ length: nodes }, (_, g) => engine.store.count(g));
  engine.stepReplica(0, 0, steps);
  for (let g = 0; g < nodes; g++) {
    const expected = before.reduce((sum, count, from) => sum + count * P[from][g], 0);
    const variance = before.reduce((sum, count, from) => sum + count * P[from][g] * (1 - P[from][g]), 0);
    // Enough for the counts to be nearly normal.
    expect(expected).toBeGreaterThan(100);
    const off = (engine.store.count(g) - expected) / Math.sqrt(variance);
    expect(Math.abs(off), `node ${g} is off by ${off} standard deviations`).toBeLessThan(SIGMAS);
  }
  if (nodes > 2) return;
  // Jumps along an edge: rate * integral of the mass at its start. They alternate, so their variance is below the mean.
  const jumps = engine.jumps();
  for (let g = 0; g < nodes; g++) {
    const points = 200;
    let mass = 0;
    for (let i = 0; i <= points; i++) {
      const at = exponential(Q, (time * i) / points);
      const weight = i === 0 || i === points ? 1 : i % 2 === 1 ? 4 : 2;
      mass +=
        ((weight * time) / (3 * points)) * before.reduce((sum, count, from) => sum + count * at[from][g], 0);
    }
    const expected = Q[g][1 - g] * mass;
    const off = (jumps[graph.offsets[g]] - expected) / Math.sqrt(expected);
    expect(Math.abs(off), `jumps from ${g} are off by ${off} standard deviations`).toBeLessThan(SIGMAS);
  }
}

const frozen = {
  space: { variables: 1 },
  potential: { formula: '0.8*sin(2*node)*x[0]^2 + 0.3*cos(node)' },
  particles: PARTICLES,
  initial: { point: X, masses: '1 + mod(node, 2)' },
};
const V = (node: number): number => 0.8 * Math.sin(2 * node) * X * X + 0.3 * Math.cos(node);
const temperature = 0.6;

const rates = {
  metropolis: (dV: number, K: number) => K * Math.min(1, Math.exp(-dV / temperature)),
  barker: (dV: number, K: number) => K / (1 + Math.exp(dV / temperature)),
  symmetric: (dV: number, K: number) => K * Math.exp(-dV / (2 * temperature)),
  free: (dV: number, K: number) => K * (1.5 + Math.sin(5 * dV)),
};
const freeRate = 'weight*(1.5 + sin(5*deltaV))';

const graphs: [string, object, number][] = [
  ['two nodes', { path: 2, weight: 2 }, 1],
  ['two nodes, three steps', { path: 2, weight: 0.7 }, 3],
  ['two nodes, rare jumps', { path: 2, weight: 0.02 }, 1],
  ['two nodes, very many jumps', { path: 2, weight: 30 }, 1],
  ['a ring of 5', { ring: 5, weight: 1.2 }, 1],
  ['a star of 7', { star: 7, weight: 0.8 }, 1],
  ['a star of 70', { star: 70, weight: 0.3 }, 1],
];

for (const mobility of ['metropolis', 'barker', 'symmetric', 'free'] as const) {
  describe(`masses after one reaction are those of the Markov chain: ${mobility}`, () => {
    for (const [name, graph, steps] of graphs) {
      for (const splitting of ['lie', 'strang']) {
        it(`${name}, ${splitting}`, () => {
          const dynamics = {
            mobility,
            splitting,
            diffusivity: 1e-20,
            ...(mobility === 'free' ? { rate: freeRate } : {}),
          };
          const time = { step: 1, steps };
          const models = (splitting === 'lie' ? ['f32', 'f64'] : ['f32']).map((precision) =>
            modelOf({ ...frozen, graph, precision, temperature, dynamics, time, seed: 12 }),
          );
          const { targets, weights } = models[0].graph;
          const rate = (from: number, edge: number): number =>
            rates[mobility](V(targets[edge]) - V(from), weights[edge]);
          compareWithChain(models, rate, steps);
        });
      }
    }
  });
}

describe('masses after one reaction are those of the Markov chain: rates without detailed balance', () => {
  it('a motor on three nodes, with a forbidden direction', () => {
    const forward = [2, 0.5, 1.1];
    const edges = forward.map((rate, i) => ({
      from: `${i}`,
      to: `${(i + 1) % 3}`,
      rate,
      reverseRate: i === 1 ? 0 : 0.2,
    }));
    for (const splitting of ['lie', 'strang']) {
      const model = modelOf({
        ...frozen,
        graph: { nodes: 3, edges },
        temperature,
        dynamics: { mobility: 'free', splitting, diffusivity: 1e-20 },
        time: { step: 1, steps: 1 },
      });
      const rate = (from: number, edge: number): number => {
        const to = model.graph.targets[edge];
        return to === (from + 1) % 3 ? forward[from] : to === 1 ? 0 : 0.2;
      };
      compareWithChain([model], rate, 1);
    }
  });
});
