// How fast this machine is, in particle-steps per second of all its threads: a short benchmark when a worker starts. Only
// how work is shared out follows from it.

import { parseConfig } from '../config/mod.js';
import { measure, RING_OU } from './bench.js';

/** Variable of the environment that tells the speed instead. */
export const SPEED_VARIABLE = 'WASSERWERK_SPEED';

/** Small enough to be sampled at once, large enough for several threads. */
const PARTICLES = 100_000;
const SECONDS = 0.7;

/** Measures for about a second, unless the environment tells. */
export async function measureSpeed(threads: number): Promise<number> {
  const told = Number(process.env[SPEED_VARIABLE]);
  if (Number.isFinite(told) && told > 0) return told;
  const config = parseConfig(RING_OU, { file: 'ring-ou', overrides: [`particles=${PARTICLES * threads}`] });
  return (await measure(config, threads, SECONDS)).particleStepsPerSecond;
}
