// `wasserwerk optimize`: searches for the best structure and its best point by a lumped flow; the answer is a table of nodes by mass. What a search is
// and how it runs is src/optimize; here are flags, signals, progress and exit codes.

import { dirname, resolve } from 'node:path';
import {
  coreCount,
  MachineHost,
  newRunId,
  now,
  readIdentity,
  RunStopped,
  TakenOver,
} from '../cluster/mod.js';
import { loadBundle, loadConfig, type RunConfig } from '../config/mod.js';
import { buildModel } from '../model/mod.js';
import {
  answerOf,
  plain,
  Search,
  SearchFolder,
  setUp,
  type AnswerNode,
  type SearchEnding,
  type SearchListener,
  type SearchLook,
  type SearchReport,
  type SearchSetup,
  type SearchState,
} from '../optimize/mod.js';
import { exitCode, UsageError } from './exit.js';
import { counted, table } from './format.js';
import { wantsMachines, type MachineFlags } from './machine-flags.js';
import type { MachineSession } from './machine-session.js';
import { shownFolder } from './run-data.js';
import { requireTrust } from './trust.js';

export interface OptimizeFlags extends MachineFlags {
  readonly set: readonly string[];
  readonly seed?: string;
  readonly out?: string;
  readonly resume?: string;
  readonly workers?: number;
  readonly allowModules?: true;
  readonly quiet?: true;
  readonly json?: true;
}

/** Seconds between two lines of progress at least. */
const PROGRESS_SECONDS = 2;

type Measured = Readonly<Record<string, number>>;

export async function optimize(file: string | undefined, flags: OptimizeFlags): Promise<number> {
  const begun = await (flags.resume === undefined ? begin(file, flags) : goOn(file, flags, flags.resume));
  const { config, folder, state } = begun;
  const say = (text: string): void => {
    if (flags.quiet !== true) process.stderr.write(`${text}\n`);
  };
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(exitCode.interrupted);
    say(`${signal}: writing a checkpoint and stopping (once more to stop at once)`);
    stop.abort(signal);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  let setup: SearchSetup | undefined;
  let session: MachineSession | undefined;
  try {
    // A dummy stands for the potential where there is an objective: checks of it would say nothing.
    const { model } = buildModel(config, { skipPreflight: config.objective !== undefined });
    session = await openMachines(flags, folder, stop.signal, say);
    const open = {
      isTrusted: flags.allowModules === true,
      // With machines little is left to do here, but that not on the thread that talks to them.
      workers: session ? Math.min(2, coreCount()) : (flags.workers ?? coreCount()),
      warn: (text: string) => say(`warning: ${text}`),
    };
    setup = await setUp(config, model, open, elsewhere(session, folder));
    say(
      `${config.name}: ${state ? `on from step ${state.flow?.step ?? 0} of round ${state.round + 1}` : 'from the start'} → ${shownFolder(folder.path)}`,
    );
    const search = new Search(setup, config.optimize, config.seed, config.observe.every, state);
    const ending = await search.run(stop.signal, listenerOf(config, folder, say));
    const nodes = await measured(setup, answerOf(search.rounds, config.optimize.top));
    const best = search.best;
    const bestMeasured =
      best && setup.objective.measure ? await setup.objective.measure(best.x, best.node) : {};
    const report: SearchReport = {
      status: ending === 'interrupted' ? 'interrupted' : 'finished',
      ...{ ending, seconds: search.seconds, counts: search.counts, best, nodes },
      rounds: search.rounds.map(({ nodes: _nodes, ...round }) => round),
    };
    await folder.report(report);
    tell(folder, report, bestMeasured, flags);
    await setup.host?.close(ending === 'interrupted' ? 'the search was stopped' : 'the search is over');
    if (ending !== 'interrupted') return exitCode.done;
    return stop.signal.reason === 'SIGINT' ? exitCode.interrupted : exitCode.stopped;
  } catch (thrown) {
    const error = session ? await session.explained(thrown) : thrown;
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof RunStopped) {
      await folder.report({ status: 'interrupted', error: text });
      say(`${text}\ngo on with: wasserwerk optimize --resume ${shownFolder(folder.path)}`);
      return stop.signal.reason === 'SIGINT' ? exitCode.interrupted : exitCode.stopped;
    }
    // Whoever has the search now has its folder, too.
    if (!(error instanceof TakenOver)) await folder.report({ status: 'failed', error: text });
    throw error;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await setup?.host?.close('the search has failed');
    await session?.close();
    await setup?.objective.close?.();
    await folder.close();
  }
}

/** Everything that a search on machines needs around it; undefined where none are wanted. */
async function openMachines(
  flags: OptimizeFlags,
  folder: SearchFolder,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<MachineSession | undefined> {
  if (!wantsMachines(flags)) return undefined;
  if (flags.standby) throw new UsageError('--standby is for runs: searches have none');
  const { openSession } = await import('./machine-session.js');
  const run = (await readIdentity(folder.path))?.run ?? newRunId();
  const { workers, allowModules } = flags;
  return openSession({ flags, workers, allowModules: allowModules === true, run, signal, say });
}

function elsewhere(session: MachineSession | undefined, folder: SearchFolder): Parameters<typeof setUp>[3] {
  return session && { makeHost: (run) => new MachineHost(session.epochs, run), folder: folder.path };
}

interface Begun {
  readonly config: RunConfig;
  readonly folder: SearchFolder;
  readonly state: SearchState | undefined;
}

async function begin(file: string | undefined, flags: OptimizeFlags): Promise<Begun> {
  if (file === undefined) throw new UsageError('give a config, or --resume FOLDER to go on with a search');
  const config = loadConfig(file, { seed: flags.seed, overrides: flags.set });
  requireTrust(config, flags.allowModules === true);
  // Reads all files that the config names, so that the bundle is whole.
  buildModel(config, { skipPreflight: true });
  const folder = await SearchFolder.start(
    config.name,
    dirname(resolve(file)),
    config.source.bundle(),
    flags.out,
  );
  return { config, folder, state: undefined };
}

async function goOn(file: string | undefined, flags: OptimizeFlags, resume: string): Promise<Begun> {
  if (file !== undefined || flags.set.length > 0 || flags.seed !== undefined)
    throw new UsageError('--resume takes config, values and seed from the folder: leave them out');
  if (flags.out !== undefined)
    throw new UsageError('--resume and --out both name a folder: keep one of them');
  const { folder, state, isFinished } = await SearchFolder.open(resume);
  try {
    if (isFinished) throw new UsageError(`the search in ${resume} is finished: its answer is in nodes.csv`);
    const config = loadBundle(folder.bundle, { folder: folder.configFolder });
    requireTrust(config, flags.allowModules === true);
    return { config, folder, state };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

function listenerOf(config: RunConfig, folder: SearchFolder, say: (text: string) => void): SearchListener {
  const { every } = config.checkpoint;
  let saved = now();
  let shown = -Infinity;
  return {
    observed: async (look) => {
      await folder.observe(look);
      if (now() - shown < PROGRESS_SECONDS) return;
      shown = now();
      say(line(look));
    },
    wantsCheckpoint: (step) =>
      every.kind === 'steps' ? step % every.steps === 0 : now() - saved >= every.seconds,
    checkpoint: async (state) => {
      await folder.save(state);
      saved = now();
    },
    lost: async (reason) => {
      const state = await folder.goBack();
      say(
        `${reason}: going on from ${state ? `step ${state.flow?.step ?? 0} of round ${state.round + 1}` : 'the start'}`,
      );
      return state;
    },
  };
}

function line({ round, step, energies, best, counts, alive, heaviest, mass }: SearchLook): string {
  return (
    `round ${round}, step ${step}: best V ${short(best?.value ?? NaN)} (${best?.node ?? '-'}), E ${short(energies.energy)}, ` +
    `${heaviest} has ${(100 * mass).toFixed(1)} %, ${alive} of ${counts.examined} nodes alive, ${counts.gradients} gradients`
  );
}

async function measured(
  { objective }: SearchSetup,
  nodes: readonly AnswerNode[],
): Promise<(AnswerNode & { readonly measured: Measured })[]> {
  const lines: (AnswerNode & { readonly measured: Measured })[] = [];
  for (const node of nodes)
    lines.push({ ...node, measured: (await objective.measure?.(node.x, node.node)) ?? {} });
  return lines;
}

const ENDINGS: Readonly<Record<SearchEnding, string>> = {
  rounds: 'all rounds are done',
  seconds: 'the time is up',
  evaluations: 'the evaluations are used up',
  interrupted: 'interrupted',
};

/** Coordinates of a best point that are shown. */
const SHOWN_COORDINATES = 6;

function tell(
  folder: SearchFolder,
  report: SearchReport,
  bestMeasured: Measured,
  flags: OptimizeFlags,
): void {
  const { best, counts, ending = 'rounds', nodes = [], rounds = [], seconds = 0 } = report;
  if (flags.json) {
    const shown = {
      ...{ folder: folder.path, status: report.status, ending, seconds, counts, rounds },
      best: best && { ...plain(best), measured: bestMeasured },
      nodes: nodes.map(plain),
    };
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    return;
  }
  if (flags.quiet === true) return;
  const measures = Object.keys(nodes[0]?.measured ?? {});
  const head = ['node', 'mass', 'V', 'x', ...measures];
  const rows = nodes.map((node) => [
    ...[node.node, node.mass.toFixed(4), short(node.value), coordinates(node.x)],
    ...measures.map((measure) => short(node.measured[measure])),
  ]);
  process.stdout.write(
    `${ENDINGS[ending]} after ${seconds.toFixed(1)} s: ${counted(rounds.length, 'round')}, ` +
      `${counts?.gradients ?? 0} gradients, ${counts?.evaluations ?? 0} further values, ${counts?.examined ?? 0} nodes examined\n` +
      table([head, ...rows]) +
      (best
        ? `best: V = ${short(best.value)} on ${best.node} at ${coordinates(best.x)}, in round ${best.round} at step ${best.step} ` +
          `(t = ${short(best.time)}, after ${best.seconds.toFixed(1)} s)` +
          `${Object.entries(bestMeasured)
            .map(([name, value]) => `, ${name} ${short(value)}`)
            .join('')}\n`
        : '') +
      (report.status === 'interrupted'
        ? `go on with: wasserwerk optimize --resume ${shownFolder(folder.path)}${flags.allowModules ? ' --allow-modules' : ''}\n`
        : '') +
      `files in ${shownFolder(folder.path)}: nodes.csv, best.json, progress.csv, optimize.json\n`,
  );
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : '-';
}

function coordinates(x: Float64Array): string {
  if (x.length > SHOWN_COORDINATES) return `(${x.length} numbers)`;
  return `(${Array.from(x, (value) => String(Number(value.toPrecision(4)))).join(', ')})`;
}
