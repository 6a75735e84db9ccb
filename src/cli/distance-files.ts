// Densities in files of other programs: NPY arrays and CSV tables. Form only: which grid and which graph they belong to is
// decided in distance-ends.ts.

import { parse } from 'csv-parse/sync';
import { UsageError } from './exit.js';

/** An array as a file holds it. */
export interface ArrayFile {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** A table of cells: equally spaced centres along each coordinate. */
export interface TableFile {
  readonly coordinateNames: readonly string[];
  readonly nodeNames: readonly string[] | undefined;
  readonly cells: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** [node * cells + cell], cells in C order. */
  readonly values: Float64Array;
}

/**
 * Reads NPY, versions 1 to 3, of little-endian floats or integers in C order.
 * @throws UsageError
 */
export function parseNpy(bytes: Uint8Array, file: string): ArrayFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = [0x93, ...Array.from('NUMPY', (letter) => letter.charCodeAt(0))];
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte))
    throw new UsageError(`${file} is no NPY file; write it with numpy.save`);
  const isLong = bytes[6] > 1;
  const start = isLong ? 12 : 10;
  const length = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  const type = /'descr':\s*'([^']*)'/u.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/u.exec(header)?.[1];
  const shapeText = /'shape':\s*\(([^)]*)\)/u.exec(header)?.[1];
  if (type === undefined || order === undefined || shapeText === undefined)
    throw new UsageError(`${file} has a header that says no type, order and shape; write it with numpy.save`);
  const shape = shapeText
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(Number);
  if (order === 'True')
    throw new UsageError(`${file} is in Fortran order; save numpy.ascontiguousarray(array)`);
  const readers: Readonly<Record<string, readonly [number, (at: number) => number]>> = {
    '<f8': [8, (at) => view.getFloat64(at, true)],
    '<f4': [4, (at) => view.getFloat32(at, true)],
    '<i4': [4, (at) => view.getInt32(at, true)],
    '<i8': [8, (at) => Number(view.getBigInt64(at, true))],
  };
  const reader = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (!reader) throw new UsageError(`${file} holds numbers of type ${type}; save array.astype('<f8')`);
  const [size, read] = reader;
  const count = shape.reduce((product, n) => product * n, 1);
  const begin = start + length;
  if (bytes.length !== begin + count * size)
    throw new UsageError(
      `${file} has ${bytes.length - begin} bytes of numbers, not ${count * size}: it is cut off`,
    );
  return { shape, values: Float64Array.from({ length: count }, (_, i) => read(begin + i * size)) };
}

/** Part of a width by which centres of cells may be off their places. */
const placeTolerance = 1e-6;

/**
 * Reads a table with a column for each coordinate, `density`, and, with several nodes, `node`. Rows in any order; all cells of all nodes.
 * @throws UsageError
 */
export function parseDensityTable(text: string, file: string): TableFile {
  let records: Record<string, string>[];
  try {
    records = parse(text, { columns: true, skip_empty_lines: true, trim: true, comment: '#', bom: true });
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const header = Object.keys(records[0] ?? {});
  const names = header.filter((name) => name !== 'node' && name !== 'density');
  if (!header.includes('density') || names.length < 1 || names.length > 2) {
    throw new UsageError(
      `${file} has the columns ${header.join(', ') || '(none)'}; needed are one or two coordinates, density, and node where there are several`,
    );
  }
  const number = (record: Record<string, string>, name: string, row: number): number => {
    const value = Number(record[name]);
    if (record[name] === '' || !Number.isFinite(value))
      throw new UsageError(`${file}:${row + 2}: "${record[name]}" in column ${name} is no number`);
    return value;
  };
  const axes = names.map((name) =>
    axisOf(
      records.map((record, row) => number(record, name, row)),
      name,
      file,
    ),
  );
  const nodeNames = header.includes('node') ? [...new Set(records.map(({ node }) => node))] : undefined;
  const cells = axes.map(({ count }) => count);
  const perNode = cells.reduce((product, n) => product * n, 1);
  const values = new Float64Array(perNode * (nodeNames?.length ?? 1)).fill(NaN);
  records.forEach((record, row) => {
    const cell = names.reduce((index, name, k) => {
      const { low, width, count } = axes[k];
      return index * count + Math.round((number(record, name, row) - low) / width - 0.5);
    }, 0);
    const at = (nodeNames?.indexOf(record['node']) ?? 0) * perNode + cell;
    if (!Number.isNaN(values[at])) throw new UsageError(`${file}:${row + 2}: this cell is there twice`);
    values[at] = number(record, 'density', row);
  });
  const missing = values.filter((value) => Number.isNaN(value)).length;
  if (missing > 0)
    throw new UsageError(
      `${file} has ${records.length} rows; ${missing} cells of ${values.length} are missing`,
    );
  return {
    coordinateNames: names,
    nodeNames,
    cells,
    low: axes.map(({ low }) => low),
    high: axes.map(({ low, width, count }) => low + width * count),
    values,
  };
}

/** Centres of cells along a coordinate as low end, width and count. */
function axisOf(
  all: readonly number[],
  name: string,
  file: string,
): { low: number; width: number; count: number } {
  const sorted = [...new Set(all)].sort((a, b) => a - b);
  const count = sorted.length;
  if (count < 4) throw new UsageError(`${file} has ${count} places along ${name}; give at least 4`);
  const width = (sorted[count - 1] - sorted[0]) / (count - 1);
  const wrong = sorted.find((x, i) => Math.abs(x - sorted[0] - i * width) > placeTolerance * width);
  if (wrong !== undefined)
    throw new UsageError(`${file}: the places along ${name} are not equally far from each other (${wrong})`);
  return { low: sorted[0] - width / 2, width, count };
}
