// `wasserwerk report`: a run folder as one HTML page. Reads and writes; what the page shows is src/report.

import { dirname, join, resolve } from 'node:path';
import { makeFolders, writeFileAtomic } from '../output/mod.js';
import { renderReport, type ReportSnapshot } from '../report/mod.js';
import { exitCode } from './exit.js';
import { readLaws, readRun, shownFolder, snapshotsAt, type RunData, type SnapshotTime } from './run-data.js';

export interface ReportOptions {
  readonly out?: string;
  /** Steps of the snapshots to show. */
  readonly at: readonly number[];
}

/** Snapshots that are shown unless told: the first, the last, and one in between. */
const shownSnapshots = 3;

export async function report(folder: string, options: ReportOptions): Promise<number> {
  const run = await readRun(folder);
  const snapshots: ReportSnapshot[] = [];
  for (const { step, time, index } of chosenSnapshots(run, options.at))
    snapshots.push({ step, time, laws: await readLaws(run, index) });
  const { bundle, manifest, model } = run;
  const page = renderReport({
    folder: run.label,
    manifest,
    isLive: run.isLive,
    description:
      typeof manifest.config['description'] === 'string' ? manifest.config['description'] : undefined,
    configFile: bundle.file,
    overrides: bundle.overrides,
    representation: model.representation,
    particles: model.particleCount,
    dimension: model.dimension,
    boundaries: model.boundaries,
    graph: model.graph,
    observations: run.observations,
    energies: run.energies,
    snapshots,
  });
  const out = resolve(options.out ?? join(run.path, 'report.html'));
  await makeFolders(dirname(out));
  await writeFileAtomic(out, page);
  process.stdout.write(`wrote ${shownFolder(out)} (${Math.ceil(Buffer.byteLength(page) / 1024)} KiB)\n`);
  return exitCode.done;
}

/** The snapshots at the steps asked for; else first, last, and the one nearest to the geometric middle of their times. */
function chosenSnapshots(run: RunData, at: readonly number[]): readonly SnapshotTime[] {
  const all = snapshotsAt(run, at);
  if (at.length > 0) return all;
  if (all.length <= shownSnapshots) return all;
  const last = all[all.length - 1];
  const middle = Math.sqrt(all[1].time * last.time);
  const inner = all
    .slice(1, -1)
    .reduce((best, one) => (Math.abs(one.time - middle) < Math.abs(best.time - middle) ? one : best));
  return [all[0], inner, last];
}
