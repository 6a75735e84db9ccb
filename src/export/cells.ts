// Where the cells of a grid are. Densities are read by src/output; theory.md says what they mean.

import type { DensitySeries } from '../output/mod.js';

export interface CellCentres {
  /** Cells of a node. */
  readonly count: number;
  /** Coordinate k of the centre of a cell, cells in C order (the last coordinate runs fastest). */
  at(cell: number, k: number): number;
}

/** Centres of the cells of a box: low_k + (i + 1/2) h_k with h_k = (high_k - low_k)/cells_k. */
export function cellCentres({ cells, low, high }: DensitySeries['mesh']): CellCentres {
  const strides = cells.map((_, k) => cells.slice(k + 1).reduce((product, size) => product * size, 1));
  const centres = cells.map((size, k) =>
    Float64Array.from({ length: size }, (_, i) => low[k] + ((i + 0.5) * (high[k] - low[k])) / size),
  );
  return {
    count: cells.reduce((product, size) => product * size, 1),
    at: (cell, k) => centres[k][Math.floor(cell / strides[k]) % cells[k]],
  };
}
