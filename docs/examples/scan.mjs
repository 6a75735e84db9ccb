// A scan over a parameter of a formula that the program builds: how many particles pass a barrier, by its height.
//
//     node docs/examples/scan.mjs [particles]

import { formula, simulate } from 'wasserwerk';

const particles = Number(process.argv[2] ?? 100_000);

/** A double well whose barrier at 0 has the given height. */
const config = (height) => ({
  name: `barrier ${height}`,
  space: { variables: ['x'] },
  potential: { formula: formula`${height}*(x^2 - 1)^2` },
  temperature: 0.5,
  particles,
  initial: { point: -1 },
  time: { step: 0.005, end: 5 },
  observe: { every: 1000 },
  seed: 11,
});

console.log('height  part of the particles right of the barrier at t = 5');
for (const height of [0.5, 1, 2, 4]) {
  const run = simulate(config(height));
  const { observation } = await run.result;
  // After the end the last state can still be looked at.
  const { x, count } = await run.particles();
  let right = 0;
  for (const value of x) if (value > 0) right += 1;
  const [mean] = observation.mean;
  console.log(`${height.toFixed(1).padStart(6)}  ${(right / count).toFixed(3)}  (mean x ${mean.toFixed(3)})`);
}
