// Reading some records of a table of JSON lines by their steps, again and again while it grows: for those who watch a run. Keeps where each
// line begins, not the lines; what was appended since the last time is looked at once. Reading a whole table is read-lines.ts.

import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { asOutputError, systemCode } from './errors.js';
import { parseJsonLine, type ObservationRecord } from './observation-json.js';
import { parseEnergyLine, type EnergyRecordJson } from './read-energy.js';

/** Bytes that are read at a time while lines are looked for. */
const PIECE_BYTES = 256 * 1024;
/** Every line begins so: the step is its first key. */
const HEAD = /^\{"step":(\d{1,16}),/u;
const HEAD_BYTES = 32;
const LINE_END = 0x0a;

/** The lines of a table that are whole, known by their steps, which ascend. */
export class IndexedLines<T> {
  #starts: number[] = [];
  #steps: number[] = [];
  /** End of the last whole line that is known. */
  #end = 0;
  #work: Promise<unknown> = Promise.resolve();

  constructor(
    readonly path: string,
    private readonly parse: (line: string) => T | undefined,
  ) {}

  /**
   * Records of steps after `since`, oldest first: at most `most`, and no more than about so many bytes of text, but one in any case.
   * None if there is no file. Lines that hold no record are left out.
   *
   * @throws OutputError if the system refuses
   */
  read(since: number, most: number, bytes: number): Promise<readonly T[]> {
    // One after the other: all of them use the same index.
    const work = this.#work.then(() => this.#read(since, most, bytes));
    this.#work = work.catch(() => undefined);
    return work;
  }

  /** The last record; undefined if there is none. */
  async last(): Promise<T | undefined> {
    // Brings the index up to date.
    await this.read(Infinity, 1, 0);
    const step = this.#steps.at(-1);
    return step === undefined ? undefined : (await this.read(step - 1, 1, 0))[0];
  }

  async #read(since: number, most: number, bytes: number): Promise<readonly T[]> {
    let handle: FileHandle;
    try {
      handle = await open(this.path, 'r');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw asOutputError(error, 'read', this.path);
    }
    try {
      await this.#extend(handle);
      const first = firstAbove(this.#steps, since);
      let last = Math.min(first + most, this.#steps.length);
      while (last > first + 1 && this.#endOf(last - 1) - this.#starts[first] > bytes) {
        last = first + Math.max(1, Math.floor((last - first) / 2));
      }
      if (last <= first) return [];
      const from = this.#starts[first];
      const text = Buffer.alloc(this.#endOf(last - 1) - from);
      const { bytesRead } = await handle.read(text, 0, text.length, from);
      return text
        .toString('utf8', 0, bytesRead)
        .split('\n')
        .map((line) => this.parse(line))
        .filter((record) => record !== undefined);
    } catch (error) {
      throw asOutputError(error, 'read', this.path);
    } finally {
      await handle.close();
    }
  }

  #endOf(line: number): number {
    return line + 1 < this.#starts.length ? this.#starts[line + 1] : this.#end;
  }

  /** Looks for lines that were appended, or for all of them if the file is not what it was: a run that goes back trims it. */
  async #extend(handle: FileHandle): Promise<void> {
    const { size } = await handle.stat();
    if (!(await this.#isAsBefore(handle, size))) {
      [this.#starts, this.#steps, this.#end] = [[], [], 0];
    }
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, Math.max(0, size - this.#end)));
    let start = this.#end;
    let head = '';
    for (let at = this.#end; at < size;) {
      const { bytesRead } = await handle.read(piece, 0, piece.length, at);
      if (bytesRead === 0) break;
      for (let from = 0; ;) {
        const end = piece.subarray(0, bytesRead).indexOf(LINE_END, from);
        const to = end < 0 ? bytesRead : end;
        head += piece.toString('latin1', from, Math.min(to, from + HEAD_BYTES - head.length));
        if (end < 0) break;
        const step = Number(HEAD.exec(head)?.[1] ?? Number.NaN);
        // A line that is no record is passed over with the one before it.
        if (step > (this.#steps.at(-1) ?? -1)) {
          this.#starts.push(start);
          this.#steps.push(step);
        }
        from = end + 1;
        start = at + from;
        this.#end = start;
        head = '';
      }
      at += bytesRead;
    }
  }

  /** Whether the last line that is known is still where it was. */
  async #isAsBefore(handle: FileHandle, size: number): Promise<boolean> {
    const start = this.#starts.at(-1);
    if (start === undefined) return this.#end === 0;
    if (size < this.#end) return false;
    const head = Buffer.alloc(HEAD_BYTES);
    const end = Buffer.alloc(1);
    await handle.read(head, 0, HEAD_BYTES, start);
    await handle.read(end, 0, 1, this.#end - 1);
    return (
      end[0] === LINE_END &&
      Number(HEAD.exec(head.toString('latin1'))?.[1] ?? Number.NaN) === this.#steps.at(-1)
    );
  }
}

/** Index of the first entry above a value, in an ascending list. */
function firstAbove(list: readonly number[], value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The observations of a run folder. */
export function observationLines(folder: string): IndexedLines<ObservationRecord> {
  return new IndexedLines(join(folder, 'observables.jsonl'), parseJsonLine);
}

/** The energies of a run folder. */
export function energyLines(folder: string): IndexedLines<EnergyRecordJson> {
  return new IndexedLines(join(folder, 'energy.jsonl'), parseEnergyLine);
}
