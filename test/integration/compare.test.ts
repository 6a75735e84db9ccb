// `wasserwerk compare` on small runs: agreement, disagreement, refusals, JSON, and the grid reference that it solves on the
// spot. The statistics are test/compare.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonResult } from '../../src/cli/compare.js';
import { readManifest, useFolder, wasserwerk, writeConfig, type Ended } from './command.js';

const folder = useFolder();
const call = (...args: string[]): Promise<Ended> => wasserwerk(folder(), ...args);

const config = {
  name: 'two wells',
  space: { variables: ['x'] },
  graph: { nodes: ['left', 'right'], edges: [['left', 'right']] },
  potential: { formula: '0.5*(x - node)^2 + 0.5*node' },
  temperature: 1,
  dynamics: { integrator: 'heun', splitting: 'strang' },
  particles: 20_000,
  initial: { gaussian: { mean: 0, std: 1 }, masses: { left: 1 } },
  time: { step: 0.02, steps: 50 },
  observe: { every: 10 },
  snapshots: { every: 10, particles: 5000 },
};

async function run(name: string, change: object = {}, ...args: string[]): Promise<void> {
  const file = writeConfig(folder(`${name}.yaml`), { ...config, ...change });
  expect(await call('run', file, '--out', name, '--quiet', ...args)).toMatchObject({ code: 0, stderr: '' });
}

async function json(...args: string[]): Promise<{ code: number | null; result: ComparisonResult }> {
  const { code, stdout } = await call('compare', ...args, '--json');
  return { code, result: JSON.parse(stdout) as ComparisonResult };
}

beforeAll(async () => {
  await run('a');
  await run('b', {}, '--seed', '2');
  await run('warm', { temperature: 1.5 }, '--seed', '3');
});

describe('run against run', () => {
  it('agrees where only the seed differs', async () => {
    const { code, stdout, stderr } = await call('compare', 'a', 'b');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('a  a (20,000 particles, seed 1)\nb  b (20,000 particles, seed 2)\n');
    expect(stdout).toContain('at t = 1 (step 50), the last of 6 common times');
    expect(stdout).toMatch(
      /^ {2}node +mass a +mass b +z +mean x z +var x z +mean V z +L1 \(noise\) +W1 \(noise\)$/mu,
    );
    expect(stdout).toMatch(
      /^agree: the largest \|z\| of \d+ is \d\.\d\d \(.* with probability 0\.001 at most\)$/mu,
    );
  });

  it('differs where the model differs, and says in which key', async () => {
    const { code, stdout } = await call('compare', 'a', 'warm');
    expect(code).toBe(1);
    expect(stdout).toContain('note: the configs differ in temperature.value');
    expect(stdout).toMatch(/^differ: \d+ of \d+ have \|z\| > \d\.\d\d, the largest \d+/mu);
  });

  it('gives JSON for programs', async () => {
    const { code, result } = await json('a', 'b');
    expect(code).toBe(0);
    expect(result).toMatchObject({
      ...{ verdict: 'agree', falseAlarm: 0.001, exceeding: 0, allow: 0, notes: [] },
      a: { folder: 'a', representation: 'particles', particles: 20_000, seed: 1, status: 'finished' },
      shown: { step: 50, time: 1 },
      densities: { step: 50, time: 1 },
    });
    expect(result.times).toHaveLength(6);
    expect(result.comparisons).toBe(result.quantities.reduce((sum, of) => sum + of.comparisons, 0));
    expect(result.threshold).toBeGreaterThan(3.29);
    expect(Math.abs(result.largest?.z ?? NaN)).toBeLessThan(result.threshold);
    const quantities = new Set(result.shown.comparisons.map(({ quantity }) => quantity));
    expect([...quantities]).toEqual(['mass', 'mean', 'variance', 'potential', 'mean potential']);
    for (const { a, b, z, counted } of result.shown.comparisons) {
      for (const value of [a, b, z]) expect(value).toBeTypeOf('number');
      expect(counted).toBe(true);
    }
    for (const { density, transport } of result.densities?.nodes ?? []) {
      expect(density.distance / density.expected).toBeLessThan(2);
      expect(transport.kind).toBe('W1');
      expect(transport.expected).toBeGreaterThan(0);
    }
  });

  it('compares one step alone, and with bins as wished', async () => {
    const { result } = await json('a', 'b', '--at', '20', '--bins', '5');
    expect(result.times).toEqual([{ step: 20, otherStep: 20, time: 0.4 }]);
    expect(result.densities?.nodes.map(({ density }) => density.bins)).toEqual([5, 5]);
  });

  it('passes over what is allowed', async () => {
    expect((await json('a', 'warm', '--allow', '0.9')).result).toMatchObject({
      verdict: 'agree',
      allow: 0.9,
    });
  });

  it('goes by times, not by steps, where these are of another length', async () => {
    await run('fine', { time: { step: 0.01, steps: 100 }, observe: { every: 20 } }, '--seed', '4');
    const { code, result } = await json('a', 'fine');
    expect(code).toBe(0);
    expect(result.times.map(({ step, otherStep }) => [step, otherStep])).toEqual(
      [0, 10, 20, 30, 40, 50].map((step) => [step, 2 * step]),
    );
    expect(result.notes).toEqual([expect.stringContaining('the configs differ in time.step')]);
  });

  it('says that a run compared with itself shows nothing', async () => {
    const { code, result } = await json('a', 'a');
    expect(code).toBe(0);
    expect(result.notes).toEqual([expect.stringContaining('compares a run with itself')]);
  });
});

describe('mistakes end with exit code 2:', () => {
  beforeAll(async () => {
    await run('plane', { space: { variables: ['x', 'y'] } });
    await run('three', { graph: { path: 3 }, initial: { gaussian: { mean: 0, std: 1 } } });
    await run('never', { time: { step: 0.013, steps: 2 }, observe: { every: 2 } });
  });

  it.each([
    ['other coordinates', ['a', 'plane'], 'the coordinates differ: a has 1, plane has 2'],
    ['other nodes', ['a', 'three'], 'the nodes differ: a has 2, three has 3'],
    [
      'a step that is not there',
      ['a', 'b', '--at', '7'],
      'step 7 is not observed in both runs; near it are steps 0, 10',
    ],
    ['a folder that is not there', ['a', 'nowhere'], 'there is no folder nowhere'],
    ['a folder that is no run', ['a', '.'], 'is not the folder of a run'],
    ['one run alone', ['a'], 'give two run folders, or one and --reference'],
    ['two runs and a reference', ['a', 'b', '--reference'], 'give two run folders, or one and --reference'],
    ['a part that is none', ['a', 'b', '--allow', '2'], 'Give a number from 0 to below 1'],
    ['one bin', ['a', 'b', '--bins', '1'], 'Give a whole number >= 2'],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await call('compare', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ {4}at /mu);
  });

  it('a run without an observation in common, but for the first', async () => {
    const { code, result } = await json('a', 'never');
    expect(code).toBe(0);
    expect(result.times.map(({ time }) => time)).toEqual([0]);
  });
});

describe('run against the grid solution of its config', () => {
  const reference = (...names: string[]): string => folder('a', 'reference', ...names);

  it('solves it into the run folder, and agrees', async () => {
    const { code, stdout, stderr } = await call('compare', 'a', '--reference', '--set', 'grid.cells=200');
    expect(stderr).toContain('solving the same config on a grid → a/reference');
    expect(stdout).toContain('b  a/reference (grid)');
    expect(stdout).toMatch(/^agree: /mu);
    expect(code).toBe(0);
    const manifest = readManifest(reference());
    expect(manifest).toMatchObject({ status: 'finished', config: { representation: 'grid' } });
    expect(manifest).toMatchObject({ config: { grid: { tolerance: 1e-5 } } });
    expect(stderr).toContain('solving the same on cells twice as wide → a/reference/coarse');
    expect(readManifest(reference('coarse'))).toMatchObject({ config: { grid: { cells: [100] } } });
    expect(stdout).toContain('what cells twice as wide change is allowed for');
    // The run itself is as before.
    expect(readManifest(folder('a'))).toMatchObject({
      status: 'finished',
      config: { representation: 'particles' },
    });
  });

  it('uses it again while the config is the same, and compares densities', async () => {
    const before = statSync(reference('manifest.json')).mtimeMs;
    const { code, result } = await json('a', '--reference', '--set', 'grid.cells=200');
    expect(code).toBe(0);
    expect(statSync(reference('manifest.json')).mtimeMs).toBe(before);
    expect(result.b).toMatchObject({ representation: 'grid', particles: 0 });
    expect(result.times).toHaveLength(6);
    expect(result.densities?.nodes).toHaveLength(2);
    for (const { density, transport } of result.densities?.nodes ?? []) {
      expect(density.distance / density.expected).toBeLessThan(2);
      expect(transport.distance / transport.expected).toBeLessThan(4);
    }
    for (const { quantity, bError } of result.shown.comparisons) {
      if (quantity === 'mass' || quantity === 'mean') expect(bError).toBe(0);
    }
  });

  it('solves it anew for another config, and when told to', async () => {
    const before = statSync(reference('manifest.json')).mtimeMs;
    const other = await call('compare', 'a', '--reference', '--set', 'grid.cells=120');
    expect(other.stderr).toContain('solving');
    expect(statSync(reference('manifest.json')).mtimeMs).toBeGreaterThan(before);
    expect(readManifest(reference())).toMatchObject({ config: { grid: { cells: 120 } } });
    const fresh = await call('compare', 'a', '--reference', '--set', 'grid.cells=120', '--fresh');
    expect(fresh.stderr).toContain('solving');
  });

  it('differs where the time step of the run is far too long', async () => {
    await run('coarse', {
      time: { step: 0.5, steps: 2 },
      observe: { every: 1 },
      dynamics: {},
      snapshots: undefined,
    });
    const { code, stdout } = await call(
      'compare',
      'coarse',
      '--reference',
      '--set',
      'time={step: 0.5, steps: 2}',
    );
    expect(code).toBe(1);
    expect(stdout).toContain('the bias of the time step of the particles is in no error');
  });

  it('knows that a law narrower than the cells is told wrong by them', async () => {
    await run('narrow', { initial: { gaussian: { mean: 0, std: 0.08 }, masses: { left: 1 } } });
    const options = ['narrow', '--reference', '--set', 'grid.cells=200'];
    expect((await json(...options)).result).toMatchObject({ verdict: 'agree' });
    // The same grid, without what it says of itself.
    const plain = await json('narrow', 'narrow/reference');
    expect(plain.result.verdict).toBe('differ');
    expect(plain.result.largest?.time).toBe(0);
  });

  it('refuses a run that is on a grid itself, and a space of too many dimensions', async () => {
    const grid = await call('compare', 'a/reference', '--reference');
    expect(grid.code).toBe(2);
    expect(grid.stderr).toContain('is no run of particles');
    await run('moving', { dynamics: { kind: 'accelerated', friction: 1 } });
    const moving = await call('compare', 'moving', '--reference');
    expect(moving.code).toBe(2);
    expect(moving.stderr).toContain('particles with velocities');
    await run('four', {
      space: { variables: 4 },
      potential: { formula: 'dot(x, x)/2 + node' },
      initial: { gaussian: { mean: 0, std: 1 } },
    });
    const four = await call('compare', 'four', '--reference');
    expect(four.code).toBe(2);
    expect(four.stderr).toContain('a grid in 4 dimensions has too many cells');
    expect(existsSync(folder('four', 'reference'))).toBe(false);
  });

  it('is a run as any other: it can be reported', async () => {
    expect((await call('report', 'a/reference')).code).toBe(0);
    expect(readFileSync(reference('report.html'), 'utf8')).toContain('on a grid');
  });
});
