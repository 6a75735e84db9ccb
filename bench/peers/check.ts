// Do the peers compute the same physics? Their node masses after 200 steps must agree with each other and with the
// exact law within statistical error, and must differ from the masses after 100 steps, or the check would see nothing.
// Run it by `npm run build && node dist/bench/peers/check.js`. `distance` serves as well to hold Wasserwerk's own masses to
// those of a peer.
import { pathToFileURL } from 'node:url';
import { type PeerResult, runCpp, runNumpy } from './run.js';

export type Masses = Pick<PeerResult, 'particles' | 'masses'>;

/** Chi-squared with 7 degrees of freedom lies above this with probability 1e-6. */
export const LIMIT = 40.5;

/**
 * The law of the scheme (Euler-Maruyama, then one jump test) after 200 steps, without sampling: its transition kernel
 * applied to the density on a grid of 200 x 200 points in [-7, 7]^2 per node, in double precision, five digits kept.
 */
export const AFTER_200_STEPS: Masses = {
  particles: Infinity,
  masses: [0.2123, 0.1548, 0.13427, 0.12623, 0.12041, 0.1104, 0.0889, 0.0527],
};

/**
 * Chi-squared of the hypothesis that two independent samples come from the same law; about 7 if they do. The peers start
 * from exactly uniform masses, which makes their counts vary a little less than this test assumes.
 */
export function distance(a: Masses, b: Masses): number {
  return a.masses.reduce((sum, mass, node) => {
    const difference = mass - b.masses[node];
    const variance = mass / a.particles + b.masses[node] / b.particles;
    return difference === 0 ? sum : sum + (difference * difference) / variance;
  }, 0);
}

async function main(): Promise<void> {
  const options = { particles: 200_000, steps: 200, seed: 1 };
  const numpy = await runNumpy(options);
  const cpp = await runCpp({ ...options, seed: 2 });
  const earlier = await runCpp({ ...options, steps: 100, seed: 3 });
  for (const { tool, version, steps, masses, particleStepsPerSecond } of [numpy, cpp, earlier]) {
    const shares = masses.map((mass) => mass.toFixed(4)).join(' ');
    const nanoseconds = (1e9 / particleStepsPerSecond).toFixed(1);
    console.log(
      `${tool} (${version}), ${steps} steps: masses ${shares}; ${nanoseconds} ns per particle-step`,
    );
  }
  const same = [
    ['numpy against c++', distance(numpy, cpp)],
    ['numpy against the exact law', distance(numpy, AFTER_200_STEPS)],
    ['c++ against the exact law', distance(cpp, AFTER_200_STEPS)],
  ] as const;
  const control = distance(cpp, earlier);
  for (const [what, value] of same) {
    console.log(
      `${what}: chi-squared ${value.toFixed(1)}, must be below ${LIMIT} (false alarm: one in a million)`,
    );
  }
  console.log(`c++ after 200 against 100 steps: chi-squared ${control.toFixed(1)}, must be above`);
  if (same.some(([, value]) => value >= LIMIT) || control < LIMIT) {
    console.error('The peers do not compute the same physics.');
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
