// The tables of a run: files of lines that only grow. observables.jsonl for programs, observables.csv and jumps.csv for
// spreadsheets and data frames. This file opens, grows and trims them; the lines are observation-json.ts and
// observation-csv.ts, reading them back is read-tables.ts.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Observation } from '../estimate/mod.js';
import { AppendFile, trimLines, type FlushPolicy } from './append.js';
import { guarded, RecordError } from './errors.js';
import { remove } from './files.js';
import { isCount, isObject } from './json.js';
import { jsonLine } from './observation-json.js';
import { jumpsHeader, jumpsRows, observablesHeader, observablesRows } from './observation-csv.js';
import { checkObservation, type TableLayout } from './table-layout.js';

/** The files, in the order in which they are written. */
export const tableFiles = ['observables.jsonl', 'observables.csv', 'jumps.csv'] as const;
export type TableFile = (typeof tableFiles)[number];

/** Bytes of each file: what a checkpoint records, and what resume trims to. */
export type TableLengths = Readonly<Record<TableFile, number>>;

/**
 * Lengths out of a checkpoint's header.
 *
 * @throws RangeError if these are not lengths of the tables
 */
export function parseTableLengths(value: unknown): TableLengths {
  if (isObject(value) && tableFiles.every((file) => isCount(value[file]))) return value as TableLengths;
  throw new RangeError(`expected the lengths of ${tableFiles.join(', ')}, got ${JSON.stringify(value)}`);
}

/** The tables, open for appending. Calls must not overlap: await each before the next. */
export class ObservableTables {
  readonly folder: string;
  readonly #layout: TableLayout;
  readonly #files: Readonly<Record<TableFile, AppendFile>>;
  #lastStep = -1;

  private constructor(folder: string, layout: TableLayout, files: Readonly<Record<TableFile, AppendFile>>) {
    this.folder = folder;
    this.#layout = layout;
    this.#files = files;
  }

  /**
   * Creates the tables of a run that starts at step 0; tables that are there are lost.
   *
   * @throws OutputError if the system refuses
   */
  static async create(folder: string, layout: TableLayout, flush?: FlushPolicy): Promise<ObservableTables> {
    for (const file of tableFiles) await remove(join(folder, file));
    return ObservableTables.open(folder, layout, flush);
  }

  /**
   * Opens the tables for going on; missing and empty ones are begun. Trim them first.
   *
   * @throws RecordError (`corrupt-table`) if a table is of another model
   * @throws OutputError if the system refuses
   */
  static async open(folder: string, layout: TableLayout, flush?: FlushPolicy): Promise<ObservableTables> {
    const headers: Readonly<Record<TableFile, string>> = {
      'observables.jsonl': '',
      'observables.csv': observablesHeader(layout),
      'jumps.csv': jumpsHeader(),
    };
    const opened: AppendFile[] = [];
    try {
      for (const file of tableFiles) {
        const table = await AppendFile.open(join(folder, file), flush);
        opened.push(table);
        if (table.length === 0) await table.append(headers[file]);
        else await checkHeader(table.path, headers[file]);
      }
    } catch (error) {
      for (const table of opened) await table.close().catch(() => undefined);
      throw error;
    }
    const [lines, observables, jumps] = opened;
    return new ObservableTables(folder, layout, {
      'observables.jsonl': lines,
      'observables.csv': observables,
      'jumps.csv': jumps,
    });
  }

  /**
   * Appends an observation to all tables.
   *
   * @throws RecordError (`invalid-observation`) if it is of another model, or not later than the one before
   * @throws OutputError if the system refuses; the table that could not be written is left as it was
   */
  async append(observation: Observation): Promise<void> {
    checkObservation(this.#layout, observation, this.folder);
    if (observation.step <= this.#lastStep) {
      throw new RecordError(
        'invalid-observation',
        this.folder,
        `step ${observation.step} comes after step ${this.#lastStep}, but tables never go back in time`,
        'report this: after going back to a checkpoint the tables must be trimmed and opened again',
      );
    }
    await this.#files['observables.jsonl'].append(jsonLine(this.#layout, observation));
    await this.#files['observables.csv'].append(observablesRows(this.#layout, observation));
    await this.#files['jumps.csv'].append(jumpsRows(this.#layout, observation));
    this.#lastStep = observation.step;
  }

  /**
   * Flushes the tables and tells their lengths, for a checkpoint: what it stands for must be on the disk before it.
   *
   * @throws OutputError if the system refuses
   */
  async lengths(): Promise<TableLengths> {
    await this.sync();
    return {
      'observables.jsonl': this.#files['observables.jsonl'].length,
      'observables.csv': this.#files['observables.csv'].length,
      'jumps.csv': this.#files['jumps.csv'].length,
    };
  }

  /** Flushes the tables to the disk. */
  async sync(): Promise<void> {
    for (const file of tableFiles) await this.#files[file].sync();
  }

  /** Flushes and closes the tables. */
  async close(): Promise<void> {
    const results = await Promise.allSettled(tableFiles.map((file) => this.#files[file].close()));
    for (const result of results) if (result.status === 'rejected') throw result.reason as Error;
  }

  /**
   * Cuts the tables of a folder back to the lengths that a checkpoint recorded, before they are opened again. Half lines
   * of a run that was killed go with the rest.
   *
   * @throws RecordError (`corrupt-table`) if a table is shorter than that, or was changed
   * @throws OutputError if the system refuses
   */
  static async trim(folder: string, lengths: TableLengths): Promise<void> {
    for (const file of tableFiles) await trimLines(join(folder, file), lengths[file]);
  }
}

/**
 * Checks that a table begins with its header.
 *
 * @throws RecordError (`corrupt-table`) if it does not
 * @throws OutputError if the system refuses
 */
export async function checkHeader(path: string, header: string): Promise<void> {
  const expected = Buffer.from(header);
  const actual = Buffer.alloc(expected.length);
  await guarded('read', path, async () => {
    const handle = await open(path, 'r');
    try {
      await handle.read(actual, 0, actual.length, 0);
    } finally {
      await handle.close();
    }
  });
  if (actual.equals(expected)) return;
  throw new RecordError(
    'corrupt-table',
    path,
    `${path} does not begin with the header of this run's table`,
    'put back the file as the run left it, or start the run anew',
  );
}
