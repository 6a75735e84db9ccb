// Where the nodes of a drawn graph stand. Deterministic: the same graph is drawn alike every time. Paths and cycles have a
// place of their own; other graphs are laid out so that distances on the page are like those along edges (stress
// majorisation: Gansner, Koren, North 2004, from classical scaling).

/** A graph in compressed rows. */
export interface Rows {
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

const iterations = 120;
const powerSteps = 60;
/** In lengths of an edge. */
const aside = 0.2;
const goldenAngle = Math.PI * (3 - Math.sqrt(5));

/** Places of the nodes within [0, 1] x [0, 1]. */
export function layout(graph: Rows): Place[] {
  const n = graph.offsets.length - 1;
  if (n === 1) return [{ x: 0.5, y: 0.5 }];
  const path = asPath(graph);
  if (path) return alongPath(path);
  const cycle = asCycle(graph);
  if (cycle) return onCircle(cycle);
  if (isComplete(graph)) return onCircle(Array.from({ length: n }, (_, g) => g));
  return fitted(spring(graph));
}

function neighbours({ offsets, targets }: Rows, g: number): Int32Array {
  return targets.subarray(offsets[g], offsets[g + 1]);
}

/** The nodes from one end to the other, if the graph is a path. */
function asPath(graph: Rows): number[] | undefined {
  const n = graph.offsets.length - 1;
  const ends = Array.from({ length: n }, (_, g) => g).filter((g) => neighbours(graph, g).length === 1);
  if (ends.length !== 2) return undefined;
  const order = walk(graph, ends[0]);
  return order.length === n ? order : undefined;
}

/** The nodes around, if the graph is a cycle of at least three. */
function asCycle(graph: Rows): number[] | undefined {
  const n = graph.offsets.length - 1;
  for (let g = 0; g < n; g++) if (neighbours(graph, g).length !== 2) return undefined;
  const order = walk(graph, 0);
  return order.length === n ? order : undefined;
}

/** From a node on along nodes of at most two neighbours, until there is nowhere new to go. */
function walk(graph: Rows, start: number): number[] {
  const order = [start];
  const seen = new Set(order);
  for (let g: number | undefined = start; g !== undefined;) {
    if (neighbours(graph, g).length > 2) break;
    g = Array.from(neighbours(graph, g)).find((next) => !seen.has(next));
    if (g === undefined) break;
    seen.add(g);
    order.push(g);
  }
  return order;
}

function isComplete(graph: Rows): boolean {
  const n = graph.offsets.length - 1;
  return n <= 24 && graph.targets.length === n * (n - 1);
}

/** On a line; long paths go to and fro in rows. */
function alongPath(order: readonly number[]): Place[] {
  const n = order.length;
  const columns = n <= 8 ? n : Math.ceil(Math.sqrt(n));
  const rows = Math.ceil(n / columns);
  const places = new Array<Place>(n);
  order.forEach((g, k) => {
    const row = Math.floor(k / columns);
    const column = row % 2 === 0 ? k % columns : columns - 1 - (k % columns);
    places[g] = {
      x: columns === 1 ? 0.5 : column / (columns - 1),
      y: rows === 1 ? 0.5 : row / (rows - 1),
    };
  });
  return places;
}

/** Evenly on a circle, the first on the right, the others counter-clockwise as in the plane. */
function onCircle(order: readonly number[]): Place[] {
  const places = new Array<Place>(order.length);
  order.forEach((g, k) => {
    const angle = (2 * Math.PI * k) / order.length;
    places[g] = { x: 0.5 + 0.5 * Math.cos(angle), y: 0.5 - 0.5 * Math.sin(angle) };
  });
  return places;
}

/** Numbers of edges between all pairs; between parts that are not joined a little more than the longest. */
function distances(graph: Rows): Float64Array {
  const n = graph.offsets.length - 1;
  const steps = new Float64Array(n * n).fill(-1);
  let longest = 1;
  for (let start = 0; start < n; start++) {
    const queue = [start];
    steps[start * n + start] = 0;
    for (let at = 0; at < queue.length; at++) {
      for (const next of neighbours(graph, queue[at])) {
        if (steps[start * n + next] >= 0) continue;
        steps[start * n + next] = steps[start * n + queue[at]] + 1;
        longest = Math.max(longest, steps[start * n + next]);
        queue.push(next);
      }
    }
  }
  return steps.map((value) => (value < 0 ? longest + 2 : value));
}

function spring(graph: Rows): Place[] {
  const n = graph.offsets.length - 1;
  const wanted = distances(graph);
  const start = scaled(wanted, n);
  let [x, y] = start;
  for (let round = 0; round < iterations; round++) {
    const [nextX, nextY] = [new Float64Array(n), new Float64Array(n)];
    for (let i = 0; i < n; i++) {
      let total = 0;
      for (let j = 0; j < n; j++) {
        if (j === i) continue;
        const distance = wanted[i * n + j];
        const weight = 1 / (distance * distance);
        const [dx, dy] = [x[i] - x[j], y[i] - y[j]];
        const length = Math.sqrt(dx * dx + dy * dy);
        const pull = length > 1e-9 ? distance / length : 0;
        nextX[i] += weight * (x[j] + pull * dx);
        nextY[i] += weight * (y[j] + pull * dy);
        total += weight;
      }
      nextX[i] /= total;
      nextY[i] /= total;
    }
    [x, y] = [nextX, nextY];
  }
  return Array.from(x, (value, i) => ({ x: value, y: y[i] }));
}

/** Classical scaling: the two leading directions of the doubly centred squared distances, by iteration. */
function scaled(wanted: Float64Array, n: number): [Float64Array, Float64Array] {
  const rowMeans = new Float64Array(n);
  let mean = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) rowMeans[i] += wanted[i * n + j] ** 2 / n;
    mean += rowMeans[i] / n;
  }
  const centred = wanted.map(
    (d, at) => -0.5 * (d * d - rowMeans[Math.floor(at / n)] - rowMeans[at % n] + mean),
  );
  // A fixed start without symmetry, so that where directions are equal (a hypercube) some one is chosen.
  const begin = (shift: number): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => Math.sin(1 + shift + i * (1.7 + 0.3 * shift)));
  const first = leading(centred, n, begin(0), undefined);
  const second = leading(centred, n, begin(1), first.direction);
  const size = (value: number): number => Math.sqrt(Math.max(value, 1e-6));
  // Nodes with the same neighbours would stand in one place, and no spring could part them: a little aside, each its way.
  return [
    first.direction.map((v, i) => v * size(first.value) + aside * Math.cos(goldenAngle * i)),
    second.direction.map((v, i) => v * size(second.value) + aside * Math.sin(goldenAngle * i)),
  ];
}

function leading(
  matrix: Float64Array,
  n: number,
  begin: Float64Array,
  besides: Float64Array | undefined,
): { direction: Float64Array; value: number } {
  let direction = begin;
  let value = 0;
  for (let step = 0; step < powerSteps; step++) {
    const next = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) next[i] += matrix[i * n + j] * direction[j];
    if (besides) {
      const along = next.reduce((sum, v, i) => sum + v * besides[i], 0);
      for (let i = 0; i < n; i++) next[i] -= along * besides[i];
    }
    value = Math.sqrt(next.reduce((sum, v) => sum + v * v, 0));
    if (!(value > 0)) break;
    direction = next.map((v) => v / value);
  }
  return { direction, value };
}

/** Moved and scaled, alike in both directions, into the unit square. */
function fitted(places: readonly Place[]): Place[] {
  const ends = (pick: (place: Place) => number): [number, number] => [
    Math.min(...places.map(pick)),
    Math.max(...places.map(pick)),
  ];
  const [left, right] = ends(({ x }) => x);
  const [top, bottom] = ends(({ y }) => y);
  const size = Math.max(right - left, bottom - top, 1e-9);
  return places.map(({ x, y }) => ({
    x: 0.5 + (x - (left + right) / 2) / size,
    y: 0.5 + (y - (top + bottom) / 2) / size,
  }));
}
