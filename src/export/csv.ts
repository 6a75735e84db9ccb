// A run as CSV tables in a folder: those that the run has are copied as far as their lines are whole; particles, or
// densities, of snapshots are written.

import { createReadStream, createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { csvLine } from '../output/mod.js';
import { cellCentres, type CellCentres } from './cells.js';
import type { ExportData } from './data.js';
import { coordinateColumns, velocityColumns } from './names.js';

/** Rows of text that are put together before they are written. */
const rowsPerPiece = 4096;

/**
 * Writes a run into the folder `path`, which is there.
 *
 * @returns what a person should know of it
 * @throws ExportError, or what the system throws
 */
export async function writeCsv(
  data: ExportData,
  path: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  for (const table of data.tables.csv) await copyWholeLines(table, join(path, basename(table)), signal);
  const write = (name: string, text: AsyncGenerator<string>): Promise<void> =>
    pipeline(Readable.from(text), createWriteStream(join(path, name), { flags: 'wx' }), { signal });
  if (data.snapshots && data.chosen.length > 0) await write('particles.csv', particles(data, data.snapshots));
  if (data.densities && data.chosen.length > 0) await write('densities.csv', densities(data, data.densities));
  return [];
}

async function* particles(
  { model, chosen }: ExportData,
  snapshots: NonNullable<ExportData['snapshots']>,
): AsyncGenerator<string> {
  const d = model.dimension;
  const names = quoted(model.graph.nodeNames);
  const columns = coordinateColumns(model.coordinateNames);
  yield csvLine([
    'step',
    'time',
    'node',
    ...columns,
    ...(snapshots.hasVelocities ? velocityColumns(columns) : []),
  ]);
  for (const { step, time, index } of chosen) {
    const { x, w, node } = await snapshots.read(index);
    const start = `${step},${time},`;
    let piece = '';
    for (let i = 0; i < node.length; i++) {
      piece += start + names[node[i]];
      for (let k = i * d; k < (i + 1) * d; k++) piece += `,${x[k]}`;
      for (let k = i * d; w && k < (i + 1) * d; k++) piece += `,${w[k]}`;
      piece += '\n';
      if ((i + 1) % rowsPerPiece === 0) {
        yield piece;
        piece = '';
      }
    }
    if (piece !== '') yield piece;
  }
}

async function* densities(
  { model, chosen }: ExportData,
  series: NonNullable<ExportData['densities']>,
): AsyncGenerator<string> {
  const { mesh } = series;
  const names = quoted(model.graph.nodeNames);
  const centres: CellCentres = cellCentres(mesh);
  yield csvLine([
    'step',
    'time',
    'node',
    ...coordinateColumns(model.coordinateNames),
    'density',
    ...(series.readPotential ? ['phi'] : []),
  ]);
  for (const { step, time, index } of chosen) {
    const density = await series.read(index);
    const phi = await series.readPotential?.(index);
    let piece = '';
    for (let i = 0; i < density.length; i++) {
      const cell = i % centres.count;
      piece += `${step},${time},${names[(i - cell) / centres.count]}`;
      for (let k = 0; k < model.dimension; k++) piece += `,${centres.at(cell, k)}`;
      piece += `,${density[i]}${phi ? `,${phi[i]}` : ''}\n`;
      if ((i + 1) % rowsPerPiece === 0) {
        yield piece;
        piece = '';
      }
    }
    if (piece !== '') yield piece;
  }
}

/** Names as cells, quoted where they must be. */
function quoted(names: readonly string[]): readonly string[] {
  return names.map((name) => csvLine([name]).slice(0, -1));
}

/** Copies a table up to its last end of a line: a run that goes on may just be writing one. */
async function copyWholeLines(from: string, to: string, signal: AbortSignal): Promise<void> {
  const handle = await open(from, 'r');
  try {
    const length = await wholeLines(handle);
    const lines = length === 0 ? Readable.from([]) : createReadStream(from, { end: length - 1 });
    await pipeline(lines, createWriteStream(to, { flags: 'wx' }), { signal });
  } finally {
    await handle.close();
  }
}

/** Bytes of a file up to and with its last end of a line. */
async function wholeLines(handle: FileHandle): Promise<number> {
  const piece = Buffer.alloc(65_536);
  let end = (await handle.stat()).size;
  while (end > 0) {
    const start = Math.max(0, end - piece.length);
    const { bytesRead } = await handle.read(piece, 0, end - start, start);
    const last = piece.subarray(0, bytesRead).lastIndexOf(10);
    if (last >= 0) return start + last + 1;
    end = start;
  }
  return 0;
}
