// Frames for tests: headers, and frames that are changed afterwards with a checksum that is right all the same. Not a test.

import { crc32 } from 'node:zlib';
import {
  frameKind,
  HEADER_BYTES,
  nobody,
  runKey,
  type FrameHeader,
} from '../../../src/cluster/transport/frame.js';

/** A header of bulk, with what a test changes. */
export function header(changes: Partial<FrameHeader> = {}): FrameHeader {
  return {
    kind: frameKind.emigrants,
    run: runKey('a-run'),
    epoch: 3,
    from: 1,
    to: nobody,
    group: 2,
    sequence: 2 ** 40 + 7,
    ...changes,
  };
}

/** Bytes that do not repeat after a chunk. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** Makes the checksum of a frame right again. */
export function seal(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  view.setUint32(60, crc32(frame.subarray(HEADER_BYTES), crc32(frame.subarray(0, 60))), true);
  return frame;
}

/** A copy of a frame with a field of its header changed, its checksum right. */
export function forged(frame: Uint8Array, offset: number, bits: 16 | 32, value: number): Uint8Array {
  const copy = frame.slice();
  const view = new DataView(copy.buffer);
  if (bits === 16) view.setUint16(offset, value, true);
  else view.setUint32(offset, value, true);
  return seal(copy);
}
