// Runs the runs of a sweep, some at a time, in this process: each with threads of its own, by the same calls as `run` and
// `resume`. One that fails ends no other. What a person sees of it is told to a listener.

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleFile, resumeRun, RunLog, startRun, type RunListener, type RunResult } from '../cluster/mod.js';
import { loadBundle } from '../config/mod.js';
import { manifestFile, type LogLevel } from '../output/mod.js';
import type { SweepFolder } from './folder.js';
import type { JobPlan } from './jobs.js';
import type { PlannedRun } from './plan.js';
import { recordOf, type SweepRecord } from './summary.js';

export interface SweepListener {
  /** A run begins, or goes on. */
  began?(run: PlannedRun): void;
  /** At every look at a run. */
  looked?(run: PlannedRun, look: { step: number; steps: number; rate: number }): void;
  ended?(run: PlannedRun, record: SweepRecord): void;
  warned?(run: PlannedRun, text: string): void;
}

export interface SweepOptions extends JobPlan {
  readonly signal: AbortSignal;
  readonly listener?: SweepListener;
  readonly logLevel?: LogLevel;
}

/** Runs all that is not finished; returns when nothing runs any more. */
export async function runSweep(folder: SweepFolder, options: SweepOptions): Promise<void> {
  const waiting = folder.plan.runs.filter(({ number }) => !isDone(folder, number));
  const work = async (): Promise<void> => {
    for (;;) {
      if (options.signal.aborted) return;
      const run = waiting.shift();
      if (!run) return;
      options.listener?.began?.(run);
      const record = await one(folder, run, options);
      await folder.note(record);
      options.listener?.ended?.(run, record);
    }
  };
  // All of them, so that the folder is not left while one still writes: a full disk stops each in its turn.
  const ends = await Promise.allSettled(Array.from({ length: options.jobs }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Whether a run is finished, and its folder still there. */
function isDone(folder: SweepFolder, number: number): boolean {
  return (
    folder.records[number - 1].status === 'finished' &&
    existsSync(join(folder.folderOf(number), manifestFile))
  );
}

async function one(folder: SweepFolder, run: PlannedRun, options: SweepOptions): Promise<SweepRecord> {
  const { listener, signal, workers, logLevel } = options;
  const out = folder.folderOf(run.number);
  const warned = (text: string): void => {
    listener?.warned?.(run, text);
  };
  const log = new RunLog({
    ...(logLevel && { level: logLevel }),
    run: run.folder,
    folder: out,
    failed: warned,
  });
  let steps = 0;
  const heard: RunListener = {
    begun: ({ simulation }) => {
      steps = simulation.model.stepCount;
    },
    looked: ({ step, rate }) => {
      listener?.looked?.(run, { step, steps, rate });
    },
    warned,
  };
  const common = { ...log.around(heard), signal, workers };
  try {
    let result: RunResult;
    if (await canResume(out)) result = await resumeRun(out, common);
    else {
      const { bundle } = folder;
      const config = loadBundle({ ...bundle, overrides: [...bundle.overrides, ...run.overrides] });
      result = await startRun(config, { ...common, out });
    }
    log.ended(result);
    return recordOf(run.number, result);
  } catch (error) {
    log.failed(error);
    const { code } = error as { code?: unknown };
    return {
      number: run.number,
      status: 'failed',
      error: {
        code: typeof code === 'string' ? code : 'defect',
        message: error instanceof Error ? error.message : String(error),
      },
    };
  } finally {
    log.close();
  }
}

/** Whether a run has begun in its folder. What a kill has left from before that is removed: it has no step to lose. */
async function canResume(out: string): Promise<boolean> {
  if (!existsSync(out)) return false;
  if (existsSync(join(out, manifestFile)) && existsSync(join(out, bundleFile))) return true;
  await rm(out, { recursive: true });
  return false;
}
