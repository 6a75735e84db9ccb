// Minimizing movements as people use them: a study, its files, refusals; workers and restarts that do not change a bit.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder, wasserwerk, writeConfig, type Ended } from './command.js';

const folder = useFolder();
const call = (...args: string[]): Promise<Ended> => wasserwerk(folder(), ...args);
const config = {
  name: 'small movements',
  space: { variables: ['x'] },
  graph: { nodes: 2, edges: [[0, 1]] },
  potential: { formula: '(x^2 - 1)^2/2 + 0.5*x*node' },
  temperature: 1,
  dynamics: { kind: 'jko', tau: 0.1, mobility: 'log-mean' },
  representation: 'grid',
  grid: { cells: 32, box: [-3, 3] },
  initial: { gaussian: { mean: -0.5, std: 0.5 }, masses: [0.8, 0.2] },
  time: { end: 0.4 },
  observe: { every: 1 },
};
let file = '';
beforeAll(() => {
  file = writeConfig(folder('small.yaml'), config);
});

describe('study jko', () => {
  it('finds order 1, and writes numbers, a table, a page and a picture', async () => {
    const out = folder('study');
    const { code, stdout, stderr } = await call(
      ...['study', 'jko', file, '--tau', '0.1,0.05,0.025', '--mobility', 'log-mean,constant', '--out', out],
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain('L1 error');
    const data = JSON.parse(readFileSync(join(out, 'study.json'), 'utf8')) as {
      mobilities: { mobility: string; rows: { tau: number; densityOrder?: number }[] }[];
    };
    expect(data.mobilities.map(({ mobility }) => mobility)).toEqual(['log-mean', 'constant']);
    for (const { rows } of data.mobilities) {
      const orders = rows.filter(({ tau }) => tau === 0.025).map((row) => row.densityOrder ?? NaN);
      for (const order of orders) expect(Math.abs(order - 1)).toBeLessThan(0.2);
    }
    expect(readFileSync(join(out, 'study.csv'), 'utf8').split('\n')[0]).toContain('density_order');
    expect(readFileSync(join(out, 'study.html'), 'utf8')).toMatch(/^<!doctype html>/u);
    expect(readFileSync(join(out, 'study.svg'), 'utf8')).toMatch(/^<svg xmlns=/u);
  });

  it('refuses steps that miss the end, and configs of another kind', async () => {
    const missed = await call('study', 'jko', file, '--tau', '0.3,0.1');
    expect(missed).toMatchObject({ code: 2 });
    expect(missed.stderr).toContain('no multiple of every step');
    const { dynamics: _, ...rest } = config;
    const flow = writeConfig(folder('flow.yaml'), { ...rest, time: { step: 0.1, end: 0.4 } });
    const other = await call('study', 'jko', flow);
    expect(other).toMatchObject({ code: 2 });
    expect(other.stderr).toContain('kind: jko');
  });
});

describe('a run of movements', () => {
  it('has the same bits for any number of workers and after restarts', async () => {
    const { code, stdout } = await call('verify', file, '--steps', '4', '--workers', '1,2');
    expect({ code, stdout }).toMatchObject({ code: 0 });
  });

  it('tells of every step how well it was solved', async () => {
    const out = folder('run');
    expect(await call('run', file, '--out', out, '--quiet')).toMatchObject({ code: 0 });
    const lines = readFileSync(join(out, 'energy.jsonl'), 'utf8').trim().split('\n');
    expect(lines.length).toBe(5);
    for (const line of lines.slice(1)) {
      const { movements } = JSON.parse(line) as {
        movements: { gap: number; slack: number; iterations: number };
      };
      expect(movements.gap).toBeLessThan(1e-8);
      expect(movements.slack).toBeGreaterThanOrEqual(0);
      expect(movements.iterations).toBeGreaterThan(0);
    }
  });

  it('refuses time.step beside tau, with the fix', async () => {
    const { code, stderr } = await call('validate', file, '--set', 'time.step=0.05');
    expect(code).toBe(2);
    expect(stderr).toContain('is not used with kind jko, whose step is dynamics.tau');
  });
});
