// What is observed of a run at one step: the record that the estimators fill and the run folder writes. Plain data; how
// the numbers come about is moments.ts and reduce.ts.

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
 * Per-node statistics are arrays over nodes 0 … n-1 (row-major where they have coordinates). Standard errors are those
 * of independent particles. A node without particles has NaN means, a node with one particle NaN errors.
 */
export interface Observation {
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
}
