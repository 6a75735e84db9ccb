// An observation as one line of JSON, and back. Lists over nodes follow the order of the names in the run's manifest;
// what is not a finite number is null. Which lists are left out says table-layout.ts.

import type { KineticEnergy, Observation } from '../estimate/mod.js';
import { isObject, parseObject } from './json.js';
import { hasAllJumps, hasCovariance, type TableLayout } from './table-layout.js';

type Numbers = readonly (number | null)[];

/** An observation as it stands in observables.jsonl. Lists over nodes; null where there is no number. */
export interface ObservationRecord {
  readonly step: number;
  readonly time: number;
  readonly temperature: number;
  readonly mass: Numbers;
  readonly massError: Numbers;
  readonly count: Numbers;
  /** [node][coordinate]. */
  readonly mean: readonly Numbers[];
  readonly meanError: readonly Numbers[];
  readonly variance: readonly Numbers[];
  readonly varianceError: readonly Numbers[];
  /** [node][coordinate][coordinate]; left out where it is too much. */
  readonly covariance?: readonly (readonly Numbers[])[];
  readonly potential: Numbers;
  readonly potentialError: Numbers;
  readonly potentialEnergy: number | null;
  readonly potentialEnergyError: number | null;
  /** Of |w|^2/2, given the node and over all particles, with errors: where particles have velocities. */
  readonly kinetic?: Numbers;
  readonly kineticError?: Numbers;
  readonly kineticEnergy?: number | null;
  readonly kineticEnergyError?: number | null;
  readonly mixingEnergy: number | null;
  /** Along each directed edge since step 0, in the order of the graph's compressed rows; left out where it is too much. */
  readonly jumps?: Numbers;
}

/** `values` cut into rows of `width`. */
function rows(values: Float64Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, row) =>
    Array.from(values.subarray(row * width, (row + 1) * width)),
  );
}

/** The diagonals of d x d matrices, one row each. */
export function diagonals(covariance: Float64Array, d: number): Float64Array {
  const diagonal = new Float64Array(covariance.length / d);
  for (let i = 0; i < diagonal.length; i++) diagonal[i] = covariance[i * d + (i % d)];
  return diagonal;
}

function kineticRecord({ ofNode, ofNodeError, total, totalError }: KineticEnergy) {
  return {
    kinetic: Array.from(ofNode),
    kineticError: Array.from(ofNodeError),
    kineticEnergy: total,
    kineticEnergyError: totalError,
  };
}

/** An observation as it is written; what is not finite is still a number here, and null as JSON. */
export function observationRecord(layout: TableLayout, observation: Observation): ObservationRecord {
  const d = layout.coordinateNames.length;
  return {
    step: observation.step,
    time: observation.time,
    temperature: observation.temperature,
    mass: Array.from(observation.mass),
    massError: Array.from(observation.massError),
    count: Array.from(observation.count),
    mean: rows(observation.mean, d),
    meanError: rows(observation.meanError, d),
    variance: rows(diagonals(observation.covariance, d), d),
    varianceError: rows(observation.varianceError, d),
    ...(hasCovariance(layout) && {
      covariance: rows(observation.covariance, d * d).map((matrix) => rows(Float64Array.from(matrix), d)),
    }),
    potential: Array.from(observation.potential),
    potentialError: Array.from(observation.potentialError),
    potentialEnergy: observation.potentialEnergy,
    potentialEnergyError: observation.potentialEnergyError,
    ...(observation.kinetic && kineticRecord(observation.kinetic)),
    mixingEnergy: observation.mixingEnergy,
    ...(hasAllJumps(layout) && { jumps: Array.from(observation.jumps) }),
  };
}

/** The line for an observation, with its end. JSON.stringify writes what is not finite as null. */
export function jsonLine(layout: TableLayout, observation: Observation): string {
  return `${JSON.stringify(observationRecord(layout, observation))}\n`;
}

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}

function isNumbers(value: unknown): value is Numbers {
  return Array.isArray(value) && value.every(isNumberOrNull);
}

function isRows(value: unknown): value is readonly Numbers[] {
  return Array.isArray(value) && value.every(isNumbers);
}

function isRecord(value: unknown): value is ObservationRecord {
  if (!isObject(value)) return false;
  const record: Readonly<Partial<Record<keyof ObservationRecord, unknown>>> = value;
  const isAbsentOr = (entry: unknown, is: (value: unknown) => boolean): boolean =>
    entry === undefined || is(entry);
  return (
    [record.step, record.time, record.temperature].every((entry) => typeof entry === 'number') &&
    [record.potentialEnergy, record.potentialEnergyError, record.mixingEnergy].every(isNumberOrNull) &&
    [record.mass, record.massError, record.count, record.potential, record.potentialError].every(isNumbers) &&
    [record.mean, record.meanError, record.variance, record.varianceError].every(isRows) &&
    [record.kinetic, record.kineticError, record.jumps].every((entry) => isAbsentOr(entry, isNumbers)) &&
    [record.kineticEnergy, record.kineticEnergyError].every((entry) => isAbsentOr(entry, isNumberOrNull)) &&
    isAbsentOr(record.covariance, (entry) => Array.isArray(entry) && entry.every(isRows))
  );
}

/** The observation that a line holds, or undefined if it holds none. */
export function parseJsonLine(line: string): ObservationRecord | undefined {
  const value = parseObject(line);
  return isRecord(value) ? value : undefined;
}
