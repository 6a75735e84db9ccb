// The grid solution that `compare --reference` holds a run against: the run's own config on a grid, in the folder
// `reference` of the run. Solved once, and used again while the config is the same.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle, startRun } from '../cluster/mod.js';
import { loadBundle, type ConfigBundle, type RunConfig } from '../config/mod.js';
import { buildModel } from '../model/mod.js';
import { RunFolder } from '../output/mod.js';
import { UsageError } from './exit.js';
import { shownFolder, type RunData } from './run-data.js';

/** Error of a time step of the reference, where the config names none. */
const tolerance = 1e-5;
/** No grid is coarser. */
const fewestCells = 4;

export interface ReferenceOptions {
  /** Solve it even if there is one. */
  readonly fresh: boolean;
  readonly workers: number | undefined;
  /** Further changes of the config, as for `--set`. */
  readonly set: readonly string[];
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

/** The greatest common divisor. */
function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** The config of the reference. */
export function referenceBundle({ bundle, manifest }: RunData, set: readonly string[]): ConfigBundle {
  const config = manifest.config as unknown as RunConfig;
  const { grid, time, observe, snapshots } = config;
  const own = grid.tolerance === undefined ? [`grid.tolerance=${tolerance}`] : [];
  // On a grid the splitting changes the order of the error only: two needs far fewer steps than one.
  const ofGrid = ['representation=grid', 'dynamics.splitting=strang'];
  // The tolerance cuts steps as needed, but does not join them: so they are as long as what is looked at allows.
  const joined = [observe.every, snapshots?.every ?? observe.every].reduce(divisor, manifest.steps);
  const steps = [
    `time.step=${joined * time.step}`,
    ...(time.steps === undefined ? [] : [`time.steps=${time.steps / joined}`]),
    `observe.every=${observe.every / joined}`,
    ...(snapshots === undefined ? [] : [`snapshots.every=${snapshots.every / joined}`]),
  ];
  return { ...bundle, overrides: [...bundle.overrides, ...ofGrid, ...steps, ...own, ...set] };
}

/** The folders of the reference, and of the same on cells twice as wide, which tells how far the reference itself is off. */
export interface Reference {
  readonly fine: string;
  readonly coarse: string;
}

/**
 * The reference, solved if need be; undefined if a signal stopped it.
 *
 * @throws UsageError if the run is not of particles, or these have velocities
 * @throws ConfigError if there is no grid for the config
 */
export async function solveReference(
  run: RunData,
  options: ReferenceOptions,
): Promise<Reference | undefined> {
  if (run.model.representation !== 'particles') {
    throw new UsageError(
      `${run.label} is no run of particles; compare it with another run: wasserwerk compare ${run.label} <other>`,
    );
  }
  if (run.model.kinetics) {
    throw new UsageError(
      `${run.label} is of particles with velocities, which no grid has: compare it with another run, or, where both are ` +
        'stationary, with a grid run of kind gradient-flow: wasserwerk compare <run> <grid run>',
    );
  }
  const bundle = referenceBundle(run, options.set);
  const { model } = buildModel(loadBundle(bundle), { skipPreflight: true });
  const cells = (model.mesh?.cells ?? []).map((count) => Math.max(fewestCells, Math.ceil(count / 2)));
  const fine = join(run.path, 'reference');
  const coarse = join(fine, 'coarse');
  if (!(await solve(fine, bundle, 'the same config on a grid', options))) return undefined;
  const wide = { ...bundle, overrides: [...bundle.overrides, `grid.cells=[${cells.join(', ')}]`] };
  if (!(await solve(coarse, wide, 'the same on cells twice as wide', options))) return undefined;
  return { fine, coarse };
}

/** Solves a config into a folder, unless it has been. Returns whether there is a solution now. */
async function solve(
  folder: string,
  bundle: ConfigBundle,
  what: string,
  { fresh, signal, tell, workers }: ReferenceOptions,
): Promise<boolean> {
  if (existsSync(folder)) {
    if (!fresh && (await isSolved(folder, bundle))) {
      tell(`${what} is solved already in ${shownFolder(folder)} (--fresh solves it anew)\n`);
      return true;
    }
    await RunFolder.discard(folder);
  }
  tell(`solving ${what} → ${shownFolder(folder)}\n`);
  const result = await startRun(loadBundle(bundle), {
    out: folder,
    signal,
    warned: (text) => {
      tell(`warning: ${text}\n`);
    },
    ...(workers === undefined ? {} : { workers }),
  });
  if (result.status !== 'finished') return false;
  tell(`solved in ${result.timings.wallSeconds.toFixed(1)} s\n`);
  return true;
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
