// What evolves in a run: particles or a density on a grid, and what the run loop does with either. Not the evolving
// (simulation.ts, grid-simulation.ts).

import type { RunConfig } from '../config/mod.js';
import { StateError, watch, type Observation } from '../estimate/mod.js';
import type { CheckpointPart } from '../output/mod.js';
import { checkpointParts, stateFromParts } from './checkpoint.js';
import { GridSimulation } from './grid-simulation.js';
import { Simulation, type SimulationOptions } from './simulation.js';

export type Evolution = Simulation | GridSimulation;

/** What a config asks for. @throws ConfigError, MemoryLimitError, GridError */
export function createEvolution(config: RunConfig, options: SimulationOptions = {}): Evolution {
  switch (config.representation) {
    case 'particles':
      return Simulation.create(config, options);
    case 'grid':
      return GridSimulation.create(config, options);
    default:
      return config.representation satisfies never;
  }
}

/** The state as the parts of a checkpoint, made one at a time. */
export function partsOf(evolution: Evolution): Iterable<CheckpointPart> {
  return evolution.kind === 'grid' ? evolution.checkpointParts() : checkpointParts(evolution);
}

/**
 * Puts the state of a checkpoint back. Only once, in place of `start`.
 * @throws RangeError if the parts do not belong to this model
 */
export function restoreParts(evolution: Evolution, step: number, parts: readonly CheckpointPart[]): void {
  if (evolution.kind === 'grid') evolution.restoreParts(step, parts);
  else {
    const { model, kernel } = evolution;
    evolution.restore(stateFromParts(model, kernel.plan.fields, step, parts));
  }
}

/** Masses of a grid sum to 1 but for rounding: about 1e-16 a step. */
const LOST_MASS = 1e-9;

/**
 * Watches over an observation.
 * @throws StateError
 */
export function watchOver({ kind, model }: Evolution, observation: Observation): void {
  if (kind === 'particles') {
    watch(model, observation);
    return;
  }
  const total = observation.mass.reduce((sum, mass) => sum + mass, 0);
  if (Math.abs(total - 1) <= LOST_MASS) return;
  const isFinite = Number.isFinite(total);
  throw new StateError(
    isFinite ? 'mass-lost' : 'not-finite',
    `at step ${observation.step} the masses on the grid sum to ${total}, not to 1; this is a defect of the program, please ` +
      'report it with the config',
  );
}
