// `wasserwerk report` on small runs: what it writes, where, and what it refuses. What the page looks like is
// test/report.

import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { filesBelow, useFolder, wasserwerk, writeConfig, type Ended } from './command.js';

const folder = useFolder();
const call = (...args: string[]): Promise<Ended> => wasserwerk(folder(), ...args);

const config = {
  name: 'two wells',
  space: { variables: ['x', 'y'] },
  graph: { nodes: ['left', '<right>'], edges: [['left', '<right>']] },
  potential: { formula: '0.5*(x^2 + y^2) + 0.2*node' },
  temperature: 1,
  particles: 2000,
  initial: { gaussian: { mean: 0, std: 1 }, masses: { left: 1 } },
  time: { step: 0.01, steps: 40 },
  observe: { every: 10 },
  snapshots: { every: 20, particles: 500 },
};
beforeAll(async () => {
  writeConfig(folder('wells.yaml'), config);
  expect((await call('run', 'wells.yaml', '--out', 'run', '--quiet')).code).toBe(0);
});

describe('report', () => {
  it('writes one page into the run folder, and touches nothing else there', async () => {
    const before = filesBelow(folder('run'));
    const { code, stdout, stderr } = await call('report', 'run');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^wrote run\/report\.html \(\d+ KiB\)\n$/u);
    const page = readFileSync(folder('run', 'report.html'), 'utf8');
    expect(page).toContain('<h1>two wells</h1>');
    expect(page).toContain('all 40 steps');
    expect(page).toContain('given the node at t = 0.2');
    expect(page).toContain('&lt;right&gt;');
    expect(page).not.toContain('<right>');
    rmSync(folder('run', 'report.html'));
    expect(filesBelow(folder('run'))).toEqual(before);
  });

  it('writes where it is told, the snapshots that it is told, and over an older report', async () => {
    writeFileSync(folder('mine.html'), 'old');
    const { code, stdout } = await call('report', 'run', '--out', 'mine.html', '--at', '40', '--at', '0');
    expect(code).toBe(0);
    expect(stdout).toContain('wrote mine.html');
    const page = readFileSync(folder('mine.html'), 'utf8');
    expect([...page.matchAll(/given the node at t = ([\d.]+),/gu)].map(([, t]) => t)).toEqual(['0', '0.4']);
    expect((await call('report', 'run', '--out', 'new/deep/page.html')).code).toBe(0);
    expect(existsSync(folder('new/deep/page.html'))).toBe(true);
  });

  it('gives the same page twice', async () => {
    await call('report', 'run', '--out', 'one.html');
    await call('report', 'run', '--out', 'two.html');
    expect(readFileSync(folder('two.html'))).toEqual(readFileSync(folder('one.html')));
  });

  it('draws a run that was killed, as far as it came', async () => {
    cpSync(folder('run'), folder('killed'), { recursive: true });
    const path = folder('killed', 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    delete manifest['finishedAt'];
    writeFileSync(path, JSON.stringify({ ...manifest, status: 'running', stepsDone: 20 }));
    const lines = readFileSync(folder('killed', 'observables.jsonl'), 'utf8').split('\n').slice(0, 3);
    writeFileSync(folder('killed', 'observables.jsonl'), `${lines.join('\n')}\n{"step":3`);
    expect((await call('report', 'killed')).code).toBe(0);
    expect(readFileSync(folder('killed', 'report.html'), 'utf8')).toContain('<b>Killed</b>');
  });

  it('knows energies where the run has them', async () => {
    cpSync(folder('run'), folder('energetic'), { recursive: true });
    const records = [0, 10, 20, 30, 40].map((step) => ({
      ...{ step, time: step / 100, temperature: 1, method: 'knn' },
      ...{ entropy: [1, 1], entropyError: [0.01, 0.01], entropyBias: [0, 0] },
      ...{ nodeEnergy: [1, 1], nodeEnergyError: [0.1, 0.1], energy: 2, energyError: 0.1, energyBias: 0 },
      ...{ relativeEntropy: Math.exp(-step / 10), relativeEntropyError: 1e-4 },
      ...{ dissipation: null, dissipationError: null, dissipationTransport: null, dissipationReaction: null },
      ...{ balance: null, balanceError: null },
    }));
    writeFileSync(
      folder('energetic', 'energy.jsonl'),
      records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    );
    expect((await call('report', 'energetic')).code).toBe(0);
    expect(readFileSync(folder('energetic', 'report.html'), 'utf8')).toMatch(/λ = 10\.0\d* ± /u);
  });

  it.each([
    ['a folder that is not there', ['report', 'nowhere'], 'there is no folder nowhere'],
    ['a folder that is no run', ['report', '.'], 'is not the folder of a run'],
    ['a file', ['report', 'wells.yaml'], 'is a file, not a folder'],
    [
      'a snapshot that is not there',
      ['report', 'run', '--at', '7'],
      'no snapshot at step 7, but at 0, 20, 40',
    ],
    ['a step that is none', ['report', 'run', '--at', 'x'], 'Give a whole number >= 0'],
  ])('refuses %s with exit code 2', async (_, args, message) => {
    const { code, stdout, stderr } = await call(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ {4}at /mu);
  });

  it('refuses a folder whose config is gone', async () => {
    cpSync(folder('run'), folder('bare'), { recursive: true });
    rmSync(folder('bare', 'config-bundle.json'));
    const { code, stderr } = await call('report', 'bare');
    expect(code).toBe(2);
    expect(stderr).toContain('config-bundle.json cannot be read');
    copyFileSync(folder('run', 'config-bundle.json'), folder('bare', 'config-bundle.json'));
    expect((await call('report', 'bare')).code).toBe(0);
  });
});
