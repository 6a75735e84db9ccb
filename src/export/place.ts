// Where an export goes: written under a temporary name beside its place, flushed, then renamed. Until then nothing there is
// touched, and nothing is written over unless it is an earlier export and the caller says so. What is written is another's.

import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolders, syncFolder } from '../output/mod.js';
import { asExportError, ExportError } from './errors.js';
import type { Format } from './formats.js';

/**
 * Has an export written, and puts it at `out`. After an error or a kill `out` is as before; after a kill a file or folder
 * named `.export-…` may be left beside it.
 *
 * @param force whether an earlier export at `out` may be replaced
 * @param write writes to the path it is given: a file that does not exist, or an empty folder
 * @throws ExportError (`export-exists`, `not-an-export`), what `write` throws
 */
export async function putInPlace<T>(
  out: string,
  look: Format['look'],
  force: boolean,
  write: (path: string) => Promise<T>,
): Promise<T> {
  await refuse(out, look, force);
  await makeFolders(dirname(out));
  const temporary = join(dirname(out), `.export-${process.pid}-${basename(out)}`);
  try {
    await rm(temporary, { recursive: true, force: true });
    if (look.kind === 'folder') await mkdir(temporary);
    const result = await write(temporary);
    await flush(temporary, look.kind);
    // Again: another may have been quicker.
    const isThere = await refuse(out, look, force);
    if (look.kind === 'folder' && isThere) await replaceFolder(temporary, out);
    else await rename(temporary, out);
    await syncFolder(dirname(out));
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw asExportError(error, out);
  }
}

/** Whether something is at `out`; throws unless it may be replaced. */
async function refuse(out: string, look: Format['look'], force: boolean): Promise<boolean> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(out)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw asExportError(error, out);
  }
  const names = isFolder ? await readdir(out) : [];
  if (isFolder && look.kind === 'folder' && names.length === 0) return true;
  const isExport =
    look.kind === 'folder'
      ? isFolder && names.every((name) => look.names.includes(name))
      : !isFolder && (await startsWith(out, look.magic));
  if (isExport && force) return true;
  throw isExport
    ? new ExportError(
        'export-exists',
        `${out} exists`,
        'choose another place with --out, or replace it with --force',
      )
    : new ExportError(
        'not-an-export',
        `${out} exists and is not an export of this format, so it is not written over`,
        'choose another place with --out, or delete it yourself',
      );
}

async function startsWith(path: string, magic: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const start = Buffer.alloc(magic.length);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    return bytesRead === start.length && start.toString('latin1') === magic;
  } finally {
    await handle.close();
  }
}

/** Puts a folder where another is. Between the two renames there is none; the old one is then beside it. */
async function replaceFolder(from: string, out: string): Promise<void> {
  const old = `${from}-before`;
  await rename(out, old);
  await rename(from, out);
  await rm(old, { recursive: true, force: true });
}

async function flush(path: string, kind: 'file' | 'folder'): Promise<void> {
  const files = kind === 'file' ? [path] : (await readdir(path)).map((name) => join(path, name));
  for (const file of files) {
    const handle = await open(file, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  if (kind === 'folder') await syncFolder(path);
}
