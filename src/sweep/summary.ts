// From the results of single runs to points: means over seeds and their standard errors. And what a run leaves for that.

import type { RunResult } from '../cluster/mod.js';
import type { SweepPlan } from './plan.js';

export type SweepStatus = 'waiting' | 'finished' | 'interrupted' | 'failed';

/** A number and its standard error; null where not known. */
export interface Measured {
  readonly value: number | null;
  readonly error: number | null;
}

/** What is known of one run. */
export interface SweepRecord {
  readonly number: number;
  readonly status: SweepStatus;
  readonly error?: { readonly code: string; readonly message: string };
  readonly step?: number;
  readonly time?: number;
  /** Wall time of all its parts. */
  readonly seconds?: number;
  readonly nodeNames?: readonly string[];
  readonly mass?: readonly Measured[];
  readonly potentialEnergy?: Measured;
  /** E and KL, where they are estimated. */
  readonly energy?: Measured;
  readonly relativeEntropy?: Measured;
  readonly stateHash?: string;
}

const known = (value: number | null | undefined): number | null =>
  value === null || value === undefined || !Number.isFinite(value) ? null : value;

const measured = (value: number | null | undefined, error: number | null | undefined): Measured => ({
  value: known(value),
  error: known(error),
});

/** The record of a run that came to an end or was stopped. */
export function recordOf(number: number, result: RunResult): SweepRecord {
  const { status, step, stateHash, timings, nodeNames, observation, energy } = result;
  return {
    number,
    status,
    step,
    seconds: timings.wallSeconds,
    nodeNames,
    ...(stateHash !== undefined && { stateHash }),
    ...(observation && {
      time: observation.time,
      mass: Array.from(observation.mass, (mass, g) => measured(mass, observation.massError[g])),
      potentialEnergy: measured(observation.potentialEnergy, observation.potentialEnergyError),
    }),
    ...(energy && {
      energy: measured(energy.energy, energy.energyError),
      relativeEntropy: measured(energy.relativeEntropy, energy.relativeEntropyError),
    }),
  };
}

/** A point of the sweep, over its finished seeds. */
export interface SweepPoint {
  /** Values of the keys. */
  readonly values: readonly string[];
  readonly finished: number;
  readonly seeds: number;
  readonly nodeNames: readonly string[];
  readonly mass: readonly Measured[];
  readonly potentialEnergy: Measured;
  readonly energy: Measured;
  readonly relativeEntropy: Measured;
  /** Mean wall time of a run. */
  readonly seconds: number | null;
}

/**
 * Mean and standard error: that of the scatter over seeds where there are two or more, else the run's own. Null where any
 * is not known.
 */
export function meanOf(values: readonly (Measured | undefined)[]): Measured {
  const numbers = values.map((entry) => entry?.value ?? NaN);
  const n = numbers.length;
  if (n === 0) return measured(null, null);
  const mean = numbers.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return measured(mean, values[0]?.error);
  const squares = numbers.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return measured(mean, Math.sqrt(squares / (n - 1) / n));
}

/** All points of a sweep. */
export function pointsOf(plan: SweepPlan, records: readonly SweepRecord[]): SweepPoint[] {
  return plan.points.map((values, point) => {
    const finished = plan.runs
      .filter((run) => run.point === point)
      .map(({ number }) => records[number - 1])
      .filter(({ status }) => status === 'finished');
    const nodeNames = finished[0]?.nodeNames ?? [];
    return {
      values,
      finished: finished.length,
      seeds: plan.seeds.length,
      nodeNames,
      mass: nodeNames.map((_, g) => meanOf(finished.map(({ mass }) => mass?.[g]))),
      potentialEnergy: meanOf(finished.map((record) => record.potentialEnergy)),
      energy: meanOf(finished.map((record) => record.energy)),
      relativeEntropy: meanOf(finished.map((record) => record.relativeEntropy)),
      seconds: meanOf(finished.map(({ seconds = NaN }) => ({ value: seconds, error: null }))).value,
    };
  });
}
