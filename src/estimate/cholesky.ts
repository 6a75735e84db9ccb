// Small symmetric positive definite matrices: the factor L with L L' = A, triangular solves, the determinant. Dense and
// row-major, for matrices of the dimension of x. No pivoting, no general linear algebra.

import { mathF64 } from '../elementary/mod.js';

/** The lower triangular L with L L' = A, [i * d + j]; undefined if A is not positive definite to rounding. */
export function choleskyFactor(matrix: Float64Array, d: number): Float64Array | undefined {
  const factor = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * d + j];
      for (let k = 0; k < j; k++) sum -= factor[i * d + k] * factor[j * d + k];
      if (i !== j) factor[i * d + j] = sum / factor[j * d + j];
      else if (sum > 1e-14 * Math.abs(matrix[i * d + i])) factor[i * d + i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return factor;
}

/** log det A of the factor of A. */
export function logDeterminant(factor: Float64Array, d: number): number {
  let sum = 0;
  for (let i = 0; i < d; i++) sum += mathF64.log(factor[i * d + i]);
  return 2 * sum;
}

/** The y with L y = b. */
export function solveLower(factor: Float64Array, b: ArrayLike<number>, d: number): Float64Array {
  const y = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= factor[i * d + k] * y[k];
    y[i] = sum / factor[i * d + i];
  }
  return y;
}

/** The x with L' x = y; in place. */
export function solveUpper(factor: Float64Array, y: Float64Array, d: number): Float64Array {
  for (let i = d - 1; i >= 0; i--) {
    let sum = y[i];
    for (let k = i + 1; k < d; k++) sum -= factor[k * d + i] * y[k];
    y[i] = sum / factor[i * d + i];
  }
  return y;
}
