// Control messages as bytes: what is packed is unpacked, and no bytes make the reader allocate, hang, or meet msgpackr's
// extensions.

import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import {
  ControlFormatError,
  packControl,
  unpackControl,
} from '../../../src/cluster/machines/control-codec.js';
import { replies, requests } from './messages.js';

const roundTrip = (value: unknown): unknown => unpackControl(packControl(value));

/** Unpacks bytes; anything thrown other than the one error fails the test. */
function isMessage(bytes: Uint8Array): boolean {
  try {
    unpackControl(bytes);
    return true;
  } catch (error) {
    if (error instanceof ControlFormatError) return false;
    throw error;
  }
}

const typed = fc.oneof(
  fc.uint8Array(),
  fc.uint16Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
);
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger(),
    fc.double(),
    fc.string({ unit: 'binary' }),
    typed,
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 20, noNullPrototype: true },
    ),
  ),
})).value;

describe('control messages', () => {
  it('come back as they were, whatever they hold', () => {
    fc.assert(
      fc.property(values, (value) => {
        // -0 as a number by itself comes back as 0: integers have no sign of zero.
        const plain = JSON.stringify(value, (_, part: unknown) => (part === 0 ? 0 : part));
        expect(JSON.stringify(roundTrip(value))).toBe(plain);
      }),
      { numRuns: 300 },
    );
  });

  it('keep the type and the bits of typed arrays, from and to any alignment', () => {
    fc.assert(
      fc.property(typed, fc.string(), (array, text) => {
        const Type = array.constructor as Float64ArrayConstructor;
        const inside = new Type(array.length + 2);
        inside.set(array, 1);
        const view = inside.subarray(1, 1 + array.length);
        const bytes = packControl({ text, view });
        const elsewhere = new Uint8Array(bytes.length + 3);
        elsewhere.set(bytes, 3);
        const back = unpackControl(elsewhere.subarray(3)) as { view: typeof array };
        expect(back.view.constructor).toBe(Type);
        expect(back.view).toEqual(array);
        // Memory of its own: nothing holds the whole message.
        expect(back.view.buffer.byteLength).toBe(array.byteLength);
      }),
    );
  });

  it('of a large size are read', () => {
    const large = {
      texts: Array.from({ length: 70_000 }, (_, at) => `text ${at}`),
      rows: new Float64Array(20_000),
    };
    large.rows.fill(1 / 3);
    const back = roundTrip(large) as typeof large;
    expect(back.texts.join()).toBe(large.texts.join());
    expect(back.rows).toEqual(large.rows);
  });

  it('cannot touch the prototype of objects', () => {
    const back = roundTrip(JSON.parse('{"__proto__": {"admin": true}}')) as { admin?: boolean };
    expect(back.admin).toBeUndefined();
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });
});

describe('bytes that are no control message', () => {
  it('are refused, at random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        isMessage(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('are refused wherever a message is cut, or goes on', () => {
    for (const value of [requests.join, replies.advance, replies.rows]) {
      const bytes = packControl(value).slice();
      for (let length = 0; length < bytes.length; length += 1) {
        expect(isMessage(bytes.subarray(0, length))).toBe(false);
      }
      expect(isMessage(new Uint8Array([...bytes, 0xc0]))).toBe(false);
    }
  });

  it('do no harm with bytes changed at will', () => {
    const bytes = packControl(requests.join).slice();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        (changes) => {
          const changed = bytes.slice();
          for (const [at, byte] of changes) changed[at] = byte;
          isMessage(changed);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['an array that claims 100 million values', [0xdd, 0x05, 0xf5, 0xe1, 0x00, 0xc0]],
    ['a map that claims 4 billion', [0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61, 0xc0]],
    [
      'arrays that claim much within one another',
      Array.from({ length: 15 }, () => [0xdd, 1, 0, 0, 0]).flat(),
    ],
    ['a text that claims 4 GB', [0xdb, 0xff, 0xff, 0xff, 0xff, 0x61]],
    ['bytes that claim 4 GB', [0xc6, 0xff, 0xff, 0xff, 0xff, 0]],
    ['a typed array that claims 4 GB', [0xc9, 0xff, 0xff, 0xff, 0xff, 0x74, 8]],
    ['a typed array with half an element', [0xc7, 6, 0x74, 6, 1, 2, 3, 4, 5]],
    ['a typed array of no type', [0xc7, 0, 0x74]],
    ['a typed array of big integers', [0xc7, 9, 0x74, 9, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['a key that is a number', [0x81, 0x01, 0xc0]],
    ['a key that is a map', [0x81, 0x80, 0xc0]],
    ['nesting of 10,000', [...new Array<number>(10_000).fill(0x91), 0xc0]],
    ['a date', [0xd6, 0xff, 0, 0, 0, 0]],
    ['a record', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01]],
    ['undefined', [0xd4, 0, 0]],
    ['the token that is never used', [0xc1]],
    ['nothing', []],
  ])('are refused: %s', (_, bytes) => {
    expect(isMessage(Uint8Array.from(bytes))).toBe(false);
  });

  it.each([
    ['a set', new Set([1])],
    ['an error', new Error('no')],
    ['a regular expression', /a+/u],
    ['a date', new Date(0)],
    ['a large integer', 2n ** 63n],
  ])('are refused: %s of msgpackr', (_, value) => {
    const packr = new Packr({ useRecords: false, moreTypes: true });
    expect(isMessage(packr.pack({ value }))).toBe(false);
  });

  it('are refused with records, and with references within the message', () => {
    expect(isMessage(new Packr({ useRecords: true }).pack([{ a: 1 }, { a: 2 }]))).toBe(false);
    const shared = { a: 1 };
    expect(isMessage(new Packr({ structuredClone: true, useRecords: false }).pack([shared, shared]))).toBe(
      false,
    );
  });

  it('are refused with more values than any message has', () => {
    const many = new Uint8Array(5 + 9 * 1024 * 1024).fill(0xc0);
    many.set([0xdd, 0x00, 0x90, 0x00, 0x00]);
    expect(() => unpackControl(many)).toThrow(/more than \d+ values/);
  });
});
