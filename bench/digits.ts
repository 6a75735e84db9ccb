// The search for a network on the digits, compared at equal gradient evaluations: first- and second-order lumped flow, hill climbing with the
// same edits, random search, single fixed networks. To be run as it is, without a build:
//
//     node --import jiti/register bench/digits.ts --seeds 3 --budget 4000 [--only second-order] [--out results.json]
//
// Every method moves weights by the same second-order steps on the same mini-batches, but for the first-order flow. A gradient evaluation is that of
// one network on 64 images. What is reported of a method at any time is the network that does best on the validation images, among those
// that it holds to be good then; test images are looked at for the report only, and no method sees them.
//
// Settings of a method were chosen with `--first 101 --seeds 3` and other values by `--set '{"nodes": 6}'` (docs/optimisation.md has what was tried);
// results are of other seeds.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import digitsObjective, { score } from '../configs/digits/objective.js';
import { growths, randomStructure } from '../configs/digits/structure.js';
import { randomFrom, startOf, transferWeights } from '../configs/digits/weights.js';
import { localCrew, LocalPoints, LumpedFlow, NodeWorker, type LumpedProblem } from '../src/lumped/mod.js';
import { moduleObjective } from '../src/objective/mod.js';
import { spread } from './statistics.js';

const { values: flags } = parseArgs({
  options: {
    first: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '3' },
    budget: { type: 'string', default: '4000' },
    only: { type: 'string' },
    set: { type: 'string', default: '{}' },
    ridge: { type: 'string', default: '1e-3' },
    out: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});
const SEEDS = Array.from({ length: Number(flags.seeds) }, (_, i) => Number(flags.first) + i);
const BUDGET = Number(flags.budget);
/** Gradient evaluations between two looks at how good a method is. */
const LOOK_EVERY = 250;
const TARGET = 0.96;
/** Price per weight, ridge: in V of all methods. */
const V = { price: 2e-6, ridge: Number(flags.ridge) };
/** Second-order steps: length and friction. About stochastic gradients with momentum 0.9 and rate 0.04. */
const STEP = 0.2;
const FRICTION = 0.5;
/** First-order steps: length. */
const RATE = 0.15;

/** Of both flows: weight K of an edge, temperatures and the steps from the first to the last, births and deaths. */
interface FlowSettings {
  readonly start: string;
  readonly weight: number;
  readonly hot: number;
  readonly cold: number;
  readonly cooling: number;
  readonly every: number;
  readonly birth: number;
  readonly share: number;
  readonly floor: number;
  readonly grace: number;
  readonly nodes: number;
}

/** The second-order flow; masses of the first-order one have no momentum, and want a larger K. */
const FLOW: FlowSettings = {
  ...{ start: 'd16r', weight: 16, hot: 0.01, cold: 0.001, cooling: 100 },
  ...{ every: 5, birth: 0.3, share: 0.6, floor: 0.03, grace: 10, nodes: 8 },
};
const FIRST_ORDER_WEIGHT = 64;
/** Of hill climbing: children of a round, gradients of each of them and of the parent in a round. */
const CLIMB = { start: 'd16r', children: 7, each: 50 };
/** Of random search: gradients of a network. */
const RANDOM = { each: 1000 };

function settings<T extends object>(defaults: T): T {
  return { ...defaults, ...(JSON.parse(flags.set) as Partial<T>) };
}

interface Outcome {
  readonly structure: string;
  readonly validation: number;
  readonly entropy: number;
  readonly test: number;
  readonly examined: number;
  /** Gradient evaluations after which the network chosen by validation has 96 % on the test images; Infinity: never. */
  readonly reached: number;
  readonly gradients: number;
  readonly seconds: number;
}

interface Candidate {
  readonly structure: string;
  readonly x: Float64Array;
}

/** Follows what a method would answer, as its gradient evaluations go on. */
class Record {
  gradients = 0;
  #nextLook = LOOK_EVERY;
  #best = { structure: '', validation: -1, entropy: Infinity, test: 0 };
  #reached = Infinity;
  readonly #startedAt = performance.now();
  readonly examined = new Set<string>();

  get isOver(): boolean {
    return this.gradients >= BUDGET;
  }

  /** Whether candidates are to be shown. */
  get wantsLook(): boolean {
    return this.gradients >= this.#nextLook || this.isOver;
  }

  /** Looks at candidates: the best on the validation images so far is the answer. */
  look(candidates: readonly Candidate[]): void {
    this.#nextLook = (Math.floor(this.gradients / LOOK_EVERY) + 1) * LOOK_EVERY;
    for (const { structure, x } of candidates) {
      const { accuracy, entropy } = score(x, structure, 'validation');
      const best = this.#best;
      const isBetter = accuracy > best.validation || (accuracy === best.validation && entropy < best.entropy);
      if (isBetter)
        this.#best = { structure, validation: accuracy, entropy, test: score(x, structure, 'test').accuracy };
    }
    if (this.#best.test >= TARGET && this.#reached === Infinity) this.#reached = this.gradients;
    if (flags.trace) console.log(this.gradients, this.examined.size, JSON.stringify(this.#best));
  }

  outcome(): Outcome {
    const { structure, validation, entropy, test } = this.#best;
    return {
      ...{ structure, validation, entropy, test, examined: this.examined.size, reached: this.#reached },
      ...{ gradients: this.gradients, seconds: (performance.now() - this.#startedAt) / 1000 },
    };
  }
}

type Digits = ReturnType<typeof digitsObjective>;

/** A single network on its way, by the same steps as a node of the second-order flow. */
class Trainee {
  readonly #v: Float64Array;
  #gradient: Float64Array | undefined;

  constructor(
    readonly structure: string,
    readonly x: Float64Array,
    v?: Float64Array,
  ) {
    this.#v = v ?? new Float64Array(x.length);
  }

  /** A network one edit away that goes on as this one does; also `structure` itself. */
  child(to: string): Trainee {
    if (to === this.structure) return new Trainee(to, this.x.slice(), this.#v.slice());
    const x = transferWeights(this.x, this.structure, to);
    const ahead = this.x.map((at, i) => at + this.#v[i]);
    const v = transferWeights(ahead, this.structure, to).map((at, i) => at - x[i]);
    return new Trainee(to, x, v);
  }

  step(objective: Digits, batch: number, record: Record): void {
    const { x } = this;
    const v = this.#v;
    const half = Math.exp((-FRICTION * STEP) / 2);
    this.#gradient ??= this.#gradientAt(objective, batch, record);
    for (let i = 0; i < x.length; i++) {
      v[i] = v[i] * half - 0.5 * STEP * this.#gradient[i];
      x[i] += STEP * v[i];
    }
    const next = this.#gradientAt(objective, batch + 1, record);
    for (let i = 0; i < x.length; i++) v[i] = (v[i] - 0.5 * STEP * next[i]) * half;
    this.#gradient = next;
  }

  #gradientAt(objective: Digits, batch: number, record: Record): Float64Array {
    record.gradients += 1;
    return objective.valueAndGradient(this.x, this.structure, { batch }).gradient;
  }
}

/** One network for the whole budget. */
function fixed(structure: string) {
  return async (seed: number): Promise<Outcome> => {
    const objective = digitsObjective({ ...V, seed });
    const record = new Record();
    record.examined.add(structure);
    const trainee = new Trainee(structure, startOf(structure, seed));
    for (let batch = 0; !record.isOver; batch++) {
      trainee.step(objective, batch, record);
      if (record.wantsLook) record.look([trainee]);
    }
    return record.outcome();
  };
}

/** Random networks one after the other, each for a part of the budget. */
async function randomSearch(seed: number): Promise<Outcome> {
  const { each } = settings(RANDOM);
  const objective = digitsObjective({ ...V, seed });
  const random = randomFrom(`random search ${seed}`);
  const record = new Record();
  while (!record.isOver) {
    const structure = randomStructure(random);
    record.examined.add(structure);
    const trainee = new Trainee(structure, startOf(structure, seed));
    const until = record.gradients + each;
    for (let batch = 0; record.gradients < until && !record.isOver; batch++) {
      trainee.step(objective, batch, record);
      if (record.wantsLook) record.look([trainee]);
    }
  }
  return record.outcome();
}

/** From a small network on: children by random edits, each trained a little; the best of them and the parent goes on. */
async function hillClimbing(seed: number): Promise<Outcome> {
  const { start, children, each } = settings(CLIMB);
  const objective = digitsObjective({ ...V, seed });
  const random = randomFrom(`hill climbing ${seed}`);
  const record = new Record();
  let current = new Trainee(start, startOf(start, seed));
  record.examined.add(start);
  for (let round = 0; !record.isOver; round++) {
    const family = [current.child(current.structure)];
    const edits = growths(current.structure);
    while (family.length <= children && edits.length > 0) {
      const [{ to }] = edits.splice(Math.floor(random() * edits.length), 1);
      record.examined.add(to);
      family.push(current.child(to));
    }
    for (const trainee of family)
      for (let k = 0; k < each && !record.isOver; k++) trainee.step(objective, round * each + k, record);
    const judged = family.map((trainee) => ({
      trainee,
      entropy: score(trainee.x, trainee.structure, 'validation').entropy,
    }));
    current = judged.reduce((a, b) => (b.entropy < a.entropy ? b : a)).trainee;
    record.look([current]);
  }
  return record.outcome();
}

function flow(dynamics: LumpedProblem['dynamics'], timeStep: number, change: Partial<FlowSettings> = {}) {
  return async (seed: number): Promise<Outcome> => {
    const { start, weight, hot, cold, cooling, nodes, ...rules } = settings({ ...FLOW, ...change });
    const digits = digitsObjective({ ...V, seed, weight });
    const objective = moduleObjective(digits, 'digits');
    const record = new Record();
    const problem: LumpedProblem = {
      dynamics,
      mobility: 'log-mean',
      temperature: { kind: 'exponential', from: hot, to: cold, duration: cooling * timeStep },
      splitting: 'lie',
      timeStep,
      seed,
      tolerance: 1e-4,
      graph: {
        kind: 'grow',
        nodes: [{ node: start, mass: 1 }],
        rules: { ...rules, maxNodes: nodes },
      },
      miniBatches: true,
      // Best points are judged here, on the validation images.
      judgeEvery: 1_000_000,
      autonomous: true,
    };
    const worker = new NodeWorker(objective, {
      ...{ dynamics, walls: undefined },
      start: (node: string, x: Float64Array) => x.set(startOf(node, seed)),
    });
    const run = await LumpedFlow.start(problem, new LocalPoints(localCrew(worker)));
    while (!record.isOver) {
      await run.advance();
      record.gradients = run.counts.gradients;
      for (const { node } of run.nodes()) record.examined.add(node);
      if (!record.wantsLook) continue;
      const heaviest = run.nodes().sort((a, b) => b.mass - a.mass);
      if (flags.trace) {
        const told = heaviest.map(
          ({ node, mass, value, born }) =>
            `  ${node} m=${mass.toFixed(3)} V=${value.toFixed(3)} since ${born}`,
        );
        console.log(`step ${run.step}\n${told.join('\n')}`);
      }
      const looked = heaviest.slice(0, 3).map(({ node }) => node);
      const points = await run.read(looked);
      record.look(looked.map((structure, i) => ({ structure, x: points[i].x })));
    }
    return record.outcome();
  };
}

const methods: [string, (seed: number) => Promise<Outcome>][] = [
  ['second-order flow', flow({ kind: 'accelerated', friction: { kind: 'constant', value: FRICTION } }, STEP)],
  [
    'first-order flow',
    flow({ kind: 'gradient-flow', integrator: 'euler' }, RATE, { weight: FIRST_ORDER_WEIGHT }),
  ],
  ['hill climbing', hillClimbing],
  ['random search', randomSearch],
  ...['linear', 'd16r', 'd32r', 'd64r-d64r', 'd32r-c8r'].map(
    (name): [string, (seed: number) => Promise<Outcome>] => [`fixed ${name}`, fixed(name)],
  ),
];

/** Middle one, and the smallest and largest. */
function told(values: readonly number[], text: (value: number) => string): string {
  const { min, median, max } = spread(values);
  return `${text(median)} (${text(min)} … ${text(max)})`;
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const count = (value: number): string => (value === Infinity ? 'never' : String(value));

const results: { method: string; seed: number; outcome: Outcome }[] = [];
console.log(
  '| method | test accuracy | validation accuracy | its cross-entropy | structures examined | gradients to 96 % | seconds | structures found |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const [method, run] of methods) {
  if (flags.only !== undefined && !method.endsWith(flags.only) && !method.startsWith(flags.only)) continue;
  const outcomes: Outcome[] = [];
  for (const seed of SEEDS) {
    const outcome = await run(seed);
    outcomes.push(outcome);
    results.push({ method, seed, outcome });
    if (flags.out !== undefined) writeFileSync(flags.out, `${JSON.stringify(results, null, 1)}\n`);
  }
  const cells = [
    method,
    told(
      outcomes.map(({ test }) => test),
      percent,
    ),
    told(
      outcomes.map(({ validation }) => validation),
      percent,
    ),
    told(
      outcomes.map(({ entropy }) => entropy),
      (value) => value.toFixed(3),
    ),
    told(
      outcomes.map(({ examined }) => examined),
      count,
    ),
    told(
      outcomes.map(({ reached }) => reached),
      count,
    ),
    told(
      outcomes.map(({ seconds }) => seconds),
      (value) => value.toFixed(0),
    ),
    outcomes.map(({ structure }) => structure).join(', '),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
