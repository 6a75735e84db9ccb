// Where the parts of checkpoints lie: a folder, or whatever else implements `PartStorage` (machines/object-storage.ts). A
// storage knows bytes and names. Which parts make a checkpoint is checkpoint-format.ts, when one is complete
// checkpoints.ts.

import { createHash } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isPartName, pieceBytes, readPart, type PartEntry } from './checkpoint-format.js';
import { CheckpointError, guarded } from './errors.js';
import { remove, temporaryName } from './files.js';

/**
 * Parts of checkpoints. Each belongs to a location, which is one checkpoint's or one draft's alone. Several processes may
 * write parts of other names into one location.
 */
export interface PartStorage {
  /**
   * Writes a part, so that after a loss of power it is there as a whole or not at all. A part of that name is replaced.
   *
   * @throws CheckpointError (`invalid-checkpoint`) for a location or a name that is none
   * @throws OutputError if the system refuses
   */
  write(location: string, name: string, bytes: Uint8Array): Promise<PartEntry>;
  /**
   * The bytes of a part, as they were written.
   *
   * @throws CheckpointError (`corrupt-checkpoint`) if they are not, or if there is no such part
   * @throws OutputError if the system refuses
   */
  read(location: string, entry: PartEntry): Promise<Uint8Array>;
  /** Deletes all parts of a location; nothing happens if there are none. @throws OutputError if the system refuses */
  discard(location: string): Promise<void>;
}

/** Whether a location may have this name: it is a file name on every system, and leads nowhere else. */
export function isLocation(name: string): boolean {
  return /^\.?[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/u.test(name);
}

/**
 * Parts as files `<path>/<location>/<name>`. The folder of a location must be there before it is written to: a process
 * that was left behind cannot bring back a location that was discarded.
 */
export function folderStorage(path: string): PartStorage {
  const folderOf = (location: string): string => {
    if (!isLocation(location)) throw invalidPart(path, `${JSON.stringify(location)} is no location`);
    return join(path, location);
  };
  return {
    write: async (location, name, bytes) => {
      if (!isPartName(name)) throw invalidPart(path, `a part cannot be called ${JSON.stringify(name)}`);
      return writePart(join(folderOf(location), name), name, bytes);
    },
    read: async (location, entry) => {
      if (!isPartName(entry.name)) {
        throw invalidPart(path, `a part cannot be called ${JSON.stringify(entry.name)}`);
      }
      return readPart(folderOf(location), entry);
    },
    discard: async (location) => remove(folderOf(location)),
  };
}

/**
 * Writes a file in pieces, flushed and renamed, and tells its SHA-256. Its folder is not flushed: who completes the
 * checkpoint does that once.
 *
 * @throws OutputError if the system refuses
 */
export async function writePart(path: string, name: string, bytes: Uint8Array): Promise<PartEntry> {
  const hash = createHash('sha256');
  const temporary = temporaryName(path);
  await guarded('write', path, async () => {
    try {
      const handle = await open(temporary, 'wx');
      try {
        for (let offset = 0; offset < bytes.length;) {
          const piece = bytes.subarray(offset, offset + pieceBytes);
          const { bytesWritten } = await handle.write(piece);
          hash.update(piece.subarray(0, bytesWritten));
          offset += bytesWritten;
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
  });
  return { name, bytes: bytes.length, sha256: hash.digest('hex') };
}

/** A checkpoint cannot be written as asked; nothing that a person did. */
export function invalidPart(path: string, what: string): CheckpointError {
  return new CheckpointError(
    'invalid-checkpoint',
    path,
    `cannot use the checkpoint ${path}: ${what}`,
    'report this',
  );
}
