// One worker's hands on the particles: steps shards, exchanges emigrants, samples, sums up. It wraps the compiled kernel
// and the worker's region of the shared memory. Which shards it gets and when is the plan's business (cluster/); the
// order inside a replica is fixed here, because results depend on it.

import {
  BLOCKS_PER_CHUNK,
  kernelError,
  LANES,
  layout,
  MOMENT_COLUMN,
  seedStreams,
  streamPurpose,
  UniformTables,
  type CompiledKernel,
} from '../kernel/mod.js';
import { isConstantTemperature, temperatureAt, type Model } from '../model/mod.js';
import { drawMemory, drawPosition } from './initial.js';
import type { MemoryPlan, WorkerAddresses } from './memory-plan.js';
import { momentLayout, type MomentLayout, type ShardMoments } from './moments.js';
import { ParticleStore } from './store.js';

/** A failure inside the kernel, with what to do about it. */
export class KernelFault extends Error {
  constructor(
    message: string,
    readonly code: 'kernel-fault' | 'not-finite',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What may have driven a state out of the range of numbers, and what to try. */
export function divergenceCauses(model: Pick<Model, 'timeStep'>): string {
  return (
    `Likely causes: time.step is too large for the stiffest node (try ${model.timeStep / 4}); the potential is not bounded ` +
    'below; a formula divides by zero or takes the logarithm of a negative number where particles go'
  );
}

/** Exchanges per step: Strang reacts twice. */
export function exchangesPerStep(model: Pick<Model, 'splitting'>): 1 | 2 {
  return model.splitting === 'strang' ? 2 : 1;
}

/** Whether the kernel's uniform values change from step to step. */
export function changesWithTime(model: Model): boolean {
  return (
    !isConstantTemperature(model.temperature) ||
    [...model.potentials, ...model.rates].some((expression) => expression.timeDependent)
  );
}

interface Exports {
  step(shard: number, context: number, parity: number, move: number): void;
  exchange(firstShard: number, nodes: number, context: number, parity: number, all: number): void;
  fillWords(generator: number, out: number, rows: number): void;
  gaussians(words: number, noise: number, blocks: number): void;
  /** Only where rates need densities. */
  deposit(shard: number, context: number, move: number): void;
  densities(sums: number, stride: number, workers: number, table: number): void;
  sum(column: number, blocks: number): number;
  product(a: number, meanA: number, b: number, meanB: number, blocks: number): number;
}

type PotentialPass = (fields: number, blocks: number, record: number, out: number) => void;

export class ShardEngine {
  readonly store: ParticleStore;
  readonly exchanges: 1 | 2;
  readonly changesWithTime: boolean;
  readonly #exports: Exports;
  readonly #potentials: PotentialPass[];
  readonly #tables: UniformTables;
  readonly #moments: MomentLayout;
  readonly #addresses: WorkerAddresses;
  readonly #words: Uint32Array;
  readonly #floats: Float32Array;
  readonly #doubles: Float64Array;

  /** `worker` is the number of the region in the memory plan that this engine uses alone. */
  constructor(
    readonly model: Model,
    readonly kernel: Pick<CompiledKernel, 'plan'>,
    readonly memoryPlan: MemoryPlan,
    memory: WebAssembly.Memory,
    module: WebAssembly.Module,
    worker: number,
  ) {
    const { plan } = kernel;
    this.store = new ParticleStore(memory, memoryPlan, model.graph.nodeCount, plan.fields, plan.precision);
    this.exchanges = exchangesPerStep(model);
    this.changesWithTime = changesWithTime(model);
    this.#moments = momentLayout(model);
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    this.#exports = instance.exports as unknown as Exports;
    this.#potentials = plan.potentials.map(
      (_, index) => instance.exports[`potential${index}`] as PotentialPass,
    );
    this.#addresses = memoryPlan.workers[worker];
    this.#words = new Uint32Array(memory.buffer);
    this.#floats = new Float32Array(memory.buffer);
    this.#doubles = new Float64Array(memory.buffer);
    this.#tables = new UniformTables(model, plan, memory.buffer, this.#addresses);
    this.#tables.writeFixed();
    this.#writeContext();
    this.prepare(0, 0);
  }

  #writeContext(): void {
    const { workerContext } = layout;
    const a = this.#addresses;
    const put = (offset: number, value: number): void => {
      this.#words[(a.context + offset) >>> 2] = value;
    };
    put(workerContext.nodeTable, a.nodeTable);
    put(workerContext.edgeTable, a.edgeTable);
    put(workerContext.words, a.words);
    put(workerContext.noise, a.noise);
    put(workerContext.flags, a.flags);
    put(workerContext.masks, a.masks);
    put(workerContext.walkers, a.walkers);
    put(workerContext.walkerWords, a.walkerWords);
    put(workerContext.rates, a.rates);
    put(workerContext.jumps, a.jumps);
    put(workerContext.places, a.places);
    put(workerContext.deposits, a.deposits);
    const time = this.model.timeStep / this.exchanges;
    const at = a.context + workerContext.reactionTime;
    if (this.kernel.plan.precision === 'f32') this.#floats[at >>> 2] = time;
    else this.#doubles[at >>> 3] = time;
  }

  /** Sets the number that this worker's shards carry as their owner, where nodes are shared out. */
  setOwner(owner: number): void {
    this.#words[(this.#addresses.context + layout.workerContext.owner) >>> 2] = owner;
  }

  /** Writes the uniforms of one exchange of a step, if they change with time (at construction: always). */
  prepare(step: number, exchange: number): void {
    const { timeStep, temperature } = this.model;
    const start = step * timeStep;
    const length = timeStep / this.exchanges;
    const middle = start + (exchange + 0.5) * length;
    this.#tables.writeStep({
      diffusionStart: start,
      diffusionTemperature: temperatureAt(temperature, start + timeStep / 2),
      reactionMiddle: middle,
      reactionTime: length,
      reactionTemperature: temperatureAt(temperature, middle),
    });
  }

  /** Empties the outbox of one parity. */
  beginExchange(parity: number): void {
    const { context, outboxes } = this.#addresses;
    this.#words[(context + layout.workerContext.outTop) >>> 2] = outboxes[parity];
    this.#words[(context + layout.workerContext.outEnd) >>> 2] =
      outboxes[parity] + this.memoryPlan.outboxBytes;
  }

  /** Whether rates need densities, which couple all shards: `depositShard` and `reduceDensities` come before `stepShard`. */
  get needsDensities(): boolean {
    return this.kernel.plan.densities !== undefined;
  }

  /** Moves the particles of a shard, if the exchange has a move, and adds them to this worker's sums on the mesh. */
  depositShard(shard: number, exchange: number): void {
    const move = exchange === this.exchanges - 1 ? 1 : 0;
    this.#guard(() => {
      this.#exports.deposit(this.store.headerAddress(shard), this.#addresses.context, move);
    });
  }

  /** The densities of a node from what all workers have deposited, for all of them. */
  reduceDensities(node: number): void {
    const { densities } = this.kernel.plan;
    if (!densities) throw new Error('the rates of this model need no densities');
    const { workers, depositStride } = this.memoryPlan;
    const [{ deposits, densityTable }] = workers;
    this.#exports.densities(
      deposits + node * densities.depositBytes,
      depositStride,
      workers.length,
      densityTable + node * densities.tableBytes,
    );
  }

  /** The part of a step before an exchange, for one shard; emigrants wait in the outbox of `parity`. */
  stepShard(shard: number, exchange: number, parity: number): void {
    const move = exchange === this.exchanges - 1 && !this.needsDensities ? 1 : 0;
    this.#guard(() => {
      this.#exports.step(this.store.headerAddress(shard), this.#addresses.context, parity, move);
    });
  }

  /** Delivers a replica's emigrants: to all its shards, or to those this worker owns. */
  exchange(replica: number, parity: number, all: boolean): void {
    const { nodeCount } = this.model.graph;
    const first = this.store.headerAddress(replica * nodeCount);
    this.#guard(() => {
      this.#exports.exchange(first, nodeCount, this.#addresses.context, parity, all ? 1 : 0);
    });
  }

  /** Steps a replica alone, all its shards in node order, from step `from` to step `to`. */
  stepReplica(replica: number, from: number, to: number): void {
    if (this.needsDensities) {
      if (this.memoryPlan.replicas > 1) throw new Error('densities couple all replicas');
      this.stepAll(from, to);
      return;
    }
    for (let step = from; step < to; step++) {
      for (let exchange = 0; exchange < this.exchanges; exchange++) {
        if (this.changesWithTime) this.prepare(step, exchange);
        this.exchangeReplica(replica, exchange);
      }
    }
  }

  /** Steps all replicas, with nobody else at work. */
  stepAll(from: number, to: number): void {
    const { replicas, shardCount } = this.memoryPlan;
    if (!this.needsDensities) {
      for (let replica = 0; replica < replicas; replica++) this.stepReplica(replica, from, to);
      return;
    }
    for (let step = from; step < to; step++) {
      for (let exchange = 0; exchange < this.exchanges; exchange++) {
        if (this.changesWithTime) this.prepare(step, exchange);
        for (let shard = 0; shard < shardCount; shard++) this.depositShard(shard, exchange);
        for (let node = 0; node < this.model.graph.nodeCount; node++) this.reduceDensities(node);
        for (let replica = 0; replica < replicas; replica++) this.exchangeReplica(replica, exchange);
      }
    }
  }

  /** One exchange of a replica that this worker has for itself, with what comes before it. */
  exchangeReplica(replica: number, exchange: number): void {
    const { nodeCount } = this.model.graph;
    this.beginExchange(0);
    for (let node = 0; node < nodeCount; node++) this.stepShard(replica * nodeCount + node, exchange, 0);
    this.exchange(replica, 0, true);
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      const read = (offset: number): number => this.#words[(this.#addresses.context + offset) >>> 2];
      const { workerContext } = layout;
      const node = this.model.graph.nodeNames[read(workerContext.errorNode)];
      throw this.#fault(read(workerContext.error), node, error);
    }
  }

  #fault(code: number, node: string, cause: unknown): KernelFault {
    if (code === kernelError.badRate && this.model.mobility !== 'free') {
      const text = `a particle on node ${node} has left the range of numbers. ${divergenceCauses(this.model)}`;
      return new KernelFault(text, 'not-finite', { cause });
    }
    return new KernelFault(faultText(code, node), 'kernel-fault', { cause });
  }

  /**
   * Draws the initial particles of a shard whose room is allocated (ParticleStore.fill with any positions): resets its
   * generator, then takes Gaussians or uniforms from it, chunk by chunk.
   */
  sample(shard: number, seed: number): void {
    const { nodeCount } = this.model.graph;
    const { plan } = this.kernel;
    const { words, noise } = this.#addresses;
    const node = shard % nodeCount;
    const header = this.store.headerAddress(shard);
    const generator = seedStreams(seed, streamPurpose.dynamics, node, Math.floor(shard / nodeCount));
    this.#words.set(generator, (header + layout.shardHeader.generator) >>> 2);
    const { dimension } = this.model;
    const state = plan.precision === 'f32' ? this.#floats : this.#doubles;
    const size = plan.precision === 'f32' ? 4 : 8;
    for (const { address, count } of this.store.chunks(shard)) {
      const blocks = Math.ceil(count / LANES);
      // The coordinates first, then what the integrator remembers: Gaussians or velocities.
      for (let first = 0; first < plan.fields; first += dimension) {
        this.#exports.fillWords(header, words, blocks * plan.wordsPerParticle);
        // The Gaussians take the place of words.
        const drawn = this.#words.slice(words >>> 2, (words >>> 2) + blocks * plan.wordsPerParticle * LANES);
        this.#exports.gaussians(words, noise, blocks);
        for (let i = 0; i < count; i++) {
          const [block, lane] = [i >>> 4, i & (LANES - 1)];
          for (let f = 0; f < dimension; f++) {
            const normal = this.#floats[(noise >>> 2) + (block * dimension + f) * LANES + lane];
            const word = drawn[(block * plan.wordsPerParticle + f) * LANES + lane];
            state[address / size + (block * plan.fields + first + f) * LANES + lane] =
              first === 0 ? drawPosition(this.model, node, f, normal, word) : drawMemory(this.model, normal);
          }
        }
      }
    }
  }

  /** Writes what the potentials need at time t; before `moments`. */
  preparePotentials(time: number): void {
    this.#tables.writePotentials(time);
  }

  /** Moments of a shard. Sums run in storage order; chunks are merged in order (Chan, Golub, LeVeque 1983). */
  moments(shard: number): ShardMoments {
    const { graph, potentialOfNode } = this.model;
    const node = shard % graph.nodeCount;
    const { columns, pairs } = this.#moments;
    const mean = new Float64Array(columns);
    const products = new Float64Array(pairs.length);
    const out = this.#addresses.moments;
    const record = this.#addresses.potentialTable + node * this.#tables.strides.potential;
    let total = 0;
    for (const { address, count } of this.store.chunks(shard)) {
      const blocks = Math.min(BLOCKS_PER_CHUNK, Math.ceil(count / LANES));
      this.#potentials[potentialOfNode[node]](address, blocks, record, out);
      const chunkMean = new Float64Array(columns);
      for (let column = 0; column < columns; column++) {
        const start = (out + column * MOMENT_COLUMN) >>> 3;
        this.#doubles.fill(0, start + count, start + blocks * LANES);
        chunkMean[column] = this.#exports.sum(out + column * MOMENT_COLUMN, blocks) / count;
        this.#doubles.fill(chunkMean[column], start + count, start + blocks * LANES);
      }
      const weight = (total * count) / (total + count);
      pairs.forEach(([i, j], index) => {
        const chunkProduct = this.#exports.product(
          out + i * MOMENT_COLUMN,
          chunkMean[i],
          out + j * MOMENT_COLUMN,
          chunkMean[j],
          blocks,
        );
        products[index] += chunkProduct + weight * (chunkMean[i] - mean[i]) * (chunkMean[j] - mean[j]);
      });
      total += count;
      for (let column = 0; column < columns; column++) {
        mean[column] += ((chunkMean[column] - mean[column]) * count) / total;
      }
    }
    return { count: total, mean, products };
  }

  /** Jumps this worker has carried out per directed edge of the graph's rows, since the memory was allocated. */
  jumps(): Float64Array {
    const counts = new BigUint64Array(
      this.#words.buffer,
      this.#addresses.jumps,
      this.model.graph.targets.length,
    );
    return Float64Array.from(counts, Number);
  }
}

function faultText(code: number, node: string): string {
  switch (code) {
    case kernelError.outboxFull:
      return 'more than half of all particles jumped in one step: reduce time.step or the weights';
    case kernelError.chunksExhausted:
      return 'the particles need more memory than was reserved; please report this with the config';
    case kernelError.tooManyJumps:
      return (
        'a particle made more than 100,000 jumps in one step: its rates are infinite or far too large for the step. ' +
        'Reduce time.step or the weights, or use a bounded mobility (metropolis, barker)'
      );
    case kernelError.badRate:
      return (
        `a free rate is negative or not a number for a particle at node ${node}: make dynamics.rate >= 0 wherever particles ` +
        'go, for example max(0, ...)'
      );
    default:
      return 'the kernel stopped (a particle left the range of numbers, or this is a defect): reduce time.step';
  }
}
