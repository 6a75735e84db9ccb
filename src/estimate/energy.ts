// The energy of a state at one step, its parts and what it is compared with: the record that estimators (from particles)
// and the grid fill, and that the run folder writes as a table of its own. Plain data.

/** How the entropies of a record came about; `cells` is the sum over the cells of the grid representation, `masses` that over
 * the masses of the lumped one. */
export type EntropyMethod = 'knn' | 'grid' | 'gaussian' | 'cells' | 'masses';

/** How minimizing movements were solved: the last step, and the worst of all so far. All of them converged. */
export interface MovementReport {
  /** Steps of Newton's method; all so far. */
  readonly iterations: number;
  readonly totalIterations: number;
  /** E(f+) + W^2/(2 tau) less a lower bound of its minimum; an energy. */
  readonly gap: number;
  readonly worstGap: number;
  /** Sum of what the equation of mass lacks, over all cells. */
  readonly residual: number;
  readonly worstResidual: number;
  /** E(f) - E(f+) - W^2/(2 tau) >= 0 of the last step, and W^2. */
  readonly slack: number;
  readonly squaredDistance: number;
}

/**
 * Arrays are over nodes 0 … n-1. Dimensionless. What is not known is NaN; errors are standard errors, 0 where there is no
 * randomness. Mathematics, sections 1, 3 and 10.
 */
export interface EnergyRecord {
  readonly step: number;
  readonly time: number;
  readonly temperature: number;
  readonly method: EntropyMethod;
  /** h_g = -integral of p log p for the law p of x given the node; its standard error. */
  readonly entropy: Float64Array;
  readonly entropyError: Float64Array;
  /** Estimate of the bias that is left in h_g (sign and size; 0 where none is known of). */
  readonly entropyBias: Float64Array;
  /** m_g (<V>_g + eps (log m_g - h_g)): the node's share of E. */
  readonly nodeEnergy: Float64Array;
  readonly nodeEnergyError: Float64Array;
  /** E, the sum of the shares. */
  readonly energy: number;
  readonly energyError: number;
  readonly energyBias: number;
  /** KL(f|pi) = E/eps + log Z. */
  readonly relativeEntropy: number;
  readonly relativeEntropyError: number;
  /** I = sum_g integral D f |grad mu|^2 + 1/2 sum K theta (mu - mu')^2, and its two parts; of second-order dynamics 2 gamma T. */
  readonly dissipation: number;
  readonly dissipationError: number;
  readonly dissipationTransport: number;
  readonly dissipationReaction: number;
  /** E(t) - E(0) + integral of I over [0, t]: 0 for the exact flow. */
  readonly balance: number;
  readonly balanceError: number;
  /** Of second-order dynamics: T, H = E + T, and H(t) - H(0) + integral of 2 gamma T over [0, t], 0 for the exact flow. */
  readonly kinetic?: number;
  readonly hamiltonian?: number;
  readonly residual?: number;
  /** Of minimizing movements: how well they were solved. */
  readonly movements?: MovementReport;
}
