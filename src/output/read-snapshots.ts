// Reading snapshots.zarr back: the particles of a particle run. A snapshot at a time, for all of them together may be more
// than fits in memory. The densities of a grid run lie in a folder of the same name and are read by read-densities.ts.

import { join } from 'node:path';
import * as zarr from 'zarrita';
import type { NumberDataType } from 'zarrita';
import { RecordError } from './errors.js';
import { parseObject } from './json.js';
import { arrayDocument, parseGroupDocument, type SnapshotArray } from './snapshot-metadata.js';
import { snapshotFolder, type Snapshot } from './snapshots.js';
import { FolderStore } from './zarr-store.js';

/** The particle snapshots of a run. */
export interface SnapshotSeries {
  readonly coordinateNames: readonly string[];
  readonly nodeNames: readonly string[];
  /** Particles in a snapshot. */
  readonly particles: number;
  /** Whether they have velocities: then snapshots have `w`. */
  readonly hasVelocities: boolean;
  /** Steps and times of the snapshots, ascending. */
  readonly steps: readonly number[];
  readonly times: readonly number[];
  /**
   * Reads a snapshot, 0 <= index < steps.length.
   *
   * @throws RecordError (`corrupt-snapshots`) if a part of it is missing
   * @throws OutputError if the system refuses
   */
  read(index: number): Promise<Snapshot>;
}

/**
 * Opens the particle snapshots in a run folder; undefined if there are none, or if they are densities.
 *
 * @throws OutputError if the system refuses
 */
export async function readSnapshots(folder: string): Promise<SnapshotSeries | undefined> {
  const store = new FolderStore(join(folder, snapshotFolder));
  const bytes = await store.get('/zarr.json');
  const group = bytes && parseGroupDocument(parseObject(new TextDecoder().decode(bytes)));
  if (group === undefined) return undefined;
  const { layout, count } = group;
  const array = (name: SnapshotArray): zarr.Array<NumberDataType, FolderStore> =>
    new zarr.Array(store, `/${name}`, arrayDocument(layout, name, count)) as zarr.Array<
      NumberDataType,
      FolderStore
    >;
  const numbers = async (name: 'step' | 'time'): Promise<readonly number[]> =>
    // zarrita cannot read what is empty.
    count === 0 ? [] : Array.from((await zarr.get(array(name))).data as Float64Array);
  return {
    coordinateNames: layout.coordinateNames,
    nodeNames: layout.nodeNames,
    particles: layout.particles,
    hasVelocities: layout.hasVelocities,
    steps: await numbers('step'),
    times: await numbers('time'),
    read: async (index) => {
      const [step, time, x, w, node] = await Promise.all([
        zarr.get(array('step'), [index]),
        zarr.get(array('time'), [index]),
        zarr.get(array('x'), [index, null, null]),
        layout.hasVelocities ? zarr.get(array('w'), [index, null, null]) : undefined,
        zarr.get(array('node'), [index, null]),
      ]);
      const nodes = node.data as Int32Array;
      // What was never written reads as the fill value.
      if (nodes.includes(-1)) {
        throw new RecordError(
          'corrupt-snapshots',
          store.folder,
          `a part of snapshot ${index} in ${store.folder} is missing`,
          'put back the folder as the run left it',
        );
      }
      const velocities = w && { w: w.data as Float32Array | Float64Array };
      return { step, time, x: x.data as Float32Array | Float64Array, ...velocities, node: nodes };
    },
  };
}
