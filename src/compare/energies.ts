// Energy tables of two runs at one time: the energy E and the relative entropy KL, which only runs with an entropy have.

import type { EnergyRecordJson } from '../output/mod.js';
import { scoreOf, type Comparison } from './comparison.js';
import type { Strictness } from './observables.js';

/** Comparisons of two records of the same time. What the estimators state as bias does not count as a difference. */
export function compareEnergies(
  a: EnergyRecordJson,
  b: EnergyRecordJson,
  { allow, bias = () => 0 }: Pick<Strictness, 'allow' | 'bias'>,
): Comparison[] {
  const stated = Math.abs(a.energyBias ?? 0) + Math.abs(b.energyBias ?? 0);
  const temperature = Math.max(a.temperature, b.temperature);
  const found: Comparison[] = [];
  const add = (
    quantity: 'energy' | 'relative entropy' | 'kinetic energy' | 'hamiltonian',
    [valueA, errorA]: readonly [number | null | undefined, number | null],
    [valueB, errorB]: readonly [number | null | undefined, number | null],
    beyond: number,
  ): void => {
    const allowed = beyond + bias(quantity, undefined, undefined);
    if (
      valueA === null ||
      valueB === null ||
      valueA === undefined ||
      valueB === undefined ||
      errorA === null ||
      errorB === null
    )
      return;
    found.push({
      step: a.step,
      time: a.time,
      quantity,
      node: undefined,
      coordinate: undefined,
      a: valueA,
      aError: errorA,
      b: valueB,
      bError: errorB,
      allowed,
      z: scoreOf(valueA, valueB, Math.sqrt(errorA * errorA + errorB * errorB), allowed),
      counted: true,
    });
  };
  add('energy', [a.energy, a.energyError], [b.energy, b.energyError], stated + allow * temperature);
  add(
    'relative entropy',
    [a.relativeEntropy, a.relativeEntropyError],
    [b.relativeEntropy, b.relativeEntropyError],
    // KL is E over the temperature, but for a constant.
    (temperature > 0 ? stated / temperature : 0) + allow,
  );
  // Of second-order dynamics, on grids: no errors.
  add('kinetic energy', [a.kinetic, 0], [b.kinetic, 0], allow * temperature);
  add('hamiltonian', [a.hamiltonian, 0], [b.hamiltonian, 0], stated + allow * temperature);
  return found;
}
