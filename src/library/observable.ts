// What the library tells of a state: records of the estimators, with the energy of the same step. Plain data.

import type { EnergyRecord, Observation } from '../estimate/mod.js';

/**
 * What was observed at one step. Arrays are over nodes, row-major where they have coordinates: `mean[node * d + i]`,
 * `covariance[(node * d + i) * d + j]`. Standard errors are those of independent particles, 0 on a grid; a node without
 * particles has NaN means. Each record is a copy: keep it as long as you like.
 */
export interface Observable extends Observation {
  /** Entropies, E, KL and dissipation of this step, where `observe.entropy` (or a grid) gives them. */
  readonly energy: EnergyRecord | undefined;
}

/** Particles of one step: rows of `x` are particles, `node` says where each is. */
export interface Particles {
  readonly step: number;
  readonly time: number;
  readonly count: number;
  readonly dimension: number;
  /** [particle * dimension + coordinate]. */
  readonly x: Float32Array | Float64Array;
  readonly node: Int32Array;
}

/** The densities of one step of a run on a grid. */
export interface Densities {
  readonly step: number;
  readonly time: number;
  /** Cells per coordinate, and the ends of the box. */
  readonly cells: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** [node * cells + cell], cells in C order. */
  readonly density: Float64Array;
}
