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

import {
  CHUNK,
  gaussianProgram,
  interpret,
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
import type { Model } from '../model/mod.js';
import { exchangesPerStep } from './engine.js';
import { drawMemory, drawPosition } from './initial.js';
import { ReferenceDensities } from './reference-densities.js';
import { deliver, ReferenceStore, type Emigrant, type Particle, type Shard } from './reference-store.js';
import { rounding, Uniforms } from './reference-uniforms.js';
import type { ParticleStore } from './store.js';

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

/** A particle on its way through the graph while its x stands still. */
interface Walker {
  readonly x: Particle;
  readonly time: number;
  readonly node: number;
  /** Where it started: its index in its shard. */
  readonly slot: number;
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
