// The face of a lumped flow to those who drive it (runs, optimisation): what can be read, and the state as plain data. The flow itself
// is flow.ts.

/** A living node as others see it. */
export interface NodeView {
  readonly node: string;
  readonly mass: number;
  /** V at the node's point, as of the last evaluation (of a mini-batch, where there are some). */
  readonly value: number;
  /** Step at which it was born; 0 for those that were there from the start. */
  readonly born: number;
  /** The node it was born next to. */
  readonly parent: string | undefined;
}

/** The best point seen so far: lowest V. */
export interface BestPoint {
  readonly node: string;
  readonly value: number;
  readonly step: number;
  readonly time: number;
  readonly x: Float64Array;
}

/** Energies of the state and how they change (mathematics, section 7). */
export interface LumpedEnergies {
  readonly step: number;
  readonly time: number;
  /** E = sum m V + eps sum m log m. */
  readonly energy: number;
  readonly potential: number;
  readonly entropy: number;
  /** First order: -dE/dt by the formula. Second order: 2 gamma T = -dH/dt. */
  readonly dissipation: number;
  /** T of second order; 0 for first. */
  readonly kinetic: number;
  /** H = E + T. */
  readonly hamiltonian: number;
  /**
   * H(t) - H(0) + ∫ dissipation - ∫ eps' sum m log m, over the steps so far: 0 but for the error of the time step (and for births,
   * deaths, restarts and changes of the objective in time, whose jumps are taken out).
   */
  readonly residual: number;
}

/** Gradient evaluations and values asked for so far, one for each node and point. */
export interface LumpedCounts {
  readonly gradients: number;
  readonly values: number;
  readonly born: number;
  readonly retired: number;
  /** Distinct nodes that were ever alive. */
  readonly examined: number;
  readonly restarts: number;
}

/** A state as plain data; arrays are copies. */
export interface LumpedState {
  readonly step: number;
  readonly nodes: readonly LumpedNodeState[];
  readonly best: BestPoint | undefined;
  /** Sums and counters that go on: names to numbers. */
  readonly scalars: Readonly<Record<string, number>>;
  /** With `grow`: nodes that were ever alive and are not now. */
  readonly retired: readonly string[];
}

export interface LumpedNodeState {
  readonly node: string;
  readonly mass: number;
  readonly phi: number;
  readonly born: number;
  readonly parent: string | undefined;
  readonly x: Float64Array;
  /** Velocities of second order; else empty. */
  readonly v: Float64Array;
}
