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
    ['dynamics: { mobility: symmetric }', '9bcc42f4308ab74803301a878d52c80e26fa5e42c70f37fb9c0fd4c52e587465'],
    [
      'precision: f64\ndynamics: { mobility: barker, integrator: heun, splitting: strang }',
      '06385972fe2fd7dcee4f137ae2d4d8d89badcd925ee169f32fdd491e4cb30125',
    ],
    [
      'dynamics: { mobility: metropolis, integrator: leimkuhler-matthews }',
      '95ef42e7777e089431a01902520d504d44364e7ecd272f6102fdac29570f25e4',
    ],
    [
      'grid: { cells: 30, box: [-6, 6] }\ndynamics: { mobility: log-mean }',
      'd3a9283975f3f4c58c229df5ed6b9478de8a6b997144ce41b168f37efb2096db',
    ],
    // With cells that are chosen.
    [
      'dynamics: { mobility: upwind, splitting: strang }',
      '7dd46094f093556a0baff96c88afe754b287dbc7261c23a1970431d5fa30fa11',
    ],
  ])('%s', async (more, hash) => {
    expect(await hashOf(more)).toBe(hash);
  });
});
