// The Wasserstein distance of order 1 between two laws of x given the node. On the line it is the integral of |F_a - F_b|,
// exact for particles and for densities that are constant on cells; on a circle the same after the best shift (Rabin,
// Delon, Gousseau 2011). In more dimensions it is sliced: the mean of the distances along fixed directions, which is not
// W1 itself but at most W1. With periodic coordinates the directions are the coordinates.

import { mathF64 } from '../elementary/mod.js';
import { inCells, type Cells, type Law } from './law.js';

export interface TransportDistance {
  readonly kind: 'W1' | 'sliced W1';
  readonly distance: number;
  /** About what two samples of one law have on average; 0 between two grids. */
  readonly expected: number;
}

/** How a coordinate ends. */
export type Ends =
  { readonly kind: 'line' } | { readonly kind: 'circle'; readonly low: number; readonly high: number };

/** Most particles of a node that are looked at; of more, every k-th. */
const mostParticles = 100_000;
const planarDirections = 16;
const spatialDirections = 32;
const circlePoints = 256;

/** A distribution function: linear from right[k] at x[k] to left[k + 1] at x[k + 1], with a step at each x. */
interface Distribution {
  readonly x: Float64Array;
  readonly left: Float64Array;
  readonly right: Float64Array;
  /** Particles it was made of; Infinity for an exact law. */
  readonly count: number;
}

/** The distribution function of atoms. */
export function ofAtoms(
  positions: Float64Array,
  weights: Float64Array | undefined,
  count: number,
): Distribution {
  const n = positions.length;
  if (weights === undefined) {
    const x = positions.slice().sort();
    const left = Float64Array.from({ length: n }, (_, k) => k / n);
    const right = Float64Array.from({ length: n }, (_, k) => (k + 1) / n);
    return { x, left, right, count };
  }
  const order = Array.from(positions.keys())
    .filter((k) => weights[k] > 0)
    .sort((a, b) => positions[a] - positions[b]);
  const [left, right] = [new Float64Array(order.length), new Float64Array(order.length)];
  let sum = 0;
  order.forEach((k, at) => {
    left[at] = sum;
    sum += weights[k];
    right[at] = sum;
  });
  return { x: Float64Array.from(order, (k) => positions[k]), left, right, count };
}

/** The distribution function of a density that is constant on equal cells. */
export function ofCells(low: number, high: number, probability: Float64Array): Distribution {
  const n = probability.length;
  const x = Float64Array.from({ length: n + 1 }, (_, k) => low + (k * (high - low)) / n);
  const value = new Float64Array(n + 1);
  for (let k = 0; k < n; k++) value[k + 1] = value[k] + probability[k];
  return { x, left: value, right: value, count: Infinity };
}

interface Segment {
  readonly width: number;
  /** F_a - F_b at the two ends, and the pooled F in the middle. */
  readonly from: number;
  readonly to: number;
  readonly pooled: number;
}

/** The stretches between neighbouring steps and corners of two distribution functions. */
function segments(a: Distribution, b: Distribution): Segment[] {
  const ends = Float64Array.from([...a.x, ...b.x]).sort();
  const share = poolShare(a, b);
  const [readA, readB] = [reader(a), reader(b)];
  const found: Segment[] = [];
  for (let k = 0; k + 1 < ends.length; k++) {
    const [u, v] = [ends[k], ends[k + 1]];
    if (!(v > u)) continue;
    const [a0, a1] = readA(u, v);
    const [b0, b1] = readB(u, v);
    const pooled = 0.5 * (share * (a0 + a1) + (1 - share) * (b0 + b1));
    found.push({ width: v - u, from: a0 - b0, to: a1 - b1, pooled });
  }
  return found;
}

/** Weight of the first in the pooled law: an exact law alone if there is one, else by the sizes of the samples. */
function poolShare(a: Distribution, b: Distribution): number {
  if (a.count === Infinity) return 1;
  if (b.count === Infinity) return 0;
  return a.count / (a.count + b.count);
}

/** Reads F just after u and just before v, for ascending stretches that no step or corner divides. */
function reader({ x, left, right }: Distribution): (u: number, v: number) => [number, number] {
  let k = -1;
  return (u, v) => {
    while (k + 1 < x.length && x[k + 1] <= u) k += 1;
    if (k < 0) return [0, 0];
    if (k + 1 >= x.length) return [1, 1];
    const slope = (left[k + 1] - right[k]) / (x[k + 1] - x[k]);
    return [right[k] + slope * (u - x[k]), right[k] + slope * (v - x[k])];
  };
}

/** Integral of |D| over a stretch on which D is linear. */
function absolute(width: number, from: number, to: number): number {
  const [p, q] = [Math.abs(from), Math.abs(to)];
  if (from * to >= 0) return 0.5 * width * (p + q);
  return (0.5 * width * (p * p + q * q)) / (p + q);
}

/** 1/n_a + 1/n_b: the variance of F_a - F_b over that of one particle. */
function inverseCount(a: Distribution, b: Distribution): number {
  return 1 / a.count + 1 / b.count;
}

/** W1 on the line, and its mean for two samples of one law: the integral of E|F_a - F_b| as for a normal law. */
export function onLine(a: Distribution, b: Distribution): { distance: number; expected: number } {
  let [distance, noise] = [0, 0];
  for (const { width, from, to, pooled } of segments(a, b)) {
    distance += absolute(width, from, to);
    noise += width * Math.sqrt(Math.max(0, pooled * (1 - pooled)));
  }
  return { distance, expected: noise * Math.sqrt((2 / Math.PI) * inverseCount(a, b)) };
}

/**
 * W1 on a circle: the integral of |D - m| for D = F_a - F_b and the m that makes it least, the median of D along the circle.
 * The noise is that with the mean of D in place of the median, hence a little too large.
 */
export function onCircle(
  a: Distribution,
  b: Distribution,
  low: number,
  high: number,
): { distance: number; expected: number } {
  const length = high - low;
  const parts = segments(a, b);
  // Beyond the outermost particles both functions are 0 or 1.
  const covered = parts.reduce((sum, { width }) => sum + width, 0);
  if (length > covered) parts.push({ width: length - covered, from: 0, to: 0, pooled: 0 });
  const below = (level: number): number =>
    parts.reduce((sum, { width, from, to }) => {
      const [least, most] = from < to ? [from, to] : [to, from];
      if (most <= level) return sum + width;
      return least >= level ? sum : sum + (width * (level - least)) / (most - least);
    }, 0);
  let [least, most] = [-1, 1];
  for (let round = 0; round < 60; round++) {
    const middle = 0.5 * (least + most);
    if (below(middle) < 0.5 * length) least = middle;
    else most = middle;
  }
  const distance = parts.reduce(
    (sum, { width, from, to }) => sum + absolute(width, from - most, to - most),
    0,
  );
  return { distance, expected: circleNoise(a, b, low, high) * Math.sqrt(inverseCount(a, b)) };
}

/** Integral of E|G - mean of G| for a Brownian bridge G in the time F(x). */
function circleNoise(a: Distribution, b: Distribution, low: number, high: number): number {
  const share = poolShare(a, b);
  const [readA, readB] = [reader(a), reader(b)];
  const F = Array.from({ length: circlePoints }, (_, k) => {
    const x = low + ((k + 0.5) * (high - low)) / circlePoints;
    return share * readA(x, x)[0] + (1 - share) * readB(x, x)[0];
  });
  // Mean over y of the covariance min(F, F_y) - F F_y, and the mean of that.
  const withMean = F.map((f) => F.reduce((sum, g) => sum + Math.min(f, g) - f * g, 0) / circlePoints);
  const ofMean = withMean.reduce((sum, value) => sum + value, 0) / circlePoints;
  const deviations = F.map((f, k) => Math.sqrt(Math.max(0, f * (1 - f) - 2 * withMean[k] + ofMean)));
  const mean = deviations.reduce((sum, value) => sum + value, 0) / circlePoints;
  return (high - low) * mean * Math.sqrt(2 / Math.PI);
}

/** W1 in one dimension, sliced W1 in more. Dimensionless, in the units of x. */
export function transportDistance(a: Law, b: Law, ends: readonly Ends[]): TransportDistance {
  const d = a.dimension;
  if (d === 1) return { kind: 'W1', ...along(alone(a), alone(b), ends[0]) };
  const mesh = a.kind === 'cells' ? a.mesh : b.kind === 'cells' ? b.mesh : undefined;
  const [atomsA, atomsB] = [atomsOf(a, mesh), atomsOf(b, mesh)];
  const isFlat = ends.every(({ kind }) => kind === 'line');
  const directions = isFlat ? fixedDirections(d) : coordinateDirections(d);
  let [distance, expected] = [0, 0];
  directions.forEach((direction, i) => {
    const [onA, onB] = [projected(atomsA, direction), projected(atomsB, direction)];
    const found = along(onA, onB, isFlat ? { kind: 'line' } : ends[i]);
    distance += found.distance / directions.length;
    expected += found.expected / directions.length;
  });
  return { kind: 'sliced W1', distance, expected };
}

function along(a: Distribution, b: Distribution, ends: Ends): { distance: number; expected: number } {
  return ends.kind === 'line' ? onLine(a, b) : onCircle(a, b, ends.low, ends.high);
}

function alone(law: Law): Distribution {
  if (law.kind === 'cells') return ofCells(law.mesh.low[0], law.mesh.high[0], law.probability);
  const few = thinned(law);
  return ofAtoms(few.x, undefined, few.count);
}

function thinned(law: Law & { kind: 'particles' }): Law & { kind: 'particles' } {
  const every = Math.ceil(law.count / mostParticles);
  if (every === 1) return law;
  const { dimension: d } = law;
  const count = Math.floor(law.count / every);
  const x = new Float64Array(count * d);
  for (let row = 0; row < count; row++)
    x.set(law.x.subarray(row * every * d, (row * every + 1) * d), row * d);
  return { ...law, x, count };
}

interface Atoms {
  readonly x: Float64Array;
  readonly weights: Float64Array | undefined;
  readonly dimension: number;
  readonly count: number;
}

/** Particles as they are, or in the cells of the other side's grid, so that both are rounded alike. */
function atomsOf(law: Law, mesh: Cells | undefined): Atoms {
  const { dimension } = law;
  if (law.kind === 'particles' && mesh === undefined) {
    const few = thinned(law);
    return { x: few.x, weights: undefined, dimension, count: few.count };
  }
  const own = law.kind === 'cells' ? law.mesh : (mesh ?? { cells: [], low: [], high: [] });
  const weights = law.kind === 'cells' ? law.probability : inCells(law, own);
  const x = new Float64Array(weights.length * dimension);
  for (let cell = 0; cell < weights.length; cell++) {
    let rest = cell;
    for (let i = dimension - 1; i >= 0; i--) {
      const n = own.cells[i];
      x[cell * dimension + i] = own.low[i] + ((rest % n) + 0.5) * ((own.high[i] - own.low[i]) / n);
      rest = Math.floor(rest / n);
    }
  }
  return { x, weights, dimension, count: law.kind === 'cells' ? Infinity : law.count };
}

function projected({ x, weights, dimension, count }: Atoms, direction: readonly number[]): Distribution {
  const positions = new Float64Array(x.length / dimension);
  for (let row = 0; row < positions.length; row++) {
    let value = 0;
    for (let i = 0; i < dimension; i++) value += direction[i] * x[row * dimension + i];
    positions[row] = value;
  }
  return ofAtoms(positions, weights, count);
}

function coordinateDirections(d: number): number[][] {
  return Array.from({ length: d }, (_, i) => Array.from({ length: d }, (__, k) => (i === k ? 1 : 0)));
}

/** Directions spread evenly over the half circle or, along a spiral, over the half sphere. */
function fixedDirections(d: number): number[][] {
  if (d === 2) {
    return Array.from({ length: planarDirections }, (_, k) => {
      const angle = (Math.PI * (k + 0.5)) / planarDirections;
      return [mathF64.cos(angle), mathF64.sin(angle)];
    });
  }
  const golden = Math.PI * (3 - Math.sqrt(5));
  return Array.from({ length: spatialDirections }, (_, k) => {
    const z = (k + 0.5) / spatialDirections;
    const radius = Math.sqrt(1 - z * z);
    return [radius * mathF64.cos(golden * k), radius * mathF64.sin(golden * k), z];
  });
}
