// Public names of this folder.
export { Balance, type BalanceState, type EnergyEstimate } from './balance.js';
export {
  EnergyEstimator,
  energyNotes,
  hasBalance,
  samplesPerNode,
  type EnergyInput,
  type EnergySettings,
} from './energy-of-sample.js';
export { DissipationEstimator, type Dissipation, type DissipationInput } from './dissipation.js';
export { LogPartition, type LogPartitionMethod } from './log-partition.js';
export type { EnergyRecord, EntropyMethod, MovementReport } from './energy.js';
export { gaussianEntropy } from './entropy/gaussian.js';
export { gridEntropy } from './entropy/grid.js';
export { knnEntropy, knnEntropyOf } from './entropy/knn.js';
export { NeighbourTree } from './entropy/neighbour-tree.js';
export type { Estimate, Sample } from './entropy/sample.js';
export { digamma, logGamma, logUnitBallVolume, trigamma } from './entropy/special.js';
export type { KineticEnergy, Observation } from './observation.js';
export { reduce, type ReductionInput } from './reduce.js';
export { StateError, watch } from './watch.js';
