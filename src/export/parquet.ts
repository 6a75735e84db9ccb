// A run as Parquet tables in a folder: what is in which. Names of columns are those of the CSV tables.
//
//     observables.parquet    a row per observation: what is of the state as a whole
//     nodes.parquet          a row per observation and node
//     energies.parquet       a row per energy record; node_energies.parquet: per record and node
//     jumps.parquet          a row per observation and directed edge that was jumped along since step 0
//     particles.parquet      a row per snapshot and particle
//     densities.parquet      of grid runs: a row per snapshot, node and cell

import { join } from 'node:path';
import type { EnergyRecordJson, ObservationRecord } from '../output/mod.js';
import { cellCentres } from './cells.js';
import type { ExportData } from './data.js';
import { coordinateColumns, velocityColumns } from './names.js';
import { ParquetTable, type Column } from './parquet-table.js';
import {
  energetic,
  fill,
  observed,
  omissions,
  shapeOf,
  sizeOf,
  survey,
  type Quantity,
  type Series,
} from './quantities.js';

/** Rows in a group of particles or cells. */
const rowsPerGroup = 262_144;

const when: readonly Column[] = [
  { name: 'step', type: 'int64' },
  { name: 'time', type: 'double' },
];
const where: readonly Column[] = [
  { name: 'node', type: 'text' },
  { name: 'node_index', type: 'int32' },
];

/**
 * Writes a run into the folder `path`, which is there.
 *
 * @returns what a person should know of it
 * @throws ExportError, or what the system throws
 */
export async function writeParquet(
  data: ExportData,
  path: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const observations = await survey(data.observations, observed, 'observations', signal);
  const energies = await survey(data.energies, energetic, 'energies', signal);
  const make: MakeTable = (name, columns) => {
    const { manifest, model } = data;
    return new ParquetTable(
      join(path, `${name}.parquet`),
      columns,
      `wasserwerk ${manifest.wasserwerkVersion}`,
      {
        'wasserwerk.table': name,
        'wasserwerk.version': manifest.wasserwerkVersion,
        'wasserwerk.name': manifest.name,
        'wasserwerk.seed': String(model.seed),
        'wasserwerk.units': 'dimensionless',
        'wasserwerk.config': manifest.configText,
      },
    );
  };
  await writeTotals(make('observables', [...when, ...totalColumns(observations)]), observations);
  await writeNodes('nodes', make, data, observations);
  if (energies.count > 0) {
    const method: Column = { name: 'method', type: 'text' };
    await writeTotals(
      make('energies', [...when, ...totalColumns(energies), method]),
      energies,
      ({ method }) => [method],
    );
    await writeNodes('node_energies', make, data, energies);
  }
  const jumps = observations.quantities.find(({ name }) => name === 'jumps');
  if (jumps) await writeJumps(make, data, observations, jumps);
  if (data.chosen.length > 0) {
    if (data.snapshots) await writeParticles(make, data, data.snapshots, signal);
    if (data.densities) await writeDensities(make, data, data.densities, signal);
  }
  return omissions(observations.quantities);
}

type MakeTable = (name: string, columns: readonly Column[]) => ParquetTable;
type Timed = ObservationRecord | EnergyRecordJson;

function number(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function totals<R>({ quantities }: Series<R>): readonly Quantity<R>[] {
  return quantities.filter(({ axes }) => axes.length === 0);
}

function totalColumns<R>(series: Series<R>): readonly Column[] {
  return totals(series).map(({ name }) => ({ name, type: 'double', optional: true }));
}

async function writeTotals<R extends Timed>(
  table: ParquetTable,
  series: Series<R>,
  more: (record: R) => readonly string[] = () => [],
): Promise<void> {
  const quantities = totals(series);
  for await (const record of series.records()) {
    const values = quantities.map(({ of }) => of(record) as number | null);
    await table.row([BigInt(record.step), record.time, ...values, ...more(record)]);
  }
  await table.finish();
}

/** Where a column of a table over nodes is in the numbers of a quantity. */
interface NodeColumn<R> {
  readonly column: Column;
  readonly quantity: Quantity<R>;
  /** Numbers of a node, and which of them it is. */
  readonly width: number;
  readonly offset: number;
}

function nodeColumns<R>(series: Series<R>, data: ExportData): readonly NodeColumn<R>[] {
  const { coordinateNames: names, dimension: d } = data.model;
  return series.quantities
    .filter(({ axes }) => axes[0] === 'node')
    .flatMap((quantity) => {
      const width = sizeOf(shapeOf(quantity, data).slice(1));
      const offsets = Array.from({ length: width }, (_, offset) => offset)
        // Of a symmetric matrix the part above the diagonal; the diagonal are the variances.
        .filter((offset) => quantity.axes.length < 3 || Math.floor(offset / d) < offset % d);
      return offsets.map((offset) => {
        const [i, j] = quantity.axes.length < 3 ? [offset, 0] : [Math.floor(offset / d), offset % d];
        const column: Column = {
          name: quantity.column(names[i], names[j]),
          type: 'double',
          optional: true,
        };
        return { column, quantity, width, offset };
      });
    });
}

async function writeNodes<R extends Timed>(
  name: string,
  make: MakeTable,
  data: ExportData,
  series: Series<R>,
): Promise<void> {
  const { nodeNames, nodeCount } = data.model.graph;
  const columns = nodeColumns(series, data);
  const table = make(name, [...when, ...where, ...columns.map(({ column }) => column)]);
  const numbers = new Map(
    columns.map(({ quantity, width }) => [quantity, new Float64Array(width * nodeCount)] as const),
  );
  const places = columns.map(({ quantity, width, offset }) => {
    return { values: numbers.get(quantity) ?? new Float64Array(), width, offset };
  });
  for await (const record of series.records()) {
    for (const [quantity, values] of numbers)
      fill(values, 0, values.length, quantity.of(record), quantity.name);
    for (let g = 0; g < nodeCount; g++) {
      const cells = places.map(({ values, width, offset }) => number(values[g * width + offset]));
      await table.row([BigInt(record.step), record.time, nodeNames[g], g, ...cells]);
    }
  }
  await table.finish();
}

async function writeJumps(
  make: MakeTable,
  { model }: ExportData,
  series: Series<ObservationRecord>,
  quantity: Quantity<ObservationRecord>,
): Promise<void> {
  const { nodeNames, nodeCount, offsets, targets } = model.graph;
  const table = make('jumps', [
    ...when,
    { name: 'from', type: 'text' },
    { name: 'to', type: 'text' },
    { name: 'jumps', type: 'double' },
  ]);
  const jumps = new Float64Array(targets.length);
  for await (const record of series.records()) {
    fill(jumps, 0, jumps.length, quantity.of(record), quantity.name);
    for (let g = 0; g < nodeCount; g++) {
      for (let e = offsets[g]; e < offsets[g + 1]; e++) {
        if (!(jumps[e] > 0)) continue;
        await table.row([BigInt(record.step), record.time, nodeNames[g], nodeNames[targets[e]], jumps[e]]);
      }
    }
  }
  await table.finish();
}

async function writeParticles(
  make: MakeTable,
  { model, chosen }: ExportData,
  snapshots: NonNullable<ExportData['snapshots']>,
  signal: AbortSignal,
): Promise<void> {
  const d = model.dimension;
  const names = model.graph.nodeNames;
  const coordinates = coordinateColumns(model.coordinateNames);
  let table: ParquetTable | undefined;
  for (const { step, time, index } of chosen) {
    const { x, w, node } = await snapshots.read(index);
    const isSingle = x instanceof Float32Array;
    table ??= make('particles', [
      ...when,
      ...where,
      ...[...coordinates, ...(w ? velocityColumns(coordinates) : [])].map((name): Column => ({
        name,
        type: isSingle ? 'float' : 'double',
      })),
    ]);
    for (let from = 0; from < node.length; from += rowsPerGroup) {
      signal.throwIfAborted();
      const rows = Math.min(rowsPerGroup, node.length - from);
      const nodes = node.subarray(from, from + rows);
      const fields = (w ? [x, w] : [x]).flatMap((field) =>
        Array.from({ length: d }, (_, k) => {
          const column = isSingle ? new Float32Array(rows) : new Float64Array(rows);
          for (let i = 0; i < rows; i++) column[i] = field[(from + i) * d + k];
          return column;
        }),
      );
      await table.group([
        new BigInt64Array(rows).fill(BigInt(step)),
        new Float64Array(rows).fill(time),
        Array.from(nodes, (g) => names[g]),
        nodes,
        ...fields,
      ]);
    }
  }
  await table?.finish();
}

async function writeDensities(
  make: MakeTable,
  { model, chosen }: ExportData,
  series: NonNullable<ExportData['densities']>,
  signal: AbortSignal,
): Promise<void> {
  const { mesh } = series;
  const names = model.graph.nodeNames;
  const centres = cellCentres(mesh);
  const table = make('densities', [
    ...when,
    ...where,
    ...coordinateColumns(model.coordinateNames).map((name): Column => ({ name, type: 'double' })),
    { name: 'density', type: 'double' },
    ...(series.readPotential ? [{ name: 'phi', type: 'double' } satisfies Column] : []),
  ]);
  for (const { step, time, index } of chosen) {
    const density = await series.read(index);
    const phi = await series.readPotential?.(index);
    for (let from = 0; from < density.length; from += rowsPerGroup) {
      signal.throwIfAborted();
      const rows = Math.min(rowsPerGroup, density.length - from);
      const nodes = Int32Array.from({ length: rows }, (_, i) => Math.floor((from + i) / centres.count));
      const coordinates = model.coordinateNames.map((_, k) =>
        Float64Array.from({ length: rows }, (_, i) => centres.at((from + i) % centres.count, k)),
      );
      await table.group([
        new BigInt64Array(rows).fill(BigInt(step)),
        new Float64Array(rows).fill(time),
        Array.from(nodes, (g) => names[g]),
        nodes,
        ...coordinates,
        density.slice(from, from + rows),
        ...(phi ? [phi.slice(from, from + rows)] : []),
      ]);
    }
  }
  await table.finish();
}
