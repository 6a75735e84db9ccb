// A picture of the state as bytes, little-endian: u32 length of a JSON head, the head padded with spaces so that numbers
// begin at a multiple of 8, then the arrays. Not how a picture comes about.

import type { Picture } from './source.js';

export function pictureBytes(picture: Picture): Uint8Array {
  const { head, arrays } = picture.kind === 'particles' ? particles(picture) : densities(picture);
  const text = new TextEncoder().encode(JSON.stringify(head));
  const headLength = Math.ceil((4 + text.length) / 8) * 8 - 4;
  const total = arrays.reduce((sum, array) => sum + array.byteLength, 4 + headLength);
  const bytes = new Uint8Array(total);
  new DataView(bytes.buffer).setUint32(0, headLength, true);
  bytes.fill(0x20, 4, 4 + headLength);
  bytes.set(text, 4);
  let at = 4 + headLength;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  return bytes;
}

type Numbers = Float32Array | Float64Array | Int32Array;
interface Parts {
  readonly head: object;
  readonly arrays: readonly Numbers[];
}

const precisionOf = (array: Float32Array | Float64Array): 'f32' | 'f64' =>
  array instanceof Float32Array ? 'f32' : 'f64';

function particles({ kind, step, x, node }: Extract<Picture, { kind: 'particles' }>): Parts {
  const count = node.length;
  const dimension = count === 0 ? 0 : x.length / count;
  return { head: { kind, step, count, dimension, precision: precisionOf(x) }, arrays: [x, node] };
}

function densities({
  kind,
  step,
  cells,
  low,
  high,
  density,
}: Extract<Picture, { kind: 'densities' }>): Parts {
  const perNode = cells.reduce((product, count) => product * count, 1);
  const nodes = density.length / perNode;
  return {
    head: { kind, step, cells, low, high, nodes, precision: precisionOf(density) },
    arrays: [density],
  };
}
