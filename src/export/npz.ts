// A run as one NPZ file: numpy arrays in a ZIP container, stored without compression. Arrays lie one after the other, so
// tables are read as often as it takes to hold 128 MiB of arrays at most; of snapshots there is one at a time. Larger than
// 4 GiB it is a ZIP64, which numpy reads.

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeZip } from 'client-zip';
import type { ExportData } from './data.js';
import { bytesOf, npyHeader, npyTexts, type NpyType } from './npy.js';
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

/** An array: what is to be written under `name`. */
interface Entry {
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Numbers that are put together before they are written. */
const blockNumbers = 8192;

/**
 * Most numbers in arrays that are gathered in one reading of a table (128 MiB). An array that is larger is streamed, in a
 * reading of its own. For a table of 179 MB one reading instead of 14 makes 5 s of 19 s.
 */
const mostGathered = 16 * 1024 * 1024;

/**
 * Writes a run to `path`.
 *
 * @param most numbers gathered in a reading of a table; no byte depends on it
 * @returns what a person should know of it
 * @throws ExportError, or what the system throws
 */
export async function writeNpz(
  data: ExportData,
  path: string,
  signal: AbortSignal,
  most = mostGathered,
): Promise<readonly string[]> {
  const observations = await survey(data.observations, observed, 'observations', signal);
  const energies = await survey(data.energies, energetic, 'energies', signal);
  async function* files(): AsyncGenerator<{
    name: string;
    input: AsyncIterable<Uint8Array>;
    lastModified: Date;
  }> {
    for await (const { name, bytes } of entries(data, observations, energies, most)) {
      signal.throwIfAborted();
      // ZIP knows local times only: its earliest day, the same digits in every time zone.
      yield { name: `${name}.npy`, input: asynchronous(bytes), lastModified: new Date(1980, 0, 1) };
    }
  }
  const zip = Readable.fromWeb(makeZip(files()));
  await pipeline(zip, createWriteStream(path, { flags: 'wx' }), { signal });
  return omissions(observations.quantities);
}

async function* asynchronous(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* bytes;
}

type Observations = Series<Parameters<(typeof observed)[number]['of']>[0]>;
type Energies = Series<Parameters<(typeof energetic)[number]['of']>[0]>;

async function* entries(
  data: ExportData,
  observations: Observations,
  energies: Energies,
  most: number,
): AsyncGenerator<Entry> {
  const { manifest, model, chosen } = data;
  const { graph } = model;
  yield texts('config', manifest.configText);
  yield texts('version', manifest.wasserwerkVersion);
  yield array('seed', '<i8', [], BigInt64Array.of(BigInt(model.seed)));
  yield texts('node_names', graph.nodeNames);
  yield texts('coordinate_names', model.coordinateNames);
  yield array('graph_offsets', '<i4', [graph.offsets.length], graph.offsets);
  yield array('graph_targets', '<i4', [graph.targets.length], graph.targets);
  yield array('graph_weights', '<f8', [graph.weights.length], graph.weights);
  yield* table(data, observations, '', most);
  if (energies.count > 0) yield* table(data, energies, 'energy_', most);
  if (chosen.length > 0) {
    const steps = BigInt64Array.from(chosen, ({ step }) => BigInt(step));
    const times = Float64Array.from(chosen, ({ time }) => time);
    yield array('snapshot_step', '<i8', [chosen.length], steps);
    yield array('snapshot_time', '<f8', [chosen.length], times);
  }
  if (data.snapshots) yield* particles(data, data.snapshots);
  if (data.densities) yield* densities(data, data.densities);
}

/** The arrays of a table; step, time and temperature of energies are called `energy_step` and so on. */
async function* table<R extends { readonly step: number; readonly time: number }>(
  data: ExportData,
  series: Series<R>,
  prefix: string,
  most: number,
): AsyncGenerator<Entry> {
  const { count } = series;
  const steps = new BigInt64Array(count);
  const times = new Float64Array(count);
  let index = 0;
  for await (const { step, time } of series.records()) {
    steps[index] = BigInt(step);
    times[index++] = time;
  }
  yield array(`${prefix}step`, '<i8', [count], steps);
  yield array(`${prefix}time`, '<f8', [count], times);
  const name = (quantity: Quantity<R>): string =>
    quantity.name === 'temperature' ? `${prefix}temperature` : quantity.name;
  for (const group of groups(series, data, most)) {
    if (group.length === 1) {
      const [{ quantity, shape }] = group;
      yield { name: name(quantity), bytes: rows(series, quantity, shape) };
      continue;
    }
    const arrays = group.map(({ size }) => new Float64Array(count * size));
    let row = 0;
    for await (const record of series.records()) {
      for (const [i, { quantity, size }] of group.entries())
        fill(arrays[i], row * size, size, quantity.of(record), quantity.name);
      row += 1;
    }
    for (const [i, { quantity, shape }] of group.entries())
      yield array(name(quantity), '<f8', [count, ...shape], arrays[i]);
  }
}

interface Placed<R> {
  readonly quantity: Quantity<R>;
  readonly shape: readonly number[];
  readonly size: number;
}

/** The quantities in order, in groups that are read at once; one that is too large for that is a group of its own. */
function groups<R>(series: Series<R>, data: ExportData, most: number): readonly (readonly Placed<R>[])[] {
  const list: Placed<R>[][] = [];
  let gathered = Infinity;
  for (const quantity of series.quantities) {
    const shape = shapeOf(quantity, data);
    const size = sizeOf(shape);
    gathered += series.count * size;
    if (gathered > most) {
      list.push([]);
      gathered = series.count * size;
    }
    list[list.length - 1].push({ quantity, shape, size });
  }
  return list;
}

async function* rows<R>(
  series: Series<R>,
  quantity: Quantity<R>,
  shape: readonly number[],
): AsyncGenerator<Uint8Array> {
  yield npyHeader('<f8', [series.count, ...shape]);
  const size = sizeOf(shape);
  const perBlock = Math.max(1, Math.floor(blockNumbers / Math.max(1, size)));
  let block = new Float64Array(perBlock * size);
  let filled = 0;
  for await (const record of series.records()) {
    fill(block, filled * size, size, quantity.of(record), quantity.name);
    filled += 1;
    if (filled < perBlock) continue;
    yield bytesOf(block);
    // Whoever has got the old one may not have written it yet.
    block = new Float64Array(perBlock * size);
    filled = 0;
  }
  if (filled > 0) yield bytesOf(block.subarray(0, filled * size));
}

async function* particles(
  { model, chosen }: ExportData,
  snapshots: NonNullable<ExportData['snapshots']>,
): AsyncGenerator<Entry> {
  for (const { step, index } of chosen) {
    const { x, w, node } = await snapshots.read(index);
    const type = x instanceof Float32Array ? '<f4' : '<f8';
    yield array(`x_${step}`, type, [node.length, model.dimension], x);
    if (w) yield array(`w_${step}`, type, [node.length, model.dimension], w);
    yield array(`node_${step}`, '<i4', [node.length], node);
  }
}

async function* densities(
  { model, chosen }: ExportData,
  series: NonNullable<ExportData['densities']>,
): AsyncGenerator<Entry> {
  const { mesh } = series;
  const d = model.dimension;
  yield array('density_cells', '<i4', [d], Int32Array.from(mesh.cells));
  yield array('density_low', '<f8', [d], Float64Array.from(mesh.low));
  yield array('density_high', '<f8', [d], Float64Array.from(mesh.high));
  yield array('density_periodic', '|b1', [d], Uint8Array.from(mesh.periodic, Number));
  const shape = [model.graph.nodeCount, ...mesh.cells];
  for (const { step, index } of chosen) {
    yield array(`density_${step}`, '<f8', shape, await series.read(index));
    if (series.readPotential) yield array(`phi_${step}`, '<f8', shape, await series.readPotential(index));
  }
}

function array(name: string, type: NpyType, shape: readonly number[], numbers: ArrayBufferView): Entry {
  return { name, bytes: [npyHeader(type, shape), bytesOf(numbers)] };
}

function texts(name: string, value: string | readonly string[]): Entry {
  const isOne = typeof value === 'string';
  const { type, bytes } = npyTexts(isOne ? [value] : value);
  return { name, bytes: [npyHeader(type, isOne ? [] : [value.length]), bytes] };
}
