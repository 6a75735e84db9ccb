// What the tables of a run hold and what they leave out because it would be too much, with the words that say so. The
// lines themselves are observation-json.ts and observation-csv.ts.

import type { Observation } from '../estimate/mod.js';
import { RecordError } from './errors.js';

/** The directed edges of a graph in compressed rows: edge e of node g has offsets[g] <= e < offsets[g + 1]. */
export interface EdgeRows {
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
}

/** What is the same for all observations of a run. */
export interface TableLayout {
  readonly nodeNames: readonly string[];
  readonly coordinateNames: readonly string[];
  readonly edges: EdgeRows;
  /** Whether particles have velocities, and observations kinetic energies. */
  readonly hasVelocities?: boolean;
}

/** Covariance matrices stand in the JSON lines up to this many numbers: 10 000 numbers make a line of about 200 kB. */
export const covarianceLimit = 10_000;
/** Covariances have columns in the CSV up to this dimension: beyond, there would be more than 45 columns of them. */
export const covarianceColumnsDimension = 10;
/** Jumps stand in full in both forms up to this many directed edges. */
export const jumpLimit = 10_000;
/** Of more edges than that, jumps.csv holds these many with the most jumps, and the sum over the others. */
export const jumpsShown = 1000;

/** Whether the JSON lines hold covariance matrices. */
export function hasCovariance({ nodeNames, coordinateNames }: TableLayout): boolean {
  return nodeNames.length * coordinateNames.length ** 2 <= covarianceLimit;
}

/** Whether both forms hold the jumps of every edge. */
export function hasAllJumps({ edges }: TableLayout): boolean {
  return edges.targets.length <= jumpLimit;
}

/** What the row of totals is called in the column `node`: `total`, or `(total)` where a node has that name. */
export function totalName({ nodeNames }: TableLayout): string {
  return nodeNames.includes('total') ? '(total)' : 'total';
}

/** What a reader of the tables should know: what is left out, and names that differ. For the run's manifest. */
export function tableNotes(layout: TableLayout): readonly string[] {
  const notes: string[] = [];
  if (!hasCovariance(layout)) {
    notes.push(
      `observables.jsonl holds variances, not covariance matrices: these are more than ${covarianceLimit} numbers`,
    );
  }
  if (layout.coordinateNames.length > covarianceColumnsDimension) {
    notes.push(
      `observables.csv holds no covariances: x has more than ${covarianceColumnsDimension} coordinates`,
    );
  }
  if (!hasAllJumps(layout)) {
    notes.push(
      `observables.jsonl holds no jumps, and jumps.csv of each observation the ${jumpsShown} edges with the most jumps ` +
        `and one row without from and to for the others: the graph has more than ${jumpLimit} directed edges`,
    );
  }
  if (totalName(layout) !== 'total') {
    notes.push(`observables.csv calls the row of totals ${totalName(layout)}: a node is named total`);
  }
  return notes;
}

/**
 * Checks that an observation is of this layout.
 *
 * @throws RecordError (`invalid-observation`)
 */
export function checkObservation(layout: TableLayout, observation: Observation, path: string): void {
  const n = layout.nodeNames.length;
  const d = layout.coordinateNames.length;
  const expected = {
    count: n,
    mass: n,
    massError: n,
    mean: n * d,
    meanError: n * d,
    covariance: n * d * d,
    varianceError: n * d,
    potential: n,
    potentialError: n,
    jumps: layout.edges.targets.length,
  } as const;
  if ((layout.hasVelocities ?? false) !== (observation.kinetic !== undefined)) {
    throw new RecordError(
      'invalid-observation',
      path,
      `the observation of step ${observation.step} ${observation.kinetic ? 'has' : 'lacks'} kinetic energies`,
      'report this: the tables were opened for another model than the one that runs',
    );
  }
  for (const [name, length] of Object.entries(expected)) {
    const actual = observation[name as keyof typeof expected].length;
    if (actual === length) continue;
    throw new RecordError(
      'invalid-observation',
      path,
      `the observation of step ${observation.step} has ${actual} numbers for ${name}, not ${length}`,
      'report this: the tables were opened for another model than the one that runs',
    );
  }
}
