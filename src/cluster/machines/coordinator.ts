// A particle run whose particles are on other machines: what the run loop (run.ts) steps, looks at and saves when it runs
// with `--nats`. Asks all machines of the epoch at once and puts their answers together. Computes nothing but reductions, and
// holds no particles. Which machines those are is epochs.ts, their side member.ts.

import type { RunConfig } from '../../config/mod.js';
import { reduce, type Observation } from '../../estimate/mod.js';
import { buildModel, type Model, type Preflight } from '../../model/mod.js';
import type { Checkpoint, DraftParts, PartStorage, PartStorages } from '../../output/mod.js';
import { initialCounts, KernelFault, momentLayout, replicaCount } from '../../particles/mod.js';
import type { Partition } from '../assignment.js';
import { readTotals, totalsParts } from '../checkpoint.js';
import { now } from '../clock.js';
import type { CrewReport } from '../crew-report.js';
import type { ParticleEvolution, RowRequest } from '../evolution.js';
import type { WorkLoad } from '../simulation.js';
import { SEGMENT_SECONDS } from './cost.js';
import { Epochs } from './epochs.js';
import { ParticleEpochs, type MachineOptions, type ParticleEpoch } from './particle-epochs.js';
import { crewOf } from './crew-report.js';
import { MachineError } from './errors.js';
import { checkSaved, gatherCounts, gatherHash, gatherMoments } from './gather.js';
import { Gauge } from './gauge.js';
import type { Placement, ShardCounts } from './protocol.js';
import { gatherRows } from './rows.js';
import { reachable } from './shared-storage.js';

/** What was measured from the start of this process on. */
export interface MachinesReport {
  readonly steps: number;
  /** In `advance`: without observations, files and the beginning of epochs. */
  readonly seconds: number;
  readonly measuredStepSeconds: number;
  /** As the plan of each epoch says, mean over the steps. */
  readonly predictedStepSeconds: number;
  readonly bytesPerStep: number;
  readonly messagesPerStep: number;
  readonly askedAgain: number;
  readonly epochs: number;
  readonly reforms: number;
  readonly partition: Partition;
  readonly machines: readonly {
    readonly name: string;
    readonly shards: number;
    readonly busySeconds: number;
  }[];
}

export class MachineSimulation implements ParticleEvolution {
  readonly kind = 'particles';
  readonly segmentSeconds = SEGMENT_SECONDS;
  readonly replicas: number;
  readonly #epochs: Epochs<Placement, ParticleEpoch>;
  #step = 0;
  #counts: Uint32Array<ArrayBuffer>;
  #jumpsBefore: Float64Array;
  readonly #totals = {
    steps: 0,
    seconds: 0,
    predicted: 0,
    bytes: 0,
    messages: 0,
    again: 0,
  };

  private constructor(
    readonly config: RunConfig,
    readonly model: Model,
    readonly notes: readonly Preflight[],
    private readonly options: MachineOptions,
  ) {
    this.replicas = replicaCount(model);
    this.#counts = initialCounts(model, this.replicas) as Uint32Array<ArrayBuffer>;
    this.#jumpsBefore = new Float64Array(model.graph.targets.length);
    const kind = new ParticleEpochs(options, {
      ...{ config, model, replicas: this.replicas },
      jumps: () => this.jumps(),
      counts: () => this.#counts,
      step: () => this.#step,
    });
    this.#epochs = new Epochs(options, kind);
  }

  /** Builds the model. Machines are waited for by `storages`. @throws ConfigError */
  static create(config: RunConfig, options: MachineOptions): MachineSimulation {
    const { model, notes } = buildModel(config, options);
    return new MachineSimulation(config, model, notes, options);
  }

  get step(): number {
    return this.#step;
  }

  /** Threads of all machines. */
  get workers(): number {
    return this.#epochs.current?.workers ?? 0;
  }

  get units(): number {
    return this.model.particleCount;
  }

  get shardCount(): number {
    return this.model.graph.nodeCount * this.replicas;
  }

  /** Of each machine of this epoch, mean over its threads. */
  get load(): WorkLoad {
    return {
      busySeconds: Array.from(this.#epochs.current?.busySeconds ?? []),
      partition: this.#epochs.current?.plan.partition ?? 'replicas',
    };
  }

  get crew(): CrewReport {
    const { bytes, messages, again } = this.#totals;
    const epoch = this.#epochs.current;
    return {
      kind: 'machines',
      members: epoch ? crewOf(epoch, this.#counts, this.options.roster) : [],
      ...{ epoch: this.#epochs.number, reforms: this.#epochs.reforms },
      ...{ sentBytes: bytes, sentMessages: messages, askedAgain: again },
    };
  }

  get report(): MachinesReport {
    const { steps, seconds, predicted, bytes, messages, again } = this.#totals;
    const perStep = (sum: number): number => (steps > 0 ? sum / steps : 0);
    const epoch = this.#epochs.current;
    return {
      steps,
      seconds,
      measuredStepSeconds: perStep(seconds),
      predictedStepSeconds: perStep(predicted),
      bytesPerStep: perStep(bytes),
      messagesPerStep: perStep(messages),
      askedAgain: again,
      epochs: this.#epochs.begun,
      reforms: this.#epochs.reforms,
      partition: this.load.partition,
      machines: (epoch?.machines ?? []).map(({ name }, member) => ({
        name,
        shards: epoch?.plan.owner.reduce((sum, owner) => sum + (owner === member ? 1 : 0), 0) ?? 0,
        busySeconds: epoch?.busySeconds[member] ?? 0,
      })),
    };
  }

  // ---- epochs ------------------------------------------------------------------------------------------------------

  /**
   * Where parts of checkpoints go; the first call waits for machines and begins an epoch.
   * @throws RunStopped if there are not enough machines in time; errors of machines that join
   */
  async storages(runFolder: string): Promise<PartStorages> {
    const { place } = (await this.#epochs.open(runFolder)).storage;
    const { objectStore } = this.options;
    return {
      place,
      ...(objectStore && {
        storageOf: ({ bucket }: { readonly bucket: string }) => objectStore.open(bucket),
      }),
    };
  }

  pendingReform(): string | undefined {
    return this.#epochs.pendingReform();
  }

  /** @throws RunStopped if there are no machines; errors of machines that join */
  reform(): Promise<void> {
    return this.#epochs.reform();
  }

  // ---- the state -----------------------------------------------------------------------------------------------------

  async start(): Promise<void> {
    const { members } = this.#epochs.now;
    this.#take(await members.ask('sample', () => ({})), 0);
    this.#jumpsBefore = new Float64Array(this.#jumpsBefore.length);
    this.#setStep(0);
  }

  async restore(checkpoint: Checkpoint, storage: PartStorage): Promise<void> {
    const { model } = this;
    const { members, storage: shared } = this.#epochs.now;
    const totals = await readTotals(checkpoint, storage, model, this.shardCount);
    const { parts, location, release } = await reachable(checkpoint, storage, totals.parts, shared);
    const { owner } = members.placement;
    try {
      const answers = await members.ask('restore', (member) => ({
        step: checkpoint.step,
        location,
        parts: parts.filter(({ shards }) => shards.some((shard) => owner[shard] === member)),
      }));
      this.#take(answers, checkpoint.step);
    } finally {
      await release();
    }
    const wrong = totals.counts.findIndex((count, shard) => count !== this.#counts[shard]);
    if (wrong >= 0) {
      throw new MachineError(
        members.placement.members[owner[wrong]].name,
        'incomplete-answer',
        `shard ${wrong} came back with ${this.#counts[wrong]} particles, not ${totals.counts[wrong]}`,
      );
    }
    this.#jumpsBefore = Float64Array.from(totals.jumps);
    this.#setStep(checkpoint.step);
  }

  #setStep(step: number): void {
    const epoch = this.#epochs.now;
    this.#step = step;
    epoch.jumps = [];
    epoch.gauge = new Gauge(epoch.machines.length, this.jumps());
  }

  #take(answers: readonly { member: number; name: string; reply: ShardCounts }[], step: number): void {
    const { owner } = this.#epochs.now.members.placement;
    this.#counts = gatherCounts(owner, this.model.particleCount, step, answers);
  }

  async advance(to: number): Promise<void> {
    const epoch = this.#epochs.now;
    const from = this.#step;
    const clock = this.options.clock ?? now;
    const started = clock();
    let answers;
    try {
      answers = await epoch.members.ask('advance', () => ({ from, to }));
    } catch (error) {
      if (!(error instanceof KernelFault)) throw error;
      throw new KernelFault(`between steps ${from} and ${to}: ${error.message}`, error.code, {
        cause: error,
      });
    }
    const seconds = clock() - started;
    this.#take(answers, to);
    const edges = this.#jumpsBefore.length;
    for (const { name, reply } of answers) {
      if (reply.jumps.length === edges) continue;
      throw new MachineError(name, 'incomplete-answer', `jumps of ${reply.jumps.length} edges, not ${edges}`);
    }
    epoch.jumps = answers.map(({ reply }) => reply.jumps);
    this.#step = to;
    const steps = to - from;
    const particles = new Float64Array(answers.length);
    const { owner } = epoch.members.placement;
    this.#counts.forEach((count, shard) => (particles[owner[shard]] += count));
    const totals = this.#totals;
    totals.steps += steps;
    totals.seconds += seconds;
    totals.predicted += steps * epoch.plan.predicted.stepSeconds;
    epoch.gauge.add(
      steps,
      seconds,
      answers.map(({ member, reply }) => {
        const { busySeconds, waitedSeconds, sentBytes, sentMessages, askedAgain } = reply;
        epoch.busySeconds[member] += mean(busySeconds);
        epoch.waitedSeconds[member] += mean(waitedSeconds);
        totals.bytes += sentBytes;
        totals.messages += sentMessages;
        totals.again += askedAgain;
        return { particles: particles[member], busySeconds };
      }),
    );
  }

  async observe(): Promise<Observation> {
    const { model } = this;
    const { members } = this.#epochs.now;
    const time = this.#step * model.timeStep;
    const answers = await members.ask('moments', () => ({ time }));
    const shards = gatherMoments(members.placement.owner, momentLayout(model), answers);
    return reduce(model, { step: this.#step, shards, jumps: this.jumps() });
  }

  masses(): Float64Array {
    const { graph, particleCount } = this.model;
    const masses = new Float64Array(graph.nodeCount);
    this.#counts.forEach((count, shard) => (masses[shard % graph.nodeCount] += count / particleCount));
    return masses;
  }

  count(shard: number): number {
    return this.#counts[shard];
  }

  /** Whole numbers: the order of the machines does not matter. */
  jumps(): Float64Array {
    const total = Float64Array.from(this.#jumpsBefore);
    for (const jumps of this.#epochs.current?.jumps ?? []) {
      for (let edge = 0; edge < total.length; edge++) total[edge] += jumps[edge];
    }
    return total;
  }

  rows(of: readonly RowRequest[], fields = this.model.dimension): Promise<Float32Array | Float64Array> {
    return gatherRows(this.#epochs.now.members, of, fields, this.model.precision);
  }

  async stateHash(): Promise<string> {
    const { members } = this.#epochs.now;
    return gatherHash(members.placement.owner, await members.ask('hashes', () => ({})));
  }

  async save(draft: DraftParts): Promise<void> {
    const { members } = this.#epochs.now;
    const { owner } = members.placement;
    // To the end: what is written while the draft is thrown away would take the room of what is written next.
    const answers = await members.ask(
      'save',
      (member) => ({
        step: this.#step,
        location: draft.location,
        prefix: `shards-${String(member).padStart(5, '0')}-`,
      }),
      { toTheEnd: true },
    );
    checkSaved(owner, answers);
    const parts = answers.flatMap(({ reply }) => reply.parts);
    for (const { entry } of parts) draft.adopt(entry);
    const lists = parts.map(({ shards }) => shards);
    for (const part of totalsParts(this.#counts, this.jumps(), lists)) await draft.add(part);
  }

  /** Dismisses the machines. */
  async close(): Promise<void> {
    const isFinished = this.#step >= this.model.stepCount;
    await this.#epochs.close(isFinished ? 'the run is finished' : 'the run has stopped');
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
