// Densities on fewer cells, for a picture: each coarse cell has the mean over what it covers, so that masses stay. Exact for any numbers of
// cells, coordinate after coordinate.

/** Fewer cells per coordinate, so that all of them together are no more than `most`. */
export function coarseCells(cells: readonly number[], most: number): readonly number[] {
  const product = (counts: readonly number[]): number => counts.reduce((all, count) => all * count, 1);
  const scale = Math.min(1, (most / product(cells)) ** (1 / cells.length));
  const coarse = cells.map((count) => Math.max(1, Math.floor(count * scale)));
  // Those that cannot have less than one leave the others too many.
  while (product(coarse) > Math.max(1, most)) coarse[coarse.indexOf(Math.max(...coarse))]--;
  return coarse;
}

/** Averages `density`, [node * cells + cell] in C order, over coarser cells of the same box. */
export function coarsen(
  density: Float64Array,
  cells: readonly number[],
  coarse: readonly number[],
): Float32Array {
  let values: Float64Array = density;
  let inner = 1;
  for (let i = cells.length - 1; i >= 0; i--) {
    values = along(values, cells[i], coarse[i], inner);
    inner *= coarse[i];
  }
  return Float32Array.from(values);
}

/** Averages along one coordinate: rows of `from` entries at distance `inner` become rows of `to`. */
function along(values: Float64Array, from: number, to: number, inner: number): Float64Array {
  if (from === to) return values;
  const rows = values.length / (from * inner);
  const out = new Float64Array(rows * to * inner);
  const width = from / to;
  for (let row = 0; row < rows; row++) {
    for (let cell = 0; cell < to; cell++) {
      const [low, high] = [cell * width, (cell + 1) * width];
      const target = (row * to + cell) * inner;
      for (let k = Math.floor(low); k < high && k < from; k++) {
        const part = (Math.min(high, k + 1) - Math.max(low, k)) / width;
        const source = (row * from + k) * inner;
        for (let j = 0; j < inner; j++) out[target + j] += part * values[source + j];
      }
    }
  }
  return out;
}
