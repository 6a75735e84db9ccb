// Particles that get lost: a simulation on this thread behind the interface of one whose particles are elsewhere. Loses its
// state where a test says so, and complains when it is asked for anything it has lost. Not a test.

import {
  Simulation,
  StateLost,
  type EvolveOptions,
  type ParticleEvolution,
  type RowRequest,
} from '../../src/cluster/mod.js';
import type { RunConfig } from '../../src/config/mod.js';
import type { Observation } from '../../src/estimate/mod.js';
import type { Checkpoint, DraftParts, PartStorage, PartStorages } from '../../src/output/mod.js';

export type Call =
  'start' | 'advance' | 'observe' | 'rows' | 'stateHash' | 'save' | 'restore' | 'reform' | 'storages';

/** Loses the state in the first `times` (1) calls of this kind from step `from` on. */
export interface Fault {
  readonly call: Call;
  readonly from?: number;
  readonly times?: number;
  /** Thrown in place of StateLost. */
  readonly error?: Error;
}

export interface Plan {
  readonly faults?: readonly Fault[];
  /** Steps from which on the work is to be shared out anew, once each. */
  readonly reformsAt?: readonly number[];
  /** Waits in `reform`, for ever if it is told to. */
  readonly reforming?: () => Promise<void>;
  readonly storages?: PartStorages;
}

export class Fragile implements ParticleEvolution {
  readonly kind = 'particles';
  readonly #left: { fault: Fault; times: number }[];
  readonly #reforms: number[];
  #inner: Simulation;
  #isEmpty = true;
  /** What was done, in order: the calls that matter, with the step. */
  readonly log: string[] = [];

  constructor(
    readonly config: RunConfig,
    private readonly options: EvolveOptions,
    private readonly plan: Plan,
  ) {
    this.#inner = Simulation.create(config, { ...options, workers: 0 });
    this.#left = (plan.faults ?? []).map((fault) => ({ fault, times: fault.times ?? 1 }));
    this.#reforms = [...(plan.reformsAt ?? [])];
  }

  /** For `RunOptions.evolve`; tells the one that was made. */
  static of(plan: Plan, made: (fragile: Fragile) => void = () => undefined) {
    return async (config: RunConfig, options: EvolveOptions): Promise<Fragile> => {
      const fragile = new Fragile(config, options, plan);
      made(fragile);
      return fragile;
    };
  }

  get model() {
    return this.#inner.model;
  }
  get notes() {
    return this.#inner.notes;
  }
  get step() {
    return this.#inner.step;
  }
  get workers() {
    return this.#inner.workers;
  }
  get units() {
    return this.#inner.units;
  }
  get replicas() {
    return this.#inner.replicas;
  }
  get load() {
    return this.#inner.load;
  }
  get crew() {
    return this.#inner.crew;
  }
  get shardCount() {
    return this.#inner.shardCount;
  }
  masses(): Float64Array {
    return this.#inner.masses();
  }
  count(shard: number): number {
    return this.#inner.count(shard);
  }
  jumps(): Float64Array {
    return this.#inner.jumps();
  }

  #call(call: Call): void {
    const needsState = !['start', 'restore', 'reform', 'storages'].includes(call);
    if (needsState && this.#isEmpty) throw new TypeError(`${call} was called though there is no state`);
    this.log.push(`${call} ${this.step}`);
    const next = this.#left.find(
      ({ fault, times }) => fault.call === call && times > 0 && this.step >= (fault.from ?? 0),
    );
    if (!next) return;
    next.times--;
    this.#isEmpty = true;
    this.log.push(`lost in ${call}`);
    throw next.fault.error ?? new StateLost(`lost in ${call} at step ${this.step}`);
  }

  async storages(): Promise<PartStorages> {
    this.#call('storages');
    return this.plan.storages ?? {};
  }

  async start(): Promise<void> {
    this.#call('start');
    await this.#inner.start();
    this.#isEmpty = false;
  }

  async advance(to: number): Promise<void> {
    this.#call('advance');
    await this.#inner.advance(to);
  }

  async observe(): Promise<Observation> {
    this.#call('observe');
    return this.#inner.observe();
  }

  async rows(of: readonly RowRequest[]): Promise<Float32Array | Float64Array> {
    this.#call('rows');
    return this.#inner.rows(of);
  }

  async stateHash(): Promise<string> {
    this.#call('stateHash');
    return this.#inner.stateHash();
  }

  async save(draft: DraftParts): Promise<void> {
    try {
      this.#call('save');
    } catch (error) {
      // Something is there when it is lost.
      await draft.add({ name: 'half.bin', bytes: Uint8Array.of(1, 2, 3) });
      throw error;
    }
    await this.#inner.save(draft);
  }

  async restore(checkpoint: Checkpoint, storage: PartStorage): Promise<void> {
    this.#call('restore');
    await this.#inner.restore(checkpoint, storage);
    this.#isEmpty = false;
  }

  pendingReform(): string | undefined {
    if (!(this.step >= (this.#reforms[0] ?? Infinity))) return undefined;
    this.#reforms.shift();
    return `a machine came at step ${this.step}`;
  }

  async reform(): Promise<void> {
    this.#call('reform');
    await this.plan.reforming?.();
    await this.#inner.close();
    this.#inner = Simulation.create(this.config, { ...this.options, workers: 0 });
    this.#isEmpty = true;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
