// The energy tables of a run: energy.jsonl for programs, energy.csv for spreadsheets and data frames. Files of lines that
// only grow, like those of tables.ts. Runs that estimate no entropy have none. Reading them back is read-energy.ts.

import { join } from 'node:path';
import type { EnergyRecord } from '../estimate/mod.js';
import { AppendFile, trimLines, type FlushPolicy } from './append.js';
import { csvLine, type Cell } from './csv.js';
import { RecordError } from './errors.js';
import { remove } from './files.js';
import { isCount, isObject } from './json.js';
import type { EnergyRecordJson } from './read-energy.js';
import { totalName, type TableLayout } from './table-layout.js';
import { checkHeader } from './tables.js';

/** The files, in the order in which they are written. */
export const energyFiles = ['energy.jsonl', 'energy.csv'] as const;
export type EnergyFile = (typeof energyFiles)[number];

/** Bytes of each file: what a checkpoint records, and what resume trims to. */
export type EnergyLengths = Readonly<Record<EnergyFile, number>>;

/**
 * Lengths out of a checkpoint's header.
 *
 * @throws RangeError if these are not lengths of the energy tables
 */
export function parseEnergyLengths(value: unknown): EnergyLengths {
  if (isObject(value) && energyFiles.every((file) => isCount(value[file]))) return value as EnergyLengths;
  throw new RangeError(`expected the lengths of ${energyFiles.join(', ')}, got ${JSON.stringify(value)}`);
}

/** Columns that only the row of totals fills: E is known per node, the rest is of the state as a whole. */
const totalColumns = [
  'relative_entropy',
  'relative_entropy_se',
  'dissipation',
  'dissipation_se',
  'dissipation_transport',
  'dissipation_reaction',
  'balance',
  'balance_se',
  'kinetic',
  'hamiltonian',
  'residual',
] as const;

/** The first line of energy.csv. */
export function energyHeader(): string {
  return csvLine([
    ...['step', 'time', 'node', 'entropy', 'entropy_se', 'entropy_bias', 'energy', 'energy_se'],
    ...totalColumns,
    ...['temperature', 'method'],
  ]);
}

/** Rows per piece of text, so that large graphs hold little memory. */
const rowsPerPiece = 1000;

/** The rows of a record in energy.csv, in pieces: one per node, then the totals. */
export function* energyRows(layout: TableLayout, record: EnergyRecord): Generator<string> {
  const { step, time, temperature, method } = record;
  let piece = '';
  for (const [g, name] of layout.nodeNames.entries()) {
    const cells: Cell[] = [step, time, name];
    cells.push(record.entropy[g], record.entropyError[g], record.entropyBias[g]);
    cells.push(record.nodeEnergy[g], record.nodeEnergyError[g]);
    cells.push(...totalColumns.map(() => undefined), temperature, method);
    piece += csvLine(cells);
    if ((g + 1) % rowsPerPiece === 0) {
      yield piece;
      piece = '';
    }
  }
  yield (
    piece +
    csvLine([
      ...[step, time, totalName(layout), undefined, undefined, undefined],
      ...[record.energy, record.energyError],
      ...[record.relativeEntropy, record.relativeEntropyError],
      ...[record.dissipation, record.dissipationError],
      ...[record.dissipationTransport, record.dissipationReaction],
      ...[record.balance, record.balanceError],
      ...[record.kinetic, record.hamiltonian, record.residual, temperature, method],
    ])
  );
}

/** A record as it is written; what is not finite is still a number here, and null as JSON. */
export function energyJson(record: EnergyRecord): EnergyRecordJson {
  const plain = Object.entries(record).map(([key, value]: [string, unknown]) => [
    key,
    value instanceof Float64Array ? Array.from(value) : value,
  ]);
  return Object.fromEntries(plain) as EnergyRecordJson;
}

/** The line for a record in energy.jsonl, with its end. JSON.stringify writes what is not finite as null. */
export function energyLine(record: EnergyRecord): string {
  return `${JSON.stringify(energyJson(record))}\n`;
}

/** The energy tables, open for appending. Calls must not overlap: await each before the next. */
export class EnergyTables {
  readonly folder: string;
  readonly #layout: TableLayout;
  readonly #files: Readonly<Record<EnergyFile, AppendFile>>;
  #lastStep = -1;

  private constructor(folder: string, layout: TableLayout, files: Readonly<Record<EnergyFile, AppendFile>>) {
    this.folder = folder;
    this.#layout = layout;
    this.#files = files;
  }

  /**
   * Creates the tables of a run that starts at step 0; tables that are there are lost.
   *
   * @throws OutputError if the system refuses
   */
  static async create(folder: string, layout: TableLayout, flush?: FlushPolicy): Promise<EnergyTables> {
    for (const file of energyFiles) await remove(join(folder, file));
    return EnergyTables.open(folder, layout, flush);
  }

  /**
   * Opens the tables for going on; missing and empty ones are begun. Trim them first.
   *
   * @throws RecordError (`corrupt-table`) if a table is of another program
   * @throws OutputError if the system refuses
   */
  static async open(folder: string, layout: TableLayout, flush?: FlushPolicy): Promise<EnergyTables> {
    const opened: AppendFile[] = [];
    try {
      for (const file of energyFiles) {
        const header = file === 'energy.csv' ? energyHeader() : '';
        const table = await AppendFile.open(join(folder, file), flush);
        opened.push(table);
        if (table.length === 0) await table.append(header);
        else await checkHeader(table.path, header);
      }
    } catch (error) {
      for (const table of opened) await table.close().catch(() => undefined);
      throw error;
    }
    const [lines, rows] = opened;
    return new EnergyTables(folder, layout, { 'energy.jsonl': lines, 'energy.csv': rows });
  }

  /**
   * Appends a record to both tables.
   *
   * @throws RecordError (`invalid-observation`) if it is of another model, or not later than the one before
   * @throws OutputError if the system refuses; the table that could not be written is left as it was
   */
  async append(record: EnergyRecord): Promise<void> {
    const nodes = this.#layout.nodeNames.length;
    for (const key of ['entropy', 'entropyError', 'entropyBias', 'nodeEnergy', 'nodeEnergyError'] as const) {
      if (record[key].length === nodes) continue;
      throw new RecordError(
        'invalid-observation',
        this.folder,
        `the energy of step ${record.step} has ${record[key].length} numbers for ${key}, not ${nodes}`,
        'report this: the tables were opened for another model than the one that runs',
      );
    }
    if (record.step <= this.#lastStep) {
      throw new RecordError(
        'invalid-observation',
        this.folder,
        `the energy of step ${record.step} comes after step ${this.#lastStep}, but tables never go back in time`,
        'report this: after going back to a checkpoint the tables must be trimmed and opened again',
      );
    }
    await this.#files['energy.jsonl'].append(energyLine(record));
    await this.#files['energy.csv'].append(energyRows(this.#layout, record));
    this.#lastStep = record.step;
  }

  /**
   * Flushes the tables and tells their lengths, for a checkpoint: what it stands for must be on the disk before it.
   *
   * @throws OutputError if the system refuses
   */
  async lengths(): Promise<EnergyLengths> {
    await this.sync();
    return {
      'energy.jsonl': this.#files['energy.jsonl'].length,
      'energy.csv': this.#files['energy.csv'].length,
    };
  }

  /** Flushes the tables to the disk. */
  async sync(): Promise<void> {
    for (const file of energyFiles) await this.#files[file].sync();
  }

  /** Flushes and closes the tables. */
  async close(): Promise<void> {
    const results = await Promise.allSettled(energyFiles.map((file) => this.#files[file].close()));
    for (const result of results) if (result.status === 'rejected') throw result.reason as Error;
  }

  /**
   * Cuts the tables of a folder back to the lengths that a checkpoint recorded, before they are opened again.
   *
   * @throws RecordError (`corrupt-table`) if a table is shorter than that, or was changed
   * @throws OutputError if the system refuses
   */
  static async trim(folder: string, lengths: EnergyLengths): Promise<void> {
    for (const file of energyFiles) await trimLines(join(folder, file), lengths[file]);
  }
}
