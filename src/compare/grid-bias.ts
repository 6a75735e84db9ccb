// How far a grid is from the truth by its own account: the same solution on cells twice as wide. Errors of the method are of
// second order in the width of a cell, so that the finer solution is off by about a third of the difference; half of it is
// what a comparison then allows for. It is the error of the cells alone; that of the time steps is the solver's tolerance.

import type { EnergyRecordJson, ObservationRecord } from '../output/mod.js';
import { compareEnergies } from './energies.js';
import { compareObservations, type Bias } from './observables.js';
import type { Side } from './side.js';

/** Part of the difference between fine and coarse that is allowed for. */
const partAllowed = 0.5;

/** The bias of `fine` at a time, from observations (and energies, where there are) of both solutions. */
export function gridBias(
  fine: Side,
  coarse: Side,
  [observation, coarseObservation]: readonly [ObservationRecord, ObservationRecord],
  energies: readonly [EnergyRecordJson, EnergyRecordJson] | undefined,
): Bias {
  const found = new Map<string, number>();
  const key = (...parts: readonly (string | undefined)[]): string => JSON.stringify(parts);
  for (const { quantity, node, coordinate, a, b } of [
    ...compareObservations(fine, coarse, observation, coarseObservation, { allow: 0 }),
    ...(energies ? compareEnergies(...energies, { allow: 0 }) : []),
  ]) {
    found.set(key(quantity, node, coordinate), partAllowed * Math.abs(b - a));
  }
  return (quantity, node, coordinate) => found.get(key(quantity, node, coordinate)) ?? 0;
}
