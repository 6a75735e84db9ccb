// Shapes and memory of minimizing movements on a grid: the links, the arrays of the convex problem, and of what solves its
// linear systems. Nothing is computed here.

import type { Model } from '../model/mod.js';
import {
  flowArrays,
  krylovArrays,
  movementArrays,
  sparseArrays,
  SparsePlan,
  type FlowArrays,
  type KrylovArrays,
  type Links,
  type MovementArrays,
  type MovementShape,
  type SolverArrays,
  type SparseArrays,
} from '../transport/mod.js';
import type { Cells } from './cells.js';
import type { Edge } from './edges.js';
import { modelLinks } from './movement-links.js';

export type LinearSystem = 'direct' | 'krylov';

export interface MovementMemory {
  readonly problem: MovementArrays;
  readonly flow: FlowArrays;
  readonly direction: SolverArrays;
  readonly system:
    | { readonly kind: 'direct'; readonly sparse: SparseArrays; readonly x: Float64Array }
    | { readonly kind: 'krylov'; readonly krylov: KrylovArrays };
}

/**
 * Multiplications of an elimination beyond which d = 2, L = 1 is solved by Krylov's method: about 0.05 s. With L > 1 systems are
 * too ill-conditioned for it.
 */
const directWork = 5e7;

export class MovementPlan {
  readonly shape: MovementShape;
  readonly sparse: SparsePlan | undefined;

  constructor(
    {
      cells,
      edges,
      model,
    }: { readonly cells: Cells; readonly edges: readonly Edge[]; readonly model: Model },
    levels: number,
    system?: LinearSystem,
  ) {
    const links = modelLinks({ cells, edges, model });
    this.shape = { links, levels, volume: cells.volume };
    const plan = new SparsePlan(cells, 2 * model.graph.nodeCount * levels);
    const isDirect = cells.dimension === 1 || levels > 1 || plan.work <= directWork;
    this.sparse = (system === undefined ? isDirect : system === 'direct') ? plan : undefined;
  }

  get links(): Links {
    return this.shape.links;
  }

  arrays(take: (length: number) => Float64Array): MovementMemory {
    const { shape, sparse } = this;
    const all = shape.levels * shape.links.sites;
    return {
      problem: movementArrays(shape, take),
      flow: flowArrays(shape.links, take),
      direction: { phi: take(all), y: take(all), weights: take(all) },
      system:
        sparse === undefined
          ? { kind: 'krylov', krylov: krylovArrays(shape, take) }
          : { kind: 'direct', sparse: sparseArrays(sparse, take), x: take(sparse.cells * sparse.unknowns) },
    };
  }
}
