// How far a grid is from the truth by its own account: the same solution on cells twice as wide. Errors of the method are of
// second order in the width of a cell, so that the finer solution is off by about a third of what the wider cells change. All
// of the change is allowed for, since laws narrower than the wider cells are not in that regime yet. It is the error of the
// cells alone; that of the time steps is the solver's tolerance.

import type { EnergyRecordJson, ObservationRecord } from '../output/mod.js';
import { compareEnergies } from './energies.js';
import { compareObservations, type Bias } from './observables.js';
import type { Side } from './side.js';

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
    found.set(key(quantity, node, coordinate), Math.abs(b - a));
  }
  return (quantity, node, coordinate) => found.get(key(quantity, node, coordinate)) ?? 0;
}
