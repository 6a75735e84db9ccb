// Reading snapshots.zarr of a grid run back: averages of the density over cells. Reading particles is read-snapshots.ts.

import { join } from 'node:path';
import * as zarr from 'zarrita';
import { RecordError } from './errors.js';
import { isCount, isObject, isStrings, parseObject } from './json.js';
import { snapshotFolder } from './snapshots.js';
import { FolderStore } from './zarr-store.js';

const format = 'wasserwerk-densities';

/** A density on a box of equal cells, the same box for all nodes; mesh arrays have one entry per coordinate. */
export interface DensitySeries {
  readonly coordinateNames: readonly string[];
  readonly nodeNames: readonly string[];
  readonly mesh: {
    readonly cells: readonly number[];
    readonly low: readonly number[];
    readonly high: readonly number[];
    readonly periodic: readonly boolean[];
  };
  /** Steps and times of the densities, ascending. */
  readonly steps: readonly number[];
  readonly times: readonly number[];
  /**
   * Reads f(x, g) at a time: [node][cell], cells in C order (the last coordinate runs fastest).
   *
   * @throws OutputError if the system refuses
   */
  read(index: number): Promise<Float64Array>;
  /** The same of phi, where the run has second-order dynamics. */
  readonly readPotential: ((index: number) => Promise<Float64Array>) | undefined;
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number');
}

function isTruths(value: unknown): value is readonly boolean[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'boolean');
}

/** One entry of an array. */
async function whole(array: zarr.Array<'float64', FolderStore>, index: number): Promise<Float64Array> {
  return (await zarr.get(array, [index, ...array.shape.slice(1).map(() => null)])).data;
}

/**
 * Opens the densities in the folder of a grid run; undefined if there are none, or if they are particles.
 *
 * @throws RecordError (`corrupt-snapshots`) if the documents do not fit together
 * @throws OutputError if the system refuses
 */
export async function openDensities(folder: string): Promise<DensitySeries | undefined> {
  const store = new FolderStore(join(folder, snapshotFolder));
  const bytes = await store.get('/zarr.json');
  const attributes = bytes && parseObject(new TextDecoder().decode(bytes))?.['attributes'];
  if (!isObject(attributes) || attributes['format'] !== format) return undefined;
  const { low, high, cells, periodic, coordinateNames, nodeNames } = attributes;
  const open = async (name: string): Promise<zarr.Array<'float64', FolderStore>> =>
    zarr.open.v3(zarr.root(store).resolve(name), { kind: 'array' }) as Promise<
      zarr.Array<'float64', FolderStore>
    >;
  const [step, time, density] = await Promise.all([open('step'), open('time'), open('density')]);
  const phi = (await store.get('/phi/zarr.json')) === undefined ? undefined : await open('phi');
  if (
    !(isNumbers(low) && isNumbers(high) && isTruths(periodic) && Array.isArray(cells)) ||
    !(cells.every(isCount) && isStrings(coordinateNames) && isStrings(nodeNames)) ||
    [density, phi].some(
      (array) =>
        array && JSON.stringify(array.shape.slice(1)) !== JSON.stringify([nodeNames.length, ...cells]),
    )
  ) {
    throw new RecordError(
      'corrupt-snapshots',
      store.folder,
      `${store.folder} does not hold densities as this program writes them`,
      'put back the folder as the run left it, or solve the grid anew',
    );
  }
  // An array's document may count a density more than is whole, if the run was killed: the least count is valid.
  const count = Math.min(...[step, time, density, ...(phi ? [phi] : [])].map(({ shape }) => shape[0]));
  const numbers = async (array: zarr.Array<'float64', FolderStore>): Promise<readonly number[]> =>
    count === 0 ? [] : Array.from((await zarr.get(array, [zarr.slice(0, count)])).data);
  return {
    coordinateNames,
    nodeNames,
    mesh: { cells, low, high, periodic },
    steps: await numbers(step),
    times: await numbers(time),
    read: (index) => whole(density, index),
    readPotential: phi && ((index) => whole(phi, index)),
  };
}
