// The energies of a run as tables that only grow: energy.jsonl for programs, energy.csv for spreadsheets and data frames.
// Only for runs that know an energy. Reading them back is not done here.

import { join } from 'node:path';
import type { EnergyRecord } from '../estimate/mod.js';
import { AppendFile, trimLines, type FlushPolicy } from './append.js';
import { csvLine, type Cell } from './csv.js';
import { remove } from './files.js';
import { isCount, isObject } from './json.js';
import { totalName, type TableLayout } from './table-layout.js';

/** The files, in the order in which they are written. */
export const energyFiles = ['energy.jsonl', 'energy.csv'] as const;
type EnergyFile = (typeof energyFiles)[number];

/** Bytes of each file: what a checkpoint records, and what resume trims to. */
export type EnergyLengths = Readonly<Record<EnergyFile, number>>;

/**
 * Lengths out of a checkpoint's header.
 *
 * @throws RangeError if these are not lengths of the tables
 */
export function parseEnergyLengths(value: unknown): EnergyLengths {
  if (isObject(value) && energyFiles.every((file) => isCount(value[file]))) return value as EnergyLengths;
  throw new RangeError(`expected the lengths of ${energyFiles.join(', ')}, got ${JSON.stringify(value)}`);
}

const columns = [
  ...['step', 'time', 'node', 'entropy', 'entropy_se', 'entropy_bias', 'energy', 'energy_se'],
  ...['relative_entropy', 'relative_entropy_se', 'dissipation', 'dissipation_se'],
  ...['dissipation_transport', 'dissipation_reaction', 'balance', 'balance_se', 'temperature', 'method'],
];

/** A record as one line of JSON: arrays as lists, what is not finite as null. */
function jsonLine(record: EnergyRecord): string {
  const plain = (_: string, value: unknown): unknown =>
    value instanceof Float64Array ? Array.from(value) : value;
  return `${JSON.stringify(record, plain)}\n`;
}

/** One row per node, then one for the total. */
function csvRows(layout: TableLayout, record: EnergyRecord): string {
  const { step, time, temperature, method } = record;
  const nothing = Array.from<Cell>({ length: 8 });
  const rows = layout.nodeNames.map((name, g) =>
    csvLine([
      ...[step, time, name, record.entropy[g], record.entropyError[g], record.entropyBias[g]],
      ...[record.nodeEnergy[g], record.nodeEnergyError[g], ...nothing, temperature, method],
    ]),
  );
  const total: Cell[] = [step, time, totalName(layout), undefined, undefined, undefined];
  total.push(record.energy, record.energyError, record.relativeEntropy, record.relativeEntropyError);
  total.push(record.dissipation, record.dissipationError);
  total.push(record.dissipationTransport, record.dissipationReaction);
  total.push(record.balance, record.balanceError, temperature, method);
  return rows.join('') + csvLine(total);
}

/** The tables, open for appending. Calls must not overlap: await each before the next. */
export class EnergyTables {
  private constructor(
    private readonly layout: TableLayout,
    private readonly files: Readonly<Record<EnergyFile, AppendFile>>,
  ) {}

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
   * @throws OutputError if the system refuses
   */
  static async open(folder: string, layout: TableLayout, flush?: FlushPolicy): Promise<EnergyTables> {
    const lines = await AppendFile.open(join(folder, 'energy.jsonl'), flush);
    try {
      const rows = await AppendFile.open(join(folder, 'energy.csv'), flush);
      if (rows.length === 0) await rows.append(csvLine(columns));
      return new EnergyTables(layout, { 'energy.jsonl': lines, 'energy.csv': rows });
    } catch (error) {
      await lines.close().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Appends a record to both tables.
   *
   * @throws OutputError if the system refuses; the table that could not be written is left as it was
   */
  async append(record: EnergyRecord): Promise<void> {
    await this.files['energy.jsonl'].append(jsonLine(record));
    await this.files['energy.csv'].append(csvRows(this.layout, record));
  }

  /**
   * Flushes the tables and tells their lengths, for a checkpoint.
   *
   * @throws OutputError if the system refuses
   */
  async lengths(): Promise<EnergyLengths> {
    for (const file of energyFiles) await this.files[file].sync();
    return {
      'energy.jsonl': this.files['energy.jsonl'].length,
      'energy.csv': this.files['energy.csv'].length,
    };
  }

  /** Flushes and closes the tables. */
  async close(): Promise<void> {
    const results = await Promise.allSettled(energyFiles.map((file) => this.files[file].close()));
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
