// Epochs of a particle run: how shards are shared out among machines, where checkpoints go, what was measured, and when other shares are
// worth an epoch. When epochs begin and who is in them is epochs.ts.

import { join } from 'node:path';
import type { RunConfig } from '../../config/mod.js';
import type { BuildOptions, Model } from '../../model/mod.js';
import type { Partition } from '../assignment.js';
import { now } from '../clock.js';
import { RunStopped } from '../evolution.js';
import type { Epoch, EpochKind, EpochOptions } from './epochs.js';
import { Gauge } from './gauge.js';
import type { Members } from './members.js';
import { planInput, speedsOf } from './plan-input.js';
import { planPlacement, type Plan, type PlanInput } from './plan.js';
import type { Membership, Placement } from './protocol.js';
import { imbalance, MOST_IMBALANCE, worthReplanning } from './replan.js';
import type { RosterMachine } from './roster.js';
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

export interface MachineOptions extends BuildOptions, EpochOptions {
  /** For machines that do not see the folder of the run; undefined where the server has no JetStream. */
  readonly objectStore?: { readonly bucket: string; readonly open: OpenObjectStore };
  readonly partition?: Partition | 'auto';
  /** Where all machines are processes of this host: its cores. */
  readonly hostCores?: number;
  /** Seconds since some moment, for what is measured. */
  readonly clock?: () => number;
  readonly planned?: (report: PlanReport) => void;
}

/** How seldom sharing the work out anew is thought about because it is uneven. */
const REPLAN_SECONDS = 30;

export interface ParticleEpoch extends Epoch<Placement> {
  readonly workers: number;
  readonly plan: Plan;
  readonly storage: SharedStorage;
  gauge: Gauge;
  /** Jumps per directed edge on each machine since it joined. */
  jumps: readonly Float64Array[];
  readonly busySeconds: Float64Array;
  readonly waitedSeconds: Float64Array;
}

/** What the plan needs to know of the state. */
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

export class ParticleEpochs implements EpochKind<Placement, ParticleEpoch> {
  readonly #clock: () => number;
  /** Measured in earlier epochs: jumps per step along each edge; speeds by instance. */
  #flux: Float64Array | undefined;
  readonly #measured = new Map<string, number>();
  #replanned: number;

  constructor(
    private readonly options: MachineOptions,
    private readonly state: EpochState,
  ) {
    this.#clock = options.clock ?? now;
    this.#replanned = this.#clock();
  }

  step(): number {
    return this.state.step();
  }

  /** Whether other shares would make the steps so much faster that it is worth a new epoch. */
  isUneven(epoch: ParticleEpoch): boolean {
    const { step } = epoch.gauge;
    if (step === undefined || imbalance(step.busySeconds) <= MOST_IMBALANCE) return false;
    if (this.#clock() - this.#replanned < REPLAN_SECONDS) return false;
    this.#replanned = this.#clock();
    this.remember(epoch);
    const stepsLeft = this.state.model.stepCount - this.state.step();
    return worthReplanning(this.#planInput(epoch.machines), epoch.plan, step, { stepsLeft }).worth;
  }

  /** Keeps what was measured for the plan of the next epoch. */
  remember(epoch: ParticleEpoch): void {
    this.#flux = epoch.gauge.flux(this.state.jumps()) ?? this.#flux;
    epoch.gauge.speeds.forEach((speed, member) => {
      if (speed !== undefined) this.#measured.set(epoch.machines[member].instance, speed);
    });
  }

  async begin(
    membership: Membership,
    machines: readonly RosterMachine[],
    runFolder: string,
    open: (placement: Placement) => Members,
  ): Promise<ParticleEpoch> {
    const plan = planPlacement(this.#planInput(machines));
    const { owner, groupOfReplica, partition } = plan;
    const placement: Placement = { ...membership, owner, groupOfReplica, partition };
    const members = open(placement);
    const storage = await this.#findStorage(members, runFolder);
    const { run } = this.options;
    const bundle = this.state.config.source.bundle();
    const joined = await members.ask('join', (self) => ({
      ...{ run, bundle, placement, self },
      storage: storage.description,
    }));
    const workers = joined.map(({ reply }) => reply.workers);
    const epoch: ParticleEpoch = {
      ...{ members, machines, plan, storage },
      workers: workers.reduce((sum, count) => sum + count, 0),
      gauge: new Gauge(machines.length, this.state.jumps()),
      jumps: [],
      busySeconds: new Float64Array(machines.length),
      waitedSeconds: new Float64Array(machines.length),
    };
    this.options.planned?.(reportOf(epoch, workers, this.state.counts()));
    return epoch;
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

  async #findStorage(members: Members, runFolder: string): Promise<SharedStorage> {
    const { objectStore } = this.options;
    const folder = join(runFolder, 'checkpoints');
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
}

function reportOf(epoch: ParticleEpoch, workers: readonly number[], counts: Uint32Array): PlanReport {
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
