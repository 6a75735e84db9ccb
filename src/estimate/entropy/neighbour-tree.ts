// Nearest points among the points of a sample: a balanced kd-tree of bounding boxes in typed arrays. Exact, also on a torus;
// it knows distances only, not densities.

import { pointCount, wrap, type Sample } from './sample.js';

/** Most points of a leaf. Leaves of 8 and 16 points cost the same, of 4 and 31 some 15 % more (4000 points, d = 2, k = 4). */
const leafSize = 12;

/**
 * A tree over the points of a sample, which it copies. All leaves are on one level; node v has the children 2v + 1 and
 * 2v + 2; points lie in the order of the leaves. A node is split at the middle of its points, across the longest side of
 * their box. Building costs O(n log n), a query allocates nothing. The same sample gives the same tree and the same answers,
 * bit for bit; which of several points at one distance is found is fixed, but not otherwise defined.
 *
 * Coordinates with a period are wrapped, and distances across them are the shorter way round.
 */
export class NeighbourTree {
  /** Number of points n. */
  readonly count: number;
  readonly dimension: number;
  /** Coordinate i of the point at place s of the tree's order at [s d + i]. */
  readonly #points: Float64Array;
  /** The place of the point with index i in the sample. */
  readonly #placeOf: Int32Array;
  /** Infinity for coordinates without a period; undefined where no coordinate has one. */
  readonly #periods: Float64Array | undefined;
  /** Places of node v: from [v] to before [v] of #ends. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** Bounding box of the points of node v: lower and upper end of coordinate i at [2 (v d + i)] and behind it. */
  readonly #boxes: Float64Array;
  readonly #firstLeaf: number;
  /** Nodes that a query may have to come back to, with their squared distances: one per level. */
  readonly #openNodes: Int32Array;
  readonly #openDistances: Float64Array;
  readonly #query: Float64Array;

  /** @throws RangeError for a malformed sample. */
  constructor(sample: Sample) {
    const { dimension: d, periods } = sample;
    const n = pointCount(sample);
    this.count = n;
    this.dimension = d;
    this.#periods = periods.some((period) => period !== undefined)
      ? Float64Array.from(periods, (period) => period ?? Infinity)
      : undefined;
    const source = Float64Array.from(sample.points);
    for (let i = 0; i < d; i++) {
      const period = periods[i];
      if (period === undefined) continue;
      for (let at = i; at < source.length; at += d) source[at] = wrap(source[at], period);
    }

    let [levels, leaves] = [0, 1];
    for (; leaves * leafSize < n; leaves *= 2) levels++;
    const nodeCount = 2 * leaves - 1;
    this.#firstLeaf = leaves - 1;
    this.#starts = new Int32Array(nodeCount);
    this.#ends = new Int32Array(nodeCount);
    this.#boxes = new Float64Array(2 * nodeCount * d);
    this.#openNodes = new Int32Array(levels + 1);
    this.#openDistances = new Float64Array(levels + 1);
    this.#query = new Float64Array(d);
    const order = new Int32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    this.#ends[0] = n;
    for (let node = 0; node < nodeCount; node++) this.#arrange(node, order, source);

    this.#points = new Float64Array(n * d);
    this.#placeOf = new Int32Array(n);
    for (let place = 0; place < n; place++) {
      const index = order[place];
      this.#placeOf[index] = place;
      for (let i = 0; i < d; i++) this.#points[place * d + i] = source[index * d + i];
    }
  }

  /** Gives a node its box and, unless it is a leaf, its children their places. Parents come first. */
  #arrange(node: number, order: Int32Array, source: Float64Array): void {
    const { dimension: d } = this;
    const [start, end] = [this.#starts[node], this.#ends[node]];
    let [widest, width] = [0, -1];
    for (let i = 0; i < d; i++) {
      let [low, high] = [Infinity, -Infinity];
      for (let place = start; place < end; place++) {
        const x = source[order[place] * d + i];
        if (x < low) low = x;
        if (x > high) high = x;
      }
      this.#boxes[2 * (node * d + i)] = low;
      this.#boxes[2 * (node * d + i) + 1] = high;
      if (high - low > width) {
        widest = i;
        width = high - low;
      }
    }
    if (node >= this.#firstLeaf) return;
    const middle = (start + end) >> 1;
    selectMiddle(order, source, d, widest, start, end, middle);
    this.#starts[2 * node + 1] = start;
    this.#ends[2 * node + 1] = middle;
    this.#starts[2 * node + 2] = middle;
    this.#ends[2 * node + 2] = end;
  }

  /**
   * Writes the squared distances (ascending) of the `k` points nearest to point i, itself excluded, into the first k places
   * of `distances`. Other points at the same place count.
   * @throws RangeError unless 1 <= k <= n - 1 and 0 <= i < n.
   */
  nearestOf(i: number, k: number, distances: Float64Array): void {
    if (!(Number.isInteger(i) && i >= 0 && i < this.count)) {
      throw new RangeError(`point ${i} of ${this.count}`);
    }
    requireRoom(k, this.count - 1, distances);
    const place = this.#placeOf[i];
    this.#find(this.#points, place * this.dimension, place, k, distances);
  }

  /**
   * Writes the squared distances (ascending) of the `k` points nearest to `x`, a point at the same place included.
   * @throws RangeError unless 1 <= k <= n.
   */
  nearest(x: ArrayLike<number>, k: number, distances: Float64Array): void {
    requireRoom(k, this.count, distances);
    this.#find(this.#wrapped(x), 0, -1, k, distances);
  }

  /**
   * The smallest positive squared distance from `x` to a point (Infinity if all points are at x), and how many points are
   * at x itself. Slower than `nearest`: it is for samples with points at the same place.
   */
  nearestApart(x: ArrayLike<number>): { readonly distance: number; readonly atPoint: number } {
    const { dimension: d } = this;
    const query = this.#wrapped(x);
    const [nodes, points, boxes, periods] = [this.#openNodes, this.#points, this.#boxes, this.#periods];
    let atPoint = 0;
    let least = Infinity;
    let open = 0;
    nodes[open++] = 0;
    while (open > 0) {
      const node = nodes[--open];
      const lower = boxDistance(boxes, node, query, 0, d, periods);
      // A box around x may hold points at x, which are to be counted.
      if (lower > 0 && lower >= least) continue;
      if (node < this.#firstLeaf) {
        nodes[open++] = 2 * node + 2;
        nodes[open++] = 2 * node + 1;
        continue;
      }
      for (let place = this.#starts[node], end = this.#ends[node]; place < end; place++) {
        const distance = pointDistance(points, place, query, 0, d, periods);
        if (distance === 0) atPoint++;
        else if (distance < least) least = distance;
      }
    }
    return { distance: least, atPoint };
  }

  /** Copies the coordinates of a point, wrapped, to `out`. */
  pointOf(index: number, out: Float64Array): void {
    const { dimension: d } = this;
    const from = this.#placeOf[index] * d;
    for (let i = 0; i < d; i++) out[i] = this.#points[from + i];
  }

  #wrapped(x: ArrayLike<number>): Float64Array {
    const { dimension: d } = this;
    if (x.length !== d) throw new RangeError(`a point of ${x.length} coordinates among points of ${d}`);
    for (let i = 0; i < d; i++) {
      if (!Number.isFinite(x[i])) throw new RangeError(`coordinate ${i} of the point is ${x[i]}`);
      const period = this.#periods?.[i] ?? Infinity;
      this.#query[i] = period === Infinity ? x[i] : wrap(x[i], period);
    }
    return this.#query;
  }

  /** Squared distances of the k points nearest to the point at [at …] of `query`, but for the one at place `except`. */
  #find(query: Float64Array, at: number, except: number, k: number, distances: Float64Array): void {
    const { dimension: d } = this;
    const [nodes, lowers, points, boxes] = [this.#openNodes, this.#openDistances, this.#points, this.#boxes];
    const [starts, ends, firstLeaf, periods] = [this.#starts, this.#ends, this.#firstLeaf, this.#periods];
    const last = k - 1;
    for (let slot = 0; slot < k; slot++) distances[slot] = Infinity;
    // That of the k-th so far.
    let bound = Infinity;
    let open = 0;
    let node = 0;
    for (;;) {
      while (node < firstLeaf) {
        const child = 2 * node + 1;
        const left = boxDistance(boxes, child, query, at, d, periods);
        const right = boxDistance(boxes, child + 1, query, at, d, periods);
        const isLeft = left <= right;
        const far = isLeft ? right : left;
        if (far < bound) {
          nodes[open] = isLeft ? child + 1 : child;
          lowers[open++] = far;
        }
        node = isLeft ? child : child + 1;
      }
      for (let place = starts[node], end = ends[node]; place < end; place++) {
        const distance = pointDistance(points, place, query, at, d, periods);
        if (distance >= bound || place === except) continue;
        let slot = last;
        for (; slot > 0; slot--) {
          const before = distances[slot - 1];
          if (before <= distance) break;
          distances[slot] = before;
        }
        distances[slot] = distance;
        bound = distances[last];
      }
      do {
        if (open === 0) return;
        node = nodes[--open];
      } while (lowers[open] >= bound);
    }
  }

  /**
   * Counts the points within the squared distance of `x`, but for the one with index `except` (-1 for none), and writes the
   * sum of their differences from x, coordinate by coordinate, to `sums`. Costs as much as there are points: no sorting.
   */
  within(x: ArrayLike<number>, squaredRadius: number, except: number, sums: Float64Array): number {
    const { dimension: d } = this;
    const query = this.#wrapped(x);
    const [nodes, points, boxes, periods] = [this.#openNodes, this.#points, this.#boxes, this.#periods];
    const left = except >= 0 ? this.#placeOf[except] : -1;
    let count = 0;
    sums.fill(0);
    let open = 0;
    nodes[open++] = 0;
    while (open > 0) {
      const node = nodes[--open];
      if (boxDistance(boxes, node, query, 0, d, periods) > squaredRadius) continue;
      if (node < this.#firstLeaf) {
        nodes[open++] = 2 * node + 2;
        nodes[open++] = 2 * node + 1;
        continue;
      }
      for (let place = this.#starts[node], end = this.#ends[node]; place < end; place++) {
        if (pointDistance(points, place, query, 0, d, periods) > squaredRadius || place === left) continue;
        count++;
        for (let i = 0; i < d; i++) {
          let difference = points[place * d + i] - query[i];
          if (periods !== undefined) {
            const period = periods[i];
            if (difference > period / 2) difference -= period;
            else if (difference < -period / 2) difference += period;
          }
          sums[i] += difference;
        }
      }
    }
    return count;
  }
}

function requireRoom(k: number, most: number, distances: Float64Array): void {
  if (!(Number.isInteger(k) && k >= 1 && k <= most)) {
    throw new RangeError(`${k} nearest points asked for, of ${most}`);
  }
  if (distances.length < k) throw new RangeError(`no room for ${k} nearest points`);
}

// Functions of their own and not methods: loops that call them load the fields of the tree once.

/** The squared distance from the point at [at …] of `query` to the one at a place of `points`. */
function pointDistance(
  points: Float64Array,
  place: number,
  query: Float64Array,
  at: number,
  d: number,
  periods: Float64Array | undefined,
): number {
  const from = place * d;
  if (periods === undefined) {
    // The first coordinate outside the loop: a tenth off a search in the plane.
    const first = query[at] - points[from];
    let sum = first * first;
    for (let i = 1; i < d; i++) {
      const difference = query[at + i] - points[from + i];
      sum += difference * difference;
    }
    return sum;
  }
  let sum = 0;
  for (let i = 0; i < d; i++) {
    let difference = Math.abs(query[at + i] - points[from + i]);
    const round = periods[i] - difference;
    if (round < difference) difference = round;
    sum += difference * difference;
  }
  return sum;
}

/**
 * A squared distance that no point of a node's box falls below, in floating-point numbers too: differences to the two
 * ends of a side round in the same way as those to points between them.
 */
function boxDistance(
  boxes: Float64Array,
  node: number,
  query: Float64Array,
  at: number,
  d: number,
  periods: Float64Array | undefined,
): number {
  let end = 2 * node * d;
  let sum = 0;
  for (let i = 0; i < d; i++, end += 2) {
    const x = query[at + i];
    const below = boxes[end] - x;
    const above = x - boxes[end + 1];
    let side = below > above ? below : above;
    if (side <= 0) continue;
    if (periods !== undefined) {
      // The way to the nearer end, and the way round to the other one.
      const round = periods[i] + (below > above ? above : below);
      if (round < side) side = round;
    }
    sum += side * side;
  }
  return sum;
}

/**
 * Reorders order[start … end) so that the point at `middle` is the one that sorting by coordinate i would put there, with
 * none larger before it and none smaller behind it (Hoare's selection, median of three).
 */
function selectMiddle(
  order: Int32Array,
  source: Float64Array,
  d: number,
  i: number,
  start: number,
  end: number,
  middle: number,
): void {
  let [left, right] = [start, end - 1];
  while (left < right) {
    const first = source[order[left] * d + i];
    const centre = source[order[(left + right) >> 1] * d + i];
    const last = source[order[right] * d + i];
    const pivot = Math.max(Math.min(first, centre), Math.min(Math.max(first, centre), last));
    let [low, high] = [left, right];
    while (low <= high) {
      while (source[order[low] * d + i] < pivot) low++;
      while (source[order[high] * d + i] > pivot) high--;
      if (low > high) break;
      const swapped = order[low];
      order[low++] = order[high];
      order[high--] = swapped;
    }
    if (middle <= high) right = high;
    else if (middle >= low) left = low;
    else return;
  }
}
