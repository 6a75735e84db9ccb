// A folder for the tests of a file, removed after each test, and observations to write. Not a test.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Observation } from '../../src/estimate/mod.js';
import { OutputError, type TableLayout } from '../../src/output/mod.js';

/** Gives every test of the file a fresh folder; the function tells its path. */
export function useScratch(): () => string {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wasserwerk-output-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return () => folder;
}

/** The OutputError that a promise rejects with. */
export async function trouble(promise: Promise<unknown>): Promise<OutputError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof OutputError) return error;
  throw new Error(`expected an OutputError, got ${String(error)}`, { cause: error });
}

/** n nodes in a ring, every one joined to the next in both directions. */
export function ringLayout(nodeNames: readonly string[], coordinateNames: readonly string[]): TableLayout {
  const n = nodeNames.length;
  const targets = nodeNames.flatMap((_, g) => [(g + 1) % n, (g + n - 1) % n].sort((a, b) => a - b));
  return {
    nodeNames,
    coordinateNames,
    edges: {
      offsets: Int32Array.from({ length: n + 1 }, (_, g) => 2 * g),
      targets: Int32Array.from(targets),
    },
  };
}

/** An observation in which every number is different and says where it belongs. */
export function sampleObservation(layout: TableLayout, step: number): Observation {
  const n = layout.nodeNames.length;
  const d = layout.coordinateNames.length;
  const fill = (length: number, base: number): Float64Array =>
    Float64Array.from({ length }, (_, i) => base + i + step / 1000);
  return {
    step,
    time: step * 0.01,
    temperature: 1,
    nodeCount: n,
    dimension: d,
    count: Float64Array.from({ length: n }, (_, g) => 10 + g),
    mass: new Float64Array(n).fill(1 / n),
    massError: fill(n, 100),
    mean: fill(n * d, 200),
    meanError: fill(n * d, 300),
    covariance: fill(n * d * d, 400),
    varianceError: fill(n * d, 500),
    potential: fill(n, 600),
    potentialError: fill(n, 700),
    potentialEnergy: 1.5,
    potentialEnergyError: 0.25,
    ...(layout.hasVelocities && {
      kinetic: { ofNode: fill(n, 800), ofNodeError: fill(n, 900), total: 2.5, totalError: 0.125 },
    }),
    mixingEnergy: -0.75,
    jumps: Float64Array.from({ length: layout.edges.targets.length }, (_, e) => e),
  };
}
