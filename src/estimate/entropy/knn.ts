// Entropy from distances to nearest points, in any dimension. There is no bandwidth to choose: the ball that holds k points is
// the scale. Densities and their gradients at a point are node-law.ts. On a torus that ball must not meet itself: r_k below half of every period.

import { mathF64 } from '../../elementary/mod.js';
import { NeighbourTree } from './neighbour-tree.js';
import { noEstimate, type Estimate, type Sample } from './sample.js';
import { digamma, logGamma, logUnitBallVolume, trigamma } from './special.js';

/**
 * Balls of neighbouring points overlap, so that the noise of their volumes (variance psi'(k) each) does not average out as
 * that of independent numbers: n Var(h) exceeds the variance of one term by `overlap` psi'(k). Measured on uniform laws
 * on the torus, where nothing else varies: 0.5 to 0.7 for k = 2 … 16 and d = 1 … 4, 0.3 to 0.5 for k = 1.
 */
const overlap = 0.6;

/**
 * The entropy of Kozachenko and Leonenko (1987) with k-th neighbours (Goria et al. 2005): of n points,
 *
 *     h = psi(n) - psi(k) + log c_d + (d/n) sum_i log r_i,
 *
 * r_i the distance of point i to the k-th nearest of the n - 1 others, c_d the volume of the unit ball, psi the digamma
 * function. Where k or more other points are at the place of point i, r_i is the smallest positive distance and psi(k)
 * gives way to psi of its rank. Mathematics, section 10. Dimensionless.
 *
 * The error is that of the mean of the n terms, sqrt((Var(log r_i^d) + 0.6 psi'(k)) / n), see `overlap`.
 *
 * The bias is found by widening the balls to 2k points: the bias of a ball grows with the power s of its volume, of expectation
 * gamma(k + s)/gamma(k) n^-s, so that h_2k - h_k tells its size. s = 2/d is right for smooth laws, 1/d for laws
 * with edges; 2/d is taken for d <= 2 and 1/d above, where almost all points are near an edge of the bulk. It has noise of its
 * own, less than `error` for d <= 2, and for d > 5 it is a warning of the right order, not a correction.
 *
 * NaN for at most k points, and if all are at one place.
 * @throws RangeError for a malformed sample, or `neighbours` that is no whole number from 1.
 */
export function knnEntropy(sample: Sample, neighbours: number): Estimate {
  return knnEntropyOf(new NeighbourTree(sample), neighbours);
}

/** As `knnEntropy`, of the points of a tree. */
export function knnEntropyOf(tree: NeighbourTree, neighbours: number): Estimate {
  const { count: n, dimension: d } = tree;
  const k = neighbours;
  requireNeighbours(k);
  if (n <= k) return noEstimate;
  const wide = Math.min(2 * k, n - 1);
  const distances = new Float64Array(wide);
  const point = new Float64Array(d);
  const [psi, psiWide] = [digamma(k), digamma(wide)];

  // Welford's sums of the terms d log r_i - psi(k), and the sum of what they grow by in the wide balls.
  let [mean, squares, growth] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    tree.nearestOf(i, wide, distances);
    let term: number;
    let wideTerm: number | undefined;
    if (distances[k - 1] > 0) {
      term = logVolume(distances[k - 1], d) - psi;
    } else {
      tree.pointOf(i, point);
      const { distance, atPoint } = tree.nearestApart(point);
      if (distance === Infinity) return noEstimate;
      // The point itself is one of those at its place, hence the rank of the next among the others.
      term = logVolume(distance, d) - digamma(atPoint);
      if (atPoint >= wide) wideTerm = term;
    }
    wideTerm ??= logVolume(distances[wide - 1], d) - psiWide;
    growth += wideTerm - term;
    const difference = term - mean;
    mean += difference / (i + 1);
    squares += difference * (term - mean);
  }
  return {
    value: mean + digamma(n) + logUnitBallVolume(d),
    error: Math.sqrt((squares / (n - 1) + overlap * trigamma(k)) / n),
    bias: wide > k ? growth / n / (relativeBias(wide, k, d) - 1) : 0,
  };
}

/** How many times larger the bias is with balls of `wide` points than with balls of k. */
function relativeBias(wide: number, k: number, d: number): number {
  const power = d <= 2 ? 2 / d : 1 / d;
  return mathF64.exp(logGamma(wide + power) - logGamma(wide) - logGamma(k + power) + logGamma(k));
}

/** log r^d */
function logVolume(squaredDistance: number, d: number): number {
  return 0.5 * d * mathF64.log(squaredDistance);
}

function requireNeighbours(k: number): void {
  if (!(Number.isInteger(k) && k >= 1)) {
    throw new RangeError(`${k} neighbours: a whole number from 1 is needed`);
  }
}
