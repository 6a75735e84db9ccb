// Reading the high-precision tables and measuring errors in ulp. It is not a test.

import { readFileSync } from 'node:fs';
import type { Precision } from '../../src/elementary/mod.js';

export interface Row {
  readonly inputs: readonly number[];
  /** The number of the precision nearest to the true value. */
  readonly expected: number;
  /** True value less expected, in ulp of expected. */
  readonly offset: number;
}

const view = new DataView(new ArrayBuffer(8));

function parse(hex: string): number {
  if (hex.length === 8) {
    view.setUint32(0, Number.parseInt(hex, 16));
    return view.getFloat32(0);
  }
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
}

export function readTable(name: string, precision: Precision): Row[] {
  const url = new URL(`./tables/${name}.json`, import.meta.url);
  const table = JSON.parse(readFileSync(url, 'utf8')) as Record<Precision, string[]>;
  return table[precision]
    .flatMap((line) => line.split(','))
    .map((row) => {
      const fields = row.split(' ');
      const numbers = fields.slice(0, -1).map(parse);
      return {
        inputs: numbers.slice(0, -1),
        expected: numbers[numbers.length - 1],
        offset: Number(fields[fields.length - 1]) / 100,
      };
    });
}

/** Spacing of the numbers of a precision at a normal number. */
export function ulp(value: number, precision: Precision): number {
  view.setFloat64(0, value);
  const exponent = ((view.getUint32(0) >>> 20) & 0x7ff) - 1023;
  return 2 ** (exponent - (precision === 'f32' ? 23 : 52));
}

/** |computed - true value| in ulp; NaN and infinities count as infinitely wrong. */
export function errorInUlp(computed: number, row: Row, precision: Precision): number {
  if (!Number.isFinite(computed)) return Infinity;
  return Math.abs((computed - row.expected) / ulp(row.expected, precision) - row.offset);
}
