// Moments of shards → one observation: shards are merged node by node in the order of replicas (Chan, Golub, LeVeque
// 1983), nodes are summed in node order, so that the numbers do not depend on who computed what.

import { mathF64 } from '../elementary/mod.js';
import type { Model } from '../model/mod.js';
import { temperatureAt } from '../model/mod.js';
import { momentLayout, type ScalarColumn, type ShardMoments } from '../particles/mod.js';
import type { Observation } from './observation.js';

/** What an observation is made of, besides the model. */
export interface ReductionInput {
  readonly step: number;
  /** Moments of shard (node g, replica k) at [k n + g]. */
  readonly shards: readonly ShardMoments[];
  /** Jumps per directed edge since step 0. */
  readonly jumps: Float64Array;
}

/** Adds `other` to `sum`. */
function merge(
  sum: MutableMoments,
  other: ShardMoments,
  pairs: readonly (readonly [number, number])[],
): void {
  if (other.count === 0) return;
  const total = sum.count + other.count;
  const weight = (sum.count * other.count) / total;
  pairs.forEach(([i, j], index) => {
    sum.products[index] +=
      other.products[index] + weight * (other.mean[i] - sum.mean[i]) * (other.mean[j] - sum.mean[j]);
  });
  for (let column = 0; column < sum.mean.length; column++) {
    sum.mean[column] += ((other.mean[column] - sum.mean[column]) * other.count) / total;
  }
  sum.count = total;
}

interface MutableMoments {
  count: number;
  mean: Float64Array;
  products: Float64Array;
}

/** Standard error of the mean of a scalar; NaN for fewer than two particles. */
function meanError({ count, products }: MutableMoments, { pair }: ScalarColumn): number {
  return Math.sqrt(products[pair] / (count > 1 ? count - 1 : NaN) / count);
}

/** Puts down the mean of a scalar on a node, and its error. */
function tellScalar(
  into: { readonly ofNode: Float64Array; readonly ofNodeError: Float64Array },
  g: number,
  sum: MutableMoments,
  scalar: ScalarColumn,
): void {
  into.ofNode[g] = sum.count > 0 ? sum.mean[scalar.column] : NaN;
  into.ofNodeError[g] = meanError(sum, scalar);
}

/** Node and total statistics with standard errors (mathematics, section 10). Dimensionless. */
export function reduce(model: Model, { step, shards, jumps }: ReductionInput): Observation {
  const { dimension: d, particleCount, graph } = model;
  const n = graph.nodeCount;
  const layout = momentLayout(model);
  const { columns, pairs } = layout;
  const time = step * model.timeStep;
  const temperature = temperatureAt(model.temperature, time);
  const numbers = (length: number): Float64Array => new Float64Array(length);
  const [count, mass, massError] = [numbers(n), numbers(n), numbers(n)];
  const potential = { ofNode: numbers(n), ofNodeError: numbers(n) };
  const kinetic = { ofNode: numbers(n), ofNodeError: numbers(n) };
  const [mean, errorOfMean, varianceError] = [numbers(n * d), numbers(n * d), numbers(n * d)];
  const covariance = numbers(n * d * d);
  let potentialEnergy = 0;
  let mixing = 0;
  const all: MutableMoments = { count: 0, mean: numbers(columns), products: numbers(pairs.length) };

  for (let g = 0; g < n; g++) {
    const sum: MutableMoments = { count: 0, mean: numbers(columns), products: numbers(pairs.length) };
    for (let shard = g; shard < shards.length; shard += n) merge(sum, shards[shard], pairs);
    merge(all, sum, pairs);
    const m = sum.count / particleCount;
    count[g] = sum.count;
    mass[g] = m;
    massError[g] = Math.sqrt((m * (1 - m)) / particleCount);
    // Unbiased variances; a single particle has none.
    const freedom = sum.count > 1 ? sum.count - 1 : NaN;
    pairs.forEach(([i, j], index) => {
      if (i >= d) return;
      const value = sum.products[index] / freedom;
      covariance[(g * d + i) * d + j] = value;
      covariance[(g * d + j) * d + i] = value;
      if (i === j) {
        mean[g * d + i] = sum.count > 0 ? sum.mean[i] : NaN;
        errorOfMean[g * d + i] = Math.sqrt(value / sum.count);
        // The error of a variance under a normal law.
        varianceError[g * d + i] = value * Math.sqrt(2 / freedom);
      }
    });
    tellScalar(potential, g, sum, layout.potential);
    if (layout.kinetic) tellScalar(kinetic, g, sum, layout.kinetic);
    if (sum.count > 0) {
      potentialEnergy += m * sum.mean[d];
      mixing += m * mathF64.log(m);
    }
  }
  return {
    step,
    time,
    temperature,
    nodeCount: n,
    dimension: d,
    count,
    mass,
    massError,
    mean,
    meanError: errorOfMean,
    covariance,
    varianceError,
    potential: potential.ofNode,
    potentialError: potential.ofNodeError,
    potentialEnergy,
    potentialEnergyError: meanError(all, layout.potential),
    ...(layout.kinetic && {
      kinetic: {
        ...kinetic,
        total: all.count > 0 ? all.mean[layout.kinetic.column] : NaN,
        totalError: meanError(all, layout.kinetic),
      },
    }),
    mixingEnergy: temperature * mixing,
    jumps,
  };
}
