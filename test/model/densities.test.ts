// Densities of particles before a run: which models need them and on which cells, refusals and remarks.

import { describe, expect, it } from 'vitest';
import { cellVolume, meanDensity } from '../../src/model/mesh-occupation.js';
import { compileKernel } from '../../src/kernel/mod.js';
import { MemoryLimitError, planMemory } from '../../src/particles/mod.js';
import { LogPartition } from '../../src/estimate/mod.js';
import { build, problemWith } from '../config/helpers.js';

const logMean = 'dynamics.mobility=log-mean';
const many = 'particles=1000000';
const codes = (overrides: readonly string[]): string[] => build(overrides).notes.map((note) => note.code);

describe('who needs densities', () => {
  it('the density family does, with a mesh; the linear family does not', () => {
    const { model } = build([logMean, many]);
    expect(model.densities?.least).toBe(1 / 16);
    const { mesh } = model;
    if (!mesh) throw new Error('no mesh');
    expect(model.densities?.onePerCell).toBeCloseTo(1 / (1e6 * cellVolume(mesh)), 12);
    expect(build([many]).model.densities).toBeUndefined();
  });

  it('upwind at temperature 0 needs none, in any dimension', () => {
    const cold = [
      'dynamics.mobility=upwind',
      'temperature=0',
      'space.variables=5',
      'potential.formula=dot(x, x) + h',
    ];
    const { model } = build(cold);
    expect([model.densities, model.mesh]).toEqual([undefined, undefined]);
    expect(problemWith([...cold, 'temperature=0.1']).message).toContain('upwind needs the density');
    expect(build(['dynamics.mobility=upwind', many]).model.densities).toBeDefined();
  });

  it('nobody does without edges, nor on the grid', () => {
    expect(build([logMean, 'graph={nodes: 1, edges: []}', many]).model.densities).toBeUndefined();
    expect(build([logMean, 'representation=grid']).model.densities).toBeUndefined();
  });

  it('is refused in more than three dimensions, naming what there is instead', () => {
    const problem = problemWith([logMean, 'space.variables=4', 'potential.formula=dot(x, x) + h']);
    expect(problem).toMatchObject({ path: 'dynamics.mobility' });
    expect(problem.message).toContain('4 > 3 dimensions');
    expect(problem.hint).toContain('representation: lumped');
    expect(problem.hint).toContain('metropolis');
  });
});

describe('where no box holds the Gibbs density', () => {
  const open = ['potential.formula=-exp(-x^2 - y^2) + 0*h'];
  it.each(['knn', 'gaussian'])('entropies by %s go without cells, and without log Z', (method) => {
    const { model } = build([...open, `observe.entropy=${method}`]);
    expect(model.mesh).toBeUndefined();
    expect(new LogPartition(model, 'auto').method).toBe('unknown');
  });
  it.each([
    ['entropies by cells', ['observe.entropy=grid']],
    ['densities', [logMean]],
    ['the grid', ['representation=grid']],
  ])('%s ask for one', (_, more) => {
    expect(problemWith([...open, ...more])).toMatchObject({ path: 'grid.box' });
  });
});

describe('the choice of cells', () => {
  const cells = (more: readonly string[]): readonly number[] =>
    build([logMean, ...more]).model.mesh?.cells ?? [];
  it('is coarser for fewer particles, and as fine as the grid for very many', () => {
    const [few, middle, most] = ['20000', '50000', '1e9'].map((n) => cells([`particles=${n}`])[0]);
    expect(few).toBeLessThan(middle);
    expect(middle).toBeLessThan(most);
    expect(most).toBe(128);
    expect(cells(['particles=100'])).toEqual([8, 8]);
    expect(cells([many, 'grid.cells=[20, 30]'])).toEqual([20, 30]);
  });

  it('puts about 50 particles into the cell of a particle', () => {
    const { model } = build([logMean, 'particles=100000']);
    const { mesh } = model;
    if (!mesh) throw new Error('no mesh');
    // Four nodes of weights exp(-0.1 g), each a unit Gaussian: sum of m^2 / (4 pi).
    const weights = [0, 1, 2, 3].map((g) => Math.exp(-0.1 * g));
    const total = weights.reduce((a, b) => a + b, 0);
    const exact = weights.reduce((sum, w) => sum + (w / total) ** 2, 0) / (4 * Math.PI);
    const initial = 4 * 0.25 ** 2 * (1 / (4 * Math.PI));
    expect(meanDensity(model, mesh)).toBeCloseTo(Math.min(exact, initial), 4);
    const perCell = 100_000 * cellVolume(mesh) * meanDensity(model, mesh);
    expect(perCell).toBeGreaterThanOrEqual(50);
    expect(perCell).toBeLessThan(60);
  });

  it('knows uniform laws, points and no temperature', () => {
    const box = { low: [0, 0], high: [2, 4] };
    const flat = build([
      logMean,
      many,
      'space={variables: [x, y], boundary: periodic, box: [[0, 2], [0, 4]]}',
      'potential.formula=h',
      'potential.parameters.h=0',
      'initial={uniform: {}}',
    ]);
    expect(meanDensity(flat.model, box)).toBeCloseTo((4 * 0.25 ** 2) / 8, 12);
    const point = build([logMean, many, 'initial={point: 0}', 'temperature=0', 'grid.box=[-1, 1]']);
    expect(meanDensity(point.model, box)).toBe(Infinity);
    expect(point.model.mesh?.cells).toEqual([128, 128]);
  });
});

describe('remarks', () => {
  it('state the widths of cells, and nothing else of a sound config', () => {
    const { notes } = build([logMean, many, 'grid={cells: 40, box: [-10, 10]}']);
    expect(notes.map(({ tier, code }) => [tier, code])).toEqual([['note', 'densities']]);
    expect(notes[0].message).toContain('width x: 0.5, y: 0.5 (40 x 40 cells)');
    expect(notes[0].message).toContain('0.0625');
  });

  it('warn of noise, with cells that would do', () => {
    const { notes } = build([logMean, 'particles=100000', 'grid={cells: 300, box: [-10, 10]}']);
    const noisy = notes.find(({ code }) => code === 'densities-noisy');
    expect(noisy).toMatchObject({ tier: 'warn', path: 'grid.cells' });
    const fix = /cells: (\d+)/u.exec(noisy?.fix ?? '')?.[1];
    expect(codes([logMean, 'particles=100000', `grid={cells: ${fix}, box: [-10, 10]}`])).toEqual([
      'densities',
    ]);
    const few = build([logMean, 'particles=300', 'grid={cells: 4, box: [-10, 10]}']).notes;
    expect(codes([logMean, 'particles=30', 'grid={cells: 4, box: [-10, 10]}'])).toContain('densities-noisy');
    expect(few.map(({ code }) => code)).toEqual(['densities']);
  });

  it('warn of places that stay empty, of fast rates, and of a partition that is not used', () => {
    const from = ['initial.masses=[1, 0, 1, 1]', many];
    expect(codes(['dynamics.mobility=geometric', ...from])).toContain('stays-empty');
    expect(codes(['dynamics.mobility=harmonic', ...from])).toContain('stays-empty');
    expect(codes(['dynamics.mobility=log-mean', ...from])).not.toContain('stays-empty');
    expect(codes([logMean, many, 'partition=replicas'])).toContain('partition-nodes');
    const steep = ['dynamics.mobility=arithmetic', many, 'potential.parameters.h=30*node'];
    const fast = build(steep).notes.find(({ code }) => code === 'rate-fast');
    expect(fast?.path).toBe('time.step');
    expect(codes([...steep, 'time.step=0.0001'])).not.toContain('rate-fast');
  });
});

describe('memory', () => {
  it('names cells and workers where densities do not fit', () => {
    const { model } = build([
      logMean,
      'particles=1000000',
      'graph={ring: 200}',
      'potential.parameters.h=0',
      'grid={cells: 400, box: [-5, 5]}',
    ]);
    const { plan } = compileKernel(model);
    expect(() => planMemory(model, plan, 1, 2)).not.toThrow();
    expect(() => planMemory(model, plan, 1, 30)).toThrow(MemoryLimitError);
    expect(() => planMemory(model, plan, 1, 30)).toThrow(
      /400 x 400 cells on 200 nodes.*grid: \{ cells: 200 \}/su,
    );
  });
});
