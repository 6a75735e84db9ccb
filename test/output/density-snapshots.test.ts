import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as zarr from 'zarrita';
import {
  DensitySnapshotWriter,
  FolderStore,
  openDensities,
  secondOrderSeries,
  type DensityLayout,
} from '../../src/output/mod.js';
import { trouble, useScratch } from './scratch.js';

const scratch = useScratch();
const layout: DensityLayout = {
  nodeNames: ['left', 'right', 'middle'],
  coordinateNames: ['x', 'y'],
  cells: [4, 5],
  low: [-1, 0],
  high: [1, 2.5],
  periodic: [false, true],
};

const sample = (step: number): { step: number; time: number; fields: [Float64Array] } => {
  // As in a run: shared by threads.
  const density = new Float64Array(new SharedArrayBuffer(8 * 60));
  density.forEach((_, i) => (density[i] = step + i / 64));
  return { step, time: step / 8, fields: [density] };
};

async function expectSnapshots(steps: readonly number[]): Promise<void> {
  for (const consolidated of [true, false]) {
    const files = new FolderStore(join(scratch(), 'snapshots.zarr'));
    const store = consolidated ? await zarr.withConsolidatedMetadata(files, { format: 'v3' }) : files;
    const read = async (name: string): Promise<[number[], number[]]> => {
      const array = await zarr.open.v3(zarr.root(store).resolve(name), { kind: 'array' });
      return array.shape[0] === 0
        ? [array.shape, []]
        : [array.shape, Array.from((await zarr.get(array)).data as Float64Array)];
    };
    expect(await read('step')).toEqual([[steps.length], steps]);
    expect(await read('time')).toEqual([[steps.length], steps.map((step) => step / 8)]);
    const [shape, data] = await read('density');
    expect(shape).toEqual([steps.length, 3, 4, 5]);
    expect(data).toEqual(steps.flatMap((step) => Array.from(sample(step).fields[0])));
  }
}

describe('densities', () => {
  it('are read as they were written, by any reader of Zarr, at every count', async () => {
    const writer = await DensitySnapshotWriter.create(scratch(), layout);
    await expectSnapshots([]);
    await writer.append(sample(3));
    await expectSnapshots([3]);
    await writer.append(sample(7));
    await expectSnapshots([3, 7]);
    const group = await zarr.open.v3(new FolderStore(join(scratch(), 'snapshots.zarr')), { kind: 'group' });
    expect(group.attrs).toMatchObject({ format: 'wasserwerk-densities', formatVersion: 1, ...layout });
    const density = await zarr.open.v3(group.resolve('density'), { kind: 'array' });
    expect(density.chunks).toEqual([1, 1, 4, 5]);
    expect(density.dimensionNames).toEqual(['snapshot', 'node', 'x', 'y']);
    expect(density.dtype).toBe('float64');
  });

  it('go on after they were opened again, and back to an earlier count', async () => {
    const first = await DensitySnapshotWriter.create(scratch(), layout);
    for (const step of [1, 2, 3]) await first.append(sample(step));
    // What a kill leaves of a snapshot that no document covers.
    await mkdir(join(scratch(), 'snapshots.zarr/density/c/3/0'), { recursive: true });
    await writeFile(join(scratch(), 'snapshots.zarr/density/c/3/0/0'), 'torn');
    const second = await DensitySnapshotWriter.open(scratch(), layout);
    expect(second.count).toBe(3);
    await expectSnapshots([1, 2, 3]);
    await second.trimTo(1);
    await expectSnapshots([1]);
    await second.append(sample(9));
    await expectSnapshots([1, 9]);
    expect((await trouble(second.trimTo(3))).code).toBe('corrupt-snapshots');
  });

  it('have phi beside them where motion is of second order', async () => {
    const both = (step: number) => {
      const { fields, ...when } = sample(step);
      return { ...when, fields: [fields[0], fields[0].map((value) => -value)] };
    };
    const writer = await DensitySnapshotWriter.create(scratch(), layout, secondOrderSeries);
    for (const step of [1, 2]) await writer.append(both(step));
    await expectSnapshots([1, 2]);
    const series = await openDensities(scratch());
    expect(await series?.read(1)).toEqual(Float64Array.from(both(2).fields[0]));
    expect(await series?.readPotential?.(1)).toEqual(Float64Array.from(both(2).fields[1]));
    expect((await trouble(writer.append(sample(3)))).message).toContain(
      '60 numbers, not 60 of each of density, phi',
    );
    expect((await DensitySnapshotWriter.open(scratch(), layout, secondOrderSeries)).count).toBe(2);
    await DensitySnapshotWriter.create(scratch(), layout);
    expect((await openDensities(scratch()))?.readPotential).toBeUndefined();
    const without = DensitySnapshotWriter.open(scratch(), layout, secondOrderSeries);
    expect((await trouble(without)).code).toBe('corrupt-snapshots');
  });

  it('of another grid, or missing, are refused', async () => {
    expect((await trouble(DensitySnapshotWriter.open(scratch(), layout))).message).toContain('is missing');
    const writer = await DensitySnapshotWriter.create(scratch(), layout);
    const wrong = { ...sample(1), fields: [new Float64Array(59)] };
    expect((await trouble(writer.append(wrong))).code).toBe('invalid-snapshot');
    expect(writer.count).toBe(0);
    for (const change of [{ cells: [5, 4] }, { nodeNames: ['a', 'b', 'c'] }, { high: [1, 2] }]) {
      const other = DensitySnapshotWriter.open(scratch(), { ...layout, ...change });
      expect((await trouble(other)).code).toBe('corrupt-snapshots');
    }
  });
});
