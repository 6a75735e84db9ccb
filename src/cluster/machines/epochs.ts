// The epochs of a run: which machines are in the present one, when the next one is due, and how it begins: machines are
// chosen, the work is shared out, all of them join. Also the heartbeats of the coordinator, and who is dismissed. Knows of the
// state only how large and how far it is; what is done within an epoch is coordinator.ts.

import { join } from 'node:path';
import type { RunConfig } from '../../config/mod.js';
import type { BuildOptions, Model } from '../../model/mod.js';
import type { Partition } from '../assignment.js';
import { now } from '../clock.js';
import { RunStopped, StateLost, TakenOver } from '../evolution.js';
import { protocolVersion } from '../transport/frame.js';
import { Gauge } from './gauge.js';
import type { Mail } from './mail.js';
import { MemberLost, Members } from './members.js';
import { Muster } from './muster.js';
import { planInput, speedsOf } from './plan-input.js';
import { planPlacement, type Plan, type PlanInput } from './plan.js';
import { HEARTBEAT_MS, type Placement } from './protocol.js';
import { imbalance, MOST_IMBALANCE, worthReplanning } from './replan.js';
import type { Roster, RosterMachine } from './roster.js';
import { readIdentity, writeIdentity } from './run-identity.js';
import { isShared, sharedFolder, type OpenObjectStore, type SharedStorage } from './shared-storage.js';

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
  /** Seconds since some moment, for what is measured. */
  readonly clock?: () => number;
  readonly planned?: (report: PlanReport) => void;
  /** What happens, in a line. */
  readonly told?: (text: string) => void;
}

/** Seconds that machines are given to hear that they are not needed any more. */
const LEAVE_SECONDS = 3;
/** How seldom sharing the work out anew is thought about because it is uneven. */
const REPLAN_SECONDS = 30;
/**
 * How far ahead of the run folder a machine may claim to be: a folder that was put back from a copy is a few epochs behind,
 * and a claim near the largest number that there is would leave none for the next epoch.
 */
const MOST_AHEAD = 1_000_000;

/** An epoch whose machines have all joined. */
export interface Epoch {
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

/** What the choice of machines and the plan need to know of the state. */
export interface EpochState {
  readonly config: RunConfig;
  readonly model: Model;
  readonly replicas: number;
  step(): number;
  /** Particles of each shard. */
  counts(): Uint32Array;
  /** Jumps per directed edge since step 0. */
  jumps(): Float64Array;
}

export class Epochs {
  readonly #muster: Muster;
  readonly #halt = new AbortController();
  readonly #stop: AbortSignal;
  readonly #told: (text: string) => void;
  readonly #clock: () => number;
  #folder: string | undefined;
  #number = 0;
  #epoch: Epoch | undefined;
  /** The epoch before, while there is none. */
  #before: Epoch | undefined;
  /** What the heartbeats tell: of this epoch, or of the one that is beginning. */
  #placement: Placement | undefined;
  #beats: NodeJS.Timeout | undefined;
  /** Measured in earlier epochs: jumps per step along each edge; speeds by instance. */
  #flux: Float64Array | undefined;
  readonly #measured = new Map<string, number>();
  #replanned: number;
  /** How many have begun, and how many were asked for in place of another. */
  begun = 0;
  reforms = 0;

  constructor(
    private readonly options: MachineOptions,
    private readonly state: EpochState,
  ) {
    this.#told = options.told ?? (() => undefined);
    this.#clock = options.clock ?? now;
    this.#replanned = this.#clock();
    this.#muster = new Muster(options.roster, options.run, this.#told);
    const { halt } = options;
    this.#stop = halt ? AbortSignal.any([halt, this.#halt.signal]) : this.#halt.signal;
  }

  /** Number of the epoch that began last. */
  get number(): number {
    return this.#number;
  }

  /** The present epoch, if there is one. */
  get current(): Epoch | undefined {
    return this.#epoch;
  }

  /** The present epoch. @throws StateLost if there is none */
  get now(): Epoch {
    if (!this.#epoch) throw new StateLost('no epoch has begun');
    return this.#epoch;
  }

  /**
   * The present epoch; the first call waits for machines and begins one.
   * @throws RunStopped if there are not enough machines in time; errors of machines that join
   */
  async open(runFolder: string): Promise<Epoch> {
    if (this.#folder === undefined) {
      this.#folder = runFolder;
      this.#number = (await readIdentity(runFolder))?.epoch ?? 0;
      this.#beat();
      this.#beats = setInterval(() => {
        this.#beat();
      }, HEARTBEAT_MS);
      this.#beats.unref();
    }
    this.#epoch ??= await this.#begin(this.options.machines);
    return this.#epoch;
  }

  /** See ParticleEvolution. */
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
    const { step } = epoch.gauge;
    if (step === undefined || imbalance(step.busySeconds) <= MOST_IMBALANCE) return false;
    if (this.#clock() - this.#replanned < REPLAN_SECONDS) return false;
    this.#replanned = this.#clock();
    this.#remember(epoch);
    const stepsLeft = this.state.model.stepCount - this.state.step();
    return worthReplanning(this.#planInput(epoch.machines), epoch.plan, step, { stepsLeft }).worth;
  }

  /** Keeps what was measured for the plan of the next epoch. */
  #remember(epoch: Epoch): void {
    this.#flux = epoch.gauge.flux(this.state.jumps()) ?? this.#flux;
    epoch.gauge.speeds.forEach((speed, member) => {
      if (speed !== undefined) this.#measured.set(epoch.machines[member].instance, speed);
    });
  }

  /**
   * Gives up this epoch and begins the next one with the machines that are there.
   * @throws RunStopped if there are none; errors of machines that join
   */
  async reform(): Promise<void> {
    this.reforms++;
    const before = this.#epoch;
    if (before) this.#remember(before);
    before?.members.close();
    this.#before = before;
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
    const plan = planPlacement(this.#planInput(machines));
    const placement: Placement = {
      epoch: this.#number,
      members: machines.map(({ name, instance }) => ({ name, instance })),
      owner: plan.owner,
      groupOfReplica: plan.groupOfReplica,
      partition: plan.partition,
    };
    const members = new Members(mail, roster, run, placement, this.#stop);
    try {
      this.#placement = placement;
      this.#beat();
      const storage = await this.#findStorage(members);
      const bundle = this.state.config.source.bundle();
      const joined = await members.ask('join', (self) => ({
        ...{ run, bundle, placement, self },
        storage: storage.description,
      }));
      this.#muster.began(machines);
      this.begun++;
      const workers = joined.map(({ reply }) => reply.workers);
      const epoch: Epoch = {
        ...{ members, machines, plan, storage },
        workers: workers.reduce((sum, count) => sum + count, 0),
        gauge: new Gauge(machines.length, this.state.jumps()),
        jumps: [],
        busySeconds: new Float64Array(machines.length),
        waitedSeconds: new Float64Array(machines.length),
      };
      this.options.planned?.(reportOf(epoch, workers, this.state.counts()));
      return epoch;
    } catch (error) {
      members.close();
      // After a loss the next epoch takes them, or tells them that it goes on without them.
      if (!(error instanceof StateLost)) await this.#dismissAll({ machines, members }, 'the run has failed');
      throw error;
    }
  }

  #planInput(machines: readonly RosterMachine[]): PlanInput {
    const { model, replicas } = this.state;
    const step = this.state.step();
    const meanFlux = step > 0 ? this.state.jumps().map((count) => count / step) : undefined;
    const speeds = this.#speeds(machines);
    return planInput(
      {
        ...{ model, replicas, counts: this.state.counts() },
        flux: this.#flux ?? meanFlux,
        partition: this.options.partition ?? this.state.config.partition,
        hostCores: this.options.hostCores,
      },
      machines.map(({ heartbeat }, member) => {
        const { workers: threads, cores } = heartbeat;
        return { speed: speeds[member], threads, cores };
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
    const claimed = roster.claimedEpoch(run);
    const above = claimed - this.#number <= MOST_AHEAD ? claimed : 0;
    this.#number = Math.max(this.#number, roster.commandedEpoch(run), above) + 1;
    if (this.#folder !== undefined) await writeIdentity(this.#folder, { run, epoch: this.#number });
  }

  /**
   * Another coordinator of this run would have begun an epoch that is not ours. It says so before it asks anybody, and nobody
   * else is believed: a machine that claims to be in such an epoch does not end a run.
   */
  #checkTakeOver(): void {
    const { run, roster } = this.options;
    const heard = roster.commandedEpoch(run);
    if (this.begun === 0 || heard <= this.#number) return;
    const error = new TakenOver(
      `another process goes on with this run (its epoch is ${heard}, this one's ${this.#number}); this one stops`,
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

  #beat(): void {
    const { run, mail } = this.options;
    mail.beat({
      ...{ type: 'coordinator', run, protocol: protocolVersion, step: this.state.step() },
      epoch: this.#placement?.epoch ?? this.#number,
      members: this.#placement?.members ?? [],
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

  async #dismissAll(epoch: Pick<Epoch, 'machines' | 'members'>, reason: string): Promise<void> {
    // Whoever has the run now has its machines, too.
    if (this.#stop.aborted) return;
    const { placement } = epoch.members;
    await Promise.all(epoch.machines.map((machine) => this.#dismiss(machine, placement, reason)));
  }

  /** Dismisses the machines: they are free for other runs. */
  async close(reason: string): Promise<void> {
    clearInterval(this.#beats);
    const epoch = this.#epoch ?? this.#before;
    if (!epoch) return;
    epoch.members.close();
    await this.#dismissAll(epoch, reason);
  }
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
    plan: { partition: plan.partition, predicted: plan.predicted },
  };
}
