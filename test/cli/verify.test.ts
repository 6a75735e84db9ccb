// What `verify` makes of the hashes it gets: a wrong one anywhere must be noticed, and so must one that should differ and
// does not. The trials themselves run in test/integration/commands.test.ts.

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isRight, verify, type TrialRunner, type TrialSettings } from '../../src/cli/verify.js';

const file = fileURLToPath(new URL('../../configs/quickstart.yaml', import.meta.url));

let [stdout, stderr] = ['', ''];
beforeEach(() => {
  [stdout, stderr] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const seedOf = ({ config }: TrialSettings): string => `hash of seed ${config.seed}`;
const options = { steps: 10, workers: '1,2,7', set: [] };

describe('verify', () => {
  it('passes when all hashes are as they must be, and has tried what it promises', async () => {
    const tried: string[] = [];
    const runner: TrialRunner = (settings) => {
      const { workers, partition, restartAt, steps } = settings;
      tried.push([workers, partition, restartAt, steps].join(' '));
      return Promise.resolve(seedOf(settings));
    };
    expect(await verify(file, options, runner)).toBe(0);
    expect(tried).toEqual([
      '0   10',
      '1 replicas  10',
      '2 replicas  10',
      '2 nodes  10',
      '7 replicas  10',
      '7 nodes  10',
      '2  5 10',
      '0   10',
    ]);
    expect(stdout).toBe('the same bits in every run\n');
    expect(stderr).not.toContain('WRONG');
  });

  const wrong: [string, (settings: TrialSettings) => boolean][] = [
    ['1 worker, replicas', ({ workers }) => workers === 1],
    ['2 workers, nodes', ({ workers, partition }) => workers === 2 && partition === 'nodes'],
    ['7 workers, replicas', ({ workers, partition }) => workers === 7 && partition === 'replicas'],
    ['restart at step 5, on 2 workers', ({ restartAt }) => restartAt !== undefined],
  ];
  it.each(wrong)('fails when the hash of "%s" is wrong', async (name, isWrong) => {
    const runner: TrialRunner = (settings) =>
      Promise.resolve(isWrong(settings) ? 'other bits' : seedOf(settings));
    expect(await verify(file, options, runner)).toBe(1);
    expect(stdout).toContain('NOT the same bits');
    expect(stderr.split('\n').filter((line) => line.includes('WRONG'))).toEqual([
      `WRONG  other bits  ${name}`,
    ]);
  });

  it('fails when another seed gives the same bits: then the comparison compares nothing', async () => {
    expect(await verify(file, options, () => Promise.resolve('always the same'))).toBe(1);
    expect(stderr).toMatch(/WRONG .*seed 0 \(must differ\)/u);
  });

  it.each([
    ['0', 1],
    ['1', 0],
    ['9007199254740991', 9007199254740990],
  ])('finds another seed than %s', async (seed, other) => {
    const seeds: number[] = [];
    const runner: TrialRunner = (settings) => {
      seeds.push(settings.config.seed);
      return Promise.resolve(seedOf(settings));
    };
    expect(await verify(file, { ...options, seed }, runner)).toBe(0);
    expect(seeds.at(-1)).toBe(other);
  });

  it('says in JSON what was wrong', async () => {
    const runner: TrialRunner = (settings) =>
      Promise.resolve(settings.workers === 7 ? 'other' : seedOf(settings));
    expect(await verify(file, { ...options, json: true }, runner)).toBe(1);
    const result = JSON.parse(stdout) as { passed: boolean; reference: string; trials: { hash: string }[] };
    expect(result.passed).toBe(false);
    expect(result.trials.filter(({ hash }) => hash === 'other')).toHaveLength(2);
    expect(stderr).toBe('');
  });
});

describe('isRight', () => {
  it('wants the same where the same is expected, and another where another is', () => {
    expect(isRight({ name: '', hash: 'a', expected: 'same' }, 'a')).toBe(true);
    expect(isRight({ name: '', hash: 'b', expected: 'same' }, 'a')).toBe(false);
    expect(isRight({ name: '', hash: 'a', expected: 'different' }, 'a')).toBe(false);
    expect(isRight({ name: '', hash: 'b', expected: 'different' }, 'a')).toBe(true);
  });
});
