// Starting and ending simulations for the studies, and the few sums over an observation that several of them
// need.

import { Simulation } from '../../src/cluster/mod.js';
import { parseConfig, type RunConfig } from '../../src/config/mod.js';
import type { Observation } from '../../src/estimate/mod.js';

/** A config as a plain object; JSON is YAML. */
export function configOf(value: object): RunConfig {
  return parseConfig(JSON.stringify(value), { file: 'study' });
}

/** Creates and starts a simulation, hands it to `use`, and ends its threads whatever happens. */
export async function simulate<T>(
  config: RunConfig,
  use: (simulation: Simulation) => Promise<T>,
  workers?: number,
): Promise<T> {
  const simulation = Simulation.create(config, {
    skipPreflight: true,
    ...(workers === undefined ? {} : { workers }),
  });
  try {
    await simulation.start();
    return await use(simulation);
  } finally {
    await simulation.close();
  }
}

/** Mean and variance of coordinate i over all particles (the variance with 1/N). */
export function pooled(o: Observation, i: number): { mean: number; variance: number } {
  const { nodeCount, dimension: d } = o;
  let mean = 0;
  for (let g = 0; g < nodeCount; g++) if (o.count[g] > 0) mean += o.mass[g] * o.mean[g * d + i];
  let variance = 0;
  for (let g = 0; g < nodeCount; g++) {
    if (o.count[g] === 0) continue;
    variance += o.mass[g] * (spread(o, g, i) + (o.mean[g * d + i] - mean) ** 2);
  }
  return { mean, variance };
}

/** Variance of coordinate i on node g with 1/N_g. */
export function spread(o: Observation, g: number, i: number): number {
  const d = o.dimension;
  return o.count[g] > 1 ? (o.covariance[(g * d + i) * d + i] * (o.count[g] - 1)) / o.count[g] : 0;
}

/** Standard error of the masses of N independent chains that start in the given (fixed, not drawn) shares. */
export function massErrors(start: ArrayLike<number>, transition: readonly Float64Array[], particles: number) {
  return Float64Array.from(transition[0], (_, to) => {
    let variance = 0;
    for (let from = 0; from < transition.length; from++) {
      variance += start[from] * transition[from][to] * (1 - transition[from][to]);
    }
    return Math.sqrt(variance / particles);
  });
}
