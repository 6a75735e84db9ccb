// An observation as rows of the two CSV tables: one row per node, and one row per edge that was jumped along. What is
// left out, and how, says table-layout.ts.

import type { Observation } from '../estimate/mod.js';
import { csvLine, type Cell } from './csv.js';
import {
  covarianceColumnsDimension,
  hasAllJumps,
  jumpsShown,
  totalName,
  type TableLayout,
} from './table-layout.js';

/** Rows per piece of text. A piece is written before the next is made, so that large graphs hold little memory. */
const rowsPerPiece = 1000;

/** Pairs i < j of coordinates whose covariance has a column. */
function covariancePairs(d: number): readonly (readonly [number, number])[] {
  if (d > covarianceColumnsDimension) return [];
  return Array.from({ length: d }, (_, i) =>
    Array.from({ length: d - i - 1 }, (_, k) => [i, i + 1 + k] as const),
  ).flat();
}

/** The first line of observables.csv. */
export function observablesHeader({ coordinateNames: names, hasVelocities }: TableLayout): string {
  return csvLine([
    ...['step', 'time', 'node', 'count', 'mass', 'mass_se'],
    ...names.flatMap((x) => [`mean_${x}`, `mean_${x}_se`, `var_${x}`, `var_${x}_se`]),
    ...covariancePairs(names.length).map(([i, j]) => `cov_${names[i]}_${names[j]}`),
    ...['potential', 'potential_se'],
    ...(hasVelocities ? ['kinetic', 'kinetic_se'] : []),
    ...['temperature', 'mixing_energy'],
  ]);
}

/**
 * The rows of an observation in observables.csv, in pieces: one per node, then the totals. Means and variances have no
 * total; `potential` and `kinetic` of the total are means over all particles, `mixing_energy` is only in the total.
 */
export function* observablesRows(layout: TableLayout, observation: Observation): Generator<string> {
  const { step, time, temperature, kinetic } = observation;
  const n = layout.nodeNames.length;
  const d = layout.coordinateNames.length;
  const pairs = covariancePairs(d);
  let piece = '';
  for (let g = 0; g < n; g++) {
    const cells: Cell[] = [step, time, layout.nodeNames[g]];
    cells.push(observation.count[g], observation.mass[g], observation.massError[g]);
    for (let i = 0; i < d; i++) {
      const at = g * d + i;
      cells.push(observation.mean[at], observation.meanError[at]);
      cells.push(observation.covariance[at * d + i], observation.varianceError[at]);
    }
    for (const [i, j] of pairs) cells.push(observation.covariance[(g * d + i) * d + j]);
    cells.push(observation.potential[g], observation.potentialError[g]);
    if (kinetic) cells.push(kinetic.ofNode[g], kinetic.ofNodeError[g]);
    cells.push(temperature, undefined);
    piece += csvLine(cells);
    if ((g + 1) % rowsPerPiece === 0) {
      yield piece;
      piece = '';
    }
  }
  const totals: Cell[] = [
    step,
    time,
    totalName(layout),
    sum(observation.count),
    sum(observation.mass),
    undefined,
  ];
  totals.push(...Array.from<Cell>({ length: 4 * d + pairs.length }));
  totals.push(observation.potentialEnergy, observation.potentialEnergyError);
  if (kinetic) totals.push(kinetic.total, kinetic.totalError);
  totals.push(temperature, observation.mixingEnergy);
  yield piece + csvLine(totals);
}

/** The first line of jumps.csv. */
export function jumpsHeader(): string {
  return csvLine(['step', 'time', 'from', 'to', 'jumps']);
}

/**
 * The rows of an observation in jumps.csv, in pieces: jumps since step 0 along each directed edge that has any. Of large
 * graphs the edges with the most jumps, in the order of the edges, and a row without from and to for all others.
 */
export function* jumpsRows(layout: TableLayout, observation: Observation): Generator<string> {
  const { step, time, jumps } = observation;
  const { offsets, targets } = layout.edges;
  const shown = hasAllJumps(layout) ? undefined : largest(jumps, jumpsShown);
  let piece = '';
  let rows = 0;
  let rest = 0;
  for (let g = 0; g + 1 < offsets.length; g++) {
    for (let edge = offsets[g]; edge < offsets[g + 1]; edge++) {
      if (!(jumps[edge] > 0)) continue;
      if (shown !== undefined && !shown.has(edge)) {
        rest += jumps[edge];
        continue;
      }
      piece += csvLine([step, time, layout.nodeNames[g], layout.nodeNames[targets[edge]], jumps[edge]]);
      rows += 1;
      if (rows % rowsPerPiece === 0) {
        yield piece;
        piece = '';
      }
    }
  }
  if (rest > 0) piece += csvLine([step, time, undefined, undefined, rest]);
  if (piece !== '') yield piece;
}

/** Indices of the `count` largest values; of equal ones the earlier. */
function largest(values: Float64Array, count: number): ReadonlySet<number> {
  const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
  return new Set(order.slice(0, count));
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
