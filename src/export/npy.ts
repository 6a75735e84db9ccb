// NPY 1.0, the format of a numpy array: magic, version, a Python dictionary padded to 64 bytes, then the numbers in C order,
// little-endian. Which arrays there are is npz.ts.

/** Types of entries; `<U` is text with a given number of characters. */
export type NpyType = '<f4' | '<f8' | '<i4' | '<i8' | '|b1' | `<U${number}`;

/** The header of an array; its numbers follow. */
export function npyHeader(type: NpyType, shape: readonly number[]): Uint8Array {
  const lengths = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': (${lengths}), }`;
  const preamble = 10;
  const padding = 63 - ((preamble + dictionary.length) % 64);
  const text = `${dictionary}${' '.repeat(padding)}\n`;
  const header = new Uint8Array(preamble + text.length);
  header.set([0x93, ...Array.from('NUMPY', (letter) => letter.charCodeAt(0)), 1, 0]);
  new DataView(header.buffer).setUint16(8, text.length, true);
  header.set(new TextEncoder().encode(text), preamble);
  return header;
}

/** Texts as numpy holds them: UTF-32, all as long as the longest, the rest zeros. */
export function npyTexts(texts: readonly string[]): { readonly type: NpyType; readonly bytes: Uint8Array } {
  const points = texts.map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
  const longest = points.reduce((most, { length }) => Math.max(most, length), 1);
  const codes = new Uint32Array(longest * texts.length);
  for (const [i, codePoints] of points.entries()) codes.set(codePoints, i * longest);
  return { type: `<U${longest}`, bytes: bytesOf(codes) };
}

/** The bytes of an array of numbers, without a copy. This program runs on little-endian machines only. */
export function bytesOf(numbers: ArrayBufferView): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
