// Orthonormal bases in which second differences on a line or a ring are diagonal, and the change to them along an axis of an
// array. Every mode is even or odd about the middle, so that a change takes half of a matrix product; any number of points
// will do, and sums have one fixed order. Not a fast Fourier transform: the time grows with the square of the points.

import { mathF64 } from '../elementary/mod.js';

export interface Basis {
  readonly size: number;
  /** Eigenvalues of minus the second difference (spacing 1), in the order of the modes. */
  readonly eigenvalues: Float64Array;
  /** Modes that are even about the middle come first: how many. */
  readonly even: number;
  /** Left halves of the modes, mode by mode, ceil(size/2) values each. */
  readonly modes: Float64Array;
}

/**
 * @param isRing ends joined, in place of walls without flux
 */
export function basisOf(size: number, isRing: boolean): Basis {
  const half = Math.ceil(size / 2);
  const even = half;
  const modes = new Float64Array(size * half);
  const eigenvalues = new Float64Array(size);
  for (let at = 0; at < size; at++) {
    const isEven = at < even;
    // On a line the even modes are cosines 0, 2, 4 …, the odd ones 1, 3 …; on a ring cosines and sines about the middle.
    const order = isRing ? (isEven ? at : at - even + 1) : isEven ? 2 * at : 2 * (at - even) + 1;
    const angle = (isRing ? 2 : 1) * order * (Math.PI / size);
    const sine = mathF64.sin(0.5 * angle);
    eigenvalues[at] = 4 * sine * sine;
    const isFlat = order === 0 || (isRing && 2 * order === size);
    const norm = Math.sqrt((isFlat ? 1 : 2) / size);
    for (let i = 0; i < half; i++) {
      // On a line cos(angle (i + 1/2)), which is even or odd by itself; on a ring from the middle.
      const place = isRing ? i + 0.5 - 0.5 * size : i + 0.5;
      modes[at * half + i] =
        norm * (isRing && !isEven ? mathF64.sin(angle * place) : mathF64.cos(angle * place));
    }
  }
  return { size, eigenvalues, even, modes };
}

/** Lines that are changed side by side. */
const pack = 8;

/** Changes to a basis and back. Not to be used from two places at once: it keeps its scratch. */
export class BasisChange {
  readonly #folded: Float64Array;
  readonly #lines: Float64Array;

  constructor(readonly basis: Basis) {
    this.#folded = new Float64Array(basis.size * pack);
    this.#lines = new Float64Array(basis.size * pack);
  }

  /**
   * Replaces values by coefficients (or, with `back`, the reverse) along an axis.
   *
   * @param stride distance of neighbours along the axis
   * @param from first value of the first line
   * @param count lines
   * @param lineStride distance of neighbouring lines
   */
  run(
    data: Float64Array,
    stride: number,
    from: number,
    count: number,
    lineStride: number,
    back: boolean,
  ): void {
    const lines = this.#lines;
    const { size } = this.basis;
    for (let first = 0; first < count; first += pack) {
      const width = Math.min(pack, count - first);
      const base = from + first * lineStride;
      for (let i = 0; i < size; i++) {
        const at = base + i * stride;
        for (let l = 0; l < width; l++) lines[i * pack + l] = data[at + l * lineStride];
      }
      if (back) this.#toValues();
      else this.#toCoefficients();
      for (let i = 0; i < size; i++) {
        const at = base + i * stride;
        for (let l = 0; l < width; l++) data[at + l * lineStride] = lines[i * pack + l];
      }
    }
  }

  #toCoefficients(): void {
    const folded = this.#folded;
    const lines = this.#lines;
    const { size, even } = this.basis;
    const half = even;
    const odd = size - even;
    for (let i = 0; i < odd; i++) {
      const near = i * pack;
      const far = (size - 1 - i) * pack;
      for (let l = 0; l < pack; l++) {
        folded[near + l] = lines[near + l] + lines[far + l];
        folded[(half + i) * pack + l] = lines[near + l] - lines[far + l];
      }
    }
    // The middle of an odd number of points belongs to the even part.
    if (half > odd) for (let l = 0; l < pack; l++) folded[odd * pack + l] = lines[odd * pack + l];
    this.#multiply(0, even, 0, half);
    this.#multiply(even, size, half, odd);
  }

  /** lines[mode] = sum over points of mode * folded, for modes of one parity. */
  #multiply(fromMode: number, toMode: number, offset: number, points: number): void {
    const folded = this.#folded;
    const lines = this.#lines;
    const { modes, even: half } = this.basis;
    for (let mode = fromMode; mode < toMode; mode++) {
      let [a0, a1, a2, a3, a4, a5, a6, a7] = [0, 0, 0, 0, 0, 0, 0, 0];
      let at = offset * pack;
      for (let i = 0; i < points; i++) {
        const q = modes[mode * half + i];
        a0 += q * folded[at];
        a1 += q * folded[at + 1];
        a2 += q * folded[at + 2];
        a3 += q * folded[at + 3];
        a4 += q * folded[at + 4];
        a5 += q * folded[at + 5];
        a6 += q * folded[at + 6];
        a7 += q * folded[at + 7];
        at += pack;
      }
      const to = mode * pack;
      lines[to] = a0;
      lines[to + 1] = a1;
      lines[to + 2] = a2;
      lines[to + 3] = a3;
      lines[to + 4] = a4;
      lines[to + 5] = a5;
      lines[to + 6] = a6;
      lines[to + 7] = a7;
    }
  }

  #toValues(): void {
    const folded = this.#folded;
    const lines = this.#lines;
    const { size, even } = this.basis;
    const half = even;
    const odd = size - even;
    this.#sum(0, even, 0, half);
    this.#sum(even, size, half, odd);
    for (let i = 0; i < odd; i++) {
      const near = i * pack;
      const far = (size - 1 - i) * pack;
      for (let l = 0; l < pack; l++) {
        const [a, b] = [folded[near + l], folded[(half + i) * pack + l]];
        lines[near + l] = a + b;
        lines[far + l] = a - b;
      }
    }
    if (half > odd) for (let l = 0; l < pack; l++) lines[odd * pack + l] = folded[odd * pack + l];
  }

  /** folded[offset + point] = sum over modes of one parity of mode * lines. */
  #sum(fromMode: number, toMode: number, offset: number, points: number): void {
    const folded = this.#folded;
    const lines = this.#lines;
    const { modes, even: half } = this.basis;
    for (let i = 0; i < points; i++) {
      let [a0, a1, a2, a3, a4, a5, a6, a7] = [0, 0, 0, 0, 0, 0, 0, 0];
      let at = fromMode * pack;
      for (let mode = fromMode; mode < toMode; mode++) {
        const q = modes[mode * half + i];
        a0 += q * lines[at];
        a1 += q * lines[at + 1];
        a2 += q * lines[at + 2];
        a3 += q * lines[at + 3];
        a4 += q * lines[at + 4];
        a5 += q * lines[at + 5];
        a6 += q * lines[at + 6];
        a7 += q * lines[at + 7];
        at += pack;
      }
      const to = (offset + i) * pack;
      folded[to] = a0;
      folded[to + 1] = a1;
      folded[to + 2] = a2;
      folded[to + 3] = a3;
      folded[to + 4] = a4;
      folded[to + 5] = a5;
      folded[to + 6] = a6;
      folded[to + 7] = a7;
    }
  }
}
