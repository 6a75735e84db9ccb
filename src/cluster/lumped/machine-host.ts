// The points of a lumped run on other machines: epochs of machines that have joined, points shared out among them anew in each. What is lost with a
// machine comes back from the last checkpoint, as everything does (run-stretches.ts). What is asked of machines is machine-points.ts.

import { NodeWorker, type Points } from '../../lumped/mod.js';
import { codeFiles, type CodeFile, type MeasuredObjective } from '../../objective/mod.js';
import type { PartStorages } from '../../output/mod.js';
import type { CrewReport } from '../crew-report.js';
import { Epochs, type Epoch, type EpochKind, type EpochOptions } from '../machines/epochs.js';
import type { Members } from '../machines/members.js';
import { speedsOf } from '../machines/plan-input.js';
import type { PointsReply, PointsWork } from '../machines/points-protocol.js';
import type { Membership } from '../machines/protocol.js';
import type { RosterMachine } from '../machines/roster.js';
import type { WorkLoad } from '../simulation.js';
import type { HostMaker, PointsHost } from './host.js';
import { MachinePoints, type PointsMeter } from './machine-points.js';
import { nodeSettings, objectiveSpec } from './setup.js';

interface LumpedEpoch extends Epoch {
  readonly workers: readonly number[];
  readonly busySeconds: Float64Array;
}

/** What was measured from the start of this process on. */
export interface PointsOnMachines {
  readonly kind: 'points';
  readonly steps: number;
  /** To and from machines together. */
  readonly messagesPerStep: number;
  /** That came back: three per node. */
  readonly numbersPerStep: number;
  readonly epochs: number;
  readonly reforms: number;
  readonly machines: readonly { readonly name: string; readonly busySeconds: number }[];
}

type Run = Parameters<HostMaker>[0];

export class MachineHost implements PointsHost, EpochKind<Membership, LumpedEpoch>, PointsMeter {
  readonly #epochs: Epochs<Membership, LumpedEpoch>;
  /** In steps: messages both ways, and numbers in answers. */
  readonly #totals = { steps: 0, messages: 0, numbers: 0 };
  #moved = -1;
  #isClosed = false;
  #code: readonly CodeFile[] | undefined;

  constructor(
    private readonly options: EpochOptions,
    private readonly run: Run,
  ) {
    this.#epochs = new Epochs(options, this);
  }

  // ---- epochs ------------------------------------------------------------------------------------------------------

  step(): number {
    return this.run.step();
  }

  async begin(
    membership: Membership,
    machines: readonly RosterMachine[],
    _runFolder: string,
    open: (placement: Membership) => Members<Membership>,
  ): Promise<LumpedEpoch> {
    const { source, objective } = this.run.config;
    const { folder } = source;
    this.#code ??= objective ? await codeFiles(objectiveSpec(objective, folder)) : [];
    const code = this.#code;
    const members = open(membership);
    const joined = await members.ask('join-lumped', (self) => ({
      ...{ run: this.options.run, bundle: source.bundle(), folder, code, membership, self },
    }));
    const workers = joined.map(({ reply }) => reply.workers);
    const named = machines.map(({ name }, member) => `${name} (${workers[member]})`);
    this.options.told?.(
      `epoch ${membership.epoch}: points go to ${machines.length} machine${machines.length === 1 ? '' : 's'} (threads): ${named.join(', ')}`,
    );
    return { members, machines, workers, busySeconds: new Float64Array(machines.length) };
  }

  /** Where no machine has come yet, waits for some. Checkpoints are in the run folder: points come and go through this process. */
  async storages(runFolder: string): Promise<PartStorages | undefined> {
    await this.#epochs.open(runFolder);
    return undefined;
  }

  pendingReform(): string | undefined {
    return this.#epochs.pendingReform();
  }

  reform(): Promise<void> {
    return this.#epochs.reform();
  }

  async open(objective: MeasuredObjective): Promise<Points> {
    const { config, model } = this.run;
    const { members, machines } = this.#epochs.now;
    const worker = new NodeWorker(objective, nodeSettings(config, model));
    const speeds = speedsOf(
      machines.map(({ heartbeat }) => ({ told: heartbeat.speed, measured: undefined })),
    );
    return new MachinePoints(
      members,
      speeds,
      {
        dimensions: async (nodes) => (await worker.run({ kind: 'dimensions', nodes })).dimensions,
        neighbours: async (nodes) => (await worker.run({ kind: 'neighbours', nodes })).neighbours,
      },
      this,
    );
  }

  async close(reason: string): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#epochs.close(reason);
  }

  // ---- what it costs -------------------------------------------------------------------------------------------------

  asked(member: number, work: PointsWork, { numbers, busySeconds }: PointsReply): void {
    const epoch = this.#epochs.current;
    if (epoch) epoch.busySeconds[member] += busySeconds / epoch.workers[member];
    if (work.kind !== 'move') return;
    const totals = this.#totals;
    if (work.step !== this.#moved) totals.steps += 1;
    this.#moved = work.step;
    totals.messages += 2;
    totals.numbers += numbers.length;
  }

  get report(): PointsOnMachines {
    const { steps, messages, numbers } = this.#totals;
    const epoch = this.#epochs.current;
    return {
      kind: 'points',
      steps,
      messagesPerStep: steps > 0 ? messages / steps : 0,
      numbersPerStep: steps > 0 ? numbers / steps : 0,
      epochs: this.#epochs.begun,
      reforms: this.#epochs.reforms,
      machines: (epoch?.machines ?? []).map(({ name }, member) => ({
        name,
        busySeconds: epoch?.busySeconds[member] ?? 0,
      })),
    };
  }

  get workers(): number {
    return (this.#epochs.current?.workers ?? []).reduce((sum, count) => sum + count, 0);
  }

  get load(): WorkLoad {
    return { busySeconds: Array.from(this.#epochs.current?.busySeconds ?? []), partition: 'nodes' };
  }

  get crew(): CrewReport {
    const epoch = this.#epochs.current;
    const { roster } = this.options;
    return {
      kind: 'machines',
      members: (epoch?.machines ?? []).map(({ name, instance, heartbeat }, member) => {
        const living = roster.find(name, instance);
        return {
          name,
          state: living === undefined ? 'lost' : living.heartbeat.state === 'draining' ? 'leaving' : 'here',
          threads: heartbeat.workers,
          ...{ shards: 0, particles: 0, waitedSeconds: undefined },
          busySeconds: epoch?.busySeconds[member] ?? 0,
          lagSeconds: living ? roster.lag(name) : 0,
        };
      }),
      ...{ epoch: this.#epochs.number, reforms: this.#epochs.reforms },
      ...{ sentBytes: 8 * this.#totals.numbers, sentMessages: this.#totals.messages, askedAgain: 0 },
    };
  }
}
