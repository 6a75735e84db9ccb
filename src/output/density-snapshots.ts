// Densities of a grid run as a Zarr group that grows (zarr-series.ts), in the folder that particle runs have for particles.
// Reading them back is not done here.
//
//     snapshots.zarr/
//       zarr.json          the group, with a copy of the three documents below ("consolidated")
//       step/zarr.json     (S)                     step/c/0              1024 snapshots a chunk
//       time/zarr.json     (S)                     time/c/0
//       density/zarr.json  (S, n, cells_0, …)      density/c/17/3/0/0    one node of one snapshot a chunk
//       phi/zarr.json      likewise, of second-order dynamics

import { join } from 'node:path';
import * as zarr from 'zarrita';
import type { ArrayMetadata } from 'zarrita';
import { RecordError } from './errors.js';
import { isCount, isObject, parseObject } from './json.js';
import { arrayDocumentOf, seriesDocument, type StepArray } from './snapshot-metadata.js';
import { snapshotFolder } from './snapshots.js';
import { ZarrSeries, type SeriesDocuments } from './zarr-series.js';
import { FolderStore } from './zarr-store.js';

const format = 'wasserwerk-densities';
const formatVersion = 1;

/** What is the same for all densities of a run. Arrays but `nodeNames` have one entry per coordinate. */
export interface DensityLayout {
  readonly nodeNames: readonly string[];
  readonly coordinateNames: readonly string[];
  readonly cells: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly periodic: readonly boolean[];
}

/** The fields of a group at one step, in its order: [node * cells + cell], cells in C order. */
export interface FieldSnapshot {
  readonly step: number;
  readonly time: number;
  readonly fields: readonly Float64Array[];
}

/** The fields that a group holds beside `step` and `time`, and the folder of the group. */
export interface FieldSeries {
  readonly folder: string;
  readonly fields: readonly { readonly array: string; readonly description: string }[];
}

const density = {
  array: 'density',
  description: 'average over the cell of the density f(x, g), whose integral over x and sum over g is 1',
};

/** Averages of f(x, g) over cells. */
export const densitySeries: FieldSeries = { folder: snapshotFolder, fields: [density] };

/** The same with the phi of second-order dynamics. */
export const secondOrderSeries: FieldSeries = {
  folder: snapshotFolder,
  fields: [
    density,
    {
      array: 'phi',
      description:
        'potential phi(x, g) of the motion: mass moves with the speed D grad phi, and towards larger phi along edges; known up to a constant',
    },
  ],
};

/** Potentials phi(x, g) of a geodesic, in the middles of its intervals of time. */
export const potentialSeries: FieldSeries = {
  folder: 'potentials.zarr',
  fields: [
    {
      array: 'potential',
      description: 'potential phi(x, g) of a geodesic, known up to a constant: mass moves towards larger phi',
    },
  ],
};

function document(layout: DensityLayout, name: string, count: number, series: FieldSeries): ArrayMetadata {
  const field = series.fields.find(({ array }) => array === name);
  if (field === undefined) return seriesDocument(name as StepArray, count);
  const { nodeNames, cells, coordinateNames } = layout;
  const names = ['snapshot', 'node', ...coordinateNames];
  return arrayDocumentOf([count, nodeNames.length, ...cells], [1, 1, ...cells], names, 'float64', {
    units: 'dimensionless',
    coordinates: 'step time',
    description: field.description,
  });
}

function documentsOf(layout: DensityLayout, series: FieldSeries): SeriesDocuments {
  const fields = series.fields.map(({ array }) => array);
  const arrays = ['step', 'time', ...fields];
  return {
    arrays,
    chunked: fields,
    array: (name, count) => document(layout, name, count, series),
    group: (count) => ({
      zarr_format: 3,
      node_type: 'group',
      attributes: {
        format,
        formatVersion,
        description:
          'Densities of a Wasserwerk run on a grid. Cell i of coordinate k has its centre at low_k + (i + 1/2) h_k, ' +
          'h_k = (high_k - low_k)/cells_k.',
        units: 'dimensionless',
        ...layout,
      },
      consolidated_metadata: {
        kind: 'inline',
        must_understand: false,
        metadata: Object.fromEntries(arrays.map((name) => [name, document(layout, name, count, series)])),
      },
    }),
  };
}

/** Appends densities to the group in `<run folder>/snapshots.zarr`. Calls must not overlap: await each before the next. */
export class DensitySnapshotWriter {
  private constructor(
    readonly layout: DensityLayout,
    private readonly series: ZarrSeries,
    private readonly fields: FieldSeries,
  ) {}

  /**
   * Creates an empty group in a run folder; snapshots that are there are lost.
   *
   * @param fields what is appended, in place of densities
   * @throws OutputError if the system refuses
   */
  static async create(
    runFolder: string,
    layout: DensityLayout,
    fields = densitySeries,
  ): Promise<DensitySnapshotWriter> {
    const series = await ZarrSeries.create(join(runFolder, fields.folder), documentsOf(layout, fields));
    return new DensitySnapshotWriter(layout, series, fields);
  }

  /**
   * Opens the group of a run folder for going on. What a kill has left of a snapshot is cleaned up.
   *
   * @throws RecordError (`corrupt-snapshots`) if there is none, or another program's, or of another grid
   * @throws OutputError if the system refuses
   */
  static async open(
    runFolder: string,
    layout: DensityLayout,
    fields = densitySeries,
  ): Promise<DensitySnapshotWriter> {
    const folder = join(runFolder, fields.folder);
    const bytes = await new FolderStore(folder).get('/zarr.json');
    const count = bytes && countOf(parseObject(new TextDecoder().decode(bytes)), layout, fields);
    if (count === undefined) {
      throw new RecordError(
        'corrupt-snapshots',
        folder,
        `${folder} ${bytes === undefined ? 'is missing or has no zarr.json' : 'does not hold densities of this grid'}`,
        'put back the folder as the run left it, or start the run anew',
      );
    }
    const series = await ZarrSeries.open(folder, documentsOf(layout, fields), count);
    return new DensitySnapshotWriter(layout, series, fields);
  }

  /** Snapshots in the group. A checkpoint records it, and resume trims to it. */
  get count(): number {
    return this.series.count;
  }

  /**
   * Appends a snapshot.
   *
   * @throws RecordError (`invalid-snapshot`) if it is not of this layout
   * @throws OutputError if the system refuses; the group is then as before
   */
  async append({ step, time, fields }: FieldSnapshot): Promise<void> {
    const { cells, nodeNames } = this.layout;
    const arrays = this.fields.fields.map(({ array }) => array);
    const perNode = cells.reduce((product, size) => product * size, 1);
    const wanted = perNode * nodeNames.length;
    if (fields.length !== arrays.length || fields.some(({ length }) => length !== wanted)) {
      throw new RecordError(
        'invalid-snapshot',
        this.series.folder,
        `the fields of step ${step} are ${fields.map(({ length }) => length).join(', ')} numbers, not ${wanted} of each of ` +
          arrays.join(', '),
        'report this: the snapshots were opened for another grid than the one that runs',
      );
    }
    const at = this.count;
    const here = zarr.slice(at, at + 1);
    await zarr.set(this.series.array('step', at + 1), [here], step);
    await zarr.set(this.series.array('time', at + 1), [here], time);
    const shape = [1, 1, ...cells];
    const stride = shape.map((_, k) => shape.slice(k + 1).reduce((product, size) => product * size, 1));
    for (const [i, field] of fields.entries()) {
      const array = this.series.array(arrays[i], at + 1);
      for (let node = 0; node < nodeNames.length; node++) {
        await zarr.set(array, [here, zarr.slice(node, node + 1), ...cells.map(() => null)], {
          // A copy: what is shared by threads is not written as it stands.
          data: field.slice(node * perNode, (node + 1) * perNode),
          shape,
          stride,
        });
      }
    }
    await this.series.commit(at + 1);
  }

  /**
   * Drops all snapshots after the first `count`.
   *
   * @throws RecordError (`corrupt-snapshots`) if there are fewer than `count`
   * @throws OutputError if the system refuses
   */
  trimTo(count: number): Promise<void> {
    return this.series.trimTo(count);
  }
}

/** The snapshots that a group's document tells of, or undefined if it is not this program's or of another grid. */
function countOf(
  group: Readonly<Record<string, unknown>> | undefined,
  layout: DensityLayout,
  { fields }: FieldSeries,
): number | undefined {
  const attributes = group?.['attributes'];
  const consolidated = group?.['consolidated_metadata'];
  const arrays = isObject(consolidated) ? consolidated['metadata'] : undefined;
  if (!isObject(attributes) || !isObject(arrays)) return undefined;
  if (attributes['format'] !== format || attributes['formatVersion'] !== formatVersion) return undefined;
  for (const key of ['cells', 'low', 'high', 'nodeNames'] as const) {
    if (JSON.stringify(attributes[key]) !== JSON.stringify(layout[key])) return undefined;
  }
  if (!fields.every(({ array }) => isObject(arrays[array]))) return undefined;
  const step = arrays['step'];
  const shape: unknown = isObject(step) ? step['shape'] : undefined;
  return Array.isArray(shape) && isCount(shape[0]) ? shape[0] : undefined;
}
