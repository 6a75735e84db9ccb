// What evolves in a run: particles (in this process, or elsewhere), a density on a grid, or lumped points, and what the run loop asks of
// either. Not the evolving (simulation.ts, grid-simulation.ts, lumped/), and not what happens when a state is lost (run.ts).

import type { RunConfig } from '../config/mod.js';
import { StateError, watch, type Observation } from '../estimate/mod.js';
import type { Model, Preflight } from '../model/mod.js';
import type { Checkpoint, DraftParts, PartStorage, PartStorages } from '../output/mod.js';
import type { CrewReport } from './crew-report.js';
import { GridSimulation } from './grid-simulation.js';
import { LumpedSimulation } from './lumped/simulation.js';
import { Simulation, type SimulationOptions, type WorkLoad } from './simulation.js';

/** Particles of which coordinates are wanted: ascending indices in the storage order of the shard. */
export interface RowRequest {
  readonly shard: number;
  readonly indices: readonly number[];
}

/**
 * A particle run, wherever its particles are. Any call that returns a promise may reject with `StateLost` or `RunStopped`
 * where they are not in this process. Calls do not overlap.
 */
export interface ParticleEvolution {
  readonly kind: 'particles';
  readonly config: RunConfig;
  readonly model: Model;
  readonly notes: readonly Preflight[];
  readonly step: number;
  readonly workers: number;
  /** What is counted in rates. */
  readonly units: number;
  readonly replicas: number;
  readonly load: WorkLoad;
  readonly crew: CrewReport;
  readonly shardCount: number;
  /** Seconds of stepping that one `advance` should take, where it has to be asked of others. */
  readonly segmentSeconds?: number;

  /**
   * Where checkpoints of a run in this folder go and are found; asked before `start` or `restore`, and again after each
   * `reform`. Without it: in the folder.
   */
  storages?(runFolder: string): Promise<PartStorages>;

  /** Draws the initial state. */
  start(): Promise<void>;
  /** Steps to the given step. */
  advance(to: number): Promise<void>;
  /** Moments of every shard, and what follows from them. */
  observe(): Promise<Observation>;

  /** Fraction of the particles on each node. This and the next two are known without asking anybody. */
  masses(): Float64Array;
  /** Particles of a shard. */
  count(shard: number): number;
  /** Jumps per directed edge since step 0. */
  jumps(): Float64Array;

  /**
   * Coordinates of some particles in the model's precision: row after row, request after request.
   * @param fields numbers per row, in place of the coordinates alone: 2 d for what follows them (velocities), too
   */
  rows(of: readonly RowRequest[], fields?: number): Promise<Float32Array | Float64Array>;
  /** See particles/store.ts: the same for any number of workers and machines. */
  stateHash(): Promise<string>;
  /** Puts all parts of a checkpoint into a draft. */
  save(draft: DraftParts): Promise<void>;
  /** Puts a state back, in place of `start`. @throws RangeError if it is not of this model */
  restore(checkpoint: Checkpoint, storage: PartStorage): Promise<void>;

  /**
   * Why the work should be shared out anew at this look, or undefined. The run loop then takes a checkpoint, calls `reform`
   * and goes on from it.
   */
  pendingReform?(): string | undefined;
  /** Begins anew after a loss or a change; the state is empty until `start` or `restore`. */
  reform?(): Promise<void>;

  close(): Promise<void>;
}

export type Evolution = ParticleEvolution | GridSimulation | LumpedSimulation;

/** The state is gone, since a machine was lost, say. The run goes back to its last checkpoint. */
export class StateLost extends Error {
  override readonly name = 'StateLost';
  readonly code = 'state-lost';
}

/** The run cannot go on now but can be resumed later: there are no machines, say. It ends as `interrupted`. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';
  readonly code = 'stopped';
  /** Of the command. */
  readonly exitCode = 3;
}

/** Another process goes on with the run: this one must not touch its folder any more. */
export class TakenOver extends Error {
  override readonly name = 'TakenOver';
  readonly code = 'stopped';
  /** Of the command. */
  readonly exitCode = 3;
}

/** What a config asks for, in this process. @throws ConfigError, MemoryLimitError, GridError */
export function createEvolution(
  config: RunConfig,
  options: SimulationOptions = {},
): Simulation | GridSimulation | LumpedSimulation {
  switch (config.representation) {
    case 'particles':
      return Simulation.create(config, options);
    case 'grid':
      return GridSimulation.create(config, options);
    case 'lumped':
      return LumpedSimulation.create(config, options);
    default:
      return config.representation satisfies never;
  }
}

/** Masses that no particles carry sum to 1 but for rounding: about 1e-16 a step. */
const LOST_MASS = 1e-9;

/**
 * Watches over an observation.
 * @throws StateError
 */
export function watchOver(evolution: Evolution, observation: Observation): void {
  if (evolution.kind === 'particles') {
    watch(evolution.model, observation);
    return;
  }
  // Nodes that were born are not in observations.
  const masses = evolution.kind === 'lumped' ? evolution.flow.masses : observation.mass;
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  if (Math.abs(total - 1) <= LOST_MASS) return;
  const isFinite = Number.isFinite(total);
  throw new StateError(
    isFinite ? 'mass-lost' : 'not-finite',
    `at step ${observation.step} the masses sum to ${total}, not to 1; this is a defect of the program, please ` +
      'report it with the config',
  );
}
