// The slow, obvious engine: what a step is, said once in plain TypeScript. Particles are rows of numbers in one array per
// shard, programs are run by the interpreter, and nothing is packed, vectorised or compiled. It gives the same bits as
// ShardEngine (engine.ts, kernel/control.ts), and is what that engine is tested against and where to read the algorithm.
//
// It is not the specification of the arithmetic of a move, a rate or a bound: those are the programs of kernel/plan.ts,
// which both engines run. What both engines must agree on besides, and what results therefore depend on:
//
//   order of random words   chunk by chunk (1024 particles, the last one shorter), always whole rows of 16: block by block
//                           an even number of rows for the move, or one row if nothing moves. When 256 candidates have come
//                           together after a chunk, or the shard ends, they react: round by round, a first and a second
//                           word for each walker, and one word for each that jumped. Where
//                           rates need densities, a shard's chunks are moved first, and then tested with one row a block
//   order of walkers        by position
//   order of emigrants      batch by batch, round by round, in the walkers' order
//   order of immigrants     by source node, then in the emigrants' order; each fills the earliest-made hole still open
//   closing of holes        in the order they were made, by the shard's last particle

import { evaluateAll, type Environment } from '../expression/mod.js';
import {
  CHUNK,
  gaussianProgram,
  interpret,
  INVERSE_OF_ZERO,
  LANES,
  nextRow,
  seedStreams,
  SPARE_LEVELS,
  streamPurpose,
  WALKER_BATCH,
  type DensityPlan,
  type KernelPlan,
  type NodeClass,
  type Program,
} from '../kernel/mod.js';
import { temperatureAt, type Model } from '../model/mod.js';
import { exchangesPerStep } from './engine.js';
import { drawMemory, drawPosition } from './initial.js';
import { ReferenceDensities } from './reference-densities.js';
import { digestOf, hashOfDigests, type ParticleStore, type ShardParticles } from './store.js';

/** What a test suite may ask of any engine: ShardEngine and ReferenceEngine both are one. */
export interface Engine {
  readonly store: Pick<ParticleStore, 'shardCount' | 'count' | 'fill' | 'read' | 'stateHash'>;
  /** Resets the generator of a shard and draws the positions of its particles, as many as it was filled with. */
  sample(shard: number, seed: number): void;
  /** Steps a replica alone from step `from` to step `to`. Refuses where densities couple it to others. */
  stepReplica(replica: number, from: number, to: number): void;
  /** Steps all replicas. */
  stepAll(from: number, to: number): void;
  /** Jumps so far per directed edge of the graph's rows. */
  jumps(): Float64Array;
}

/** The fields of a particle: x_0 … x_{d-1}, then integrator memory or velocities. Always exact in the kernel's precision. */
type Particle = number[];

interface Shard {
  readonly node: number;
  readonly replica: number;
  /** Undefined: a hole that an emigrant left. There is none between steps. */
  readonly particles: (Particle | undefined)[];
  generator: Uint32Array;
}

/** A particle on its way through the graph while its x stands still. */
interface Walker {
  readonly x: Particle;
  readonly time: number;
  readonly node: number;
  /** Where it started: its index in its shard. */
  readonly slot: number;
}

interface Emigrant {
  readonly node: number;
  readonly slot: number;
  readonly particle: Particle;
}

export class ReferenceEngine implements Engine {
  readonly store: ReferenceStore;
  readonly #gaussian = gaussianProgram();
  readonly #jumps: Float64Array;
  readonly #exchanges: 1 | 2;
  readonly #round: (value: number) => number;
  #uniforms: Uniforms;
  /** Of the present reaction, where rates need them. */
  #densities: ReferenceDensities | undefined;

  constructor(
    readonly model: Model,
    readonly plan: KernelPlan,
    replicas: number,
  ) {
    this.store = new ReferenceStore(model, plan, replicas);
    this.#jumps = new Float64Array(model.graph.targets.length);
    this.#exchanges = exchangesPerStep(model);
    this.#round = rounding(plan);
    this.#uniforms = new Uniforms(model, plan, 0, 0);
  }

  jumps(): Float64Array {
    return this.#jumps.slice();
  }

  sample(shard: number, seed: number): void {
    const { model, plan } = this;
    const { dimension } = model;
    const home = this.store.shard(shard);
    const { node, particles } = home;
    home.generator = seedStreams(seed, streamPurpose.dynamics, node, home.replica);
    for (const first of chunkStarts(particles.length)) {
      const chunk = particles.slice(first, first + CHUNK);
      // The coordinates first, then what the integrator remembers: Gaussians or velocities.
      for (let field = 0; field < plan.fields; field += dimension) {
        const words = draw(home, blocksOf(chunk.length) * plan.wordsPerParticle);
        chunk.forEach((particle, i) => {
          const noise = this.#noise(words, i);
          for (let f = 0; f < dimension; f++) {
            const word = words[this.#wordRow(i) + f][i % LANES];
            const value =
              field === 0 ? drawPosition(model, node, f, noise[f], word) : drawMemory(model, noise[f]);
            (particle as Particle)[field + f] = this.#round(value);
          }
        });
      }
    }
  }

  stepReplica(replica: number, from: number, to: number): void {
    if (this.plan.densities && this.store.replicas > 1) throw new Error('densities couple all replicas');
    this.#step([this.store.replica(replica)], from, to);
  }

  stepAll(from: number, to: number): void {
    const replicas = Array.from({ length: this.store.replicas }, (_, k) => this.store.replica(k));
    this.#step(replicas, from, to);
  }

  /**
   * A step is one exchange (lie: move, react) or two (strang: react for dt/2; then move, react for dt/2). Where rates
   * need densities, all particles of all replicas are deposited before each reaction.
   */
  #step(replicas: readonly (readonly Shard[])[], from: number, to: number): void {
    const { model, plan } = this;
    for (let step = from; step < to; step++) {
      for (let exchange = 0; exchange < this.#exchanges; exchange++) {
        this.#uniforms = new Uniforms(model, plan, step, exchange);
        let move = exchange === this.#exchanges - 1;
        if (plan.densities) {
          if (move) for (const shard of replicas.flat()) this.#moveShard(shard);
          move = false;
          this.#densities = this.#deposit(plan.densities, replicas.flat());
        }
        for (const shards of replicas) {
          const emigrants = shards.map((shard) => this.#stepShard(shard, move));
          deliver(shards, emigrants);
        }
      }
    }
  }

  /** Moves the particles of a shard and does nothing else. */
  #moveShard(shard: Shard): void {
    const { node, particles } = shard;
    const { diffuse } = this.plan.classes[this.plan.classOfNode[node]];
    for (const first of chunkStarts(particles.length)) {
      const chunk = particles.slice(first, first + CHUNK) as Particle[];
      const words = draw(shard, blocksOf(chunk.length) * this.plan.wordsPerParticle);
      chunk.forEach((particle, i) => this.#run(diffuse, node, particle, this.#noise(words, i), 0));
    }
  }

  #deposit(plan: DensityPlan, shards: readonly Shard[]): ReferenceDensities {
    const densities = new ReferenceDensities(plan, this.model.graph.nodeCount, this.#round);
    for (const { node, particles } of shards)
      for (const particle of particles) densities.deposit(node, particle as Particle);
    return densities;
  }

  /** Moves the particles (if it is time to) and lets the candidates react, a chunk at a time. */
  #stepShard(shard: Shard, move: boolean): Emigrant[] {
    const { graph } = this.model;
    const { node, particles } = shard;
    const nodeClass = this.plan.classes[this.plan.classOfNode[node]];
    const emigrants: Emigrant[] = [];
    let candidates: number[] = [];
    for (const first of chunkStarts(particles.length)) {
      const end = Math.min(first + CHUNK, particles.length);
      const words = draw(shard, blocksOf(end - first) * (move ? this.plan.wordsPerParticle : 1));
      for (let slot = first; slot < end; slot++) {
        const i = slot - first;
        const particle = particles[slot] as Particle;
        // The low bits of the angle word of the first pair of Gaussians are not used by them.
        const spareRow = move ? this.#wordRow(i) + 1 : Math.floor(i / LANES);
        const spare = words[spareRow][i % LANES] & (SPARE_LEVELS - 1);
        const noise = move ? this.#noise(words, i) : [];
        const isCandidate = this.#moveAndTest(nodeClass, node, particle, move, noise, spare);
        if (isCandidate && graph.offsets[node + 1] > graph.offsets[node]) candidates.push(slot);
      }
      if (candidates.length >= WALKER_BATCH) {
        emigrants.push(...this.#react(shard, candidates));
        candidates = [];
      }
    }
    emigrants.push(...this.#react(shard, candidates));
    return emigrants;
  }

  /** Row of the first word of particle i of a chunk. */
  #wordRow(i: number): number {
    return Math.floor(i / LANES) * this.plan.wordsPerParticle;
  }

  /** The Gaussians of particle i of a chunk: words 2k and 2k+1 make numbers 2k and 2k+1. */
  #noise(words: readonly Uint32Array[], i: number): number[] {
    const noise: number[] = [];
    for (let word = 0; word < this.plan.wordsPerParticle; word += 2) {
      const { first, second } = interpret(this.#gaussian, {
        input: noValue,
        integerInput: (name) => words[this.#wordRow(i) + word + Number(name.slice('word'.length))][i % LANES],
        uniform: noValue,
      });
      noise.push(first as number, second as number);
    }
    return noise;
  }

  /** Moves a particle, or leaves it; whether it is a candidate for a jump. */
  #moveAndTest(
    nodeClass: NodeClass,
    node: number,
    particle: Particle,
    move: boolean,
    noise: readonly number[],
    spare: number,
  ): boolean {
    const candidate = this.#run(move ? nodeClass.diffuse : nodeClass.test, node, particle, noise, spare);
    // A bound that is not a number makes a candidate, whose jump then finds out about the rate.
    return nodeClass.boundTerms ? !(this.#bound(nodeClass, node, particle) <= spare) : (candidate as boolean);
  }

  /** Runs a pass for one particle, which gets its new fields. Returns what the test says, if it is part of the pass. */
  #run(
    program: Program,
    node: number,
    particle: Particle,
    noise: readonly number[],
    spare: number,
  ): number | boolean | undefined {
    const { candidate, ...fields } = interpret(program, {
      input: (name) => {
        const [kind, index] = name.split(':');
        if (kind === 'density') return this.#density(index, node, -1, particle);
        return kind === 'spare' ? spare : (kind === 'noise' ? noise : particle)[Number(index)];
      },
      uniform: this.#uniforms.of(node),
    }) as Partial<Record<string, number | boolean>>;
    for (const [name, value] of Object.entries(fields))
      particle[Number(name.slice('field:'.length))] = value as number;
    return candidate;
  }

  /** The density at x of the node (`node`), of the edge's other end (`edge`), or of an edge in kernel order (`edge0`, …). */
  #density(bank: string, node: number, edge: number, x: Particle): number {
    if (!this.#densities) throw new Error('no densities here');
    const { targets } = this.model.graph;
    if (bank === 'node') return this.#densities.at(node, x);
    if (bank === 'edge') return this.#densities.at(targets[edge], x);
    return this.#densities.at(targets[this.#edgesOf(node)[Number(bank.slice('edge'.length))]], x);
  }

  /** The bound where it is a sum over edges, added up in kernel order. */
  #bound({ kinds, boundTerms = [] }: NodeClass, node: number, x: Particle): number {
    let bound = 0;
    for (const edge of this.#edgesOf(node)) {
      const term = this.#value(boundTerms[kinds.indexOf(this.plan.kindOfEdge[edge])], 'bound', node, edge, x);
      bound = this.#round(bound + term);
    }
    return bound;
  }

  /** Directed edges of a node in kernel order. */
  #edgesOf(node: number): Int32Array {
    const { offsets } = this.model.graph;
    return this.plan.edgeOrder.subarray(offsets[node], offsets[node + 1]);
  }

  /** One output of a program that depends on x (and maybe the bound). */
  #value(program: Program, output: string, node: number, edge: number, x: Particle, bound = 0): number {
    const environment = {
      input: (name: string) => {
        const [kind, index] = name.split(':');
        if (kind === 'density') return this.#density(index, node, edge, x);
        return kind === 'bound' ? bound : x[Number(index)];
      },
      uniform: this.#uniforms.of(node, edge),
    };
    return interpret(program, environment)[output] as number;
  }

  /** Candidates of a batch walk until their time is up; those that end elsewhere emigrate and leave a hole. */
  #react(home: Shard, candidates: readonly number[]): Emigrant[] {
    const { graph, timeStep } = this.model;
    const { node: homeNode, particles } = home;
    const emigrants: Emigrant[] = [];
    const time = this.#round(timeStep / this.#exchanges);
    let walkers = candidates.map((slot): Walker => {
      return { x: particles[slot] as Particle, time, node: homeNode, slot };
    });
    const arrive = (walker: Walker): void => {
      if (walker.node === homeNode) return;
      emigrants.push({ node: walker.node, slot: walker.slot, particle: walker.x });
      particles[walker.slot] = undefined;
    };
    while (walkers.length > 0) {
      const words = drawFlat(home, 2 * blocksOf(walkers.length));
      const jumped: Walker[] = [];
      walkers.forEach((walker, j) => {
        const jump = this.#hop(walker, words[j], words[words.length / 2 + j]);
        if (jump === undefined) {
          arrive(walker);
          return;
        }
        const edge = this.#edgesOf(walker.node)[jump.edge];
        jumped.push({ ...walker, node: graph.targets[edge], time: jump.remaining });
        this.#jumps[edge]++;
      });
      // Who is no candidate to jump again has arrived.
      const spareWords = drawFlat(home, blocksOf(jumped.length));
      walkers = jumped.flatMap((walker, j) => {
        const nodeClass = this.plan.classes[this.plan.classOfNode[walker.node]];
        if (
          this.#moveAndTest(nodeClass, walker.node, walker.x, false, [], spareWords[j] & (SPARE_LEVELS - 1))
        )
          return [walker];
        arrive(walker);
        return [];
      });
    }
    return emigrants;
  }

  /** The exponential clock of a walker: undefined if it does not run out, else the edge (in kernel order) it takes. */
  #hop(walker: Walker, word1: number, word2: number): { edge: number; remaining: number } | undefined {
    const { plan } = this;
    const { node, x, time } = walker;
    const round = this.#round;
    const rates = Array.from(this.#edgesOf(node), (edge) =>
      this.#value(plan.kinds[plan.kindOfEdge[edge]].rate, 'rate', node, edge, x),
    );
    const total = rates.reduce((sum, rate) => round(sum + rate), 0);
    const inputs: Record<string, number> = {
      draw1: drawn(plan, word1),
      draw2: drawn(plan, word2),
      total,
      time,
    };
    const nodeClass = plan.classes[plan.classOfNode[node]];
    const bound = nodeClass.boundTerms ? this.#bound(nodeClass, node, x) : 0;
    inputs['probability'] = this.#value(nodeClass.probability, 'probability', node, -1, x, bound);
    const { jumps, mark, remaining } = interpret(plan.decision, {
      input: (name) => inputs[name],
      uniform: noValue,
    });
    if (jumps !== true) return undefined;
    if (Number.isNaN(remaining)) throw new RangeError(`a rate at node ${node} is negative or not a number`);
    // The first edge whose cumulated rate passes the mark; rounding never leads beyond the last that has a rate.
    let edge = 0;
    let cumulated = 0;
    for (const rate of rates) {
      cumulated = round(cumulated + rate);
      if (cumulated <= (mark as number) && cumulated < total) edge++;
    }
    return { edge, remaining: remaining as number };
  }
}

/** Immigrants fill holes, the rest is appended; then every shard closes the holes it has left. */
function deliver(shards: readonly Shard[], emigrants: readonly (readonly Emigrant[])[]): void {
  const holes = emigrants.map((own) => own.map(({ slot }) => slot));
  for (const { node, particle } of emigrants.flat()) {
    const { particles } = shards[node];
    const hole = holes[node].shift();
    if (hole === undefined) particles.push(particle);
    else particles[hole] = particle;
  }
  shards.forEach(({ particles }, node) => {
    for (const hole of holes[node]) {
      while (particles.length > hole && particles.at(-1) === undefined) particles.pop();
      if (hole < particles.length) particles[hole] = particles.pop();
    }
  });
}

/** The particles of all shards. Shard (node g, replica k) has number k n + g. */
class ReferenceStore {
  readonly #shards: Shard[];
  readonly #nodeCount: number;

  constructor(
    { graph }: Model,
    private readonly plan: KernelPlan,
    replicas: number,
  ) {
    this.#nodeCount = graph.nodeCount;
    this.#shards = Array.from({ length: graph.nodeCount * replicas }, (_, shard) => ({
      node: shard % graph.nodeCount,
      replica: Math.floor(shard / graph.nodeCount),
      particles: [],
      generator: new Uint32Array(4 * LANES),
    }));
  }

  get shardCount(): number {
    return this.#shards.length;
  }

  shard(shard: number): Shard {
    return this.#shards[shard];
  }

  get replicas(): number {
    return this.#shards.length / this.#nodeCount;
  }

  replica(replica: number): Shard[] {
    return this.#shards.slice(replica * this.#nodeCount, (replica + 1) * this.#nodeCount);
  }

  count(shard: number): number {
    return this.#shards[shard].particles.length;
  }

  fill(
    shard: number,
    { count, fields, generator }: Pick<ShardParticles, 'count' | 'fields' | 'generator'>,
  ): void {
    const own = this.#shards[shard];
    own.generator = generator.slice();
    for (let i = 0; i < count; i++) {
      own.particles[i] = Array.from({ length: this.plan.fields }, (_, f) => fields[f * count + i]);
    }
  }

  read(shard: number): ShardParticles {
    const fieldCount = this.plan.fields;
    const { node, replica, particles, generator } = this.#shards[shard];
    const count = particles.length;
    const fields = new (this.plan.precision === 'f32' ? Float32Array : Float64Array)(fieldCount * count);
    particles.forEach((particle, i) => {
      for (let f = 0; f < fieldCount; f++) fields[f * count + i] = (particle as Particle)[f];
    });
    return { node, replica, count, fields, generator: generator.slice() };
  }

  stateHash(): string {
    return hashOfDigests(Buffer.concat(this.#shards.map((_, shard) => digestOf(this.read(shard)))));
  }
}

/** What is the same for all particles of a node: the slots of its class and of its edges, during one exchange. */
class Uniforms {
  readonly #ofNode: number[][];
  readonly #ofEdge: number[][] = [];

  constructor(
    private readonly model: Model,
    private readonly plan: KernelPlan,
    step: number,
    exchange: number,
  ) {
    const { graph, timeStep, temperature, diffusivity } = model;
    const reactionTime = timeStep / exchangesPerStep(model);
    const diffusionStart = step * timeStep;
    const reactionMiddle = diffusionStart + (exchange + 0.5) * reactionTime;
    const reactionTemperature = temperatureAt(temperature, reactionMiddle);
    const quantities = {
      timeStep,
      reactionTime,
      diffusionStart,
      diffusionEnd: diffusionStart + timeStep,
      diffusionTemperature: temperatureAt(temperature, diffusionStart + timeStep / 2),
      temperature: reactionTemperature,
      inverseTemperature: reactionTemperature > 0 ? 1 / reactionTemperature : INVERSE_OF_ZERO,
    };
    const parameter = (name: string, component: number, node: number): number | undefined => {
      if (name === '#diffusivity') return diffusivity[node];
      if (name === '#totalWeight') {
        return graph.weights
          .subarray(graph.offsets[node], graph.offsets[node + 1])
          .reduce((sum, k) => sum + k, 0);
      }
      const table = model.parameters.find((candidate) => candidate.name === name);
      return table?.values[node * table.components + component];
    };
    const environment = (node: number, edge: number): Environment => ({
      time: reactionMiddle,
      node,
      target: graph.targets[edge],
      parameter: (name, component, side) =>
        parameter(name, component, side === 'source' ? node : graph.targets[edge]),
      edge: { weight: graph.weights[edge] },
      step: quantities,
    });
    const round = rounding(plan);
    this.#ofNode = Array.from(plan.classOfNode, (nodeClass, node) => {
      for (let edge = graph.offsets[node]; edge < graph.offsets[node + 1]; edge++) {
        const { slots } = plan.kinds[plan.kindOfEdge[edge]];
        this.#ofEdge[edge] = evaluateAll(slots.expressions, environment(node, edge)).map(round);
      }
      return evaluateAll(plan.classes[nodeClass].slots.expressions, environment(node, -1)).map(round);
    });
  }

  /** Values of the banks of a node: `node`; `edge`, the edge at hand; `edge0`, `edge1`, … its edges in kernel order. */
  of(node: number, edge = -1): (bank: string, slot: number) => number {
    return (bank, slot) => {
      if (bank === 'node') return this.#ofNode[node][slot];
      if (bank === 'edge') return this.#ofEdge[edge][slot];
      const position = this.model.graph.offsets[node] + Number(bank.slice('edge'.length));
      return this.#ofEdge[this.plan.edgeOrder[position]][slot];
    };
  }
}

/** Rounds to the kernel's precision. */
function rounding({ precision }: KernelPlan): (value: number) => number {
  return precision === 'f32' ? Math.fround : (value) => value;
}

/** A random word as the integer that makes a uniform number: 24 bits in f32, 32 in f64. */
function drawn({ precision }: KernelPlan, word: number): number {
  return precision === 'f32' ? word >>> 8 : word;
}

/** The next rows of 16 words of a shard's generator. */
function draw({ generator }: Shard, rows: number): Uint32Array[] {
  return Array.from({ length: rows }, () => nextRow(generator));
}

/** The same in one array. */
function drawFlat(shard: Shard, rows: number): number[] {
  return draw(shard, rows).flatMap((row) => Array.from(row));
}

/** Blocks of 16 that hold so many particles. */
function blocksOf(count: number): number {
  return Math.ceil(count / LANES);
}

/** Index of the first particle of each chunk. */
function chunkStarts(count: number): number[] {
  return Array.from({ length: Math.ceil(count / CHUNK) }, (_, chunk) => chunk * CHUNK);
}

function noValue(name: string): never {
  throw new Error(`no ${name} here`);
}
