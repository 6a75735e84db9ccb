import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/mod.js';
import { buildModel } from '../../src/model/mod.js';
import { isLarge, planJobs, planSweep, readSweptKeys, shortName, splitValues } from '../../src/sweep/mod.js';
import { wells } from '../library/models.js';

describe('values are parted at commas', () => {
  it.each([
    ['0,0.1,0.2', ['0', '0.1', '0.2']],
    [' 1 , 2 ', ['1', '2']],
    ['min(x, 1),x^2', ['min(x, 1)', 'x^2']],
    ['[0,0],[1,[2,3]]', ['[0,0]', '[1,[2,3]]']],
    ['{ a: 1, b: [1, 2] }', ['{ a: 1, b: [1, 2] }']],
    ['"a, b",\'c, (d\'', ['"a, b"', "'c, (d'"]],
    ['"a\\", b",c', ['"a\\", b"', 'c']],
    ['x=1,y=2', ['x=1', 'y=2']],
  ])('%s', (text, values) => {
    expect(splitValues(text, '--set')).toEqual(values);
  });

  it.each([
    ['min(x,1', ') is missing'],
    ['[1,2', '] is missing'],
    ['"a,b', '" is missing'],
    ['1,,2', 'there is an empty value'],
    ['', 'there is an empty value'],
    ['1,', 'there is an empty value'],
  ])('but not those of %s', (text, message) => {
    expect(() => splitValues(text, '--set a')).toThrow(message);
  });

  it('and put together again they are the same', () => {
    const value = fc.constantFrom('1', 'f(a,b)', '[1, 2]', '"x, y"', '{a: (1,2)}', "'q'");
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), (values) => {
        expect(splitValues(values.join(','), '--set')).toEqual(values);
      }),
    );
  });
});

describe('a plan', () => {
  const keys = readSweptKeys(['potential.parameters.h=0,0.1', 'particles=1e4', 'time.step=0.01,0.02,0.04']);
  const plan = planSweep({ name: 'test', keys, seeds: [5, 6] });

  it('is the product of all values and seeds', () => {
    expect(plan.runs).toHaveLength(12);
    expect(plan.keys.map(({ path }) => path)).toEqual(['potential.parameters.h', 'time.step']);
    expect(plan.points).toHaveLength(6);
    expect(plan.points[1]).toEqual(['0', '0.02']);
    expect(plan.runs[3]).toEqual({
      number: 4,
      folder: '004-h=0-step=0.02-seed=6',
      point: 1,
      seed: 6,
      overrides: ['particles=1e4', 'potential.parameters.h=0', 'time.step=0.02', 'seed=6'],
    });
    expect(new Set(plan.runs.map(({ overrides }) => overrides.join()))).toHaveProperty('size', 12);
  });

  it('has folders that are names, whatever the values', () => {
    const odd = readSweptKeys(['name=../../etc,"a/b\\c",日本,x*y', `description=a,${'z'.repeat(500)}`]);
    for (const { folder } of planSweep({ name: 'odd', keys: odd, seeds: [1] }).runs) {
      expect(folder).toMatch(/^\d{3}-[^/\\\s"*]+$/u);
      expect(folder.length).toBeLessThan(70);
    }
  });

  it('may be of seeds alone', () => {
    const { runs, points } = planSweep({ name: 'seeds', keys: [], seeds: [1, 2] });
    expect(points).toEqual([[]]);
    expect(runs.map(({ folder }) => folder)).toEqual(['001-seed=1', '002-seed=2']);
  });

  it('refuses keys given twice or badly', () => {
    expect(() => readSweptKeys(['a=1', 'a=2'])).toThrow('--set a is given twice');
    expect(() => readSweptKeys(['a'])).toThrow('cannot be read');
  });

  it('names columns shortly', () => {
    expect(['potential.parameters.h', 'graph.edges[3]', 'a["b c"]', 'seed'].map(shortName)).toEqual([
      'h',
      '3',
      'b c',
      'seed',
    ]);
  });
});

describe('cores', () => {
  it.each([
    [
      { runs: 10, cores: 4, anyLarge: false },
      { jobs: 4, workers: 1 },
    ],
    [
      { runs: 3, cores: 8, anyLarge: false },
      { jobs: 3, workers: 2 },
    ],
    [
      { runs: 10, cores: 8, anyLarge: true },
      { jobs: 1, workers: 8 },
    ],
    [
      { runs: 10, cores: 8, anyLarge: true, wanted: 2 },
      { jobs: 2, workers: 4 },
    ],
    [
      { runs: 10, cores: 2, anyLarge: false, wanted: 5 },
      { jobs: 5, workers: 1 },
    ],
    [
      { runs: 0, cores: 2, anyLarge: false },
      { jobs: 1, workers: 2 },
    ],
  ])('are shared: %o', ({ runs, cores, anyLarge, ...rest }, expected) => {
    expect(planJobs(runs, cores, anyLarge, (rest as { wanted?: number }).wanted)).toEqual(expected);
  });

  it('go to one run at a time where runs are large', () => {
    const sized = (changes: object): boolean =>
      isLarge(
        buildModel(parseConfig(JSON.stringify({ ...wells, ...changes })), { skipPreflight: true }).model,
      );
    expect(sized({})).toBe(false);
    expect(sized({ particles: 8_000_000 })).toBe(false);
    expect(sized({ particles: 9_000_000 })).toBe(true);
    expect(sized({ representation: 'grid', grid: { cells: 64 } })).toBe(false);
    expect(sized({ representation: 'grid', grid: { cells: 1024 } })).toBe(true);
  });
});
