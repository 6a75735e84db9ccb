// The initial law as averages over cells: differences of the normal distribution function, overlaps of intervals, or a
// point shared by the nearest cells so that its mean is exact. Every law is a product over coordinates.

import { mathF64 } from '../elementary/mod.js';
import type { Model } from '../model/mod.js';
import { share, type Cells, type Member } from './cells.js';
import type { GridArrays, GridPlan } from './memory.js';

const root2 = Math.SQRT2;
const rootTwoPi = 2.5066282746310002;

/** Nodes and weights of Gauss and Legendre on [-1, 1], 8 points (the positive half). */
const legendre = [
  [0.18343464249564978, 0.362683783378362],
  [0.525532409916329, 0.31370664587788727],
  [0.7966664774136267, 0.22238103445337445],
  [0.9602898564975362, 0.10122853629037626],
] as const;

/** Mass of the standard normal law in [a, b], with all its digits in the tails also (down to 1e-307). */
export function normalMass(a: number, b: number): number {
  if (!(b > a)) return 0;
  if (b < 0) return normalMass(-b, -a);
  // Where the distribution function is not next to 1, its differences keep their digits.
  if (a < 1) return 0.5 * (mathF64.erf(b / root2) - mathF64.erf(a / root2));
  // Beyond a + 40/a nothing is left to the last digit.
  const end = Math.min(b, a + 40 / a);
  const panels = Math.max(1, Math.ceil((end - a) * end));
  const half = (0.5 * (end - a)) / panels;
  let sum = 0;
  for (let panel = 0; panel < panels; panel++) {
    const middle = a + (2 * panel + 1) * half;
    for (const [node, weight] of legendre) {
      const [x, y] = [middle - node * half, middle + node * half];
      sum += weight * (mathF64.exp(-0.5 * x * x) + mathF64.exp(-0.5 * y * y));
    }
  }
  return (sum * half) / rootTwoPi;
}

/** Standard deviations after which images of a law in a box are not looked for. */
const reach = 40;

/** Masses of the law of coordinate k on node g in the cells along k; what is outside of the box is missing. */
function massesAlong(model: Model, cells: Cells, g: number, k: number): Float64Array {
  const { initialLaw: law, boundaries } = model;
  const size = cells.sizes[k];
  const width = cells.widths[k];
  const low = cells.low[k];
  const at = g * cells.dimension + k;
  const masses = new Float64Array(size);
  const isRing = cells.periodic[k];
  switch (law.kind) {
    case 'gaussian': {
      const mean = law.mean[at];
      const deviation = law.standardDeviation[at];
      if (deviation === 0) {
        addPoint(masses, (mean - low) / width, isRing);
        return masses;
      }
      const length = size * width;
      // A box of the space wraps or folds what is outside, as for particles; a free space has none.
      const isFree = boundaries[k].kind === 'free';
      const images = isFree ? 0 : Math.ceil((reach * deviation) / length) + 1;
      const add = (from: (edge: number) => number, sign: number): void => {
        for (let i = 0; i < size; i++) {
          const a = (from(low + i * width) - mean) / deviation;
          const b = (from(low + (i + 1) * width) - mean) / deviation;
          masses[i] += sign > 0 ? normalMass(a, b) : normalMass(b, a);
        }
      };
      if (isRing) for (let m = -images; m <= images; m++) add((edge) => edge + m * length, 1);
      else if (isFree) add((edge) => edge, 1);
      else {
        for (let m = -images; m <= images; m++) {
          add((edge) => edge + 2 * m * length, 1);
          add((edge) => 2 * low - edge + 2 * m * length, -1);
        }
      }
      return masses;
    }
    case 'uniform': {
      const [from, to] = [law.low[at], law.high[at]];
      for (let i = 0; i < size; i++) {
        const overlap = Math.min(to, low + (i + 1) * width) - Math.max(from, low + i * width);
        if (overlap > 0) masses[i] = overlap / (to - from);
      }
      return masses;
    }
    case 'point':
      addPoint(masses, (law.position[at] - low) / width, isRing);
      return masses;
    default:
      return law satisfies never;
  }
}

/** A point at `position` (in cells from the low end), shared by the two cells whose centres are around it. */
function addPoint(masses: Float64Array, position: number, isRing: boolean): void {
  const size = masses.length;
  if (!(position >= 0 && position <= size)) return;
  const lower = Math.floor(position - 0.5);
  const share = position - 0.5 - lower;
  const place = (i: number): number => (isRing ? (i + size) % size : Math.min(size - 1, Math.max(0, i)));
  masses[place(lower)] += 1 - share;
  masses[place(lower + 1)] += share;
}

/** The part of the law of node g that lies outside of the box. */
export function partOutside(model: Model, cells: Cells, g: number): number {
  return 1 - insideOf(cells.sizes.map((_, k) => massesAlong(model, cells, g, k)));
}

function insideOf(along: readonly Float64Array[]): number {
  return along.reduce((product, masses) => product * masses.reduce((sum, m) => sum + m, 0), 1);
}

/** Writes the initial densities of node g into `field`: what is inside of the box, scaled to the node's mass. */
export function writeInitial(model: Model, cells: Cells, g: number, field: Float64Array): void {
  const along = cells.sizes.map((_, k) => massesAlong(model, cells, g, k));
  const mass = model.initialMasses[g];
  const scale = mass > 0 ? mass / (insideOf(along) * cells.volume) : 0;
  const base = g * cells.count;
  for (let i = 0; i < cells.count; i++) {
    let value = scale;
    for (let k = 0; k < cells.dimension; k++) {
      value *= along[k][Math.floor(i / cells.strides[k]) % cells.sizes[k]];
    }
    field[base + i] = value;
  }
}

/** Writes this member's share of the initial state, at rest, and meets the others. */
export function* writeStart(
  { model, cells }: GridPlan,
  { field, phi }: GridArrays,
  { index, size }: Member,
): Generator<void, undefined> {
  const [begin, end] = share(model.graph.nodeCount, index, size);
  for (let node = begin; node < end; node++) {
    writeInitial(model, cells, node, field);
    // Empty but for second-order dynamics.
    phi.fill(0, node * cells.count, (node + 1) * cells.count);
  }
  yield;
}
