// Solves a movement by Newton's method on its conditions of optimality, with an interior point where densities may be 0: z f
// = barrier at the levels whose energy does not keep them positive (l < L, and all at temperature 0), the barrier going to 0.
// How linear systems are solved is not its business.
//
// The unknowns of a step of Newton are phi and y = df/f; f then becomes f (1 + y), or f e^y where it falls: positive whatever
// y is, and the same to second order. From an implicit Euler step of the gradient flow, whose tails are right, it takes some
// five steps, also where densities span a hundred orders of magnitude; from other states Newton's method often fails there.

import { mathF64 } from '../elementary/mod.js';
import type { ImplicitFlow } from './implicit-flow.js';
import { leastDensity, type Movement, type Standing } from './movement.js';

/** Linear systems of Newton steps, for the iterate that was evaluated last. */
export interface NewtonSystem {
  /**
   * Solves in place: the arrays are the right-hand sides of the mass and density equations, then dphi and y.
   * @param weights of the unknown densities: z f, eps f, or both
   * @returns whether there is a solution, the same for all members
   */
  solve(step: number, weights: Float64Array, phi: Float64Array, y: Float64Array): Generator<void, boolean>;
}

export interface MovementResult extends Standing {
  readonly iterations: number;
  readonly converged: boolean;
}

export interface MovementTarget {
  /** Largest gap, as an energy, and largest sum of residuals of mass. */
  readonly gap: number;
  readonly mass: number;
}

/** Steps of Newton after which it is given up: an interior point takes 20 to 40, others 4 to 8. */
const mostIterations = { barrier: 90, entropic: 40 } as const;
/** The first barrier, as a part of the mean density; and its factor from step to step: 0.3 and 0.03 took more steps. */
const firstBarrier = 1e-2;
const barrierFactor = 0.1;
/** A slack falls at most by this in a step. */
const leastGrowth = 0.02;
/** An action that grows by this factor in a step will not come back. */
const hopeless = 1e6;
/** The temperature of the first guess is at least this part of the range of the potential: at 0 tails would be empty. */
const guessTemperature = 0.01;

export interface SolverArrays {
  readonly phi: Float64Array;
  readonly y: Float64Array;
  readonly weights: Float64Array;
}

export class MovementSolver {
  constructor(
    private readonly movement: Movement,
    private readonly flow: ImplicitFlow,
    private readonly system: NewtonSystem,
    private readonly direction: SolverArrays,
  ) {}

  /**
   * Moves from `before` over a time tau. The result is in `density`, its last level the new state.
   * @param potentialRange largest less smallest potential
   */
  *solve(
    tau: number,
    temperature: number,
    potentialRange: number,
    target: MovementTarget,
  ): Generator<void, MovementResult> {
    const gentle = Math.max(temperature, guessTemperature * potentialRange);
    const needsBarrier = temperature === 0 || this.movement.shape.levels > 1;
    const first = yield* this.#attempt(tau, temperature, gentle, needsBarrier, target);
    if (first.converged) return first;
    // Warmer, with a barrier at all levels: slower, and more robust.
    yield;
    const second = yield* this.#attempt(tau, temperature, 4 * gentle, true, target);
    return { ...second, iterations: first.iterations + second.iterations };
  }

  *#attempt(
    tau: number,
    temperature: number,
    guess: number,
    hasBarrier: boolean,
    target: MovementTarget,
  ): Generator<void, MovementResult> {
    const { levels, links, volume } = this.movement.shape;
    const { density, before, phi, slack, potential } = this.movement.arrays;
    const { sites } = links;
    const [begin, end] = this.movement.range;
    const step = tau / levels;
    // Levels [0, barriers) have one; the last needs none where its entropy keeps it positive.
    const barriers = !hasBarrier ? 0 : temperature > 0 && levels > 1 ? levels - 1 : levels;
    for (let l = 0; l < levels; l++) {
      const old = l === 0 ? before : density.subarray((l - 1) * sites, l * sites);
      yield* this.flow.solve(step, guess, old, potential, density.subarray(l * sites, (l + 1) * sites));
    }
    let barrier = firstBarrier / (volume * sites);
    for (let i = begin; i < end; i++) {
      for (let l = 0; l < levels; l++) {
        const at = l * sites + i;
        if (!(density[at] > leastDensity)) density[at] = leastDensity;
        slack[at] = l < barriers ? barrier / density[at] : 0;
      }
      const last = (levels - 1) * sites + i;
      for (let l = 0; l < levels; l++) {
        phi[l * sites + i] = potential[i] + temperature * mathF64.log(density[last]);
      }
    }
    yield;
    const most = mostIterations[barriers > 0 ? 'barrier' : 'entropic'];
    let smallest = Infinity;
    for (let iterations = 0; ; iterations++) {
      const standing = yield* this.movement.evaluate(step, temperature);
      // Beside a barrier the lower bound is poor where there is no mass; the conditions themselves are as telling.
      const gap = barriers > 0 ? standing.complementarity + standing.densityResidual : standing.gap;
      const result = { ...standing, gap, iterations };
      if (Math.abs(gap) <= target.gap && standing.massResidual <= target.mass) {
        return { ...result, converged: true };
      }
      const failed = { ...result, converged: false };
      if (iterations === most || !(standing.action <= hopeless * smallest)) return failed;
      smallest = Math.min(smallest, Math.max(standing.action, target.gap));
      if (barriers > 0) {
        const average = standing.complementarity / (volume * sites * barriers);
        barrier = Math.min(barrier, barrierFactor * average);
      }
      this.#prepare(temperature, barrier, barriers);
      yield;
      const { weights, phi: dphi, y } = this.direction;
      if (!(yield* this.system.solve(step, weights, dphi, y))) return failed;
      this.#update(barrier, barriers);
      yield;
    }
  }

  #prepare(temperature: number, barrier: number, barriers: number): void {
    const { levels, links } = this.movement.shape;
    const { density, slack, densityResidual, massResidual } = this.movement.arrays;
    const { weights, phi, y } = this.direction;
    const [begin, end] = this.movement.range;
    for (let l = 0; l < levels; l++) {
      const isLast = l === levels - 1;
      for (let at = l * links.sites + begin; at < l * links.sites + end; at++) {
        weights[at] = (slack[at] + (isLast ? temperature : 0)) * density[at];
        phi[at] = massResidual[at];
        y[at] = (l < barriers ? barrier : 0) - densityResidual[at];
      }
    }
  }

  #update(barrier: number, barriers: number): void {
    const { levels, links } = this.movement.shape;
    const { density, phi, slack } = this.movement.arrays;
    const { phi: dphi, y: change } = this.direction;
    const [begin, end] = this.movement.range;
    for (let l = 0; l < levels; l++) {
      for (let at = l * links.sites + begin; at < l * links.sites + end; at++) {
        phi[at] += dphi[at];
        const y = change[at];
        if (l < barriers) {
          slack[at] *= Math.max(leastGrowth, barrier / (slack[at] * density[at]) - y);
        }
        density[at] = Math.max(leastDensity, density[at] * (y >= 0 ? 1 + y : mathF64.exp(y)));
      }
    }
  }
}
