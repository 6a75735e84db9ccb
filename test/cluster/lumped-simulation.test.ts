// Lumped runs without files: the same bits whether undisturbed or restored, observables, and a graph that grows. Threads are
// test/integration/lumped.test.ts.

import { describe, expect, it } from 'vitest';
import { createEvolution, LumpedSimulation, runInMemory } from '../../src/cluster/mod.js';
import { loadConfig, parseConfig, type RunConfig } from '../../src/config/mod.js';
import { heldCheckpoint } from '../../src/output/mod.js';

const config = {
  space: { variables: ['x', 'y'], boundary: ['periodic', 'free'], box: [-1, 1] },
  graph: { ring: 5 },
  potential: { formula: '0.5*(x - 0.2*node)^2 + y^4/4 + 0.1*node' },
  temperature: 0.3,
  dynamics: { mobility: 'log-mean', splitting: 'strang', integrator: 'heun' },
  representation: 'lumped',
  initial: { gaussian: { mean: 0, std: 0.5 } },
  time: { step: 0.05, steps: 60 },
};

const parsed = (change: object = {}): RunConfig => parseConfig(JSON.stringify({ ...config, ...change }));

async function started(change: object = {}): Promise<LumpedSimulation> {
  const simulation = LumpedSimulation.create(parsed(change), { workers: 0 });
  await simulation.start();
  return simulation;
}

describe('a lumped simulation', () => {
  it.each([
    ['first order', {}],
    ['second order', { dynamics: { kind: 'accelerated', friction: 0.5, mobility: 'harmonic' } }],
    [
      'a graph that grows',
      {
        graph: undefined,
        grow: { letters: { name: 's', length: 9 }, every: 3, grace: 3, floor: 1e-3, nodes: 40 },
        potential: { formula: 'sum(i, 0, 8, s[i]*cos(i)) + 0.5*x^2 + 0.5*(y - s[0])^2' },
        dynamics: { mobility: 'metropolis' },
      },
    ],
  ])('goes on from a checkpoint with the same bits: %s', async (_, change) => {
    const straight = await started(change);
    await straight.advance(40);
    const first = await started(change);
    await first.advance(17);
    const { draft, checkpoint, storage } = heldCheckpoint(17);
    await first.save(draft);
    const second = LumpedSimulation.create(parsed(change), { workers: 0 });
    await second.restore(checkpoint, storage);
    expect(second.step).toBe(17);
    await second.advance(40);
    expect(await second.stateHash()).toBe(await straight.stateHash());
    expect(second.record()).toEqual(straight.record());
    await second.advance(41);
    expect(await second.stateHash()).not.toBe(await straight.stateHash());
  });

  it('observes points, masses and energies', async () => {
    const simulation = await started();
    await simulation.advance(10);
    const { mean, mass, potential, potentialEnergy, mixingEnergy, time } = await simulation.observe();
    expect(time).toBe(0.5);
    let [inWells, entropic] = [0, 0];
    for (let g = 0; g < 5; g++) {
      const [x, y] = mean.subarray(2 * g, 2 * g + 2);
      expect(Math.abs(x)).toBeLessThanOrEqual(1);
      expect(potential[g]).toBeCloseTo(
        0.5 * (x - 0.2 * g) * (x - 0.2 * g) + (y * y * y * y) / 4 + 0.1 * g,
        13,
      );
      inWells += mass[g] * potential[g];
      entropic += 0.3 * mass[g] * Math.log(mass[g]);
    }
    expect(potentialEnergy).toBeCloseTo(inWells, 13);
    expect(mixingEnergy).toBeCloseTo(entropic, 13);
    const energy = simulation.energy();
    expect(energy).toMatchObject({ method: 'masses', energyError: 0 });
    expect(energy?.energy).toBeCloseTo(inWells + entropic, 13);
    expect(energy?.nodeEnergy.reduce((sum, part) => sum + part, 0)).toBeCloseTo(inWells + entropic, 13);
  });

  it('runs in the loop of all runs', async () => {
    const simulation = createEvolution(parsed(), { workers: 0 });
    if (simulation.kind !== 'lumped') throw new Error('not lumped');
    const energies: number[] = [];
    const end = await runInMemory(simulation, { estimated: ({ energy }) => void energies.push(energy) });
    expect(end.kind).toBe('finished');
    expect(energies.length).toBeGreaterThanOrEqual(1);
    expect(end.observation.step).toBe(60);
  });

  it('is what the example says', async () => {
    const example = loadConfig('configs/lumped-subset-search.yaml');
    const simulation = LumpedSimulation.create(example, { workers: 0 });
    await simulation.start();
    await simulation.advance(400);
    const { best, nodes } = simulation.record();
    expect(best?.node).toBe('0111001010');
    expect(best?.value).toBeCloseTo(234.8023, 3);
    // The ratio of two neighbours of the best subset, which comes first.
    const mass = new Map(nodes.map((node) => [node.node, node.mass]));
    expect((mass.get('0111101010') ?? 0) / (mass.get('0111001010') ?? 1)).toBeCloseTo(0.1046 / 0.2837, 1);
  });
});
