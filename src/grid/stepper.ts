// One step of given length, without judging it: transport along lines and reaction in cells, in the order of the splitting.
//
//     lie       x, y, z for tau, then all edges; implicit Euler
//     strang    edges for tau/2, x and y for tau/2, z for tau, then all of it backwards; parts of order 2
//
// Each part alone keeps mass, f >= 0 and the Gibbs state. What is shared, and how members meet, is engine.ts.

import { isDensityMobility, type Splitting } from '../model/mod.js';
import { blockRange, share, type Member } from './cells.js';
import { exchangeDensity } from './density-exchange.js';
import { sweepEdges } from './edges.js';
import { exchangeLinear, writeLinearCoefficients } from './linear-exchange.js';
import { gamma, lanes, LineScratch, stepSecondOrder } from './lines.js';
import type { GridArrays, GridPlan, Slot } from './memory.js';

/** Which coefficients a slot holds, and when they were used last. */
interface Held {
  key: string;
  used: number;
}

export class Stepper {
  readonly #scratch: LineScratch;
  readonly #held: Held[];
  #uses = 0;

  constructor(
    private readonly plan: GridPlan,
    private readonly arrays: GridArrays,
    private readonly member: Member,
  ) {
    this.#scratch = new LineScratch(Math.max(...plan.cells.sizes));
    this.#held = arrays.slots.map(() => ({ key: '', used: 0 }));
  }

  /** Says that potentials, rates or the temperature have changed. */
  forget(): void {
    for (const held of this.#held) held.key = '';
  }

  /** A step of length tau. `countJumps` is told, by all members at once, that sums of jumps are complete. */
  *step(splitting: Splitting, tau: number, temperature: number, countJumps: () => void): Generator<void> {
    const slot = yield* this.#slot(splitting, tau);
    const last = this.plan.lines.length - 1;
    if (splitting === 'lie') {
      for (let k = 0; k <= last; k++) {
        this.#transport(k, false, tau, slot);
        yield;
      }
      this.#react(false, false, tau, temperature, slot);
      yield;
      countJumps();
      return;
    }
    this.#react(true, false, 0.5 * tau, temperature, slot);
    yield;
    countJumps();
    for (let k = 0; k < last; k++) {
      this.#transport(k, true, 0.5 * tau, slot);
      yield;
    }
    this.#transport(last, true, tau, slot);
    yield;
    for (let k = last - 1; k >= 0; k--) {
      this.#transport(k, true, 0.5 * tau, slot);
      yield;
    }
    this.#react(true, true, 0.5 * tau, temperature, slot);
    yield;
    countJumps();
  }

  /** The slot with the coefficients of such a step; written first where none has them, over the one unused longest. */
  *#slot(splitting: Splitting, tau: number): Generator<void, Slot> {
    const key = `${splitting} ${tau}`;
    let index = this.#held.findIndex((held) => held.key === key);
    if (index < 0) {
      index = this.#held.reduce((old, { used }, i) => (used < this.#held[old].used ? i : old), 0);
      this.#held[index].key = key;
      this.#write(splitting, tau, this.arrays.slots[index]);
      yield;
    }
    this.#held[index].used = ++this.#uses;
    return this.arrays.slots[index];
  }

  #write(splitting: Splitting, tau: number, slot: Slot): void {
    const { lines, edges, cells, model } = this.plan;
    const { fluxes, forward, backward } = this.arrays;
    const { index, size } = this.member;
    const isSecond = splitting === 'strang';
    lines.forEach((line, k) => {
      const part = isSecond ? gamma * (k < lines.length - 1 ? 0.5 * tau : tau) : tau;
      const [begin, end] = share(line.packs, index, size);
      for (let pack = begin; pack < end; pack++) {
        line.factor(fluxes[k], pack, part, slot.factors[k], pack * line.size * lanes);
      }
    });
    if (isDensityMobility(model.mobility)) return;
    const [begin, end] = share(cells.blocks, index, size);
    for (let block = begin; block < end; block++) {
      const range = blockRange(cells, block);
      for (let e = 0; e < edges.length; e++) {
        const part = isSecond ? 0.5 * tau : tau;
        writeLinearCoefficients(forward, backward, e * cells.count, range, part, slot.linear);
      }
    }
  }

  #transport(k: number, isSecond: boolean, tau: number, { factors }: Slot): void {
    const lines = this.plan.lines[k];
    const { field, fluxes } = this.arrays;
    const { buffer } = this.#scratch;
    const [begin, end] = share(lines.packs, this.member.index, this.member.size);
    for (let pack = begin; pack < end; pack++) {
      const at = pack * lines.size * lanes;
      lines.gather(field, pack, buffer);
      if (isSecond) stepSecondOrder(lines, fluxes[k], pack, tau, factors[k], at, this.#scratch);
      else lines.solve(buffer, factors[k], at);
      lines.scatter(buffer, pack, field);
    }
  }

  #react(isSecond: boolean, isBackwards: boolean, tau: number, temperature: number, { linear }: Slot): void {
    const { edges, cells, model } = this.plan;
    const { field, potential, jumpSums } = this.arrays;
    const { mobility } = model;
    sweepEdges(this.plan, jumpSums, this.member, isBackwards, (e, from, to, range, sum) => {
      if (isDensityMobility(mobility)) {
        const { weight } = edges[e];
        exchangeDensity(
          mobility,
          isSecond,
          weight,
          tau,
          temperature,
          potential,
          field,
          from,
          to,
          range,
          jumpSums,
          sum,
        );
      } else {
        exchangeLinear(field, from, to, range, linear, e * cells.count, jumpSums, sum);
      }
    });
  }
}
