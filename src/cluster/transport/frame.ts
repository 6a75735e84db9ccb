// The frame around every message between machines: a fixed header that is checked before anything is allocated, then at
// most 512 KiB of payload. A longer message is several frames.
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
/** `from` and `to` of who has no number: the coordinator, and everyone outside of a run. */
export const nobody = 0xffffffff;

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

/** A frame that has passed every check. `payload` is a view of the received bytes. */
export interface Frame extends FrameHeader {
  readonly chunk: number;
  readonly chunks: number;
  readonly totalBytes: number;
  readonly offset: number;
  readonly payload: Uint8Array;
}
