// `wasserwerk sweep`: the product of all values with all seeds, run side by side; one table at the end. What a sweep is and
// how it is run is src/sweep; here are flags, signals, progress and exit codes.

import { join } from 'node:path';
import { coreCount } from '../cluster/mod.js';
import { loadBundle, loadConfig } from '../config/mod.js';
import { buildModel, type Model } from '../model/mod.js';
import type { LogLevel } from '../output/mod.js';
import {
  isLarge,
  nodesOf,
  planJobs,
  planSweep,
  pointsOf,
  readSweptKeys,
  runSweep,
  shortName,
  SweepFolder,
  type Measured,
  type SweepPlan,
} from '../sweep/mod.js';
import { exitCode, UsageError } from './exit.js';
import { unitOf } from './progress.js';
import { counted, table, withError } from './format.js';
import { shownFolder } from './run-data.js';
import { SweepProgress } from './sweep-progress.js';

export interface SweepFlags {
  readonly set: readonly string[];
  readonly seeds?: number;
  readonly seed?: string;
  readonly out?: string;
  readonly resume?: string;
  readonly workers?: number;
  readonly jobs?: number;
  readonly quiet?: true;
  readonly json?: true;
  readonly logLevel?: LogLevel;
}

/** Runs that a sweep may have: more is a slip of the keyboard. */
const MOST_RUNS = 100_000;

export async function sweep(file: string | undefined, flags: SweepFlags): Promise<number> {
  const { folder, models } = await (flags.resume === undefined
    ? begin(file, flags)
    : goOn(file, flags, flags.resume));
  const stop = new AbortController();
  const done = folder.records.filter(({ status }) => status === 'finished').length;
  const progress = new SweepProgress({
    runs: folder.plan.runs.length,
    done,
    unit: unitOf(models[0]?.representation ?? 'particles'),
    quiet: flags.quiet === true,
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(exitCode.interrupted);
    progress.message(`${signal}: writing checkpoints and stopping (once more to stop at once)`);
    stop.abort(signal);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const jobs = planJobs(
      folder.plan.runs.length - done,
      flags.workers ?? coreCount(),
      models.some(isLarge),
      flags.jobs,
    );
    progress.message(
      `${folder.plan.name}: ${folder.plan.runs.length} runs${done > 0 ? `, ${done} of them done before` : ''}, ` +
        `${jobs.jobs} at a time on ${counted(jobs.workers, 'thread')} each → ${shownFolder(folder.path)}`,
    );
    await runSweep(folder, {
      ...jobs,
      signal: stop.signal,
      ...(flags.logLevel && { logLevel: flags.logLevel }),
      listener: {
        began: (run) => {
          progress.began(run);
        },
        looked: (run, look) => {
          progress.looked(run, look);
        },
        ended: (run, record) => {
          progress.ended(run, record);
        },
        warned: (run, text) => {
          progress.message(`${run.folder}: warning: ${text}`);
        },
      },
    });
  } finally {
    progress.finish();
    await folder.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
  tell(folder, flags);
  const failed = folder.records.some(({ status }) => status === 'failed');
  if (stop.signal.aborted && folder.records.some(({ status }) => status !== 'finished')) {
    return stop.signal.reason === 'SIGINT' ? exitCode.interrupted : exitCode.stopped;
  }
  return failed ? exitCode.failed : exitCode.done;
}

interface Begun {
  readonly folder: SweepFolder;
  /** Of the points. */
  readonly models: readonly Model[];
}

async function begin(file: string | undefined, flags: SweepFlags): Promise<Begun> {
  if (file === undefined) {
    throw new UsageError('give a config to sweep over, or --resume FOLDER to go on with a sweep');
  }
  const keys = readSweptKeys(flags.set);
  const seeds = flags.seeds ?? 1;
  const count = keys.reduce((product, { values }) => product * values.length, seeds);
  if (count > MOST_RUNS) throw new UsageError(`these are ${count} runs; a sweep has at most ${MOST_RUNS}`);
  if (seeds > 1 && keys.some(({ path }) => path === 'seed')) {
    throw new UsageError('--seeds and --set seed=… both say the seeds: keep one of them');
  }
  const base = loadConfig(file, { seed: flags.seed });
  const swept = keys.find(({ path }) => path === 'seed');
  const plan = planSweep({
    name: base.name,
    keys: keys.filter((key) => key !== swept),
    seeds: swept ? swept.values.map(seedOf) : Array.from({ length: seeds }, (_, i) => base.seed + i),
  });
  const { models, attachments } = checkPoints(plan, base.source.bundle());
  const bundle = { ...base.source.bundle(), attachments };
  return { folder: await SweepFolder.start(plan, bundle, flags.out), models };
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new UsageError(`--set seed=${text}: a seed is a whole number >= 0`);
}

async function goOn(file: string | undefined, flags: SweepFlags, resume: string): Promise<Begun> {
  if (file !== undefined || flags.set.length > 0 || flags.seeds !== undefined || flags.seed !== undefined) {
    throw new UsageError('--resume takes config, values and seeds from the folder: leave them out');
  }
  if (flags.out !== undefined)
    throw new UsageError('--resume and --out both name a folder: keep one of them');
  const folder = await SweepFolder.open(resume);
  try {
    return { folder, models: checkPoints(folder.plan, folder.bundle).models };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/**
 * Builds the model of every point, so that a slip in the last value is told before the first run, and packs all files that
 * any of them reads.
 */
function checkPoints(
  plan: SweepPlan,
  bundle: ReturnType<typeof loadConfig>['source'] extends { bundle(): infer B } ? B : never,
): { models: Model[]; attachments: Record<string, string> } {
  let attachments: Record<string, string> = { ...bundle.attachments };
  const models = plan.points.map((_, point) => {
    const run = plan.runs.find((candidate) => candidate.point === point);
    const config = loadBundle({
      ...bundle,
      attachments,
      overrides: [...bundle.overrides, ...(run?.overrides ?? [])],
    });
    const { model } = buildModel(config);
    attachments = { ...attachments, ...config.source.bundle().attachments };
    return model;
  });
  return { models, attachments };
}

/** Masses of up to so many nodes have columns of their own. */
const SHOWN_NODES = 6;

function tell({ plan, records, path }: SweepFolder, flags: SweepFlags): void {
  const points = pointsOf(plan, records);
  const failed = records.filter(({ status }) => status === 'failed');
  const open = records.filter(({ status }) => status === 'waiting' || status === 'interrupted').length;
  if (flags.json) {
    const runs = plan.runs.map((run, i) => ({ ...run, values: plan.points[run.point], ...records[i] }));
    process.stdout.write(`${JSON.stringify({ folder: path, keys: plan.keys, points, runs }, null, 2)}\n`);
    return;
  }
  if (flags.quiet === true) return;
  const shown = (measured: Measured | undefined): string =>
    withError(measured?.value ?? NaN, measured?.error ?? NaN);
  const nodes = nodesOf(points);
  const columns = nodes.length <= SHOWN_NODES ? nodes : [];
  const hasEnergy = points.some(({ energy }) => energy.value !== null);
  const hasKl = points.some(({ relativeEntropy }) => relativeEntropy.value !== null);
  const rows = points.map((point) => [
    ...(plan.keys.length > 0 ? point.values : [plan.name]),
    `${point.finished}/${point.seeds}`,
    ...columns.map((name) => shown(point.mass[point.nodeNames.indexOf(name)])),
    shown(point.potentialEnergy),
    ...(hasEnergy ? [shown(point.energy)] : []),
    ...(hasKl ? [shown(point.relativeEntropy)] : []),
    point.seconds === null ? '-' : `${point.seconds.toFixed(1)} s`,
  ]);
  const head = [
    ...(plan.keys.length > 0 ? plan.keys.map(({ path: key }) => shortName(key)) : ['config']),
    'finished',
    ...columns.map((name) => `mass ${name}`),
    'mean V',
    ...(hasEnergy ? ['E'] : []),
    ...(hasKl ? ['KL'] : []),
    'time',
  ];
  process.stdout.write(
    table([head, ...rows]) +
      (plan.seeds.length > 1 ? 'means over seeds; ± is the standard error of their scatter\n' : '') +
      failed
        .map(({ number, error }) => `failed: ${plan.runs[number - 1].folder}: ${error?.message ?? ''}\n`)
        .join('') +
      (open + failed.length > 0
        ? `${open + failed.length} runs are not finished; go on with: wasserwerk sweep --resume ${shownFolder(path)}\n`
        : '') +
      `files in ${shownFolder(path)}: ${['sweep.csv', 'points.csv', 'sweep.json'].join(', ')}, a folder per run, as ${shownFolder(join(path, plan.runs[0].folder))}\n`,
  );
}
