// What the library tells of a state: the records of src/estimate, with the energy of the same step. Plain data. Declared anew,
// so that a user's compiler meets no insides of the program; a test holds them to the originals.

/** How the entropies of a record came about; `cells` is the sum over the cells of a grid. */
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
 * The energy of a state. Arrays are over nodes; what is not known is NaN; errors are standard errors, 0 where there is no
 * randomness.
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
  /** I = sum_g integral D f |grad mu|^2 + 1/2 sum K theta (mu - mu')^2, and its two parts. */
  readonly dissipation: number;
  readonly dissipationError: number;
  readonly dissipationTransport: number;
  readonly dissipationReaction: number;
  /** E(t) - E(0) + integral of I over [0, t]: 0 for the exact flow. */
  readonly balance: number;
  readonly balanceError: number;
  /** Of minimizing movements: how well they were solved. */
  readonly movements?: MovementReport;
}

/** Kinetic energies |w|^2/2 of particles with velocities, and standard errors. At equilibrium they are d eps/2. */
export interface KineticEnergy {
  /** Mean given the node. */
  readonly ofNode: Float64Array;
  readonly ofNodeError: Float64Array;
  /** Mean over all particles. */
  readonly total: number;
  readonly totalError: number;
}

/**
 * What was observed at one step. Arrays are over nodes, row-major where they have coordinates: `mean[node * d + i]`,
 * `covariance[(node * d + i) * d + j]`. Standard errors are those of independent particles, 0 on a grid; a node without
 * particles has NaN means. Each record is a copy: keep it as long as you like.
 */
export interface Observable {
  readonly step: number;
  readonly time: number;
  readonly temperature: number;
  readonly nodeCount: number;
  readonly dimension: number;
  /** Particles on the node. */
  readonly count: Float64Array;
  /** count / N, and its standard error sqrt(m (1 - m) / N). */
  readonly mass: Float64Array;
  readonly massError: Float64Array;
  /** Mean of x given the node, [node * d + i], and its standard error. */
  readonly mean: Float64Array;
  readonly meanError: Float64Array;
  /** Covariance of x given the node, [(node * d + i) * d + j], and the standard error of its diagonal [node * d + i]. */
  readonly covariance: Float64Array;
  readonly varianceError: Float64Array;
  /** Mean of V given the node, and its standard error. */
  readonly potential: Float64Array;
  readonly potentialError: Float64Array;
  /** Mean of V over all particles (sum_g m_g <V>_g), and its standard error. */
  readonly potentialEnergy: number;
  readonly potentialEnergyError: number;
  /** Where particles have velocities. */
  readonly kinetic?: KineticEnergy;
  /** eps * sum_g m_g log m_g: the part of the entropy term that comes from the masses alone. */
  readonly mixingEnergy: number;
  /** Jumps along each directed edge since step 0, [edge of the graph's compressed rows]; standard error sqrt(jumps). */
  readonly jumps: Float64Array;
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
