import { describe, expect, it } from 'vitest';
import { compileKernel, loadModel } from '../../src/library/mod.js';
import { wells } from './models.js';

describe('a kernel', () => {
  it('is stepped by hand, and steps do not depend on how they are cut', async () => {
    await using one = await compileKernel(wells);
    await using two = await compileKernel(loadModel(wells));
    expect(one).toMatchObject({ step: 0, time: 0, particleCount: 2000, dimension: 2 });
    expect(Array.from(one.wasm.subarray(0, 4))).toEqual([0, 0x61, 0x73, 0x6d]);
    await one.advance(7);
    for (let i = 0; i < 7; i++) await two.advance();
    expect(one.step).toBe(7);
    expect(await one.stateHash()).toBe(await two.stateHash());
    await two.advance();
    expect(await one.stateHash()).not.toBe(await two.stateHash());
  });

  it('shows all particles, or some', async () => {
    await using kernel = await compileKernel(wells, { overrides: ['precision=f64'] });
    await kernel.advance(3);
    const { x, node, count } = await kernel.particles();
    expect([x.length, node.length, count]).toEqual([4000, 2000, 2000]);
    expect(x).toBeInstanceOf(Float64Array);
    const masses = kernel.masses();
    expect([0, 1, 2].map((g) => node.filter((at) => at === g).length / 2000)).toEqual(Array.from(masses));
    const { mean, mass } = await kernel.observe();
    let sum = 0;
    for (let i = 0; i < count; i++) if (node[i] === 1) sum += x[2 * i];
    expect(sum / (2000 * masses[1])).toBeCloseTo(mean[2], 12);
    expect(Array.from(mass)).toEqual(Array.from(masses));
    expect((await kernel.particles(10)).count).toBe(10);
  });

  it('refuses grids, bad numbers of steps, and calls after its end', async () => {
    const grid = { ...wells, representation: 'grid', grid: { cells: 8 } } as const;
    await expect(compileKernel(grid)).rejects.toMatchObject({ code: 'not-particles' });
    const kernel = await compileKernel(wells);
    await expect(kernel.advance(-1)).rejects.toMatchObject({ code: 'bad-option' });
    await kernel.close();
    await expect(kernel.advance()).rejects.toMatchObject({ code: 'closed' });
    expect(() => kernel.masses()).toThrow('compile it again');
  });
});
