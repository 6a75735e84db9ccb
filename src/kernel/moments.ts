// Sums for the observables, in f64: the potential pass of every node class, sums and centred products of columns. Sums
// run in 16 lanes that are added up in one fixed tree, so that they do not depend on the machine.

import { CHUNK, LANES } from './layout.js';
import { addPotentialPass, type PassContext } from './passes.js';
import { advance, untilEnd } from './snippets.js';
import { f64, f64x2, get, i32, set, v128, type Code } from './wasm/instructions.js';
import type { Locals } from './wasm/module.js';

/** Bytes between the columns that the potential pass writes: x_0 … x_{d-1}, V, maybe |w|^2/2. */
export const MOMENT_COLUMN = CHUNK * 8;

const VECTORS = LANES / 2;

/**
 * Exports potential<p>(fields, blocks, record, out), sum(column, blocks) and product(a, meanA, b, meanB, blocks), the
 * sum of (a - meanA) (b - meanB).
 */
export function addMoments(context: PassContext): void {
  const { module, plan } = context;
  plan.potentials.forEach(({ program }, index) => {
    addPotentialPass(context, program, MOMENT_COLUMN, `potential${String(index)}`);
  });
  module.add(
    { parameters: ['i32', 'i32'], results: ['f64'] },
    (locals) => {
      const [column, blocks] = [0, 1];
      return reduction(locals, column, blocks, [column], (vector) => v128.load(get(column), 16 * vector));
    },
    'sum',
  );
  module.add(
    { parameters: ['i32', 'f64', 'i32', 'f64', 'i32'], results: ['f64'] },
    (locals) => {
      const [a, meanA, b, meanB, blocks] = [0, 1, 2, 3, 4];
      const centred = (column: number, mean: number, vector: number): Code =>
        f64x2.subtract(v128.load(get(column), 16 * vector), f64x2.splat(get(mean)));
      return reduction(locals, a, blocks, [a, b], (vector) =>
        f64x2.multiply(centred(a, meanA, vector), centred(b, meanB, vector)),
      );
    },
    'product',
  );
}

function reduction(
  locals: Locals,
  counted: number,
  blocks: number,
  pointers: number[],
  term: (vector: number) => Code,
): Code {
  const sums = Array.from({ length: VECTORS }, () => locals.add('v128'));
  const end = locals.add('i32');
  const tree = (from: number, count: number): Code =>
    count === 1 ? get(sums[from]) : f64x2.add(tree(from, count / 2), tree(from + count / 2, count / 2));
  return [
    set(end, i32.add(get(counted), i32.multiply(get(blocks), i32.constant(LANES * 8)))),
    untilEnd(counted, end, [
      sums.map((sum, vector) => set(sum, f64x2.add(get(sum), term(vector)))),
      pointers.map((pointer) => advance(pointer, LANES * 8)),
    ]),
    set(sums[0], tree(0, VECTORS)),
    f64.add(f64x2.extract(get(sums[0]), 0), f64x2.extract(get(sums[0]), 1)),
  ];
}
