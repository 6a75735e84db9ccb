// Everything that the members of a team share, as arrays in one shared buffer: their lengths follow from the model alone.
// Nothing is computed here. Arrays that no step touches (scratch for a fallback that never comes) cost address space only.

import { isDensityMobility, type Model } from '../model/mod.js';
import { cellsOf, type Cells } from './cells.js';
import { edgesOf, type Edge } from './edges.js';
import { GridError } from './errors.js';
import type { LinearCoefficients } from './linear-exchange.js';
import { MovementPlan, type LinearSystem, type MovementMemory } from './movement-plan.js';
import { Lines, type Factors, type Fluxes } from './lines.js';

/** Numbers per (node, block) that an evaluation of the energy sums up (energy.ts, second-order.ts). */
export const evaluationSums = 5;

/** Positions in `scalars`. */
export const scalar = {
  /** E(t) - E(0) + integral of I, so far; of second-order dynamics H(t) - H(0) + integral of 2 gamma T. */
  balance: 0,
  /** With a tolerance: steps are time.step / 2^level long. */
  level: 1,
  /** Steps whose energy would have risen, and which were done by implicit Euler parts instead. */
  eulerSteps: 2,
  /** Steps that the error control accepted and rejected. */
  accepted: 3,
  rejected: 4,
  /** Of second-order dynamics: when the schedule of the friction began anew last, and how often it did. */
  restartTime: 5,
  restarts: 6,
  /** Of minimizing movements, the fields of MovementReport in its order. */
  movement: 8,
  count: 16,
} as const;

/** What a member reads the coefficients of a step from. */
export interface Slot {
  /** By coordinate. */
  readonly factors: readonly Factors[];
  /** Of all edges, for mobilities with rates; [edge * cells + cell]. */
  readonly linear: LinearCoefficients;
}

export interface GridArrays {
  /** The state: densities, [node * count + cell]. */
  readonly field: Float64Array;
  /** Of second-order dynamics the other half of the state: phi, like `field`; else empty. */
  readonly phi: Float64Array;
  readonly potential: Float64Array;
  /** mu = V + eps log f; of second-order dynamics not less than a vacuum has (second-order.ts). */
  readonly chemical: Float64Array;
  /** The state before a step that may be taken back. */
  readonly before: Float64Array;
  /** With a tolerance: the state before a pair of half steps, and after the step that they are compared with. */
  readonly origin: Float64Array;
  readonly coarse: Float64Array;
  /** By coordinate. */
  readonly fluxes: readonly Fluxes[];
  /** Rates of all edges, [edge * count + cell]; empty for the density family. */
  readonly forward: Float64Array;
  readonly backward: Float64Array;
  readonly slots: readonly Slot[];
  /** Jumps since step 0 along each directed edge, in mass. */
  readonly jumps: Float64Array;
  readonly scalars: Float64Array;
  /** Sums of blocks: [(node * blocks + block) * evaluationSums + which], of reactions [block]. */
  readonly sums: Float64Array;
  readonly reactionSums: Float64Array;
  /** Densities that jumped: [(block * edges + edge) * 2 + direction]. */
  readonly jumpSums: Float64Array;
  /** Moments of blocks for an observation, [(node * blocks + block) * momentCount + which] (observe.ts). */
  readonly moments: Float64Array;
  /** Of second-order dynamics: sums of f u^2 along lines, those of the first coordinate first; else empty. */
  readonly lineSums: Float64Array;
  /** Of minimizing movements. */
  readonly movement: MovementMemory | undefined;
}

/** Sums of a block that an observation needs: mass, x_k, x_k x_l (k <= l), V, f log f, least V, sum of e^-(V-least)/eps. */
export function momentCount(dimension: number): number {
  return 1 + dimension + (dimension * (dimension + 1)) / 2 + 4;
}

/** Coefficient sets held at a time: none for movements and second-order dynamics, else for the step, with a tolerance also for the half step, for strang also the fallback. */
function slotCount({ gridTolerance, splitting, movement, friction }: Model): number {
  if (movement !== undefined || friction !== undefined) return 0;
  return (gridTolerance === undefined ? 1 : 2) + (splitting === 'strang' ? 1 : 0);
}

/** Shapes of a grid, and its arrays once there is memory. */
export class GridPlan {
  readonly cells: Cells;
  readonly edges: readonly Edge[];
  readonly lines: readonly Lines[];
  readonly bytes: number;
  /** Of minimizing movements. */
  readonly movement: MovementPlan | undefined;

  /**
   * @param system of minimizing movements: how linear systems are solved, where not by what the sizes suggest
   * @throws RangeError for a model without a mesh
   */
  constructor(
    readonly model: Model,
    system?: LinearSystem,
  ) {
    const { mesh, graph } = model;
    if (!mesh) throw new RangeError('a grid needs a mesh');
    this.cells = cellsOf(mesh);
    this.edges = edgesOf(model);
    this.lines = this.cells.sizes.map((_, k) => new Lines(this.cells, k, graph.nodeCount));
    this.movement = model.movement && new MovementPlan(this, model.movement.inner, system);
    let doubles = 0;
    const empty = new Float64Array(0);
    this.#arrays((length) => {
      doubles += length;
      return empty;
    });
    this.bytes = 8 * doubles;
  }

  /**
   * Memory for the arrays, all 0.
   * @param memoryBytes of the machine
   * @throws GridError (`grid-memory`) if that is too little
   */
  allocate(memoryBytes: number): SharedArrayBuffer {
    const tooLarge = (cause: string): GridError =>
      new GridError(
        'grid-memory',
        `${this.cells.sizes.join(' x ')} cells on ${this.model.graph.nodeCount} nodes need ${gigabytes(this.bytes)}; ${cause}`,
        'use fewer cells (grid.cells), or fewer nodes',
      );
    if (this.bytes > 0.8 * memoryBytes) throw tooLarge(`this machine has ${gigabytes(memoryBytes)}`);
    try {
      return new SharedArrayBuffer(this.bytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw tooLarge('no such piece of memory is to be had');
    }
  }

  /** The arrays in a buffer of `allocate`. */
  view(buffer: SharedArrayBuffer): GridArrays {
    let at = 0;
    return this.#arrays((length) => {
      const array = new Float64Array(buffer, at, length);
      at += 8 * length;
      return array;
    });
  }

  #arrays(take: (length: number) => Float64Array): GridArrays {
    const { model, cells, edges, lines } = this;
    const n = model.graph.nodeCount;
    const all = n * cells.count;
    const rates =
      isDensityMobility(model.mobility) || model.friction !== undefined ? 0 : edges.length * cells.count;
    const isAdaptive = model.gridTolerance !== undefined;
    const isSecond = model.friction !== undefined;
    const faces = isSecond ? 0 : all;
    return {
      field: take(all),
      phi: take(isSecond ? all : 0),
      potential: take(all),
      chemical: take(all),
      before: take((model.splitting === 'strang' && !isSecond) || model.movement !== undefined ? all : 0),
      origin: take(isAdaptive ? all : 0),
      coarse: take(isAdaptive ? all : 0),
      fluxes: lines.map(() => ({ rightward: take(faces), leftward: take(faces) })),
      forward: take(rates),
      backward: take(rates),
      slots: Array.from({ length: slotCount(model) }, () => ({
        factors: lines.map(({ factorLength, isRing }) => ({
          lower: take(factorLength),
          inverse: take(factorLength),
          upper: take(factorLength),
          toLast: take(isRing ? factorLength : 0),
          fromLast: take(isRing ? factorLength : 0),
        })),
        linear: { a: take(rates), b: take(rates), c: take(rates) },
      })),
      jumps: take(model.graph.targets.length),
      scalars: take(scalar.count),
      sums: take(n * cells.blocks * evaluationSums),
      reactionSums: take(cells.blocks),
      jumpSums: take(cells.blocks * edges.length * 2),
      moments: take(n * cells.blocks * momentCount(cells.dimension)),
      lineSums: take(isSecond ? lines.reduce((sum, { count }) => sum + count, 0) : 0),
      movement: this.movement?.arrays(take),
    };
  }
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
