import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import * as zarr from 'zarrita';
import { FolderStore, SnapshotWriter, type Snapshot, type SnapshotLayout } from '../../src/output/mod.js';
import { encodeDocument, groupDocument } from '../../src/output/snapshot-metadata.js';
import { trouble, useScratch } from './scratch.js';

const scratch = useScratch();
const layout: SnapshotLayout = {
  particles: 5,
  coordinateNames: ['x', 'y'],
  nodeNames: ['left', 'right'],
  precision: 'f32',
  hasVelocities: false,
};
let folder = '';
beforeEach(() => (folder = join(scratch(), 'snapshots.zarr')));

function sample(step: number, { particles, coordinateNames, precision }: SnapshotLayout = layout): Snapshot {
  const x = new (precision === 'f32' ? Float32Array : Float64Array)(particles * coordinateNames.length);
  for (let i = 0; i < x.length; i++) x[i] = step + i / 16;
  return {
    step,
    time: step / 8,
    x,
    node: Int32Array.from({ length: particles }, (_, i) => (step + i) % 2),
  };
}

/** An array as a reader sees it. */
async function read(name: string, consolidated = true): Promise<{ shape: number[]; data: number[] }> {
  const files = new FolderStore(folder);
  const store = consolidated ? await zarr.withConsolidatedMetadata(files, { format: 'v3' }) : files;
  const array = await zarr.open.v3(zarr.root(store).resolve(name), { kind: 'array' });
  // zarrita cannot read what is empty.
  if (array.shape[0] === 0) return { shape: array.shape, data: [] };
  const { data, shape } = await zarr.get(array);
  return { shape, data: Array.from(data as Float64Array) };
}

async function expectSnapshots(steps: readonly number[], of: SnapshotLayout = layout): Promise<void> {
  const expected = steps.map((step) => sample(step, of));
  const d = of.coordinateNames.length;
  for (const consolidated of [true, false]) {
    expect(await read('step', consolidated)).toEqual({ shape: [steps.length], data: steps });
    expect((await read('time', consolidated)).data).toEqual(expected.map(({ time }) => time));
    const x = await read('x', consolidated);
    expect(x.shape).toEqual([steps.length, of.particles, d]);
    expect(x.data).toEqual(expected.flatMap((snapshot) => [...snapshot.x]));
    expect((await read('node', consolidated)).data).toEqual(expected.flatMap(({ node }) => [...node]));
  }
}

async function write(...steps: number[]): Promise<SnapshotWriter> {
  const writer = await SnapshotWriter.create(scratch(), layout);
  for (const step of steps) await writer.append(sample(step));
  return writer;
}

/** All files below the group, as text in Latin-1. */
async function content(): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.sort().map(async (file) => [file, await readFile(file, 'latin1')] as const)),
  );
}

describe('SnapshotWriter', () => {
  it('writes what a Zarr reader reads, from none to many', async () => {
    const writer = await write();
    await expectSnapshots([]);
    await writer.append(sample(0));
    await expectSnapshots([0]);
    await writer.append(sample(100));
    await writer.append(sample(200));
    expect(writer.count).toBe(3);
    await expectSnapshots([0, 100, 200]);
  });

  it('tells readers what the arrays are', async () => {
    await write(0);
    const group = await zarr.open.v3(new FolderStore(folder), { kind: 'group' });
    expect(group.attrs).toMatchObject({
      coordinate_names: ['x', 'y'],
      node_names: ['left', 'right'],
      units: 'dimensionless',
    });
    expect(group.attrs['description']).toMatch(/systematic subsample.*not trajectories/u);
    const x = await zarr.open.v3(group.resolve('x'), { kind: 'array' });
    expect(x.dimensionNames).toEqual(['snapshot', 'particle', 'coordinate']);
    expect(x.attrs['coordinates']).toBe('step time');
    expect(x.dtype).toBe('float32');
  });

  it('writes chunk files that hold a snapshot as plain little-endian numbers', async () => {
    await write(0, 3);
    const bytes = await readFile(join(folder, 'x/c/1/0/0'));
    expect(bytes.length).toBe(4 * 10);
    expect(bytes.readFloatLE(4)).toBe(3 + 1 / 16);
  });

  it('cuts large snapshots into equal chunks', async () => {
    const large: SnapshotLayout = { ...layout, particles: 300_001, coordinateNames: ['x'], precision: 'f64' };
    const writer = await SnapshotWriter.create(scratch(), large);
    await writer.append(sample(1, large));
    expect(await readdir(join(folder, 'x/c/0'))).toEqual(['0', '1']);
    await expectSnapshots([1], large);
  });

  it('begins a new chunk of step and time when one is full', async () => {
    await SnapshotWriter.create(scratch(), layout);
    // As if there were 1023 snapshots: chunks that were never written read as missing.
    await writeFile(join(folder, 'zarr.json'), encodeDocument(groupDocument(layout, 1023)));
    const writer = await SnapshotWriter.open(scratch());
    for (const step of [1, 2, 3]) await writer.append(sample(step));
    expect(await readdir(join(folder, 'step/c'))).toEqual(['0', '1']);
    const { shape, data } = await read('step');
    expect([shape, data[1022], ...data.slice(1023)]).toEqual([[1026], Number.NaN, 1, 2, 3]);
  });

  it('trims, and goes on to the same bytes as without', async () => {
    await write(0, 1, 2, 3);
    const undisturbed = await content();
    let writer = await write(0, 1, 7, 8);
    await writer.trimTo(2);
    await expectSnapshots([0, 1]);
    expect(await readdir(join(folder, 'x/c'))).toEqual(['0', '1']);
    writer = await SnapshotWriter.open(scratch());
    expect([writer.count, writer.layout]).toEqual([2, layout]);
    await writer.append(sample(2));
    await writer.append(sample(3));
    expect(await content()).toEqual(undisturbed);
    expect((await trouble(writer.trimTo(5))).message).toMatch(/holds 4 snapshots.*stands for 5/u);
  });

  it('is whole for readers whatever write of an append was the last', async () => {
    await write(0, 1);
    const before = await content();
    await write(0, 1, 2);
    const after = await content();
    // In the order in which they were written: chunks, documents of the arrays, the group's document.
    const order = (path: string): number =>
      path.includes('/c/') ? 0 : path === join(folder, 'zarr.json') ? 2 : 1;
    const changed = Object.keys(after)
      .filter((path) => after[path] !== before[path])
      .sort((a, b) => order(a) - order(b));
    expect(changed.length).toBe(9);
    // The append above did write them in this order.
    const times = await Promise.all(
      changed.map(async (path) => (await stat(path, { bigint: true })).ctimeNs),
    );
    const latest = times.map((_, i) =>
      times.slice(0, i).filter((_, k) => order(changed[k]) < order(changed[i])),
    );
    expect(latest.every((earlier, i) => earlier.every((time) => time <= times[i]))).toBe(true);
    for (let writes = 0; writes < changed.length; writes++) {
      await rm(folder, { recursive: true });
      const files = {
        ...before,
        ...Object.fromEntries(changed.slice(0, writes).map((path) => [path, after[path]])),
      };
      for (const [path, text] of Object.entries(files)) {
        await mkdir(join(path, '..'), { recursive: true });
        await writeFile(path, text, 'latin1');
      }
      await writeFile(join(folder, 'x', '.tmp-zarr.json-1-1'), 'half');
      expect((await read('x')).shape[0]).toBe(2);
      expect((await read('node')).data).toEqual([0, 1].flatMap((step) => [...sample(step).node]));
      const writer = await SnapshotWriter.open(scratch());
      expect(await readdir(join(folder, 'x'))).toEqual(['c', 'zarr.json']);
      await expectSnapshots([0, 1]);
      await writer.append(sample(2));
      expect(await content()).toEqual(after);
    }
  });

  it('loses what was there when it is created anew', async () => {
    await write(5, 6);
    await write(0);
    await expectSnapshots([0]);
  });

  it('refuses arrays of another layout', async () => {
    const writer = await write();
    const good = sample(0);
    const bad = [
      { ...good, x: Float64Array.from(good.x) },
      { ...good, x: good.x.subarray(1) },
      { ...good, node: new Int32Array(4) },
    ];
    for (const snapshot of bad)
      expect((await trouble(writer.append(snapshot))).code).toBe('invalid-snapshot');
    await expect(SnapshotWriter.create(scratch(), { ...layout, particles: 0 })).rejects.toThrow(RangeError);
  });

  it('refuses to open what is not its own', async () => {
    expect((await trouble(SnapshotWriter.open(scratch()))).code).toBe('corrupt-snapshots');
    await mkdir(folder);
    for (const text of ['', '[]', '{"zarr_format":3,"node_type":"group","attributes":{}}']) {
      await writeFile(join(folder, 'zarr.json'), text);
      expect((await trouble(SnapshotWriter.open(scratch()))).message).toMatch(/not this program's/u);
    }
  });
});

describe('FolderStore', () => {
  it('reads parts and stays in its folder', async () => {
    const store = new FolderStore(folder);
    await store.set('/a/b', new Uint8Array([1, 2, 3, 4]));
    expect(await store.getRange('/a/b', { offset: 1, length: 2 })).toEqual(new Uint8Array([2, 3]));
    expect(await store.getRange('/a/b', { suffixLength: 3 })).toEqual(new Uint8Array([2, 3, 4]));
    expect(await store.getRange('/a/b', { offset: 3, length: 9 })).toEqual(new Uint8Array([4]));
    expect([await store.get('/a/c'), await store.getRange('/c', { offset: 0, length: 1 })]).toEqual([
      undefined,
      undefined,
    ]);
    await expect(store.set('/../b', new Uint8Array(1))).rejects.toThrow(RangeError);
  });
});
