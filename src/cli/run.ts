// `wasserwerk run` and `resume`: progress while it goes on, what was found and where at the end. Ctrl-C and SIGTERM stop
// at the next look with a checkpoint; a second Ctrl-C stops at once (the folder can be resumed all the same). With
// --quiet nothing is said but errors, and the JSON that was asked for.

import { existsSync } from 'node:fs';
import { join, relative, resolve as absolute } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  newRunId,
  now,
  readIdentity,
  RunStopped,
  type Evolution,
  type MachinesReport,
  type PlanReport,
  type PointsOnMachines,
  resumeRun,
  RunLog,
  startRun,
  type RunListener,
  type RunOptions,
  type RunResult,
} from '../cluster/mod.js';
import { loadConfig } from '../config/mod.js';
import type { Observation } from '../estimate/mod.js';
import type { LogLevel } from '../output/mod.js';
import type { Model } from '../model/mod.js';
import { exitCode, UsageError } from './exit.js';
import { table, withError } from './format.js';
import { Gate } from './gate.js';
import { wantsMachines, type MachineFlags } from './machine-flags.js';
import type { MachineSession } from './machine-session.js';
import { measuredText, planText } from './plan-text.js';
import { formatDuration, formatRate, Progress, unitOf, type Unit } from './progress.js';
import { printRemarks } from './remarks.js';
import type { RunStatus } from './run-status.js';
import type { StatusFlags } from './status-flags.js';
import { requireTrust } from './trust.js';

export interface CommonOptions extends MachineFlags, StatusFlags {
  readonly workers?: number;
  readonly allowModules?: true;
  readonly quiet?: true;
  readonly logLevel?: LogLevel;
  readonly json?: true;
}

export async function run(
  file: string,
  options: CommonOptions & { out?: string; seed?: string; set: string[] },
): Promise<number> {
  const config = loadConfig(file, { overrides: options.set, seed: options.seed });
  requireTrust(config, options.allowModules === true);
  const { out } = options;
  if (options.standby) {
    if (out === undefined) {
      throw new UsageError(
        '--standby needs the folder of the run that it waits for: give --out DIR to both processes',
      );
    }
    return supervise(options, async (common, over) => {
      const id = await runInFolder(absolute(out), common);
      return over(id, (rest) => resumeRun(out, rest));
    });
  }
  return supervise(
    options,
    (_, over) =>
      over(newRunId(), (rest) => startRun(config, { ...rest, ...(out === undefined ? {} : { out }) })),
    { name: config.name },
  );
}

export async function resume(folder: string, options: CommonOptions): Promise<number> {
  if (!existsSync(folder)) {
    throw new UsageError(
      `there is no folder ${folder}; give the one that \`wasserwerk run\` named when it started`,
    );
  }
  return supervise(
    options,
    async (_, over) => {
      const known = wantsMachines(options) ? await readIdentity(absolute(folder)) : undefined;
      if (options.standby && !known) {
        throw new UsageError(
          `${folder} is not of a run on machines: there is nobody whose place --standby could take`,
        );
      }
      return over(known?.run ?? newRunId(), (rest) => resumeRun(folder, rest));
    },
    { folder },
  );
}

/** Waits until a run on machines has begun in a folder, and tells its id. */
async function runInFolder(folder: string, options: RunOptions): Promise<string> {
  for (let isTold = false; ; isTold = true) {
    const known = await readIdentity(folder);
    if (known) return known.run;
    if (!isTold) options.warned?.(`standing by: there is no run on machines in ${folder} yet`);
    const { signal } = options;
    signal?.throwIfAborted();
    await sleep(STANDBY_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

/** Between two looks for a run in a folder. */
const STANDBY_MS = 500;

/** Runs something over machines, if they are wanted: then under the id of the run. */
type Over = (run: string, start: (options: RunOptions) => Promise<RunResult>) => Promise<RunResult>;

async function supervise(
  options: CommonOptions,
  start: (common: RunOptions, over: Over) => Promise<RunResult>,
  known: { readonly name?: string; readonly folder?: string } = {},
): Promise<number> {
  const progress = new Progress({ quiet: options.quiet === true });
  const stop = new AbortController();
  let status: RunStatus | undefined;
  const say = (text: string): void => {
    progress.message(text);
    status?.message(text);
    log.said(text);
  };
  const gate = new Gate(stop.signal, say);
  const log = new RunLog({
    level: options.logLevel ?? 'info',
    folder: known.folder,
    failed: (text) => {
      progress.message(`warning: ${text}`);
    },
  });
  let session: MachineSession | undefined;
  let measured: MachinesReport | PointsOnMachines | undefined;
  const plans: PlanReport[] = [];
  let model: Model | undefined;
  let unit: Unit = 'particle';
  let firstStep = 0;
  let energy: Pick<Observation, 'potentialEnergy' | 'potentialEnergyError'> | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      progress.finish();
      process.exit(exitCode.interrupted);
    }
    progress.message(`${signal}: writing a checkpoint and stopping (once more to stop at once)`);
    status?.message(`${signal}: stopping`);
    log.note('info', `${signal}: stopping`, { event: 'signal' });
    stop.abort(signal);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const listener: RunListener = {
    begun: ({ folder, simulation, resumedFrom }) => {
      ({ model } = simulation);
      unit = unitOf(simulation.kind);
      firstStep = simulation.step;
      if (options.quiet !== true) {
        if (resumedFrom === undefined) printRemarks(simulation.notes);
        const from = resumedFrom === undefined ? '' : `, from step ${resumedFrom}`;
        progress.message(
          `${model.name}: ${sizeOf(simulation)} on ${model.graph.nodeCount} nodes, ` +
            `${simulation.workers} worker${simulation.workers === 1 ? '' : 's'}` +
            `${session ? ' on other machines' : ''}${from} → ${shown(folder)}`,
        );
        if (status) progress.message(`status: ${status.address}`);
      }
    },
    looked: ({ step, rate, masses, observation, energy: total }) => {
      energy = observation ?? energy;
      // Before the first step there is no rate to tell.
      if (!model || rate === 0) return;
      progress.update({
        step,
        steps: model.stepCount,
        time: step * model.timeStep,
        rate,
        unit,
        masses,
        nodeNames: model.graph.nodeNames,
        energy: energy?.potentialEnergy,
        energyError: energy?.potentialEnergyError,
        ...(total && {
          total: { value: total.energy, error: total.energyError },
          relativeEntropy: { value: total.relativeEntropy, error: total.relativeEntropyError },
        }),
      });
    },
    reformed: ({ reason, step }) => {
      progress.message(`${reason}: going on from step ${step}`);
    },
    warned: (text) => {
      progress.message(`warning: ${text}`);
    },
  };
  const over: Over = async (id, begin) => {
    const { workers } = options;
    const common = commonOptions();
    if (!wantsMachines(options)) return begin({ ...common, ...(workers === undefined ? {} : { workers }) });
    status?.named(id);
    log.run = id;
    const { openSession } = await import('./machine-session.js');
    session = await openSession({
      ...{ flags: options, workers, run: id, signal: stop.signal },
      allowModules: options.allowModules === true,
      say,
      planned: (report) => {
        plans.push(report);
        progress.message(planText(report));
        log.planned(report);
      },
    });
    try {
      const result = await begin({ ...common, ...session.options });
      measured = session.report();
      return result;
    } catch (error) {
      throw await session.explained(error);
    }
  };
  const commonOptions = (): RunOptions => ({
    ...(options.allowModules && { allowModules: true }),
    ...log.around(status?.listening(listener) ?? listener),
    signal: stop.signal,
    ...(status?.options ?? { gate: () => gate.passed }),
  });
  const started = now();
  let result: RunResult;
  try {
    if (options.status !== false) {
      const { RunStatus: Endpoint } = await import('./run-status.js');
      status = await Endpoint.open({ flags: options, gate, stop, name: known.name, say });
    }
    result = await start(commonOptions(), over);
    status?.ended(result);
    log.ended(result);
  } catch (error) {
    status?.ended({ failure: error });
    log.failed(error);
    // Stopped while it still waited for a server, or for the process whose place it should take.
    if (!stop.signal.aborted || (error !== stop.signal.reason && !(error instanceof RunStopped))) throw error;
    progress.message(error instanceof RunStopped ? error.message : 'stopped before the run began');
    return stop.signal.reason === 'SIGINT' ? exitCode.interrupted : exitCode.stopped;
  } finally {
    await session?.close();
    await status?.close();
    log.close();
    gate.close();
    progress.finish();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
  if (options.json) {
    const told = { ...summary(result), ...(measured && { machines: measured, plans }) };
    process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
  } else if (options.quiet !== true) {
    printResult(result, model, unit, firstStep, now() - started);
    if (measured) process.stdout.write(measuredText(measured));
  }
  if (result.status === 'finished') return exitCode.done;
  return stop.signal.reason === 'SIGINT' ? exitCode.interrupted : exitCode.stopped;
}

/** As `1,000,000 particles`, `256 x 256 cells`. */
function sizeOf(simulation: Evolution): string {
  switch (simulation.kind) {
    case 'particles':
      return `${simulation.model.particleCount.toLocaleString('en')} particles`;
    case 'grid':
      return `${simulation.plan.cells.sizes.join(' x ')} cells`;
    case 'lumped':
      return 'lumped points';
    default:
      return simulation satisfies never;
  }
}

const shown = (folder: string): string => {
  const path = relative(process.cwd(), folder);
  return path.startsWith('..') ? folder : path;
};

function summary({ observation, energy, ...result }: RunResult) {
  const { load, ...rest } = 'load' in result ? result : { ...result, load: undefined };
  return {
    ...rest,
    ...(load && { partition: load.partition, busySeconds: load.busySeconds }),
    ...(observation && {
      time: observation.time,
      mass: Array.from(observation.mass),
      massError: Array.from(observation.massError),
      potentialEnergy: observation.potentialEnergy,
      potentialEnergyError: observation.potentialEnergyError,
    }),
    // JSON.stringify writes what is not known as null.
    ...(energy && {
      energy: energy.energy,
      energyError: energy.energyError,
      relativeEntropy: energy.relativeEntropy,
      relativeEntropyError: energy.relativeEntropyError,
      dissipation: energy.dissipation,
      dissipationError: energy.dissipationError,
    }),
  };
}

/** E and, where it is known, KL of an energy record, as a line of the summary. */
function energyLine({ energy }: RunResult): string {
  if (!energy) return '';
  const told = (value: number | null, error: number | null): string => withError(value ?? NaN, error ?? NaN);
  const kl = energy.relativeEntropy ?? NaN;
  return (
    `energy E = ${told(energy.energy, energy.energyError)}` +
    (Number.isFinite(kl) ? `, KL = ${told(kl, energy.relativeEntropyError)}` : '') +
    ` (entropy: ${energy.method})\n`
  );
}

/** More nodes than this are shown by their heaviest ones. */
const SHOWN_NODES = 16;

function printResult(
  result: RunResult,
  model: Model | undefined,
  unit: Unit,
  firstStep: number,
  seconds: number,
): void {
  const place = shown(result.folder);
  if (result.stateHash === undefined || result.observation === undefined) {
    process.stdout.write(`stopped; go on from step ${result.step} with: wasserwerk resume ${place}\n`);
    return;
  }
  const state = `state ${result.stateHash.slice(0, 16)}… (the same for any number of workers)\n`;
  if (result.alreadyFinished || model === undefined) {
    process.stdout.write(
      `this run is finished: all ${result.step} steps are done\n${state}files in ${place}\n`,
    );
    return;
  }
  const { observation: o } = result;
  const { dimension: d, coordinateNames } = model;
  const nodes = Array.from(o.mass.keys())
    .sort((a, b) => o.mass[b] - o.mass[a] || a - b)
    .slice(0, SHOWN_NODES);
  if (model.graph.nodeCount <= SHOWN_NODES) nodes.sort((a, b) => a - b);
  const columns = coordinateNames.slice(0, 3);
  const rows = nodes.map((g) => [
    model.graph.nodeNames[g],
    withError(o.mass[g], o.massError[g]),
    ...columns.map((_, i) => withError(o.mean[g * d + i], o.meanError[g * d + i])),
    withError(o.potential[g], o.potentialError[g]),
  ]);
  const head =
    result.status === 'finished'
      ? `finished ${firstStep > 0 ? `steps ${firstStep} to ${model.stepCount}` : `${model.stepCount} steps`} in ${formatDuration(seconds)} (${formatRate(result.timings.particleStepsPerSecond, unit)} over all)`
      : `stopped after step ${result.step} of ${model.stepCount}; go on with: wasserwerk resume ${place}`;
  const files = ['observables.csv', 'observables.jsonl', 'jumps.csv', 'energy.csv', 'energy.jsonl'];
  files.push('lumped.csv', 'nodes.jsonl', 'best.json', 'points', 'snapshots.zarr', 'manifest.json');
  const there = files.filter((file) => existsSync(join(result.folder, file)));
  process.stdout.write(
    `${head}\n` +
      `at t = ${Number(o.time.toPrecision(10))}, mean potential energy ${withError(o.potentialEnergy, o.potentialEnergyError)}` +
      (o.kinetic ? `, kinetic ${withError(o.kinetic.total, o.kinetic.totalError)}` : '') +
      `${model.graph.nodeCount > SHOWN_NODES ? `, the ${SHOWN_NODES} heaviest of ${model.graph.nodeCount} nodes:` : ':'}\n` +
      table([['node', 'mass', ...columns.map((name) => `mean ${name}`), 'mean V'], ...rows]) +
      energyLine(result) +
      `${state}files in ${place}: ${there.join(', ')}\n`,
  );
}
