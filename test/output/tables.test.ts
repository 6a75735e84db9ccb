import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import {
  ObservableTables,
  parseTableLengths,
  readObservations,
  tableFiles,
  tableNotes,
  type ObservationRecord,
  type TableLayout,
} from '../../src/output/mod.js';
import { ringLayout, sampleObservation, trouble, useScratch } from './scratch.js';

const scratch = useScratch();
const layout = ringLayout(['left', 'a "b", c', 'total'], ['x', 'y']);

async function collect(folder: string): Promise<ObservationRecord[]> {
  const records: ObservationRecord[] = [];
  for await (const record of readObservations(folder)) records.push(record);
  return records;
}

async function csv(file: string): Promise<Record<string, string>[]> {
  return parse(await readFile(join(scratch(), file)), { columns: true });
}

async function write(tables: TableLayout, ...steps: number[]): Promise<void> {
  const open = await ObservableTables.create(scratch(), tables);
  for (const step of steps) await open.append(sampleObservation(tables, step));
  await open.close();
}

function texts(): Promise<string[]> {
  return Promise.all(tableFiles.map((file) => readFile(join(scratch(), file), 'utf8')));
}

describe('ObservableTables', () => {
  it('gives back through JSON every number it was given', async () => {
    await write(layout, 0, 100);
    const records = await collect(scratch());
    expect(records.map(({ step }) => step)).toEqual([0, 100]);
    const [, { covariance, ...record }] = records;
    const given = sampleObservation(layout, 100);
    expect(covariance?.flat(2)).toEqual([...given.covariance]);
    expect(record.variance).toEqual(covariance?.map((matrix) => matrix.map((row, i) => row[i])));
    expect(record.mean.flat()).toEqual([...given.mean]);
    expect(record).toMatchObject({
      time: 1,
      temperature: 1,
      mass: [...given.mass],
      count: [10, 11, 12],
      potentialEnergy: 1.5,
      potentialEnergyError: 0.25,
      mixingEnergy: -0.75,
      jumps: [0, 1, 2, 3, 4, 5],
    });
    expect(record.meanError[1]).toEqual([...given.meanError.subarray(2, 4)]);
  });

  it('writes a tidy CSV that a strict reader takes', async () => {
    await write(layout, 100);
    const rows = await csv('observables.csv');
    expect(Object.keys(rows[0]).join()).toBe(
      'step,time,node,count,mass,mass_se,mean_x,mean_x_se,var_x,var_x_se,mean_y,mean_y_se,var_y,var_y_se,cov_x_y,' +
        'potential,potential_se,temperature,mixing_energy',
    );
    expect(rows.map(({ node }) => node)).toEqual(['left', 'a "b", c', 'total', '(total)']);
    const given = sampleObservation(layout, 100);
    expect(Number(rows[1]['mean_y'])).toBe(given.mean[3]);
    expect(Number(rows[1]['var_y'])).toBe(given.covariance[4 + 3]);
    expect(Number(rows[1]['cov_x_y'])).toBe(given.covariance[4 + 1]);
    expect(Number(rows[1]['var_x_se'])).toBe(given.varianceError[2]);
    expect(rows[1]['mixing_energy']).toBe('');
    expect(rows[3]).toMatchObject({ count: '33', mass: '1', mean_x: '', cov_x_y: '', potential: '1.5' });
    expect(rows[3]).toMatchObject({ potential_se: '0.25', mixing_energy: '-0.75' });
    expect(tableNotes(layout).join()).toMatch(/row of totals \(total\)/u);
  });

  it('has kinetic energies where particles have velocities', async () => {
    const kinetic = { ...layout, hasVelocities: true };
    await write(kinetic, 100);
    const rows = await csv('observables.csv');
    expect(Object.keys(rows[0]).join()).toMatch(
      /,potential,potential_se,kinetic,kinetic_se,temperature,mixing_energy$/u,
    );
    expect(rows[1]).toMatchObject({ kinetic: '801.1', kinetic_se: '901.1', temperature: '1' });
    expect(rows[3]).toMatchObject({ kinetic: '2.5', kinetic_se: '0.125', mixing_energy: '-0.75' });
    const [record] = await collect(scratch());
    expect(record).toMatchObject({
      kinetic: [800.1, 801.1, 802.1],
      kineticError: [900.1, 901.1, 902.1],
      kineticEnergy: 2.5,
      kineticEnergyError: 0.125,
    });
  });

  it('refuses an observation without kinetic energies where they belong', async () => {
    const open = await ObservableTables.create(scratch(), { ...layout, hasVelocities: true });
    expect(await trouble(open.append(sampleObservation(layout, 0)))).toMatchObject({
      code: 'invalid-observation',
    });
    await open.close();
  });

  it('writes jumps of the edges that have any', async () => {
    await write(layout, 100);
    const rows = await csv('jumps.csv');
    expect(rows).toHaveLength(5);
    expect(rows[0]).toEqual({ step: '100', time: '1', from: 'left', to: 'total', jumps: '1' });
    expect(rows[4]).toMatchObject({ from: 'total', to: 'a "b", c', jumps: '5' });
  });

  it('writes what is no number as null and as an empty cell', async () => {
    const tables = await ObservableTables.create(scratch(), layout);
    const given = sampleObservation(layout, 1);
    given.mean[0] = Number.NaN;
    await tables.append({ ...given, potentialEnergyError: Infinity });
    await tables.close();
    const [record] = await collect(scratch());
    expect([record.mean[0][0], record.potentialEnergyError]).toEqual([null, null]);
    expect((await csv('observables.csv'))[0]['mean_x']).toBe('');
  });

  it('leaves out what would be too much, says so, and keeps the sum of the jumps', async () => {
    const names = Array.from({ length: 6000 }, (_, g) => `n${g}`);
    const large = ringLayout(names, ['x', 'y', 'z']);
    await write(large, 7);
    const [record] = await collect(scratch());
    expect([record.covariance, record.jumps]).toEqual([undefined, undefined]);
    expect(record.variance).toHaveLength(6000);
    const rows = await csv('jumps.csv');
    expect(rows).toHaveLength(1001);
    expect(rows.reduce((sum, { jumps }) => sum + Number(jumps), 0)).toBe((12_000 * 11_999) / 2);
    expect(rows[1000]).toMatchObject({ from: '', to: '' });
    expect(await csv('observables.csv')).toHaveLength(6001);
    expect(tableNotes(large)).toHaveLength(2);
    const wide = ringLayout(
      ['a', 'b'],
      Array.from({ length: 11 }, (_, i) => `x${i}`),
    );
    expect(tableNotes(wide).join()).toMatch(/holds no covariances/u);
  });

  it('ends up the same after a kill, a trim and going on as without', async () => {
    await write(layout, 0, 10, 20, 30);
    const undisturbed = await texts();

    let tables = await ObservableTables.create(scratch(), layout);
    await tables.append(sampleObservation(layout, 0));
    await tables.append(sampleObservation(layout, 10));
    const lengths = parseTableLengths(JSON.parse(JSON.stringify(await tables.lengths())));
    await tables.append(sampleObservation(layout, 20));
    await tables.close();
    await appendFile(join(scratch(), 'observables.jsonl'), '{"step":30,"ti');
    await appendFile(join(scratch(), 'observables.csv'), '30,0.3,"a');
    expect((await collect(scratch())).map(({ step }) => step)).toEqual([0, 10, 20]);

    await ObservableTables.trim(scratch(), lengths);
    tables = await ObservableTables.open(scratch(), layout);
    await tables.append(sampleObservation(layout, 20));
    await tables.append(sampleObservation(layout, 30));
    await tables.close();
    expect(await texts()).toEqual(undisturbed);
  });

  it('begins anew from lengths of zero', async () => {
    await write(layout, 0);
    const fresh = await texts();
    await write(layout, 0, 10);
    await ObservableTables.trim(scratch(), { 'observables.jsonl': 0, 'observables.csv': 0, 'jumps.csv': 0 });
    const tables = await ObservableTables.open(scratch(), layout);
    await tables.append(sampleObservation(layout, 0));
    await tables.close();
    expect(await texts()).toEqual(fresh);
  });

  it('refuses to go back in time, and observations of another model', async () => {
    const tables = await ObservableTables.create(scratch(), layout);
    await tables.append(sampleObservation(layout, 10));
    expect((await trouble(tables.append(sampleObservation(layout, 10)))).code).toBe('invalid-observation');
    const other = ringLayout(['a', 'b'], ['x', 'y']);
    const error = await trouble(tables.append(sampleObservation(other, 20)));
    expect(error.message).toMatch(/step 20 has 2 numbers for count, not 3/u);
    await tables.close();
    expect((await trouble(ObservableTables.open(scratch(), ringLayout(['a'], ['z'])))).code).toBe(
      'corrupt-table',
    );
  });

  it('refuses to trim to more than there is', async () => {
    await write(layout, 0);
    const lengths = { 'observables.jsonl': 0, 'observables.csv': 1_000_000, 'jumps.csv': 0 };
    expect((await trouble(ObservableTables.trim(scratch(), lengths))).code).toBe('corrupt-table');
  });

  it.each([
    undefined,
    null,
    [],
    { 'jumps.csv': 3 },
    { 'observables.jsonl': -1, 'observables.csv': 0, 'jumps.csv': 0 },
  ])('takes %o for no lengths', (value) => {
    expect(() => parseTableLengths(value)).toThrow(/expected the lengths of/u);
  });
});

describe('readObservations', () => {
  it('leaves out a last line cut anywhere, and tells of a broken line within', async () => {
    await write(layout, 0, 10);
    const path = join(scratch(), 'observables.jsonl');
    const text = await readFile(path, 'utf8');
    const first = text.indexOf('\n') + 1;
    for (let length = first; length < text.length; length += 97) {
      await writeFile(path, text);
      await truncate(path, length);
      const steps = (await collect(scratch())).map(({ step }) => step);
      expect(steps).toEqual(length >= text.length - 1 ? [0, 10] : [0]);
    }
    await writeFile(path, text.replace('"step":0', '"step":"0"'));
    expect((await trouble(collect(scratch()))).message).toMatch(
      /line 1 of .*observables\.jsonl is no observation/u,
    );
  });

  it('tells that there is no table', async () => {
    expect((await trouble(collect(scratch()))).code).toBe('not-found');
  });
});
