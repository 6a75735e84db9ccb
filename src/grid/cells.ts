// The cells of a box: how many, how wide, where they lie in memory. Geometry only: no values, no model.
//
// Fields are arrays over nodes, then cells in C order (the last coordinate varies fastest):
// value of cell (i_0, …, i_(d-1)) on node g at [g * count + i_0 * strides[0] + … + i_(d-1)].

import type { Mesh } from '../model/mod.js';

/** Fewest cells of a block, and most blocks of a node: what sums and shares of work are cut into. */
const blockCells = 256;
const mostBlocks = 64;

export interface Cells {
  readonly dimension: number;
  /** Cells per coordinate, and of a node in all. */
  readonly sizes: readonly number[];
  readonly count: number;
  readonly strides: readonly number[];
  readonly low: readonly number[];
  /** Widths h of a cell, and their product. */
  readonly widths: readonly number[];
  readonly volume: number;
  readonly periodic: readonly boolean[];
  /** Sums go block by block, whoever computes which: `perBlock` cells each, the last may have fewer. */
  readonly perBlock: number;
  readonly blocks: number;
}

export function cellsOf(mesh: Mesh): Cells {
  const { cells: sizes, low, high, periodic } = mesh;
  const dimension = sizes.length;
  const strides = new Array<number>(dimension).fill(1);
  for (let k = dimension - 2; k >= 0; k--) strides[k] = strides[k + 1] * sizes[k + 1];
  const count = strides[0] * sizes[0];
  const widths = sizes.map((size, k) => (high[k] - low[k]) / size);
  const volume = widths.reduce((product, width) => product * width, 1);
  const perBlock = Math.max(blockCells, Math.ceil(count / mostBlocks));
  const blocks = Math.ceil(count / perBlock);
  return { dimension, sizes, count, strides, low, widths, volume, periodic, perBlock, blocks };
}

/** The centre of cell i along coordinate k. */
export function centre({ low, widths }: Cells, k: number, i: number): number {
  return low[k] + (i + 0.5) * widths[k];
}

/** Coordinates of the centre of a cell. */
export function centreOf(cells: Cells, cell: number): number[] {
  return cells.strides.map((stride, k) => centre(cells, k, Math.floor(cell / stride) % cells.sizes[k]));
}

/** First cell of a block, and the cell after its last. */
export function blockRange({ perBlock, count }: Cells, block: number): readonly [number, number] {
  return [block * perBlock, Math.min(count, (block + 1) * perBlock)];
}

/**
 * Goes through the faces between a range of cells and their neighbours along +k, in runs of equal distance: cells
 * from … to - 1 meet the cells that stand `distance` further. Faces at the end of a periodic box have negative distances;
 * walls have no face.
 */
export function forFaces(
  { sizes, strides, periodic }: Cells,
  k: number,
  from: number,
  to: number,
  run: (from: number, to: number, distance: number) => void,
): void {
  const stride = strides[k];
  const size = sizes[k];
  const around = -(size - 1) * stride;
  for (let at = from; at < to;) {
    const position = Math.floor(at / stride) % size;
    if (position < size - 1) {
      // All cells up to the last layer of this line, or of this sheet of lines.
      const end = Math.min(to, (Math.floor(at / (stride * size)) + 1) * stride * size - stride);
      run(at, end, stride);
      at = end;
    } else {
      const end = Math.min(to, (Math.floor(at / stride) + 1) * stride);
      if (periodic[k]) run(at, end, around);
      at = end;
    }
  }
}

/** The share of `count` items that member `index` of `size` works on. */
export function share(count: number, index: number, size: number): readonly [number, number] {
  return [Math.floor((count * index) / size), Math.floor((count * (index + 1)) / size)];
}

/** One member of a team that computes together. Meetings are the yields of its generators. */
export interface Member {
  readonly index: number;
  readonly size: number;
}

/** Calls `run` for a member's share of the blocks of all nodes: the cells of a block in fields, and its number among all. */
export function forItems(
  cells: Cells,
  nodes: number,
  { index, size }: Member,
  run: (from: number, to: number, item: number) => void,
): void {
  const { blocks, count } = cells;
  const [begin, end] = share(nodes * blocks, index, size);
  for (let item = begin; item < end; item++) {
    const base = Math.floor(item / blocks) * count;
    const [from, to] = blockRange(cells, item % blocks);
    run(base + from, base + to, item);
  }
}
