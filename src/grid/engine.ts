// The solver of one member of a team: start, advance, measure. Every member runs the same generator, and each `yield` is a
// meeting: nobody goes on before all have come. Members write disjoint parts of the shared arrays, and sums go block by
// block in one order, so results do not depend on the size of the team. It knows nothing of threads: whoever drives the
// generators may run the members one after the other between meetings.
//
// Energy never rises: the parts of `lie` cannot raise it (docs/theory.md); after each step of `strang` it is looked at, and a
// step that raised it is done again with the parts of `lie`.

import type { Model } from '../model/mod.js';
import { forItems, share, type Member } from './cells.js';
import { Coefficients } from './coefficients.js';
import { addJumps } from './edges.js';
import { evaluateEnergy, type Energy } from './energy.js';
import { GridError } from './errors.js';
import { writeStart } from './initial.js';
import { evaluationSums, scalar, type GridArrays, type GridPlan } from './memory.js';
import { measureAll } from './moments.js';
import { Stepper } from './stepper.js';

/** An energy that rises by less than this, relative to its parts, has not risen: sums have rounding errors. */
const rounding = 1e-13;

/** With a tolerance: time.step is cut into at most 2^24 steps. */
const deepest = 24;

export class GridEngine {
  readonly #model: Model;
  readonly #coefficients: Coefficients;
  readonly #stepper: Stepper;
  /** E_h and I_h of the state, where they are known. */
  #known: Energy | undefined;
  /** Of the first member: densities that jumped in this step, and since the last that counts. */
  readonly #stepJumps: Float64Array;
  readonly #jumps: Float64Array;

  constructor(
    private readonly plan: GridPlan,
    private readonly arrays: GridArrays,
    private readonly member: Member,
  ) {
    this.#model = plan.model;
    this.#coefficients = new Coefficients(plan, arrays, member);
    this.#stepper = new Stepper(plan, arrays, member);
    this.#stepJumps = new Float64Array(arrays.jumps.length);
    this.#jumps = new Float64Array(arrays.jumps.length);
  }

  /** Writes the initial state. */
  *start(): Generator<void, undefined> {
    this.#known = undefined;
    yield* writeStart(this.plan, this.arrays, this.member);
  }

  /**
   * Steps of time.step; with a tolerance each is cut as needed.
   * @throws GridError
   */
  *advance(from: number, to: number): Generator<void, undefined> {
    const { timeStep, gridTolerance } = this.#model;
    for (let step = from; step < to; step++) {
      const time = step * timeStep;
      if (gridTolerance === undefined) {
        yield* this.#step(time, timeStep);
        this.#settle();
      } else yield* this.#controlled(time, gridTolerance);
    }
    yield;
  }

  /** Computes what an observation needs (observe.ts reads it). Returns E_h and I_h at this time. */
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
    this.#stepper.forget();
  }

  /** One step; its jumps are in `#jumps`, its part of the balance is counted. */
  *#step(time: number, tau: number): Generator<void> {
    const { arrays, member } = this;
    const { splitting, mobility } = this.#model;
    // Coefficients in the middle of the step: of order 2.
    yield* this.#refresh(time + 0.5 * tau);
    const { temperature, change } = this.#coefficients;
    const evaluate = (): Generator<void, Energy> => evaluateEnergy(this.plan, arrays, member, temperature);
    const before = this.#known ?? (yield* evaluate());
    if (splitting === 'strang') yield* this.#copy(arrays.field, arrays.before);
    yield* this.#attempt(splitting, tau);
    let after = yield* evaluate();
    const slack = rounding * (Math.abs(before.potential) + Math.abs(before.entropic) + temperature);
    // Free rates may raise it.
    if (splitting === 'strang' && mobility !== 'free' && !(after.energy <= before.energy + slack)) {
      yield* this.#copy(arrays.before, arrays.field);
      yield* this.#attempt('lie', tau);
      after = yield* evaluate();
      if (member.index === 0) arrays.scalars[scalar.eulerSteps] += 1;
    }
    this.#stepJumps.forEach((jumped, e) => {
      this.#jumps[e] += jumped;
    });
    if (member.index === 0) {
      arrays.scalars[scalar.balance] += after.energy - before.energy + tau * meanDissipation(before, after);
    }
    this.#known = change ? undefined : after;
  }

  *#attempt(splitting: Model['splitting'], tau: number): Generator<void> {
    this.#stepJumps.fill(0);
    yield* this.#stepper.step(splitting, tau, this.#coefficients.temperature, () => this.#countJumps());
  }

  /** The first member sums up what blocks have counted, while the others go on: they meet before the next count. */
  #countJumps(): void {
    if (this.member.index === 0) addJumps(this.plan, this.arrays.jumpSums, this.#stepJumps);
  }

  /** Jumps of steps that count are added to those of the run. */
  #settle(): void {
    if (this.member.index === 0) this.#jumps.forEach((jumped, e) => (this.arrays.jumps[e] += jumped));
    this.#jumps.fill(0);
  }

  /**
   * One time.step by pairs of steps whose sum is compared with one step of twice the length: where the two differ by more
   * than the tolerance allows, the pair is halved. Lengths are time.step / 2^level, so that pairs end where time.step does
   * and coefficients of the two lengths in use stay as they are.
   */
  *#controlled(time: number, tolerance: number): Generator<void> {
    const { arrays, member } = this;
    const { timeStep, splitting } = this.#model;
    // Errors of the pair, from its difference to the long step: of order p, 1/(2^p - 1) of it.
    const order = splitting === 'strang' ? 2 : 1;
    const divisor = (1 << order) - 1;
    // A step twice as long has 2^(p + 1) times the error; half of the tolerance leaves room.
    const small = (0.5 * tolerance) / (1 << (order + 1));
    let level = arrays.scalars[scalar.level];
    let balance = arrays.scalars[scalar.balance];
    yield;
    for (let done = 0; done < 1 << level;) {
      const length = timeStep / (1 << level);
      const begin = time + done * length;
      const known = this.#known;
      yield* this.#copy(arrays.field, arrays.origin);
      yield* this.#refresh(begin + 0.5 * length);
      yield* this.#attempt(splitting, length);
      yield* this.#copy(arrays.field, arrays.coarse);
      yield* this.#copy(arrays.origin, arrays.field);
      this.#known = this.#coefficients.change ? undefined : known;
      yield* this.#step(begin, 0.5 * length);
      yield* this.#step(begin + 0.5 * length, 0.5 * length);
      const error = (yield* this.#difference()) / divisor;
      if (error <= tolerance) {
        this.#settle();
        balance = arrays.scalars[scalar.balance];
        if (member.index === 0) arrays.scalars[scalar.accepted] += 1;
        done += 1;
        if (level > 0 && done % 2 === 0 && error <= small) {
          level -= 1;
          done /= 2;
        }
      } else {
        if (!(error < Infinity)) {
          throw new GridError(
            'grid-not-finite',
            `the densities are not finite at t = ${begin}`,
            'report this with the config',
          );
        }
        if (level === deepest) {
          throw new GridError(
            'grid-tolerance',
            `at t = ${begin} a step of ${length} still has an error of ${error}, above grid.tolerance ${tolerance}`,
            'use a larger tolerance: errors below about 1e-13 are rounding',
          );
        }
        this.#jumps.fill(0);
        this.#known = known;
        if (member.index === 0) {
          arrays.scalars[scalar.balance] = balance;
          arrays.scalars[scalar.rejected] += 1;
        }
        yield* this.#copy(arrays.origin, arrays.field);
        level += 1;
        done *= 2;
      }
      yield;
    }
    if (member.index === 0) arrays.scalars[scalar.level] = level;
    yield;
  }

  /** This member's share of a copy, and a meeting. */
  *#copy(from: Float64Array, to: Float64Array): Generator<void> {
    const [begin, end] = share(from.length, this.member.index, this.member.size);
    to.set(from.subarray(begin, end), begin);
    yield;
  }

  /** sum of h^d |f - coarse|: the mean, over the mass, of the relative difference. */
  *#difference(): Generator<void, number> {
    const { cells } = this.plan;
    const { field, coarse, sums } = this.arrays;
    const { nodeCount } = this.#model.graph;
    const items = nodeCount * cells.blocks;
    // Somebody may still be reading the sums of the energy.
    yield;
    forItems(cells, nodeCount, this.member, (from, to, item) => {
      let sum = 0;
      for (let i = from; i < to; i++) sum += Math.abs(field[i] - coarse[i]);
      sums[item * evaluationSums] = sum;
    });
    yield;
    let total = 0;
    for (let item = 0; item < items; item++) total += sums[item * evaluationSums];
    return total * cells.volume;
  }
}

/** The mean of I over a step, by the trapezoid; where I is infinite at one end (a density of 0), by the other. */
function meanDissipation(before: Energy, after: Energy): number {
  const [a, b] = [before.transport + before.reaction, after.transport + after.reaction];
  if (!Number.isFinite(a)) return b;
  return Number.isFinite(b) ? 0.5 * (a + b) : a;
}

/** Runs a team of one. */
export function runAlone<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
