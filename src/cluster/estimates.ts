// Energies beside the step loop: samples go to a thread of their own, of low priority, records come back in the order of
// the steps. The queue may grow for a while, then the loop waits: nothing is dropped, and nothing depends on how fast the
// thread is. What is estimated, and
// how, is src/estimate; where records are written, run-files.ts.

import { sealConfig, type RunConfig } from '../config/mod.js';
import {
  Balance,
  EnergyEstimator,
  hasBalance,
  samplesPerNode,
  type BalanceState,
  type EnergyEstimate,
  type EnergyInput,
  type EnergyRecord,
  type Observation,
} from '../estimate/mod.js';
import type { Model } from '../model/mod.js';
import type { ParticleEvolution } from './evolution.js';
import { asFailure, errorOf } from './failure.js';
import type { EstimateSetup, TaskFailure } from './messages.js';
import { sampleNodes } from './sample-nodes.js';
import { threadPool } from './thread-pool.js';

/** Who computes the estimates. */
interface Estimating {
  run(input: EnergyInput): Promise<EnergyEstimate>;
  close(): Promise<void>;
}

/**
 * Observations that may wait for their estimate, and bytes of their samples. Where workers leave no core free, estimates of a short
 * run wait for its end, and only a run that wants more of them than there is time for is slowed down.
 */
const LONGEST_QUEUE = { observations: 32, bytes: 64 * 1024 * 1024 };

/** On the calling thread. */
function inPlace(model: Model, config: RunConfig): Estimating {
  const estimator = new EnergyEstimator(model, config.observe);
  return {
    run: async (input) => estimator.estimate(input),
    close: () => Promise.resolve(),
  };
}

/** On one thread of its own. */
function onThread(config: RunConfig): Estimating {
  const workerData: EstimateSetup = { config: sealConfig(config) };
  const pool = threadPool('estimate', 1, workerData);
  return {
    run: async (input) => {
      const transferList = input.samples.map((sample) => sample.buffer);
      let answer: EnergyEstimate | TaskFailure;
      try {
        answer = (await pool.run(input, { transferList })) as EnergyEstimate | TaskFailure;
      } catch (error) {
        // A thread that could not start or is gone.
        throw errorOf([asFailure(error).failure]);
      }
      if ('failure' in answer) throw errorOf([answer.failure]);
      return answer;
    },
    close: () => pool.destroy(),
  };
}

/** The energies of one particle run. */
export class Estimates {
  readonly #balance: Balance;
  #queue: Promise<void>[] = [];
  /** Bytes of samples in the queue. */
  #waiting = 0;
  #failure: { readonly error: unknown } | undefined;
  #last: EnergyRecord | undefined;

  private constructor(
    private readonly simulation: ParticleEvolution,
    private readonly samples: number,
    private readonly estimating: Estimating,
    private readonly append: (record: EnergyRecord) => Promise<void>,
    balance: BalanceState | undefined,
  ) {
    this.#balance = new Balance(balance);
  }

  /**
   * Estimates of a run whose config wants them; undefined for others.
   *
   * @param append takes the records, in the order of their steps; calls do not overlap
   * @param balance what a checkpoint kept
   * @param inThisThread computes in place, where the simulation does so, too
   */
  static create(
    simulation: ParticleEvolution,
    append: (record: EnergyRecord) => Promise<void>,
    { balance, inThisThread = false }: { balance?: BalanceState | undefined; inThisThread?: boolean } = {},
  ): Estimates | undefined {
    const { config, model } = simulation;
    const { entropy } = config.observe;
    if (entropy === 'none') return undefined;
    const estimating = inThisThread ? inPlace(model, config) : onThread(config);
    const samples = samplesPerNode(entropy.samples, model.graph.nodeCount);
    return new Estimates(simulation, samples, estimating, append, balance);
  }

  /** What a checkpoint keeps; after `flush`. */
  get balance(): BalanceState | undefined {
    return this.#balance.state;
  }

  /** The record that was appended last. */
  get last(): EnergyRecord | undefined {
    return this.#last;
  }

  /**
   * Takes samples of the simulation as it stands, at an observation of it. Waits only while the queue is full.
   * @throws whatever has gone wrong with an earlier one
   */
  async add(observation: Observation): Promise<void> {
    const { observations, bytes } = LONGEST_QUEUE;
    while (this.#queue.length >= observations || (this.#queue.length > 1 && this.#waiting > bytes)) {
      await this.#queue[0];
    }
    this.#check();
    const { step, time, mass, potential, potentialError } = observation;
    const samples = await sampleNodes(this.simulation, this.samples);
    const size = samples.reduce((sum, sample) => sum + sample.byteLength, 0);
    this.#waiting += size;
    const estimate = this.estimating.run({
      ...{ step, time, mass, potential, potentialError },
      samples,
    });
    const before = this.#queue.at(-1);
    const work = this.#finish(estimate, before).catch((error: unknown) => {
      this.#failure ??= { error };
    });
    this.#queue.push(work);
    void work.then(() => {
      this.#queue = this.#queue.filter((other) => other !== work);
      this.#waiting -= size;
    });
  }

  async #finish(estimate: Promise<EnergyEstimate>, before: Promise<void> | undefined): Promise<void> {
    // Both, so that a failure is noticed however the other one ends.
    const [found] = await Promise.all([estimate, before]);
    if (this.#failure) return;
    const balanced = this.#balance.add(found);
    const record = hasBalance(this.simulation.model)
      ? balanced
      : { ...balanced, balance: NaN, balanceError: NaN };
    await this.append(record);
    this.#last = record;
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /**
   * Waits until all records are appended.
   * @throws whatever has gone wrong
   */
  async flush(): Promise<void> {
    await Promise.all(this.#queue);
    this.#check();
  }

  /** Ends the thread; what still waits is lost unless it was flushed. */
  async close(): Promise<void> {
    await this.estimating.close();
    await Promise.all(this.#queue);
  }
}
