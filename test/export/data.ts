// A small run as plain data, as exports get it: three nodes in two dimensions, three observations, two energies, two
// snapshots. Not a test.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { ExportData } from '../../src/export/mod.js';
import { compressGraph } from '../../src/model/mod.js';
import type { EnergyRecordJson, Manifest, ObservationRecord } from '../../src/output/mod.js';

export const nodeNames = ['left', 'a, "b"', 'größer'];

export const observations: readonly ObservationRecord[] = [0, 10, 25].map((step, t) => ({
  step,
  time: step / 100,
  temperature: 1,
  mass: [0.5, 0.25 + t / 100, 0.25 - t / 100],
  massError: [0.01, 0.02, 0.03],
  count: [50, 25 + t, 25 - t],
  mean: [
    [t, 1],
    [2, 3],
    [null, null],
  ],
  meanError: [
    [0.1, 0.1],
    [0.2, 0.2],
    [null, null],
  ],
  variance: [
    [1, 2],
    [3, 4],
    [5, 6],
  ],
  varianceError: [
    [0.5, 0.5],
    [0.5, 0.5],
    [0.5, 0.5],
  ],
  covariance: [1, 3, 5].map((v) => [
    [v, 0.25 * v],
    [0.25 * v, v + 1],
  ]),
  potential: [1, 2, null],
  potentialError: [0.1, 0.2, null],
  potentialEnergy: 1.5 - t,
  potentialEnergyError: 0.01,
  mixingEnergy: null,
  jumps: [t, 0, 2 * t, 0],
}));

export const energies: readonly EnergyRecordJson[] = [0, 10].map((step) => ({
  step,
  time: step / 100,
  temperature: 1,
  method: 'knn',
  entropy: [1, 2, null],
  entropyError: [0.1, 0.1, null],
  entropyBias: [0, 0, null],
  nodeEnergy: [0.5, 0.5, 0],
  nodeEnergyError: [0.1, 0.1, 0.1],
  energy: 1 - step / 100,
  energyError: 0.01,
  energyBias: 0,
  relativeEntropy: null,
  relativeEntropyError: null,
  dissipation: 2,
  dissipationError: 0.1,
  dissipationTransport: 1.5,
  dissipationReaction: 0.5,
  balance: 0,
  balanceError: 0.01,
}));

export const snapshots = [0, 20].map((step) => ({
  step,
  time: step / 100,
  x: Float32Array.from([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, step]),
  node: Int32Array.of(0, 1, 2, 1),
}));

const manifest = {
  status: 'finished',
  name: 'three nodes',
  wasserwerkVersion: '0.1.0',
  configText: 'name: three nodes\n# größer\n',
  config: { name: 'three nodes' },
  startedAt: '2026-01-31T14:23:59.000Z',
  stateHash: 'abc',
  stepsDone: 25,
  steps: 25,
  seed: 7,
} as unknown as Manifest;

async function* each<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list;
}

/** The run; `change` replaces parts of it. */
export function exportData(change: Partial<ExportData> = {}): ExportData {
  return {
    manifest,
    model: {
      dimension: 2,
      coordinateNames: ['x', 'time'],
      boundaries: [{ kind: 'periodic', low: -1, high: 3 }, { kind: 'free' }],
      graph: compressGraph(nodeNames, {
        from: Int32Array.of(0, 1),
        to: Int32Array.of(1, 2),
        weights: Float64Array.of(1, 2),
      }).graph,
      representation: 'particles',
      timeStep: 0.01,
      seed: 7,
    },
    tables: { csv: [] },
    observations: () => each(observations),
    energies: () => each(energies),
    snapshots: {
      coordinateNames: ['x', 'time'],
      nodeNames,
      particles: 4,
      hasVelocities: false,
      steps: snapshots.map(({ step }) => step),
      times: snapshots.map(({ time }) => time),
      read: async (index) => snapshots[index],
    },
    densities: undefined,
    chosen: snapshots.map(({ step, time }, index) => ({ step, time, index })),
    author: 'N. N.',
    ...change,
  };
}

/** The same run as if it were of a grid of 2 x 3 cells. */
export function gridData(): ExportData {
  return exportData({
    snapshots: undefined,
    densities: {
      coordinateNames: ['x', 'time'],
      nodeNames,
      mesh: { cells: [2, 3], low: [0, -3], high: [1, 3], periodic: [true, false] },
      steps: [0, 20],
      times: [0, 0.2],
      read: async (index) => Float64Array.from({ length: 18 }, (_, i) => i + 100 * index),
      readPotential: undefined,
    },
  });
}

/** The same run with velocities, w = 2 x. */
export function kineticData(): ExportData {
  const data = exportData();
  return exportData({
    snapshots: data.snapshots && {
      ...data.snapshots,
      hasVelocities: true,
      read: async (index) => ({ ...snapshots[index], w: snapshots[index].x.map((value) => 2 * value) }),
    },
  });
}

/** The run of a grid with phi, -f. */
export function secondOrderData(): ExportData {
  const data = gridData();
  const { densities } = data;
  return {
    ...data,
    densities: densities && {
      ...densities,
      readPotential: async (index) => (await densities.read(index)).map((value) => -value),
    },
  };
}

/** A folder for each test; the function tells a path in it. */
export function useScratch(): (...names: string[]) => string {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wasserwerk-export-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return (...names) => join(folder, ...names);
}

export const never: AbortSignal = new AbortController().signal;
