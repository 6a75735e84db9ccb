// Densities of a grid run written as the format says, by hand: for tests of those who read them. Not a test.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Densities {
  readonly coordinateNames: readonly string[];
  readonly nodeNames: readonly string[];
  readonly cells: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly periodic: readonly boolean[];
  readonly snapshots: readonly {
    readonly step: number;
    readonly time: number;
    readonly density: Float64Array;
  }[];
}

/** Writes `snapshots.zarr` into a run folder: one chunk per snapshot and node. */
export async function writeDensities(folder: string, content: Densities): Promise<void> {
  const { snapshots, ...attributes } = content;
  const { nodeNames, cells, coordinateNames } = attributes;
  const root = join(folder, 'snapshots.zarr');
  const array = (shape: readonly number[], chunk: readonly number[], names: readonly string[]) => ({
    zarr_format: 3,
    node_type: 'array',
    shape,
    data_type: 'float64',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunk } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    fill_value: 'NaN',
    dimension_names: names,
    attributes: {},
  });
  const write = async (path: string, data: string | Float64Array): Promise<void> => {
    const file = join(root, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, typeof data === 'string' ? data : new Uint8Array(data.buffer));
  };
  const count = snapshots.length;
  for (const name of ['step', 'time'] as const) {
    await write(`${name}/zarr.json`, JSON.stringify(array([count], [1024], ['snapshot'])));
    const values = new Float64Array(1024).fill(NaN);
    snapshots.forEach((snapshot, k) => (values[k] = snapshot[name]));
    if (count > 0) await write(`${name}/c/0`, values);
  }
  const names = ['snapshot', 'node', ...coordinateNames];
  await write(
    'density/zarr.json',
    JSON.stringify(array([count, nodeNames.length, ...cells], [1, 1, ...cells], names)),
  );
  const perNode = cells.reduce((product, n) => product * n, 1);
  for (const [k, { density }] of snapshots.entries()) {
    for (let g = 0; g < nodeNames.length; g++) {
      await write(
        `density/c/${k}/${g}${cells.map(() => '/0').join('')}`,
        density.slice(g * perNode, (g + 1) * perNode),
      );
    }
  }
  await write(
    'zarr.json',
    JSON.stringify({
      zarr_format: 3,
      node_type: 'group',
      attributes: { format: 'wasserwerk-densities', formatVersion: 1, ...attributes },
    }),
  );
}
