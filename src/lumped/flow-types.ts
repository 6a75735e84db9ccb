// The face of a lumped flow to those who drive it (runs, optimisation): what can be read, and the state as plain data. The flow itself
// is flow.ts.

/** A living node as others see it. */
export interface NodeView {
  readonly node: string;
  readonly mass: number;
  /** V at the node's point, as of the last evaluation (of a mini-batch, where there are some). */
  readonly value: number;
  /** Number of coordinates. */
  readonly dimension: number;
  /** Step at which it was born; 0 for those that were there from the start. */
  readonly born: number;
  /** The node it was born next to. */
  readonly parent: string | undefined;
}

/** Where and when the lowest V so far was seen. */
export interface BestView {
  readonly node: string;
  readonly value: number;
  readonly step: number;
  readonly time: number;
  /** Number of coordinates. */
  readonly dimension: number;
}

/** The best point seen so far: lowest V. */
export interface BestPoint extends BestView {
  readonly x: Float64Array;
}

/** Energies of the state and how they change (mathematics, section 7). */
export interface LumpedEnergies {
  readonly step: number;
  readonly time: number;
  readonly temperature: number;
  /** E = sum m V + eps sum m log m, and its two parts. */
  readonly energy: number;
  readonly potential: number;
  readonly entropic: number;
  /** T of second order; 0 for first. */
  readonly kinetic: number;
  /** H = E + T. */
  readonly hamiltonian: number;
  /**
   * What H loses per time by the laws. First order: the sum of the two parts below. Second order: 2 gamma T. Infinite where mass
   * flows into an empty node.
   */
  readonly dissipation: number;
  /** First order: sum m D |∇V|^2, and 1/2 sum K theta (mu - mu')^2. */
  readonly dissipationTransport: number;
  readonly dissipationReaction: number;
  /**
   * H(t) - H(0) + ∫ dissipation - ∫ eps' sum m log m over all steps so far (trapezoid rule): 0 but for the error of the time step. Jumps of
   * H by births, deaths and restarts are taken out. NaN where V changes with time or is of mini-batches.
   */
  readonly residual: number;
}

/** What a flow has done so far. */
export interface LumpedCounts {
  /** Points at which the objective was asked for value and gradient, and for a value alone. */
  readonly gradients: number;
  readonly evaluations: number;
  /** Nodes that were ever alive; one that is born again counts again. */
  readonly examined: number;
  readonly retired: number;
  readonly restarts: number;
}

/** A node of a state, without its point. */
export interface LumpedNodeOutline {
  readonly node: string;
  readonly mass: number;
  /** 0 in first order. */
  readonly phi: number;
  readonly born: number;
  readonly parent: string | undefined;
  /** Whether its neighbours were born. */
  readonly expanded: boolean;
  /** Numbers of coordinates and of velocities (0 in first order). */
  readonly dimension: number;
  readonly velocities: number;
}

/** A state as plain data, without its points: they may be many, and elsewhere. */
export interface LumpedOutline<Node extends LumpedNodeOutline = LumpedNodeOutline> {
  readonly step: number;
  readonly nodes: readonly Node[];
  readonly edges: { readonly from: Int32Array; readonly to: Int32Array; readonly weight: Float64Array };
  readonly counts: LumpedCounts;
  /** Part of a step that the masses take at once. */
  readonly stepPart: number;
  /** Time of the last restart. */
  readonly restartedAt: number;
  /** What H would be by its law. */
  readonly expected: number;
}

export interface LumpedNodeState extends LumpedNodeOutline {
  readonly x: Float64Array;
  /** Velocities of second order; else empty. */
  readonly v: Float64Array;
}

/** A state as plain data. */
export interface LumpedState extends LumpedOutline<LumpedNodeState> {
  readonly best: BestPoint | undefined;
}
