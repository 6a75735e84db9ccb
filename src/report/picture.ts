// A rectangle of numbers as a picture: a PNG of 256 colours in a data URI, far smaller than as many rectangles of SVG. Only
// the few chunks that a picture of this kind needs.

import { crc32, deflateSync } from 'node:zlib';
import { viridis } from '../drawing/mod.js';

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** The lowest colours fade into the page, on white as on black: a density has no edge where it ends. */
const fading = 16;

/**
 * A PNG in viridis. Values are row by row from the top, 0 (transparent, then the darkest colour) to 1.
 *
 * @throws RangeError if there are not width x height values
 */
export function png(values: ArrayLike<number>, width: number, height: number): Buffer {
  if (values.length !== width * height)
    throw new RangeError(`${values.length} values for ${width} x ${height}`);
  const rows = Buffer.alloc((width + 1) * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = Math.max(0, Math.min(1, values[row * width + column]));
      rows[row * (width + 1) + 1 + column] = Math.round(255 * value);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits, indexed colours.
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', viridis()),
    chunk(
      'tRNS',
      Uint8Array.from({ length: fading }, (_, k) => Math.round((255 * k) / fading)),
    ),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** The same as the address of an image. */
export function pictureAddress(values: ArrayLike<number>, width: number, height: number): string {
  return `data:image/png;base64,${png(values, width, height).toString('base64')}`;
}
