// A run from start to finish: its folder, started or resumed, and what became of it. Stopped by a signal at the next look,
// with a checkpoint. Prints nothing: who runs it is told. The stepping is run-loop.ts, going back after a loss
// run-stretches.ts.

import { loadBundle, type RunConfig } from '../config/mod.js';
import { energyNotes, type EnergyRecord, type Observation } from '../estimate/mod.js';
import {
  readEnergy,
  readObservations,
  RunFolder,
  tableNotes,
  type Ending,
  type EnergyRecordJson,
  type JsonObject,
  type ManifestChange,
  type ObservationRecord,
  type Timings,
} from '../output/mod.js';
import { version } from './version.js';
import { now } from './clock.js';
import { createEvolution, TakenOver, type Evolution } from './evolution.js';
import { readBundle, tableLayout, writeBundle } from './run-files.js';
import type { ActiveRun, Meter } from './run-loop.js';
import type { EvolveOptions, RunOptions } from './run-options.js';
import { stepAll, type RunEnd } from './run-stretches.js';
import type { WorkLoad } from './simulation.js';

interface CommonResult {
  readonly folder: string;
  readonly step: number;
  readonly timings: Timings;
  readonly nodeNames: readonly string[];
}

/** What became of a run: it was stepped to its end or until it was told to stop, or there was nothing left to do. */
export type RunResult =
  | (CommonResult & {
      readonly status: 'finished' | 'interrupted';
      readonly alreadyFinished: false;
      /** Undefined where a run was told to stop after its state was lost: it goes on from its last checkpoint. */
      readonly stateHash: string | undefined;
      readonly load: WorkLoad;
      /** The one made last, in this part of the run; there is one where there is a state. */
      readonly observation: Observation | undefined;
      /** The energy observed last; undefined where none is estimated, or none was in this part of the run. */
      readonly energy: EnergyRecord | undefined;
    })
  | (CommonResult & {
      readonly status: 'finished';
      readonly alreadyFinished: true;
      readonly stateHash: string;
      readonly finishedAt: string;
      /** The last one that was written. */
      readonly observation: ObservationRecord;
      readonly energy: EnergyRecordJson | undefined;
    });

/**
 * Runs a config from the start.
 * @throws ConfigError, MemoryLimitError, OutputError, StateError, KernelFault
 */
export async function startRun(config: RunConfig, options: RunOptions = {}): Promise<RunResult> {
  const simulation = await evolutionOf(config, options, options);
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
      { ...(options.out !== undefined && { out: options.out }), guard: options.guard },
    );
    return await closing(folder, async () => {
      await writeBundle(folder.path, config);
      await folder.update({
        notes: [
          ...notes.filter((n) => n.tier === 'note').map((n) => n.message),
          ...tableNotes(tableLayout(simulation)),
          ...(simulation.kind !== 'particles' ? [] : energyNotes(model, config.observe)),
        ],
        warnings: notes.filter((n) => n.tier === 'warn').map((n) => n.message),
      });
      return drive(simulation, folder, options, 'start');
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
  const folder = await RunFolder.open(path, options.guard);
  return closing(folder, async () => {
    const config = loadBundle(await readBundle(folder.path));
    const simulation = await evolutionOf(config, { ...options, skipPreflight: true }, options);
    try {
      return await drive(simulation, folder, options, 'resume');
    } finally {
      await simulation.close();
    }
  });
}

async function evolutionOf(
  config: RunConfig,
  settings: EvolveOptions,
  { evolve }: RunOptions,
): Promise<Evolution> {
  return evolve ? evolve(config, settings) : createEvolution(config, settings);
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

/** Steps a run, and writes how it ended. */
async function drive(
  simulation: Evolution,
  folder: RunFolder,
  options: RunOptions,
  mode: 'start' | 'resume',
): Promise<RunResult> {
  let began = now();
  const before = folder.manifest.timings;
  const meter: Meter = { steps: 0, stepSeconds: 0, furthest: -1, observation: undefined, energy: undefined };
  const run: ActiveRun = { simulation, folder, options, meter };
  let hasBegun = mode === 'start';
  let result: RunEnd;
  try {
    result = await stepAll(run, async (from, warnings) => {
      if (mode === 'resume') await noteResume(run, from, warnings);
      hasBegun = true;
      began = now();
      options.begun?.({ folder: folder.path, manifest: folder.manifest, simulation, resumedFrom: from });
    });
  } catch (error) {
    // A run that could not even be taken up again stays as it was, and one that another process has now is that one's.
    if (hasBegun && !(error instanceof TakenOver))
      await noteFailure(run, error as { code?: string; message: string }, timings());
    throw error;
  }
  return conclude(run, result, timings(), hasBegun);

  function timings(): Timings {
    const particleSteps = before.particleSteps + meter.steps * simulation.units;
    const wallSeconds = before.wallSeconds + now() - began;
    return {
      wallSeconds,
      particleSteps,
      particleStepsPerSecond: wallSeconds > 0 ? particleSteps / wallSeconds : 0,
    };
  }
}

/** Writes into the manifest that the run goes on. */
async function noteResume(
  { folder, options }: ActiveRun,
  from: number | undefined,
  warnings: readonly string[],
): Promise<void> {
  for (const warning of warnings) options.warned?.(warning);
  if (from === undefined) {
    options.warned?.('there is no checkpoint yet: the run starts from the beginning');
  }
  await folder.resume(warnings.length > 0 ? { warnings: [...folder.manifest.warnings, ...warnings] } : {});
}

async function noteFailure(
  { folder, simulation, options }: ActiveRun,
  { code = 'error', message }: { code?: string; message: string },
  timings: Timings,
): Promise<void> {
  try {
    await folder.end({ status: 'failed', error: { code, message } }, { stepsDone: simulation.step, timings });
  } catch (second) {
    // The first failure is the one to report; a full disk, say, keeps the manifest from being written, too.
    options.warned?.(
      `the manifest could not be written: ${second instanceof Error ? second.message : String(second)}`,
    );
  }
}

/** Writes how a run ended that did not fail. A run that could not be taken up again stays as it was. */
async function conclude(
  { simulation, folder, options, meter }: ActiveRun,
  end: RunEnd,
  timings: Timings,
  hasBegun: boolean,
): Promise<RunResult> {
  const withoutState = end.kind === 'stopped-without-state';
  const step = withoutState ? end.step : simulation.step;
  const stateHash = withoutState ? undefined : end.stateHash;
  const ending: Ending =
    end.kind === 'finished'
      ? { status: 'finished' }
      : {
          status: 'interrupted',
          reason: withoutState ? end.reason : String(options.signal?.reason ?? 'stopped'),
        };
  const change: ManifestChange = { stepsDone: step, timings, stateHash: stateHash ?? null };
  if (hasBegun) await folder.end(ending, change);
  if (withoutState) options.warned?.(`the run has stopped without a new checkpoint: ${end.reason}`);
  return {
    status: ending.status === 'finished' ? 'finished' : 'interrupted',
    folder: folder.path,
    step,
    stateHash,
    timings,
    nodeNames: simulation.model.graph.nodeNames,
    load: simulation.load,
    observation: withoutState ? meter.observation : end.observation,
    energy: meter.energy,
    alreadyFinished: false,
  };
}
