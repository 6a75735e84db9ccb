// Streams the observables of a run and stops it by a rule of one's own: here, when the masses of the nodes agree with the
// Gibbs masses within two standard errors.
//
//     node docs/examples/stop-rule.mjs [particles]

import { loadModel, simulate } from 'wasserwerk';

const particles = Number(process.argv[2] ?? 200_000);
const model = loadModel(
  {
    name: 'two wells and a bridge',
    space: { variables: ['x'] },
    graph: {
      nodes: ['left', 'bridge', 'right'],
      edges: [
        ['left', 'bridge'],
        ['bridge', 'right'],
      ],
      weight: 2,
    },
    potential: {
      formula: '0.5*k*(x - a)^2 + h',
      parameters: { k: [4, 1, 4], a: [-1, 0, 1], h: [0, 0.5, -0.5] },
    },
    temperature: 1,
    particles,
    initial: { gaussian: { mean: 0, std: 1 }, masses: { left: 1 } },
    time: { step: 0.005, end: 100 },
    observe: { every: 100, entropy: 'gaussian' },
  },
  { seed: 7 },
);
const gibbs = model.gibbsMasses();

// Breaking out of the loop stops the run at its next look.
const run = simulate(model);
for await (const { time, mass, massError, energy } of run) {
  const far = mass.reduce((most, m, g) => Math.max(most, Math.abs(m - gibbs[g]) / massError[g]), 0);
  console.log(
    `t = ${time.toFixed(1).padStart(5)}  E = ${energy.energy.toFixed(4)}  furthest mass: ${far.toFixed(1)} standard errors`,
  );
  if (far < 2) break;
}
const { status, step, observation } = await run.result;
console.log(`${status} at step ${step} of ${model.stepCount}`);
for (const [g, name] of model.nodeNames.entries()) {
  console.log(`${name.padEnd(6)}  mass ${observation.mass[g].toFixed(4)}  Gibbs mass ${gibbs[g].toFixed(4)}`);
}
