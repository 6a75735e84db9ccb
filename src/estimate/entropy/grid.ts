// Entropy of a histogram on the cells of a model's mesh, with the correction of Miller and Madow; and how much of it is due
// to cells without points and to the width of cells.

import { mathF64 } from '../../elementary/mod.js';
import type { Mesh } from '../../model/mod.js';
import { noEstimate, pointCount, wrap, type Estimate, type Sample } from './sample.js';
import { digamma } from './special.js';

/**
 * h = -sum_c p_c log(p_c / v) + (K - 1)/(2n): p_c the share of the n points in cell c, v the volume of a cell, K the number
 * of cells with points (Miller 1955). Periodic coordinates of the mesh are wrapped; of the others, what lies outside the
 * box counts in the outermost cell. Mathematics, section 10. Dimensionless.
 *
 * The error is sqrt(Var(log p) / n), that of the mean of log p over independent points.
 *
 * The bias is the sum of two estimates. Cells that hold mass but no points, and cells with few: `value` less the estimate of
 * Chao, Wang and Jost (2013), which extrapolates from the numbers of cells with one and two points. And smoothing by cells:
 * a third of what that second estimate gains when cells of twice the width are used, since smoothing adds
 * sum_i width_i^2 J_ii / 24 + …, J the Fisher information of the law. It may be negative: too many cells for the points.
 *
 * NaN without points.
 * @throws RangeError for a malformed sample, or a mesh of another dimension.
 */
export function gridEntropy(sample: Sample, mesh: Mesh): Estimate {
  const n = pointCount(sample);
  const { dimension: d } = sample;
  if (mesh.cells.length !== d) {
    throw new RangeError(`sample of dimension ${d} on a mesh of dimension ${mesh.cells.length}`);
  }
  if (n === 0) return noEstimate;

  const fine = histogram(sample, mesh, mesh.cells, 1);
  let logVolume = 0;
  for (let i = 0; i < d; i++) logVolume += mathF64.log((mesh.high[i] - mesh.low[i]) / mesh.cells[i]);

  // Of log(c/n) over points: its mean gives the entropy, its variance the error.
  const logN = mathF64.log(n);
  let [sum, occupied] = [0, 0];
  for (const c of fine) {
    if (c === 0) continue;
    occupied++;
    sum += c * (mathF64.log(c) - logN);
  }
  const mean = sum / n;
  let squares = 0;
  for (const c of fine) {
    if (c === 0) continue;
    const difference = mathF64.log(c) - logN - mean;
    squares += c * difference * difference;
  }
  const plugIn = -mean + (occupied - 1) / (2 * n);

  const coarse = histogram(
    sample,
    mesh,
    mesh.cells.map((cells) => Math.ceil(cells / 2)),
    2,
  );
  const extrapolated = extrapolatedEntropy(fine, n);
  const sampling = plugIn - extrapolated;
  const smoothing = (extrapolatedEntropy(coarse, n) + d * mathF64.log(2) - extrapolated) / 3;
  return { value: plugIn + logVolume, error: Math.sqrt(squares / n / n), bias: sampling + smoothing };
}

/** Points per cell of `counts` cells per coordinate, each `factor` cells of the mesh wide, the first at its low end. */
function histogram(sample: Sample, mesh: Mesh, counts: readonly number[], factor: number): Float64Array {
  const { points, dimension: d } = sample;
  const out = new Float64Array(counts.reduce((product, cells) => product * cells, 1));
  for (let at = 0; at < points.length; at += d) {
    let cell = 0;
    for (let i = 0; i < d; i++) {
      const length = mesh.high[i] - mesh.low[i];
      const from = points[at + i] - mesh.low[i];
      const x = mesh.periodic[i] ? wrap(from, length) : from;
      const index = Math.floor((x * mesh.cells[i]) / length / factor);
      cell = cell * counts[i] + Math.max(0, Math.min(counts[i] - 1, index));
    }
    out[cell]++;
  }
  return out;
}

/**
 * The entropy of cells, those without points included, by Chao, Wang and Jost (2013), their formula 7. Their last factor
 * sum_{s >= 1} q^s / (n - 1 + s), q = 1 - A, is taken as its integral e^z E_1(z), z = n A: this is of the order 1/n off.
 */
function extrapolatedEntropy(counts: Float64Array, n: number): number {
  let [entropy, singles, doubles] = [0, 0, 0];
  const psiN = digamma(n);
  for (const c of counts) {
    if (c === 0) continue;
    if (c === 1) singles++;
    else if (c === 2) doubles++;
    entropy += (c / n) * (psiN - digamma(c));
  }
  if (singles === 0 || n === 1) return entropy;
  const z =
    doubles > 0
      ? (2 * n * doubles) / ((n - 1) * singles + 2 * doubles)
      : (2 * n) / ((n - 1) * (singles - 1) + 2);
  return entropy + (singles / n) * scaledExponentialIntegral(z);
}

/** e^z E_1(z) for z > 0, to about 1e-6: series (Abramowitz and Stegun 5.1.11) or continued fraction (5.1.22). */
function scaledExponentialIntegral(z: number): number {
  if (z < 1) {
    const eulerGamma = 0.5772156649015329;
    let [sum, term] = [-eulerGamma - mathF64.log(z), -1];
    for (let k = 1; k <= 12; k++) {
      term *= -z / k;
      sum += term / k;
    }
    return mathF64.exp(z) * sum;
  }
  let fraction = z;
  for (let k = 40; k >= 1; k--) fraction = z + k / (1 + k / fraction);
  return 1 / fraction;
}
