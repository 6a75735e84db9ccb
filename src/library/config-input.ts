// A config as a TypeScript object: the same keys as in YAML, before any check. Types only help to write it; the schema in
// config/ checks the values, and a test holds the two lists of keys together.

import type { Formula } from './formula.js';

/** A number, or a formula of constants such as `'2*pi/8'`. */
export type NumberInput = number | string;

/**
 * A formula of the formula language (docs/formula-language.md), as text. A function is not one: the step is compiled from
 * formulas, with derivatives and intervals that a function does not give away. `formula` builds texts safely.
 */
export type FormulaInput = string | number | Formula;

/** One for all, or a list. */
export type Several<T> = T | readonly T[];
/** One for all nodes, a list in their order, or by name. */
export type PerNode = FormulaInput | readonly FormulaInput[] | Readonly<Record<string, FormulaInput>>;
/** One for all coordinates, a list in their order, or by the names of nodes. */
export type PerCoordinate =
  FormulaInput | readonly FormulaInput[] | Readonly<Record<string, Several<FormulaInput>>>;

/** What happens at the ends of a coordinate; all but `free` need a box. */
export type BoundaryInput = 'free' | 'periodic' | 'reflecting';
/** `[low, high]`, or a pair for each coordinate. */
export type BoxInput = readonly NumberInput[] | readonly (readonly NumberInput[])[];

/** The coordinates x of R^d. */
export interface SpaceInput {
  /** Names of the coordinates, or their number. */
  readonly variables: readonly string[] | number;
  readonly boundary?: Several<BoundaryInput>;
  readonly box?: BoxInput;
}

/** An edge between two nodes, with the weight K; a `rate` is of mobility `free`. */
export type EdgeInput =
  | readonly [from: string | number, to: string | number, weight?: NumberInput]
  | {
      readonly from: string | number;
      readonly to: string | number;
      readonly weight?: NumberInput;
      readonly rate?: FormulaInput;
      readonly reverseRate?: FormulaInput;
    };

/** One of `ring`, `path`, `complete`, `star`, `hypercube`, `grid`, `file`, or `nodes` with `edges`. */
export interface GraphInput {
  readonly ring?: NumberInput;
  readonly path?: NumberInput;
  readonly complete?: NumberInput;
  readonly star?: NumberInput;
  readonly hypercube?: NumberInput;
  readonly grid?: readonly NumberInput[];
  readonly periodic?: boolean;
  readonly nodes?: readonly (string | number)[] | string | number;
  readonly edges?: readonly EdgeInput[];
  readonly file?: string;
  readonly weight?: NumberInput;
}

/** A parameter of formulas: one value per node, or a vector. */
export type ParameterInput =
  | FormulaInput
  | readonly Several<FormulaInput>[]
  | { readonly vector: readonly FormulaInput[] }
  | { readonly formula: FormulaInput; readonly components: NumberInput }
  | { readonly file: string; readonly column?: string; readonly columns?: readonly string[] }
  | Readonly<Record<string, Several<FormulaInput>>>;

/** A data array for formulas: numbers or rows of numbers, or columns of a CSV file. */
export type DataInput =
  | readonly Several<number>[]
  | Float64Array
  | Float32Array
  | {
      readonly file: string;
      readonly column?: string;
      readonly columns?: readonly string[];
      readonly standardize?: boolean;
      readonly center?: boolean;
    };

/** The potential V(x, g): formulas, never functions of x (docs/library.md says why). A module may make them: `PotentialModule`. */
export interface PotentialInput {
  readonly formula?: FormulaInput;
  readonly nodes?: Readonly<Record<string, FormulaInput>>;
  readonly parameters?: Readonly<Record<string, ParameterInput>>;
  readonly data?: Readonly<Record<string, DataInput>>;
}

/** From one temperature to another in some time. */
export interface Ramp {
  readonly from: NumberInput;
  readonly to: NumberInput;
  readonly duration: NumberInput;
}

/** The temperature eps: a number, or a schedule. */
export type TemperatureInput =
  | NumberInput
  | { readonly linear: Ramp }
  | { readonly exponential: Ramp }
  | { readonly piecewise: readonly (readonly [time: NumberInput, temperature: NumberInput])[] };

/** How the density moves: mobility, integrator, splitting, diffusivity. */
export interface DynamicsInput {
  readonly kind?: 'gradient-flow' | 'accelerated' | 'jko';
  /** For kind `accelerated`. */
  readonly friction?: NumberInput | { readonly nesterov: NumberInput; readonly restart?: boolean | 'energy' };
  /** Of `jko`: length of a step, and inner steps of the distance. */
  readonly tau?: NumberInput;
  readonly inner?: NumberInput;
  readonly mobility?:
    | 'metropolis'
    | 'barker'
    | 'symmetric'
    | 'log-mean'
    | 'arithmetic'
    | 'geometric'
    | 'harmonic'
    | 'upwind'
    | 'constant'
    | 'free';
  readonly rate?: FormulaInput;
  readonly integrator?: 'euler-maruyama' | 'leimkuhler-matthews' | 'heun' | 'baoab';
  readonly splitting?: 'lie' | 'strang';
  readonly diffusivity?: PerNode;
}

/** One of `gaussian`, `uniform`, `point`. */
export interface InitialInput {
  readonly gaussian?: { readonly mean?: PerCoordinate; readonly std?: PerCoordinate };
  readonly uniform?: { readonly low?: PerCoordinate; readonly high?: PerCoordinate };
  readonly point?: PerCoordinate;
  readonly masses?: PerNode;
  /** Of particles of kind `accelerated`. */
  readonly velocities?: 'thermal' | 'rest';
}

/** `step` (not of `jko`), and one of `end` and `steps`. */
export interface TimeInput {
  readonly step?: NumberInput;
  readonly end?: NumberInput;
  readonly steps?: NumberInput;
}

/** An estimator of entropies from particles. */
export type EntropyMethodInput = 'knn' | 'grid' | 'gaussian';

/** When the state is observed, and whether its entropy is estimated. */
export interface ObserveInput {
  readonly every?: NumberInput;
  readonly entropy?:
    | 'none'
    | EntropyMethodInput
    | {
        readonly method: EntropyMethodInput;
        readonly neighbours?: NumberInput;
        readonly samples?: NumberInput;
      };
  readonly logZ?: NumberInput;
}

/** Nodes that are born and retired, for representation `lumped`. */
export interface GrowInput {
  readonly start?: readonly (string | number)[];
  readonly letters?: {
    readonly name: string;
    readonly length: NumberInput;
    readonly count?: NumberInput;
    readonly edit?: 'any' | 'step';
    readonly weight?: NumberInput;
  };
  readonly every?: NumberInput;
  readonly birth?: NumberInput;
  readonly share?: NumberInput;
  readonly floor?: NumberInput;
  readonly grace?: NumberInput;
  readonly nodes?: NumberInput;
}

/** V from code: a module, or an external process. */
export type ObjectiveInput =
  | { readonly module: string; readonly options?: Readonly<Record<string, unknown>> }
  | {
      readonly command: readonly string[];
      readonly timeout?: string;
      readonly options?: Readonly<Record<string, unknown>>;
    };

/** For `wasserwerk optimize`. */
export interface OptimizeInput {
  readonly stop?: {
    readonly seconds?: string;
    readonly evaluations?: NumberInput;
    readonly stagnation?: NumberInput;
  };
  readonly restarts?: NumberInput;
  readonly improvement?: NumberInput;
  readonly top?: NumberInput;
}

/** A config as an object; docs/config-reference.md says what the keys mean. */
export interface ConfigInput {
  readonly name?: string;
  readonly description?: string;
  readonly space: SpaceInput;
  readonly graph?: GraphInput;
  readonly potential: PotentialInput;
  readonly temperature: TemperatureInput;
  readonly dynamics?: DynamicsInput;
  readonly particles?: NumberInput;
  readonly precision?: 'f32' | 'f64';
  readonly representation?: 'particles' | 'grid' | 'lumped';
  readonly grid?: {
    readonly cells?: Several<NumberInput>;
    readonly box?: BoxInput;
    readonly tolerance?: NumberInput;
  };
  readonly lumped?: { readonly tolerance?: NumberInput };
  readonly grow?: GrowInput;
  readonly objective?: ObjectiveInput;
  readonly optimize?: OptimizeInput;
  readonly initial: InitialInput;
  readonly time: TimeInput;
  readonly seed?: NumberInput;
  readonly observe?: ObserveInput;
  readonly snapshots?: { readonly every: NumberInput; readonly particles?: NumberInput };
  readonly checkpoint?: { readonly every?: NumberInput; readonly keep?: NumberInput };
  readonly partition?: 'auto' | 'nodes' | 'replicas';
}
