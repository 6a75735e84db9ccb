// Where a movement begins to look for its answer: one implicit Euler step of the gradient flow, positive everywhere and with
// tails that are right to a factor, from which Newton's method needs a handful of steps. Not a result: it is solved to a
// few digits only, by line relaxation.
//
// Along each link mass passes at rates k a f_s - k b f_t with a/b = e^((V_s - V_t)/eps), so the step is linear and its matrix
// an M-matrix: relaxation from positive values stays positive. k is such that a flux is w theta (mu_s - mu_t) for the densities
// at hand, hence found in two passes.

import { mathF64 } from '../elementary/mod.js';
import type { Box, Links } from './links.js';
import { mean, meanAt, setMean, value } from './means.js';
import type { Place } from './sparse.js';

/** k is kept below this, and densities above this in its computation: only a guess is at stake. */
const fastest = 1e12;
const thinnest = 1e-30;

/** Weights of a logarithmic mean with a/b = e^((V_s - V_t)/eps), up to this. */
const consistent = 1e-6;

/** Rounds of sweeps along all directions: in the first pass, and in the second. More do not save steps of Newton. */
const rounds = [2, 4] as const;

export interface FlowArrays {
  /** Rates of links: from -> to, and back, times the step. */
  readonly there: Float64Array;
  readonly back: Float64Array;
  /** 1 + all rates out of a site. */
  readonly diagonal: Float64Array;
  /** The other values of a sweep. */
  readonly old: Float64Array;
}

export function flowArrays(links: Links, take: (length: number) => Float64Array): FlowArrays {
  return {
    there: take(links.count),
    back: take(links.count),
    diagonal: take(links.sites),
    old: take(links.sites),
  };
}

export class ImplicitFlow {
  readonly #nodes: number;
  readonly #cells: number;
  readonly #strides: readonly number[];
  readonly #longest: number;

  constructor(
    private readonly box: Box,
    private readonly links: Links,
    private readonly arrays: FlowArrays,
    private readonly place: Place,
  ) {
    this.#cells = box.sizes.reduce((product, size) => product * size, 1);
    this.#nodes = links.sites / this.#cells;
    const strides = new Array<number>(box.sizes.length).fill(1);
    for (let k = strides.length - 2; k >= 0; k--) strides[k] = strides[k + 1] * box.sizes[k + 1];
    this.#strides = strides;
    this.#longest = Math.max(...box.sizes);
  }

  #share(count: number): readonly [number, number] {
    const { index, size } = this.place;
    return [Math.floor((count * index) / size), Math.floor((count * (index + 1)) / size)];
  }

  /**
   * Writes an implicit step from `before` into `density` (arrays of sites).
   * @param temperature > 0
   */
  *solve(
    step: number,
    temperature: number,
    before: Float64Array,
    potential: Float64Array,
    density: Float64Array,
  ): Generator<void> {
    const [begin, end] = this.#share(this.links.sites);
    density.set(before.subarray(begin, end), begin);
    const { diagonal, old } = this.arrays;
    for (let pass = 0; pass < rounds.length; pass++) {
      yield;
      const [first, last] = this.#share(this.links.count);
      this.#writeRates(step, temperature, potential, pass === 0 ? undefined : density, first, last);
      yield;
      for (let i = begin; i < end; i++) diagonal[i] = 1 + this.#ratesOut(i);
      for (let round = 0; round < rounds[pass]; round++) {
        for (let k = 0; k <= this.#strides.length; k++) {
          if (k === this.#strides.length && this.links.faces === this.links.count) continue;
          yield;
          for (let i = begin; i < end; i++) old[i] = density[i];
          yield;
          if (k < this.#strides.length) this.#sweepLines(k, before, density);
          else this.#sweepCells(before, density);
        }
      }
    }
    yield;
  }

  #writeRates(
    step: number,
    temperature: number,
    potential: Float64Array,
    density: Float64Array | undefined,
    begin: number,
    end: number,
  ): void {
    const { from, to, conductance, kind, weightFrom, weightTo, logRatio, faces } = this.links;
    const { there, back } = this.arrays;
    for (let link = begin; link < end; link++) {
      const [s, t] = [from[link], to[link]];
      const z = (potential[t] - potential[s]) / temperature;
      const size = Math.abs(z);
      // B(|z|) = |z|/(e^|z| - 1), and B(-|z|).
      const slow = size < 1e-8 ? 1 - 0.5 * size : size / mathF64.expm1(size);
      let [a, b] = z > 0 ? [slow, slow + size] : [slow + size, slow];
      let rate = step * conductance[link] * temperature;
      if (kind[link] === mean.logarithmic && Math.abs(logRatio[link] + z) <= consistent * (1 + size)) {
        // The link's own weights make its flux linear.
        a = weightFrom[link];
        b = weightTo[link];
      } else if (density !== undefined && link >= faces) {
        const f = Math.max(density[s], thinnest);
        const g = Math.max(density[t], thinnest);
        const [x, y] = [f * weightFrom[link], g * weightTo[link]];
        setMean(kind[link], f, g, weightFrom[link], weightTo[link], mathF64.log(x / y));
        const theta = meanAt[value];
        setMean(mean.logarithmic, f, g, a, b, mathF64.log(Math.max(a, thinnest) * f) - mathF64.log(b * g));
        const factor = theta / meanAt[value];
        rate *= factor > 0 && factor < fastest ? factor : factor >= fastest ? fastest : 1;
      }
      there[link] = rate * a;
      back[link] = rate * b;
    }
  }

  #ratesOut(site: number): number {
    const { start, incident } = this.links;
    const { there, back } = this.arrays;
    let sum = 0;
    for (let k = start[site]; k < start[site + 1]; k++) {
      sum += (incident[k] & 1) === 0 ? there[incident[k] >> 1] : back[incident[k] >> 1];
    }
    return sum;
  }

  /** What comes in along all links of a site but those to `left` and `right` (sites, or -1). */
  #inflow(site: number, left: number, right: number): number {
    const { start, incident, from, to } = this.links;
    const { there, back, old } = this.arrays;
    let sum = 0;
    for (let k = start[site]; k < start[site + 1]; k++) {
      const link = incident[k] >> 1;
      const isFrom = (incident[k] & 1) === 0;
      const other = isFrom ? to[link] : from[link];
      if (other === left || other === right) continue;
      sum += (isFrom ? back[link] : there[link]) * old[other];
    }
    return sum;
  }

  /** Rate at which mass of `other` comes to `site`. */
  #rateFrom(site: number, other: number): number {
    const { start, incident, from, to } = this.links;
    for (let k = start[site]; k < start[site + 1]; k++) {
      const link = incident[k] >> 1;
      if ((incident[k] & 1) === 0) {
        if (to[link] === other) return this.arrays.back[link];
      } else if (from[link] === other) return this.arrays.there[link];
    }
    return 0;
  }

  /** Solves along lines of coordinate k, everything else being as it was. */
  #sweepLines(k: number, before: Float64Array, density: Float64Array): void {
    const { sizes } = this.box;
    const [size, stride] = [sizes[k], this.#strides[k]];
    const { diagonal } = this.arrays;
    const lines = this.links.sites / size;
    const [begin, end] = this.#share(lines);
    const upper = new Float64Array(this.#longest);
    for (let line = begin; line < end; line++) {
      const base = Math.floor(line / stride) * stride * size + (line % stride);
      for (let i = 0; i < size; i++) {
        const site = base + i * stride;
        const left = i > 0 ? site - stride : -1;
        const right = i < size - 1 ? site + stride : -1;
        let pivot = diagonal[site];
        let right0 = before[site] + this.#inflow(site, left, right);
        if (left >= 0) {
          const lower = this.#rateFrom(site, left);
          pivot -= lower * upper[i - 1];
          right0 += lower * density[left];
        }
        upper[i] = right >= 0 ? this.#rateFrom(site, right) / pivot : 0;
        density[site] = right0 / pivot;
      }
      for (let i = size - 2; i >= 0; i--) {
        density[base + i * stride] += upper[i] * density[base + (i + 1) * stride];
      }
    }
  }

  /** Solves in each cell over its nodes: elimination without cancellation, since off-diagonal entries are <= 0. */
  #sweepCells(before: Float64Array, density: Float64Array): void {
    const n = this.#nodes;
    const cells = this.#cells;
    const { start, incident, from, to, faces } = this.links;
    const { there, back, old, diagonal } = this.arrays;
    const matrix = new Float64Array(n * n);
    const right = new Float64Array(n);
    const [begin, end] = this.#share(cells);
    for (let cell = begin; cell < end; cell++) {
      matrix.fill(0);
      for (let g = 0; g < n; g++) {
        const site = g * cells + cell;
        matrix[g * n + g] = diagonal[site];
        let sum = before[site];
        for (let k = start[site]; k < start[site + 1]; k++) {
          const link = incident[k] >> 1;
          const isFrom = (incident[k] & 1) === 0;
          const other = isFrom ? to[link] : from[link];
          const rate = isFrom ? back[link] : there[link];
          if (link < faces) sum += rate * old[other];
          else matrix[g * n + (other - cell) / cells] -= rate;
        }
        right[g] = sum;
      }
      for (let p = 0; p < n; p++) {
        for (let i = p + 1; i < n; i++) {
          const factor = matrix[i * n + p] / matrix[p * n + p];
          if (factor === 0) continue;
          for (let j = p + 1; j < n; j++) matrix[i * n + j] -= factor * matrix[p * n + j];
          right[i] -= factor * right[p];
        }
      }
      for (let p = n - 1; p >= 0; p--) {
        let sum = right[p];
        for (let j = p + 1; j < n; j++) sum -= matrix[p * n + j] * right[j];
        right[p] = sum / matrix[p * n + p];
        density[p * cells + cell] = right[p];
      }
    }
  }
}
