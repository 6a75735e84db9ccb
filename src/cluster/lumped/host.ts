// Who has the points of a lumped run, and moves them: an interface for simulation.ts, and this process (its threads, or the calling one) as the
// one that needs no network. Machines are machine-host.ts.

import { sealConfig, type RunConfig } from '../../config/mod.js';
import { LocalPoints, NodeWorker, type Points } from '../../lumped/mod.js';
import type { Model } from '../../model/mod.js';
import type { MeasuredObjective } from '../../objective/mod.js';
import type { PartStorages } from '../../output/mod.js';
import { crewOfThreads, type CrewReport } from '../crew-report.js';
import type { WorkLoad } from '../simulation.js';
import { lumpedAlone, lumpedThreads, type TimedCrew } from './crew.js';
import { nodeSettings } from './setup.js';

export interface PointsHost {
  /** Threads that move points. */
  readonly workers: number;
  readonly load: WorkLoad;
  readonly crew: CrewReport;
  /** Points for a flow that begins; those given out before are over. @param objective of this process */
  open(objective: MeasuredObjective): Promise<Points>;
  /** These as in ParticleEvolution (evolution.ts). */
  storages?(runFolder: string): Promise<PartStorages | undefined>;
  pendingReform?(): string | undefined;
  reform?(): Promise<void>;
  /** @param reason for those who computed */
  close(reason: string): Promise<void>;
}

/** What makes a host for a run, which tells it how far it is. */
export type HostMaker = (run: {
  readonly config: RunConfig;
  readonly model: Model;
  readonly step: () => number;
}) => PointsHost;

/** Threads of this process. */
export class LocalHost implements PointsHost {
  #crew: TimedCrew | undefined;

  /** @param isAlone points are moved on the calling thread; `workers` may then be those of the objective */
  constructor(
    private readonly config: RunConfig,
    private readonly model: Model,
    readonly workers: number,
    private readonly isAlone: boolean,
  ) {}

  get load(): WorkLoad {
    const busy = (this.#crew?.busySeconds ?? 0) / this.workers;
    return { busySeconds: Array.from({ length: this.workers }, () => busy), partition: 'nodes' };
  }

  /** Points are dealt out anew in every step: all threads have their share. */
  get crew(): CrewReport {
    return crewOfThreads(
      this.load.busySeconds.map((busySeconds) => ({ shards: 0, particles: 0, busySeconds })),
    );
  }

  async open(objective: MeasuredObjective): Promise<Points> {
    const { config, model } = this;
    await this.#crew?.close();
    this.#crew = this.isAlone
      ? lumpedAlone(new NodeWorker(objective, nodeSettings(config, model)))
      : lumpedThreads({ config: sealConfig(config), workers: this.workers, isTrusted: false });
    return new LocalPoints(this.#crew);
  }

  async close(): Promise<void> {
    await this.#crew?.close();
  }
}
