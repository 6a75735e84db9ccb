// The law of x on one node as the dissipation needs it: log density and its gradient at single points, estimated from a
// sample of the node. Entropies are entropy/; what the numbers are used for is dissipation.ts.

import { mathF64 } from '../elementary/mod.js';
import { choleskyFactor, logDeterminant, solveLower, solveUpper } from './cholesky.js';
import type { NeighbourTree } from './entropy/neighbour-tree.js';
import { wrap, type Sample } from './entropy/sample.js';
import { digamma, logUnitBallVolume } from './entropy/special.js';

const twoPi = 6.283185307179586;

/** What a law says of a point. Overwritten by the next question. */
export interface LocalLaw {
  /** log p(x); NaN where there is no estimate. */
  logDensity: number;
  /** log p(x) by few points: noisier, and less smoothed. */
  nearLogDensity: number;
  /** grad log p(x). */
  readonly score: Float64Array;
  /** E|score - its mean|^2: what the noise of the estimate adds to |score|^2 on average. */
  noise: number;
}

export interface NodeLaw {
  /** Points of the sample that take part in `at`: 1 / `shared` is the variance of its log density. */
  readonly shared: number;
  /** The same for `nearLogDensity`. */
  readonly near: number;
  /** The law at x. `own` is the index of x in the node's sample (it is then left out), or -1. */
  at(x: ArrayLike<number>, own: number): LocalLaw;
  /** log p(x) by few points, at a point of another sample. */
  nearLogDensity(x: ArrayLike<number>): number;
}

/** A node without a law: with too few particles, or all at one place. */
export function noLaw(dimension: number): NodeLaw {
  const score = new Float64Array(dimension).fill(NaN);
  const local = { logDensity: NaN, nearLogDensity: NaN, score, noise: NaN };
  return { shared: NaN, near: NaN, at: () => local, nearLogDensity: () => NaN };
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
  const local = { logDensity: NaN, nearLogDensity: NaN, score: new Float64Array(d), noise: 0 };
  const at = (x: ArrayLike<number>): LocalLaw => {
    for (let i = 0; i < d; i++) y[i] = difference(x[i], i);
    const solved = solveLower(factor, y, d);
    let length = 0;
    for (const value of solved) length += value * value;
    local.logDensity = local.nearLogDensity = constant - length / 2;
    solveUpper(factor, solved, d);
    for (let i = 0; i < d; i++) local.score[i] = -solved[i];
    return local;
  };
  return { shared: n, near: n, at, nearLogDensity: (x) => at(x).logDensity };
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
/** Largest mean displacement in a ball of radius 1 that is told from 1: beyond, all points are in one corner. */
const steepest = 0.98;

/**
 * Densities and scores from balls of about 2/3 n^(4/(4 + d)) points around x: a local likelihood fit (Hjort and Jones 1996;
 * Loader 1996) of a density exp(s.y) to the points in the ball. Its mean displacement is A(kappa) r s/|s|, kappa = r |s|,
 * with A = I_{d/2 + 1}/I_{d/2} a ratio of Bessel functions, for which stands here its lower bound by Amos (1974), kappa /
 * (a + sqrt(kappa^2 + b^2)), a = (d + 1)/2, b = (d + 3)/2: right for small and for large kappa, and solved by a square root.
 * For small kappa it is the mean shift of Fukunaga and Hostetler (1975), s = (d + 2)/r^2 times the mean displacement.
 * log p(x) is that of the mean density in the ball less the integral of A from 0 to kappa.
 *
 * The radius is that of the 16th neighbour, scaled by the d-th root. Curvature of log p within the ball is neglected (of the
 * order r^2), and so are walls, which cut balls.
 */
export function ballLaw(tree: NeighbourTree): NodeLaw {
  const { count: n, dimension: d } = tree;
  if (n < 2) return noLaw(d);
  const near = Math.min(pilot, n - 1);
  const wanted = Math.max(near, (2 / 3) * mathF64.power(n, 4 / (4 + d)));
  // Squared radii scale with the (2/d)-th power of the number of points.
  const scale = mathF64.power(wanted / near, 2 / d);
  const logScale = mathF64.log(scale);
  const logVolume = logUnitBallVolume(d);
  const [a, b] = [(d + 1) / 2, (d + 3) / 2];
  const distances = new Float64Array(near);
  const local = { logDensity: NaN, nearLogDensity: NaN, score: new Float64Array(d), noise: NaN };
  // psi(k) - psi(m + 1) - log(c_d r^d) for the k-th of m other points at distance r: k = `near`, of n - 1 or n.
  const ofOthers = digamma(near) - digamma(n) - logVolume;
  const ofAll = digamma(near) - digamma(n + 1) - logVolume;
  const nearest = (squared: number, constant: number): number =>
    squared > 0 ? constant - (d / 2) * mathF64.log(squared) : NaN;
  return {
    shared: wanted,
    near,
    nearLogDensity: (x) => {
      tree.nearest(x, near, distances);
      return nearest(distances[near - 1], ofAll);
    },
    at: (x, own) => {
      const { score } = local;
      const others = own >= 0 ? n - 1 : n;
      if (own >= 0) tree.nearestOf(own, near, distances);
      else tree.nearest(x, near, distances);
      const narrow = distances[near - 1];
      local.nearLogDensity = nearest(narrow, own >= 0 ? ofOthers : ofAll);
      let squared = narrow * scale;
      let count = tree.within(x, squared, own, score);
      if (count > 1.5 * wanted && narrow > 0) {
        // Where the density falls off steeply, balls fill faster than they grow.
        const share = mathF64.log(wanted / near) / mathF64.log(count / near);
        squared = narrow * mathF64.exp(logScale * share);
        count = tree.within(x, squared, own, score);
      }
      if (!(squared > 0) || count === 0) {
        local.logDensity = NaN;
        local.noise = NaN;
        score.fill(NaN);
        return local;
      }
      let length = 0;
      for (let i = 0; i < d; i++) length += score[i] * score[i];
      const shift = Math.min(steepest, Math.sqrt(length / squared) / count);
      // kappa / A, from the inverse of the bound.
      const rest = 1 - shift * shift;
      const root = Math.sqrt(a * a + (d + 2) * rest);
      const stretch = (a + root) / rest;
      const kappa = shift * stretch;
      // d kappa / d A, by the product rule.
      const slope = stretch + (2 * shift * shift * (stretch - (d + 2) / (2 * root))) / rest;
      const factor = length > 0 ? kappa / Math.sqrt(length * squared) : 0;
      for (let i = 0; i < d; i++) score[i] *= factor;
      local.noise = (slope + (d - 1) * stretch) / (squared * count);
      const hypotenuse = Math.sqrt(kappa * kappa + b * b);
      const tilt = hypotenuse - b - a * mathF64.log((a + hypotenuse) / (a + b));
      // + d/(2 K): what the noise of kappa adds to the tilt on average.
      local.logDensity =
        mathF64.log((count + 0.5) / others) -
        (logVolume + (d / 2) * mathF64.log(squared)) -
        (tilt - d / (2 * count));
      return local;
    },
  };
}
