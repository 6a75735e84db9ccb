// `wasserwerk export`: a run folder as files for other programs. Opens the run, finds the place, and says what came of it;
// what is written is src/export.

import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formats, putInPlace, type ExportData, type FormatName } from '../export/mod.js';
import { readEnergy, readObservations, RecordError } from '../output/mod.js';
import { exitCode, report, UsageError } from './exit.js';
import { openRun, shownFolder, snapshotsAt, type OpenRun } from './run-data.js';

export interface ExportOptions {
  readonly to: FormatName;
  readonly out?: string;
  /** Steps of the snapshots to export; all if there are none. */
  readonly at: readonly number[];
  readonly force?: true;
  readonly author: string;
}

/** CSV tables of a run, which are copied as they stand. */
const csvTables = ['observables.csv', 'energy.csv', 'jumps.csv'];

export async function exportRun(folder: string, options: ExportOptions): Promise<number> {
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    stop.abort(signal);
    // The second one ends the process at once.
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const run = await openRun(folder);
    const format = formats[options.to];
    const out = resolve(options.out ?? join(run.path, format.defaultName));
    const data = exportData(run, options);
    const notes = await putInPlace(out, format.look, options.force === true, (path) =>
      format.write(data, path, stop.signal),
    );
    process.stdout.write(`wrote ${shownFolder(out)} (${size(await bytesOf(out))}), ${contents(data)}\n`);
    for (const note of [...statusNotes(run), ...notes]) process.stderr.write(`note: ${note}\n`);
    return exitCode.done;
  } catch (error) {
    if (stop.signal.aborted) {
      process.stderr.write('stopped; nothing is written\n');
      return stop.signal.reason === 'SIGTERM' ? exitCode.stopped : exitCode.interrupted;
    }
    if (!(error instanceof RecordError)) throw error;
    // The run is done; it is the folder that cannot be used.
    report(error);
    return exitCode.usage;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function exportData(run: OpenRun, { at, author }: ExportOptions): ExportData {
  const { path, manifest, model, snapshots, densities, label } = run;
  if (!existsSync(join(path, 'observables.jsonl'))) {
    throw new UsageError(
      `${label} has no observations: there is no observables.jsonl. If the run has just begun, wait a moment`,
    );
  }
  return {
    manifest,
    model,
    tables: { csv: csvTables.map((name) => join(path, name)).filter((table) => existsSync(table)) },
    observations: () => readObservations(path),
    energies: () => readEnergy(path),
    snapshots,
    densities,
    chosen: snapshotsAt(run, at),
    author,
  };
}

function contents({ snapshots, chosen, manifest }: ExportData): string {
  const kind = snapshots ? ` of ${snapshots.particles.toLocaleString('en')} particles` : '';
  const count = `${chosen.length} ${chosen.length === 1 ? 'snapshot' : 'snapshots'}`;
  return `${manifest.name}: ${chosen.length === 0 ? 'no snapshots' : `${count}${kind}`}`;
}

/** What to know of a run that has not come to its end. */
function statusNotes({ manifest, isLive }: OpenRun): readonly string[] {
  switch (manifest.status) {
    case 'finished':
      return [];
    case 'running':
      return [
        isLive
          ? 'the run goes on: this is what it had written by now'
          : 'the run was killed: this is what it had written',
      ];
    case 'interrupted':
      return [`the run was stopped after step ${manifest.stepsDone} of ${manifest.steps}`];
    case 'failed':
      return [`the run failed after step ${manifest.stepsDone}: ${manifest.error.message.split('\n')[0]}`];
    default:
      return manifest satisfies never;
  }
}

async function bytesOf(path: string): Promise<number> {
  const about = await stat(path);
  if (!about.isDirectory()) return about.size;
  const files = await Promise.all((await readdir(path)).map((name) => stat(join(path, name))));
  return files.reduce((bytes, file) => bytes + file.size, 0);
}

function size(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
