// The two densities of `wasserwerk distance`, put on one grid: what the user named (run folders, files, laws as formulas, configs),
// read, matched and scaled to mass 1. Not the distance.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { loadBundle, loadConfig, parseConfig, type RunConfig } from '../config/mod.js';
import { cellsOf, partOutside, writeInitial, type Cells } from '../grid/mod.js';
import { buildModel, type Mesh, type Model } from '../model/mod.js';
import { parseDensityTable, parseNpy, type ArrayFile, type TableFile } from './distance-files.js';
import { UsageError } from './exit.js';
import { openRun, snapshotsAt, type OpenRun } from './run-data.js';

/** Cells per coordinate where nothing says how many, by dimension. */
const defaultCells: Readonly<Record<number, number>> = { 1: 128, 2: 48 };
/** Standard deviations of a normal law that a box holds which is chosen here: 2e-9 is outside. */
const reach = 6;
/** Part of a law outside of the box that is told. */
const negligible = 1e-6;

/** One end as the user wrote it, read as far as it can be alone. */
type Source =
  | { readonly kind: 'law'; readonly text: string }
  | { readonly kind: 'config'; readonly config: RunConfig }
  | { readonly kind: 'run'; readonly run: OpenRun; readonly index: number }
  | { readonly kind: 'array'; readonly file: string; readonly array: ArrayFile }
  | { readonly kind: 'table'; readonly file: string; readonly table: TableFile };

export interface Ends {
  readonly config: RunConfig;
  readonly model: Model;
  readonly mesh: Mesh;
  readonly cells: Cells;
  /** Densities of mass 1, [node * cells + cell]. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly notes: readonly string[];
}

/**
 * Reads both ends.
 * @param graph the config that gives graph, weights, space and mobility; else that of a run or config among the ends, else one node
 * @throws UsageError, ConfigError, OutputError
 */
export async function readEnds(
  a: string,
  b: string,
  graph: string | undefined,
  set: readonly string[],
): Promise<Ends> {
  const sources = [await readSource(a, set), await readSource(b, set)];
  const config = configOf(sources, graph, set);
  const { model } = buildModel(config, { skipPreflight: true });
  if (model.dimension > 2) {
    throw new UsageError(
      `the metric is there for d = 1 and 2, and "${config.name}" has ${model.dimension} coordinates`,
    );
  }
  const laws = sources.map((source) => lawOf(source, config));
  const mesh = meshOf(sources, laws, config, model);
  const cells = cellsOf(mesh);
  const notes: string[] = [];
  const [start, end] = await Promise.all(
    sources.map(async (source, which) => {
      const label = which === 0 ? 'a' : 'b';
      return scaled(
        await densityOf(source, laws[which], model, mesh, cells, label, notes),
        cells,
        label,
        notes,
      );
    }),
  );
  return { config, model, mesh, cells, start, end, notes };
}

async function readSource(text: string, set: readonly string[]): Promise<Source> {
  if (text.trimStart().startsWith('{')) return { kind: 'law', text };
  const [, path, step] = /^(.*?)(?:@(\d+))?$/u.exec(text) ?? [];
  const found = existsSync(text) ? text : path;
  if (!existsSync(found)) {
    throw new UsageError(
      `${text} is not there; a density is a run folder (folder@step for a snapshot), a file .npy, .csv or .yaml, or a law as in '{ gaussian: { mean: 0, std: 1 } }'`,
    );
  }
  if (statSync(found).isDirectory()) {
    const run = await openRun(found);
    const snapshots = snapshotsAt(run, step === undefined ? [] : [Number(step)]);
    const last = snapshots.at(-1);
    if (!last) throw new UsageError(`${found} has no snapshots: its config has no key snapshots`);
    return { kind: 'run', run, index: last.index };
  }
  switch (extname(found)) {
    case '.npy':
      return { kind: 'array', file: found, array: parseNpy(readFileSync(found), found) };
    case '.csv':
      return { kind: 'table', file: found, table: parseDensityTable(readFileSync(found, 'utf8'), found) };
    case '.yaml':
    case '.yml':
      return { kind: 'config', config: loadConfig(found, { overrides: set }) };
    default:
      throw new UsageError(`${found} is no run folder, and no file .npy, .csv or .yaml`);
  }
}

/** The config that says what the space is. */
function configOf(sources: readonly Source[], graph: string | undefined, set: readonly string[]): RunConfig {
  if (graph !== undefined) return loadConfig(graph, { overrides: set });
  for (const source of sources) {
    if (source.kind === 'config') return source.config;
    if (source.kind === 'run') {
      const { bundle } = source.run;
      return loadBundle({ ...bundle, overrides: [...bundle.overrides, ...set] });
    }
  }
  const nodes = new Set(
    sources.flatMap((source) => (source.kind === 'table' ? (source.table.nodeNames ?? []) : [])),
  );
  if (nodes.size > 1) {
    throw new UsageError(
      `the table has ${nodes.size} nodes, and nothing says how they are joined; add --graph with a config that has a graph`,
    );
  }
  const names = coordinatesOf(sources);
  const text = [
    'name: distance',
    `space: { variables: [${names.join(', ')}] }`,
    'potential: { formula: 0*' + names[0] + ' }',
    'temperature: 1',
    'particles: 1',
    `initial: { gaussian: { mean: 0, std: 1 } }`,
    'time: { step: 1, steps: 1 }',
  ].join('\n');
  return parseConfig(text, { file: 'one node', overrides: set });
}

function coordinatesOf(sources: readonly Source[]): readonly string[] {
  for (const source of sources) {
    if (source.kind === 'table') return source.table.coordinateNames;
    if (source.kind === 'array') return ['x', 'y'].slice(0, Math.max(1, source.array.shape.length));
    if (source.kind !== 'law') continue;
    const spec = parseYaml(source.text) as Record<string, Record<string, unknown>> | undefined;
    const list = [spec?.['gaussian']?.['mean'], spec?.['point'], spec?.['uniform']?.['low']].find(
      Array.isArray,
    );
    if (list) return ['x', 'y', 'z'].slice(0, list.length);
  }
  return ['x'];
}

/** The model whose initial law an end is; undefined for data. */
function lawOf(source: Source, config: RunConfig): Model | undefined {
  if (source.kind === 'config') return buildModel(source.config, { skipPreflight: true }).model;
  if (source.kind !== 'law') return undefined;
  const bundle = config.source.bundle();
  const own = loadBundle({ ...bundle, overrides: [...bundle.overrides, `initial=${source.text}`] });
  return buildModel(own, { skipPreflight: true }).model;
}

/** The grid of data among the ends; else cells of the config in its box, or in one that holds both laws. */
function meshOf(
  sources: readonly Source[],
  laws: readonly (Model | undefined)[],
  config: RunConfig,
  model: Model,
): Mesh {
  const meshes = sources.flatMap((source): Mesh[] => {
    if (source.kind === 'run' && source.run.densities) return [source.run.densities.mesh];
    if (source.kind !== 'table') return [];
    const { cells, low, high } = source.table;
    return [{ cells, low, high, periodic: model.boundaries.map(({ kind }) => kind === 'periodic') }];
  });
  if (meshes.length > 1 && !isSameMesh(meshes[0], meshes[1]))
    throw new UsageError(`a and b are on different grids: ${inWords(meshes[0])} and ${inWords(meshes[1])}`);
  if (meshes.length > 0) {
    if (meshes[0].cells.length !== model.dimension)
      throw new UsageError(
        `the data have ${meshes[0].cells.length} coordinates, and "${config.name}" has ${model.dimension}`,
      );
    return meshes[0];
  }
  const arrays = sources.filter((source) => source.kind === 'array');
  const given = config.grid.cells;
  const d = model.dimension;
  const cells =
    arrays.length > 0
      ? arrays[0].array.shape.slice(-d)
      : given === undefined
        ? Array.from({ length: d }, () => defaultCells[d])
        : typeof given === 'number'
          ? Array.from({ length: d }, () => given)
          : given;
  const box = config.grid.box;
  const ends = model.boundaries.map((boundary, k): readonly [number, number] => {
    if (boundary.kind !== 'free') return [boundary.low, boundary.high];
    const own =
      box?.some((item) => Array.isArray(item)) === true
        ? (box as number[][])[k]
        : (box as number[] | undefined);
    if (own !== undefined) return [own[0], own[1]];
    if (arrays.length > 0) {
      throw new UsageError(
        `${arrays[0].file} does not say where its cells are; add --set 'grid.box=[low, high]' (a pair per coordinate, if they differ)`,
      );
    }
    return hull(laws, k);
  });
  return {
    cells,
    low: ends.map(([low]) => low),
    high: ends.map(([, high]) => high),
    periodic: model.boundaries.map(({ kind }) => kind === 'periodic'),
  };
}

/** An interval that holds what there is of both laws along a coordinate. */
function hull(laws: readonly (Model | undefined)[], k: number): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const model of laws) {
    if (!model) {
      throw new UsageError(`nothing says where the grid lies; add --set 'grid.box=[low, high]'`);
    }
    const { initialLaw: law, dimension: d, initialMasses } = model;
    initialMasses.forEach((mass, g) => {
      if (mass === 0) return;
      const at = g * d + k;
      const [from, to] =
        law.kind === 'gaussian'
          ? [
              law.mean[at] - reach * law.standardDeviation[at],
              law.mean[at] + reach * law.standardDeviation[at],
            ]
          : law.kind === 'uniform'
            ? [law.low[at], law.high[at]]
            : [law.position[at], law.position[at]];
      low = Math.min(low, from);
      high = Math.max(high, to);
    });
  }
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

function isSameMesh(a: Mesh, b: Mesh): boolean {
  return (
    a.cells.every((n, k) => n === b.cells[k]) &&
    a.low.every((x, k) => Math.abs(x - b.low[k]) <= 1e-9 * (a.high[k] - x)) &&
    a.high.every((x, k) => Math.abs(x - b.high[k]) <= 1e-9 * (x - a.low[k]))
  );
}

function inWords({ cells, low, high }: Mesh): string {
  return cells.map((n, k) => `${n} cells in [${low[k]}, ${high[k]}]`).join(' x ');
}

async function densityOf(
  source: Source,
  law: Model | undefined,
  model: Model,
  mesh: Mesh,
  cells: Cells,
  label: string,
  notes: string[],
): Promise<Float64Array> {
  const nodes = model.graph.nodeNames;
  const field = new Float64Array(nodes.length * cells.count);
  switch (source.kind) {
    case 'law':
    case 'config': {
      const own = law as Model;
      matchNodes(own.graph.nodeNames, nodes, label);
      nodes.forEach((name, g) => {
        if (own.initialMasses[g] === 0) return;
        const outside = partOutside(own, cells, g);
        if (!(outside < 1))
          throw new UsageError(
            `${label}: the law on node "${name}" lies outside of the grid; widen grid.box`,
          );
        if (outside > negligible)
          notes.push(
            `${label}: ${(100 * outside).toPrecision(3)} % of the law on node "${name}" lie outside of the grid; the rest is scaled up`,
          );
        writeInitial(own, cells, g, field);
      });
      return field;
    }
    case 'run': {
      const { run, index } = source;
      matchNodes(run.model.graph.nodeNames, nodes, label);
      if (run.densities) return run.densities.read(index);
      if (!run.snapshots) throw new UsageError(`${label}: ${run.label} has no snapshots`);
      const { x, node } = await run.snapshots.read(index);
      const d = cells.dimension;
      if (run.model.dimension !== d)
        throw new UsageError(`${label}: ${run.label} has ${run.model.dimension} coordinates, not ${d}`);
      let lost = 0;
      node.forEach((g, row) => {
        let cell = 0;
        for (let k = 0; k < d; k++) {
          const i = Math.floor((x[row * d + k] - cells.low[k]) / cells.widths[k]);
          if (i < 0 || i >= cells.sizes[k]) cell = NaN;
          cell += i * cells.strides[k];
        }
        if (Number.isNaN(cell)) lost++;
        else field[g * cells.count + cell] += 1;
      });
      notes.push(
        `${label}: ${node.length} particles are counted in ${inWords(mesh)}: their noise is part of the density`,
      );
      if (lost > 0) notes.push(`${label}: ${lost} particles outside of the grid are left out`);
      return field;
    }
    case 'array': {
      const wanted = nodes.length === 1 ? [mesh.cells, [1, ...mesh.cells]] : [[nodes.length, ...mesh.cells]];
      if (!wanted.some((shape) => String(shape) === String(source.array.shape))) {
        throw new UsageError(
          `${source.file} has the shape (${source.array.shape.join(', ')}), not (${wanted[0].join(', ')}): nodes, then cells per coordinate`,
        );
      }
      return source.array.values;
    }
    case 'table': {
      const { nodeNames, values } = source.table;
      if (nodeNames === undefined && nodes.length > 1)
        throw new UsageError(`${source.file} has no column node, and the graph has ${nodes.length} nodes`);
      (nodeNames ?? nodes).forEach((name, row) => {
        const g = nodeNames === undefined ? 0 : nodes.indexOf(name);
        if (g < 0)
          throw new UsageError(
            `${source.file}: there is no node "${name}" in the graph (${nodes.slice(0, 5).join(', ')}${nodes.length > 5 ? ', …' : ''})`,
          );
        field.set(values.subarray(row * cells.count, (row + 1) * cells.count), g * cells.count);
      });
      return field;
    }
    default:
      return source satisfies never;
  }
}

function matchNodes(own: readonly string[], wanted: readonly string[], label: string): void {
  if (String(own) !== String(wanted))
    throw new UsageError(
      `${label} has the nodes ${own.slice(0, 5).join(', ')}, not ${wanted.slice(0, 5).join(', ')}: give both the same graph`,
    );
}

function scaled(field: Float64Array, cells: Cells, label: string, notes: string[]): Float64Array {
  const wrong = field.findIndex((f) => !(f >= 0 && f < Infinity));
  if (wrong >= 0)
    throw new UsageError(
      `${label} is ${field[wrong]} in cell ${wrong % cells.count} of node ${Math.floor(wrong / cells.count)}: densities are finite and >= 0`,
    );
  const mass = field.reduce((sum, f) => sum + f, 0) * cells.volume;
  if (!(mass > 0)) throw new UsageError(`${label} has no mass on the grid`);
  if (
    Math.abs(mass - 1) > negligible &&
    Math.abs(mass / cells.volume - Math.round(mass / cells.volume)) > 1e-9
  )
    notes.push(`${label} has the mass ${Number(mass.toPrecision(6))} and is divided by it`);
  return field.map((f) => f / mass);
}
