// Entropy as if the law were normal: that of the normal law with the covariance of the sample. No law of that covariance
// has more entropy, so for others this is an upper bound and not an estimate.

import { mathF64 } from '../../elementary/mod.js';
import { noEstimate, pointCount, wrap, type Estimate, type Sample } from './sample.js';
import { digamma, trigamma } from './special.js';

const twoPi = 6.283185307179586;
const log2 = 0.6931471805599453;
/** log(2 pi e) */
const logTwoPiE = 2.8378770664093453;

/** A Cholesky pivot below this part of its variance is rounding: the points lie in a hyperplane. */
const pivotFloor = 1e-12;

/**
 * The entropy of a normal law, without bias for normal samples of any size (Misra, Singh, Demchuk 2005): for n points the
 * scatter matrix A is Wishart with n - 1 degrees of freedom, hence E log det A = log det Sigma + d log 2 + sum_i
 * psi((n - i)/2), i = 1 … d. Mathematics, section 10.
 *
 * The error is that of log det A, 1/2 sqrt(sum_i psi'((n - i)/2)), close to sqrt(d / (2n)), times the square root of the
 * variance of squared Mahalanobis lengths over its expectation for normal samples (Mardia's kurtosis): right for other
 * laws as well, as the error of the upper bound. A periodic coordinate is unrolled around its circular mean.
 *
 * NaN for at most d + 1 points, and for points in a hyperplane. Bias 0: none for normal laws, unknown for others.
 * @throws RangeError for a malformed sample.
 */
export function gaussianEntropy(sample: Sample): Estimate {
  const { dimension: d } = sample;
  const n = pointCount(sample);
  if (n <= d + 1) return noEstimate;
  const points = centred(sample, n);

  // The scatter matrix, then its Cholesky factor, in the lower triangle.
  const factor = new Float64Array(d * d);
  for (let at = 0; at < points.length; at += d) {
    for (let i = 0; i < d; i++) {
      for (let j = 0; j <= i; j++) factor[i * d + j] += points[at + i] * points[at + j];
    }
  }
  let logDeterminant = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const whole = factor[i * d + j];
      let rest = whole;
      for (let l = 0; l < j; l++) rest -= factor[i * d + l] * factor[j * d + l];
      if (i > j) {
        factor[i * d + j] = rest / factor[j * d + j];
        continue;
      }
      if (!(rest > pivotFloor * whole)) return noEstimate;
      factor[i * d + i] = Math.sqrt(rest);
      logDeterminant += mathF64.log(rest);
    }
  }

  let expectation = d * log2;
  let variance = 0;
  for (let i = 1; i <= d; i++) {
    expectation += digamma((n - i) / 2);
    variance += trigamma((n - i) / 2);
  }
  // Lengths in the scatter metric are 1/n of those in the metric of the covariance (divisor n).
  const kurtosis = n * squaredLengths(points, factor, d);
  const normal = (d * (d + 2) * (n - 1)) / (n + 1);
  const spread = Math.max(0, kurtosis - d * d) / (normal - d * d);
  return {
    value: 0.5 * (d * logTwoPiE + logDeterminant - expectation),
    error: 0.5 * Math.sqrt(variance * spread),
    bias: 0,
  };
}

/** The points around their mean. */
function centred({ points, dimension: d, periods }: Sample, n: number): Float64Array {
  const out = Float64Array.from(points);
  for (let i = 0; i < d; i++) {
    const period = periods[i];
    if (period !== undefined) {
      let [sine, cosine] = [0, 0];
      for (let at = i; at < out.length; at += d) {
        const angle = (twoPi * wrap(out[at], period)) / period;
        sine += mathF64.sin(angle);
        cosine += mathF64.cos(angle);
      }
      const start = (mathF64.atan2(sine, cosine) / twoPi - 0.5) * period;
      for (let at = i; at < out.length; at += d) out[at] = wrap(out[at] - start, period);
    }
    // Twice: the second sum is small and takes the rounding of the first one away.
    for (let round = 0; round < 2; round++) {
      let mean = 0;
      for (let at = i; at < out.length; at += d) mean += out[at];
      mean /= n;
      for (let at = i; at < out.length; at += d) out[at] -= mean;
    }
  }
  return out;
}

/** The sum of |L^-1 x|^4 over the points. */
function squaredLengths(points: Float64Array, factor: Float64Array, d: number): number {
  const y = new Float64Array(d);
  let sum = 0;
  for (let at = 0; at < points.length; at += d) {
    let length = 0;
    for (let i = 0; i < d; i++) {
      let rest = points[at + i];
      for (let j = 0; j < i; j++) rest -= factor[i * d + j] * y[j];
      y[i] = rest / factor[i * d + i];
      length += y[i] * y[i];
    }
    sum += length * length;
  }
  return sum;
}
