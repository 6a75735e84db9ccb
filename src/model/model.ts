// The model as the engines see it: a graph in compressed rows, one potential expression per node class, parameter
// tables, rates, boundaries, initial law. Everything here is checked and resolved; text and files are behind us.
// It is not the config (config/), and it knows nothing of shards, kernels or threads.

import type { Precision } from '../elementary/mod.js';
import type { Expression, ExpressionBuilder } from '../expression/mod.js';

/**
 * A finite weighted graph in compressed sparse rows. Directed edge e of node g: offsets[g] <= e < offsets[g+1], targets
 * ascending within a row. The weights K are symmetric; `reverse[e]` is the edge that goes back.
 */
export interface Graph {
  readonly nodeCount: number;
  readonly nodeNames: readonly string[];
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  readonly weights: Float64Array;
  readonly reverse: Int32Array;
}

/** Node parameter: `values[node * components + component]`. Scalars have one component. */
export interface ParameterTable {
  readonly name: string;
  readonly components: number;
  readonly values: Float64Array;
}

/** Linear family of section 4 of the theory: rates that do not depend on the density. */
export type LinearMobility = 'metropolis' | 'barker' | 'symmetric';
/** Density family of section 4: rates need the density at both ends. */
export type DensityMobility = 'log-mean' | 'arithmetic' | 'geometric' | 'harmonic' | 'upwind' | 'constant';
export type Mobility = LinearMobility | DensityMobility | 'free';
export type Representation = 'particles' | 'grid' | 'lumped';
export type Integrator = 'euler-maruyama' | 'leimkuhler-matthews' | 'heun' | 'baoab';
export type Splitting = 'lie' | 'strang';

/** Piecewise temperature eps(t). Dimensionless, >= 0. */
export type TemperatureSchedule =
  | { readonly kind: 'constant'; readonly value: number }
  /** from -> to linearly over [0, duration], constant after. */
  | { readonly kind: 'linear'; readonly from: number; readonly to: number; readonly duration: number }
  /** from * (to/from)^(t/duration) over [0, duration], constant after; both > 0. */
  | { readonly kind: 'exponential'; readonly from: number; readonly to: number; readonly duration: number }
  /** Linear between the points (times ascending), constant outside. */
  | { readonly kind: 'piecewise'; readonly times: readonly number[]; readonly values: readonly number[] };

/** Minimizing movements: inner steps L of the distance in each. */
export interface Movement {
  readonly inner: number;
}

/** Friction gamma(t) >= 0 of second-order dynamics. Dimension 1/time. */
export type FrictionSchedule =
  | { readonly kind: 'constant'; readonly value: number }
  /** factor/t, t since the last restart: one when H = E + T has risen over a time step, or E, or never. */
  | {
      readonly kind: 'nesterov';
      readonly factor: number;
      readonly restart: 'never' | 'hamiltonian' | 'energy';
    };

export type Boundary =
  | { readonly kind: 'free' }
  | { readonly kind: 'periodic'; readonly low: number; readonly high: number }
  | { readonly kind: 'reflecting'; readonly low: number; readonly high: number };

/** A box of equal cells, the same for all nodes. Arrays have one entry per coordinate. */
export interface Mesh {
  readonly cells: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Whether the two ends are joined; else no mass passes. */
  readonly periodic: readonly boolean[];
}

/** How particles see densities, where their rates need them: as particles per cell of the mesh. */
export interface ParticleDensities {
  /** The density of one particle per cell: 1/(N h^d). */
  readonly onePerCell: number;
  /** Particles per cell that a density counts as at least in logarithms and denominators. */
  readonly least: number;
}

/** Law of x at time 0 given the node; arrays are node-major: [node * dimension + coordinate]. */
export type InitialLaw =
  | { readonly kind: 'gaussian'; readonly mean: Float64Array; readonly standardDeviation: Float64Array }
  | { readonly kind: 'uniform'; readonly low: Float64Array; readonly high: Float64Array }
  | { readonly kind: 'point'; readonly position: Float64Array };

/** Velocities of particles (kind `accelerated`, integrator `baoab`): w = sqrt(D) v, of variance eps on every node. */
export interface Kinetics {
  /** gamma > 0. */
  readonly friction: number;
  /** At time 0: from the stationary law, or 0. */
  readonly start: 'thermal' | 'rest';
}

export interface Model {
  readonly name: string;
  readonly dimension: number;
  readonly coordinateNames: readonly string[];
  readonly graph: Graph;
  /** Builder that owns every expression below. */
  readonly builder: ExpressionBuilder;
  readonly parameters: readonly ParameterTable[];
  /** Distinct potentials V(x, g); node g uses potentials[potentialOfNode[g]], with symbols of side `source`. */
  readonly potentials: readonly Expression[];
  readonly potentialOfNode: Int32Array;
  /** D(g) > 0. */
  readonly diffusivity: Float64Array;
  readonly temperature: TemperatureSchedule;
  readonly mobility: Mobility;
  /** Distinct free rates q(x; g -> g'); edge e uses rates[rateOfEdge[e]]. Empty unless mobility is `free`. */
  readonly rates: readonly Expression[];
  readonly rateOfEdge: Int32Array;
  readonly integrator: Integrator;
  /** Where particles have velocities; their integrator is then `baoab`. */
  readonly kinetics: Kinetics | undefined;
  readonly splitting: Splitting;
  /** Of minimizing movements on the grid (mathematics, section 8), whose step is `timeStep`; undefined for all else. */
  readonly movement: Movement | undefined;
  readonly boundaries: readonly Boundary[];
  readonly representation: Representation;
  /** Where densities live; undefined for d > 3, and where a free space neither has a `grid.box` nor needs one. */
  readonly mesh: Mesh | undefined;
  /** Where the rates of particles need densities (`mesh` is then there): how they see them. */
  readonly densities: ParticleDensities | undefined;
  /** Error of a time step on the grid, relative to the density; undefined for steps of one length. */
  readonly gridTolerance: number | undefined;
  readonly initialLaw: InitialLaw;
  /** Initial node masses, >= 0, sum 1. */
  readonly initialMasses: Float64Array;
  /** 0 unless the representation is `particles`. */
  readonly particleCount: number;
  readonly precision: Precision;
  /** Time step dt and number of steps; the end time is stepCount * timeStep. */
  readonly timeStep: number;
  readonly stepCount: number;
  readonly seed: number;
}
