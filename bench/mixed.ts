// Benchmarks of optimisation on mixed spaces with known optima: the lumped flow of first and second order against random search, simulated
// annealing and CMA-ES per node, at equal evaluations. To be run as it is, without a build:
//
//     node --import jiti/register bench/mixed.ts --seeds 20 --budget 20000 [--only trap] [--out results.json]
//
// An evaluation is one value V(x, node), with or without its gradient (the flows use gradients, the others do not: problems have few coordinates, and a
// gradient by reverse differentiation costs about as much as two to four values; the table counts it as one). A run succeeds once a value within
// `accuracy` of the optimum on the optimal node has been met.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { randomFrom } from '../configs/digits/weights.js';
import {
  localCrew,
  LocalPoints,
  LumpedFlow,
  NodeWorker,
  type LumpedProblem,
  type Objective,
  type ObjectivePoint,
} from '../src/lumped/mod.js';
import { CmaEs } from './peers/cma-es.js';
import { mixedProblems, type MixedProblem } from './mixed-problems.js';

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    budget: { type: 'string', default: '20000' },
    only: { type: 'string' },
    out: { type: 'string' },
  },
});
const SEEDS = Number(flags.seeds);
const BUDGET = Number(flags.budget);

/** Thrown when all evaluations are used up, or the optimum is met. */
class Over extends Error {}

/** Counts evaluations and sees when the optimum is met. */
class Meter {
  count = 0;
  reached = Infinity;

  constructor(private readonly problem: MixedProblem) {}

  note(node: string, value: number): void {
    this.count += 1;
    const { optimum } = this.problem;
    if (node === optimum.node && value <= optimum.value + this.problem.accuracy) {
      this.reached = this.count;
      throw new Over();
    }
    if (this.count >= BUDGET) throw new Over();
  }

  value(x: Float64Array, node: string): number {
    const value = this.problem.evaluate(x, node);
    this.note(node, value);
    return value;
  }
}

type Method = (problem: MixedProblem, meter: Meter, seed: number) => Promise<void>;

/** A point from where all methods begin: uniform in the box, one per node. */
function startOf({ dimension, low, high }: MixedProblem, random: () => number): Float64Array {
  return Float64Array.from({ length: dimension }, () => low + (high - low) * random());
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const randomSearch: Method = async (problem, meter, seed) => {
  const random = randomFrom(`random ${seed}`);
  for (;;) meter.value(startOf(problem, random), problem.nodes[Math.floor(random() * problem.nodes.length)]);
};

/** Moves of x (Gaussian, of a width that follows the acceptance) and of the node (to a neighbour), in turn by chance. */
const annealing: Method = async (problem, meter, seed) => {
  const random = randomFrom(`annealing ${seed}`);
  const hot = problem.spread;
  for (;;) {
    let x = startOf(problem, random);
    let node = problem.nodes[Math.floor(random() * problem.nodes.length)];
    let value = meter.value(x, node);
    let width = 0.3 * (problem.high - problem.low);
    // Two cycles in a budget.
    const length = BUDGET / 2;
    for (let k = 0; k < length; k++) {
      const temperature = hot * 1e-4 ** (k / length);
      const isJump = random() < 0.3;
      const near = problem.neighbours(node);
      const toNode = isJump ? near[Math.floor(random() * near.length)] : node;
      const toX = isJump
        ? x
        : x.map((at) => Math.min(problem.high, Math.max(problem.low, at + width * normal(random))));
      const there = meter.value(toX, toNode);
      const accepted = there <= value || random() < Math.exp((value - there) / temperature);
      if (!isJump)
        width = Math.max(1e-4, Math.min(problem.high - problem.low, width * (accepted ? 1.05 : 0.985)));
      if (accepted) [x, node, value] = [toX, toNode, there];
    }
  }
};

/** CMA-ES on every node, restarted; nodes get their generations by successive halving: the worse half is left out after each round. */
const cmaPerNode: Method = async (problem, meter, seed) => {
  for (let cycle = 0; ; cycle++) {
    const random = randomFrom(`cma ${seed} ${cycle}`);
    let field = problem.nodes.map((node) => ({
      node,
      search: new CmaEs(startOf(problem, random), 0.3 * (problem.high - problem.low), () => normal(random)),
      best: Infinity,
    }));
    let generations = 4;
    for (;;) {
      for (const entry of field) {
        for (let g = 0; g < generations; g++) {
          entry.search.generation((x) => {
            const value = meter.value(x, entry.node);
            entry.best = Math.min(entry.best, value);
            return value;
          });
        }
      }
      if (field.length === 1) {
        if (field[0].search.isDone) break;
        continue;
      }
      field.sort((a, b) => a.best - b.best);
      field = field.slice(0, Math.ceil(field.length / 2));
      generations *= 2;
    }
  }
};

/** Rounds of the lumped flow on the whole graph, each from other points. */
function flow(dynamics: LumpedProblem['dynamics']): Method {
  return async (problem, meter, seed) => {
    const evaluate = (points: readonly ObjectivePoint[]): Float64Array =>
      Float64Array.from(points, ({ x, node, gradient }) => {
        const value = problem.evaluate(x, node, gradient);
        meter.note(node, value);
        return value;
      });
    const isSecond = dynamics.kind === 'accelerated';
    const timeStep = isSecond ? problem.step : problem.rate;
    const steps = problem.steps;
    for (let round = 0; ; round++) {
      const random = randomFrom(`flow ${seed} ${round}`);
      const starts = new Map(problem.nodes.map((node) => [node, startOf(problem, random)]));
      const first = problem.nodes[Math.floor(random() * problem.nodes.length)];
      const objective: Objective = {
        miniBatches: false,
        dimension: () => problem.dimension,
        evaluate,
        initial: (node) => starts.get(node),
        neighbours: (node) => problem.neighbours(node).map((other) => ({ node: other, weight: 1 })),
      };
      const settings = { dynamics, walls: undefined, start: () => undefined };
      const run = await LumpedFlow.start(
        {
          dynamics,
          mobility: 'log-mean',
          temperature: {
            kind: 'exponential',
            from: problem.spread,
            to: 0.001 * problem.spread,
            duration: steps * timeStep,
          },
          splitting: 'lie',
          timeStep,
          seed,
          tolerance: 1e-4,
          graph: {
            kind: 'grow',
            nodes: [{ node: first, mass: 1 }],
            rules: { every: 5, birth: 0.005, share: 0.6, floor: 0.0005, grace: 15, maxNodes: 256 },
          },
          miniBatches: false,
          judgeEvery: 1,
          autonomous: true,
        },
        new LocalPoints(localCrew(new NodeWorker(objective, settings))),
      );
      for (let k = 0; k < steps; k++) await run.advance();
    }
  };
}

const methods: [string, Method][] = [
  ['second-order flow', flow({ kind: 'accelerated', friction: { kind: 'constant', value: 1 } })],
  ['first-order flow', flow({ kind: 'gradient-flow', integrator: 'euler' })],
  ['CMA-ES per node', cmaPerNode],
  ['simulated annealing', annealing],
  ['random search', randomSearch],
];

const results: unknown[] = [];
console.log('| problem | method | success | evaluations, of those that succeed |');
console.log('| --- | --- | --- | --- |');
for (const problem of mixedProblems) {
  if (flags.only !== undefined && !problem.name.includes(flags.only)) continue;
  for (const [name, method] of methods) {
    const reached: number[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const meter = new Meter(problem);
      try {
        await method(problem, meter, seed);
      } catch (error) {
        if (!(error instanceof Over)) throw error;
      }
      if (meter.reached < Infinity) reached.push(meter.reached);
      results.push({ problem: problem.name, method: name, seed, reached: meter.reached });
    }
    reached.sort((a, b) => a - b);
    const text =
      reached.length === 0
        ? '-'
        : `${reached[Math.floor(reached.length / 2)]} (${reached[0]} … ${reached[reached.length - 1]})`;
    console.log(`| ${problem.name} | ${name} | ${reached.length}/${SEEDS} | ${text} |`);
    if (flags.out !== undefined) writeFileSync(flags.out, `${JSON.stringify(results)}\n`);
  }
}
