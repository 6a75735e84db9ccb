// What the tables of a run hold, as one list: name, shape and where it is in a record. All formats follow it, so that a
// quantity has the same name in each. Snapshots are not in it.

import type { EnergyRecordJson, ObservationRecord } from '../output/mod.js';
import type { ExportData } from './data.js';
import { ExportError } from './errors.js';

/** What a dimension of an array runs over, beside time. */
export type Axis = 'node' | 'coordinate' | 'edge';

/** Numbers in lists of lists; null where there is no number. */
export type Nested = number | null | readonly Nested[];

export interface Quantity<R> {
  /** As in `mean_se`. An array of it has the shape (records, …axes). */
  readonly name: string;
  readonly axes: readonly Axis[];
  readonly description: string;
  /** Its column in a long table, for coordinates x and y where it has them. */
  readonly column: (x: string, y: string) => string;
  /** Its numbers in a record, in C order over `axes`; undefined where the run has left it out. */
  readonly of: (record: R) => Nested | undefined;
}

function list<R>(
  entries: readonly [
    name: string,
    axes: readonly Axis[],
    description: string,
    of: (record: R) => Nested | undefined,
    column?: (x: string, y: string) => string,
  ][],
): readonly Quantity<R>[] {
  return entries.map(([name, axes, description, of, column]) => ({
    name,
    axes,
    description,
    of,
    column: column ?? (() => name),
  }));
}

const n: readonly Axis[] = ['node'];
const nd: readonly Axis[] = ['node', 'coordinate'];

/** What an observation holds beside step and time. `_se` marks standard errors. */
export const observed = list<ObservationRecord>([
  ['temperature', [], 'temperature eps', (o) => o.temperature],
  ['count', n, 'particles on the node', (o) => o.count],
  ['mass', n, 'mass of the node', (o) => o.mass],
  ['mass_se', n, 'its standard error', (o) => o.massError],
  ['mean', nd, 'mean of x given the node', (o) => o.mean, (x) => `mean_${x}`],
  ['mean_se', nd, 'its standard error', (o) => o.meanError, (x) => `mean_${x}_se`],
  ['variance', nd, 'variance of x given the node', (o) => o.variance, (x) => `var_${x}`],
  ['variance_se', nd, 'its standard error', (o) => o.varianceError, (x) => `var_${x}_se`],
  [
    'covariance',
    ['node', 'coordinate', 'coordinate'],
    'covariance matrix of x given the node',
    (o) => o.covariance,
    (x, y) => `cov_${x}_${y}`,
  ],
  ['potential', n, 'mean of V given the node', (o) => o.potential],
  ['potential_se', n, 'its standard error', (o) => o.potentialError],
  ['potential_energy', [], 'mean of V', (o) => o.potentialEnergy],
  ['potential_energy_se', [], 'its standard error', (o) => o.potentialEnergyError],
  ['kinetic', n, 'mean of |w|^2/2 given the node', (o) => o.kinetic],
  ['kinetic_se', n, 'its standard error', (o) => o.kineticError],
  ['kinetic_energy', [], 'mean of |w|^2/2', (o) => o.kineticEnergy],
  ['kinetic_energy_se', [], 'its standard error', (o) => o.kineticEnergyError],
  ['mixing_energy', [], 'eps sum m log m over the node masses m', (o) => o.mixingEnergy],
  ['jumps', ['edge'], 'jumps along each directed edge since step 0', (o) => o.jumps],
]);

/** What an energy record holds beside step, time and method. */
export const energetic = list<EnergyRecordJson>([
  ['temperature', [], 'temperature eps', (e) => e.temperature],
  ['entropy', n, 'entropy of x given the node', (e) => e.entropy],
  ['entropy_se', n, 'its standard error', (e) => e.entropyError],
  ['entropy_bias', n, 'estimate of its bias', (e) => e.entropyBias],
  ['node_energy', n, 'share of the node in the energy', (e) => e.nodeEnergy],
  ['node_energy_se', n, 'its standard error', (e) => e.nodeEnergyError],
  ['energy', [], 'energy E', (e) => e.energy],
  ['energy_se', [], 'its standard error', (e) => e.energyError],
  ['energy_bias', [], 'estimate of its bias', (e) => e.energyBias],
  ['relative_entropy', [], 'KL(f|pi) of the state and the Gibbs law', (e) => e.relativeEntropy],
  ['relative_entropy_se', [], 'its standard error', (e) => e.relativeEntropyError],
  ['dissipation', [], 'dissipation I', (e) => e.dissipation],
  ['dissipation_se', [], 'its standard error', (e) => e.dissipationError],
  ['dissipation_transport', [], 'its part from transport in x', (e) => e.dissipationTransport],
  ['dissipation_reaction', [], 'its part from jumps', (e) => e.dissipationReaction],
  ['balance', [], 'E(t) - E(0) + integral of I', (e) => e.balance],
  ['balance_se', [], 'its standard error', (e) => e.balanceError],
]);

/** Records of a table, as many as there were when they were counted: a run that goes on may add some meanwhile. */
export interface Series<R> {
  readonly count: number;
  /** Those that the records hold. */
  readonly quantities: readonly Quantity<R>[];
  /** Reads them from the beginning. */
  records(): AsyncGenerator<R>;
}

/**
 * Counts the records of a table and sees what they hold.
 *
 * @param what the table is called in messages
 */
export async function survey<R>(
  read: () => AsyncIterable<R>,
  all: readonly Quantity<R>[],
  what: string,
  signal: AbortSignal,
): Promise<Series<R>> {
  let count = 0;
  let first: R | undefined;
  for await (const record of read()) {
    signal.throwIfAborted();
    first ??= record;
    count += 1;
  }
  const quantities = all.filter(({ of }) => first !== undefined && of(first) !== undefined);
  return {
    count,
    quantities,
    async *records() {
      let index = 0;
      if (count === 0) return;
      for await (const record of read()) {
        signal.throwIfAborted();
        yield record;
        index += 1;
        if (index === count) return;
      }
      throw new ExportError(
        'run-changed',
        `the table of ${what} had ${count} records and now has ${index}: the run was resumed meanwhile`,
        'export again',
      );
    },
  };
}

/** Lengths of the dimensions of a quantity, but for time. */
export function shapeOf({ axes }: Quantity<never>, { model }: ExportData): readonly number[] {
  const { graph, dimension } = model;
  const lengths = { node: graph.nodeCount, coordinate: dimension, edge: graph.targets.length };
  return axes.map((axis) => lengths[axis]);
}

/** The product of the lengths of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * Writes the numbers of a quantity into `target`, from `at` on; NaN where there is none.
 *
 * @throws ExportError (`corrupt-table`) if they are not `size` numbers
 */
export function fill(
  target: Float64Array,
  at: number,
  size: number,
  value: Nested | undefined,
  name: string,
): void {
  let next = at;
  const put = (part: Nested): void => {
    if (part === null) target[next++] = Number.NaN;
    else if (typeof part === 'number') target[next++] = part;
    else for (const entry of part) put(entry);
  };
  if (value !== undefined) put(value);
  if (next === at + size) return;
  throw new ExportError(
    'corrupt-table',
    `a record of the run has ${next - at} numbers for ${name}, not the ${size} of its model`,
    'put back the tables and config-bundle.json as the run left them',
  );
}

/** What a person should know of what the tables of a run leave out. */
export function omissions(present: readonly Quantity<never>[]): readonly string[] {
  const has = (name: string): boolean => present.some((quantity) => quantity.name === name);
  const notes: string[] = [];
  if (present.length === 0) return notes;
  if (!has('covariance'))
    notes.push(
      'covariance matrices are left out, as in observables.jsonl; observables.csv of the run has them for up to 10 coordinates',
    );
  if (!has('jumps'))
    notes.push('jumps are left out, as in observables.jsonl: the largest are in jumps.csv of the run');
  return notes;
}
