// The grid solution that `compare --reference` holds a run against: the run's own config on a grid, in the folder
// `reference` of the run. Solved once, and used again while the config is the same.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle, startRun } from '../cluster/mod.js';
import { loadBundle, type ConfigBundle } from '../config/mod.js';
import { RunFolder } from '../output/mod.js';
import { UsageError } from './exit.js';
import { shownFolder, type RunData } from './run-data.js';

/** Error of a time step of the reference, where the config names none. */
const tolerance = 1e-5;

export interface ReferenceOptions {
  /** Solve it even if there is one. */
  readonly fresh: boolean;
  readonly workers: number | undefined;
  /** Further changes of the config, as for `--set`. */
  readonly set: readonly string[];
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

/** The config of the reference. */
export function referenceBundle({ bundle, manifest }: RunData, set: readonly string[]): ConfigBundle {
  const { grid } = manifest.config as { readonly grid?: { readonly tolerance?: number } };
  const own = grid?.tolerance === undefined ? [`grid.tolerance=${tolerance}`] : [];
  return { ...bundle, overrides: [...bundle.overrides, 'representation=grid', ...own, ...set] };
}

/**
 * The folder of the reference, solved if need be; undefined if a signal stopped it.
 *
 * @throws UsageError if the run is on a grid itself
 * @throws ConfigError if there is no grid for the config
 */
export async function solveReference(run: RunData, options: ReferenceOptions): Promise<string | undefined> {
  if (run.model.representation === 'grid') {
    throw new UsageError(
      `${run.label} is a grid run itself; compare it with another run: wasserwerk compare ${run.label} <other>`,
    );
  }
  const bundle = referenceBundle(run, options.set);
  const folder = join(run.path, 'reference');
  if (existsSync(folder)) {
    if (!options.fresh && (await isSolved(folder, bundle))) {
      options.tell(
        `the reference in ${shownFolder(folder)} is of the same config and is used again (--fresh solves it anew)\n`,
      );
      return folder;
    }
    await RunFolder.discard(folder);
  }
  const config = loadBundle(bundle);
  options.tell(`solving the same config on a grid → ${shownFolder(folder)}\n`);
  const result = await startRun(config, {
    out: folder,
    signal: options.signal,
    warned: (text) => options.tell(`warning: ${text}\n`),
    ...(options.workers === undefined ? {} : { workers: options.workers }),
  });
  if (result.status !== 'finished') return undefined;
  options.tell(`solved in ${result.timings.wallSeconds.toFixed(1)} s\n`);
  return folder;
}

/** Whether a folder holds a finished run of exactly this config. */
async function isSolved(folder: string, bundle: ConfigBundle): Promise<boolean> {
  const { manifest } = await RunFolder.inspect(folder);
  if (manifest.status !== 'finished') return false;
  const { text, overrides, attachments } = await readBundle(folder);
  const key = (of: Pick<ConfigBundle, 'text' | 'overrides' | 'attachments'>): string =>
    JSON.stringify([
      of.text,
      of.overrides,
      Object.entries(of.attachments).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]);
  return key({ text, overrides, attachments }) === key(bundle);
}
