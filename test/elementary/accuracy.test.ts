// Accuracy of the elementary functions against 50-digit tables (tables/generate.py). It does not test limits,
// NaN or signs of zero: special-values.test.ts does.

import { describe, expect, it } from 'vitest';
import { mathF32, mathF64, type ElementaryFunctions, type Precision } from '../../src/elementary/mod.js';
import { errorInUlp, readTable, ulp, type Row } from './table.js';

type Name = Exclude<keyof ElementaryFunctions<number>, 'sign'>;

/** Largest error in ulp: [f32, f64]. */
const BOUNDS: Readonly<Record<Name, readonly [number, number]>> = {
  exp: [1.6, 1.5],
  expm1: [2, 2.5],
  log: [1, 1],
  log1p: [1.5, 1.5],
  sin: [2, 3],
  cos: [2, 3],
  tan: [4, 4],
  atan: [3, 3],
  atan2: [3, 3],
  sinh: [3, 3],
  cosh: [2, 2],
  tanh: [3, 3],
  erf: [1.5, 1.5],
  sigmoid: [3, 3],
  softplus: [2, 2],
  power: [3, 2],
};

/** Error of the argument reduction of sin and cos, absolute, per unit of x. */
const REDUCTION: Readonly<Record<Precision, number>> = { f32: 2 ** -41, f64: 2 ** -107 };

/** What the reduction may contribute, in ulp of the result. */
function reductionError(name: Name, row: Row, precision: Precision): number {
  if (name !== 'sin' && name !== 'cos' && name !== 'tan') return 0;
  const steepness = name === 'tan' ? 1 + row.expected * row.expected : 1;
  return (Math.abs(row.inputs[0]) * REDUCTION[precision] * steepness) / ulp(row.expected, precision);
}

function measure(name: Name, precision: Precision): { worst: number; row: Row } {
  const functions = precision === 'f32' ? mathF32 : mathF64;
  const compute: (...inputs: readonly number[]) => number = functions[name];
  const table = readTable(name, precision);
  let worst = { worst: 0, row: table[0] };
  for (const row of table) {
    const error = errorInUlp(compute(...row.inputs), row, precision) - reductionError(name, row, precision);
    if (error > worst.worst) worst = { worst: error, row };
  }
  return worst;
}

for (const [index, precision] of (['f32', 'f64'] as const).entries()) {
  describe(`elementary functions, ${precision}, against 50-digit tables`, () => {
    for (const [name, bounds] of Object.entries(BOUNDS)) {
      const reduction = name in { sin: 1, cos: 1, tan: 1 } ? ' and the stated reduction error' : '';
      it(`${name}: error <= ${bounds[index]} ulp${reduction}`, () => {
        const { worst, row } = measure(name as Name, precision);
        expect(worst, `at ${row.inputs.join(', ')}`).toBeLessThanOrEqual(bounds[index] + 0.005);
      });
    }
  });
}
