// Entropy, log density and its gradient from distances to nearest points. No bandwidth: the ball that holds k points is the
// scale. Any dimension.

import { mathF64 } from '../../elementary/mod.js';
import { NeighbourTree } from './neighbour-tree.js';
import { noEstimate, type Estimate, type Sample } from './sample.js';
import { digamma, logUnitBallVolume } from './special.js';

/** The entropy of Kozachenko and Leonenko with the k-th neighbours; see `knnEntropyOf`. */
export function knnEntropy(sample: Sample, neighbours: number): Estimate {
  return knnEntropyOf(new NeighbourTree(sample), neighbours);
}

export function knnEntropyOf(tree: NeighbourTree, k: number): Estimate {
  const { count: n, dimension: d } = tree;
  if (!(Number.isInteger(k) && k >= 1))
    throw new RangeError(`${k} neighbours: a whole number from 1 is needed`);
  if (n <= k) return noEstimate;
  const wide = Math.min(2 * k, n - 1);
  const distances = new Float64Array(wide);
  const indices = new Int32Array(wide);
  const terms = new Float64Array(n);
  let wideSum = 0;
  const psiK = digamma(k);
  const point = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    tree.nearestOf(i, wide, distances, indices);
    if (distances[k - 1] > 0) {
      terms[i] = 0.5 * d * mathF64.log(distances[k - 1]) - psiK;
    } else {
      tree.pointOf(i, point);
      const { distance, atPoint } = tree.nearestApart(point);
      if (distance === Infinity) return noEstimate;
      terms[i] = 0.5 * d * mathF64.log(distance) - digamma(atPoint);
    }
    wideSum +=
      distances[wide - 1] > 0 ? 0.5 * d * mathF64.log(distances[wide - 1]) - digamma(wide) : terms[i];
  }
  let sum = 0;
  for (const term of terms) sum += term;
  const mean = sum / n;
  let squares = 0;
  for (const term of terms) squares += (term - mean) * (term - mean);
  return {
    value: mean + digamma(n) + logUnitBallVolume(d),
    error: Math.sqrt(squares / (n - 1) / n),
    bias: wideSum / n - mean,
  };
}
