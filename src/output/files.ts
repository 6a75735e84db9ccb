// Writing a file so that a kill at any moment leaves either the old file or the new one, never a half: temporary name in
// the same folder, write, flush, rename, flush the folder. Files that grow line by line are append.ts.

import { mkdir, open, readdir, readFile, rename, rm, unlink, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { asOutputError, guarded, systemCode } from './errors.js';

const temporaryMark = '.tmp-';
let temporaries = 0;

/** A name beside `path` that no other process and no other call of this one uses. */
export function temporaryName(path: string): string {
  temporaries += 1;
  return join(dirname(path), `${temporaryMark}${basename(path)}-${process.pid}-${temporaries}`);
}

/** Whether a file or folder of this name is left over from a write that did not finish. */
export function isTemporary(name: string): boolean {
  return name.startsWith(temporaryMark);
}

/**
 * Flushes a folder, so that names created, renamed or deleted in it survive a loss of power.
 *
 * @throws OutputError if the folder cannot be opened or flushed
 */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders, and some network file systems cannot flush them: there the rename is all there is.
  const unable = ['EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EBADF'];
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!unable.includes(systemCode(error) ?? '')) throw asOutputError(error, 'flush', path);
  }
}

/**
 * Creates a folder and those above it where they are missing, flushed. One by one: mkdir's own `recursive` never ends
 * where the system answers ENOENT for a folder whose parent exists (/proc).
 *
 * @throws OutputError if that is not possible
 */
export async function makeFolders(path: string): Promise<void> {
  await guarded('create', path, async () => {
    const missing: string[] = [];
    let folder = resolve(path);
    while (!(await isThere(folder))) {
      missing.push(folder);
      folder = dirname(folder);
    }
    for (const next of missing.reverse()) {
      try {
        await mkdir(next);
      } catch (error) {
        // Another process may have been quicker.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      await syncFolder(dirname(next));
    }
    if (!(await stat(path)).isDirectory())
      throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
  });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Writes a whole file: after a kill or a loss of power there is either what was there before, or all of `data`.
 * The folder must exist.
 *
 * @param mode who may read it; 0o600 for secrets
 * @throws OutputError if the system refuses; the temporary file is then removed
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o666): Promise<void> {
  const temporary = temporaryName(path);
  await guarded('write', path, async () => {
    try {
      const handle = await open(temporary, 'wx', mode);
      try {
        await handle.writeFile(data);
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
  await syncFolder(dirname(path));
}

/**
 * The text of a file, or undefined if there is none.
 *
 * @throws OutputError if there is one but it cannot be read
 */
export async function readTextIfAny(path: string): Promise<string | undefined> {
  const bytes = await readBytesIfAny(path);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/**
 * The bytes of a file, or undefined if there is none.
 *
 * @throws OutputError if there is one but it cannot be read
 */
export async function readBytesIfAny(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw asOutputError(error, 'read', path);
  }
}

/**
 * The names in a folder, sorted; none if it is missing.
 *
 * @throws OutputError if the folder cannot be read, or is a file
 */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw asOutputError(error, 'read', path);
  }
}

/**
 * Deletes a file or a folder with all in it; nothing happens if it is missing.
 *
 * @throws OutputError if the system refuses
 */
export async function remove(path: string): Promise<void> {
  await guarded('delete', path, () => rm(path, { recursive: true, force: true, maxRetries: 3 }));
}

/**
 * Deletes what writes that did not finish have left in a folder. Only for the one process that writes there.
 *
 * @throws OutputError if the system refuses
 */
export async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await listFolder(folder)) {
    if (isTemporary(name)) await remove(join(folder, name));
  }
}
