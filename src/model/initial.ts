// The law of particles at time 0: where in space, how many on each node. Not the sampling of it (particles/).

import type { CoordinateValues, NodeValues, Path, ValueSpec } from '../config/mod.js';
import { suggest } from '../config/thread.js';
import type { BuildContext } from './context.js';
import { formulaAtNode, formulaAtNodes, type Scope } from './formulas.js';
import type { Boundary, Graph, InitialLaw } from './model.js';

/** One value per node from a number, a formula, a list or a map; nodes missing in a map get `missing`. */
export function valuesPerNode(
  context: BuildContext,
  path: Path,
  spec: NodeValues,
  graph: Graph,
  scope: Scope,
  missing?: number,
): Float64Array | undefined {
  const n = graph.nodeCount;
  if (typeof spec === 'string') return formulaAtNodes(context, path, spec, scope, n);
  if (isListed(spec)) {
    if (spec.length !== n) {
      context.refuse(path, `${spec.length} values for ${n} nodes`, {
        hint: `give ${n} values, one per node`,
      });
      return undefined;
    }
    const values = spec.map((text, g) => formulaAtNode(context, [...path, g], text, scope, g));
    return values.includes(undefined) ? undefined : Float64Array.from(values as number[]);
  }
  const values = new Float64Array(n).fill(missing ?? NaN);
  const fits = byName(context, path, spec, graph, missing !== undefined, (g, text, at) => {
    const value = formulaAtNode(context, at, text, scope, g);
    if (value !== undefined) values[g] = value;
    return value !== undefined;
  });
  return fits ? values : undefined;
}

function isListed<T>(spec: string | readonly T[] | Readonly<Record<string, T>>): spec is readonly T[] {
  return Array.isArray(spec);
}

/** Walks a map by node name; refuses unknown names and, unless `partial`, nodes left out. */
function byName<T>(
  context: BuildContext,
  path: Path,
  map: Readonly<Record<string, T>>,
  graph: Graph,
  partial: boolean,
  take: (node: number, value: T, path: Path) => boolean,
): boolean {
  const nodes = new Map(graph.nodeNames.map((name, i) => [name, i]));
  let fits = true;
  for (const [name, value] of Object.entries(map)) {
    const g = nodes.get(name);
    if (g === undefined) {
      const hint = suggest(name, nodes.keys(), 'nodes');
      context.refuse([...path, name], `there is no node "${name}"`, { at: 'key', value: name, hint });
      fits = false;
    } else {
      fits = take(g, value, [...path, name]) && fits;
    }
  }
  const missing = graph.nodeNames.filter((name) => !Object.hasOwn(map, name));
  if (partial || missing.length === 0) return fits;
  const shown = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '');
  context.refuse(path, `has no value for ${missing.length} of ${graph.nodeCount} nodes: ${shown}`, {
    at: 'key',
    hint: 'give every node a value, or write a formula of node',
  });
  return false;
}

/** Values per node and coordinate, node-major. */
function perCoordinate(
  context: BuildContext,
  path: Path,
  spec: CoordinateValues,
  graph: Graph,
  scope: Scope,
): Float64Array | undefined {
  const d = context.config.space.variables.length;
  const n = graph.nodeCount;
  const values = new Float64Array(n * d);
  const fill = (
    list: ValueSpec,
    at: Path,
    evaluate: (text: string, path: Path) => ArrayLike<number> | undefined,
    node?: number,
  ): boolean => {
    if (typeof list !== 'string' && list.length !== d) {
      context.refuse(at, `${list.length} values for ${d} coordinates`, {
        hint: `give ${d} values, or one for all`,
      });
      return false;
    }
    let fits = true;
    let column: ArrayLike<number> | undefined;
    for (let i = 0; i < d; i++) {
      if (typeof list !== 'string') column = evaluate(list[i], [...at, i]);
      else if (i === 0) column = evaluate(list, at);
      if (column === undefined) {
        fits = false;
        continue;
      }
      if (node !== undefined) values[node * d + i] = column[0];
      else for (let g = 0; g < n; g++) values[g * d + i] = column[g];
    }
    return fits;
  };
  let fits: boolean;
  if (typeof spec === 'string' || isListed(spec)) {
    fits = fill(spec, path, (text, at) => formulaAtNodes(context, at, text, scope, n));
  } else {
    fits = byName(context, path, spec, graph, false, (g, list: ValueSpec, at) =>
      fill(
        list,
        at,
        (text, inner) => {
          const value = formulaAtNode(context, inner, text, scope, g);
          return value === undefined ? undefined : [value];
        },
        g,
      ),
    );
  }
  if (!fits) return undefined;
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return values;
  const node = graph.nodeNames[Math.floor(wrong / d)];
  context.refuse(path, `is ${values[wrong]} on node "${node}"`, { hint: 'every node needs a finite value' });
  return undefined;
}

/** Resolves the law of x given the node. */
export function buildInitialLaw(
  context: BuildContext,
  graph: Graph,
  boundaries: readonly Boundary[],
  scope: Scope,
): InitialLaw | undefined {
  const { gaussian, uniform, point } = context.config.initial;
  const read = (key: readonly string[], spec: CoordinateValues): Float64Array | undefined =>
    perCoordinate(context, ['initial', ...key], spec, graph, scope);
  if (gaussian !== undefined) {
    const mean = read(['gaussian', 'mean'], gaussian.mean);
    const standardDeviation = read(['gaussian', 'std'], gaussian.std);
    if (mean === undefined || standardDeviation === undefined) return undefined;
    const negative = standardDeviation.findIndex((value) => value < 0);
    if (negative >= 0) {
      const message = `expected a standard deviation >= 0, got ${standardDeviation[negative]}`;
      context.refuse(['initial', 'gaussian', 'std'], message, { value: gaussian.std, hint: 'use 0 or more' });
    }
    checkInside(context, ['initial', 'gaussian', 'mean'], 'the mean', graph, boundaries, mean);
    noteTails(context, boundaries, mean, standardDeviation);
    return { kind: 'gaussian', mean, standardDeviation };
  }
  if (point !== undefined) {
    const position = read(['point'], point);
    if (position === undefined) return undefined;
    checkInside(context, ['initial', 'point'], 'the point', graph, boundaries, position);
    return { kind: 'point', position };
  }
  const low = endOf(context, 'low', uniform?.low, graph, boundaries, read);
  const high = endOf(context, 'high', uniform?.high, graph, boundaries, read);
  if (low === undefined || high === undefined) return undefined;
  const empty = low.findIndex((value, i) => !(value < high[i]));
  if (empty >= 0) {
    const message = `low ${low[empty]} is not below high ${high[empty]}`;
    context.refuse(['initial', 'uniform'], message, { hint: 'use low < high (for one place: point)' });
  }
  checkInside(context, ['initial', 'uniform', 'low'], 'low', graph, boundaries, low);
  checkInside(context, ['initial', 'uniform', 'high'], 'high', graph, boundaries, high);
  return { kind: 'uniform', low, high };
}

/** One end of a uniform law, as given or of the box. */
function endOf(
  context: BuildContext,
  end: 'low' | 'high',
  spec: CoordinateValues | undefined,
  graph: Graph,
  boundaries: readonly Boundary[],
  read: (key: readonly string[], spec: CoordinateValues) => Float64Array | undefined,
): Float64Array | undefined {
  if (spec !== undefined) return read(['uniform', end], spec);
  const free = boundaries.findIndex((boundary) => boundary.kind === 'free');
  if (free >= 0) {
    const name = context.config.space.variables[free];
    context.refuse(['initial', 'uniform', end], `is missing: "${name}" has no box to take it from`, {
      hint: `add ${end}: ${end === 'low' ? '-1' : '1'}`,
    });
    return undefined;
  }
  const d = boundaries.length;
  return Float64Array.from({ length: graph.nodeCount * d }, (_, i) => {
    const boundary = boundaries[i % d];
    return boundary.kind === 'free' ? 0 : boundary[end];
  });
}

function checkInside(
  context: BuildContext,
  path: Path,
  what: string,
  graph: Graph,
  boundaries: readonly Boundary[],
  values: Float64Array,
): void {
  const d = boundaries.length;
  const outside = values.findIndex((value, i) => {
    const boundary = boundaries[i % d];
    return boundary.kind !== 'free' && !(value >= boundary.low && value <= boundary.high);
  });
  if (outside < 0) return;
  const boundary = boundaries[outside % d];
  const box = boundary.kind === 'free' ? '' : `[${boundary.low}, ${boundary.high}]`;
  const name = context.config.space.variables[outside % d];
  const node = graph.nodeNames[Math.floor(outside / d)];
  context.refuse(
    path,
    `${what} ${values[outside]} of "${name}" on node "${node}" lies outside the box ${box}`,
    {
      hint: 'move it into the box, or widen space.box',
    },
  );
}

/** A Gaussian has tails beyond any box: say what becomes of them where they are not negligible. */
function noteTails(
  context: BuildContext,
  boundaries: readonly Boundary[],
  mean: Float64Array,
  deviation: Float64Array,
): void {
  const d = boundaries.length;
  // Beyond four standard deviations there is 1 particle in 16000.
  const reach = 4;
  const outside = mean.findIndex((value, i) => {
    const boundary = boundaries[i % d];
    if (boundary.kind === 'free') return false;
    return value - reach * deviation[i] < boundary.low || value + reach * deviation[i] > boundary.high;
  });
  if (outside < 0) return;
  const verb = boundaries[outside % d].kind === 'periodic' ? 'wrapped around' : 'reflected into';
  context.note('initial-tails', ['initial', 'gaussian'], `samples outside the box are ${verb} the box`);
}

/** Initial masses of the nodes, normalised to sum 1. */
export function buildMasses(context: BuildContext, graph: Graph, scope: Scope): Float64Array | undefined {
  const spec = context.config.initial.masses;
  const path = ['initial', 'masses'];
  const n = graph.nodeCount;
  if (spec === 'uniform') return new Float64Array(n).fill(1 / n);
  const masses = valuesPerNode(context, path, spec, graph, scope, 0);
  if (masses === undefined) return undefined;
  const wrong = masses.findIndex((mass) => !(mass >= 0) || !Number.isFinite(mass));
  if (wrong >= 0) {
    const message = `expected masses >= 0, got ${masses[wrong]} on node "${graph.nodeNames[wrong]}"`;
    context.refuse(path, message, { hint: 'use 0 or more' });
    return undefined;
  }
  let sum = 0;
  for (const mass of masses) sum += mass;
  if (!(sum > 0) || !Number.isFinite(sum)) {
    const message = sum === 0 ? 'all masses are 0' : 'the sum of the masses is not finite';
    context.refuse(path, message, { hint: 'give at least one node a mass > 0' });
    return undefined;
  }
  if (Math.abs(sum - 1) > 1e-9)
    context.note('masses-normalised', path, `masses sum to ${sum} and are divided by it`);
  for (let g = 0; g < n; g++) masses[g] /= sum;
  return masses;
}
