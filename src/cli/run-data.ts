// A run folder as `compare` and `report` read it: manifest, the model of its config, tables, snapshots. Read only; nothing
// is judged or drawn here.

import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { readBundle } from '../cluster/mod.js';
import { lawsOfDensity, lawsOfParticles, type Law, type Side } from '../compare/mod.js';
import { loadBundle, type ConfigBundle } from '../config/mod.js';
import { buildModel, type Model } from '../model/mod.js';
import {
  openDensities,
  readEnergy,
  readObservations,
  readSnapshots,
  RunFolder,
  type DensitySeries,
  type EnergyRecordJson,
  type Inspection,
  type ObservationRecord,
  type SnapshotSeries,
} from '../output/mod.js';
import { UsageError } from './exit.js';

/** A run folder whose tables and snapshots are still to be read. */
export interface OpenRun extends Inspection {
  readonly label: string;
  readonly bundle: ConfigBundle;
  readonly model: Model;
  /** Of a particle run with snapshots. */
  readonly snapshots: SnapshotSeries | undefined;
  /** Of a grid run with snapshots. */
  readonly densities: DensitySeries | undefined;
}

export interface RunData extends OpenRun {
  readonly observations: readonly ObservationRecord[];
  readonly energies: readonly EnergyRecordJson[];
}

/**
 * Opens a run folder.
 *
 * @throws UsageError where there is no such folder
 * @throws OutputError where it is not a run, or damaged
 */
export async function openRun(folder: string): Promise<OpenRun> {
  if (!existsSync(folder)) {
    throw new UsageError(
      `there is no folder ${folder}; give one that \`wasserwerk run\` named when it started`,
    );
  }
  const inspection = await RunFolder.inspect(folder);
  const { path } = inspection;
  const bundle = await readBundle(path);
  const { model } = buildModel(loadBundle(bundle), { skipPreflight: true });
  const [snapshots, densities] = await Promise.all([readSnapshots(path), openDensities(path)]);
  return { ...inspection, label: shownFolder(path), bundle, model, snapshots, densities };
}

/**
 * Reads a run folder, but for its snapshots, which are read one by one. Throws as `openRun`.
 */
export async function readRun(folder: string): Promise<RunData> {
  const run = await openRun(folder);
  const [observations, energies] = await Promise.all([
    gathered(readObservations(run.path)),
    gathered(readEnergy(run.path)),
  ]);
  return { ...run, observations, energies };
}

async function gathered<T>(records: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const record of records) list.push(record);
  return list;
}

/** A folder as a person would write it from here. */
export function shownFolder(folder: string): string {
  const path = relative(process.cwd(), folder);
  return path.startsWith('..') || path === '' ? folder : path;
}

/** What of it is compared. */
export function sideOf(run: RunData): Side {
  const { manifest, model } = run;
  return {
    label: run.label,
    representation: model.representation,
    particles: model.particleCount,
    seed: model.seed,
    stateHash: manifest.stateHash,
    nodeNames: model.graph.nodeNames,
    coordinateNames: model.coordinateNames,
    boundaries: model.boundaries,
    edges: model.graph,
    config: manifest.config,
    observations: run.observations,
    energies: run.energies,
  };
}

/** A snapshot by its place in the series of the run. */
export interface SnapshotTime {
  readonly step: number;
  readonly time: number;
  readonly index: number;
}

/** Times of the snapshots of a run, of whatever kind. */
export function snapshotTimes(run: OpenRun): readonly SnapshotTime[] {
  const { steps, times } = run.snapshots ?? run.densities ?? { steps: [], times: [] };
  return steps.map((step, index) => ({ step, time: times[index], index }));
}

/**
 * The snapshots at the given steps, ascending; all if no step is given.
 *
 * @throws UsageError where there is none at a step
 */
export function snapshotsAt(run: OpenRun, at: readonly number[]): readonly SnapshotTime[] {
  const all = snapshotTimes(run);
  if (at.length === 0) return all;
  return [...new Set(at)]
    .sort((a, b) => a - b)
    .map((step) => {
      const found = all.find((snapshot) => snapshot.step === step);
      if (found) return found;
      throw new UsageError(
        all.length === 0
          ? `${run.label} has no snapshots: its config has no key snapshots`
          : `${run.label} has no snapshot at step ${step}, but at ${all
              .slice(0, 20)
              .map((snapshot) => snapshot.step)
              .join(', ')}${all.length > 20 ? ' …' : ''}`,
      );
    });
}

/** The laws of x given the nodes in a snapshot. */
export async function readLaws(run: RunData, index: number): Promise<readonly (Law | undefined)[]> {
  const { dimension, graph } = run.model;
  if (run.snapshots) {
    const { x, node } = await run.snapshots.read(index);
    return lawsOfParticles(x, node, dimension, graph.nodeCount);
  }
  if (run.densities) {
    return lawsOfDensity(await run.densities.read(index), run.densities.mesh, graph.nodeCount);
  }
  return [];
}
