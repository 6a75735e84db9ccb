// The law of x on one node as the dissipation needs it: log density and its gradient at single points, estimated from a
// sample of the node. Entropies are entropy/; what the numbers are used for is dissipation.ts.

import { mathF64 } from '../elementary/mod.js';
import { choleskyFactor, logDeterminant, solveLower, solveUpper } from './cholesky.js';
import type { NeighbourTree } from './entropy/neighbour-tree.js';
import { wrap, type Sample } from './entropy/sample.js';
import { logUnitBallVolume } from './entropy/special.js';

const twoPi = 6.283185307179586;

/** What a law says of a point. Overwritten by the next question. */
export interface LocalLaw {
  /** log p(x); NaN where there is no estimate. */
  logDensity: number;
  /** grad log p(x). */
  readonly score: Float64Array;
  /** E|score - its mean|^2: what the noise of the estimate adds to |score|^2 on average. */
  noise: number;
}

export interface NodeLaw {
  /** Points of the sample that take part in the estimate at one place: 1 / `shared` is the variance of a log density. */
  readonly shared: number;
  /** The law at x. `own` is the index of x in the node's sample (it is then left out), or -1. */
  at(x: ArrayLike<number>, own: number): LocalLaw;
}

/** A node without a law: with too few particles, or all at one place. */
export function noLaw(dimension: number): NodeLaw {
  const local = { logDensity: NaN, score: new Float64Array(dimension).fill(NaN), noise: NaN };
  return { shared: NaN, at: () => local };
}

/** The normal law with the mean and the covariance of the sample. A periodic coordinate is unrolled around its mean. */
export function gaussianLaw(sample: Sample): NodeLaw {
  const { points, dimension: d, periods } = sample;
  const n = points.length / d;
  if (n <= d + 2) return noLaw(d);
  const centre = Float64Array.from({ length: d }, (_, i) => meanOf(sample, i));
  const difference = (x: number, i: number): number => {
    const period = periods[i];
    const plain = x - centre[i];
    return period === undefined ? plain : wrap(plain + period / 2, period) - period / 2;
  };
  const covariance = new Float64Array(d * d);
  const y = new Float64Array(d);
  for (let at = 0; at < points.length; at += d) {
    for (let i = 0; i < d; i++) y[i] = difference(points[at + i], i);
    for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) covariance[i * d + j] += y[i] * y[j];
  }
  // The inverse of the scatter matrix over n - d - 2 is the inverse covariance without bias.
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      covariance[i * d + j] /= n - d - 2;
      covariance[j * d + i] = covariance[i * d + j];
    }
  }
  const factor = choleskyFactor(covariance, d);
  if (!factor) return noLaw(d);
  const constant = -(d / 2) * mathF64.log(twoPi) - logDeterminant(factor, d) / 2;
  const local: LocalLaw = { logDensity: NaN, score: new Float64Array(d), noise: 0 };
  return {
    shared: n,
    at: (x) => {
      for (let i = 0; i < d; i++) y[i] = difference(x[i], i);
      const solved = solveLower(factor, y, d);
      let length = 0;
      for (const value of solved) length += value * value;
      local.logDensity = constant - length / 2;
      solveUpper(factor, solved, d);
      for (let i = 0; i < d; i++) local.score[i] = -solved[i];
      return local;
    },
  };
}

function meanOf({ points, dimension: d, periods }: Sample, i: number): number {
  const n = points.length / d;
  const period = periods[i];
  let [sum, sine, cosine] = [0, 0, 0];
  for (let at = i; at < points.length; at += d) {
    if (period === undefined) {
      sum += points[at];
      continue;
    }
    const angle = (twoPi * wrap(points[at], period)) / period;
    sine += mathF64.sin(angle);
    cosine += mathF64.cos(angle);
  }
  return period === undefined ? sum / n : (mathF64.atan2(sine, cosine) / twoPi) * period;
}

/** Neighbours that set the scale of a ball. */
const pilot = 16;

/**
 * Densities and scores from balls of about n^(4/(4 + d)) points. The radius is that of the 16th neighbour, scaled by the
 * d-th root; K is the number of points within. log p = log((K + 1/2) / (m c_d r^d)) with m the other points; the score is
 * that of a density that is linear in the ball, (d + 2)/r^2 times the mean difference from its centre (the mean shift of
 * Fukunaga and Hostetler 1975), and its noise d (d + 2)/(K r^2). Both are off by terms of order r^2 where the density is
 * curved, and at walls, which cut balls.
 */
export function ballLaw(tree: NeighbourTree): NodeLaw {
  const { count: n, dimension: d } = tree;
  if (n < 2) return noLaw(d);
  const near = Math.min(pilot, n - 1);
  const wanted = Math.max(near, mathF64.power(n, 4 / (4 + d)));
  // Squared radii scale with the (2/d)-th power of the number of points.
  const scale = mathF64.power(wanted / near, 2 / d);
  const logVolume = logUnitBallVolume(d);
  const distances = new Float64Array(near);
  const indices = new Int32Array(near);
  const local: LocalLaw = { logDensity: NaN, score: new Float64Array(d), noise: NaN };
  return {
    shared: wanted,
    at: (x, own) => {
      if (own >= 0) tree.nearestOf(own, near, distances, indices);
      else tree.nearest(x, near, distances, indices);
      const squared = distances[near - 1] * scale;
      const count = tree.within(x, squared, own, local.score);
      const others = own >= 0 ? n - 1 : n;
      if (!(squared > 0) || count === 0) {
        local.logDensity = NaN;
        local.noise = NaN;
        local.score.fill(NaN);
        return local;
      }
      local.logDensity = mathF64.log((count + 0.5) / others) - logVolume - (d / 2) * mathF64.log(squared);
      const factor = (d + 2) / (squared * count);
      for (let i = 0; i < d; i++) local.score[i] *= factor;
      local.noise = (d * (d + 2)) / (squared * count);
      return local;
    },
  };
}
