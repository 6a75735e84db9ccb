// The files of a run, opened together: tables, snapshots, checkpoints, and the config with all it needs. Knows what a
// checkpoint must record so that a resumed run continues them; does not decide when anything is written.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigBundle, RunConfig } from '../config/mod.js';
import type { BalanceState, EnergyRecord, Observation } from '../estimate/mod.js';
import type { CheckpointStore } from '../output/mod.js';
import {
  EnergyTables,
  LumpedTables,
  MOST_COORDINATES,
  ObservableTables,
  parseEnergyLengths,
  parseLumpedLengths,
  parseTableLengths,
  readHeader,
  RunFolderError,
  Schedule,
  writeFileAtomic,
  type Checkpoint,
  type EnergyLengths,
  type JsonObject,
  type LumpedLengths,
  type RunFolder,
  type TableLayout,
} from '../output/mod.js';
import type { Evolution } from './evolution.js';
import { openSnapshots, type RunSnapshots } from './run-snapshots.js';

/** Config, overrides and data files of a run: what resume builds the model from. */
export const bundleFile = 'config-bundle.json';

/** Writes the bundle into a run folder. */
export async function writeBundle(folder: string, config: RunConfig): Promise<void> {
  await writeFileAtomic(join(folder, bundleFile), JSON.stringify(config.source.bundle(), null, 1));
}

/** Reads it back. @throws RunFolderError where it is missing or damaged */
export async function readBundle(folder: string): Promise<ConfigBundle> {
  const path = join(folder, bundleFile);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ConfigBundle;
  } catch (error) {
    throw new RunFolderError(
      'not-a-run',
      path,
      `the run cannot go on: ${path} cannot be read (${error instanceof Error ? error.message : String(error)})`,
      'put back the file as the run left it, or start the run anew',
      error,
    );
  }
}

/** When things are due. */
export interface Schedules {
  readonly observe: Schedule;
  readonly snapshot: Schedule | undefined;
  readonly checkpoint: Schedule;
}

export class RunFiles {
  private constructor(
    private readonly simulation: Evolution,
    readonly schedules: Schedules,
    private readonly tables: ObservableTables,
    /** Of runs that know their energy. */
    private readonly energies: EnergyTables | undefined,
    /** Of lumped runs. */
    private readonly lumped: LumpedTables | undefined,
    private readonly snapshots: RunSnapshots | undefined,
    readonly checkpoints: CheckpointStore,
    /** The energy balance as the checkpoint kept it from which the run goes on. */
    readonly restoredBalance?: BalanceState,
  ) {}

  /** Begins the files of a run at step 0; what an earlier start left is replaced. */
  static async begin(
    folder: RunFolder,
    simulation: Evolution,
    checkpoints: CheckpointStore,
    seconds: number,
  ): Promise<RunFiles> {
    const { config } = simulation;
    const schedules = {
      observe: new Schedule({ kind: 'steps', steps: config.observe.every }, seconds),
      snapshot: config.snapshots && new Schedule({ kind: 'steps', steps: config.snapshots.every }, seconds),
      checkpoint: new Schedule(config.checkpoint.every, seconds),
    };
    const snapshots = config.snapshots && (await openSnapshots(folder.path, simulation, 'create'));
    const layout = tableLayout(simulation);
    const tables = await ObservableTables.create(folder.path, layout);
    const energies = knowsEnergy(simulation) ? await EnergyTables.create(folder.path, layout) : undefined;
    const lumped = simulation.kind === 'lumped' ? await LumpedTables.create(folder.path) : undefined;
    return new RunFiles(simulation, schedules, tables, energies, lumped, snapshots, checkpoints);
  }

  /** Goes back to a checkpoint that the simulation is at: trims every file to what it was then. */
  static async restore(
    folder: RunFolder,
    simulation: Evolution,
    checkpoints: CheckpointStore,
    checkpoint: Checkpoint,
    seconds: number,
  ): Promise<RunFiles> {
    const { config } = simulation;
    const saved = (await readHeader(checkpoint)) as unknown as CheckpointHeader;
    const schedules = {
      observe: Schedule.restore(
        { kind: 'steps', steps: config.observe.every },
        saved.schedules.observe,
        seconds,
      ),
      snapshot:
        config.snapshots && saved.schedules.snapshot
          ? Schedule.restore(
              { kind: 'steps', steps: config.snapshots.every },
              saved.schedules.snapshot,
              seconds,
            )
          : undefined,
      checkpoint: Schedule.restore(config.checkpoint.every, saved.schedules.checkpoint, seconds),
    };
    await ObservableTables.trim(folder.path, parseTableLengths(saved.tables));
    const layout = tableLayout(simulation);
    const tables = await ObservableTables.open(folder.path, layout);
    let energies: EnergyTables | undefined;
    if (knowsEnergy(simulation)) {
      await EnergyTables.trim(folder.path, parseEnergyLengths(saved.energies?.tables));
      energies = await EnergyTables.open(folder.path, layout);
    }
    let lumped: LumpedTables | undefined;
    if (simulation.kind === 'lumped') {
      await LumpedTables.trim(folder.path, parseLumpedLengths(saved.lumped));
      lumped = await LumpedTables.open(folder.path);
    }
    const snapshots = config.snapshots && (await openSnapshots(folder.path, simulation, 'open'));
    await snapshots?.trimTo(saved.snapshots);
    await checkpoints.discardAfter(checkpoint.step);
    const balance = saved.energies?.balance ?? undefined;
    return new RunFiles(simulation, schedules, tables, energies, lumped, snapshots, checkpoints, balance);
  }

  async append(observation: Observation): Promise<void> {
    await this.tables.append(observation);
    const { simulation } = this;
    if (simulation.kind !== 'lumped') return;
    await this.lumped?.append(simulation.record());
    await this.#writeBest(simulation.step >= simulation.model.stepCount);
  }

  /** The best point of a lumped run; one that is long only if `always`. */
  async #writeBest(always: boolean): Promise<void> {
    const { simulation } = this;
    if (simulation.kind !== 'lumped') return;
    const { flow } = simulation;
    if (!always && (flow.best?.dimension ?? 0) > MOST_COORDINATES) return;
    const best = await flow.bestPoint();
    if (best) await this.lumped?.writeBest(best);
  }

  /** Appends an energy; records come in the order of their steps, but may come later than the observation. */
  async appendEnergy(record: EnergyRecord): Promise<void> {
    await this.energies?.append(record);
  }

  async appendSnapshot(): Promise<void> {
    await this.snapshots?.append();
  }

  /**
   * Writes a checkpoint of the simulation as it stands, with the lengths of all files. All energies up to this step must
   * have been appended; `balance` is that of the last one.
   */
  async checkpoint(seconds: number, balance?: BalanceState): Promise<void> {
    const { schedules } = this;
    await this.tables.sync();
    await this.#writeBest(true);
    const header: CheckpointHeader = {
      tables: await this.tables.lengths(),
      energies: this.energies ? { tables: await this.energies.lengths(), balance: balance ?? null } : null,
      ...(this.lumped && { lumped: await this.lumped.lengths() }),
      snapshots: this.snapshots?.count ?? 0,
      schedules: {
        observe: schedules.observe.save(seconds),
        snapshot: schedules.snapshot?.save(seconds) ?? null,
        checkpoint: schedules.checkpoint.save(seconds),
      },
    };
    const draft = await this.checkpoints.begin(this.simulation.step);
    try {
      await this.simulation.save(draft);
      await draft.commit(header as unknown as JsonObject);
    } catch (error) {
      // What is left of it is deleted when checkpoints are opened next; the error that stopped it is the one to report.
      await draft.discard().catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.tables.close();
    await this.energies?.close();
    await this.lumped?.close();
  }
}

interface CheckpointHeader {
  readonly tables: Awaited<ReturnType<ObservableTables['lengths']>>;
  readonly energies: {
    readonly tables: EnergyLengths;
    readonly balance: BalanceState | null;
  } | null;
  /** Of lumped runs. */
  readonly lumped?: LumpedLengths;
  readonly snapshots: number;
  readonly schedules: {
    readonly observe: ReturnType<Schedule['save']>;
    readonly snapshot: ReturnType<Schedule['save']> | null;
    readonly checkpoint: ReturnType<Schedule['save']>;
  };
}

/** What the tables of a run are of. */
export function tableLayout({ model }: Evolution): TableLayout {
  return {
    nodeNames: model.graph.nodeNames,
    coordinateNames: model.coordinateNames,
    edges: model.graph,
    hasVelocities: model.kinetics !== undefined,
  };
}

/** Whether a run has tables of energies: grids know theirs, of particles they are estimated. */
function knowsEnergy({ kind, config }: Evolution): boolean {
  return kind !== 'particles' || config.observe.entropy !== 'none';
}
