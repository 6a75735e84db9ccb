// Where densities live: a box of equal cells. Boxes come from the space, from `grid.box`, or are found: large enough for
// the initial law and for where the Gibbs density is not negligible.

import type { BuildContext } from './context.js';
import { PointEvaluator } from './evaluator.js';
import { cellsFor, highestTemperature } from './mesh-occupation.js';
import { needsDensity } from './mobility.js';
import type { Mesh, Model } from './model.js';

/** Cells per coordinate where the config names none, by dimension; for particles this is the most. */
const defaultCells: Readonly<Record<number, number>> = { 1: 512, 2: 128, 3: 48 };

/** Particles that share a cell on average where cells are chosen for particles, and the fewest cells that are chosen. */
const particlesPerCell = 50;
const fewestCells = 8;

/** Standard deviations of a Gaussian initial law inside a found box: 1e-11 of it is outside. */
const reach = 7;
/** A found box ends where (V - min V)/eps passes this: the Gibbs density is e^-25 = 1e-11 of its largest value there. */
const barrier = 25;
const mostGrowth = 80;
/** Points per coordinate of a face, and of the box when the lowest potential is looked for. */
const facePoints: Readonly<Record<number, number>> = { 1: 1, 2: 33, 3: 9 };
const boxPoints: Readonly<Record<number, number>> = { 1: 129, 2: 17, 3: 9 };

export type MeshModel = Omit<Model, 'mesh' | 'densities'>;

/** The mesh of a model that needs one; undefined for others. Refuses what cannot have one. */
export function buildMesh(context: BuildContext, model: MeshModel): Mesh | undefined {
  const { config } = context;
  const { dimension: d } = model;
  // Mobilities act on masses there.
  if (model.representation === 'lumped') return undefined;
  const onGrid = model.representation === 'grid';
  // On the grid the density is there anyway.
  const density = model.graph.targets.length > 0 && needsDensity(model.mobility, model.temperature);
  const entropy = config.observe.entropy;
  if (d > 3) {
    if (onGrid) {
      context.refuse(['representation'], `a grid in ${d} dimensions has too many cells`, {
        value: 'grid',
        hint: 'use particles, or fewer coordinates (at most 3)',
      });
    } else if (density) {
      context.refuse(
        ['dynamics', 'mobility'],
        `${model.mobility} needs the density of particles, and there is none worth the name in ${d} > 3 dimensions`,
        {
          value: model.mobility,
          hint: 'use metropolis, barker or symmetric; or representation: lumped, where mobilities act on masses',
        },
      );
    } else if (entropy !== 'none' && entropy.method === 'grid') {
      context.refuse(['observe', 'entropy'], `a grid in ${d} dimensions has too many cells`, {
        value: 'grid',
        hint: 'use knn or gaussian',
      });
    }
    return undefined;
  }
  if (!onGrid && !density && entropy === 'none') return undefined;

  const { cells: givenCells } = config.grid;
  const cells =
    givenCells === undefined ? undefined : perCoordinate(context, ['grid', 'cells'], givenCells, d);
  const given = givenBox(context, d);
  if ((givenCells !== undefined && cells === undefined) || given === 'refused') return undefined;
  const ends = model.boundaries.map((boundary, i) =>
    boundary.kind === 'free' ? given?.[i] : ([boundary.low, boundary.high] as const),
  );
  const low: number[] = [];
  const high: number[] = [];
  if (ends.every((end) => end !== undefined)) {
    for (const end of ends) {
      low.push(end[0]);
      high.push(end[1]);
    }
  } else {
    const found = findBox(model, ends);
    if (!found) {
      // Those estimators need no cells: without them log Z is unknown, and KL with it; E is not.
      if (!onGrid && !density && entropy !== 'none' && entropy.method !== 'grid') return undefined;
      context.refuse(
        ['grid', 'box'],
        'no box holds the initial law and the Gibbs density: the potential does not confine',
        {
          at: 'key',
          hint: `add grid: { box: ${d === 1 ? '[-5, 5]' : `[${Array.from({ length: d }, () => '[-5, 5]').join(', ')}]`} }`,
        },
      );
      return undefined;
    }
    low.push(...found.low);
    high.push(...found.high);
  }
  const chosen = onGrid
    ? defaultCells[d]
    : cellsFor(model, { low, high }, particlesPerCell, fewestCells, defaultCells[d]);
  return {
    cells: cells ?? Array.from({ length: d }, () => chosen),
    low,
    high,
    periodic: model.boundaries.map((b) => b.kind === 'periodic'),
  };
}

function perCoordinate(
  context: BuildContext,
  path: string[],
  value: number | readonly number[],
  d: number,
): number[] | undefined {
  if (typeof value === 'number') return Array.from({ length: d }, () => value);
  if (value.length === d) return [...value];
  context.refuse(path, `${value.length} numbers for ${d} coordinates`, {
    value,
    hint: `write ${d}, or one for all`,
  });
  return undefined;
}

function givenBox(
  context: BuildContext,
  d: number,
): readonly (readonly [number, number])[] | undefined | 'refused' {
  const { box } = context.config.grid;
  if (box === undefined) return undefined;
  const shared = !box.some((item) => Array.isArray(item));
  const intervals = shared ? Array.from({ length: d }, () => box as number[]) : (box as number[][]);
  const wrong = intervals.find((item) => item.length !== 2 || !(item[0] < item[1]));
  if (intervals.length === d && !wrong) return intervals as unknown as readonly (readonly [number, number])[];
  const message = wrong
    ? `[${wrong.join(', ')}] is no interval with low < high`
    : `${intervals.length} intervals for ${d} coordinates`;
  context.refuse(['grid', 'box'], message, {
    value: box,
    hint: `write ${d} pairs [low, high], or one pair for all`,
  });
  return 'refused';
}

type Ends = readonly (readonly [number, number] | undefined)[];

/**
 * A box for the coordinates whose ends are not given, by growing it side by side; undefined where 80 rounds do not
 * suffice. Samples the potential at time 0 on points of the faces.
 */
export function findBox(model: MeshModel, ends: Ends): { low: number[]; high: number[] } | undefined {
  const { dimension: d, graph } = model;
  const evaluators = model.potentials.map((potential) => new PointEvaluator([potential], model.parameters));
  const temperature = highestTemperature(model);
  const { low, high } = initialHull(model, ends);
  for (let g = 0; g < graph.nodeCount; g++) {
    const evaluator = evaluators[model.potentialOfNode[g]];
    const value = (x: Float64Array): number => evaluator.run({ x, node: g, time: 0 })[0];
    let lowest = lowestOn(low, high, boxPoints[d], value);
    for (let round = 0; ; round++) {
      let grown = false;
      for (let side = 0; side < 2 * d; side++) {
        const i = side >> 1;
        if (ends[i] !== undefined) continue;
        const [from, to] = [Array.from(low), Array.from(high)];
        if (side % 2 === 0) to[i] = low[i];
        else from[i] = high[i];
        const face = lowestOn(from, to, facePoints[d], value);
        lowest = Math.min(lowest, face);
        if (!(face - lowest < barrier * temperature)) continue;
        const width = 0.1 * (high[i] - low[i]);
        if (side % 2 === 0) low[i] -= width;
        else high[i] += width;
        grown = true;
      }
      if (!grown) break;
      if (round === mostGrowth) return undefined;
    }
  }
  return { low, high };
}

/** The smallest box around the initial laws of all nodes; given ends as they are. */
function initialHull(model: MeshModel, ends: Ends): { low: number[]; high: number[] } {
  const { dimension: d, initialLaw: law } = model;
  const low = Array.from({ length: d }, () => Infinity);
  const high = Array.from({ length: d }, () => -Infinity);
  for (let at = 0; at < model.graph.nodeCount * d; at++) {
    const i = at % d;
    const [from, to] =
      law.kind === 'gaussian'
        ? [law.mean[at] - reach * law.standardDeviation[at], law.mean[at] + reach * law.standardDeviation[at]]
        : law.kind === 'uniform'
          ? [law.low[at], law.high[at]]
          : [law.position[at], law.position[at]];
    low[i] = Math.min(low[i], from);
    high[i] = Math.max(high[i], to);
  }
  for (let i = 0; i < d; i++) {
    const given = ends[i];
    if (given) [low[i], high[i]] = given;
    // A point has no width to grow from.
    else if (!(high[i] > low[i])) {
      low[i] -= 0.5;
      high[i] += 0.5;
    }
  }
  return { low, high };
}

/** The least value on a lattice of `points` per coordinate, ends included; what is not a number does not count. */
function lowestOn(
  low: readonly number[],
  high: readonly number[],
  points: number,
  value: (x: Float64Array) => number,
): number {
  const d = low.length;
  const counts = low.map((end, i) => (end === high[i] ? 1 : points));
  const x = new Float64Array(d);
  let lowest = Infinity;
  const total = counts.reduce((product, count) => product * count, 1);
  for (let index = 0; index < total; index++) {
    let rest = index;
    for (let i = 0; i < d; i++) {
      const k = rest % counts[i];
      rest = (rest - k) / counts[i];
      x[i] = counts[i] === 1 ? low[i] : low[i] + (k * (high[i] - low[i])) / (counts[i] - 1);
    }
    const v = value(x);
    if (v < lowest) lowest = v;
  }
  return lowest;
}
