// A Zarr (version 3) group of arrays that grow by one entry at a time along their first axis: any Zarr reader opens it,
// while the run goes on and after a kill. The order of writing makes that so: first the chunks of the new entry, which no
// shape covers yet, then the shapes of the arrays, and last the group's document, whose count is the one that is valid.
// What the arrays are is told by whoever grows them (snapshots.ts, density-snapshots.ts).

import { join } from 'node:path';
import * as zarr from 'zarrita';
import type { AbsolutePath, ArrayMetadata, NumberDataType } from 'zarrita';
import { RecordError } from './errors.js';
import { isTemporary, listFolder, makeFolders, remove, syncFolder } from './files.js';
import { encodeDocument } from './snapshot-metadata.js';
import { FolderStore } from './zarr-store.js';

/** The documents of a group whose arrays have `count` entries. */
export interface SeriesDocuments {
  /** All arrays, and those of them that have chunks of their own for each entry. */
  readonly arrays: readonly string[];
  readonly chunked: readonly string[];
  array(name: string, count: number): ArrayMetadata;
  group(count: number): object;
}

/** A group that grows. Calls must not overlap: await each before the next. */
export class ZarrSeries {
  readonly #store: FolderStore;
  #count: number;

  private constructor(
    readonly folder: string,
    private readonly documents: SeriesDocuments,
    count: number,
  ) {
    this.#store = new FolderStore(folder);
    this.#count = count;
  }

  /**
   * Creates an empty group; what is there is lost.
   *
   * @throws OutputError if the system refuses
   */
  static async create(folder: string, documents: SeriesDocuments): Promise<ZarrSeries> {
    // The document goes first: without it, what a kill leaves is no group at all.
    await remove(join(folder, 'zarr.json'));
    await remove(folder);
    await makeFolders(folder);
    const series = new ZarrSeries(folder, documents, 0);
    await series.commit(0);
    return series;
  }

  /**
   * Opens a group of `count` entries for going on. What a kill has left of an entry is cleaned up.
   *
   * @throws OutputError if the system refuses
   */
  static async open(folder: string, documents: SeriesDocuments, count: number): Promise<ZarrSeries> {
    const series = new ZarrSeries(folder, documents, count);
    await series.trimTo(count);
    return series;
  }

  /** Entries in the group. A checkpoint records it, and resume trims to it. */
  get count(): number {
    return this.#count;
  }

  /** An array as it will be when there are `count` entries. Its chunks can be written before its document is. */
  array(name: string, count: number): zarr.Array<NumberDataType, FolderStore> {
    const metadata = this.documents.array(name, count);
    return new zarr.Array(this.#store, `/${name}`, metadata) as zarr.Array<NumberDataType, FolderStore>;
  }

  /** Makes the first `count` entries those that are valid. Their chunks are there. */
  async commit(count: number): Promise<void> {
    for (const name of this.documents.arrays) await this.#setArray(name, count);
    await this.#set('/zarr.json', this.documents.group(count));
    this.#count = count;
  }

  /**
   * Drops all entries after the first `count`, as resume does when the checkpoint stands for fewer.
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
    const { arrays, chunked } = this.documents;
    // Shapes before chunks: no shape may cover a chunk that is gone. The group's document goes first here, last in commit.
    await this.#set('/zarr.json', this.documents.group(count));
    for (const name of arrays) await this.#setArray(name, count);
    this.#count = count;
    for (const name of chunked) {
      const chunks = join(this.folder, name, 'c');
      for (const entry of await listFolder(chunks)) {
        if (!/^\d+$/u.test(entry) || Number(entry) >= count) await remove(join(chunks, entry));
      }
    }
    for (const part of ['', ...arrays, ...arrays.map((name) => `${name}/c`)]) {
      for (const entry of await listFolder(join(this.folder, part))) {
        if (isTemporary(entry)) await remove(join(this.folder, part, entry));
      }
    }
    await syncFolder(this.folder);
  }

  #setArray(name: string, count: number): Promise<void> {
    return this.#set(`/${name}/zarr.json`, this.documents.array(name, count));
  }

  #set(key: AbsolutePath, value: object): Promise<void> {
    return this.#store.set(key, encodeDocument(value));
  }
}
