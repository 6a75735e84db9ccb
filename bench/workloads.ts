// What is measured: ring-ou, and variants of it.

import { RING_OU } from '../src/cli/bench.js';
import { loadConfig, parseConfig, type RunConfig } from '../src/config/mod.js';

export interface Workload {
  /** A config file; without one it is ring-ou. */
  readonly file?: string;
  /** As `--set` takes them. */
  readonly set?: readonly string[];
}

/** Variants of ring-ou that no peer has been written for. */
export const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  f64: ['precision=f64'],
  metropolis: ['dynamics.mobility=metropolis'],
  barker: ['dynamics.mobility=barker'],
  // Second order: positions and velocities, two gradients and a friction a step.
  baoab: ['dynamics.kind=accelerated', 'dynamics.friction=1', 'dynamics.integrator=baoab'],
  'd = 3': ['space.variables=[x, y, z]', 'potential.formula=0.5*((x-a)^2 + (y-b)^2 + z^2) + h'],
  'd = 10': [
    'space.variables=10',
    'potential.formula=0.5*((x[0]-a)^2 + (x[1]-b)^2 + sum(i, 2, 9, x[i]^2)) + h',
  ],
};

export function configOf({ file, set = [] }: Workload): RunConfig {
  return file === undefined
    ? parseConfig(RING_OU, { file: 'ring-ou', overrides: [...set] })
    : loadConfig(file, { overrides: [...set] });
}
