// Public names of this folder.
export type { Comparison, Quantity } from './comparison.js';
export { atCommonTimes, isSameTime, type Side } from './side.js';
export { comparisonNotes, configDifferences, mismatch } from './match.js';
export { compareObservations, type Bias, type Kurtosis, type Strictness } from './observables.js';
export { compareEnergies } from './energies.js';
export { gridBias } from './grid-bias.js';
export { compareLaws, densityComparisons, kurtosisOf, type NodeDistances } from './laws.js';
export { lawsOfDensity, lawsOfParticles, type Cells, type Law } from './law.js';
export type { DensityDistance } from './density-distance.js';
export type { TransportDistance } from './transport-distance.js';
export { defaultFalseAlarm, Judge, type QuantitySummary, type Verdict } from './verdict.js';
