// Parquet and CSV of a run that is plain data. Parquet is read back with hyparquet; that other readers know it, too, is
// test/integration/export.test.ts.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeCsv } from '../../src/export/csv.js';
import { writeParquet } from '../../src/export/parquet.js';
import {
  energies,
  exportData,
  gridData,
  kineticData,
  never,
  nodeNames,
  observations,
  secondOrderData,
  snapshots,
  useScratch,
} from './data.js';

const scratch = useScratch();
beforeEach(() => {
  mkdirSync(scratch('out'));
});

type Row = Readonly<Record<string, unknown>>;
const rows = async (name: string): Promise<Row[]> =>
  parquetReadObjects({ file: await asyncBufferFromFile(scratch('out', `${name}.parquet`)) });

describe('Parquet', () => {
  it('has a row per observation, with null where there is no number', async () => {
    await writeParquet(exportData(), scratch('out'), never);
    const expected = observations.map((o) => ({
      step: BigInt(o.step),
      time: o.time,
      temperature: 1,
      potential_energy: o.potentialEnergy,
      potential_energy_se: 0.01,
      mixing_energy: null,
    }));
    expect(
      (await rows('observables')).map((row) => ({ ...row, mixing_energy: row['mixing_energy'] ?? null })),
    ).toEqual(expected);
    expect((await rows('energies'))[1]).toMatchObject({
      step: 10n,
      energy: energies[1].energy,
      method: 'knn',
    });
  });

  it('has a long table over nodes', async () => {
    await writeParquet(exportData(), scratch('out'), never);
    const table = await rows('nodes');
    expect(table).toHaveLength(9);
    expect(table.map((row) => row['node'])).toEqual([...nodeNames, ...nodeNames, ...nodeNames]);
    expect(table[4]).toMatchObject({
      ...{ step: 10n, time: 0.1, node_index: 1, mass: 0.26, mass_se: 0.02, count: 26 },
      ...{ mean_x: 2, mean_time: 3, mean_time_se: 0.2, var_x: 3, var_time_se: 0.5, cov_x_time: 0.75 },
    });
    expect(table[5]['mean_x'] ?? null).toBe(null);
    expect(await rows('node_energies')).toHaveLength(6);
  });

  it('has jumps by the names of nodes, only those that were', async () => {
    await writeParquet(exportData(), scratch('out'), never);
    expect(await rows('jumps')).toEqual(
      [1, 2].flatMap((t) =>
        [
          ['left', 'a, "b"', t],
          ['a, "b"', 'größer', 2 * t],
        ].map(([from, to, jumps]) => ({
          step: BigInt([0, 10, 25][t]),
          time: [0, 0.1, 0.25][t],
          from,
          to,
          jumps,
        })),
      ),
    );
  });

  it('has particles in the precision of the run', async () => {
    await writeParquet(exportData(), scratch('out'), never);
    const table = await rows('particles');
    expect(table[7]).toEqual({
      ...{ step: 20n, time: 0.2, node: nodeNames[1], node_index: 1 },
      ...{ x: snapshots[1].x[6], coordinate_time: 20 },
    });
    const { schema } = await parquetMetadataAsync(
      await asyncBufferFromFile(scratch('out/particles.parquet')),
    );
    expect(schema.slice(1).map(({ type, repetition_type }) => [type, repetition_type])).toEqual(
      ['INT64', 'DOUBLE', 'BYTE_ARRAY', 'INT32', 'FLOAT', 'FLOAT'].map((type) => [type, 'REQUIRED']),
    );
  });

  it('has velocities, and phi', async () => {
    await writeParquet(kineticData(), scratch('out'), never);
    const w = 2 * snapshots[1].x[6];
    expect((await rows('particles'))[7]).toMatchObject({
      coordinate_time: 20,
      w_x: w,
      w_coordinate_time: 40,
    });
    rmSync(scratch('out'), { recursive: true });
    mkdirSync(scratch('out'));
    await writeParquet(secondOrderData(), scratch('out'), never);
    expect((await rows('densities'))[34]).toMatchObject({ density: 116, phi: -116 });
  });

  it('says in each file what it is of', async () => {
    await writeParquet(gridData(), scratch('out'), never);
    for (const name of readdirSync(scratch('out'))) {
      const metadata = await parquetMetadataAsync(await asyncBufferFromFile(scratch('out', name)));
      const texts = Object.fromEntries(
        (metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value]),
      );
      expect(texts).toMatchObject({
        'wasserwerk.table': name.replace('.parquet', ''),
        'wasserwerk.seed': '7',
        'wasserwerk.config': 'name: three nodes\n# größer\n',
      });
      expect(metadata.created_by).toBe('wasserwerk 0.1.0');
    }
    expect((await rows('densities'))[34]).toEqual({
      ...{ step: 20n, time: 0.2, node: nodeNames[2], node_index: 2 },
      ...{ x: 0.75, coordinate_time: 0, density: 116 },
    });
  });
});

describe('CSV', () => {
  const read = (name: string): Row[] =>
    parse<Row>(readFileSync(scratch('out', name)), { columns: true, cast: true });

  it('has particles with the names of their nodes, quoted where they must be', async () => {
    await writeCsv(exportData(), scratch('out'), never);
    const table = read('particles.csv');
    expect(table).toHaveLength(8);
    expect(table[1]).toEqual({
      ...{ step: 0, time: 0, node: 'a, "b"' },
      ...{ x: snapshots[0].x[2], coordinate_time: snapshots[0].x[3] },
    });
  });

  it('has densities with the centres of cells', async () => {
    await writeCsv(gridData(), scratch('out'), never);
    expect(read('densities.csv')[34]).toEqual({
      ...{ step: 20, time: 0.2, node: nodeNames[2], x: 0.75, coordinate_time: 0, density: 116 },
    });
  });

  it('has velocities, and phi', async () => {
    await writeCsv(kineticData(), scratch('out'), never);
    const [x, time] = snapshots[0].x.slice(2);
    expect(read('particles.csv')[1]).toMatchObject({ x, w_x: 2 * x, w_coordinate_time: 2 * time });
    mkdirSync(scratch('grid'));
    await writeCsv(secondOrderData(), scratch('grid'), never);
    expect(readFileSync(scratch('grid/densities.csv'), 'utf8').split('\n')[35]).toMatch(/,116,-116$/u);
  });

  it.each([
    ['a whole table', 'a,b\n1,2\n', 'a,b\n1,2\n'],
    ['a line that is just being written', 'a,b\n1,2\n3,', 'a,b\n1,2\n'],
    ['a last line longer than a piece', `a\n${'x'.repeat(200_000)}`, 'a\n'],
    ['nothing', '', ''],
  ])('copies tables as far as lines are whole: %s', async (_name, before, after) => {
    writeFileSync(scratch('jumps.csv'), before);
    await writeCsv(exportData({ tables: { csv: [scratch('jumps.csv')] } }), scratch('out'), never);
    expect(readFileSync(scratch('out/jumps.csv'), 'utf8')).toBe(after);
  });
});
