// A grid run without files: what the run loop needs of it, and that its state survives a checkpoint. Threads are
// test/integration/grid.test.ts, the numbers test/grid.

import { describe, expect, it } from 'vitest';
import { createEvolution, GridSimulation, Simulation } from '../../src/cluster/mod.js';
import { parseConfig, type RunConfig } from '../../src/config/mod.js';
import { partsOf, restoreParts, ringOfWells } from './simulations.js';

const configOf = (changes: object = {}): RunConfig =>
  parseConfig(
    JSON.stringify({
      ...ringOfWells,
      representation: 'grid',
      grid: { cells: 20, box: [-6, 6] },
      dynamics: { splitting: 'strang' },
      ...changes,
    }),
  );

const create = (changes: object = {}): GridSimulation =>
  GridSimulation.create(configOf(changes), { workers: 0, skipPreflight: true });

describe('a grid simulation', () => {
  it('is what a config with representation: grid makes', async () => {
    const [grid, particles] = [configOf(), configOf({ representation: 'particles' })].map((config) =>
      createEvolution(config, { workers: 0 }),
    );
    expect(grid).toBeInstanceOf(GridSimulation);
    expect(particles).toBeInstanceOf(Simulation);
    expect(grid.units).toBe(20 * 20 * 5);
    expect(particles.units).toBe(3000);
    await Promise.all([grid.close(), particles.close()]);
  });

  it.each([
    ['strang', {}],
    [
      'error control',
      { grid: { cells: 20, box: [-6, 6], tolerance: 1e-4 }, time: { step: 0.2, steps: 100 } },
    ],
    ['a changing temperature', { temperature: { linear: { from: 2, to: 0.5, duration: 1 } } }],
    ['the density family', { dynamics: { mobility: 'log-mean', splitting: 'lie' } }],
  ])('goes on from the parts of a checkpoint with the same bits (%s)', async (_, changes) => {
    const first = create(changes);
    await first.start();
    await first.advance(3);
    const second = create(changes);
    await restoreParts(second, 3, await partsOf(first));
    expect(second.step).toBe(3);
    expect(await second.stateHash()).toBe(await first.stateHash());
    await first.advance(6);
    await second.advance(4);
    // An observation changes nothing.
    await second.observe();
    await second.advance(6);
    expect(await second.stateHash()).toBe(await first.stateHash());
    expect(await second.observe()).toEqual(await first.observe());
    expect(second.energy()).toEqual(first.energy());
    await first.advance(7);
    expect(await second.stateHash()).not.toBe(await first.stateHash());
  });

  it('refuses a checkpoint of another grid, or without one of its parts', async () => {
    const first = create();
    await first.start();
    const parts = await partsOf(first);
    const other = create({ grid: { cells: 21, box: [-6, 6] } });
    await expect(restoreParts(other, 0, parts)).rejects.toThrow('another grid');
    for (const { name } of parts) {
      const others = parts.filter((part) => part.name !== name);
      await expect(restoreParts(create(), 0, others)).rejects.toThrow(`the checkpoint has no part ${name}`);
    }
  });

  it('warns of an initial law that lies partly outside, and refuses one that does as a whole', () => {
    expect(create().notes).toEqual([]);
    const cut = create({ grid: { cells: 20, box: [-6, 1] } });
    expect(cut.notes).toMatchObject([{ tier: 'warn', code: 'initial-outside', path: 'grid.box' }]);
    expect(cut.notes[0].message).toContain('29.2 % of the initial law of node "0"');
    expect(() => create({ grid: { cells: 20, box: [50, 60] } })).toThrow(/lie outside of the grid; widen/u);
  });

  it('takes log Z from the config', async () => {
    const energy = async (logZ: number | 'auto'): Promise<number> => {
      const simulation = create({ observe: { logZ } });
      await simulation.start();
      await simulation.observe();
      return simulation.energy()?.relativeEntropy ?? NaN;
    };
    const z = [0, 0.5, 1, 1.5, 2].reduce((sum, h) => sum + 2 * Math.PI * Math.exp(-h), 0);
    expect(await energy('auto')).toBeCloseTo(await energy(Math.log(z)), 5);
    expect((await energy(1)) - (await energy(0))).toBeCloseTo(1, 12);
  });
});
