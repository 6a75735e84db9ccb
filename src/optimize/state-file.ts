// The state of a search as one file: MessagePack behind a SHA-256 of it, replaced as a whole, so that a kill leaves the old one or the new one.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Packr } from 'msgpackr';
import { writeFileAtomic } from '../output/mod.js';
import { OptimizeError } from './errors.js';
import type { SearchState } from './search.js';

const HASH_BYTES = 32;
const FORMAT = 1;

const packr = new Packr({ useRecords: false, moreTypes: true, structuredClone: true, int64AsType: 'number' });

/** What a checkpoint of a search holds. */
export interface SavedSearch {
  readonly state: SearchState;
  /** Bytes of progress.csv that it stands for. */
  readonly progressLength: number;
}

export async function writeState(path: string, saved: SavedSearch): Promise<void> {
  const body = packr.pack({ format: FORMAT, ...saved });
  await writeFileAtomic(path, Buffer.concat([createHash('sha256').update(body).digest(), body]));
}

/** @throws OptimizeError if it is damaged; undefined if there is none */
export async function readState(path: string): Promise<SavedSearch | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const body = bytes.subarray(HASH_BYTES);
  const isWhole =
    bytes.length > HASH_BYTES &&
    createHash('sha256').update(body).digest().equals(bytes.subarray(0, HASH_BYTES));
  const hint = 'put it back as the search left it, or start the search anew';
  if (!isWhole) throw new OptimizeError(`${path} is damaged`, hint);
  const saved = packr.unpack(body) as SavedSearch & { readonly format: number };
  if (saved.format !== FORMAT)
    throw new OptimizeError(`${path} was written by another version`, 'go on with that version');
  return saved;
}
