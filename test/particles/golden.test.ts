// State hashes that must not change by accident: the bits of a seed are a promise within a version. Whoever changes them on
// purpose (another order of random words, another polynomial) puts the new ones here and says so in the CHANGELOG.

import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/cluster/mod.js';
import { parseConfig } from '../../src/config/mod.js';

const base = `
space: { variables: [x, y] }
graph: { ring: 5 }
potential: { formula: 0.5*(x-a)^2 + 0.25*y^4 + 0.3*sin(2*x) + h, parameters: { a: 0.3*node, h: node/4 } }
temperature: { linear: { from: 1.5, to: 0.5, duration: 0.5 } }
particles: 20_000
initial: { gaussian: { mean: 0, std: 1 } }
time: { step: 0.02, steps: 30 }
seed: 7
`;

async function hashOf(more: string): Promise<string> {
  const simulation = Simulation.create(parseConfig(base + more), { workers: 0, skipPreflight: true });
  await simulation.start();
  await simulation.advance(30);
  return simulation.stateHash();
}

describe('the state after 30 steps', () => {
  it.each([
    ['dynamics: { mobility: symmetric }', 'eb02e818b3ba13485b1175bf75fec44d82c835ffedadd8bcc18627ac4708dd62'],
    [
      'precision: f64\ndynamics: { mobility: barker, integrator: heun, splitting: strang }',
      'e32d84488f447695cf0d5d089eef754d9e0615f91e5f65eb7ba3c1a2f21230e7',
    ],
    [
      'dynamics: { mobility: metropolis, integrator: leimkuhler-matthews }',
      '4b579cfac0560d0b42331177823ae644596c95fcdccb44cd00f6f91239b509f0',
    ],
    [
      'grid: { cells: 30, box: [-6, 6] }\ndynamics: { mobility: log-mean }',
      '26ec999e62ad66a65e91c2684cbe026b45362c8bbb4bff9e3b02783797d12405',
    ],
    [
      'dynamics: { kind: accelerated, friction: 1.5, splitting: strang, diffusivity: 1 + 0.1*node }',
      '4cb208af6093ea6a890da73c79b99d87081f043b5f529393b21a615beed68bef',
    ],
    // With cells that are chosen.
    [
      'dynamics: { mobility: upwind, splitting: strang }',
      '0dc51515ea0e91d30d28a6431029be426767c74b54eb487bce94373a1bdf21a0',
    ],
  ])('%s', async (more, hash) => {
    expect(await hashOf(more)).toBe(hash);
  });
});
