// HDF5 files read back with the library that wrote them: series of all sizes, H5MD by the letter of its specification. That
// another library reads them is test/integration/export.test.ts.

import { existsSync } from 'node:fs';
import * as h5wasm from 'h5wasm/node';
import { afterEach, describe, expect, it } from 'vitest';
import { Hdf5File, type NumberType } from '../../src/export/hdf5.js';
import { writeH5md } from '../../src/export/h5md.js';
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
const opened: h5wasm.File[] = [];

async function open(path: string): Promise<h5wasm.File> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'r');
  opened.push(file);
  return file;
}
afterEach(() => {
  for (const file of opened.splice(0)) file.close();
});

function dataset(file: h5wasm.File, path: string): h5wasm.Dataset {
  const found = file.get(path);
  if (found instanceof h5wasm.Dataset) return found;
  throw new Error(`no dataset ${path}`);
}
const values = (file: h5wasm.File, path: string): unknown[] =>
  Array.from(dataset(file, path).value as ArrayLike<unknown>);

describe('a series', () => {
  it.each([
    ['scalars that fill several chunks', 'f64', 2500, []],
    ['small records', 'f64', 100, [7, 3]],
    ['one record', 'i32', 1, [5]],
    ['records larger than a chunk, cut unevenly', 'f32', 2, [600_001, 2]],
    ['records whose parts are larger than a chunk', 'f64', 2, [3, 600_000]],
    ['integers of 64 bits', 'i64', 3, []],
  ] as const)('holds %s', async (_name, type: NumberType, count, shape: readonly number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const file = await Hdf5File.create(scratch('a.h5'), 0);
    const series = file.series('/x', type, count, shape);
    const kinds = { f32: Float32Array, f64: Float64Array, i32: Int32Array };
    const record = (t: number): Float32Array | Float64Array | Int32Array | BigInt64Array => {
      const numbers = Float64Array.from({ length: size }, (_, i) => (t * 31 + i) % 100_003);
      return type === 'i64' ? BigInt64Array.from(numbers, BigInt) : new kinds[type](numbers);
    };
    for (let t = 0; t < count; t++) series.append(record(t));
    series.flush();
    file.close();
    const back = dataset(await open(scratch('a.h5')), '/x');
    expect(back.shape).toEqual([count, ...shape]);
    const all = back.value as Float64Array;
    for (const t of [0, Math.floor(count / 2), count - 1]) {
      const here = all.slice(t * size, (t + 1) * size);
      // Compared as bytes: lists of a million numbers are slow to compare otherwise.
      expect(Buffer.from(here.buffer).equals(Buffer.from(record(t).buffer))).toBe(true);
    }
  });
});

describe('an HDF5 file', () => {
  it('that cannot be made is an error with a fix, and the clock goes on', async () => {
    const before = Date.now();
    await expect(Hdf5File.create(scratch('no/such/folder/a.h5'), 0)).rejects.toMatchObject({
      code: 'input-output',
      message: expect.stringMatching(/No such file or directory[^]*fix: /u) as string,
    });
    expect(Date.now()).toBeGreaterThanOrEqual(before);
  });
});

describe('H5MD', () => {
  it('has its metadata, and says who wrote it', async () => {
    await writeH5md(exportData(), scratch('a.h5'), never);
    const file = await open(scratch('a.h5'));
    const attribute = (path: string, name: string): h5wasm.Attribute =>
      (file.get(path) as h5wasm.Group).attrs[name];
    expect(attribute('/h5md', 'version')).toMatchObject({ shape: [2], value: Int32Array.of(1, 1) });
    expect(attribute('/h5md/author', 'name').value).toBe('N. N.');
    expect(attribute('/h5md/creator', 'name').value).toBe('wasserwerk');
    // Fixed-length texts of scalar dataspace, as the specification has it.
    for (const path of ['/h5md/author', '/h5md/creator'])
      expect(attribute(path, 'name')).toMatchObject({ shape: [], metadata: { vlen: false } });
    expect(dataset(file, '/parameters/config').value).toBe('name: three nodes\n# größer\n');
    expect(values(file, '/parameters/node_names')).toEqual(nodeNames);
    expect(values(file, '/parameters/graph/targets')).toEqual([1, 0, 2, 1]);
    expect(values(file, '/parameters/graph/weights')).toEqual([1, 1, 2, 2]);
  });

  it('has time-dependent elements with steps and times of equal length', async () => {
    await writeH5md(exportData(), scratch('a.h5'), never);
    const file = await open(scratch('a.h5'));
    const elements = [
      ...['position', 'species', 'node'].map((name) => `/particles/sample/${name}`),
      ...(file.get('/observables') as h5wasm.Group)
        .keys()
        .filter((name) => name !== 'energy')
        .map((name) => `/observables/${name}`),
      ...(file.get('/observables/energy') as h5wasm.Group)
        .keys()
        .map((name) => `/observables/energy/${name}`),
    ];
    expect(elements.length).toBeGreaterThan(30);
    for (const element of elements) {
      const [step, time, value] = ['step', 'time', 'value'].map((name) =>
        dataset(file, `${element}/${name}`),
      );
      expect(step.dtype).toBe('<q');
      expect(step.shape).toEqual(time.shape);
      expect(value.shape?.[0]).toBe(step.shape?.[0]);
    }
    expect(values(file, '/observables/mass/step')).toEqual([0n, 10n, 25n]);
    expect(values(file, '/observables/mass/value')).toEqual(observations.flatMap(({ mass }) => mass));
    expect(values(file, '/observables/energy/energy/value')).toEqual(energies.map(({ energy }) => energy));
    expect(values(file, '/observables/mixing_energy/value')).toEqual([NaN, NaN, NaN]);
    expect(values(file, '/particles/sample/position/value')).toEqual(snapshots.flatMap(({ x }) => [...x]));
    expect(values(file, '/particles/sample/species/value')).toEqual(
      snapshots.flatMap(({ node }) => [...node]),
    );
  });

  it('has a box: periodic or none, with edges where there are any', async () => {
    await writeH5md(exportData(), scratch('a.h5'), never);
    const file = await open(scratch('a.h5'));
    const box = file.get('/particles/sample/box') as h5wasm.Group;
    expect(box.attrs['dimension'].value).toBe(2);
    expect(box.attrs['boundary'].value).toEqual(['periodic', 'none']);
    expect(values(file, '/particles/sample/box/edges')).toEqual([4, Infinity]);
  });

  it('has velocities, and phi as an observable', async () => {
    await writeH5md(kineticData(), scratch('k.h5'), never);
    const kinetic = await open(scratch('k.h5'));
    expect(values(kinetic, '/particles/sample/velocity/value')).toEqual(
      snapshots.flatMap(({ x }) => [...x].map((value) => 2 * value)),
    );
    expect(values(kinetic, '/particles/sample/velocity/step')).toEqual(
      values(kinetic, '/particles/sample/position/step'),
    );
    await writeH5md(secondOrderData(), scratch('s.h5'), never);
    const motion = await open(scratch('s.h5'));
    expect(values(motion, '/observables/phi/value')[35]).toBe(-117);
    expect(values(motion, '/observables/density/value')[35]).toBe(117);
  });

  it('has densities of a grid as an observable', async () => {
    await writeH5md(gridData(), scratch('a.h5'), never);
    const file = await open(scratch('a.h5'));
    const { shape } = dataset(file, '/observables/density/value');
    expect(shape).toEqual([2, 3, 2, 3]);
    expect(values(file, '/observables/density/value')[35]).toBe(117);
    expect((file.get('/observables/density') as h5wasm.Group).attrs['description'].value).toContain(
      'H5MD has no fields',
    );
    expect((file.get('/') as h5wasm.Group).keys()).not.toContain('particles');
    expect(existsSync(scratch('a.h5'))).toBe(true);
  });
});
