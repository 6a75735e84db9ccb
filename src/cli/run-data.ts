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

export interface RunData extends Inspection {
  readonly label: string;
  readonly bundle: ConfigBundle;
  readonly model: Model;
  readonly observations: readonly ObservationRecord[];
  readonly energies: readonly EnergyRecordJson[];
  /** Of a particle run with snapshots. */
  readonly snapshots: SnapshotSeries | undefined;
  /** Of a grid run with snapshots. */
  readonly densities: DensitySeries | undefined;
}

/**
 * Reads a run folder, but for its snapshots, which are read one by one.
 *
 * @throws UsageError where there is no such folder
 * @throws OutputError where it is not a run, or damaged
 */
export async function readRun(folder: string): Promise<RunData> {
  if (!existsSync(folder)) {
    throw new UsageError(
      `there is no folder ${folder}; give one that \`wasserwerk run\` named when it started`,
    );
  }
  const inspection = await RunFolder.inspect(folder);
  const { path } = inspection;
  const bundle = await readBundle(path);
  const { model } = buildModel(loadBundle(bundle), { skipPreflight: true });
  const [observations, energies] = await Promise.all([
    gathered(readObservations(path)),
    gathered(readEnergy(path)),
  ]);
  const [snapshots, densities] = await Promise.all([readSnapshots(path), openDensities(path)]);
  return {
    ...inspection,
    label: shownFolder(path),
    bundle,
    model,
    observations,
    energies,
    snapshots,
    densities,
  };
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

/** Times of the snapshots of a run, of whatever kind. */
export function snapshotTimes(run: RunData): readonly { step: number; time: number; index: number }[] {
  const { steps, times } = run.snapshots ?? run.densities ?? { steps: [], times: [] };
  return steps.map((step, index) => ({ step, time: times[index], index }));
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
