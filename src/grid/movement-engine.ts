// Minimizing movements of one member of a team (mathematics, section 8): each step of tau replaces f by the minimiser of E +
// W^2/(2 tau). What the minimiser is and how it is found is src/transport; here are coefficients, guarantees and sums. The
// counterpart of engine.ts, with the same meetings.
//
// Guarantees are watched at every step: convergence, mass, f >= 0 and E(f+) + W^2/(2 tau) <= E(f). A step that does not keep
// them ends the run; it never becomes a result.

import type { Model } from '../model/mod.js';
import { DirectSystem, ImplicitFlow, KrylovSystem, Movement, MovementSolver } from '../transport/mod.js';
import type { MovementResult } from '../transport/mod.js';
import type { Member } from './cells.js';
import { Coefficients } from './coefficients.js';
import { evaluateEnergy, type Energy, type GridSolver } from './energy.js';
import { GridError } from './errors.js';
import { writeStart } from './initial.js';
import { scalar, type GridArrays, type GridPlan } from './memory.js';
import { measureAll } from './moments.js';
import { writeLinks } from './movement-links.js';
import type { MovementMemory, MovementPlan } from './movement-plan.js';

/** A step is solved when E + W^2/(2 tau) is this near to its minimum, relative to 1 + |E| at the start... */
const gapTolerance = 1e-9;
/** ... and the equation of mass, summed over all cells, holds up to this. The total is made exact afterwards. */
const massTolerance = 1e-10;

/** Energies have rounding errors of about this, relative to their parts. */
const rounding = 1e-12;

export class MovementEngine implements GridSolver {
  readonly #model: Model;
  readonly #plan: MovementPlan;
  readonly #memory: MovementMemory;
  readonly #coefficients: Coefficients;
  readonly #movement: Movement;
  readonly #solver: MovementSolver;
  #range = NaN;
  #known: Energy | undefined;

  /** @throws RangeError for a model of another kind */
  constructor(
    private readonly plan: GridPlan,
    private readonly arrays: GridArrays,
    private readonly member: Member,
  ) {
    const { movement } = plan;
    const memory = arrays.movement;
    if (!movement || !memory) throw new RangeError('the model has no minimizing movements');
    this.#model = plan.model;
    this.#plan = movement;
    this.#memory = memory;
    this.#coefficients = new Coefficients(plan, arrays, member);
    this.#movement = new Movement(movement.shape, memory.problem, member);
    const flow = new ImplicitFlow(plan.cells, movement.links, memory.flow, member);
    this.#solver = new MovementSolver(this.#movement, flow, this.#system(), memory.direction);
  }

  #system(): DirectSystem | KrylovSystem {
    const { system } = this.#memory;
    const { sparse } = this.#plan;
    if (system.kind === 'krylov') {
      return new KrylovSystem(this.plan.cells.count, this.#movement, system.krylov, this.member);
    }
    if (!sparse) throw new RangeError('there is no plan of an elimination');
    return new DirectSystem(this.#movement, sparse, system.sparse, system.x, this.member);
  }

  *start(): Generator<void, undefined> {
    this.#known = undefined;
    yield* writeStart(this.plan, this.arrays, this.member);
  }

  /** Steps of tau. @throws GridError where a step is not solved, or breaks a guarantee */
  *advance(from: number, to: number): Generator<void, undefined> {
    for (let step = from; step < to; step++) yield* this.#step(step);
    yield;
  }

  *measure(time: number): Generator<void, Energy> {
    yield* this.#refresh(time);
    const { temperature, change } = this.#coefficients;
    const energy = yield* measureAll(this.plan, this.arrays, this.member, temperature);
    if (!change) this.#known = energy;
    return energy;
  }

  /** Coefficients as they are at a time. */
  *#refresh(time: number): Generator<void> {
    if (!(yield* this.#coefficients.refresh(time))) return;
    this.#known = undefined;
    const { potential } = this.arrays;
    let [least, largest] = [Infinity, -Infinity];
    for (let i = 0; i < potential.length; i++) {
      const v = potential[i];
      if (v < least) least = v;
      if (v > largest) largest = v;
    }
    this.#range = largest - least;
    // Links are not shared: every member has all of them.
    writeLinks(this.#plan.links, this.plan, this.arrays, this.#coefficients.temperature);
    const [begin, end] = this.#movement.range;
    this.#memory.problem.potential.set(potential.subarray(begin, end), begin);
    yield;
  }

  *#step(step: number): Generator<void> {
    const { timeStep: tau } = this.#model;
    const { arrays, plan, member } = this;
    const { field } = arrays;
    const { problem } = this.#memory;
    const { levels, volume } = this.#plan.shape;
    // The energy is that of the end of the step.
    yield* this.#refresh((step + 1) * tau);
    const { temperature, change } = this.#coefficients;
    const before = this.#known ?? (yield* evaluateEnergy(plan, arrays, member, temperature));
    const [begin, end] = this.#movement.range;
    for (let i = begin; i < end; i++) {
      problem.before[i] = field[i];
      arrays.before[i] = field[i];
    }
    yield;
    const target = { gap: gapTolerance * (1 + Math.abs(before.energy)), mass: massTolerance };
    const result = yield* this.#solver.solve(tau, temperature, this.#range, target);
    if (!result.converged) throw this.#unconverged(step, result);
    const last = (levels - 1) * field.length;
    let [old, sum] = [0, 0];
    for (let i = 0; i < field.length; i++) {
      old += problem.before[i];
      sum += problem.density[last + i];
    }
    const scale = old / sum;
    for (let i = begin; i < end; i++) field[i] = problem.density[last + i] * scale;
    yield;
    const after = yield* evaluateEnergy(plan, arrays, member, temperature);
    this.#check(step, before, after, result, (scale - 1) * old * volume);
    if (member.index === 0) this.#count(before, after, result);
    yield* this.#countJumps(tau / levels);
    this.#known = change ? undefined : after;
  }

  #unconverged(step: number, { gap, massResidual, iterations }: MovementResult): GridError {
    const { timeStep } = this.#model;
    return new GridError(
      'grid-unconverged',
      `the movement from t = ${step * timeStep} to ${(step + 1) * timeStep} did not converge: after ${iterations} steps of ` +
        `Newton's method the gap is ${gap} and mass lacks ${massResidual}`,
      'use a smaller dynamics.tau, or a higher temperature; the last checkpoint is a state that did converge',
    );
  }

  /** Throws where a guarantee of the theory does not hold. */
  #check(step: number, before: Energy, after: Energy, result: MovementResult, missing: number): void {
    const { action, gap } = result;
    const parts = Math.abs(before.potential) + Math.abs(before.entropic) + this.#coefficients.temperature;
    const slack = Math.max(gap, 0) + rounding * (1 + parts);
    const isLower = after.energy + 0.5 * action <= before.energy + slack + gapTolerance * (1 + parts) * 1e-1;
    if (isLower && Math.abs(missing) <= 10 * massTolerance) return;
    throw new GridError(
      'grid-unconverged',
      `step ${step + 1} breaks a guarantee of minimizing movements: E goes from ${before.energy} to ${after.energy} with W^2/(2 ` +
        `tau) = ${0.5 * action}, and ${missing} of the mass had to be put back`,
      'this is a defect of the program, please report it with the config',
    );
  }

  /** The first member keeps the books: the order is that of MovementReport. */
  #count(before: Energy, after: Energy, { iterations, gap, massResidual, action }: MovementResult): void {
    const { scalars } = this.arrays;
    const { timeStep: tau } = this.#model;
    const books = scalars.subarray(scalar.movement);
    books[0] = iterations;
    books[1] += iterations;
    books[2] = Math.abs(gap);
    books[3] = Math.max(books[3], Math.abs(gap));
    books[4] = massResidual;
    books[5] = Math.max(books[5], massResidual);
    books[6] = before.energy - after.energy - 0.5 * action;
    books[7] = action * tau;
    // What a movement dissipates is its action: W^2/tau in a step of tau.
    scalars[scalar.balance] += after.energy - before.energy + action;
  }

  /** What went along each edge in both directions. */
  *#countJumps(step: number): Generator<void> {
    const { jumps } = this.arrays;
    const { levels, links, volume } = this.#plan.shape;
    const { mobility, drop } = this.#memory.problem;
    yield;
    if (this.member.index !== 0) return;
    const { count } = this.plan.cells;
    this.plan.edges.forEach(({ forward, backward }, e) => {
      let [there, back] = [0, 0];
      const begin = links.faces + e * count;
      for (let l = 0; l < levels; l++) {
        const { theta } = mobility[l];
        for (let link = begin; link < begin + count; link++) {
          const flow = theta[link] * drop[l * links.count + link];
          if (flow > 0) there += flow;
          else back -= flow;
        }
      }
      jumps[forward] += step * there * volume;
      jumps[backward] += step * back * volume;
    });
  }
}
