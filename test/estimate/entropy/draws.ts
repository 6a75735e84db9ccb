// Samples of known laws for the tests of this folder, the same in every run: a small counter-based generator (the
// finaliser of SplitMix32) and the textbook transforms.

import type { Sample } from '../../../src/estimate/mod.js';

export interface Draws {
  /** Uniform on (0, 1). */
  readonly uniform: () => number;
  readonly normal: () => number;
  readonly exponential: () => number;
}

export function draws(seed: number): Draws {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const word = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  // 53 bits, never 0 or 1.
  const uniform = (): number => ((word() >>> 6) * 2 ** 26 + (word() >>> 6) + 0.5) / 2 ** 52;
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal, exponential: () => -Math.log(uniform()) };
}

/** n points, coordinate by coordinate from `coordinate`. */
export function sampleOf(n: number, dimension: number, coordinate: () => number, period?: number): Sample {
  return {
    points: Float64Array.from({ length: n * dimension }, coordinate),
    dimension,
    periods: Array.from({ length: dimension }, () => period),
  };
}

/** Points written out. */
export function samplePoints(
  points: readonly (readonly number[])[],
  periods?: readonly (number | undefined)[],
): Sample {
  const dimension = points[0].length;
  return {
    points: Float64Array.from(points.flat()),
    dimension,
    periods: periods ?? points[0].map(() => undefined),
  };
}

/** Entropy of the standard normal law in one coordinate. */
export const normalEntropy = 0.5 * Math.log(2 * Math.PI * Math.E);
