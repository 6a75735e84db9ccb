// Particle snapshots as a Zarr (version 3) group that grows: any Zarr reader opens it, while the run goes on and after a
// kill. The order of writing makes that so: first the chunks of the new snapshot, which no shape covers yet, then the
// shapes of the arrays, and last the group's document, whose count is the one that is valid. The documents are
// snapshot-metadata.ts. Choosing the particles is not done here.

import { join } from 'node:path';
import * as zarr from 'zarrita';
import type { AbsolutePath, NumberDataType } from 'zarrita';
import { RecordError } from './errors.js';
import { isTemporary, listFolder, makeFolders, remove, syncFolder } from './files.js';
import { parseObject } from './json.js';
import {
  arrayDocument,
  encodeDocument,
  groupDocument,
  parseGroupDocument,
  particlesPerChunk,
  snapshotArrays,
  type SnapshotArray,
  type SnapshotLayout,
} from './snapshot-metadata.js';
import { FolderStore } from './zarr-store.js';

export const snapshotFolder = 'snapshots.zarr';

/** A snapshot: rows of `x` are particles, `node` their nodes. */
export interface Snapshot {
  readonly step: number;
  readonly time: number;
  /** [particle * dimension + coordinate]. */
  readonly x: Float32Array | Float64Array;
  readonly node: Int32Array;
}

/** Appends snapshots to the group in `<run folder>/snapshots.zarr`. Calls must not overlap: await each before the next. */
export class SnapshotWriter {
  readonly folder: string;
  readonly layout: SnapshotLayout;
  readonly #store: FolderStore;
  #count: number;

  private constructor(folder: string, layout: SnapshotLayout, count: number) {
    this.folder = folder;
    this.layout = layout;
    this.#store = new FolderStore(folder);
    this.#count = count;
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
    const folder = join(runFolder, snapshotFolder);
    // The document goes first: without it, what a kill leaves is no group at all.
    await remove(join(folder, 'zarr.json'));
    await remove(folder);
    await makeFolders(folder);
    const writer = new SnapshotWriter(folder, layout, 0);
    await writer.#commit(0);
    return writer;
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
    const writer = new SnapshotWriter(folder, group.layout, group.count);
    await writer.trimTo(group.count);
    return writer;
  }

  /** Snapshots in the group. A checkpoint records it, and resume trims to it. */
  get count(): number {
    return this.#count;
  }

  /**
   * Appends a snapshot.
   *
   * @throws RecordError (`invalid-snapshot`) if its arrays are not of this layout
   * @throws OutputError if the system refuses; the group is then as before
   */
  async append({ step, time, x, node }: Snapshot): Promise<void> {
    const { particles: p, coordinateNames, precision } = this.layout;
    const d = coordinateNames.length;
    const isKind = precision === 'f32' ? x instanceof Float32Array : x instanceof Float64Array;
    if (!isKind || x.length !== p * d || node.length !== p) {
      throw new RecordError(
        'invalid-snapshot',
        this.folder,
        `the snapshot of step ${step} has ${node.length} nodes and ${x.length} coordinates in ${x.constructor.name}, ` +
          `not ${p} and ${p * d} in ${precision}`,
        'report this: the snapshots were opened for another model than the one that runs',
      );
    }
    const at = this.#count;
    const here = zarr.slice(at, at + 1);
    await zarr.set(this.#array('step', at + 1), [here], step);
    await zarr.set(this.#array('time', at + 1), [here], time);
    const [xs, nodes] = [this.#array('x', at + 1), this.#array('node', at + 1)];
    const part = particlesPerChunk(this.layout);
    // Chunk by chunk: zarrita would otherwise hold copies of all chunks at once.
    for (let from = 0; from < p; from += part) {
      const to = Math.min(p, from + part);
      const rows = to - from;
      await zarr.set(xs, [here, zarr.slice(from, to), null], {
        data: x.subarray(from * d, to * d),
        shape: [1, rows, d],
        stride: [rows * d, d, 1],
      });
      await zarr.set(nodes, [here, zarr.slice(from, to)], {
        data: node.subarray(from, to),
        shape: [1, rows],
        stride: [rows, 1],
      });
    }
    await this.#commit(at + 1);
    this.#count = at + 1;
  }

  /**
   * Drops all snapshots after the first `count`, as resume does when the checkpoint stands for fewer.
   *
   * @throws RecordError (`corrupt-snapshots`) if there are fewer than `count`
   * @throws OutputError if the system refuses
   */
  async trimTo(count: number): Promise<void> {
    if (!(count >= 0 && count <= this.#count)) {
      throw new RecordError(
        'corrupt-snapshots',
        this.folder,
        `${this.folder} holds ${this.#count} snapshots, though the checkpoint stands for ${count}`,
        'put back the folder as the run left it, or start the run anew',
      );
    }
    // Shapes before chunks: no shape may cover a chunk that is gone. The group's document goes first here, last in append.
    await this.#set('/zarr.json', groupDocument(this.layout, count));
    for (const name of snapshotArrays) await this.#setArray(name, count);
    this.#count = count;
    for (const name of ['x', 'node']) {
      const chunks = join(this.folder, name, 'c');
      for (const entry of await listFolder(chunks)) {
        if (!/^\d+$/u.test(entry) || Number(entry) >= count) await remove(join(chunks, entry));
      }
    }
    for (const part of ['', ...snapshotArrays, 'step/c', 'time/c']) {
      for (const entry of await listFolder(join(this.folder, part))) {
        if (isTemporary(entry)) await remove(join(this.folder, part, entry));
      }
    }
    await syncFolder(this.folder);
  }

  /** An array as it will be when there are `count` snapshots. Its chunks can be written before its document is. */
  #array(name: SnapshotArray, count: number): zarr.Array<NumberDataType, FolderStore> {
    const metadata = arrayDocument(this.layout, name, count);
    return new zarr.Array(this.#store, `/${name}`, metadata) as zarr.Array<NumberDataType, FolderStore>;
  }

  async #commit(count: number): Promise<void> {
    for (const name of snapshotArrays) await this.#setArray(name, count);
    await this.#set('/zarr.json', groupDocument(this.layout, count));
  }

  #setArray(name: SnapshotArray, count: number): Promise<void> {
    return this.#set(`/${name}/zarr.json`, arrayDocument(this.layout, name, count));
  }

  #set(key: AbsolutePath, value: object): Promise<void> {
    return this.#store.set(key, encodeDocument(value));
  }
}
