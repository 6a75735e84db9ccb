// A run from start to finish: steps the simulation, and writes observations, snapshots and checkpoints when they are
// due. Started or resumed; stopped by a signal at the next look, with a checkpoint. Prints nothing: who runs it is told.

import { loadBundle, type RunConfig } from '../config/mod.js';
import { energyNotes, type EnergyRecord, type Observation } from '../estimate/mod.js';
import {
  CheckpointStore,
  readEnergy,
  readObservations,
  RunFolder,
  tableNotes,
  type Ending,
  type EnergyRecordJson,
  type JsonObject,
  type ObservationRecord,
  type Timings,
} from '../output/mod.js';
import { version } from './version.js';
import { now } from './clock.js';
import { Estimates } from './estimates.js';
import { createEvolution, watchOver, type Evolution } from './evolution.js';
import { readBundle, RunFiles, tableLayout, writeBundle } from './run-files.js';
import type { SimulationOptions, WorkLoad } from './simulation.js';

/** What a run tells while it goes on. */
export interface RunListener {
  /** After the files are there and before the first step. */
  begun?(run: { folder: string; simulation: Evolution; resumedFrom: number | undefined }): void;
  /** At every look: between segments of steps. */
  looked?(look: {
    step: number;
    rate: number;
    masses: Float64Array;
    observation: Observation | undefined;
    /** The energy known last, which may be of an earlier step; undefined where none is estimated. */
    energy: EnergyRecord | undefined;
  }): void;
  /** Something a person should know. */
  warned?(text: string): void;
}

export interface RunOptions extends SimulationOptions, RunListener {
  /** Folder of the run; by default one below `runs`, named after the run and the time. */
  readonly out?: string;
  /** Ends the run early, with a checkpoint; its reason is the text in the manifest. */
  readonly signal?: AbortSignal;
}

interface CommonResult {
  readonly folder: string;
  readonly step: number;
  readonly stateHash: string;
  readonly timings: Timings;
  readonly nodeNames: readonly string[];
}

/** What became of a run: it was stepped to its end or until it was told to stop, or there was nothing left to do. */
export type RunResult =
  | (CommonResult & {
      readonly status: 'finished' | 'interrupted';
      readonly alreadyFinished: false;
      readonly load: WorkLoad;
      readonly observation: Observation;
      /** The energy observed last; undefined where none is estimated, or none was in this part of the run. */
      readonly energy: EnergyRecord | undefined;
    })
  | (CommonResult & {
      readonly status: 'finished';
      readonly alreadyFinished: true;
      readonly finishedAt: string;
      /** The last one that was written. */
      readonly observation: ObservationRecord;
      readonly energy: EnergyRecordJson | undefined;
    });

/** Time between two looks: short enough for a prompt stop, long enough to cost nothing. */
const LOOK_SECONDS = 0.2;

/** Longest time that a run goes on without its state being watched: an observation costs about 1 % of it. */
const WATCH_SECONDS = 2;

/**
 * Runs a config from the start.
 * @throws ConfigError, MemoryLimitError, OutputError, StateError, KernelFault
 */
export async function startRun(config: RunConfig, options: RunOptions = {}): Promise<RunResult> {
  const simulation = createEvolution(config, options);
  try {
    const { model, notes } = simulation;
    const folder = await RunFolder.create(
      {
        wasserwerkVersion: version,
        name: model.name,
        config: JSON.parse(JSON.stringify(config)) as JsonObject,
        configText: config.source.text,
        seed: model.seed,
        nodeNames: model.graph.nodeNames,
        coordinateNames: model.coordinateNames,
        steps: model.stepCount,
      },
      options.out === undefined ? {} : { out: options.out },
    );
    return await closing(folder, async () => {
      await writeBundle(folder.path, config);
      const files = await RunFiles.begin(folder, simulation, now());
      await folder.update({
        notes: [
          ...notes.filter((n) => n.tier === 'note').map((n) => n.message),
          ...tableNotes(tableLayout(simulation)),
          ...(simulation.kind === 'grid' ? [] : energyNotes(model, config.observe)),
        ],
        warnings: notes.filter((n) => n.tier === 'warn').map((n) => n.message),
      });
      await simulation.start();
      return drive({ simulation, folder, files, options, resumedFrom: undefined });
    });
  } finally {
    await simulation.close();
  }
}

/**
 * Goes on with the run of a folder from its last checkpoint; from the start where there is none yet. A finished run is
 * left as it is.
 * @throws ConfigError, OutputError, StateError, KernelFault
 */
export async function resumeRun(path: string, options: RunOptions = {}): Promise<RunResult> {
  const finished = await finishedRun(path);
  if (finished) return finished;
  const folder = await RunFolder.open(path);
  return closing(folder, async () => {
    const config = loadBundle(await readBundle(folder.path));
    const simulation = createEvolution(config, { ...options, skipPreflight: true });
    try {
      const checkpoints = await CheckpointStore.open(folder.path, config.checkpoint.keep);
      const { checkpoint, warnings } = await checkpoints.latest();
      for (const warning of warnings) options.warned?.(warning);
      const files = checkpoint
        ? await RunFiles.restore(folder, simulation, checkpoints, checkpoint, now())
        : await RunFiles.begin(folder, simulation, now());
      if (!checkpoint) {
        options.warned?.('there is no checkpoint yet: the run starts from the beginning');
        await simulation.start();
      }
      await folder.resume(
        warnings.length > 0 ? { warnings: [...folder.manifest.warnings, ...warnings] } : {},
      );
      return await drive({ simulation, folder, files, options, resumedFrom: checkpoint?.step });
    } finally {
      await simulation.close();
    }
  });
}

/** The result of a run that has come to its end, read from its folder without touching it. */
async function finishedRun(path: string): Promise<RunResult | undefined> {
  const { path: folder, manifest } = await RunFolder.inspect(path);
  if (manifest.status !== 'finished' || manifest.stateHash === null) return undefined;
  let observation: ObservationRecord | undefined;
  for await (const record of readObservations(folder)) observation = record;
  if (observation?.step !== manifest.steps) return undefined;
  let energy: EnergyRecordJson | undefined;
  for await (const record of readEnergy(folder)) energy = record;
  const { stepsDone: step, stateHash, timings, nodeNames, finishedAt } = manifest;
  return {
    status: 'finished',
    alreadyFinished: true,
    folder,
    step,
    stateHash,
    timings,
    nodeNames,
    finishedAt,
    observation,
    energy,
  };
}

async function closing<T>(folder: RunFolder, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await folder.close();
  }
}

interface ActiveRun {
  readonly simulation: Evolution;
  readonly folder: RunFolder;
  readonly files: RunFiles;
  readonly options: RunOptions;
  readonly resumedFrom: number | undefined;
  /** Energies of particles, beside the step loop, where the config wants them. */
  readonly estimates: Estimates | undefined;
  /** The observation made last: looks, checkpoints and the end often want the same step. */
  observation?: Observation;
}

async function drive(start: Omit<ActiveRun, 'estimates'>): Promise<RunResult> {
  const { simulation, files, options } = start;
  const estimates =
    simulation.kind === 'grid'
      ? undefined
      : Estimates.create(simulation, (record) => files.appendEnergy(record), {
          balance: files.restoredBalance,
          inThisThread: options.workers === 0,
        });
  try {
    return await stepThrough({ ...start, estimates });
  } finally {
    await estimates?.close();
  }
}

async function stepThrough(run: ActiveRun): Promise<RunResult> {
  const { simulation, folder, files, options, estimates } = run;
  const { model } = simulation;
  const begin = now();
  const firstStep = simulation.step;
  const before = folder.manifest.timings;
  let stepSeconds = 0;
  const timings = (): Timings => {
    const particleSteps = before.particleSteps + (simulation.step - firstStep) * simulation.units;
    const wallSeconds = before.wallSeconds + now() - begin;
    return {
      wallSeconds,
      particleSteps,
      particleStepsPerSecond: wallSeconds > 0 ? particleSteps / wallSeconds : 0,
    };
  };
  options.begun?.({ folder: folder.path, simulation, resumedFrom: run.resumedFrom });
  try {
    await look(run, stepSeconds, firstStep);
    let stride = 1;
    let watched = now();
    while (simulation.step < model.stepCount && options.signal?.aborted !== true) {
      const started = now();
      const from = simulation.step;
      await simulation.advance(nextStop(run, stride));
      const seconds = now() - started;
      stepSeconds += seconds;
      stride = Math.max(1, Math.round(((simulation.step - from) * LOOK_SECONDS) / Math.max(seconds, 1e-4)));
      const seen = await look(run, stepSeconds, firstStep);
      // A run that observes seldom is watched all the same, so that a diverged state does not go on for hours.
      if (seen) watched = now();
      else if (now() - watched > WATCH_SECONDS) {
        await observed(run);
        watched = now();
      }
    }
    const finished = simulation.step >= model.stepCount;
    const last = await observed(run);
    if (!finished) await checkpoint(run);
    await estimates?.flush();
    await files.close();
    const stateHash = simulation.stateHash();
    const ending: Ending = finished
      ? { status: 'finished' }
      : { status: 'interrupted', reason: String(options.signal?.reason ?? 'stopped') };
    const final = timings();
    await folder.end(ending, { stepsDone: simulation.step, timings: final, stateHash });
    return {
      status: finished ? 'finished' : 'interrupted',
      folder: folder.path,
      step: simulation.step,
      stateHash,
      timings: final,
      nodeNames: model.graph.nodeNames,
      load: simulation.load,
      observation: last,
      energy: lastEnergy(run),
      alreadyFinished: false,
    };
  } catch (error) {
    const { code = 'error', message } = error as { code?: string; message: string };
    // Whatever was observed so far stays readable; trouble in closing would only hide the first failure.
    await files.close().catch(() => undefined);
    try {
      await folder.end(
        { status: 'failed', error: { code, message } },
        { stepsDone: simulation.step, timings: timings() },
      );
    } catch (second) {
      // The first failure is the one to report; a full disk, say, keeps the manifest from being written, too.
      options.warned?.(
        `the manifest could not be written: ${second instanceof Error ? second.message : String(second)}`,
      );
    }
    throw error;
  }
}

/** Does what is due at this step. Returns the observation, if one was due. */
async function look(
  run: ActiveRun,
  stepSeconds: number,
  firstStep: number,
): Promise<Observation | undefined> {
  const { simulation, folder, files, options, estimates } = run;
  const { model, step } = simulation;
  const { observe, snapshot, checkpoint: checkpoints } = files.schedules;
  let observation: Observation | undefined;
  const isLast = step >= model.stepCount;
  if (observe.due(step, now()) || (isLast && observe.save(now()).lastStep !== step)) {
    observation = await observed(run);
    await files.append(observation);
    if (simulation.kind === 'grid') {
      const energy = simulation.energy();
      if (energy) await files.appendEnergy(energy);
    } else await estimates?.add(observation);
    observe.done(step, now());
  }
  if (snapshot?.due(step, now()) === true) {
    await files.appendSnapshot();
    snapshot.done(step, now());
  }
  if (checkpoints.due(step, now()) && step > 0 && !isLast) {
    await checkpoint(run);
    await folder.update({ stepsDone: step });
  }
  const rate = stepSeconds > 0 ? ((step - firstStep) * simulation.units) / stepSeconds : 0;
  options.looked?.({
    step,
    rate,
    masses: simulation.masses(),
    observation,
    energy: lastEnergy(run),
  });
  return observation;
}

/** The energy known last: grids know it at each observation, of particles it may be of an earlier one. */
function lastEnergy({ simulation, estimates }: ActiveRun): EnergyRecord | undefined {
  return simulation.kind === 'grid' ? simulation.energy() : estimates?.last;
}

/** The observation of this step, watched. */
async function observed(run: ActiveRun): Promise<Observation> {
  const { simulation } = run;
  if (run.observation?.step === simulation.step) return run.observation;
  const observation = await simulation.observe();
  watchOver(simulation, observation);
  run.observation = observation;
  return observation;
}

/** A checkpoint is only taken of a state that passes the watch. */
async function checkpoint(run: ActiveRun): Promise<void> {
  await observed(run);
  await run.estimates?.flush();
  run.files.schedules.checkpoint.done(run.simulation.step, now());
  await run.files.checkpoint(now(), run.estimates?.balance);
}

/** The next step at which to look: when something is due, the end, or after `stride` steps. */
function nextStop({ simulation, files }: ActiveRun, stride: number): number {
  const { step, model } = simulation;
  const { observe, snapshot, checkpoint: checkpoints } = files.schedules;
  return Math.min(
    model.stepCount,
    step + stride,
    observe.nextStep(step),
    snapshot?.nextStep(step) ?? Infinity,
    checkpoints.nextStep(step),
  );
}
