// Sweeps as a person runs them: the table, a kill and its resumption to the same bits, a failure that stops nothing else.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { lineCount, readManifest, start, until, useFolder, wasserwerk, writeConfig } from './command.js';

const folder = useFolder();

const wells = {
  name: 'wells',
  space: { variables: ['x'] },
  graph: { path: 2 },
  potential: { formula: '0.5*(x - node)^2 + h*node', parameters: { h: 0 } },
  temperature: 1,
  particles: 40_000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.01, steps: 400 },
  observe: { every: 100, entropy: 'gaussian' },
  checkpoint: { every: 50, keep: 1 },
};

type Row = Readonly<Record<string, string>>;
const rows = (...names: string[]): Row[] =>
  parse<Row>(readFileSync(folder(...names), 'utf8'), { columns: true });
const args = (out: string): string[] => [
  ...['sweep', 'wells.yaml', '--set', 'potential.parameters.h=0,1', '--seeds', '2', '--out', out],
];
/** Runs by their number, with the hash of their last state. */
const hashes = (out: string): string[][] =>
  rows(out, 'sweep.csv').map((row) => [row['run'], row['status'], row['state hash']]);

describe('a sweep', () => {
  it('runs all combinations and prints one table, the same for any number of jobs', async () => {
    writeConfig(folder('wells.yaml'), wells);
    const { code, stdout, stderr } = await wasserwerk(folder(), ...args('together'), '--workers', '2');
    expect([code, stderr.includes('4 runs, 2 at a time on 1 thread each')]).toEqual([0, true]);
    const table = stdout.split('\n');
    expect(table[0]).toMatch(/^ +h +finished +mass 0 +mass 1 +mean V +E +KL +time$/u);
    expect(table[1]).toMatch(/^ +0 +2\/2 /u);
    expect(table[2]).toMatch(/^ +1 +2\/2 /u);

    // The table is the mean of the runs over their seeds.
    const runs = rows('together', 'sweep.csv');
    const points = rows('together', 'points.csv');
    expect(runs.map((row) => [row['potential.parameters.h'], row['seed']])).toEqual([
      ...[
        ['0', '1'],
        ['0', '2'],
      ],
      ...[
        ['1', '1'],
        ['1', '2'],
      ],
    ]);
    points.forEach((point, i) => {
      const of = runs.slice(2 * i, 2 * i + 2).map((row) => Number(row['mass 1']));
      expect(Number(point['mass 1'])).toBeCloseTo((of[0] + of[1]) / 2, 12);
      expect(Number(point['mass 1 error'])).toBeCloseTo(Math.abs(of[0] - of[1]) / 2, 12);
    });
    // Each run is a run folder like any other, with the config of its point.
    const single = await wasserwerk(
      folder(),
      ...['run', 'wells.yaml', '--set', 'potential.parameters.h=1', '--seed', '2', '--out', 'single'],
    );
    expect(single.code).toBe(0);
    expect(readManifest(folder('single')).stateHash).toBe(runs[3]['state hash']);
    expect(readManifest(folder('together', runs[3]['folder']))).toMatchObject({ status: 'finished' });
  });

  it('that is killed goes on where it was, to the same bits, and once more does nothing', async () => {
    const sweep = start([...args('killed'), '--workers', '1', '--jobs', '1', '--quiet'], folder());
    const names = (): string[] => readdirSync(folder('killed')).filter((name) => /^\d/u.test(name));
    await until('the second run observes', () => {
      if (!existsSync(folder('killed'))) return false;
      const second = names().find((name) => name.startsWith('002'));
      return second !== undefined && lineCount(folder('killed', second, 'observables.jsonl')) >= 2;
    });
    sweep.child.kill('SIGKILL');
    await sweep.ended;
    expect(names().some((name) => name.startsWith('004'))).toBe(false);
    const manifest = (): string => readFileSync(folder('killed', names()[0], 'manifest.json'), 'utf8');
    const before = manifest();

    const resumed = await wasserwerk(folder(), 'sweep', '--resume', 'killed', '--workers', '2');
    expect([resumed.code, / [12] of them done before/u.test(resumed.stderr)]).toEqual([0, true]);
    expect(hashes('killed')).toEqual(hashes('together'));

    const again = await wasserwerk(folder(), 'sweep', '--resume', 'killed', '--json');
    expect([again.code, again.stderr.includes('4 of them done before')]).toEqual([0, true]);
    expect(JSON.parse(again.stdout)).toMatchObject({ points: [{ finished: 2 }, { finished: 2 }] });
    expect(manifest()).toBe(before);
  });

  it('with a run that fails finishes the others, and says so', async () => {
    const stiff = ['--set', 'potential.formula=0.5*(x-node)^2,25*x^2', '--set', 'time.step=0.3'];
    writeConfig(folder('stiff.yaml'), { ...wells, time: { step: 0.01, steps: 4000 } });
    const { code, stdout } = await wasserwerk(folder(), 'sweep', 'stiff.yaml', ...stiff, '--out', 'stiff');
    expect(code).toBe(1);
    expect(rows('stiff', 'sweep.csv').map((row) => [row['status'], row['error']])).toEqual([
      ['finished', ''],
      ['failed', 'not-finite'],
    ]);
    expect(stdout).toMatch(/failed: 002-/u);
    expect(stdout).toContain('go on with: wasserwerk sweep --resume stiff');
  });

  it('is refused before the first run when a value is wrong', async () => {
    const { code, stderr } = await wasserwerk(
      folder(),
      ...['sweep', 'wells.yaml', '--set', 'temperature=1,-1', '--out', 'wrong'],
    );
    expect([code, existsSync(join(folder(), 'wrong'))]).toEqual([2, false]);
    expect(stderr).toContain('temperature: expected a number >= 0');
  });
});
