import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { EnergyRecord } from '../../src/estimate/mod.js';
import {
  EnergyTables,
  energyFiles,
  parseEnergyLengths,
  readEnergy,
  type EnergyRecordJson,
} from '../../src/output/mod.js';
import { ringLayout, trouble, useScratch } from './scratch.js';

const scratch = useScratch();
const layout = ringLayout(['left', 'a "b", c', 'total'], ['x']);

function record(step: number): EnergyRecord {
  return {
    step,
    time: step / 8,
    temperature: 0.5,
    method: 'knn',
    entropy: Float64Array.of(step + 0.1, NaN, 3),
    entropyError: Float64Array.of(0.01, NaN, 0.03),
    entropyBias: Float64Array.of(-0.001, 0, 0.002),
    nodeEnergy: Float64Array.of(1, 0, -1),
    nodeEnergyError: Float64Array.of(0.1, 0, 0.2),
    energy: -0.25,
    energyError: 0.125,
    energyBias: 0.0625,
    relativeEntropy: NaN,
    relativeEntropyError: NaN,
    dissipation: Infinity,
    dissipationError: 0.5,
    dissipationTransport: 0.75,
    dissipationReaction: Infinity,
    balance: 1 / 3,
    balanceError: 2 / 3,
  };
}

async function collect(): Promise<EnergyRecordJson[]> {
  const records: EnergyRecordJson[] = [];
  for await (const found of readEnergy(scratch())) records.push(found);
  return records;
}

async function write(...steps: number[]): Promise<void> {
  const tables = await EnergyTables.create(scratch(), layout);
  for (const step of steps) await tables.append(record(step));
  await tables.close();
}

const texts = (): Promise<string[]> =>
  Promise.all(energyFiles.map((file) => readFile(join(scratch(), file), 'utf8')));

describe('EnergyTables', () => {
  it('gives back through JSON every number it was given, and null for what is none', async () => {
    await write(0, 8);
    const records = await collect();
    expect(records.map(({ step }) => step)).toEqual([0, 8]);
    expect(records[1]).toEqual({
      ...record(8),
      entropy: [8.1, null, 3],
      entropyError: [0.01, null, 0.03],
      entropyBias: [-0.001, 0, 0.002],
      nodeEnergy: [1, 0, -1],
      nodeEnergyError: [0.1, 0, 0.2],
      relativeEntropy: null,
      relativeEntropyError: null,
      dissipation: null,
      dissipationReaction: null,
    });
  });

  it('has a row per node and one of totals, with the columns that were agreed upon', async () => {
    await write(0, 8);
    const rows: Record<string, string>[] = parse(await readFile(join(scratch(), 'energy.csv'), 'utf8'), {
      columns: true,
    });
    expect(Object.keys(rows[0]).join()).toBe(
      'step,time,node,entropy,entropy_se,entropy_bias,energy,energy_se,relative_entropy,relative_entropy_se,' +
        'dissipation,dissipation_se,dissipation_transport,dissipation_reaction,balance,balance_se,kinetic,hamiltonian,residual,temperature,method',
    );
    expect(rows.map((row) => row['node'])).toEqual([
      ...layout.nodeNames,
      '(total)',
      ...layout.nodeNames,
      '(total)',
    ]);
    expect(rows[4]).toMatchObject({
      step: '8',
      time: '1',
      entropy: '8.1',
      entropy_bias: '-0.001',
      energy: '1',
    });
    expect(rows[4]['dissipation']).toBe('');
    expect(rows[7]).toMatchObject({
      ...{ entropy: '', energy: '-0.25', energy_se: '0.125', relative_entropy: '', dissipation: '' },
      ...{
        dissipation_se: '0.5',
        dissipation_transport: '0.75',
        balance: String(1 / 3),
        balance_se: String(2 / 3),
        kinetic: '',
        hamiltonian: '',
        residual: '',
      },
      ...{ temperature: '0.5', method: 'knn' },
    });
  });

  it('goes on after a trim as if what was cut had never been', async () => {
    await write(0, 8, 16);
    const expected = await texts();
    const first = await EnergyTables.create(scratch(), layout);
    await first.append(record(0));
    const lengths = parseEnergyLengths(JSON.parse(JSON.stringify(await first.lengths())));
    await first.append(record(9));
    await first.close();
    await appendFile(join(scratch(), 'energy.jsonl'), '{"half a li');
    await EnergyTables.trim(scratch(), lengths);
    const second = await EnergyTables.open(scratch(), layout);
    for (const step of [8, 16]) await second.append(record(step));
    await second.close();
    expect(await texts()).toEqual(expected);
  });

  it('refuses what does not belong to it', async () => {
    const tables = await EnergyTables.create(scratch(), layout);
    await tables.append(record(8));
    expect(await trouble(tables.append(record(8)))).toMatchObject({ code: 'invalid-observation' });
    const short = { ...record(9), entropyBias: new Float64Array(2) };
    expect((await trouble(tables.append(short))).message).toContain('2 numbers for entropyBias, not 3');
    await tables.close();
    await appendFile(join(scratch(), 'energy.jsonl'), '{"step": 9}\n{"step": 10}\n');
    expect(await trouble(collect())).toMatchObject({ code: 'corrupt-table' });
    for (const wrong of [undefined, {}, { 'energy.jsonl': 1 }, { 'energy.jsonl': 1, 'energy.csv': -1 }]) {
      expect(() => parseEnergyLengths(wrong)).toThrow(/lengths of energy.jsonl, energy.csv/u);
    }
  });

  it('is not there in a run that estimates none', async () => {
    expect(await collect()).toEqual([]);
  });
});
