// The grid as a person runs it: threads, run folder, interruption and resume, the other commands. Numbers are test/grid.

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  lineCount,
  readManifest,
  resultsOf,
  start,
  until,
  useFolder,
  wasserwerk,
  writeConfig,
} from './command.js';

const folder = useFolder();

const config = {
  name: 'on a grid',
  space: { variables: ['x', 'y'] },
  graph: { ring: 4, weight: 2 },
  potential: { formula: '0.5*((x - 0.5*node)^2 + y^2) + 0.3*node' },
  temperature: 1,
  dynamics: { mobility: 'log-mean', splitting: 'strang' },
  representation: 'grid',
  grid: { cells: [70, 50], box: [-5, 6] },
  initial: { gaussian: { mean: 0, std: 1 }, masses: { '0': 1 } },
  time: { step: 0.01, steps: 240 },
  observe: { every: 5 },
  snapshots: { every: 60 },
  checkpoint: { every: 100, keep: 2 },
};

let file = '';
let expected = new Map<string, string>();

beforeAll(async () => {
  file = writeConfig(folder('config.yaml'), config);
  const { code, stdout } = await wasserwerk(folder(), 'run', file, '--out', 'undisturbed', '--workers', '2');
  expect(code).toBe(0);
  expect(stdout).toContain('cell-steps/s over all');
  expected = resultsOf(folder('undisturbed'));
});

describe('a run on the grid', () => {
  it('leaves the tables of other runs, energies and densities', () => {
    expect([...expected.keys()]).toEqual(
      expect.arrayContaining([
        ...[
          'energy.csv',
          'energy.jsonl',
          'jumps.csv',
          'manifest.json',
          'observables.csv',
          'observables.jsonl',
        ],
        ...['snapshots.zarr/zarr.json', 'snapshots.zarr/density/c/4/3/0/0'],
      ]),
    );
    expect(lineCount(folder('undisturbed', 'energy.jsonl'))).toBe(49);
    const energies = readFileSync(folder('undisturbed', 'energy.jsonl'), 'utf8').trim().split('\n');
    const records = energies.map(
      (line) => JSON.parse(line) as { energy: number; relativeEntropy: number; step: number },
    );
    records.slice(1).forEach((record, i) => {
      expect(record.energy).toBeLessThan(records[i].energy);
      expect(record.relativeEntropy).toBeGreaterThan(0);
      expect(record.step).toBe(5 * (i + 1));
    });
    expect(readManifest(folder('undisturbed'))).toMatchObject({ status: 'finished', stepsDone: 240 });
  });

  it('gives the same files on other numbers of workers, interrupted and resumed', async () => {
    const going = start(['run', file, '--out', 'interrupted', '--workers', '3'], folder());
    await until('there are observations', () => lineCount(folder('interrupted', 'observables.jsonl')) >= 8);
    going.child.kill('SIGINT');
    const first = await going.ended;
    expect(first.code).toBe(130);
    const { stepsDone } = readManifest(folder('interrupted'));
    expect(stepsDone).toBeLessThan(240);
    const second = await wasserwerk(folder(), 'resume', 'interrupted', '--workers', '1');
    expect(second.code).toBe(0);
    expect(second.stderr).toContain(`70 x 50 cells on 4 nodes, 1 worker, from step ${stepsDone}`);
    const actual = resultsOf(folder('interrupted'));
    expect([...actual.keys()]).toEqual([...expected.keys()]);
    for (const [name, content] of expected) {
      if (actual.get(name) !== content) expect.fail(`interrupted/${name} differs`);
    }
  });

  it('is verified, with error control also', async () => {
    const small = ['--set', 'grid.cells=24', '--workers', '2,7'];
    for (const set of [small, [...small, '--set', 'grid.tolerance=1e-3', '--set', 'time.step=0.05']]) {
      const { code, stdout, stderr } = await wasserwerk(folder(), 'verify', file, '--steps', '4', ...set);
      expect(stdout).toBe('the same bits in every run\n');
      expect(code).toBe(0);
      expect(stderr).toContain('7 workers');
      expect(stderr).toContain('one step more (must differ)');
    }
  });

  it('is described by validate', async () => {
    const plain = await wasserwerk(folder(), 'validate', file);
    expect(plain.stdout).toMatch(
      /grid +70 x 50 cells of width 0\.1571, 0\.22 on \[-5, 6\] x \[-5, 6\], \d MB/u,
    );
    expect(plain.stdout).not.toContain('particles');
    const json = await wasserwerk(folder(), 'validate', file, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: true, model: { mesh: { cells: [70, 50] } } });
  });

  it('fails in threads with an error that names the place', async () => {
    const bad = ['--set', 'potential.formula=1/max(0, x + 4.9)', '--workers', '2', '--out', 'bad'];
    const { code, stderr } = await wasserwerk(folder(), 'run', file, ...bad);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: the potential of node \d is Infinity at x = -4\.9\d*, y = /u);
    expect(readManifest(folder('bad'))).toMatchObject({ status: 'failed' });
  });

  it('that does not fit is refused with what to do', async () => {
    const { code, stderr } = await wasserwerk(folder(), 'run', file, '--set', 'grid.cells=60000');
    expect(code).toBe(2);
    expect(stderr).toMatch(/60000 x 60000 cells on 4 nodes need \d+\.\d GB[\s\S]*fix: use fewer cells/u);
  });
});
