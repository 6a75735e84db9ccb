// The frame around every message between machines: a fixed header that is checked before anything is allocated, then at
// most 512 KiB of payload. A longer message is several frames, all full but the last (assembler.ts puts them together).
// Not what the payload says.
//
//   offset  bytes  what (little-endian)
//        0      4  magic 'WWF1'
//        4      2  version of the protocol
//        6      2  kind (frameKind)
//        8      8  run: the first 16 hexadecimal digits of its id's SHA-256; 0 outside of a run
//       16      4  epoch
//       20      4  from: number of the member in the epoch's placement, or `nobody`
//       24      4  to: likewise
//       28      4  group of replicas (bulk), 0 otherwise
//       32      8  sequence: bulk: number of the exchange since step 0; control: number of the message of its sender
//       40      4  chunk: which one of
//       44      4  chunks
//       48      4  bytes of the whole message, all chunks together
//       52      4  offset of this chunk's payload in the message
//       56      4  bytes of payload in this frame: what follows the header, exactly
//       60      4  crc32 of the 60 bytes before and of the payload
//
// The header has this layout in all versions of the protocol, so that a machine can tell another that their versions
// differ (machines/mail.ts); a version that changes it takes another magic.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

export { FrameAssembler, type Dropped, type MessageKey } from './assembler.js';

/** Version of the protocol between machines. Members of a run and its coordinator all have the same. */
export const protocolVersion = 1;

export const frameKind = {
  /** A msgpackr map (machines/protocol.ts). */
  control: 1,
  /** Emigrants of one exchange of a group of replicas (machines/batch.ts). */
  emigrants: 2,
  /** Densities of a member's nodes for one exchange. */
  densities: 3,
  /** Asks for the emigrants or densities of an exchange once more: payload is a u16, the kind that is missing. */
  again: 4,
} as const;
export type FrameKind = (typeof frameKind)[keyof typeof frameKind];

export const HEADER_BYTES = 64;
/** Longest payload of a frame: as fast as longer ones, and well under a server's usual limit of 1 MB. */
export const PAYLOAD_BYTES = 512 * 1024;
/** Longest message, all chunks together. */
export const MESSAGE_BYTES = 256 * 1024 * 1024;
/** `from` and `to` of who has no number: the coordinator, and everyone outside of a run. */
export const nobody = 0xffffffff;
/** `run` of messages outside of a run. */
export const noRun = '0000000000000000';

/** What a header says, but for what `encodeFrames` fills in itself. */
export interface FrameHeader {
  readonly kind: FrameKind;
  /** 16 hexadecimal digits (`runKey`). */
  readonly run: string;
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
  readonly group: number;
  readonly sequence: number;
}

/** A frame that has passed every check. `payload` is a view of the received bytes, at any alignment. */
export interface Frame extends FrameHeader {
  /** Version of the protocol that its sender speaks. */
  readonly version: number;
  readonly chunk: number;
  readonly chunks: number;
  readonly totalBytes: number;
  readonly offset: number;
  readonly payload: Uint8Array;
}

/**
 * What is wrong with a frame: too short or longer than it says (`length`), not a frame (`magic`), of another version
 * (`protocol-version`), of an unknown kind, with a total beyond `MESSAGE_BYTES`, with a chunk that is not where such a
 * message has its chunks, with a sequence that no number holds, or damaged (`crc`).
 */
export type FrameErrorCode =
  'length' | 'magic' | 'protocol-version' | 'kind' | 'total' | 'chunk' | 'sequence' | 'crc';

/** Bytes that are no frame. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  constructor(
    readonly code: FrameErrorCode,
    message: string,
  ) {
    super(message);
  }
}

const MAGIC = 0x31465757; // 'WWF1'
const CHECKED_BYTES = 60;
const HIGH = 2 ** 32;
const KINDS: ReadonlySet<number> = new Set(Object.values(frameKind));

/** How a run is called in headers: the first 16 hexadecimal digits of the SHA-256 of its id. */
export function runKey(runId: string): string {
  return createHash('sha256').update(runId).digest('hex').slice(0, 16);
}

/** Chunks of a message of so many bytes: one at least. */
export function chunkCount(totalBytes: number): number {
  return Math.max(1, Math.ceil(totalBytes / PAYLOAD_BYTES));
}

function checkHeader(header: FrameHeader, totalBytes: number): void {
  for (const field of ['epoch', 'from', 'to', 'group'] as const) {
    const value = header[field];
    if (!Number.isInteger(value) || value < 0 || value >= HIGH) {
      throw new RangeError(`${field} of a frame is an unsigned number of 32 bits, not ${value}`);
    }
  }
  if (!Number.isSafeInteger(header.sequence) || header.sequence < 0) {
    throw new RangeError(`sequence of a frame is a count, not ${header.sequence}`);
  }
  if (!/^[0-9a-f]{16}$/u.test(header.run)) {
    throw new RangeError(`run of a frame is what runKey makes of its id, not ${header.run}`);
  }
  if (totalBytes > MESSAGE_BYTES) {
    throw new FrameError(
      'total',
      `a message between machines has at most ${MESSAGE_BYTES} bytes, this one has ${totalBytes}: send less at once`,
    );
  }
}

/**
 * A message as frames, one per chunk, each in memory of its own (the payload is copied).
 *
 * @throws FrameError (`total`) if the message is too long
 */
export function encodeFrames(header: FrameHeader, payload: Uint8Array): Uint8Array[] {
  checkHeader(header, payload.length);
  const chunks = chunkCount(payload.length);
  const frames: Uint8Array[] = [];
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const offset = chunk * PAYLOAD_BYTES;
    const part = payload.subarray(offset, offset + PAYLOAD_BYTES);
    const bytes = new Uint8Array(HEADER_BYTES + part.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, MAGIC, true);
    view.setUint16(4, protocolVersion, true);
    view.setUint16(6, header.kind, true);
    view.setUint32(8, Number.parseInt(header.run.slice(0, 8), 16));
    view.setUint32(12, Number.parseInt(header.run.slice(8), 16));
    view.setUint32(16, header.epoch, true);
    view.setUint32(20, header.from, true);
    view.setUint32(24, header.to, true);
    view.setUint32(28, header.group, true);
    view.setUint32(32, header.sequence % HIGH, true);
    view.setUint32(36, Math.floor(header.sequence / HIGH), true);
    view.setUint32(40, chunk, true);
    view.setUint32(44, chunks, true);
    view.setUint32(48, payload.length, true);
    view.setUint32(52, offset, true);
    view.setUint32(56, part.length, true);
    bytes.set(part, HEADER_BYTES);
    view.setUint32(60, checksum(bytes), true);
    frames.push(bytes);
  }
  return frames;
}

function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(HEADER_BYTES), crc32(bytes.subarray(0, CHECKED_BYTES)));
}

const hex8 = (word: number): string => word.toString(16).padStart(8, '0');

/**
 * Reads one frame and checks all of it: length, magic, version, kind, where its chunk lies, and the crc. Allocates nothing
 * for the payload. With `anyVersion`, a frame of another version of the protocol is let through: its header can be trusted,
 * its payload may mean anything.
 *
 * @throws FrameError
 */
export function decodeFrame(bytes: Uint8Array, options: { readonly anyVersion?: boolean } = {}): Frame {
  if (bytes.length < HEADER_BYTES) {
    throw new FrameError(
      'length',
      `a frame has at least ${HEADER_BYTES} bytes, here are only ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC) throw new FrameError('magic', 'these bytes are not a frame');
  const version = view.getUint16(4, true);
  if (version !== protocolVersion && options.anyVersion !== true) {
    throw new FrameError(
      'protocol-version',
      `the frame is of version ${version} of the protocol, this program speaks version ${protocolVersion}: ` +
        'use the same version of wasserwerk on all machines',
    );
  }
  const kind = view.getUint16(6, true);
  if (!KINDS.has(kind)) throw new FrameError('kind', `a frame of unknown kind ${kind}`);
  const totalBytes = view.getUint32(48, true);
  if (totalBytes > MESSAGE_BYTES) {
    throw new FrameError(
      'total',
      `the frame claims a message of ${totalBytes} bytes, at most ${MESSAGE_BYTES} are taken`,
    );
  }
  const chunk = view.getUint32(40, true);
  const chunks = view.getUint32(44, true);
  const offset = view.getUint32(52, true);
  const length = view.getUint32(56, true);
  if (length !== bytes.length - HEADER_BYTES) {
    throw new FrameError(
      'length',
      `the frame claims ${length} bytes of payload, ${bytes.length - HEADER_BYTES} are there`,
    );
  }
  // The total alone says where chunks begin and end, so whatever else a frame claims is wrong.
  if (
    chunks !== chunkCount(totalBytes) ||
    chunk >= chunks ||
    offset !== chunk * PAYLOAD_BYTES ||
    length !== Math.min(PAYLOAD_BYTES, totalBytes - offset)
  ) {
    throw new FrameError(
      'chunk',
      `a message of ${totalBytes} bytes has no chunk ${chunk} of ${chunks} with ${length} bytes at ${offset}`,
    );
  }
  const high = view.getUint32(36, true);
  if (high >= 2 ** 21) throw new FrameError('sequence', 'the sequence of the frame is beyond 2^53');
  if (view.getUint32(60, true) !== checksum(bytes)) {
    throw new FrameError('crc', 'the frame was damaged on its way: its checksum is another');
  }
  return {
    version,
    kind: kind as FrameKind,
    run: hex8(view.getUint32(8)) + hex8(view.getUint32(12)),
    epoch: view.getUint32(16, true),
    from: view.getUint32(20, true),
    to: view.getUint32(24, true),
    group: view.getUint32(28, true),
    sequence: high * HIGH + view.getUint32(32, true),
    chunk,
    chunks,
    totalBytes,
    offset,
    payload: bytes.subarray(HEADER_BYTES),
  };
}
