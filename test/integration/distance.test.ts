// `wasserwerk distance` on small grids: what it reads, prints and writes, and what it refuses.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DistanceResult } from '../../src/cli/distance.js';
import { bytesOf, npyHeader } from '../../src/export/npy.js';
import { openDensities } from '../../src/output/mod.js';
import { useFolder, wasserwerk, writeConfig, type Ended } from './command.js';

const folder = useFolder();
const call = (...args: string[]): Promise<Ended> => wasserwerk(folder(), 'distance', ...args);

const config = {
  name: 'two nodes',
  space: { variables: ['x'] },
  graph: { nodes: ['left', 'right'], edges: [['left', 'right']], weight: 2 },
  potential: { formula: '0.5*x^2' },
  temperature: 1,
  dynamics: { mobility: 'log-mean' },
  representation: 'grid',
  grid: { cells: 24, box: [-4, 4] },
  initial: { gaussian: { mean: -0.5, std: 0.8 }, masses: [0.7, 0.3] },
  time: { step: 0.05, steps: 10 },
  snapshots: { every: 10 },
};
const other = '{ gaussian: { mean: 0.5, std: 1 }, masses: [0.4, 0.6] }';
const quick = ['--levels', '6', '--tolerance', '0.01'];

async function json(...args: string[]): Promise<DistanceResult> {
  const { code, stdout, stderr } = await call(...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as DistanceResult;
}

beforeAll(() => {
  writeConfig(folder('two.yaml'), config);
});

describe('what it reads', () => {
  it('laws without a graph: Gaussians on a line', async () => {
    const result = await json('{ gaussian: { mean: 0, std: 1 } }', '{ gaussian: { mean: 2, std: 1.5 } }');
    expect(result.converged).toBe(true);
    expect(result.distance).toBeCloseTo(Math.sqrt(4 + 0.25), 1);
    expect(result.bounds?.[0]).toBeLessThanOrEqual(result.distance ?? 0);
    expect(result.action?.reaction).toBe(0);
  });

  it('a config and a law; the same bits with one thread and with two', async () => {
    const one = await json('two.yaml', other, ...quick, '--workers', '1');
    const two = await json('two.yaml', other, ...quick, '--workers', '2');
    expect(two).toEqual(one);
    expect(one.action?.reaction).toBeGreaterThan(0.01);
    expect(one.mobility).toBe('log-mean');
  });

  it('snapshots of runs, by their steps; CSV and NPY', async () => {
    const ran = await wasserwerk(folder(), 'run', 'two.yaml', '--out', 'grid', '--quiet');
    expect(ran).toMatchObject({ code: 0 });
    const particles = await wasserwerk(
      folder(),
      ...['run', 'two.yaml', '--out', 'particles', '--quiet'],
      ...[
        '--set',
        'representation=particles',
        '--set',
        'particles=4000',
        '--set',
        'snapshots.particles=2000',
      ],
    );
    expect(particles).toMatchObject({ code: 0 });
    const moved = await json('grid@0', 'grid', ...quick);
    expect(moved.distance).toBeGreaterThan(0.1);
    expect((await json('grid@10', 'grid', ...quick)).distance).toBe(0);
    // Noise of 2000 particles in 24 cells is a distance, too.
    const noisy = await json('particles', 'grid', ...quick);
    expect(noisy.distance).toBeLessThan(0.5);
    expect(noisy.notes.join()).toContain('particles are counted');

    const series = await openDensities(folder('grid'));
    const values = await series?.read(1);
    if (!values) throw new Error('no density');
    writeFileSync(folder('end.npy'), Buffer.concat([npyHeader('<f8', [2, 24]), bytesOf(values)]));
    const rows = Array.from(values, (f, i) =>
      [i < 24 ? 'left' : 'right', -4 + ((i % 24) + 0.5) / 3, f].join(','),
    );
    writeFileSync(folder('end.csv'), ['node,x,density', ...rows].join('\n'));
    expect((await json('grid@0', 'end.npy', '--graph', 'two.yaml', ...quick)).distance).toBe(moved.distance);
    const table = await json('grid@0', 'end.csv', '--graph', 'two.yaml', ...quick);
    expect(table.distance).toBeCloseTo(moved.distance ?? 0, 3);
  });
});

it('writes the path, potentials and a page', async () => {
  const { code, stdout } = await call('two.yaml', other, ...quick, '--out', 'between', '--quiet');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {2}W_K +1\.\d+\n {2}bounds +1\.\d+ to 1\.\d+\n/u);
  expect(stdout).toMatch(/transport +\d\.\d+ \(\d+\.\d %\)\n {2}reaction +\d\.\d+ \(\d+\.\d %\)/u);
  const series = await openDensities(folder('between'));
  expect(series?.times).toEqual([0, 1, 2, 3, 4, 5, 6].map((k) => k / 6));
  expect(existsSync(folder('between/potentials.zarr/zarr.json'))).toBe(true);
  expect(readFileSync(folder('between/geodesic.html'), 'utf8')).toContain('The path as a film');
  expect(JSON.parse(readFileSync(folder('between/distance.json'), 'utf8'))).toMatchObject({
    converged: true,
  });
  const again = await call('two.yaml', other, '--out', 'between');
  expect(again).toMatchObject({ code: 2 });
  expect(again.stderr).toContain('is not empty');
});

describe('what it refuses', () => {
  it('a result that has not converged: exit code 1, and no number', async () => {
    const { code, stdout, stderr } = await call(
      'two.yaml',
      other,
      '--iterations',
      '20',
      '--tolerance',
      '1e-6',
      '--json',
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      converged: false,
      distance: null,
      bounds: null,
      action: null,
    });
    expect(stderr).toMatch(/not converged: after 20 iterations.*\n +fix: more --iterations/u);
  });

  it.each([
    ['masses that no edge can move', ['two.yaml', other, '--set', 'graph.weight=0'], /infinite/u],
    ['what is not there', ['nothing', other], /nothing is not there; a density is a run folder/u],
    ['a law that is none', ['two.yaml', '{ gauss: 1 }'], /gauss/u],
    ['an unknown mobility', ['two.yaml', other, '--mobility', 'upwind'], /Allowed choices/u],
    ['upwind in a config', ['two.yaml', other, '--set', 'dynamics.mobility=upwind'], /convex problem/u],
  ])('%s: exit code 2', async (_, args, message) => {
    const { code, stdout, stderr } = await call(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

it('the entropic divergence of a translation is its square', async () => {
  const { code, stdout } = await call(
    ...[
      '{ gaussian: { mean: 0, std: 1 } }',
      '{ gaussian: { mean: 2, std: 1 } }',
      '--entropic',
      '0.1',
      '--json',
    ],
  );
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { divergence: number }).divergence).toBeCloseTo(4, 3);
});
