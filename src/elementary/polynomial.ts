// A polynomial by Horner's rule: two operations a degree. It is not Estrin's scheme: independent chains come
// from the interleaving of lane groups, so the shorter code with the smaller rounding error wins.

import type { Operations } from './operations.js';

/** c0 + c1 x + c2 x^2 + ...; coefficients lowest degree first. */
export function polynomial<F, I, M>(ops: Operations<F, I, M>, coefficients: readonly number[], x: F): F {
  let sum = ops.constant(coefficients[coefficients.length - 1]);
  for (let i = coefficients.length - 2; i >= 0; i--) {
    sum = ops.add(ops.multiply(sum, x), ops.constant(coefficients[i]));
  }
  return sum;
}
