// Systems of Newton steps of the linearised scheme (L = 1) by GMRES, for boxes on which elimination is slow (d = 2). Restarted,
// preconditioned from the right; members share vectors, and sums go block by block, so the bits do not depend on the team.
//
// Unknowns are scaled by sqrt(f), which makes residuals of thin tails count. The preconditioner solves the system without its
// couplings of y to neighbours,
//
//     ┌ -h K   -C ┐     C = f + h sum w s theta_s d (the part at the site),   W = weight + curvature at the site,
//     └  -C     W ┘     so  (h K + C^2/W) dphi = -(r + C s/W),
//
// with an incomplete Cholesky factorisation (diagonal only: Meijerink and van der Vorst 1977) of that M-matrix on strips.

import type { Movement, MovementShape } from './movement.js';
import type { NewtonSystem } from './movement-solver.js';
import type { Place } from './sparse.js';

/** Vectors before a restart, and restarts. */
const basisSize = 60;
const mostRestarts = 4;
/** The residual goes down by this factor: a smaller one saves no step of Newton's method. */
const reduction = 1e-6;
/** Above this a solution is none. */
const worst = 1e-2;
/** Strips of the factorisation, and sites of a block of sums. */
const mostStrips = 8;
const blockLength = 256;

export interface KrylovArrays {
  /** Vectors of 2 sites: phi, then y. */
  readonly basis: readonly Float64Array[];
  readonly right: Float64Array;
  readonly solution: Float64Array;
  readonly work: Float64Array;
  readonly shifted: Float64Array;
  /** sqrt(f), C/f, W/f and the pivots of the factorisation. */
  readonly root: Float64Array;
  readonly cross: Float64Array;
  readonly weight: Float64Array;
  readonly pivots: Float64Array;
  /** Of links: h w theta/sqrt(f f'). */
  readonly off: Float64Array;
  readonly sums: Float64Array;
}

export function krylovArrays({ links }: MovementShape, take: (length: number) => Float64Array): KrylovArrays {
  const { sites, count } = links;
  const vector = (): Float64Array => take(2 * sites);
  return {
    basis: Array.from({ length: basisSize + 1 }, vector),
    right: vector(),
    solution: vector(),
    work: vector(),
    shifted: vector(),
    root: take(sites),
    cross: take(sites),
    weight: take(sites),
    pivots: take(sites),
    off: take(count),
    sums: take((basisSize + 2) * Math.ceil(sites / blockLength)),
  };
}

export class KrylovSystem implements NewtonSystem {
  readonly #sites: number;
  readonly #blocks: number;
  readonly #begin: number;
  readonly #end: number;
  /** Cells of this member's strips: [from, to), each with its nodes. */
  readonly #strips: readonly (readonly [number, number])[];
  readonly #stripOf: Int32Array;
  #step = 0;

  /** @param cells of a node */
  constructor(
    private readonly cells: number,
    private readonly movement: Movement,
    private readonly arrays: KrylovArrays,
    private readonly place: Place,
  ) {
    if (movement.shape.levels !== 1) throw new RangeError('GMRES is for one level');
    this.#sites = movement.shape.links.sites;
    this.#blocks = Math.ceil(this.#sites / blockLength);
    [this.#begin, this.#end] = movement.range;
    const strips = Math.min(mostStrips, Math.ceil(cells / blockLength));
    const edge = (k: number): number => Math.floor((cells * k) / strips);
    this.#stripOf = new Int32Array(cells);
    for (let k = 0; k < strips; k++) this.#stripOf.fill(k, edge(k), edge(k + 1));
    const [first, last] = this.#share(strips);
    this.#strips = Array.from(
      { length: last - first },
      (_, k) => [edge(first + k), edge(first + k + 1)] as const,
    );
  }

  #share(count: number): readonly [number, number] {
    const { index, size } = this.place;
    return [Math.floor((count * index) / size), Math.floor((count * (index + 1)) / size)];
  }

  *solve(step: number, weights: Float64Array, phi: Float64Array, y: Float64Array): Generator<void, boolean> {
    const { right, solution, work, basis, root, shifted } = this.arrays;
    const n = this.#sites;
    this.#step = step;
    yield* this.#prepare(step, weights);
    for (let i = this.#begin; i < this.#end; i++) {
      right[i] = phi[i] / root[i];
      right[n + i] = y[i] / root[i];
      solution[i] = 0;
      solution[n + i] = 0;
    }
    const norm = Math.sqrt((yield* this.#dots([right], right))[0]);
    if (!(norm < Infinity)) return false;
    let residual = norm;
    for (let restart = 0; restart < mostRestarts && residual > reduction * norm; restart++) {
      if (restart === 0) this.#combine(basis[0], [right], [1]);
      else {
        yield;
        this.#apply(solution, work);
        this.#combine(basis[0], [right, work], [1, -1]);
      }
      const start = Math.sqrt((yield* this.#dots([basis[0]], basis[0]))[0]);
      if (start === 0) break;
      this.#scale(basis[0], 1 / start);
      const { coefficients, rest } = yield* this.#arnoldi(start, reduction * norm);
      yield;
      this.#combine(work, basis.slice(0, coefficients.length), coefficients);
      yield;
      yield* this.#precondition(work, shifted);
      this.#add(solution, shifted);
      yield;
      if (!(rest < residual)) {
        residual = Math.min(residual, rest);
        break;
      }
      residual = rest;
    }
    for (let i = this.#begin; i < this.#end; i++) {
      phi[i] = solution[i] / root[i];
      y[i] = solution[n + i] / root[i];
    }
    yield;
    return residual <= worst * norm;
  }

  /** Builds a basis and the coefficients that make the residual least. */
  *#arnoldi(
    start: number,
    goal: number,
  ): Generator<void, { readonly coefficients: readonly number[]; readonly rest: number }> {
    const { basis, work, shifted } = this.arrays;
    const columns: number[][] = [];
    const cosines: number[] = [];
    const sines: number[] = [];
    const g = [start];
    for (let k = 0; k < basisSize; k++) {
      yield;
      yield* this.#precondition(basis[k], shifted);
      this.#apply(shifted, work);
      yield;
      const column = new Array<number>(k + 1).fill(0);
      const known = basis.slice(0, k + 1);
      // Twice is enough (Kahan and Parlett).
      for (let pass = 0; pass < 2; pass++) {
        const products = yield* this.#dots(known, work);
        products.forEach((product, j) => {
          column[j] += product;
        });
        this.#combine(work, [work, ...known], [1, ...products.map((product) => -product)]);
      }
      const length = Math.sqrt((yield* this.#dots([work], work))[0]);
      this.#combine(basis[k + 1], [work], [length > 0 ? 1 / length : 0]);
      for (let j = 0; j < k; j++) {
        const [a, b] = [column[j], column[j + 1]];
        column[j] = cosines[j] * a + sines[j] * b;
        column[j + 1] = cosines[j] * b - sines[j] * a;
      }
      const size = Math.sqrt(column[k] * column[k] + length * length);
      cosines.push(size > 0 ? column[k] / size : 1);
      sines.push(size > 0 ? length / size : 0);
      column[k] = size;
      columns.push(column);
      g.push(-sines[k] * g[k]);
      g[k] *= cosines[k];
      if (Math.abs(g[k + 1]) <= goal || length === 0) break;
    }
    const m = columns.length;
    const coefficients = new Array<number>(m).fill(0);
    for (let i = m - 1; i >= 0; i--) {
      let sum = g[i];
      for (let j = i + 1; j < m; j++) sum -= columns[j][i] * coefficients[j];
      coefficients[i] = columns[i][i] > 0 ? sum / columns[i][i] : 0;
    }
    return { coefficients, rest: Math.abs(g[m]) };
  }

  /** Scales, diagonals, and the incomplete factorisation. */
  *#prepare(step: number, weights: Float64Array): Generator<void> {
    const { density, drop, mobility } = this.movement.arrays;
    const { start, incident, from, to, count } = this.movement.shape.links;
    const { root, cross, weight, off } = this.arrays;
    const { theta, first, second, curvature } = mobility[0];
    for (let i = this.#begin; i < this.#end; i++) {
      const f = density[i];
      let [c, w] = [f, weights[i]];
      for (let k = start[i]; k < start[i + 1]; k++) {
        const link = incident[k] >> 1;
        const d = drop[link];
        c += (incident[k] & 1) === 0 ? step * d * first[link] : -step * d * second[link];
        w += 0.5 * step * d * d * curvature[link];
      }
      root[i] = Math.sqrt(f);
      cross[i] = c / f;
      weight[i] = w / f;
    }
    yield;
    const [begin, end] = this.#share(count);
    for (let link = begin; link < end; link++) {
      off[link] = (step * theta[link]) / root[from[link]] / root[to[link]];
    }
    yield;
    this.#factor(step);
    yield;
  }

  #factor(step: number): void {
    const { cross, weight, off, pivots, root } = this.arrays;
    const { start, incident, from, to, sites } = this.movement.shape.links;
    const { theta } = this.movement.arrays.mobility[0];
    for (const [low, high] of this.#strips) {
      for (let cell = low; cell < high; cell++) {
        for (let i = cell; i < sites; i += this.cells) {
          let pivot = (cross[i] * cross[i]) / weight[i];
          const f = root[i] * root[i];
          for (let k = start[i]; k < start[i + 1]; k++) {
            const link = incident[k] >> 1;
            pivot += (step * theta[link]) / f;
            const other = (incident[k] & 1) === 0 ? to[link] : from[link];
            if (this.#precedes(other, i)) pivot -= (off[link] * off[link]) / pivots[other];
          }
          pivots[i] = pivot;
        }
      }
    }
  }

  /** Whether a site comes before another of the same strip: by cell, then by node. */
  #precedes(other: number, site: number): boolean {
    const [a, b] = [other % this.cells, site % this.cells];
    return this.#stripOf[a] === this.#stripOf[b] && (a < b || (a === b && other < site));
  }

  /** out := P^-1 x; begins when all of x is there, and meets before it ends. */
  *#precondition(x: Float64Array, out: Float64Array): Generator<void> {
    const { cross, weight, off, pivots } = this.arrays;
    const { start, incident, from, to } = this.movement.shape.links;
    const n = this.#sites;
    const { cells } = this;
    for (const [low, high] of this.#strips) {
      for (let cell = low; cell < high; cell++) {
        for (let i = cell; i < n; i += cells) {
          let sum = -x[i] - (cross[i] * x[n + i]) / weight[i];
          for (let k = start[i]; k < start[i + 1]; k++) {
            const link = incident[k] >> 1;
            const other = (incident[k] & 1) === 0 ? to[link] : from[link];
            if (this.#precedes(other, i)) sum += off[link] * out[other];
          }
          out[i] = sum / pivots[i];
        }
      }
      for (let cell = high - 1; cell >= low; cell--) {
        for (let i = cell + n - cells; i >= 0; i -= cells) {
          let sum = 0;
          for (let k = start[i]; k < start[i + 1]; k++) {
            const link = incident[k] >> 1;
            const other = (incident[k] & 1) === 0 ? to[link] : from[link];
            if (this.#precedes(i, other)) sum += off[link] * out[other];
          }
          out[i] += sum / pivots[i];
          out[n + i] = (x[n + i] + cross[i] * out[i]) / weight[i];
        }
      }
    }
    yield;
  }

  /** out := M x on this member's sites, in scaled unknowns; all of x must be there. */
  #apply(x: Float64Array, out: Float64Array): void {
    const { drop, mobility } = this.movement.arrays;
    const { start, incident, from, to } = this.movement.shape.links;
    const { root, cross, weight } = this.arrays;
    const { theta, first, second, curvature } = mobility[0];
    const n = this.#sites;
    const step = this.#step;
    for (let i = this.#begin; i < this.#end; i++) {
      const own = 1 / root[i];
      const p = x[i] * own;
      const y = x[n + i] * own;
      // Of the site itself; what follows are differences to neighbours.
      let mass = -cross[i] * root[i] * root[i] * y;
      let force = weight[i] * root[i] * root[i] * y - root[i] * root[i] * p;
      for (let k = start[i]; k < start[i + 1]; k++) {
        const link = incident[k] >> 1;
        const isFrom = (incident[k] & 1) === 0;
        const other = isFrom ? to[link] : from[link];
        const d = isFrom ? drop[link] : -drop[link];
        const [mine, theirs] = isFrom ? [first[link], second[link]] : [second[link], first[link]];
        const p2 = x[other] / root[other];
        const y2 = x[n + other] / root[other];
        mass -= step * (theta[link] * (p - p2) + d * theirs * y2);
        force -= step * d * (mine * (p - p2) + 0.5 * d * curvature[link] * y2);
      }
      out[i] = mass * own;
      out[n + i] = force * own;
    }
  }

  /** Products of vectors with x: the same for all members. Begins and ends with a meeting. */
  *#dots(vectors: readonly Float64Array[], x: Float64Array): Generator<void, number[]> {
    const { sums } = this.arrays;
    const n = this.#sites;
    yield;
    for (let block = Math.floor(this.#begin / blockLength); block * blockLength < this.#end; block++) {
      const [low, high] = [block * blockLength, Math.min(n, (block + 1) * blockLength)];
      vectors.forEach((vector, j) => {
        let sum = 0;
        for (let i = low; i < high; i++) sum += vector[i] * x[i] + vector[n + i] * x[n + i];
        sums[j * this.#blocks + block] = sum;
      });
    }
    yield;
    return vectors.map((_, j) => {
      let sum = 0;
      for (let block = 0; block < this.#blocks; block++) sum += sums[j * this.#blocks + block];
      return sum;
    });
  }

  /** out := sum of factors times vectors, on this member's sites. */
  #combine(out: Float64Array, vectors: readonly Float64Array[], factors: readonly number[]): void {
    const n = this.#sites;
    for (const offset of [0, n]) {
      const [low, high] = [offset + this.#begin, offset + this.#end];
      const isFirst = vectors[0] === out && factors[0] === 1;
      if (!isFirst) {
        const [vector, factor] = [vectors[0], factors[0]];
        for (let i = low; i < high; i++) out[i] = factor * vector[i];
      }
      for (let j = 1; j < vectors.length; j++) {
        const [vector, factor] = [vectors[j], factors[j]];
        for (let i = low; i < high; i++) out[i] += factor * vector[i];
      }
    }
  }

  #scale(x: Float64Array, factor: number): void {
    for (const offset of [0, this.#sites]) {
      for (let i = offset + this.#begin; i < offset + this.#end; i++) x[i] *= factor;
    }
  }

  #add(x: Float64Array, y: Float64Array): void {
    for (const offset of [0, this.#sites]) {
      for (let i = offset + this.#begin; i < offset + this.#end; i++) x[i] += y[i];
    }
  }
}
