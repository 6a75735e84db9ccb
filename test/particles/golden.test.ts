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
    ['dynamics: { mobility: symmetric }', 'fd9e3502953f112a0f863658666f958d50e14ef0b680a5bbccd84aba2bed95ad'],
    [
      'precision: f64\ndynamics: { mobility: barker, integrator: heun, splitting: strang }',
      '72ee6eb52ca426f21e47e76cdfe95fab765a6bcd3ec77e93cbb7039b93d6e95f',
    ],
    [
      'dynamics: { mobility: metropolis, integrator: leimkuhler-matthews }',
      'debebd806c28228c8e040ea10000237c46c2fea0c3831e8ae6c1ea5fb0d608e0',
    ],
    [
      'grid: { cells: 30, box: [-6, 6] }\ndynamics: { mobility: log-mean }',
      '7aa162cb00a07aed5038d1d880184a01bdd94356f8cb761f4d1894a9ffe5e1df',
    ],
    [
      'dynamics: { kind: accelerated, friction: 1.5, splitting: strang, diffusivity: 1 + 0.1*node }',
      'bb726301221d2641574a3e1c956bbd69cc79630b9190776e0add0fb7e1a453ea',
    ],
    // With cells that are chosen.
    [
      'dynamics: { mobility: upwind, splitting: strang }',
      'e17d8347a35268055973f00da1993ea409f80d1944e1a980448a37d95fbf697b',
    ],
  ])('%s', async (more, hash) => {
    expect(await hashOf(more)).toBe(hash);
  });
});
