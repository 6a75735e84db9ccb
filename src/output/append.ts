// A file that only grows, by whole pieces of text. A piece that could not be written whole is taken back, and a file can
// be cut to an earlier length. Not for files that are replaced: that is files.ts.

import { constants, copyFile, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asOutputError, guarded, RecordError, systemCode } from './errors.js';
import { syncFolder, temporaryName } from './files.js';

/**
 * When an append is flushed to the disk: each one, when the last flush is so many seconds ago, or only on `sync()`.
 * What was appended survives a kill of the process in any case; flushing is for losses of power.
 */
export type FlushPolicy = 'always' | 'manual' | { readonly seconds: number };

/** A file open for appending. Calls must not overlap: await each before the next. */
export class AppendFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #policy: FlushPolicy;
  #length: number;
  #flushedAt = performance.now();
  #dirty = false;

  private constructor(path: string, handle: FileHandle, length: number, policy: FlushPolicy) {
    this.path = path;
    this.#handle = handle;
    this.#length = length;
    this.#policy = policy;
  }

  /**
   * Opens a file for appending, or creates it.
   *
   * @throws OutputError if the system refuses
   */
  static async open(path: string, policy: FlushPolicy = { seconds: 5 }): Promise<AppendFile> {
    return guarded('open', path, async () => {
      const handle = await open(path, 'a');
      try {
        const { size } = await handle.stat();
        if (size === 0) await syncFolder(dirname(path));
        return new AppendFile(path, handle, size, policy);
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  /** Bytes in the file. */
  get length(): number {
    return this.#length;
  }

  /**
   * Appends text, piece by piece. If not all of it can be written, what was is taken back, so that the file ends as it
   * did before.
   *
   * @throws OutputError if the system refuses
   */
  async append(pieces: string | Iterable<string>): Promise<void> {
    const before = this.#length;
    await guarded('write', this.path, async () => {
      try {
        for (const piece of typeof pieces === 'string' ? [pieces] : pieces) await this.#write(piece);
      } catch (error) {
        await this.#handle.truncate(before).catch(() => undefined);
        this.#length = before;
        throw error;
      }
    });
    this.#dirty ||= this.#length > before;
    if (this.#isFlushDue()) await this.sync();
  }

  async #write(piece: string): Promise<void> {
    const bytes = Buffer.from(piece);
    let written = 0;
    while (written < bytes.length) {
      written += (await this.#handle.write(bytes, written)).bytesWritten;
    }
    this.#length += bytes.length;
  }

  #isFlushDue(): boolean {
    if (this.#policy === 'manual') return false;
    return this.#policy === 'always' || performance.now() - this.#flushedAt >= this.#policy.seconds * 1000;
  }

  /**
   * Flushes what was appended to the disk.
   *
   * @throws OutputError if the system refuses
   */
  async sync(): Promise<void> {
    if (this.#dirty) await guarded('flush', this.path, () => this.#handle.sync());
    this.#dirty = false;
    this.#flushedAt = performance.now();
  }

  /** Flushes and closes; the file cannot be used after. */
  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      await this.#handle.close();
    }
  }
}

/**
 * Cuts a file of lines to the first `length` bytes, flushed: a copy of them takes its place. A process that had the file open
 * before, and wakes up after another one has taken its run over, so goes on appending to a file that has no name any more, and
 * not to this one. Length 0 of a missing file is well.
 *
 * @throws RecordError (`corrupt-table`) if the file is shorter than that, or the cut is not the end of a line: then it
 * is not the file that the length was taken of
 * @throws OutputError if the system refuses; the file is then as it was
 */
export async function trimLines(path: string, length: number): Promise<void> {
  const damaged = (what: string): RecordError =>
    new RecordError(
      'corrupt-table',
      path,
      `${path} ${what}`,
      'put back the file as the run left it, or start the run anew',
    );
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      if (length === 0) return;
      throw damaged(`is missing, though the checkpoint stands for ${length} bytes of it`);
    }
    throw asOutputError(error, 'open', path);
  }
  try {
    await guarded('trim', path, async () => {
      const { size } = await handle.stat();
      if (size < length) {
        throw damaged(`holds ${size} bytes, though the checkpoint stands for ${length}`);
      }
      if (length > 0) {
        const last = new Uint8Array(1);
        await handle.read(last, 0, 1, length - 1);
        if (last[0] !== 0x0a)
          throw damaged(`was changed: the checkpoint's ${length} bytes end within a line`);
      }
    });
  } finally {
    await handle.close();
  }
  await replaceByHead(path, length);
}

/** Puts a copy of the first `length` bytes of a file in its place. */
async function replaceByHead(path: string, length: number): Promise<void> {
  const temporary = temporaryName(path);
  await guarded('trim', path, async () => {
    try {
      // Without copying where the file system can share blocks.
      await copyFile(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      const copy = await open(temporary, 'r+');
      try {
        await copy.truncate(length);
        await copy.sync();
      } finally {
        await copy.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
  });
  await syncFolder(dirname(path));
}
