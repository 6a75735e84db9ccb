// The loop of a run over one stretch: steps the simulation from where it stands, and writes observations, snapshots and
// checkpoints when they are due, until the end, a stop, or a change of who computes. Not how it came to stand there, and not what follows when a state
// is lost: that is run-stretches.ts.

import type { EnergyRecord, Observation } from '../estimate/mod.js';
import type { RunFolder } from '../output/mod.js';
import { now } from './clock.js';
import type { Estimates } from './estimates.js';
import { watchOver, type Evolution } from './evolution.js';
import type { RunFiles } from './run-files.js';
import type { RunOptions } from './run-options.js';

/** A run while this process works on it. */
export interface ActiveRun {
  readonly simulation: Evolution;
  readonly folder: RunFolder;
  readonly options: RunOptions;
  readonly meter: Meter;
}

/** What this process has done for a run, over all stretches. */
export interface Meter {
  /** Steps, those that were done again among them, and the time they took. */
  steps: number;
  stepSeconds: number;
  /** The last step that it came to. */
  furthest: number;
  /** The observation and the energy known last. */
  observation: Observation | undefined;
  energy: EnergyRecord | undefined;
}

/** A run from where it stands to the next end, stop, or loss. */
export interface Stretch extends Omit<ActiveRun, 'folder'> {
  readonly folder: Pick<RunFolder, 'update'>;
  readonly files: StretchFiles;
  /** Energies of particles, beside the step loop, where the config wants them. */
  readonly estimates: Estimates | undefined;
  /** The observation made last: looks, checkpoints and the end often want the same step. */
  observation?: Observation;
}

/** What the loop asks of the files of a run; a run without a folder has stand-ins (run-in-memory.ts). */
export type StretchFiles = Pick<
  RunFiles,
  'schedules' | 'append' | 'appendEnergy' | 'appendSnapshot' | 'checkpoint'
>;

/** How a stretch ends that nothing has broken. */
export type StretchEnd =
  | {
      readonly kind: 'finished' | 'stopped';
      readonly observation: Observation;
      readonly stateHash: string;
    }
  /** The work is to be shared out anew; there is a checkpoint of this step. */
  | { readonly kind: 'reform'; readonly reason: string };

/** Time between two looks: short enough for a prompt stop, long enough to cost nothing. */
const LOOK_SECONDS = 0.2;

/** Longest time that a run goes on without its state being watched: an observation costs about 1 % of it. */
const WATCH_SECONDS = 2;

/**
 * Steps on.
 * @throws StateLost, RunStopped, OutputError, StateError, KernelFault
 */
export async function stepThrough(run: Stretch): Promise<StretchEnd> {
  const { simulation, files, options, estimates, meter } = run;
  const { model } = simulation;
  const lookSeconds =
    (simulation.kind === 'particles' ? simulation.segmentSeconds : undefined) ?? LOOK_SECONDS;
  await look(run);
  let stride = 1;
  let watched = now();
  while (simulation.step < model.stepCount && !isStopped(options)) {
    const reason = simulation.kind === 'grid' ? undefined : simulation.pendingReform?.();
    if (reason !== undefined) {
      if (files.schedules.checkpoint.save(now()).lastStep !== simulation.step) await checkpoint(run);
      return { kind: 'reform', reason };
    }
    await meet(run);
    if (isStopped(options)) break;
    const started = now();
    const from = simulation.step;
    await simulation.advance(nextStop(run, stride));
    const seconds = now() - started;
    meter.steps += simulation.step - from;
    meter.stepSeconds += seconds;
    meter.furthest = Math.max(meter.furthest, simulation.step);
    stride = Math.max(1, Math.round(((simulation.step - from) * lookSeconds) / Math.max(seconds, 1e-4)));
    const seen = await look(run);
    // A run that observes seldom is watched all the same, so that a diverged state does not go on for hours.
    if (seen) watched = now();
    else if (now() - watched > WATCH_SECONDS) {
      await observed(run);
      watched = now();
    }
  }
  const finished = simulation.step >= model.stepCount;
  const observation = await observed(run);
  if (!finished) await checkpoint(run);
  await estimates?.flush();
  lastEnergy(run);
  return { kind: finished ? 'finished' : 'stopped', observation, stateHash: await simulation.stateHash() };
}

/** Does what others want of the state as it is at this look, and holds the run up for as long as they want. */
async function meet(run: Stretch): Promise<void> {
  const { simulation, files, folder, options } = run;
  for (;;) {
    if (
      options.checkpointWanted?.() === true &&
      files.schedules.checkpoint.save(now()).lastStep !== simulation.step
    ) {
      await checkpoint(run);
      await folder.update({ stepsDone: simulation.step });
    }
    await options.atLook?.(simulation);
    const hold = options.gate?.();
    if (!hold) return;
    await hold;
    if (isStopped(options)) return;
  }
}

function isStopped({ signal }: RunOptions): boolean {
  return signal?.aborted === true;
}

/** Does what is due at this step. Returns the observation, if one was due. */
async function look(run: Stretch): Promise<Observation | undefined> {
  const { simulation, folder, files, options, estimates, meter } = run;
  const { model, step } = simulation;
  const { observe, snapshot, checkpoint: checkpoints } = files.schedules;
  let observation: Observation | undefined;
  const isLast = step >= model.stepCount;
  if (observe.due(step, now()) || (isLast && observe.save(now()).lastStep !== step)) {
    observation = await observed(run);
    await files.append(observation);
    if (simulation.kind !== 'particles') {
      const energy = simulation.energy();
      if (energy) {
        await files.appendEnergy(energy);
        options.estimated?.(energy);
      }
    } else await estimates?.add(observation);
    observe.done(step, now());
  }
  if (snapshot?.due(step, now()) === true) {
    await files.appendSnapshot();
    options.wrote?.({ kind: 'snapshot', step });
    snapshot.done(step, now());
  }
  if (checkpoints.due(step, now()) && step > 0 && !isLast) {
    await checkpoint(run);
    await folder.update({ stepsDone: step });
  }
  const { steps, stepSeconds } = meter;
  const rate = stepSeconds > 0 ? (steps * simulation.units) / stepSeconds : 0;
  options.looked?.({
    step,
    rate,
    steps,
    stepSeconds,
    masses: simulation.masses(),
    observation,
    energy: lastEnergy(run),
  });
  return observation;
}

/** The energy known last: grids know it at each observation, of particles it may be of an earlier one. */
function lastEnergy({ simulation, estimates, meter }: Stretch): EnergyRecord | undefined {
  const known = simulation.kind !== 'particles' ? simulation.energy() : estimates?.last;
  meter.energy = known ?? meter.energy;
  return meter.energy;
}

/** The observation of this step, watched. */
async function observed(run: Stretch): Promise<Observation> {
  const { simulation } = run;
  if (run.observation?.step === simulation.step) return run.observation;
  const observation = await simulation.observe();
  watchOver(simulation, observation);
  run.observation = observation;
  run.meter.observation = observation;
  return observation;
}

/** A checkpoint is only taken of a state that passes the watch. */
async function checkpoint(run: Stretch): Promise<void> {
  await observed(run);
  await run.estimates?.flush();
  run.files.schedules.checkpoint.done(run.simulation.step, now());
  await run.files.checkpoint(now(), run.estimates?.balance);
  run.options.wrote?.({ kind: 'checkpoint', step: run.simulation.step });
}

/** The next step at which to look: when something is due, the end, or after `stride` steps. */
function nextStop({ simulation, files }: Stretch, stride: number): number {
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
