// What a run is told, and what it tells while it goes on: types that its files share.

import type { RunConfig } from '../config/mod.js';
import type { EnergyRecord, Observation } from '../estimate/mod.js';
import type { Manifest } from '../output/mod.js';
import type { Evolution } from './evolution.js';
import type { SimulationOptions } from './simulation.js';

/** What a run tells while it goes on. */
export interface RunListener {
  /** After the files are there and before the first step. */
  begun?(run: {
    folder: string;
    manifest: Manifest;
    simulation: Evolution;
    resumedFrom: number | undefined;
  }): void;
  /** At every look: between segments of steps. */
  looked?(look: {
    step: number;
    rate: number;
    /** Steps that this process has done so far, those done again among them, and the seconds they took. */
    steps: number;
    stepSeconds: number;
    masses: Float64Array;
    observation: Observation | undefined;
    /** The energy known last, which may be of an earlier step; undefined where none is estimated. */
    energy: EnergyRecord | undefined;
  }): void;
  /** A checkpoint or a snapshot of this step is complete. */
  wrote?(what: { kind: 'checkpoint' | 'snapshot'; step: number }): void;
  /** An energy is known: in the order of the steps, each after the observation of its step was made. */
  estimated?(energy: EnergyRecord): void;
  /** The state was lost, or the work was shared out anew: the run has gone back to this step and goes on from there. */
  reformed?(reform: { reason: string; step: number }): void;
  /** Something a person should know. */
  warned?(text: string): void;
}

export interface RunOptions extends SimulationOptions, RunListener {
  /** Folder of the run; by default one below `runs`, named after the run and the time. */
  readonly out?: string;
  /** Ends the run early, with a checkpoint; its reason is the text in the manifest. */
  readonly signal?: AbortSignal;
  /** Name of a lock on the run that this process holds besides that of the folder (output/lock.ts). */
  readonly guard?: string;
  /** Asked at every look, and again when the promise that it gave resolves: a promise holds the run up. */
  readonly gate?: () => Promise<void> | undefined;
  /** Asked at every look, also of a run that is held up: true has a checkpoint written there. Not asked twice for one. */
  readonly checkpointWanted?: () => boolean;
  /**
   * Called at every look, also of a run that is held up, for reading the state as it is then; the run waits for the promise. What it
   * does may not change the state.
   */
  readonly atLook?: (simulation: Evolution) => Promise<void> | undefined;
  /**
   * Makes what evolves, in place of `createEvolution`: particles that live elsewhere. Given the options of the run; `signal`
   * ends waiting for others.
   */
  readonly evolve?: (config: RunConfig, options: EvolveOptions) => Promise<Evolution>;
}

export interface EvolveOptions extends SimulationOptions {
  readonly signal?: AbortSignal;
}
