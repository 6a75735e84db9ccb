// The L1 distance between two laws in bins, and the one that sampling noise alone would give. Laws are of x given the node;
// masses are compared elsewhere.

import { absoluteMoments } from './binomial.js';
import { binEdges, inBins } from './bins.js';
import type { Law } from './law.js';
import { scoreOfSkewed } from './normal.js';

export interface DensityDistance {
  /** Sum over bins of |p_a - p_b|: between 0 and 2. */
  readonly distance: number;
  /** What two samples of one law have on average, and its standard deviation; 0 between two grids. */
  readonly expected: number;
  readonly deviation: number;
  /** Part of the distance that did not count. */
  readonly allowed: number;
  /** How far the distance is above what noise explains, as a normal number; negative if below, NaN without noise. */
  readonly z: number;
  readonly bins: number;
}

/**
 * The distance. Noise: given the bins' sums, each particle of a bin is of the one sample or the other with fixed odds
 * (or, against a grid, in the bin with a known probability), so that counts are binomial; the moments of their absolute
 * deviations are summed over bins as if these were independent.
 *
 * @param allow part of the distance that does not count
 * @param coarse the law `b` on cells twice as wide: its distance from b, in the same bins, does not count either
 */
export function densityDistance(a: Law, b: Law, bins?: number, allow = 0, coarse?: Law): DensityDistance {
  const edges = binEdges(a, b, bins);
  const [inA, inB] = [inBins(a, edges), inBins(b, edges)];
  const [nA, nB] = [a, b].map((law) => (law.kind === 'particles' ? law.count : 1));
  const allowed = allow + (coarse ? between(inB, inBins(coarse, edges)) : 0);
  let [distance, expected, variance, third] = [0, 0, 0, 0];
  const addNoise = ([m1, m2, m3]: readonly [number, number, number], scale: number): void => {
    expected += scale * m1;
    variance += scale * scale * (m2 - m1 * m1);
    third += scale * scale * scale * (m3 - 3 * m1 * m2 + 2 * m1 * m1 * m1);
  };
  for (let bin = 0; bin < inA.length; bin++) {
    distance += Math.abs(inA[bin] / nA - inB[bin] / nB);
    if (a.kind === 'particles' && b.kind === 'particles') {
      addNoise(absoluteMoments(inA[bin] + inB[bin], nA / (nA + nB)), 1 / nA + 1 / nB);
    } else if (a.kind === 'particles') {
      addNoise(absoluteMoments(nA, Math.min(1, inB[bin])), 1 / nA);
    } else if (b.kind === 'particles') {
      addNoise(absoluteMoments(nB, Math.min(1, inA[bin])), 1 / nB);
    }
  }
  const deviation = Math.sqrt(variance);
  const skewness = deviation > 0 ? third / (variance * deviation) : 0;
  const z = (Math.max(0, distance - allowed) - expected) / deviation;
  return {
    distance,
    expected,
    deviation,
    allowed,
    z: deviation > 0 ? scoreOfSkewed(z, skewness) : NaN,
    bins: inA.length,
  };
}

function between(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, bin) => sum + Math.abs(value - b[bin]), 0);
}
