// Which mobilities need the density.

import type { DensityMobility, Mobility } from './model.js';

const densityFamily: readonly string[] = [
  'log-mean',
  'arithmetic',
  'geometric',
  'harmonic',
  'upwind',
  'constant',
] satisfies DensityMobility[];

/** Whether a mobility belongs to the density family (mathematics, section 4). */
export function isDensityMobility(mobility: Mobility): mobility is DensityMobility {
  return densityFamily.includes(mobility);
}
