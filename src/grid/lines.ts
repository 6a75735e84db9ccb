// Implicit steps along the lines of one coordinate: (1 + tau A) f' = f, where A is what the fluxes of fluxes.ts take out
// of each cell. Not which lines are whose (engine.ts).
//
// Lines are worked on in packs of `lanes`, gathered into a buffer where the cells i of all lanes stand side by side: the
// chain of dependent operations of a tridiagonal solve then never waits, along whatever coordinate, and factors are read as
// one stream. Elimination never subtracts: with e_i what leaves the line for good from cell i (directly 1, or by way of
// eliminated cells), the pivot is
//
//     p_i = e_i + tau r_i,   e_i = 1 + tau l_(i-1) e_(i-1) / p_(i-1),        r: rightward, l: leftward
//
// which is what 1 + tau (r_i + l_(i-1)) - tau^2 l_(i-1) r_(i-1) / p_(i-1) comes to, since columns sum to 1 (the algorithm of
// Grassmann, Taksar and Heyman 1985). So each factor and each f' has all its digits, however small: f' >= 0, mass and
// the Gibbs state are kept to rounding, cell by cell. On a ring the last cell is eliminated last: cell i passes on to
// it (v_i), and it to cell i (w_i), by way of eliminated cells; again only sums of positive numbers.

import type { Cells } from './cells.js';

/** Lines of a pack: one cache line of doubles, and enough to hide the latency of the recurrence. */
export const lanes = 8;

/** The factors of the lines along one coordinate: arrays of numbers, pack after pack, [(pack * size + i) * lanes + lane]. */
export interface Factors {
  /** tau r_(i-1) / p_(i-1). */
  readonly lower: Float64Array;
  /** 1 / p_i. */
  readonly inverse: Float64Array;
  /** tau l_i / p_i. */
  readonly upper: Float64Array;
  /** On a ring, for i < size - 1: v_i / p_i and w_i / p_i. Empty else. */
  readonly toLast: Float64Array;
  readonly fromLast: Float64Array;
}

export interface Fluxes {
  readonly rightward: Float64Array;
  readonly leftward: Float64Array;
}

/** The lines along coordinate k over all nodes. */
export class Lines {
  readonly size: number;
  readonly stride: number;
  readonly isRing: boolean;
  readonly count: number;
  readonly packs: number;

  constructor(cells: Cells, k: number, nodes: number) {
    this.size = cells.sizes[k];
    this.stride = cells.strides[k];
    this.isRing = cells.periodic[k];
    this.count = (nodes * cells.count) / this.size;
    this.packs = Math.ceil(this.count / lanes);
  }

  /** Numbers in each array of factors. */
  get factorLength(): number {
    return this.packs * this.size * lanes;
  }

  /** Where a line begins in a field. */
  start(line: number): number {
    const { stride } = this;
    return Math.floor(line / stride) * stride * this.size + (line % stride);
  }

  /** Whether the lanes of a pack stand side by side in a field. */
  #isContiguous(first: number): boolean {
    return (
      this.stride >= lanes && (first % this.stride) + lanes <= this.stride && first + lanes <= this.count
    );
  }

  /** Copies the lines of a pack into a buffer; lanes without a line are 0. */
  gather(field: Float64Array, pack: number, buffer: Float64Array): void {
    const { size, stride } = this;
    const first = pack * lanes;
    if (this.#isContiguous(first)) {
      let from = this.start(first);
      for (let to = 0; to < size * lanes; to += lanes, from += stride) {
        for (let lane = 0; lane < lanes; lane++) buffer[to + lane] = field[from + lane];
      }
      return;
    }
    if (first + lanes > this.count) buffer.fill(0);
    for (let lane = 0; lane < lanes && first + lane < this.count; lane++) {
      const begin = this.start(first + lane);
      for (let i = 0; i < size; i++) buffer[i * lanes + lane] = field[begin + i * stride];
    }
  }

  /** Copies a buffer back. */
  scatter(buffer: Float64Array, pack: number, field: Float64Array): void {
    const { size, stride } = this;
    const first = pack * lanes;
    if (this.#isContiguous(first)) {
      let to = this.start(first);
      for (let from = 0; from < size * lanes; from += lanes, to += stride) {
        for (let lane = 0; lane < lanes; lane++) field[to + lane] = buffer[from + lane];
      }
      return;
    }
    for (let lane = 0; lane < lanes && first + lane < this.count; lane++) {
      const begin = this.start(first + lane);
      for (let i = 0; i < size; i++) field[begin + i * stride] = buffer[i * lanes + lane];
    }
  }

  /** Writes the factors of a pack for steps of length tau; `at` is where the pack begins in them. */
  factor(fluxes: Fluxes, pack: number, tau: number, factors: Factors, at: number): void {
    for (let lane = 0; lane < lanes; lane++) {
      const line = pack * lanes + lane;
      if (line < this.count) this.#factorLine(fluxes, this.start(line), this.stride, tau, factors, at + lane);
      else this.#clearLine(factors, at + lane);
    }
  }

  /**
   * Writes the factors of one lane for fluxes out of cell i that are `weights[i]` times as large; `weights` is a buffer of
   * lanes. The weighted fluxes are left in `scratch`.
   */
  factorWeighted(
    { rightward, leftward }: Fluxes,
    line: number,
    tau: number,
    weights: Float64Array,
    lane: number,
    scratch: Fluxes,
    factors: Factors,
  ): void {
    const begin = this.start(line);
    for (let i = 0; i < this.size; i++) {
      const next = i + 1 < this.size ? i + 1 : 0;
      scratch.rightward[i] = rightward[begin + i * this.stride] * weights[i * lanes + lane];
      scratch.leftward[i] = leftward[begin + i * this.stride] * weights[next * lanes + lane];
    }
    this.#factorLine(scratch, 0, 1, tau, factors, lane);
  }

  #factorLine(
    { rightward, leftward }: Fluxes,
    begin: number,
    stride: number,
    tau: number,
    { lower, inverse, upper, toLast, fromLast }: Factors,
    at: number,
  ): void {
    const { size, isRing } = this;
    // On a ring the last cell is not among those eliminated in order.
    const inner = isRing ? size - 1 : size;
    let leaves = 1;
    let reciprocal = 0;
    const closing = begin + (size - 1) * stride;
    let v = isRing ? tau * leftward[closing] : 0;
    let w = isRing ? tau * rightward[closing] : 0;
    let lastLeaves = 1;
    for (let i = 0; i < inner; i++) {
      const cell = begin + i * stride;
      const to = at + i * lanes;
      if (i > 0) {
        const back = tau * leftward[cell - stride] * reciprocal;
        const forth = tau * rightward[cell - stride] * reciprocal;
        lower[to] = forth;
        leaves = 1 + back * leaves;
        v *= back;
        w *= forth;
      }
      const right = tau * rightward[cell];
      if (isRing && i === inner - 1) {
        // The neighbour of the last but one is the last.
        v += right;
        w += tau * leftward[cell];
        reciprocal = 1 / (leaves + v);
        upper[to] = 0;
      } else {
        reciprocal = 1 / (leaves + v + right);
        upper[to] = tau * leftward[cell] * reciprocal;
      }
      inverse[to] = reciprocal;
      if (isRing) {
        toLast[to] = v * reciprocal;
        fromLast[to] = w * reciprocal;
        lastLeaves += w * reciprocal * leaves;
      }
    }
    if (isRing) inverse[at + (size - 1) * lanes] = 1 / lastLeaves;
  }

  #clearLine({ lower, inverse, upper, toLast, fromLast }: Factors, at: number): void {
    for (let i = 0; i < this.size; i++) {
      const to = at + i * lanes;
      lower[to] = 0;
      inverse[to] = 1;
      upper[to] = 0;
      if (this.isRing) {
        toLast[to] = 0;
        fromLast[to] = 0;
      }
    }
  }

  /** Solves (1 + tau A) f' = f for the lanes of a buffer, in place. */
  solve(buffer: Float64Array, factors: Factors, at: number): void {
    if (this.isRing) this.#solveRing(buffer, factors, at);
    else this.#solveOpen(buffer, factors, at);
  }

  #solveOpen(buffer: Float64Array, { lower, inverse, upper }: Factors, at: number): void {
    const end = this.size * lanes;
    for (let t = lanes; t < end; t++) buffer[t] += lower[at + t] * buffer[t - lanes];
    for (let t = end - lanes; t < end; t++) buffer[t] *= inverse[at + t];
    for (let t = end - lanes - 1; t >= 0; t--) {
      buffer[t] = buffer[t] * inverse[at + t] + upper[at + t] * buffer[t + lanes];
    }
  }

  #solveRing(buffer: Float64Array, { lower, inverse, upper, toLast, fromLast }: Factors, at: number): void {
    const last = (this.size - 1) * lanes;
    for (let t = lanes; t < last; t++) buffer[t] += lower[at + t] * buffer[t - lanes];
    for (let lane = 0; lane < lanes; lane++) {
      let sum = buffer[last + lane];
      for (let t = lane; t < last; t += lanes) sum += toLast[at + t] * buffer[t];
      const value = sum * inverse[at + last + lane];
      buffer[last + lane] = value;
      for (let t = lane; t < last; t += lanes)
        buffer[t] = buffer[t] * inverse[at + t] + fromLast[at + t] * value;
    }
    // upper of the last but one is 0: what it gets from the last is in fromLast.
    for (let t = last - 1 - lanes; t >= 0; t--) buffer[t] += upper[at + t] * buffer[t + lanes];
  }
}

/**
 * gamma of the two-stage, stiffly accurate, L-stable diagonally implicit Runge-Kutta method of order 2 (Alexander 1977):
 * its stages are steps of length gamma tau with one matrix.
 */
export const gamma = 1 - Math.SQRT1_2;
const extrapolation = (1 - gamma) / gamma;

/** Scratch of one member, for lines of up to `size` cells. */
export class LineScratch {
  readonly buffer: Float64Array;
  readonly before: Float64Array;
  readonly again: Float64Array;
  readonly weights: Float64Array;
  readonly fluxes: Fluxes;
  readonly factors: Factors;

  constructor(size: number) {
    const numbers = (): Float64Array => new Float64Array(size * lanes);
    this.buffer = numbers();
    this.before = numbers();
    this.again = numbers();
    this.weights = numbers();
    this.fluxes = { rightward: new Float64Array(size), leftward: new Float64Array(size) };
    this.factors = {
      lower: numbers(),
      inverse: numbers(),
      upper: numbers(),
      toLast: numbers(),
      fromLast: numbers(),
    };
  }
}

/**
 * A step of order 2 over tau for the lines of a pack, in `scratch.buffer`; `factors` are those for gamma tau. A lane where
 * a value turns negative takes `stepPositive` instead.
 */
export function stepSecondOrder(
  lines: Lines,
  fluxes: Fluxes,
  pack: number,
  tau: number,
  factors: Factors,
  at: number,
  scratch: LineScratch,
): void {
  const { buffer, before } = scratch;
  const end = lines.size * lanes;
  for (let t = 0; t < end; t++) before[t] = buffer[t];
  lines.solve(buffer, factors, at);
  // The second stage: f + (1 - gamma) tau f'_1, where -gamma tau A f_1 = f_1 - f gives the derivative of the first.
  for (let t = 0; t < end; t++) buffer[t] = before[t] + extrapolation * (buffer[t] - before[t]);
  lines.solve(buffer, factors, at);
  let least = 0;
  for (let t = 0; t < end; t++) if (buffer[t] < least) least = buffer[t];
  if (least < 0) stepPositive(lines, fluxes, pack, tau, scratch);
}

/**
 * Replaces lanes of `scratch.buffer` with a negative value by a step from `scratch.before` that has none: the modified
 * Patankar-Runge-Kutta method of order 2 (Burchard, Deleersnijder and Meister 2003). After an implicit Euler step to f_1,
 * one more from f where what flows out of cell i is (f_i + f_1i)/2 in units of f_1i: again an M-matrix whose columns sum
 * to 1. On one decaying cell it is 1/(1 + z + z^2/2). It costs factors of its own; tails that empty into the wells need it
 * for the first steps, and would otherwise hold their lines at order 1.
 */
function stepPositive(
  lines: Lines,
  fluxes: Fluxes,
  pack: number,
  tau: number,
  { buffer, before, again, weights, fluxes: weighted, factors }: LineScratch,
): void {
  const end = lines.size * lanes;
  const negative: number[] = [];
  for (let lane = 0; lane < lanes; lane++) {
    for (let t = lane; t < end; t += lanes) {
      if (!(buffer[t] < 0)) continue;
      negative.push(lane);
      break;
    }
  }
  weights.fill(1);
  const solve = (): void => {
    again.set(before.subarray(0, end));
    for (const lane of negative) {
      lines.factorWeighted(fluxes, pack * lanes + lane, tau, weights, lane, weighted, factors);
    }
    lines.solve(again, factors, 0);
  };
  solve();
  for (let t = 0; t < end; t++) {
    // A cell that lost all it had in the first step keeps its rates.
    weights[t] = again[t] > 0 ? Math.min(0.5 + (0.5 * before[t]) / again[t], steepest) : 1;
  }
  solve();
  for (const lane of negative) for (let t = lane; t < end; t += lanes) buffer[t] = again[t];
}

/** Weights beyond this act like it. */
const steepest = 1e100;
