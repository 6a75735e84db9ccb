// Posterior probabilities of regression models: exact ones from the model, and those that the particles find. Nodes are the
// 1024 subsets of ten variables; the mass of a node is the posterior probability of its subset.
//
//     node docs/examples/model-selection.mjs [particles] [end time]

import { loadModel, simulate } from 'wasserwerk';

const [particles = '50_000', end = '15'] = process.argv.slice(2);
const variables = ['age', 'sex', 'bmi', 'bp', 'tc', 'ldl', 'hdl', 'tch', 'ltg', 'glu'];
const config = new URL('../../configs/diabetes-variable-selection.yaml', import.meta.url);

const model = loadModel(config, { overrides: [`particles=${particles}`, `time.end=${end}`] });
const exact = model.gibbsMasses();

/** Probability that a variable is in: the sum over the nodes whose name has a 1 there. */
const inclusion = (masses) =>
  variables.map((_, i) =>
    model.nodeNames.reduce((sum, bits, g) => sum + (bits[i] === '1' ? masses[g] : 0), 0),
  );

const { observation, time } = await simulate(model).result;
const [found, wanted] = [inclusion(observation.mass), inclusion(exact)];
console.log(`after t = ${time}, with ${model.particleCount} particles on ${model.graph.nodeCount} models:`);
console.log('variable  simulated  exact');
variables.forEach((name, i) => {
  console.log(`${name.padEnd(8)}  ${found[i].toFixed(3).padStart(9)}  ${wanted[i].toFixed(3)}`);
});
const best = exact.indexOf(Math.max(...exact));
const names = variables.filter((_, i) => model.nodeNames[best][i] === '1');
console.log(
  `likeliest: ${names.join(' + ')}: ${observation.mass[best].toFixed(4)}, exactly ${exact[best].toFixed(4)}`,
);
