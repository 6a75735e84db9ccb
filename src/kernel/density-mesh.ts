// Densities on a mesh, as numbers and as a program: how a node's table lies in memory, and where on the mesh a particle is.
// Depositing and reading are density-deposit.ts and density-reader.ts; the reference engine says both in plain code.
//
// Cloud in cell: a particle at fractional position p (in cells, 0 at the centre of cell 0) is shared between the centres
// floor(p) and floor(p) + 1 of each coordinate, with weights 1 - t and t. Where there are walls, p is clamped to the outermost
// centres, so that none of it is lost; where the ends are joined, cells are counted on beyond both ends and wrapped.
//
// p is rounded to a multiple of 2^-b. So t 2^b is an integer, the weights of a particle are integers of sum 2^(d b), and
// sums of them depend on no order. A node's table has a border of one cell on every side, so that the 2^d corners around
// a particle are always at the same distances:
//
//     border │ cell 0 │ cell 1 │ … │ cell n-1 │ border       (per coordinate; the last coordinate is the fastest)

import { ProgramBuilder, type FloatValue, type Program } from './ir.js';
import { align } from './layout.js';
import type { Mesh } from '../model/mod.js';
import type { Precision } from '../elementary/mod.js';

/** Bits of a weight in one coordinate: products of d of them stay below 2^30, and of positions below 2^30 cells. */
const FRACTION_BITS: Readonly<Record<number, number>> = { 1: 20, 2: 15, 3: 10 };

/** A node's table of sums begins behind these: a mark that somebody has deposited there. */
export const depositHeader = { used: 0, size: 64 } as const;

export interface DensityPlan {
  readonly mesh: Mesh;
  /** Cells with borders, per coordinate; distances of neighbours in a table; length of a table. */
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly length: number;
  /** A weight is an integer of this many bits per coordinate. */
  readonly fractionBits: number;
  /** Inputs `field:i`; outputs `cell:i`, floor(p), and `part:i`, t, both as floats. */
  readonly locate: Program;
  /** Bytes of a node's table of densities, in the kernel's precision, and of its table of integer sums. */
  readonly tableBytes: number;
  readonly depositBytes: number;
}

/** Lays out the densities of a mesh. */
export function planDensities(mesh: Mesh, precision: Precision): DensityPlan {
  const { cells } = mesh;
  const d = cells.length;
  const sizes = cells.map((n) => n + 2);
  const strides = sizes.map((_, i) => sizes.slice(i + 1).reduce((a, b) => a * b, 1));
  const length = sizes[0] * strides[0];
  const most = Math.max(...sizes);
  let cellBits = 0;
  while (1 << cellBits < most) cellBits++;
  const fractionBits = Math.min(FRACTION_BITS[d], 30 - cellBits);
  const size = precision === 'f32' ? 4 : 8;
  return {
    mesh,
    sizes,
    strides,
    length,
    fractionBits,
    locate: locateProgram(mesh, precision, fractionBits),
    tableBytes: align(length * size, 64),
    depositBytes: align(depositHeader.size + 8 * length, 64),
  };
}

function locateProgram(mesh: Mesh, precision: Precision, fractionBits: number): Program {
  const ops = new ProgramBuilder(precision);
  const unit = 1 << fractionBits;
  const outputs: Record<string, FloatValue> = {};
  mesh.cells.forEach((n, i) => {
    const perLength = n / (mesh.high[i] - mesh.low[i]);
    const [first, last] = mesh.periodic[i] ? [-0.5, n - 0.5] : [0, n - 1];
    const offset = ops.subtract(ops.input(`field:${String(i)}`), ops.constant(mesh.low[i]));
    const p = ops.subtract(ops.multiply(offset, ops.constant(perLength)), ops.constant(0.5));
    // In this order: what is not a number is at the first centre, and addresses stay within the table.
    const inside = ops.minimum(ops.maximum(ops.constant(first), p), ops.constant(last));
    const rounded = ops.multiply(
      ops.nearest(ops.multiply(inside, ops.constant(unit))),
      ops.constant(1 / unit),
    );
    const cell = ops.floor(rounded);
    outputs[`cell:${String(i)}`] = cell;
    outputs[`part:${String(i)}`] = ops.subtract(rounded, cell);
  });
  return ops.finish(outputs);
}
