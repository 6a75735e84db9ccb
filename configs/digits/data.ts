// The digits in three parts that never change: for training, for choosing, and for the last word. Pixels go from 0 to 1.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { CLASSES, PIXELS, randomFrom } from './weights.js';

/** Images row by row, and their labels. */
export interface Images {
  readonly count: number;
  readonly pixels: Float32Array;
  readonly labels: Uint8Array;
}

export interface Digits {
  readonly train: Images;
  readonly validation: Images;
  readonly test: Images;
}

const PARTS = { train: 1077, validation: 360, test: 360 } as const;

/** @param file URL of the table: 64 grey values from 0 to 16 and the label per line */
export function readDigits(file: URL): Digits {
  const rows = gunzipSync(readFileSync(file))
    .toString('utf8')
    .trim()
    .split(/\r?\n/u)
    .map((line) => line.split(',').map(Number));
  const isWhole = rows.every((row) => row.length === PIXELS + 1 && row[PIXELS] < CLASSES);
  if (rows.length !== PARTS.train + PARTS.validation + PARTS.test || !isWhole)
    throw new Error(`${file.pathname} is not the table of 1797 digits`);
  // Shuffled once and for all: the table has its writers in order.
  const random = randomFrom('the split of the digits');
  for (let i = rows.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  const part = (from: number, count: number): Images => {
    const mine = rows.slice(from, from + count);
    return {
      count,
      pixels: Float32Array.from(mine.flatMap((row) => row.slice(0, PIXELS).map((grey) => grey / 16))),
      labels: Uint8Array.from(mine, (row) => row[PIXELS]),
    };
  };
  return {
    train: part(0, PARTS.train),
    validation: part(PARTS.train, PARTS.validation),
    test: part(PARTS.train + PARTS.validation, PARTS.test),
  };
}
