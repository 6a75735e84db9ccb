// Public names of this folder.
export type { EnergyRecord, EntropyMethod } from './energy.js';
export type { Observation } from './observation.js';
export { reduce, type ReductionInput } from './reduce.js';
export { StateError, watch } from './watch.js';
