import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import {
  meanOf,
  MOST_NODES,
  planSweep,
  pointsCsv,
  pointsOf,
  runsCsv,
  type SweepRecord,
} from '../../src/sweep/mod.js';

const plan = planSweep({ name: 'p', keys: [{ path: 'a.h', values: ['0', 'min(x,1)'] }], seeds: [1, 2] });
const finished = (number: number, mass: number): SweepRecord => ({
  number,
  status: 'finished',
  step: 10,
  time: 1,
  seconds: number,
  nodeNames: ['left', 'right, too'],
  mass: [
    { value: mass, error: 0.1 },
    { value: 1 - mass, error: 0.1 },
  ],
  potentialEnergy: { value: 2 * mass, error: 0.01 },
  stateHash: 'abc',
});
const records: SweepRecord[] = [
  finished(1, 0.2),
  finished(2, 0.4),
  finished(3, 0.5),
  { number: 4, status: 'failed', error: { code: 'not-finite', message: 'it is not' } },
];

describe('a mean over seeds', () => {
  it('has the standard error of the scatter', () => {
    const numbers = [1, 2, 4];
    const { value, error } = meanOf(numbers.map((n) => ({ value: n, error: 9 })));
    expect(value).toBeCloseTo(7 / 3, 12);
    expect(error).toBeCloseTo(Math.sqrt(7 / 9), 12);
  });

  it('of one is the one with its own error, of none or unknown ones is not known', () => {
    expect(meanOf([{ value: 3, error: 0.5 }])).toEqual({ value: 3, error: 0.5 });
    expect(meanOf([])).toEqual({ value: null, error: null });
    expect(meanOf([{ value: 3, error: 0.5 }, undefined])).toEqual({ value: null, error: null });
    expect(meanOf([{ value: null, error: null }])).toEqual({ value: null, error: null });
  });
});

it('points have their finished seeds only', () => {
  const [first, second] = pointsOf(plan, records);
  expect(first).toMatchObject({ values: ['0'], finished: 2, seeds: 2, seconds: 1.5 });
  expect(first.mass[0].value).toBeCloseTo(0.3, 12);
  expect(first.mass[0].error).toBeCloseTo(0.1, 12);
  expect(second).toMatchObject({
    finished: 1,
    mass: [
      { value: 0.5, error: 0.1 },
      { value: 0.5, error: 0.1 },
    ],
  });
  expect(second.energy).toEqual({ value: null, error: null });
});

describe('tables', () => {
  const read = (text: string): Record<string, string>[] => parse(text, { columns: true });

  it('of runs have all of them', () => {
    const rows = read(runsCsv(plan, records));
    expect(rows).toHaveLength(4);
    expect(rows[2]).toMatchObject({ run: '3', 'a.h': 'min(x,1)', seed: '1', 'mass right, too': '0.5' });
    expect(rows[3]).toMatchObject({ status: 'failed', error: 'not-finite', 'mass left': '', E: '' });
  });

  it('of points have means', () => {
    const rows = read(pointsCsv(plan, pointsOf(plan, records)));
    expect(rows.map((row) => [row['a.h'], row['finished']])).toEqual([
      ['0', '2'],
      ['min(x,1)', '1'],
    ]);
    expect(Number(rows[0]['mean V'])).toBeCloseTo(0.6, 12);
  });

  it('leave masses of many nodes out', () => {
    const nodeNames = Array.from({ length: MOST_NODES + 1 }, (_, g) => `n${g}`);
    const many = records.map((record) => ({ ...record, nodeNames, mass: [] }));
    expect(runsCsv(plan, many).split('\n')[0]).not.toContain('mass');
  });
});
