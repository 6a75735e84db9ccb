// The metadata documents of snapshots.zarr: which arrays there are, their shapes and chunks, what is told to readers.
// Pure functions from a layout and a count; writing them in the right order is snapshots.ts.
//
//     snapshots.zarr/
//       zarr.json        the group, with a copy of the documents below ("consolidated"): the count that is valid
//       step/zarr.json   (S)        step/c/0      1024 snapshots a chunk
//       time/zarr.json   (S)        time/c/0
//       x/zarr.json      (S, P, d)  x/c/17/0/0    one snapshot, or a part of it, a chunk
//       node/zarr.json   (S, P)     node/c/17/0
//       w/zarr.json      as x, where particles have velocities

import type { ArrayMetadata, GroupMetadata } from 'zarrita';
import { isCount, isObject, isStrings } from './json.js';

/** What is the same for all snapshots of a run. */
export interface SnapshotLayout {
  /** Particles in a snapshot, >= 1. */
  readonly particles: number;
  readonly coordinateNames: readonly string[];
  readonly nodeNames: readonly string[];
  readonly precision: 'f32' | 'f64';
  /** Whether particles have velocities. */
  readonly hasVelocities: boolean;
}

export type SnapshotArray = 'step' | 'time' | 'x' | 'w' | 'node';

/** The arrays that a group has. */
export function snapshotArrays({ hasVelocities }: SnapshotLayout): readonly SnapshotArray[] {
  return hasVelocities ? ['step', 'time', 'x', 'w', 'node'] : ['step', 'time', 'x', 'node'];
}

const format = 'wasserwerk-snapshots';
const formatVersion = 1;

/** Most particles in a chunk, and most bytes of coordinates: a chunk is what a reader must hold to see one particle. */
const chunkParticles = 262_144;
const chunkBytes = 16 * 1024 * 1024;
/** Snapshots in a chunk of `step` and `time`. Such a chunk of 8 kB is written anew for each snapshot. */
const chunkSnapshots = 1024;
/** Node names stand in the attributes up to this many; of larger graphs they are in the run's manifest. */
const namesLimit = 10_000;

/** Particles in a chunk: snapshots are cut into equal parts that are small enough. */
export function particlesPerChunk({ particles, coordinateNames }: SnapshotLayout): number {
  const most = Math.max(1, Math.min(chunkParticles, Math.floor(chunkBytes / (8 * coordinateNames.length))));
  return Math.ceil(particles / Math.ceil(particles / most));
}

/** The document of an array of plain numbers in chunks. */
export function arrayDocumentOf(
  shape: readonly number[],
  chunk: readonly number[],
  names: readonly string[],
  type: 'float32' | 'float64' | 'int32',
  attributes: Readonly<Record<string, unknown>>,
): ArrayMetadata {
  return {
    zarr_format: 3,
    node_type: 'array',
    shape: [...shape],
    data_type: type,
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [...chunk] } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    // JSON has no NaN; Zarr writes it as text. What is never written reads as missing, not as zero.
    fill_value: type === 'int32' ? -1 : 'NaN',
    dimension_names: [...names],
    attributes,
  };
}

/** The arrays that label snapshots of any kind. */
export type StepArray = 'step' | 'time';

/** The document of such an array when there are `count` snapshots. */
export function seriesDocument(name: StepArray, count: number): ArrayMetadata {
  const description = name === 'step' ? 'number of time steps done' : 'time t of the model';
  return arrayDocumentOf([count], [chunkSnapshots], ['snapshot'], 'float64', {
    units: 'dimensionless',
    description,
  });
}

const fieldWords = {
  x: 'position x of the particle',
  w:
    'velocity w of the particle: dx/dt = sqrt(D) w, and the kinetic energy is |w|^2/2; its stationary law is normal with the ' +
    'variance eps in each coordinate, on every node',
};

/** The document of an array when there are `count` snapshots. */
export function arrayDocument(layout: SnapshotLayout, name: SnapshotArray, count: number): ArrayMetadata {
  const { particles: p } = layout;
  const d = layout.coordinateNames.length;
  const part = particlesPerChunk(layout);
  // The attribute `coordinates` makes xarray take step and time as labels of the snapshots.
  const labelled = { units: 'dimensionless', coordinates: 'step time' };
  switch (name) {
    case 'step':
    case 'time':
      return seriesDocument(name, count);
    case 'x':
    case 'w':
      return arrayDocumentOf(
        [count, p, d],
        [1, part, d],
        ['snapshot', 'particle', 'coordinate'],
        layout.precision === 'f32' ? 'float32' : 'float64',
        { ...labelled, coordinate_names: layout.coordinateNames, description: fieldWords[name] },
      );
    case 'node':
      return arrayDocumentOf([count, p], [1, part], ['snapshot', 'particle'], 'int32', {
        ...labelled,
        description: 'node of the particle, counted from 0 in the order of node_names',
      });
    default:
      return name satisfies never;
  }
}

/** The group's document when there are `count` snapshots. */
export function groupDocument(
  layout: SnapshotLayout,
  count: number,
): GroupMetadata & Record<string, unknown> {
  const { nodeNames } = layout;
  return {
    zarr_format: 3,
    node_type: 'group',
    attributes: {
      format,
      format_version: formatVersion,
      description:
        'Particles of a Wasserwerk run. The rows of a snapshot are a systematic subsample of its particles. They are not ' +
        'trajectories: row i of one snapshot and row i of the next are in general different particles.',
      units: 'dimensionless',
      particles: layout.particles,
      coordinate_names: layout.coordinateNames,
      node_count: nodeNames.length,
      node_names: nodeNames.length <= namesLimit ? nodeNames : null,
    },
    consolidated_metadata: {
      kind: 'inline',
      must_understand: false,
      metadata: Object.fromEntries(
        snapshotArrays(layout).map((name) => [name, arrayDocument(layout, name, count)]),
      ),
    },
  };
}

/** A document as bytes. */
export function encodeDocument(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Layout and count out of the group's document, or undefined if this program did not write it. Where the graph is too
 * large for its names to stand there, the names are empty strings.
 */
export function parseGroupDocument(
  group: Readonly<Record<string, unknown>> | undefined,
): { readonly layout: SnapshotLayout; readonly count: number } | undefined {
  const attributes = group?.['attributes'];
  const consolidated = group?.['consolidated_metadata'];
  const arrays = isObject(consolidated) ? consolidated['metadata'] : undefined;
  if (!isObject(attributes) || !isObject(arrays)) return undefined;
  if (attributes['format'] !== format || attributes['format_version'] !== formatVersion) return undefined;
  const x = arrays['x'];
  const shape: unknown = isObject(x) ? x['shape'] : undefined;
  const type = isObject(x) ? x['data_type'] : undefined;
  const {
    particles,
    coordinate_names: coordinateNames,
    node_count: nodeCount,
    node_names: names,
  } = attributes;
  const nodeNames = names === null && isCount(nodeCount) ? new Array<string>(nodeCount).fill('') : names;
  if (!Array.isArray(shape) || shape.length !== 3 || !shape.every(isCount)) return undefined;
  if (!isCount(particles) || !isStrings(coordinateNames) || !isStrings(nodeNames)) return undefined;
  if (shape[1] !== particles || shape[2] !== coordinateNames.length) return undefined;
  if (type !== 'float32' && type !== 'float64') return undefined;
  return {
    layout: {
      ...{ particles, coordinateNames, nodeNames, precision: type === 'float32' ? 'f32' : 'f64' },
      hasVelocities: isObject(arrays['w']),
    },
    count: shape[0],
  };
}
