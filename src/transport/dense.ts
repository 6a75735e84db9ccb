// The dense kernel of the sparse solver: eliminates the first unknowns of a symmetric matrix, without pivoting, for matrices
// that are quasi-definite (Vanderbei 1995: any order has a factorisation). Lower triangles in rows.
//
//     ┌ A11      ┐   ┌ L11      ┐ ┌ D    ┐ ┌ L11' L21' ┐
//     └ A21  A22 ┘ = └ L21    1 ┘ └    S ┘ └       1   ┘     A11, A21 become L11 (D on the diagonal), L21; A22 becomes S

/** Pivots of a panel: what a pass over the rest of the matrix subtracts at a time. 8 and 32 were slower. */
const panelWidth = 16;

/** Scratch of `eliminate` for matrices with up to `order` rows. */
export function panelScratch(order: number): Float64Array {
  return new Float64Array((order + 4) * panelWidth);
}

/**
 * Eliminates unknowns [0, pivots) of the matrix with `order` rows at `at` of `matrix`, in place. Returns false where a pivot
 * is 0 or not finite.
 */
export function eliminate(
  matrix: Float64Array,
  at: number,
  order: number,
  pivots: number,
  scratch: Float64Array,
): boolean {
  for (let p = 0; p < pivots; p += panelWidth) {
    const width = Math.min(panelWidth, pivots - p);
    const end = p + width;
    // The panel's own columns: row by row, each row with the rows of the panel above it. `scratch` keeps L D of each row.
    for (let i = p; i < order; i++) {
      const row = at + i * order + p;
      const kept = (i - p) * panelWidth;
      const columns = Math.min(i - p, width);
      for (let c = 0; c < columns; c++) {
        // Above the diagonal of the panel: rows p … p + c - 1 of L.
        let sum = matrix[row + c];
        const other = at + (p + c) * order + p;
        for (let k = 0; k < c; k++) sum -= scratch[kept + k] * matrix[other + k];
        scratch[kept + c] = sum;
      }
      let diagonal = i < end ? matrix[row + i - p] : 0;
      for (let c = 0; c < columns; c++) {
        const scaled = scratch[kept + c] / matrix[at + (p + c) * (order + 1)];
        matrix[row + c] = scaled;
        diagonal -= scaled * scratch[kept + c];
      }
      if (i < end) {
        matrix[row + i - p] = diagonal;
        if (!(Math.abs(diagonal) > 0 && Math.abs(diagonal) < Infinity)) return false;
      }
    }
    subtract(matrix, at, order, p, width, scratch);
  }
  return true;
}

/** A[i][j] -= sum over the panel of L[i][c] (L D)[j][c], for p + width <= j <= i; in tiles of 2 x 4. */
function subtract(
  matrix: Float64Array,
  at: number,
  order: number,
  p: number,
  width: number,
  scratch: Float64Array,
): void {
  const begin = p + width;
  let i = begin;
  for (; i + 1 < order; i += 2) {
    const row0 = at + i * order + p;
    const row1 = row0 + order;
    const to0 = at + i * order;
    const to1 = to0 + order;
    let j = begin;
    // Tiles may reach above the diagonal by a few numbers, which nobody reads.
    for (; j <= i + 1 && j + 3 < order; j += 4) {
      const column0 = (j - p) * panelWidth;
      const column1 = column0 + panelWidth;
      const column2 = column1 + panelWidth;
      const column3 = column2 + panelWidth;
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      for (let c = 0; c < width; c++) {
        const x0 = matrix[row0 + c];
        const x1 = matrix[row1 + c];
        const y0 = scratch[column0 + c];
        const y1 = scratch[column1 + c];
        const y2 = scratch[column2 + c];
        const y3 = scratch[column3 + c];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
      }
      matrix[to0 + j] -= s00;
      matrix[to0 + j + 1] -= s01;
      matrix[to0 + j + 2] -= s02;
      matrix[to0 + j + 3] -= s03;
      matrix[to1 + j] -= s10;
      matrix[to1 + j + 1] -= s11;
      matrix[to1 + j + 2] -= s12;
      matrix[to1 + j + 3] -= s13;
    }
    for (; j <= i + 1; j++) {
      const column = (j - p) * panelWidth;
      let s0 = 0;
      let s1 = 0;
      for (let c = 0; c < width; c++) {
        s0 += matrix[row0 + c] * scratch[column + c];
        s1 += matrix[row1 + c] * scratch[column + c];
      }
      matrix[to0 + j] -= s0;
      matrix[to1 + j] -= s1;
    }
  }
  for (; i < order; i++) {
    const row = at + i * order + p;
    for (let j = begin; j <= i; j++) {
      const column = (j - p) * panelWidth;
      let sum = 0;
      for (let c = 0; c < width; c++) sum += matrix[row + c] * scratch[column + c];
      matrix[at + i * order + j] -= sum;
    }
  }
}

/** x := L11^-1 x for the own unknowns, and border -= L21 x. */
export function forward(
  matrix: Float64Array,
  at: number,
  order: number,
  pivots: number,
  x: Float64Array,
): void {
  for (let i = 0; i < order; i++) {
    const row = at + i * order;
    const columns = Math.min(i, pivots);
    let sum = x[i];
    for (let c = 0; c < columns; c++) sum -= matrix[row + c] * x[c];
    x[i] = sum;
  }
}

/** x := L^-T D^-1 x for the own unknowns, given those of the border. */
export function backward(
  matrix: Float64Array,
  at: number,
  order: number,
  pivots: number,
  x: Float64Array,
): void {
  for (let c = 0; c < pivots; c++) x[c] /= matrix[at + c * (order + 1)];
  for (let i = order - 1; i > 0; i--) {
    const row = at + i * order;
    const xi = x[i];
    const columns = Math.min(i, pivots);
    for (let c = 0; c < columns; c++) x[c] -= matrix[row + c] * xi;
  }
}
