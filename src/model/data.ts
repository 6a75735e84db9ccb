// Data arrays for formulas: read, checked, centred, standardised. Sums run in the order of the rows, so that the same
// file gives the same bits everywhere.

import { isName, isReserved, type DataArray } from '../expression/mod.js';
import type { BuildContext } from './context.js';
import { numericColumn, readTable, type Table } from './tables.js';

/** Reads the arrays of `potential.data`. */
export function readData(context: BuildContext): Map<string, DataArray> {
  const arrays = new Map<string, DataArray>();
  const tables = new Map<string, Table | undefined>();
  for (const [name, spec] of Object.entries(context.config.potential.data)) {
    const path = ['potential', 'data', name];
    if (!isName(name) || isReserved(name, 'data')) {
      const why = isName(name) ? 'has a meaning of its own in formulas' : 'cannot be a name in formulas';
      context.refuse(path, `"${name}" ${why}`, {
        at: 'key',
        hint: 'use another name: letters, digits and _',
      });
      continue;
    }
    if (spec.kind === 'inline') {
      const array = inlineArray(context, path, spec.rows);
      if (array !== undefined) arrays.set(name, array);
      continue;
    }
    if (!tables.has(spec.file)) tables.set(spec.file, readTable(context, [...path, 'file'], spec.file));
    const table = tables.get(spec.file);
    if (table === undefined) continue;
    const columns = spec.columns.map((column, i) => {
      const at = spec.matrix ? [...path, 'columns', i] : [...path, 'column'];
      const values = numericColumn(context, at, table, column);
      if (values === undefined || !(spec.center || spec.standardize)) return values;
      const spread = shiftAndScale(values, spec.standardize);
      if (spread === 0) {
        const message = `column "${column}" of ${spec.file} is constant and cannot be scaled to variance 1`;
        context.refuse(at, message, {
          value: column,
          hint: 'leave it out, or use center instead of standardize',
        });
      }
      return values;
    });
    if (columns.some((column) => column === undefined)) continue;
    const rows = table.rows.length;
    const values = new Float64Array(rows * columns.length);
    columns.forEach((column, j) => {
      for (let i = 0; i < rows; i++) values[i * columns.length + j] = (column as Float64Array)[i];
    });
    arrays.set(name, { rows, columns: spec.matrix ? columns.length : undefined, values });
  }
  return arrays;
}

/** Shifts values to mean 0 and, if asked, scales them to variance 1 (with 1/n). Returns the standard deviation. */
function shiftAndScale(values: Float64Array, scale: boolean): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] -= mean;
    squares += values[i] * values[i];
  }
  const deviation = Math.sqrt(squares / values.length);
  if (scale) for (let i = 0; i < values.length; i++) values[i] /= deviation;
  return deviation;
}

function inlineArray(
  context: BuildContext,
  path: readonly string[],
  rows: readonly (number | readonly number[])[],
): DataArray | undefined {
  const [first] = rows;
  const columns = typeof first === 'number' ? undefined : first.length;
  const odd = rows.findIndex((row) => (typeof row === 'number' ? undefined : row.length) !== columns);
  if (odd >= 0) {
    context.refuse([...path, odd], 'the rows differ in length', {
      value: rows[odd],
      hint: 'give all rows one length',
    });
    return undefined;
  }
  return { rows: rows.length, columns, values: Float64Array.from(rows.flat()) };
}
