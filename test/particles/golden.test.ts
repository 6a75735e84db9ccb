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
    ['dynamics: { mobility: symmetric }', '12688245386ea0cd2e5f5ade50840355073351261e668207d99569ceb00c8b20'],
    [
      'precision: f64\ndynamics: { mobility: barker, integrator: heun, splitting: strang }',
      '86dfc295356aa4c09506c8d500bc3b7addf8b53f0fbb8d3e73a8ea02e53fe426',
    ],
    [
      'dynamics: { mobility: metropolis, integrator: leimkuhler-matthews }',
      'eac91bef6dc4e53d93f7e794a5b274dc206f7745453c9ec0523d836d1a0663d6',
    ],
    [
      'grid: { cells: 30, box: [-6, 6] }\ndynamics: { mobility: log-mean }',
      '668fcb7f1a5448297e1115b74be4ea830a19e6a4b7e37fa9c389a7e9bc048e8b',
    ],
    // With cells that are chosen.
    [
      'dynamics: { mobility: upwind, splitting: strang }',
      '362f20ac41105eb78512af0a5bf1355c318b92eada6980daac246a08f38338fa',
    ],
  ])('%s', async (more, hash) => {
    expect(await hashOf(more)).toBe(hash);
  });
});
