// Benchmarks of optimisation on mixed spaces with known optima: the lumped flow of first and second order against random search, simulated
// annealing and CMA-ES per node, at equal evaluations. To be run as it is, without a build:
//
//     node --import jiti/register bench/mixed.ts --first 1001 --seeds 20 --budget 5000 [--only trap] [--method CMA] [--out results.json]
//
// An evaluation is one value V(x, node), with or without its gradient (the flows use gradients, the others do not: problems have few coordinates, and a
// gradient by reverse differentiation costs about as much as two to four values; the table counts it as one). A run succeeds once a value within
// `accuracy` of the optimum on the optimal node has been met.
//
// Settings (mixed-settings.ts) are of a problem and a method, and were chosen by `--tune --first 101 --seeds 3`: each method has eight to choose from,
// and the one of least mean evaluations is taken, where a failure counts as twice the budget.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { randomFrom } from '../configs/digits/weights.js';
import {
  localCrew,
  LocalPoints,
  LumpedError,
  LumpedFlow,
  NodeWorker,
  type LumpedProblem,
  type Objective,
  type ObjectivePoint,
} from '../src/lumped/mod.js';
import { CmaEs } from './peers/cma-es.js';
import { mixedProblems, type MixedProblem } from './mixed-problems.js';
import {
  annealingChoices,
  chosen,
  cmaChoices,
  flowChoices,
  type AnnealingSettings,
  type CmaSettings,
  type FlowSettings,
} from './mixed-settings.js';
import { spread } from './statistics.js';

const { values: flags } = parseArgs({
  options: {
    first: { type: 'string', default: '1001' },
    seeds: { type: 'string', default: '20' },
    budget: { type: 'string', default: '5000' },
    only: { type: 'string' },
    method: { type: 'string' },
    tune: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const SEEDS = Array.from({ length: Number(flags.seeds) }, (_, i) => Number(flags.first) + i);
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

type Method<S> = (problem: MixedProblem, meter: Meter, seed: number, settings: S) => Promise<void>;

/** A point from where all methods begin: uniform in the box, one per node. */
function startOf({ dimension, low, high }: MixedProblem, random: () => number): Float64Array {
  return Float64Array.from({ length: dimension }, () => low + (high - low) * random());
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const randomSearch: Method<object> = async (problem, meter, seed) => {
  const random = randomFrom(`random ${seed}`);
  for (;;) meter.value(startOf(problem, random), problem.nodes[Math.floor(random() * problem.nodes.length)]);
};

/** Moves of x (Gaussian, of a width that follows the acceptance) and of the node (to a neighbour), in turn by chance. */
const annealing: Method<AnnealingSettings> = async (problem, meter, seed, { cycles, jump }) => {
  const random = randomFrom(`annealing ${seed}`);
  const hot = problem.spread;
  for (;;) {
    let x = startOf(problem, random);
    let node = problem.nodes[Math.floor(random() * problem.nodes.length)];
    let value = meter.value(x, node);
    let width = 0.3 * (problem.high - problem.low);
    const length = BUDGET / cycles;
    for (let k = 0; k < length; k++) {
      const temperature = hot * 1e-4 ** (k / length);
      const isJump = random() < jump;
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
const cmaPerNode: Method<CmaSettings> = async (problem, meter, seed, { sigma, first }) => {
  for (let cycle = 0; ; cycle++) {
    const random = randomFrom(`cma ${seed} ${cycle}`);
    let field = problem.nodes.map((node) => ({
      node,
      search: new CmaEs(startOf(problem, random), sigma * (problem.high - problem.low), () => normal(random)),
      best: Infinity,
    }));
    let generations = first;
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

/** Rounds of the lumped flow on a graph that grows from a node by chance, each from another point. */
function flow(kind: LumpedProblem['dynamics']['kind']): Method<FlowSettings> {
  return async (problem, meter, seed, { speed, nodes, jitter, birth, floor }) => {
    const evaluate = (points: readonly ObjectivePoint[]): Float64Array =>
      Float64Array.from(points, ({ x, node, gradient }) => {
        const value = problem.evaluate(x, node, gradient);
        meter.note(node, value);
        return value;
      });
    const dynamics: LumpedProblem['dynamics'] =
      kind === 'accelerated'
        ? { kind, friction: { kind: 'constant', value: 1 } }
        : { kind, integrator: 'euler' };
    const timeStep = kind === 'accelerated' ? problem.step : problem.rate;
    const { steps, low, high } = problem;
    const weight = speed / (problem.spread * steps * timeStep);
    for (let round = 0; ; round++) {
      const random = randomFrom(`flow ${seed} ${round}`);
      const first = problem.nodes[Math.floor(random() * problem.nodes.length)];
      const start = startOf(problem, random);
      const objective: Objective = {
        miniBatches: false,
        dimension: () => problem.dimension,
        evaluate,
        initial: () => start,
        neighbours: (node) => problem.neighbours(node).map((other) => ({ node: other, weight })),
        // A throw that depends on the edge alone.
        transfer: (x, from, to) => {
          const thrown = randomFrom(`throw ${seed} ${round} ${from} ${to}`);
          return x.map((at) =>
            jitter === 0 ? at : Math.min(high, Math.max(low, at + jitter * (high - low) * normal(thrown))),
          );
        },
      };
      const walls = Array.from({ length: problem.dimension }, () => ({
        kind: 'reflecting' as const,
        low,
        high,
      }));
      const settings = { dynamics, walls, start: () => undefined };
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
          // Masses need not be right to more than a hundredth here.
          tolerance: 1e-2,
          graph: {
            kind: 'grow',
            nodes: [{ node: first, mass: 1 }],
            rules: { every: 5, birth, share: 0.6, floor, grace: 15, maxNodes: nodes },
          },
          miniBatches: false,
          judgeEvery: 1,
          autonomous: true,
        },
        new LocalPoints(localCrew(new NodeWorker(objective, settings))),
      );
      try {
        for (let k = 0; k < steps; k++) await run.advance();
      } catch (error) {
        // Masses that rush so that no step is short enough end a round: points thrown far may differ that much in V.
        if (!(error instanceof LumpedError && error.code === 'lumped-tolerance')) throw error;
      }
    }
  };
}

interface Entrant {
  readonly name: string;
  /** Runs with settings by name; `chosen` are those of the problem. */
  readonly choices: readonly object[];
  run(problem: MixedProblem, meter: Meter, seed: number, settings: object): Promise<void>;
}

/** A method and all its settings. */
function entrant<S extends object>(name: string, choices: readonly S[], method: Method<S>): Entrant {
  return {
    name,
    choices,
    run: (problem, meter, seed, settings) => method(problem, meter, seed, settings as S),
  };
}

const entrants: readonly Entrant[] = [
  entrant('second-order flow', flowChoices, flow('accelerated')),
  entrant('first-order flow', flowChoices, flow('gradient-flow')),
  entrant('CMA-ES per node', cmaChoices, cmaPerNode),
  entrant('simulated annealing', annealingChoices, annealing),
  entrant('random search', [{}], randomSearch),
];

/** Evaluations until success, per seed; Infinity: none. */
async function trials(one: Entrant, problem: MixedProblem, settings: object): Promise<number[]> {
  const reached: number[] = [];
  for (const seed of SEEDS) {
    const meter = new Meter(problem);
    try {
      await one.run(problem, meter, seed, settings);
    } catch (error) {
      if (!(error instanceof Over)) throw error;
    }
    reached.push(meter.reached);
  }
  return reached;
}

/** Mean evaluations; a failure counts as twice the budget. */
function costOf(reached: readonly number[]): number {
  return reached.reduce((sum, count) => sum + Math.min(count, 2 * BUDGET), 0) / reached.length;
}

const results: unknown[] = [];
console.log('| problem | method | success | evaluations, of those that succeed | settings |');
console.log('| --- | --- | --- | --- | --- |');
for (const problem of mixedProblems) {
  if (flags.only !== undefined && !problem.name.includes(flags.only)) continue;
  for (const one of entrants) {
    if (flags.method !== undefined && !one.name.includes(flags.method)) continue;
    let settings = chosen(problem.name, one.name);
    let reached: number[] = [];
    if (flags.tune) {
      let least = Infinity;
      for (const choice of one.choices) {
        const tried = await trials(one, problem, choice);
        const cost = costOf(tried);
        results.push({ problem: problem.name, method: one.name, settings: choice, cost, reached: tried });
        if (cost >= least) continue;
        least = cost;
        [settings, reached] = [choice, tried];
      }
    } else {
      reached = await trials(one, problem, settings);
      results.push({ problem: problem.name, method: one.name, settings, first: SEEDS[0], reached });
    }
    const good = reached.filter((count) => count < Infinity);
    const { min, median, max } = spread(good);
    const text = good.length === 0 ? '-' : `${Math.round(median)} (${min} … ${max})`;
    const success = `${good.length}/${SEEDS.length}`;
    console.log(`| ${problem.name} | ${one.name} | ${success} | ${text} | ${JSON.stringify(settings)} |`);
    if (flags.out !== undefined) writeFileSync(flags.out, `${JSON.stringify(results, null, 1)}\n`);
  }
}
