// Reading a run back: particles, densities, energies. That what the writers write is right is in their own tests.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  openDensities,
  readEnergy,
  readSnapshots,
  RunFolder,
  SnapshotWriter,
  type SnapshotLayout,
} from '../../src/output/mod.js';
import { writeDensities } from './densities.js';
import { trouble, useScratch } from './scratch.js';

const scratch = useScratch();

describe('readSnapshots', () => {
  const layout: SnapshotLayout = {
    particles: 3,
    coordinateNames: ['x', 'y'],
    nodeNames: ['left', 'right'],
    precision: 'f32',
    hasVelocities: false,
  };
  const snapshot = (step: number) => ({
    step,
    time: step / 8,
    x: Float32Array.from({ length: 6 }, (_, k) => step + k),
    node: Int32Array.of(0, 1, 0),
  });

  it('gives back what was written, a snapshot at a time', async () => {
    const writer = await SnapshotWriter.create(scratch(), layout);
    expect(await readSnapshots(scratch())).toMatchObject({ steps: [], times: [], particles: 3 });
    for (const step of [0, 8, 16]) await writer.append(snapshot(step));
    const series = await readSnapshots(scratch());
    expect(series).toMatchObject({
      ...{ steps: [0, 8, 16], times: [0, 1, 2], particles: 3 },
      ...{ coordinateNames: ['x', 'y'], nodeNames: ['left', 'right'] },
    });
    expect(await series?.read(1)).toEqual(snapshot(8));
    expect(await series?.read(0)).toEqual(snapshot(0));
  });

  it('gives back velocities', async () => {
    const moving = { ...layout, hasVelocities: true };
    const writer = await SnapshotWriter.create(scratch(), moving);
    const both = { ...snapshot(8), w: Float32Array.from({ length: 6 }, (_, k) => -k / 4) };
    await writer.append(both);
    const series = await readSnapshots(scratch());
    expect(series?.hasVelocities).toBe(true);
    expect(await series?.read(0)).toEqual(both);
    expect((await SnapshotWriter.open(scratch())).layout).toEqual(moving);
    expect((await trouble(writer.append(snapshot(9)))).message).toContain(
      'not 3 and 6 in f32 with velocities',
    );
    const still = await SnapshotWriter.create(scratch(), layout);
    expect((await trouble(still.append(both))).code).toBe('invalid-snapshot');
  });

  it('reads f64 and several chunks', async () => {
    const large: SnapshotLayout = { ...layout, particles: 300_001, coordinateNames: ['x'], precision: 'f64' };
    const writer = await SnapshotWriter.create(scratch(), large);
    const x = Float64Array.from({ length: 300_001 }, (_, k) => k / 3);
    await writer.append({ step: 4, time: 0.5, x, node: new Int32Array(300_001).fill(1) });
    const back = await (await readSnapshots(scratch()))?.read(0);
    expect(back?.x).toEqual(x);
    expect(back?.node.every((g) => g === 1)).toBe(true);
  });

  it('says which snapshot has lost a part', async () => {
    const writer = await SnapshotWriter.create(scratch(), layout);
    for (const step of [0, 8]) await writer.append(snapshot(step));
    await rm(join(scratch(), 'snapshots.zarr/node/c/1'), { recursive: true });
    const series = await readSnapshots(scratch());
    expect(await series?.read(0)).toEqual(snapshot(0));
    const error = await trouble(series?.read(1) ?? Promise.resolve());
    expect([error.code, error.message]).toEqual([
      'corrupt-snapshots',
      expect.stringContaining('a part of snapshot 1'),
    ]);
  });

  it('finds none where there are none, or densities', async () => {
    expect(await readSnapshots(scratch())).toBeUndefined();
    await writeDensities(scratch(), { ...grid, snapshots: [] });
    expect(await readSnapshots(scratch())).toBeUndefined();
  });
});

const grid = {
  coordinateNames: ['x', 'y'],
  nodeNames: ['left', 'right'],
  cells: [2, 3],
  low: [0, -1],
  high: [1, 1],
  periodic: [false, true],
};

describe('openDensities', () => {
  const density = (shift: number) => Float64Array.from({ length: 12 }, (_, k) => shift + k / 16);

  it('gives back nodes and cells in C order', async () => {
    const snapshots = [0, 10].map((step) => ({ step, time: step / 10, density: density(step) }));
    await writeDensities(scratch(), { ...grid, snapshots });
    const series = await openDensities(scratch());
    expect(series).toMatchObject({ steps: [0, 10], times: [0, 1], nodeNames: ['left', 'right'] });
    expect(series?.mesh).toEqual({ cells: [2, 3], low: [0, -1], high: [1, 1], periodic: [false, true] });
    expect(await series?.read(1)).toEqual(density(10));
    expect(await series?.read(0)).toEqual(density(0));
  });

  it('finds none where there are none, or particles', async () => {
    expect(await openDensities(scratch())).toBeUndefined();
    const layout: SnapshotLayout = {
      particles: 1,
      coordinateNames: ['x'],
      nodeNames: ['a'],
      precision: 'f32',
      hasVelocities: false,
    };
    await SnapshotWriter.create(scratch(), layout);
    expect(await openDensities(scratch())).toBeUndefined();
  });

  it('finds an empty series', async () => {
    await writeDensities(scratch(), { ...grid, snapshots: [] });
    expect(await openDensities(scratch())).toMatchObject({ steps: [], times: [] });
  });

  it('refuses documents that do not fit together', async () => {
    await writeDensities(scratch(), { ...grid, snapshots: [] });
    const group = { format: 'wasserwerk-densities', formatVersion: 1, ...grid, cells: [4, 4] };
    await writeFile(
      join(scratch(), 'snapshots.zarr/zarr.json'),
      JSON.stringify({ zarr_format: 3, node_type: 'group', attributes: group }),
    );
    expect((await trouble(openDensities(scratch()))).code).toBe('corrupt-snapshots');
  });
});

describe('readEnergy', () => {
  const record = {
    ...{ step: 10, time: 0.1, temperature: 1, method: 'knn' },
    ...{ entropy: [1, null], entropyError: [0.1, null], entropyBias: [0, 0] },
    ...{ nodeEnergy: [1, 2], nodeEnergyError: [0.1, 0.2], energy: 3, energyError: 0.3, energyBias: 0 },
    ...{ relativeEntropy: null, relativeEntropyError: null, dissipation: 1, dissipationError: 0.1 },
    ...{ dissipationTransport: 0.5, dissipationReaction: 0.5, balance: 0, balanceError: 0.1 },
  };
  const read = async (): Promise<unknown[]> => {
    const found: unknown[] = [];
    for await (const one of readEnergy(scratch())) found.push(one);
    return found;
  };
  const write = (...lines: string[]) => writeFile(join(scratch(), 'energy.jsonl'), lines.join('\n'));

  it('gives nothing where no entropy was estimated', async () => {
    expect(await read()).toEqual([]);
  });

  it('gives records in order, and leaves out a last line that is not whole', async () => {
    const later = { ...record, step: 20 };
    await write(JSON.stringify(record), JSON.stringify(later), '{"step":30,"ti');
    expect(await read()).toEqual([record, later]);
  });

  it.each([
    '{}',
    'null',
    JSON.stringify({ ...record, entropy: ['a'] }),
    JSON.stringify({ ...record, energy: 'x' }),
  ])('refuses a line within that is no record: %s', async (line) => {
    await write(line, JSON.stringify(record));
    expect((await trouble(read())).message).toMatch(/line 1 of .*energy\.jsonl is no energy record/u);
  });
});

describe('RunFolder.discard', () => {
  const start = {
    ...{ wasserwerkVersion: '0', name: 'a', config: {}, configText: '', seed: 1 },
    ...{ nodeNames: ['a'], coordinateNames: ['x'], steps: 1 },
  };

  it('deletes a run, and nothing else', async () => {
    const out = join(scratch(), 'run');
    const folder = await RunFolder.create(start, { out });
    await writeFile(join(out, 'more.txt'), 'more');
    expect((await trouble(RunFolder.discard(out))).code).toBe('locked');
    await folder.close();
    await RunFolder.discard(out);
    expect((await trouble(RunFolder.inspect(out))).code).toBe('not-found');
    await mkdir(out);
    await writeFile(join(out, 'mine.txt'), 'mine');
    expect((await trouble(RunFolder.discard(out))).code).toBe('not-a-run');
  });
});
