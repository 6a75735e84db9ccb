// The frame: what is encoded is decoded, and nothing else is.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFrame,
  encodeFrames,
  FrameError,
  frameKind,
  HEADER_BYTES,
  MESSAGE_BYTES,
  noRun,
  PAYLOAD_BYTES,
  protocolVersion,
  runKey,
  type FrameHeader,
} from '../../../src/cluster/transport/frame.js';
import { forged, header, pattern, seal } from './frames.js';

/** The code of the FrameError that decoding ends in, or undefined. Anything else that is thrown fails the test. */
function codeOf(bytes: Uint8Array): string | undefined {
  try {
    decodeFrame(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof FrameError) return error.code;
    throw error;
  }
}

const headers = fc.record<FrameHeader>({
  kind: fc.constantFrom(...Object.values(frameKind)),
  run: fc.oneof(fc.string().map(runKey), fc.constant(noRun), fc.constant('ffffffffffffffff')),
  epoch: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  from: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  to: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  group: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  sequence: fc.maxSafeNat(),
});

describe('a frame', () => {
  it('comes back as it was sent, whatever is in it', () => {
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 300 }), (sent, payload) => {
        const [bytes, ...more] = encodeFrames(sent, payload);
        expect(more).toEqual([]);
        expect(bytes).toHaveLength(HEADER_BYTES + payload.length);
        const frame = decodeFrame(bytes);
        expect(frame).toMatchObject({ ...sent, version: protocolVersion, chunk: 0, chunks: 1, offset: 0 });
        expect([...frame.payload]).toEqual([...payload]);
      }),
    );
  });

  it('has the layout that is written down', () => {
    const [bytes] = encodeFrames(
      { kind: 2, run: '0123456789abcdef', epoch: 3, from: 4, to: 5, group: 6, sequence: 2 ** 32 * 7 + 8 },
      new Uint8Array([9, 10]),
    );
    const words = '57574631 0100 0200 0123456789abcdef 03000000 04000000 05000000 06000000 0800000007000000';
    const rest = '00000000 01000000 02000000 00000000 02000000';
    expect(Buffer.from(bytes.subarray(0, 60)).toString('hex')).toBe(`${words}${rest}`.replaceAll(' ', ''));
    expect([...bytes.subarray(64)]).toEqual([9, 10]);
  });

  it('is read at any place of a larger buffer, and its payload is not copied', () => {
    const [bytes] = encodeFrames(header(), pattern(100));
    const large = new Uint8Array(200);
    large.set(bytes, 3);
    const { payload } = decodeFrame(large.subarray(3, 3 + bytes.length));
    expect(payload).toEqual(pattern(100));
    expect(payload.buffer).toBe(large.buffer);
  });

  it('carries at most 512 KiB of a long message, in memory of its own', () => {
    const payload = pattern(2 * PAYLOAD_BYTES + 17);
    const frames = encodeFrames(header(), payload);
    expect(frames.map((bytes) => bytes.length - HEADER_BYTES)).toEqual([PAYLOAD_BYTES, PAYLOAD_BYTES, 17]);
    expect(new Set(frames.map(({ buffer }) => buffer)).size).toBe(3);
    const decoded = frames.map((bytes) => decodeFrame(bytes));
    expect(decoded.map(({ chunk, chunks, offset }) => [chunk, chunks, offset])).toEqual([
      [0, 3, 0],
      [1, 3, PAYLOAD_BYTES],
      [2, 3, 2 * PAYLOAD_BYTES],
    ]);
    expect(encodeFrames(header(), pattern(PAYLOAD_BYTES))).toHaveLength(1);
    expect(encodeFrames(header(), pattern(PAYLOAD_BYTES + 1))).toHaveLength(2);
  });

  it('is not made of numbers that its header cannot hold', () => {
    const none = new Uint8Array();
    expect(() => encodeFrames(header({ epoch: -1 }), none)).toThrow(/epoch/);
    expect(() => encodeFrames(header({ from: 2 ** 32 }), none)).toThrow(/from/);
    expect(() => encodeFrames(header({ group: 0.5 }), none)).toThrow(/group/);
    expect(() => encodeFrames(header({ sequence: 2 ** 53 }), none)).toThrow(/sequence/);
    expect(() => encodeFrames(header({ run: 'a-run' }), none)).toThrow(/run/);
    expect(() => encodeFrames(header(), new Uint8Array(MESSAGE_BYTES + 1))).toThrow(
      expect.objectContaining({ code: 'total' }) as Error,
    );
  });
});

describe('bytes that are no frame', () => {
  const [whole] = encodeFrames(header(), pattern(40));
  const middle = encodeFrames(header(), pattern(2 * PAYLOAD_BYTES + 17))[1];

  it('are refused at random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(bytes)).toMatch(/^(length|magic)$/);
      }),
      { numRuns: 500 },
    );
  });

  it('are refused at random behind the right magic and version, with the right checksum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 120 }), (bytes) => {
        bytes.set(whole.subarray(0, 8));
        expect(codeOf(seal(bytes))).toMatch(/^(length|total|chunk)$/);
      }),
      { numRuns: 500 },
    );
  });

  it('are refused if anything is missing or added', () => {
    for (let length = 0; length < whole.length; length += 1) {
      expect(codeOf(whole.subarray(0, length))).toBe('length');
    }
    expect(codeOf(new Uint8Array([...whole, 0]))).toBe('length');
  });

  it('are refused with any one bit turned', () => {
    for (let bit = 0; bit < 8 * whole.length; bit += 1) {
      const damaged = whole.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expect(codeOf(damaged)).toBeDefined();
    }
  });

  it.each([
    ['another magic', 0, 32, 0x32465757, 'magic'],
    ['another version', 4, 16, protocolVersion + 1, 'protocol-version'],
    ['kind 0', 6, 16, 0, 'kind'],
    ['kind 5', 6, 16, 5, 'kind'],
    ['a sequence of 2^53', 36, 32, 2 ** 21, 'sequence'],
    ['a chunk beyond the last', 40, 32, 3, 'chunk'],
    ['another chunk than its offset', 40, 32, 2, 'chunk'],
    ['chunk 2^32 - 1', 40, 32, 0xffffffff, 'chunk'],
    ['no chunks', 44, 32, 0, 'chunk'],
    ['more chunks than the total has', 44, 32, 4, 'chunk'],
    ['4 billion chunks', 44, 32, 0xffffffff, 'chunk'],
    ['a total of 4 GB', 48, 32, 0xffffffff, 'total'],
    ['a total just beyond the limit', 48, 32, MESSAGE_BYTES + 1, 'total'],
    ['a total smaller than what is here', 48, 32, PAYLOAD_BYTES, 'chunk'],
    ['a total of the same number of chunks but the offset', 52, 32, 1, 'chunk'],
    ['an offset beyond the total', 52, 32, 0xffffff00, 'chunk'],
    ['less payload than is here', 56, 32, PAYLOAD_BYTES - 1, 'length'],
    ['more payload than is here', 56, 32, 0xffffffff, 'length'],
  ] as const)('are refused with %s', (_, offset, bits, value, code) => {
    expect(codeOf(forged(middle, offset, bits, value))).toBe(code);
  });

  it('are refused with another checksum, and with a short chunk in the middle', () => {
    const damaged = middle.slice();
    damaged[60] ^= 1;
    expect(codeOf(damaged)).toBe('crc');
    expect(codeOf(forged(middle.subarray(0, 1000), 56, 32, 1000 - HEADER_BYTES))).toBe('chunk');
  });
});

describe('a frame of another version', () => {
  it('names both versions, and is let through where that is asked for, if it is whole', () => {
    const other = forged(encodeFrames(header(), pattern(9))[0], 4, 16, 77);
    expect(() => decodeFrame(other)).toThrow(new RegExp(`version 77 .* version ${protocolVersion}`));
    expect(decodeFrame(other, { anyVersion: true })).toMatchObject({ version: 77, payload: pattern(9) });
    other[70] ^= 1;
    expect(() => decodeFrame(other, { anyVersion: true })).toThrow(/damaged/);
  });
});
