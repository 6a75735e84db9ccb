// A run as stretches: each begins at the last checkpoint (or at the start) and lasts until the run is done or stopped, its
// state is lost, or its work is to be shared out anew. Then the next one begins there. Files come out as if nothing had happened: every
// stretch trims them to what they were at its checkpoint. A run in this process has one stretch.

import { setTimeout as pause } from 'node:timers/promises';
import { CheckpointStore, type ManifestChange } from '../output/mod.js';
import { now } from './clock.js';
import { Estimates } from './estimates.js';
import { RunStopped, StateLost } from './evolution.js';
import { RunFiles } from './run-files.js';
import { stepThrough, type ActiveRun, type Stretch, type StretchEnd } from './run-loop.js';

/** How the stretches of a run end: as one of them, or without a state. */
export type RunEnd =
  | Exclude<StretchEnd, { kind: 'reform' }>
  /** Stopped while there was no state, hence without a new checkpoint. */
  | { readonly kind: 'stopped-without-state'; readonly reason: string; readonly step: number };

/** Stretches without a new step or checkpoint after which it is no use to begin another one. */
const MOST_IN_VAIN = 20;

/** Pause before another stretch where the last one came to nothing: it doubles. Seconds. */
const FIRST_PAUSE = 0.05;
const LONGEST_PAUSE = 5;

/**
 * Steps a run to its end, or until it is told to stop.
 *
 * @param begun is called when the files are there and the first step is next, once; told the step of the checkpoint from
 * which the run goes on, if there was one
 * @throws whatever a stretch throws that another stretch would not mend
 */
export async function stepAll(
  run: ActiveRun,
  begun: (from: number | undefined, warnings: readonly string[]) => Promise<void>,
): Promise<RunEnd> {
  const { simulation, folder, options } = run;
  let furthest = -1;
  let inVain = 0;
  let reason: string | undefined;
  let isFirst = true;
  for (;;) {
    let failure: Error | undefined;
    try {
      if (reason !== undefined) await reform(run);
      const end = await stretch(run, async (from, warnings) => {
        if (isFirst) await begun(from, warnings);
        else await noteReform(run, reason ?? '', from ?? 0, warnings);
        isFirst = false;
      });
      if (end.kind !== 'reform') return end;
      reason = end.reason;
    } catch (error) {
      if (error instanceof RunStopped) return stopped(run, error.message);
      const { signal } = options;
      if (signal?.aborted === true && error === signal.reason) return stopped(run, String(error));
      if (!(error instanceof StateLost)) throw error;
      failure = error;
      reason = error.message;
    }
    if (options.signal?.aborted === true) return stopped(run, String(options.signal.reason));
    if (simulation.kind === 'grid' || !simulation.reform) throw failure ?? new StateLost(reason);
    const reached = Math.max(run.meter.furthest, ...(await new CheckpointStore(folder.path).steps()));
    inVain = reached > furthest ? 0 : inVain + 1;
    furthest = Math.max(furthest, reached);
    if (inVain > MOST_IN_VAIN) {
      throw new StateLost(
        `the state was lost ${inVain} times without a new step in between: ${reason}\n` +
          '    fix: look why, then go on with `wasserwerk resume`',
        { cause: failure },
      );
    }
    if (inVain > 0) await restBetween(inVain, options.signal);
  }
}

async function restBetween(inVain: number, signal: AbortSignal | undefined): Promise<void> {
  const seconds = Math.min(LONGEST_PAUSE, FIRST_PAUSE * (1 << (inVain - 1)));
  // A stop ends the pause; what it means is looked at afterwards.
  await pause(1000 * seconds, undefined, signal ? { signal } : {}).catch(() => undefined);
}

/** Begins anew. @throws RunStopped where the run is told to stop meanwhile: it may be waiting for machines */
async function reform({ simulation, options: { signal } }: ActiveRun): Promise<void> {
  if (simulation.kind === 'grid' || !simulation.reform) return;
  let stop = (): void => undefined;
  const told = new Promise<never>((_, reject) => {
    stop = (): void => {
      reject(new RunStopped(String(signal?.reason)));
    };
  });
  // Once one of the two has come nobody asks how the other one does.
  told.catch(() => undefined);
  signal?.addEventListener('abort', stop);
  try {
    const work = simulation.reform();
    work.catch(() => undefined);
    // It may have come before anybody listened.
    if (signal?.aborted === true) stop();
    await Promise.race([work, told]);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** One stretch: the state and the files as the last checkpoint has them, then steps. */
async function stretch(
  run: ActiveRun,
  begun: (from: number | undefined, warnings: readonly string[]) => Promise<void>,
): Promise<StretchEnd> {
  const { simulation, folder, options } = run;
  const storages = simulation.kind === 'grid' ? undefined : await simulation.storages?.(folder.path);
  const checkpoints = await CheckpointStore.open(folder.path, simulation.config.checkpoint.keep, storages);
  const { checkpoint, warnings } = await checkpoints.latest();
  if (checkpoint) await simulation.restore(checkpoint, await checkpoints.storage(checkpoint));
  const files = checkpoint
    ? await RunFiles.restore(folder, simulation, checkpoints, checkpoint, now())
    : await RunFiles.begin(folder, simulation, checkpoints, now());
  let estimates: Estimates | undefined;
  let end: StretchEnd;
  try {
    if (!checkpoint) await simulation.start();
    estimates =
      simulation.kind !== 'particles'
        ? undefined
        : Estimates.create(
            simulation,
            async (record) => {
              await files.appendEnergy(record);
              options.estimated?.(record);
            },
            { balance: files.restoredBalance, inThisThread: options.workers === 0 },
          );
    await begun(checkpoint?.step, warnings);
    const steps: Stretch = { ...run, files, estimates };
    end = await stepThrough(steps);
    await estimates?.close();
  } catch (error) {
    // Whatever was observed so far stays readable; trouble in closing would only hide the first failure.
    await estimates?.close().catch(() => undefined);
    await files.close().catch(() => undefined);
    throw error;
  }
  await files.close();
  return end;
}

/** Writes into the manifest that the run has gone back to a step, and tells it. */
async function noteReform(
  { folder, options }: ActiveRun,
  reason: string,
  step: number,
  warnings: readonly string[],
): Promise<void> {
  const { manifest } = folder;
  const change: ManifestChange = {
    stepsDone: step,
    reforms: [...manifest.reforms, { step, reason }],
    ...(warnings.length > 0 && { warnings: [...manifest.warnings, ...warnings] }),
  };
  await folder.update(change);
  for (const warning of warnings) options.warned?.(warning);
  options.reformed?.({ reason, step });
}

async function stopped({ folder }: ActiveRun, reason: string): Promise<RunEnd> {
  const steps = await new CheckpointStore(folder.path).steps();
  return { kind: 'stopped-without-state', reason, step: steps.at(-1) ?? 0 };
}
