// Eigenvalues and eigenvectors of a small symmetric matrix by Jacobi's rotations (cyclic, row by row). Slow for hundreds of
// rows, accurate, and the same bits everywhere.

export interface Eigenbasis {
  readonly size: number;
  readonly values: Float64Array;
  /** Component g of vector a at [a * size + g]. */
  readonly vectors: Float64Array;
}

const mostSweeps = 60;

/** @param matrix symmetric, row by row; it is not changed */
export function eigenbasis(matrix: Float64Array, size: number): Eigenbasis {
  const a = matrix.slice();
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  let scale = 0;
  for (const value of a) scale = Math.max(scale, Math.abs(value));
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let off = 0;
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) off = Math.max(off, Math.abs(a[p * size + q]));
    if (off <= 1e-16 * scale) break;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const apq = a[p * size + q];
        if (Math.abs(apq) <= 1e-18 * scale) continue;
        const tau = (a[q * size + q] - a[p * size + p]) / (2 * apq);
        const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
        const c = 1 / Math.sqrt(1 + t * t);
        const s = t * c;
        for (let k = 0; k < size; k++) {
          const [x, y] = [a[k * size + p], a[k * size + q]];
          a[k * size + p] = c * x - s * y;
          a[k * size + q] = s * x + c * y;
        }
        for (let k = 0; k < size; k++) {
          const [x, y] = [a[p * size + k], a[q * size + k]];
          a[p * size + k] = c * x - s * y;
          a[q * size + k] = s * x + c * y;
          const [v, w] = [vectors[p * size + k], vectors[q * size + k]];
          vectors[p * size + k] = c * v - s * w;
          vectors[q * size + k] = s * v + c * w;
        }
      }
    }
  }
  return { size, values: Float64Array.from({ length: size }, (_, i) => a[i * size + i]), vectors };
}
