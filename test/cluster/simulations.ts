// Simulations on the calling thread for the tests of this folder. Not a test.

import { Simulation, type Evolution } from '../../src/cluster/mod.js';
import { parseConfig } from '../../src/config/mod.js';
import { heldCheckpoint, type CheckpointPart } from '../../src/output/mod.js';

export const ringOfWells = {
  space: { variables: ['x', 'y'] },
  graph: { ring: 5, weight: 2 },
  potential: { formula: '0.5*(x^2 + y^2) + 0.5*node' },
  temperature: 1,
  particles: 3000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.02, steps: 100 },
  seed: 4,
};

export function createSimulation(changes: object = {}): Simulation {
  const config = parseConfig(JSON.stringify({ ...ringOfWells, ...changes }));
  return Simulation.create(config, { workers: 0, skipPreflight: true });
}

/** A simulation that was stepped so far. */
export async function steppedSimulation(steps: number, changes: object = {}): Promise<Simulation> {
  const simulation = createSimulation(changes);
  await simulation.start();
  await simulation.advance(steps);
  return simulation;
}

/** What a simulation puts into a checkpoint. */
export async function partsOf(evolution: Evolution): Promise<CheckpointPart[]> {
  const { draft, checkpoint, storage } = heldCheckpoint(evolution.step);
  await evolution.save(draft);
  const parts: CheckpointPart[] = [];
  for (const entry of checkpoint.parts.slice(1)) {
    parts.push({ name: entry.name, bytes: Uint8Array.from(await storage.read('', entry)) });
  }
  return parts;
}

/** Restores a simulation from such parts. */
export async function restoreParts(
  evolution: Evolution,
  step: number,
  parts: readonly CheckpointPart[],
): Promise<void> {
  const { checkpoint, storage } = heldCheckpoint(step, parts);
  await evolution.restore(checkpoint, storage);
}
