// CSV tables: header, rows, numeric columns, with the file, row and column in every message. Not what the numbers mean.

import { parse } from 'csv-parse/sync';
import type { Path } from '../config/mod.js';
import { formatValue, suggest } from '../config/thread.js';
import type { BuildContext } from './context.js';

/** A CSV file with a header line. */
export interface Table {
  readonly file: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Line of each row in the file, from 1. */
  readonly lines: readonly number[];
}

// A column of the wrong kind is wrong in every row.
const problemLimit = 5;

interface Parsed {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/** Reads a text file named in the config, or refuses the config. */
export function readText(context: BuildContext, path: Path, file: string): string | undefined {
  try {
    return context.config.source.readText(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code ?? String(error)})`;
    context.refuse(path, `${file}: ${why}`, {
      value: file,
      hint: `names start from the folder of the config, ${context.config.source.folder}`,
    });
    return undefined;
  }
}

/** Reads a CSV table, or refuses the config. */
export function readTable(context: BuildContext, path: Path, file: string): Table | undefined {
  const text = readText(context, path, file);
  if (text === undefined) return undefined;
  let parsed: Parsed[];
  try {
    parsed = parse(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
    }) as unknown as Parsed[];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    context.refuse(path, `${file} is not valid CSV: ${message}`, {
      value: file,
      hint: 'separate cells by commas',
    });
    return undefined;
  }
  if (parsed.length < 2) {
    context.refuse(path, `${file} has no rows`, {
      value: file,
      hint: 'write a header line, then one line per row',
    });
    return undefined;
  }
  const header = parsed[0].record;
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) {
    context.refuse(path, `${file} has two columns named "${twice}"`, {
      value: file,
      hint: 'rename one of them',
    });
    return undefined;
  }
  const rows = parsed.slice(1);
  return { file, header, rows: rows.map((row) => row.record), lines: rows.map((row) => row.info.lines) };
}

/** The index of a column, or undefined with the config refused. */
export function columnIndex(
  context: BuildContext,
  path: Path,
  table: Table,
  name: string,
): number | undefined {
  const index = table.header.indexOf(name);
  if (index >= 0) return index;
  context.refuse(path, `${table.file} has no column "${name}"`, {
    value: name,
    hint: suggest(name, table.header, 'its columns'),
  });
  return undefined;
}

/** A column as numbers; empty cells, NaN and texts are refused with file, row and column. */
export function numericColumn(
  context: BuildContext,
  path: Path,
  table: Table,
  name: string,
): Float64Array | undefined {
  const index = columnIndex(context, path, table, name);
  if (index === undefined) return undefined;
  const values = new Float64Array(table.rows.length);
  let wrong = 0;
  table.rows.forEach((row, i) => {
    const cell = row[index];
    const number = cell === '' ? NaN : Number(cell);
    values[i] = number;
    if (Number.isFinite(number) || ++wrong > problemLimit) return;
    const what = cell === '' ? 'is empty' : `is ${formatValue(cell)}, not a finite number`;
    context.refuse(path, `${table.file} row ${i + 1} (line ${table.lines[i]}), column "${name}" ${what}`, {
      value: name,
      hint: 'fill the cell, or leave the row out',
    });
  });
  if (wrong > problemLimit) {
    context.refuse(path, `${table.file} has ${wrong - problemLimit} more such cells in column "${name}"`, {
      value: name,
      hint: 'fill them, or leave those rows out',
    });
  }
  return wrong === 0 ? values : undefined;
}

/** Whether every cell of a column is a finite number. */
export function isNumeric(table: Table, index: number): boolean {
  return table.rows.every((row) => row[index] !== '' && Number.isFinite(Number(row[index])));
}
