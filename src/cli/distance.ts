// `wasserwerk distance`: W_K and a geodesic between two densities. Reads, has it solved, prints and writes; the solving is
// src/geodesic, and a result that has not converged is none.

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { solveMetricTeam, version, type MetricNews } from '../cluster/mod.js';
import {
  checkProblem,
  entropicDivergence,
  metricMobilities,
  type MetricMobility,
  type MetricPath,
  type MetricProblem,
  type WeightedEdge,
} from '../geodesic/mod.js';
import type { Model } from '../model/mod.js';
import { DensitySnapshotWriter, makeFolders, potentialSeries, writeFileAtomic } from '../output/mod.js';
import { renderGeodesic } from '../report/mod.js';
import { readEnds, type Ends } from './distance-ends.js';
import { exitCode, UsageError } from './exit.js';
import { counted, table } from './format.js';
import { shownFolder } from './run-data.js';

export interface DistanceOptions {
  readonly graph?: string;
  readonly set: readonly string[];
  readonly mobility?: string;
  readonly levels: number;
  readonly tolerance: number;
  readonly iterations: number;
  /** τ: the entropic divergence in place of W_K. */
  readonly entropic?: number;
  readonly out?: string;
  readonly workers?: number;
  readonly quiet?: true;
  readonly json?: true;
}

/** What `--json` prints. Squares are those of W_K. */
export interface DistanceResult {
  readonly a: string;
  readonly b: string;
  readonly mobility: MetricMobility;
  readonly nodes: readonly string[];
  readonly cells: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly levels: number;
  readonly converged: boolean;
  readonly iterations: number;
  /** Relative gap of the squares, and what it had to reach. */
  readonly gap: number;
  readonly tolerance: number;
  /** W_K with its bounds; null where the solver has not converged. */
  readonly distance: number | null;
  readonly bounds: readonly [number, number] | null;
  readonly squared: { readonly below: number; readonly above: number } | null;
  /** Parts of the square of W_K. */
  readonly action: { readonly transport: number; readonly reaction: number } | null;
  readonly notes: readonly string[];
}

export async function distance(a: string, b: string, options: DistanceOptions): Promise<number> {
  const out = options.out === undefined ? undefined : freeFolder(options.out);
  const ends = await readEnds(a, b, options.graph, options.set);
  const { model, cells } = ends;
  const notes = [...ends.notes];
  const mobility = mobilityOf(model, options.mobility, notes);
  const isQuiet = options.quiet === true || options.json === true;
  let told = 0;
  const problem: MetricProblem = {
    cells,
    nodeCount: model.graph.nodeCount,
    edges: edgesOf(model),
    diffusivity: model.diffusivity,
    mobility,
    levels: options.levels,
    start: ends.start,
    end: ends.end,
  };
  if (options.entropic !== undefined)
    return entropic(a, b, problem, { ...options, entropic: options.entropic }, notes);
  const path = await solveMetricTeam(problem, {
    tolerance: options.tolerance,
    mostIterations: options.iterations,
    workers: options.workers,
    listen: (news) => {
      if (isQuiet || news.iterations === told) return;
      told = news.iterations;
      process.stderr.write(`${newsText(news)}\n`);
    },
  });
  const result = resultOf(a, b, ends, path, mobility, options, notes);
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  if (!path.converged) {
    process.stderr.write(
      `error: not converged: after ${path.iterations} iterations the bounds of W are ${short(Math.sqrt(path.below))} and ` +
        `${short(Math.sqrt(path.above))}, a relative gap of the squares of ${short(path.gap)}, not ${options.tolerance}\n` +
        `  fix: more --iterations, or a larger --tolerance\n`,
    );
    return exitCode.failed;
  }
  if (!options.json) process.stdout.write(textOf(result));
  if (out !== undefined) {
    await writeResult(out, result, ends, path);
    if (!isQuiet) process.stderr.write(`wrote ${shownFolder(out)}\n`);
  }
  return exitCode.done;
}

/** The entropic divergence: one number, and no path. */
function entropic(
  a: string,
  b: string,
  problem: MetricProblem,
  options: DistanceOptions & { readonly entropic: number },
  notes: readonly string[],
): number {
  if (options.out !== undefined)
    throw new UsageError('--entropic finds no path; leave out --out, or --entropic');
  checkProblem(problem);
  const temperature = options.entropic;
  const { divergence, error, converged, iterations } = entropicDivergence(problem, {
    temperature,
    mostIterations: options.iterations,
  });
  if (options.json) {
    const result = {
      ...{ a, b, method: 'entropic', temperature, converged, error, iterations },
      distance: converged ? Math.sqrt(divergence) : null,
      divergence: converged ? divergence : null,
      notes,
    };
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  }
  if (!converged) {
    process.stderr.write(
      `error: not converged: after ${iterations} iterations a marginal is off by ${short(error)}\n` +
        `  fix: more --iterations, or a higher temperature\n`,
    );
    return exitCode.failed;
  }
  if (!options.json) {
    process.stdout.write(
      table(
        [
          ['distance', short(Math.sqrt(divergence))],
          ['squared', `${short(divergence)} (debiased entropic divergence, not W_K: docs/theory.md)`],
          ['temperature', short(temperature)],
          ['marginals', `off by ${short(error)}, ${iterations} iterations`],
        ].map(([key, value]) => [`${key.padEnd(14)}${value}`]),
      ) + notes.map((note) => `note: ${note}\n`).join(''),
    );
  }
  return exitCode.done;
}

/** @throws UsageError where something is there that would be lost */
function freeFolder(folder: string): string {
  const path = resolve(folder);
  if (existsSync(path) && readdirSync(path).length > 0)
    throw new UsageError(`${folder} is not empty; give --out a new folder`);
  return path;
}

function mobilityOf(model: Model, wanted: string | undefined, notes: string[]): MetricMobility {
  const found = metricMobilities.find((name) => name === (wanted ?? model.mobility));
  if (found) return found;
  if (wanted !== undefined || model.mobility === 'upwind') {
    throw new UsageError(
      `the metric is a convex problem for the mobilities ${metricMobilities.join(', ')}, not for ${wanted ?? model.mobility}; add --mobility log-mean`,
    );
  }
  if (model.graph.targets.length > 0) {
    notes.push(
      `mobility ${model.mobility} depends on the potential; the distance is that of log-mean (--mobility for another)`,
    );
  }
  return 'log-mean';
}

/** Every edge once. */
function edgesOf({ graph }: Model): WeightedEdge[] {
  const edges: WeightedEdge[] = [];
  for (let from = 0; from < graph.nodeCount; from++) {
    for (let e = graph.offsets[from]; e < graph.offsets[from + 1]; e++) {
      const to = graph.targets[e];
      if (to > from && graph.weights[e] > 0) edges.push({ from, to, weight: graph.weights[e] });
    }
  }
  return edges;
}

const short = (value: number): string => String(Number(value.toPrecision(6)));

function newsText({ iterations, above, below }: MetricNews): string {
  const bounds =
    above < Infinity ? `${short(Math.sqrt(below))} <= W <= ${short(Math.sqrt(above))}` : 'no bound yet';
  return `${iterations} iterations: ${bounds}`;
}

function resultOf(
  a: string,
  b: string,
  { mesh, model }: Ends,
  path: MetricPath,
  mobility: MetricMobility,
  { levels, tolerance }: DistanceOptions,
  notes: readonly string[],
): DistanceResult {
  const { converged, above, below, transport, reaction } = path;
  return {
    a,
    b,
    mobility,
    nodes: model.graph.nodeNames,
    cells: mesh.cells,
    low: mesh.low,
    high: mesh.high,
    levels,
    converged,
    iterations: path.iterations,
    gap: path.gap,
    tolerance,
    distance: converged ? path.distance : null,
    bounds: converged ? [Math.sqrt(below), Math.sqrt(above)] : null,
    squared: converged ? { below, above } : null,
    action: converged ? { transport, reaction } : null,
    notes,
  };
}

function factsOf(result: DistanceResult): [string, string][] {
  const { distance: found, bounds, squared, action, nodes, cells, low, high } = result;
  if (found === null || !bounds || !squared || !action) return [];
  const part = (value: number): string =>
    squared.above > 0 ? ` (${((100 * value) / squared.above).toFixed(1)} %)` : '';
  return [
    ['W_K', short(found)],
    ['bounds', `${short(bounds[0])} to ${short(bounds[1])}`],
    ['W_K squared', short(squared.above)],
    ['transport', `${short(action.transport)}${part(action.transport)}`],
    ['reaction', `${short(action.reaction)}${part(action.reaction)}`],
    ['gap', `${short(result.gap)} of the square, ${result.iterations} iterations`],
    ['mobility', nodes.length > 1 ? result.mobility : '(one node)'],
    [
      'grid',
      `${counted(nodes.length, 'node')}, ${cells.map((n, k) => `${n} cells in [${short(low[k])}, ${short(high[k])}]`).join(' x ')}, ${result.levels} levels`,
    ],
  ];
}

function textOf(result: DistanceResult): string {
  const notes = result.notes.map((note) => `note: ${note}\n`).join('');
  return table(factsOf(result).map(([key, value]) => [`${key.padEnd(14)}${value}`])) + notes;
}

async function writeResult(out: string, result: DistanceResult, ends: Ends, path: MetricPath): Promise<void> {
  const { mesh, model } = ends;
  const { levels } = result;
  await makeFolders(out);
  const layout = {
    nodeNames: model.graph.nodeNames,
    coordinateNames: model.coordinateNames,
    ...mesh,
  };
  const densities = await DensitySnapshotWriter.create(out, layout);
  for (const [step, density] of path.densities.entries())
    await densities.append({ step, time: step / levels, fields: [density] });
  const potentials = await DensitySnapshotWriter.create(out, layout, potentialSeries);
  for (const [step, potential] of path.potentials.entries())
    await potentials.append({ step, time: (step + 0.5) / levels, fields: [potential] });
  const page = renderGeodesic({
    title: `Geodesic from ${titleOf(result.a)} to ${titleOf(result.b)}`,
    facts: factsOf(result),
    nodeNames: model.graph.nodeNames,
    coordinateNames: model.coordinateNames,
    cells: mesh.cells,
    low: mesh.low,
    high: mesh.high,
    times: path.densities.map((_, k) => k / levels),
    densities: path.densities,
    notes: result.notes,
    footer: `Made by wasserwerk ${version}.`,
  });
  await writeFileAtomic(join(out, 'geodesic.html'), page);
  await writeFileAtomic(join(out, 'distance.json'), `${JSON.stringify(result, null, 2)}\n`);
}

/** Longer descriptions of densities are cut in a title. */
const longest = 60;

function titleOf(text: string): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
