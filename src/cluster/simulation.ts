// A particle run in this process, without files, clocks or schedules: set up, step to a given step, look, take the state
// out and put it back. The run driver (run.ts) decides when; `verify` and the library use it as it is.

import { sealConfig, type RunConfig } from '../config/mod.js';
import { reduce, type Observation } from '../estimate/mod.js';
import { compileKernel, type CompiledKernel } from '../kernel/mod.js';
import { buildModel, type BuildOptions, type Model, type Preflight } from '../model/mod.js';
import type { Checkpoint, DraftParts, PartStorage } from '../output/mod.js';
import {
  allocateMemory,
  DIGEST_BYTES,
  exchangesPerStep,
  hashOfDigests,
  initialCounts,
  KernelFault,
  ParticleStore,
  planMemory,
  replicaCount,
  type MemoryPlan,
  type ShardMoments,
  type ShardParticles,
} from '../particles/mod.js';
import { assign, longestFirst, type Assignment, type Partition } from './assignment.js';
import { controlWord } from './barrier.js';
import { readTotals, restoreShards, shardParts, totalsParts } from './checkpoint.js';
import { controlBytes, coreCount, soloCrew, threadCrew, type Crew } from './crew.js';
import { crewOfThreads, type CrewReport } from './crew-report.js';
import type { ParticleEvolution, RowRequest } from './evolution.js';
import { compileModule } from './module.js';
import type { WorkerTask } from './messages.js';

export interface SimulationOptions extends BuildOptions {
  /** Worker threads; 0 runs on the calling thread. Default: the cores of this machine. */
  readonly workers?: number;
  readonly partition?: Partition | 'auto';
  /** Whether code that the config names as objective may be run. */
  readonly allowModules?: boolean;
}

/** How busy the workers were since the start. */
export interface WorkLoad {
  readonly busySeconds: readonly number[];
  readonly partition: Partition;
}

export class Simulation implements ParticleEvolution {
  readonly kind = 'particles';
  #step = 0;
  #jumpsBefore: Float64Array;
  #assignment: Assignment | undefined;
  readonly #busy: number[];
  readonly #control: Int32Array;

  private constructor(
    readonly config: RunConfig,
    readonly model: Model,
    readonly notes: readonly Preflight[],
    readonly kernel: CompiledKernel,
    private readonly memoryPlan: MemoryPlan,
    private readonly store: ParticleStore,
    private readonly memory: WebAssembly.Memory,
    private readonly threads: Crew,
    control: SharedArrayBuffer,
    private readonly partition: Partition | 'auto',
  ) {
    this.#control = new Int32Array(control);
    this.#jumpsBefore = new Float64Array(model.graph.targets.length);
    this.#busy = Array.from({ length: threads.size }, () => 0);
  }

  /**
   * Builds the model, compiles the kernel, starts the workers. The state is empty until `start` or `restore`.
   * @throws ConfigError, MemoryLimitError
   */
  static create(config: RunConfig, options: SimulationOptions = {}): Simulation {
    const { model, notes } = buildModel(config, options);
    const kernel = compileKernel(model);
    const workers = Math.max(1, options.workers ?? coreCount());
    const replicas = replicaCount(model);
    const plan = planMemory(model, kernel.plan, replicas, workers);
    const memory = allocateMemory(kernel, plan);
    const module = compileModule(model, kernel);
    const control = new SharedArrayBuffer(controlBytes(replicas));
    const { fields, precision } = kernel.plan;
    const store = new ParticleStore(memory, plan, model.graph.nodeCount, fields, precision);
    const crew =
      options.workers === 0
        ? soloCrew(model, kernel, plan, { memory, module, control })
        : threadCrew({
            config: sealConfig(config),
            module,
            memory,
            replicas,
            workers,
            cores: coreCount(),
            control,
          });
    const partition = options.partition ?? config.partition;
    return new Simulation(config, model, notes, kernel, plan, store, memory, crew, control, partition);
  }

  get step(): number {
    return this.#step;
  }

  get workers(): number {
    return this.threads.size;
  }

  /** What is counted in rates. */
  get units(): number {
    return this.model.particleCount;
  }

  get replicas(): number {
    return this.memoryPlan.replicas;
  }

  get load(): WorkLoad {
    return { busySeconds: [...this.#busy], partition: this.#assignment?.partition ?? 'replicas' };
  }

  get crew(): CrewReport {
    const { nodeCount } = this.model.graph;
    const { partition, work = [] } = this.#assignment ?? {};
    return crewOfThreads(
      this.#busy.map((busySeconds, worker) => {
        const own = work[worker] ?? [];
        const shards =
          partition === 'replicas'
            ? own.flatMap((k) => Array.from({ length: nodeCount }, (_, g) => k * nodeCount + g))
            : own;
        const particles = shards.reduce((sum, shard) => sum + this.store.count(shard), 0);
        return { shards: shards.length, particles, busySeconds };
      }),
    );
  }

  /** Draws the initial state. */
  async start(): Promise<void> {
    const { model } = this;
    const counts = initialCounts(model, this.replicas);
    counts.forEach((count, shard) => {
      this.store.allocate(shard, count);
    });
    const { work } = longestFirst(Array.from(counts), this.workers);
    await this.#run(work.map((shards): WorkerTask => ({ kind: 'sample', shards, seed: model.seed })));
  }

  /**
   * Puts a state back, part by part. Only once, in place of `start`.
   * @throws RangeError if the checkpoint is of another model, or not whole
   */
  async restore(checkpoint: Checkpoint, storage: PartStorage): Promise<void> {
    const { model, store } = this;
    const totals = await readTotals(checkpoint, storage, model, this.shardCount);
    await restoreShards(checkpoint, storage, {
      precision: model.precision,
      fieldCount: this.kernel.plan.fields,
      counts: totals.counts,
      use: (particles) => {
        store.fill(particles.shard, particles);
      },
    });
    this.#jumpsBefore = totals.jumps;
    this.#step = checkpoint.step;
  }

  /** Puts the state into a draft, part by part. */
  async save(draft: DraftParts): Promise<void> {
    const written: Uint32Array[] = [];
    for (const { part, shards } of shardParts(this.shards())) {
      await draft.add(part);
      written.push(shards);
    }
    const counts = Array.from({ length: this.shardCount }, (_, shard) => this.count(shard));
    for (const part of totalsParts(counts, this.jumps(), written)) await draft.add(part);
  }

  /** Steps to the given step. @throws KernelFault */
  async advance(to: number): Promise<void> {
    try {
      await this.#advance(to);
    } catch (error) {
      if (!(error instanceof KernelFault)) throw error;
      throw new KernelFault(`between steps ${this.#step} and ${to}: ${error.message}`, error.code, {
        cause: error,
      });
    }
  }

  async #advance(to: number): Promise<void> {
    const { model, store, workers } = this;
    const counts = Array.from({ length: store.shardCount }, (_, shard) => store.count(shard));
    const coupled = this.kernel.plan.densities !== undefined;
    const { nodeCount } = model.graph;
    const plan = assign(counts, nodeCount, workers, exchangesPerStep(model), this.partition, coupled);
    this.#assignment = plan;
    const range = { from: this.#step, to };
    if (plan.partition === 'nodes') {
      plan.work.forEach((shards, worker) => {
        for (const shard of shards) store.setOwner(shard, worker);
      });
      await this.#run(
        plan.work.map((shards, worker): WorkerTask => ({
          kind: 'nodes',
          ...range,
          worker,
          shards: [...shards].sort((a, b) => a - b),
        })),
      );
    } else {
      this.#control.fill(0, controlWord.claims);
      await this.#run(
        plan.work.map((own, worker): WorkerTask => {
          const others = plan.work.flatMap((work, other) => (other === worker ? [] : work)).reverse();
          return { kind: 'replicas', ...range, own, others };
        }),
      );
    }
    this.#step = to;
  }

  /** Moments of every shard, and what follows from them. */
  async observe(): Promise<Observation> {
    return reduce(this.model, { step: this.#step, shards: await this.moments(), jumps: this.jumps() });
  }

  /** Moments of every shard, in order. */
  async moments(): Promise<ShardMoments[]> {
    const { model, store } = this;
    const counts = Array.from({ length: store.shardCount }, (_, shard) => store.count(shard) + 1);
    const time = this.#step * model.timeStep;
    const { work } = longestFirst(counts, this.workers);
    const results = await this.#run(work.map((shards): WorkerTask => ({ kind: 'moments', shards, time })));
    const shards: ShardMoments[] = [];
    for (const { moments } of results) for (const [shard, value] of moments) shards[shard] = value;
    return shards;
  }

  async #run(tasks: readonly WorkerTask[]) {
    const results = await this.threads.run(tasks);
    results.forEach(({ busySeconds }, worker) => {
      this.#busy[worker] += busySeconds;
    });
    return results;
  }

  /** Jumps per directed edge since step 0. */
  jumps(): Float64Array {
    const total = Float64Array.from(this.#jumpsBefore);
    for (const { jumps } of this.memoryPlan.workers) {
      const counts = new BigUint64Array(this.memory.buffer, jumps, total.length);
      for (let edge = 0; edge < total.length; edge++) total[edge] += Number(counts[edge]);
    }
    return total;
  }

  /** Fraction of the particles on each node. */
  masses(): Float64Array {
    const { graph, particleCount } = this.model;
    const masses = new Float64Array(graph.nodeCount);
    for (let shard = 0; shard < this.store.shardCount; shard++) {
      masses[shard % graph.nodeCount] += this.store.count(shard) / particleCount;
    }
    return masses;
  }

  /** Copies of all shards, in order, one at a time. */
  *shards(): Generator<ShardParticles & { readonly shard: number }> {
    for (let shard = 0; shard < this.store.shardCount; shard++) yield { shard, ...this.store.read(shard) };
  }

  /** Particles of a shard. */
  count(shard: number): number {
    return this.store.count(shard);
  }

  /** A copy of a shard; the coordinates are its first `dimension` fields. */
  coordinates(shard: number): ShardParticles {
    return this.store.read(shard);
  }

  async rows(of: readonly RowRequest[], fields = this.model.dimension): Promise<Float32Array | Float64Array> {
    const { precision } = this.model;
    const length = fields * of.reduce((sum, { indices }) => sum + indices.length, 0);
    const out = precision === 'f32' ? new Float32Array(length) : new Float64Array(length);
    let row = 0;
    for (const { shard, indices } of of) {
      this.store.copyFields(shard, indices, out, row, fields);
      row += indices.length;
    }
    return out;
  }

  get shardCount(): number {
    return this.store.shardCount;
  }

  async stateHash(): Promise<string> {
    const counts = Array.from({ length: this.shardCount }, (_, shard) => this.count(shard) + 1);
    const { work } = longestFirst(counts, this.workers);
    // Not `#run`: hashing is no part of the load of a run.
    const results = await this.threads.run(work.map((shards): WorkerTask => ({ kind: 'hashes', shards })));
    const all = new Uint8Array(DIGEST_BYTES * this.shardCount);
    results.forEach(({ digests }, worker) => {
      work[worker].forEach((shard, i) => {
        const from = DIGEST_BYTES * i;
        all.set(digests?.subarray(from, from + DIGEST_BYTES) ?? [], DIGEST_BYTES * shard);
      });
    });
    return hashOfDigests(all);
  }

  close(): Promise<void> {
    return this.threads.close();
  }
}
