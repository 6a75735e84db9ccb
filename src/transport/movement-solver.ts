// Solves a movement by Newton's method on its conditions of optimality, with an interior point where densities may be 0: z f
// = barrier at the levels whose energy does not keep them positive (l < L, and all at temperature 0), the barrier going to 0.
//
// The unknowns of a step of Newton are phi and y = df/f; f then becomes f (1 + y), or f e^y where it falls: positive whatever
// y is, and the same to second order. A tail that must fall by many orders of magnitude does so in a step or two.

import { fastF64 } from '../elementary/mod.js';
import { leastDensity, type Movement, type Standing } from './movement.js';
import { MovementMatrix } from './movement-matrix.js';
import { SparseSolver, type Place, type SparseArrays, type SparsePlan } from './sparse.js';

export interface MovementResult extends Standing {
  readonly iterations: number;
  readonly converged: boolean;
}

export interface MovementTarget {
  /** Largest gap, as an energy, and largest residual of mass. */
  readonly gap: number;
  readonly mass: number;
  readonly iterations: number;
}

export class MovementSolver {
  readonly #matrix: MovementMatrix;
  readonly #sparse: SparseSolver;

  constructor(
    private readonly movement: Movement,
    private readonly plan: SparsePlan,
    sparse: SparseArrays,
    /** [cell * unknowns + i], and weights of densities. */
    private readonly x: Float64Array,
    private readonly weights: Float64Array,
    place: Place,
  ) {
    this.#matrix = new MovementMatrix(movement, plan, sparse, place);
    this.#sparse = new SparseSolver(plan, sparse, place);
  }

  /** Moves from `before` over a time tau. The result is in the last level of `density`. */
  *solve(tau: number, temperature: number, target: MovementTarget): Generator<void, MovementResult> {
    const { levels, links, volume } = this.movement.shape;
    const { density, before, phi, slack, potential } = this.movement.arrays;
    const [begin, end] = this.movement.range;
    const step = tau / levels;
    const entropic = temperature > 0 ? levels - 1 : levels;
    const barriers = entropic * links.sites;
    let barrier = barriers > 0 ? 1e-2 : 0;
    yield* this.#guess(step, Math.max(temperature, 0.05));
    for (let l = 0; l < levels; l++) {
      for (let i = begin; i < end; i++) {
        const at = l * links.sites + i;
        const last = (levels - 1) * links.sites + i;
        phi[at] = potential[i] + temperature * fastF64.log(density[last]);
        slack[at] = l < entropic ? barrier / density[at] : 0;
      }
    }
    yield;
    for (let iteration = 0; ; iteration++) {
      const standing = yield* this.movement.evaluate(step, temperature);
      if (globalThis.process.env.TRACE) console.log(iteration, barrier, 'G', standing.gap, standing.massResidual, standing.densityResidual, standing.complementarity, standing.action);
      const converged = standing.gap <= target.gap && standing.massResidual <= target.mass;
      if (converged || iteration === target.iterations) return { ...standing, iterations: iteration, converged };
      if (barriers > 0) {
        const average = standing.complementarity / (volume * barriers);
        barrier = Math.min(barrier, 0.2 * average);
      }
      this.#prepare(temperature, barrier, entropic);
      yield;
      this.#matrix.write(step, this.weights);
      yield;
      if (!(yield* this.#sparse.factor())) return { ...standing, iterations: iteration, converged: false };
      yield* this.#sparse.solve(this.x);
      this.#update(barrier, entropic);
      yield;
    }
  }

  /**
   * Implicit Euler steps of the gradient flow with Scharfetter-Gummel rates on all links: symmetric with unknowns f e^(V/2
   * eps), and positive.
   */
  *#guess(step: number, temperature: number): Generator<void> {
    const { levels, links } = this.movement.shape;
    const { density, before } = this.movement.arrays;
    for (let l = 0; l < levels; l++) {
      this.#matrix.writeFlow(step, temperature);
      yield;
      yield* this.#sparse.factor();
      const { unknowns, cells } = this.plan;
      const n = links.sites / cells;
      const old = l === 0 ? before : density.subarray((l - 1) * links.sites, l * links.sites);
      this.x.fill(0);
      for (let i = 0; i < links.sites; i++) this.x[(i % cells) * unknowns + Math.floor(i / cells)] = old[i] * this.#matrix.root(i, temperature);
      yield* this.#sparse.solve(this.x);
      for (let i = 0; i < links.sites; i++) density[l * links.sites + i] = Math.max(leastDensity, this.x[(i % cells) * unknowns + Math.floor(i / cells)] / this.#matrix.root(i, temperature));
    }
  }

  #prepare(temperature: number, barrier: number, entropic: number): void {
    const { levels, links } = this.movement.shape;
    const { density, slack, densityResidual, massResidual } = this.movement.arrays;
    const [begin, end] = this.movement.range;
    const { weights, x } = this;
    const { unknowns, cells } = this.plan;
    const n = links.sites / cells;
    for (let l = 0; l < levels; l++) {
      for (let i = begin; i < end; i++) {
        const at = l * links.sites + i;
        const isBarrier = l < entropic;
        weights[at] = isBarrier ? slack[at] * density[at] : temperature * density[at];
        const to = (i % cells) * unknowns + l * n + Math.floor(i / cells);
        x[to] = massResidual[at];
        x[to + levels * n] = (isBarrier ? barrier : 0) - densityResidual[at];
      }
    }
  }

  #update(barrier: number, entropic: number): void {
    const { levels, links } = this.movement.shape;
    const { density, phi, slack } = this.movement.arrays;
    const [begin, end] = this.movement.range;
    const { unknowns, cells } = this.plan;
    const n = links.sites / cells;
    for (let l = 0; l < levels; l++) {
      for (let i = begin; i < end; i++) {
        const at = l * links.sites + i;
        const from = (i % cells) * unknowns + l * n + Math.floor(i / cells);
        phi[at] += this.x[from];
        const y = this.x[from + levels * n];
        if (l < entropic) {
          const t = barrier / (slack[at] * density[at]) - 1 - y;
          slack[at] *= grown(t);
        }
        density[at] = Math.max(leastDensity, density[at] * grown(y));
      }
    }
  }
}

/** 1 + y, but positive for all y. */
function grown(y: number): number {
  return y >= 0 ? 1 + y : fastF64.exp(y);
}
