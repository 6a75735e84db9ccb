// Public names of this folder.
export type { Operations, Precision } from './operations.js';
export { immediateF32, immediateF64, nearestEven } from './immediate.js';
export { elementary, mathF32, mathF64, type ElementaryFunctions } from './elementary.js';
export { gaussianOfRadius, gaussianPair, negativeLogarithm } from './gaussian.js';
