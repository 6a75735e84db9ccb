// A particle run whose particles are on other machines: what the run loop (run.ts) steps, looks at and saves when it runs
// with `--nats`. Chooses the machines of each epoch, asks all of them at once and puts their answers together. Computes
// nothing but reductions, and holds no particles. The machines' side is member.ts.

import { join } from 'node:path';
import type { RunConfig } from '../../config/mod.js';
import { reduce, type Observation } from '../../estimate/mod.js';
import { buildModel, type BuildOptions, type Model, type Preflight } from '../../model/mod.js';
import type { Checkpoint, DraftParts, PartStorage, PartStorages } from '../../output/mod.js';
import { initialCounts, KernelFault, replicaCount } from '../../particles/mod.js';
import type { Partition } from '../assignment.js';
import { readTotals, totalsParts } from '../checkpoint.js';
import { now } from '../clock.js';
import type { CrewReport } from '../crew-report.js';
import { RunStopped, StateLost, TakenOver, type ParticleEvolution, type RowRequest } from '../evolution.js';
import type { WorkLoad } from '../simulation.js';
import { protocolVersion } from '../transport/frame.js';
import { crewOf } from './crew-report.js';
import { MachineError } from './errors.js';
import { checkSaved, gatherCounts, gatherHash, gatherMoments } from './gather.js';
import { Gauge } from './gauge.js';
import type { Mail } from './mail.js';
import { MemberLost, Members } from './members.js';
import { Muster } from './muster.js';
import type { Plan } from './plan.js';
import { HEARTBEAT_MS, type Placement, type ShardCounts } from './protocol.js';
import type { Roster, RosterMachine } from './roster.js';
import { gatherRows } from './rows.js';
import { readIdentity, writeIdentity } from './run-identity.js';
import { share, speedsOf } from './plan-input.js';
import {
  isShared,
  reachable,
  sharedFolder,
  type OpenObjectStore,
  type SharedStorage,
} from './shared-storage.js';

/** What an epoch begins with, for people. */
export interface PlanReport {
  readonly epoch: number;
  readonly machines: readonly {
    readonly name: string;
    readonly workers: number;
    readonly shards: number;
    readonly particles: number;
  }[];
  readonly storage: 'folder' | 'object-store';
  readonly plan: Pick<Plan, 'partition' | 'predicted'>;
}

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

export interface MachineOptions extends BuildOptions {
  /** Id of the run; the name that `mail` sends under. */
  readonly run: string;
  readonly mail: Pick<Mail, 'request' | 'beat'>;
  readonly roster: Roster;
  /** The run begins when so many machines are there, and uses no more than `maxMachines`. */
  readonly machines: number;
  readonly maxMachines?: number;
  readonly waitSeconds: number;
  /** For machines that do not see the folder of the run; undefined where the server has no JetStream. */
  readonly objectStore?: { readonly bucket: string; readonly open: OpenObjectStore };
  readonly partition?: Partition | 'auto';
  /** Where all machines are processes of this host: its cores. */
  readonly hostCores?: number;
  /** A person wants to stop: ends waiting for machines. Steps are not interrupted. */
  readonly signal?: AbortSignal;
  /** This process may not go on with the run: ends everything at once. */
  readonly halt?: AbortSignal;
  readonly planned?: (report: PlanReport) => void;
  /** What happens, in a line. */
  readonly told?: (text: string) => void;
}

/** Seconds that machines are given to hear that they are not needed any more. */
const LEAVE_SECONDS = 3;
/** Imbalance from which on sharing the work out anew is thought about, and how seldom that is done. */
const MOST_IMBALANCE = 0.15;
const REPLAN_SECONDS = 30;

/** An epoch whose machines have all joined. */
interface Epoch {
  readonly members: Members;
  readonly machines: readonly RosterMachine[];
  readonly workers: number;
  readonly plan: Plan;
  readonly storage: SharedStorage;
  gauge: Gauge;
  /** Jumps per directed edge on each machine since it joined. */
  jumps: readonly Float64Array[];
  readonly busySeconds: Float64Array;
  readonly waitedSeconds: Float64Array;
}

export class MachineSimulation implements ParticleEvolution {
  readonly kind = 'particles';
  readonly replicas: number;
  readonly #muster: Muster;
  readonly #halt = new AbortController();
  readonly #stop: AbortSignal;
  readonly #told: (text: string) => void;
  #folder: string | undefined;
  #epochNumber = 0;
  #epoch: Epoch | undefined;
  #step = 0;
  #counts: Uint32Array<ArrayBuffer>;
  #jumpsBefore: Float64Array;
  #beats: NodeJS.Timeout | undefined;
  /** Measured in earlier epochs: jumps per step along each edge; speeds by instance. */
  #flux: Float64Array | undefined;
  readonly #measured = new Map<string, number>();
  #replanned = now();
  readonly #totals = {
    steps: 0,
    seconds: 0,
    predicted: 0,
    bytes: 0,
    messages: 0,
    again: 0,
    epochs: 0,
    reforms: 0,
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
    this.#told = options.told ?? (() => undefined);
    this.#muster = new Muster(options.roster, options.run, this.#told);
    const { halt } = options;
    this.#stop = halt ? AbortSignal.any([halt, this.#halt.signal]) : this.#halt.signal;
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
    return this.#epoch?.workers ?? 0;
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
      busySeconds: Array.from(this.#epoch?.busySeconds ?? []),
      partition: this.#epoch?.plan.partition ?? 'replicas',
    };
  }

  get crew(): CrewReport {
    const { bytes, messages, again, reforms } = this.#totals;
    return {
      kind: 'machines',
      members: this.#epoch ? crewOf(this.#epoch, this.#counts, this.options.roster) : [],
      ...{ epoch: this.#epochNumber, reforms },
      ...{ sentBytes: bytes, sentMessages: messages, askedAgain: again },
    };
  }

  get report(): MachinesReport {
    const { steps, seconds, predicted, bytes, messages, again, epochs, reforms } = this.#totals;
    const perStep = (sum: number): number => (steps > 0 ? sum / steps : 0);
    const epoch = this.#epoch;
    return {
      steps,
      seconds,
      measuredStepSeconds: perStep(seconds),
      predictedStepSeconds: perStep(predicted),
      bytesPerStep: perStep(bytes),
      messagesPerStep: perStep(messages),
      askedAgain: again,
      epochs,
      reforms,
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
    if (this.#folder === undefined) {
      this.#folder = runFolder;
      this.#epochNumber = (await readIdentity(runFolder))?.epoch ?? 0;
      this.#beat();
      this.#beats = setInterval(() => this.#beat(), HEARTBEAT_MS);
      this.#beats.unref();
    }
    this.#epoch ??= await this.#begin(this.options.machines);
    const { objectStore } = this.options;
    return {
      place: this.#epoch.storage.place,
      ...(objectStore && {
        storageOf: ({ bucket }: { readonly bucket: string }) => objectStore.open(bucket),
      }),
    };
  }

  pendingReform(): string | undefined {
    const epoch = this.#epoch;
    if (!epoch) return undefined;
    const { roster, machines, maxMachines = machines } = this.options;
    const { members } = epoch.members.placement;
    const leaving = members.find(
      ({ name, instance }) => roster.find(name, instance)?.heartbeat.state === 'draining',
    );
    if (leaving) return `machine ${leaving.name} wants to leave`;
    if (members.length < maxMachines) {
      const newcomer = this.#muster.usable.find(
        ({ instance }) => !members.some((member) => member.instance === instance),
      );
      if (newcomer) return `machine ${newcomer.name} has come`;
    }
    return this.#isUneven(epoch) ? 'the work is unevenly shared out' : undefined;
  }

  /** Whether other shares would make the steps so much faster that it is worth a new epoch. */
  #isUneven(epoch: Epoch): boolean {
    const { imbalance } = epoch.gauge;
    if (imbalance === undefined || imbalance <= MOST_IMBALANCE) return false;
    if (now() - this.#replanned < REPLAN_SECONDS) return false;
    this.#replanned = now();
    this.#remember(epoch);
    const speeds = this.#speeds(epoch.machines);
    const before = longestLoad(epoch.plan.owner, this.#counts, speeds);
    const after = longestLoad(this.#plan(epoch.machines).owner, this.#counts, speeds);
    return after * (1 + MOST_IMBALANCE / 2) < before;
  }

  /** Keeps what was measured for the plan of the next epoch. */
  #remember(epoch: Epoch): void {
    this.#flux = epoch.gauge.flux(this.jumps()) ?? this.#flux;
    epoch.gauge.speeds.forEach((speed, member) => {
      if (speed !== undefined) this.#measured.set(epoch.machines[member].instance, speed);
    });
  }

  /**
   * Gives up this epoch and begins the next one with the machines that are there.
   * @throws RunStopped if there are none; errors of machines that join
   */
  async reform(): Promise<void> {
    this.#totals.reforms++;
    const before = this.#epoch;
    if (before) this.#remember(before);
    before?.members.close();
    this.#epoch = undefined;
    // Who wants to leave may do so now: its part of the state is in the checkpoint, or lost with the rest.
    const leaving = before?.machines.filter(
      ({ name, instance }) => this.options.roster.find(name, instance)?.heartbeat.state === 'draining',
    );
    for (const machine of leaving ?? [])
      void this.#dismiss(machine, before?.members.placement, 'it asked to');
    this.#epoch = await this.#begin(1);
    const staying = new Set(this.#epoch.machines.map(({ instance }) => instance));
    for (const machine of before?.machines ?? []) {
      if (staying.has(machine.instance) || leaving?.includes(machine)) continue;
      void this.#dismiss(machine, before?.members.placement, 'its shards were given to others');
    }
  }

  /** Waits for `least` machines, takes those that are there up to the most wanted, and has them join. */
  async #begin(least: number): Promise<Epoch> {
    const { waitSeconds, signal, machines: wanted, maxMachines = wanted } = this.options;
    const stop = signal ? AbortSignal.any([this.#stop, signal]) : this.#stop;
    for (;;) {
      const found = await this.#muster.wait(least, waitSeconds, stop).catch((error: unknown) => {
        throw signal?.aborted === true && !this.#stop.aborted
          ? new RunStopped(`stopped while waiting for machines: ${String(signal.reason)}`)
          : error;
      });
      if (found.length < least) {
        throw new RunStopped(
          `${found.length === 0 ? 'no machine is' : `${found.length} of ${least} machines are`} there after ${waitSeconds} s: ` +
            'start more with `wasserwerk worker --nats URL`, wait longer with --wait, or ask for fewer with --machines; then go on ' +
            'with `wasserwerk resume`',
        );
      }
      try {
        return await this.#join(found.slice(0, maxMachines));
      } catch (error) {
        if (!(error instanceof StateLost)) throw error;
        if (error instanceof MemberLost) this.#muster.failed(error);
        this.#told(`${error.message}; beginning again with those that are there`);
        this.#checkTakeOver();
      }
    }
  }

  async #join(machines: readonly RosterMachine[]): Promise<Epoch> {
    const { run, mail, roster } = this.options;
    await this.#nextEpoch();
    const plan = this.#plan(machines);
    const placement: Placement = {
      epoch: this.#epochNumber,
      members: machines.map(({ name, instance }) => ({ name, instance })),
      owner: plan.owner,
      groupOfReplica: plan.groupOfReplica,
      partition: plan.partition,
    };
    const members = new Members(mail, roster, run, placement, this.#stop);
    try {
      this.#beat(placement);
      const storage = await this.#findStorage(members);
      const bundle = this.config.source.bundle();
      const joined = await members.ask('join', (self) => ({
        ...{ run, bundle, placement, self },
        storage: storage.description,
      }));
      this.#muster.began(machines);
      this.#totals.epochs++;
      const workers = joined.map(({ reply }) => reply.workers);
      const epoch: Epoch = {
        ...{ members, machines, plan, storage },
        workers: workers.reduce((sum, count) => sum + count, 0),
        gauge: new Gauge(machines.length, this.jumps()),
        jumps: [],
        busySeconds: new Float64Array(machines.length),
        waitedSeconds: new Float64Array(machines.length),
      };
      this.options.planned?.(reportOf(epoch, workers, this.#counts));
      return epoch;
    } catch (error) {
      members.close();
      throw error;
    }
  }

  #plan(machines: readonly RosterMachine[]): Plan {
    const { model, replicas } = this;
    const meanFlux = this.#step > 0 ? this.#jumpsBefore.map((count) => count / this.#step) : undefined;
    return share(
      {
        ...{ model, replicas, counts: this.#counts },
        flux: this.#flux ?? meanFlux,
        partition: this.options.partition ?? this.config.partition,
        hostCores: this.options.hostCores,
      },
      this.#speeds(machines).map((speed, member) => {
        const { workers, cores } = machines[member].heartbeat;
        return { speed, threads: workers, cores };
      }),
    );
  }

  #speeds(machines: readonly RosterMachine[]): number[] {
    return speedsOf(
      machines.map(({ instance, heartbeat }) => ({
        told: heartbeat.speed,
        measured: this.#measured.get(instance),
      })),
    );
  }

  /** A number that no machine of this run has heard of. */
  async #nextEpoch(): Promise<void> {
    const { run, roster } = this.options;
    this.#epochNumber = Math.max(this.#epochNumber, roster.heardEpoch(run)) + 1;
    if (this.#folder !== undefined) await writeIdentity(this.#folder, { run, epoch: this.#epochNumber });
  }

  /** Another coordinator of this run would have begun an epoch that is not ours. */
  #checkTakeOver(): void {
    const { run, roster } = this.options;
    const heard = roster.heardEpoch(run);
    if (this.#totals.epochs === 0 || heard <= this.#epochNumber) return;
    const error = new TakenOver(
      `another process goes on with this run (its epoch is ${heard}, this one's ${this.#epochNumber}); this one stops`,
    );
    this.#halt.abort(error);
    throw error;
  }

  async #findStorage(members: Members): Promise<SharedStorage> {
    const { objectStore } = this.options;
    if (this.#folder === undefined) throw new TypeError('storages() comes first');
    const folder = join(this.#folder, 'checkpoints');
    const seen = await isShared(folder, async (path, content) =>
      (await members.ask('probe', () => ({ path, content }))).map(({ reply }) => reply.seen),
    );
    if (seen) return sharedFolder(folder);
    if (objectStore) {
      const place = { kind: 'object-store', bucket: objectStore.bucket } as const;
      return { place, description: place, storage: await objectStore.open(objectStore.bucket) };
    }
    throw new RunStopped(
      `the machines do not all see the folder ${folder}, and the NATS server has no JetStream to keep checkpoints in: put the ` +
        'run folder on a file system that all of them share (--out), or start the server with JetStream (-js)',
    );
  }

  #beat(placement: Placement | undefined = this.#epoch?.members.placement): void {
    const { run, mail } = this.options;
    mail.beat({
      type: 'coordinator',
      run,
      protocol: protocolVersion,
      epoch: placement?.epoch ?? this.#epochNumber,
      step: this.#step,
      members: placement?.members ?? [],
    });
    try {
      this.#checkTakeOver();
    } catch {
      // Everything that is asked ends with it.
    }
  }

  /** Tells a machine that it is not needed any more, if it hears it. */
  async #dismiss(machine: RosterMachine, of: Placement | undefined, reason: string): Promise<void> {
    const { run, mail } = this.options;
    if (!of) return;
    const scope = { run, epoch: of.epoch };
    const to = { role: 'worker', name: machine.name } as const;
    const signal = AbortSignal.timeout(LEAVE_SECONDS * 1000);
    await mail.request<'leave'>(to, scope, { type: 'leave', reason }, { signal }).catch(() => undefined);
  }

  get #now(): Epoch {
    if (!this.#epoch) throw new StateLost('no epoch has begun');
    return this.#epoch;
  }

  // ---- the state -----------------------------------------------------------------------------------------------------

  async start(): Promise<void> {
    const { members } = this.#now;
    this.#take(await members.ask('sample', () => ({})), 0);
    this.#jumpsBefore = new Float64Array(this.#jumpsBefore.length);
    this.#setStep(0);
  }

  async restore(checkpoint: Checkpoint, storage: PartStorage): Promise<void> {
    const { model } = this;
    const { members, storage: shared } = this.#now;
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
    const epoch = this.#now;
    this.#step = step;
    epoch.jumps = [];
    epoch.gauge = new Gauge(epoch.machines.length, this.jumps());
  }

  #take(answers: readonly { member: number; name: string; reply: ShardCounts }[], step: number): void {
    const { owner } = this.#now.members.placement;
    this.#counts = gatherCounts(owner, this.model.particleCount, step, answers);
  }

  async advance(to: number): Promise<void> {
    const epoch = this.#now;
    const from = this.#step;
    const started = now();
    let answers;
    try {
      answers = await epoch.members.ask('advance', () => ({ from, to }));
    } catch (error) {
      if (!(error instanceof KernelFault)) throw error;
      throw new KernelFault(`between steps ${from} and ${to}: ${error.message}`, error.code, {
        cause: error,
      });
    }
    const seconds = now() - started;
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
    const { members } = this.#now;
    const time = this.#step * model.timeStep;
    const answers = await members.ask('moments', () => ({ time }));
    const shards = gatherMoments(members.placement.owner, model.dimension, answers);
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
    for (const jumps of this.#epoch?.jumps ?? []) {
      for (let edge = 0; edge < total.length; edge++) total[edge] += jumps[edge];
    }
    return total;
  }

  rows(of: readonly RowRequest[]): Promise<Float32Array | Float64Array> {
    return gatherRows(this.#now.members, of, this.model);
  }

  async stateHash(): Promise<string> {
    const { members } = this.#now;
    return gatherHash(members.placement.owner, await members.ask('hashes', () => ({})));
  }

  async save(draft: DraftParts): Promise<void> {
    const { members } = this.#now;
    const { owner } = members.placement;
    const answers = await members.ask('save', (member) => ({
      step: this.#step,
      location: draft.location,
      prefix: `shards-${String(member).padStart(5, '0')}-`,
    }));
    checkSaved(owner, answers);
    const parts = answers.flatMap(({ reply }) => reply.parts);
    for (const { entry } of parts) draft.adopt(entry);
    const lists = parts.map(({ shards }) => shards);
    for (const part of totalsParts(this.#counts, this.jumps(), lists)) await draft.add(part);
  }

  /** Dismisses the machines: they are free for other runs. */
  async close(): Promise<void> {
    clearInterval(this.#beats);
    const epoch = this.#epoch;
    if (!epoch) return;
    epoch.members.close();
    const reason = this.#step >= this.model.stepCount ? 'the run is finished' : 'the run has stopped';
    // Whoever has the run now has its machines, too.
    if (this.#stop.aborted) return;
    await Promise.all(
      epoch.machines.map((machine) => this.#dismiss(machine, epoch.members.placement, reason)),
    );
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** The time of a step on the machine that needs longest, were there only particles. */
function longestLoad(owner: Uint16Array, counts: Uint32Array, speeds: readonly number[]): number {
  const particles = new Float64Array(speeds.length);
  counts.forEach((count, shard) => (particles[owner[shard]] += count));
  return particles.reduce((longest, count, machine) => Math.max(longest, count / speeds[machine]), 0);
}

function reportOf(epoch: Epoch, workers: readonly number[], counts: Uint32Array): PlanReport {
  const { machines, plan, storage, members } = epoch;
  const shards = new Float64Array(machines.length);
  const particles = new Float64Array(machines.length);
  counts.forEach((count, shard) => {
    shards[plan.owner[shard]]++;
    particles[plan.owner[shard]] += count;
  });
  return {
    epoch: members.placement.epoch,
    machines: machines.map(({ name }, member) => ({
      ...{ name, workers: workers[member], shards: shards[member], particles: particles[member] },
    })),
    storage: storage.place.kind,
    plan,
  };
}
