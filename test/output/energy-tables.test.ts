import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { EnergyRecord } from '../../src/estimate/mod.js';
import { EnergyTables, parseEnergyLengths } from '../../src/output/mod.js';
import { ringLayout, trouble, useScratch } from './scratch.js';

const scratch = useScratch();
const layout = ringLayout(['a', 'b,c'], ['x']);
const read = (file: string): Promise<string> => readFile(join(scratch(), file), 'utf8');

const record = (step: number): EnergyRecord => ({
  step,
  time: step / 4,
  temperature: 0.5,
  method: 'cells',
  entropy: Float64Array.of(1, 2),
  entropyError: Float64Array.of(0.1, 0.2),
  entropyBias: Float64Array.of(0, NaN),
  nodeEnergy: Float64Array.of(3, 4),
  nodeEnergyError: Float64Array.of(0.3, 0.4),
  energy: 7,
  energyError: 0.5,
  energyBias: 0.25,
  relativeEntropy: NaN,
  relativeEntropyError: NaN,
  dissipation: Infinity,
  dissipationError: 0.6,
  dissipationTransport: 8,
  dissipationReaction: 9,
  balance: -1,
  balanceError: 0.7,
});

it('writes a line of JSON, and a row for each node and the total', async () => {
  const tables = await EnergyTables.create(scratch(), layout);
  await tables.append(record(4));
  await tables.close();
  const line = JSON.parse(await read('energy.jsonl')) as Record<string, unknown>;
  const { entropy, entropyError, nodeEnergy, nodeEnergyError, ...plain } = record(4);
  expect(line).toEqual({
    ...plain,
    ...{ entropy: [...entropy], entropyError: [...entropyError], entropyBias: [0, null] },
    ...{ nodeEnergy: [...nodeEnergy], nodeEnergyError: [...nodeEnergyError] },
    ...{ relativeEntropy: null, relativeEntropyError: null, dissipation: null },
  });
  expect(await read('energy.csv')).toBe(
    'step,time,node,entropy,entropy_se,entropy_bias,energy,energy_se,relative_entropy,relative_entropy_se,dissipation,' +
      'dissipation_se,dissipation_transport,dissipation_reaction,balance,balance_se,temperature,method\n' +
      '4,1,a,1,0.1,0,3,0.3,,,,,,,,,0.5,cells\n' +
      '4,1,"b,c",2,0.2,,4,0.4,,,,,,,,,0.5,cells\n' +
      '4,1,total,,,,7,0.5,,,,0.6,8,9,-1,0.7,0.5,cells\n',
  );
});

it('goes back to recorded lengths, and on from there', async () => {
  const tables = await EnergyTables.create(scratch(), layout);
  await tables.append(record(1));
  const lengths = parseEnergyLengths(JSON.parse(JSON.stringify(await tables.lengths())));
  await tables.append(record(2));
  await tables.close();
  await appendFile(join(scratch(), 'energy.csv'), '3,torn');
  await EnergyTables.trim(scratch(), lengths);
  const again = await EnergyTables.open(scratch(), layout);
  await again.append(record(5));
  await again.close();
  expect((await read('energy.jsonl')).split('\n').map((line) => line.slice(0, 9))).toEqual([
    '{"step":1',
    '{"step":5',
    '',
  ]);
  expect((await read('energy.csv')).split('\n').length).toBe(8);
  const longer = { ...lengths, 'energy.csv': 10_000 };
  expect((await trouble(EnergyTables.trim(scratch(), longer))).code).toBe('corrupt-table');
  expect(() => parseEnergyLengths({ 'energy.csv': -1, 'energy.jsonl': 0 })).toThrow(RangeError);
});
