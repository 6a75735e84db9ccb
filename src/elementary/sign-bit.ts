// Moving the sign of an odd function's argument to its result. It is not negation: it works on the sign bit
// alone.

import { FORMATS } from './format.js';
import type { Operations } from './operations.js';

/** `value` (not negative) with the sign bit of `source` (copysign): two operations. */
export function withSignOf<F, I, M>(ops: Operations<F, I, M>, value: F, source: F): F {
  const sign = ops.integerAnd(ops.bits(source), ops.integer(FORMATS[ops.precision].signMask));
  return ops.fromBits(ops.integerXor(ops.bits(value), sign));
}
