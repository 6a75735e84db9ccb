// Particle snapshots as a Zarr group that grows (zarr-series.ts). The documents are snapshot-metadata.ts. Choosing the
// particles is not done here.

import { join } from 'node:path';
import * as zarr from 'zarrita';
import { RecordError } from './errors.js';
import { parseObject } from './json.js';
import {
  arrayDocument,
  groupDocument,
  parseGroupDocument,
  particlesPerChunk,
  snapshotArrays,
  type SnapshotArray,
  type SnapshotLayout,
} from './snapshot-metadata.js';
import { ZarrSeries, type SeriesDocuments } from './zarr-series.js';
import { FolderStore } from './zarr-store.js';

export const snapshotFolder = 'snapshots.zarr';

/** A snapshot: rows of `x` are particles, `node` their nodes. */
export interface Snapshot {
  readonly step: number;
  readonly time: number;
  /** [particle * dimension + coordinate]. */
  readonly x: Float32Array | Float64Array;
  /** Velocities in the same order, where particles have them (kernel/kinetic.ts). */
  readonly w?: Float32Array | Float64Array | undefined;
  readonly node: Int32Array;
}

function documentsOf(layout: SnapshotLayout): SeriesDocuments {
  return {
    arrays: snapshotArrays(layout),
    chunked: layout.hasVelocities ? ['x', 'w', 'node'] : ['x', 'node'],
    array: (name, count) => arrayDocument(layout, name as SnapshotArray, count),
    group: (count) => groupDocument(layout, count),
  };
}

/** Appends snapshots to the group in `<run folder>/snapshots.zarr`. Calls must not overlap: await each before the next. */
export class SnapshotWriter {
  private constructor(
    readonly layout: SnapshotLayout,
    private readonly series: ZarrSeries,
  ) {}

  get folder(): string {
    return this.series.folder;
  }

  /**
   * Creates an empty group in a run folder; snapshots that are there are lost.
   *
   * @throws RangeError if there are no particles or no coordinates
   * @throws OutputError if the system refuses
   */
  static async create(runFolder: string, layout: SnapshotLayout): Promise<SnapshotWriter> {
    if (!(
      Number.isSafeInteger(layout.particles) &&
      layout.particles >= 1 &&
      layout.coordinateNames.length >= 1
    )) {
      throw new RangeError('a snapshot needs at least one particle and one coordinate');
    }
    const series = await ZarrSeries.create(join(runFolder, snapshotFolder), documentsOf(layout));
    return new SnapshotWriter(layout, series);
  }

  /**
   * Opens the group of a run folder for going on. What a kill has left of a snapshot is cleaned up.
   *
   * @throws RecordError (`corrupt-snapshots`) if there is none, or another program's
   * @throws OutputError if the system refuses
   */
  static async open(runFolder: string): Promise<SnapshotWriter> {
    const folder = join(runFolder, snapshotFolder);
    const bytes = await new FolderStore(folder).get('/zarr.json');
    const group = bytes && parseGroupDocument(parseObject(new TextDecoder().decode(bytes)));
    if (group === undefined) {
      throw new RecordError(
        'corrupt-snapshots',
        folder,
        `${folder} is ${bytes === undefined ? 'missing or has no zarr.json' : "not this program's"}`,
        'put back the folder as the run left it, or start the run anew',
      );
    }
    const { layout, count } = group;
    return new SnapshotWriter(layout, await ZarrSeries.open(folder, documentsOf(layout), count));
  }

  /** Snapshots in the group. A checkpoint records it, and resume trims to it. */
  get count(): number {
    return this.series.count;
  }

  /**
   * Appends a snapshot.
   *
   * @throws RecordError (`invalid-snapshot`) if its arrays are not of this layout
   * @throws OutputError if the system refuses; the group is then as before
   */
  async append({ step, time, x, w, node }: Snapshot): Promise<void> {
    const { particles: p, coordinateNames, precision, hasVelocities } = this.layout;
    const d = coordinateNames.length;
    const Numbers = precision === 'f32' ? Float32Array : Float64Array;
    const rows = w === undefined ? [x] : [x, w];
    const areFit = rows.every((field) => field instanceof Numbers && field.length === p * d);
    if (!areFit || node.length !== p || hasVelocities !== (w !== undefined)) {
      throw new RecordError(
        'invalid-snapshot',
        this.folder,
        `the snapshot of step ${step} has ${node.length} nodes and ${x.length} coordinates in ${x.constructor.name}` +
          `${w ? ' with velocities' : ''}, not ${p} and ${p * d} in ${precision}${hasVelocities ? ' with velocities' : ''}`,
        'report this: the snapshots were opened for another model than the one that runs',
      );
    }
    const at = this.count;
    const here = zarr.slice(at, at + 1);
    await zarr.set(this.series.array('step', at + 1), [here], step);
    await zarr.set(this.series.array('time', at + 1), [here], time);
    const arrays = (['x', 'w'] as const).slice(0, rows.length).map((name) => this.series.array(name, at + 1));
    const nodes = this.series.array('node', at + 1);
    const part = particlesPerChunk(this.layout);
    // Chunk by chunk: zarrita would otherwise hold copies of all chunks at once.
    for (let from = 0; from < p; from += part) {
      const to = Math.min(p, from + part);
      const length = to - from;
      for (const [i, array] of arrays.entries()) {
        await zarr.set(array, [here, zarr.slice(from, to), null], {
          data: rows[i].subarray(from * d, to * d),
          shape: [1, length, d],
          stride: [length * d, d, 1],
        });
      }
      await zarr.set(nodes, [here, zarr.slice(from, to)], {
        data: node.subarray(from, to),
        shape: [1, length],
        stride: [length, 1],
      });
    }
    await this.series.commit(at + 1);
  }

  /**
   * Drops all snapshots after the first `count`, as resume does when the checkpoint stands for fewer.
   *
   * @throws RecordError (`corrupt-snapshots`) if there are fewer than `count`
   * @throws OutputError if the system refuses
   */
  trimTo(count: number): Promise<void> {
    return this.series.trimTo(count);
  }
}
