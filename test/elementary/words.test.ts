// The functions by words against those of the general operations: the same bits.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { elementary, immediateF64, mathF64 } from '../../src/elementary/mod.js';

const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  Infinity,
  -Infinity,
  NaN,
  2 ** -1022,
  2 ** -1074,
  2 ** -1030,
  Number.MAX_VALUE,
  710,
  709.9,
  -708.3964,
  -708.5,
  -745,
  1e-300,
  1e-20,
  -1e-20,
  Math.SQRT1_2,
  Math.SQRT2,
  0.7071067811865475,
  0.7071067811865477,
  2,
  3,
];

const general = elementary(immediateF64);

for (const name of ['exp', 'expm1', 'log'] as const) {
  const same = (x: number): void => {
    const [fast, slow] = [mathF64[name](x), general[name](x)];
    if (!Object.is(fast, slow)) expect([x, fast]).toEqual([x, slow]);
  };
  it(`${name} has the bits of the general one`, () => {
    special.forEach(same);
    for (let i = -2000; i <= 2000; i++) same(i * 0.3607 + 1e-3);
    for (let i = 0; i < 2000; i++) same((1 + i * 1.07) * 2 ** -40 * (i % 2 === 0 ? 1 : -1));
    fc.assert(fc.property(fc.double(), same), { numRuns: 4000 });
  });
}
