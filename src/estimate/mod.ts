// Public names of this folder.
export type { Observation } from './observation.js';
