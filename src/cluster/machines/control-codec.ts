// Control messages as bytes and back: msgpackr maps without records, looked through token by token before msgpackr sees
// them. Not what a message must say (envelope.ts, check.ts).
//
// Typed arrays are msgpackr's extension 0x74, one byte for the type and the array's bytes as they lie in memory: the reader
// copies them into memory of their own, so their place in the message does not matter, and every machine that runs Node is
// little-endian. They keep their type, and cost one copy, which an encoding of our own could not do without either.
//
// Why they are looked through: msgpackr believes the counts of arrays before it has seen their elements, and knows
// extensions (records, errors, regular expressions, references) that no control message needs. Here a count may not exceed
// the bytes that are left, nesting is shallow, keys are texts, and the only extension is that of typed arrays.

import { Packr, Unpackr } from 'msgpackr';

/** Nesting of arrays and maps; what is said needs about seven. */
const MAX_DEPTH = 16;
/** Values in a message, a typed array being one: bounds what a message of one-byte values becomes in memory. */
const MAX_VALUES = 8 * 1024 * 1024;

const TYPED_ARRAY = 0x74;
/** Bytes per element of the typed arrays that may come, by msgpackr's codes: u8, u16, u32, f32, f64. */
const ELEMENT_BYTES: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [4, 2],
  [6, 4],
  [7, 4],
  [8, 8],
]);

const packr = new Packr({ useRecords: false, moreTypes: true });
const unpackr = new Unpackr({ useRecords: false, moreTypes: true, copyBuffers: true });

/** Bytes that are no control message. */
export class ControlFormatError extends Error {
  override readonly name = 'ControlFormatError';
  readonly code = 'format';
}

/** A value of objects, arrays, numbers, truth values, texts, null and typed arrays, as bytes. */
export function packControl(value: unknown): Uint8Array {
  return packr.pack(value);
}

/**
 * Reads what `packControl` has written.
 *
 * @throws ControlFormatError
 */
export function unpackControl(bytes: Uint8Array): unknown {
  new Scan(bytes).run();
  try {
    return unpackr.unpack(bytes);
  } catch (error) {
    throw new ControlFormatError('not a control message', { cause: error });
  }
}

/** One look through a message. */
class Scan {
  #at = 0;
  readonly #view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  run(): void {
    // Of each open array or map: values still to come, and whether every other one is a key.
    const left = [1];
    const isMap = [false];
    for (let values = 0; left.length > 0; values += 1) {
      if (values > MAX_VALUES) throw new ControlFormatError(`more than ${MAX_VALUES} values`);
      const depth = left.length - 1;
      const isKey = isMap[depth] && left[depth] % 2 === 0;
      left[depth] -= 1;
      const opened = this.#value(isKey);
      if (opened !== null) {
        if (opened.values > this.bytes.length - this.#at)
          throw new ControlFormatError('a count is too large');
        if (left.length > MAX_DEPTH) throw new ControlFormatError('nested too deeply');
        left.push(opened.values);
        isMap.push(opened.isMap);
      }
      while (left.at(-1) === 0) {
        left.pop();
        isMap.pop();
      }
    }
    if (this.#at !== this.bytes.length) throw new ControlFormatError('bytes are left over');
  }

  /** Passes one value, or the head of an array or map, which it returns; else null. */
  #value(isKey: boolean): { readonly values: number; readonly isMap: boolean } | null {
    const token = this.#unsigned(1);
    if (token >= 0xa0 && token <= 0xbf) return this.#skip(token & 0x1f);
    if (token >= 0xd9 && token <= 0xdb) return this.#skip(this.#unsigned(1 << (token - 0xd9)));
    if (isKey) throw new ControlFormatError('a key is no text');
    if (token <= 0x7f || token >= 0xe0) return null;
    if (token <= 0x8f) return { values: 2 * (token & 0x0f), isMap: true };
    if (token <= 0x9f) return { values: token & 0x0f, isMap: false };
    switch (token) {
      case 0xc0: // null
      case 0xc2: // false
      case 0xc3: // true
        return null;
      case 0xc4: // bytes
      case 0xc5:
      case 0xc6:
        return this.#skip(this.#unsigned(1 << (token - 0xc4)));
      case 0xc7: // extension
      case 0xc8:
      case 0xc9:
        return this.#typedArray(this.#unsigned(1 << (token - 0xc7)));
      case 0xcb: // f64
        return this.#skip(8);
      case 0xcc: // unsigned integers
      case 0xcd:
      case 0xce:
        return this.#skip(1 << (token - 0xcc));
      case 0xd0: // signed integers
      case 0xd1:
      case 0xd2:
        return this.#skip(1 << (token - 0xd0));
      case 0xdc: // arrays
      case 0xdd:
        return { values: this.#unsigned(2 << (token - 0xdc)), isMap: false };
      case 0xde: // maps
      case 0xdf:
        return { values: 2 * this.#unsigned(2 << (token - 0xde)), isMap: true };
      default:
        throw new ControlFormatError(`a control message has no token 0x${token.toString(16)}`);
    }
  }

  #typedArray(length: number): null {
    const type = this.#unsigned(1);
    const elementBytes = length === 0 ? undefined : ELEMENT_BYTES.get(this.bytes[this.#at] ?? 0);
    if (type !== TYPED_ARRAY || elementBytes === undefined || (length - 1) % elementBytes !== 0) {
      throw new ControlFormatError(`extension ${type} is no array that is known`);
    }
    return this.#skip(length);
  }

  #unsigned(bytes: number): number {
    const at = this.#at;
    this.#skip(bytes);
    if (bytes === 1) return this.#view.getUint8(at);
    return bytes === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #skip(bytes: number): null {
    if (bytes > this.bytes.length - this.#at) throw new ControlFormatError('the message ends in a value');
    this.#at += bytes;
    return null;
  }
}
