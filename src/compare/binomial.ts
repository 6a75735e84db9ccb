// The binomial law, for counts of particles: exact tails where a normal law would not do (few particles expected), and the
// moments of |X - mean| that noise alone gives a histogram.

import { mathF64 } from '../elementary/mod.js';
import { logGamma } from '../estimate/mod.js';
import { scoreOfLogTail } from './normal.js';

/** From this variance on a count is judged as normal: at five standard deviations the exact tail gives 5 +- 0.04. */
const normalVariance = 10_000;
/** From this variance on the moments of |X - mean| are those of a normal law, to 1e-3. */
const normalMomentVariance = 200;

/** The continued fraction of the incomplete beta function (Lentz's method), for x below a/(a + b). */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const kept = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-14) break;
  }
  return fraction;
}

/** log P(X >= k) for a binomial X of n trials, for k above the mean; k need not be whole (then it is interpolated). */
export function logBinomialUpperTail(k: number, n: number, p: number): number {
  if (k <= 0) return 0;
  if (k > n) return -Infinity;
  const a = k;
  const b = n - k + 1;
  return (
    logGamma(a + b) -
    logGamma(a) -
    logGamma(b) +
    a * mathF64.log(p) +
    b * mathF64.log1p(-p) -
    mathF64.log(a) +
    mathF64.log(betaFraction(a, b, p))
  );
}

/**
 * How far a count k of n is from a probability p, as a normal number with the same two-sided tail and the sign of
 * k - n p. Exact where few are expected; infinite where the impossible has happened.
 */
export function countScore(k: number, n: number, p: number): number {
  const mean = n * p;
  const variance = mean * (1 - p);
  if (k === mean) return 0;
  if (!(variance > 0)) return k > mean ? Infinity : -Infinity;
  if (variance >= normalVariance) return (k - mean) / Math.sqrt(variance);
  return k > mean
    ? scoreOfLogTail(logBinomialUpperTail(k, n, p))
    : 0 - scoreOfLogTail(logBinomialUpperTail(n - k, n, 1 - p));
}

/** E|D|, E D^2 and E|D|^3 of D = X - n p for a binomial X; n whole. */
export function absoluteMoments(n: number, p: number): readonly [number, number, number] {
  const mean = n * p;
  const variance = mean * (1 - p);
  if (!(variance > 0)) return [0, 0, 0];
  if (variance > normalMomentVariance) {
    const deviation = Math.sqrt(variance);
    const first = deviation * Math.sqrt(2 / Math.PI);
    return [first, variance, 2 * variance * first];
  }
  // Terms of the law from the mode outwards, by their ratios.
  const mode = Math.min(n, Math.floor((n + 1) * p));
  const atMode = mathF64.exp(
    logGamma(n + 1) -
      logGamma(mode + 1) -
      logGamma(n - mode + 1) +
      mode * mathF64.log(p) +
      (n - mode) * mathF64.log1p(-p),
  );
  const odds = p / (1 - p);
  const moments: [number, number, number] = [0, 0, 0];
  const add = (k: number, weight: number): void => {
    const distance = Math.abs(k - mean);
    moments[0] += weight * distance;
    moments[1] += weight * distance * distance;
    moments[2] += weight * distance * distance * distance;
  };
  add(mode, atMode);
  for (let k = mode, weight = atMode; k < n && weight > 1e-18;) {
    weight *= ((n - k) / (k + 1)) * odds;
    add(++k, weight);
  }
  for (let k = mode, weight = atMode; k > 0 && weight > 1e-18;) {
    weight *= k / ((n - k + 1) * odds);
    add(--k, weight);
  }
  return moments;
}
