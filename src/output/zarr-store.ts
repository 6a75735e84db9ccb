// A folder as a store of zarrita: keys are paths below it. Every value is written atomically, so a reader sees whole
// chunks and whole metadata only. Which keys are written in which order is the business of snapshots.ts.

import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AbsolutePath, AsyncMutable, GetOptions, RangeQuery } from 'zarrita';
import { asOutputError, systemCode } from './errors.js';
import { makeFolders, readBytesIfAny, writeFileAtomic } from './files.js';

/** Reads and writes the keys of a Zarr hierarchy in a folder. */
export class FolderStore implements AsyncMutable {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The file of a key. Keys come from zarrita and are made of array names and numbers, but may not lead outside. */
  #file(key: AbsolutePath): string {
    const parts = key.split('/').filter((part) => part !== '');
    if (parts.includes('..') || parts.includes('.'))
      throw new RangeError(`not a key of a Zarr store: ${key}`);
    return join(this.folder, ...parts);
  }

  /** The value of a key, or undefined. */
  async get(key: AbsolutePath, options?: GetOptions): Promise<Uint8Array | undefined> {
    options?.signal?.throwIfAborted();
    return readBytesIfAny(this.#file(key));
  }

  /** A part of the value of a key, or undefined. */
  async getRange(
    key: AbsolutePath,
    range: RangeQuery,
    options?: GetOptions,
  ): Promise<Uint8Array | undefined> {
    options?.signal?.throwIfAborted();
    const path = this.#file(key);
    try {
      const handle = await open(path, 'r');
      try {
        const { size } = await handle.stat();
        const start = 'suffixLength' in range ? Math.max(0, size - range.suffixLength) : range.offset;
        const end = 'suffixLength' in range ? size : Math.min(size, range.offset + range.length);
        const bytes = new Uint8Array(Math.max(0, end - start));
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
        return bytes.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw asOutputError(error, 'read', path);
    }
  }

  /** Sets a key, atomically and flushed. */
  async set(key: AbsolutePath, value: Uint8Array): Promise<void> {
    const path = this.#file(key);
    await makeFolders(dirname(path));
    await writeFileAtomic(path, value);
  }
}
