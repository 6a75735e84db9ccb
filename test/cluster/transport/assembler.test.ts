// Chunks become messages: in any order, repeated, among those of other messages, and never beyond the memory that is given.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFrame,
  encodeFrames,
  FrameAssembler,
  frameKind,
  HEADER_BYTES,
  PAYLOAD_BYTES,
  type Dropped,
  type Frame,
} from '../../../src/cluster/transport/frame.js';
import { forged, header, pattern } from './frames.js';

const chunksOf = (bytes: Uint8Array, changes = {}): Frame[] =>
  encodeFrames(header(changes), bytes).map((frame) => decodeFrame(frame));

/** A frame of a message that claims to be long, with hardly any memory behind it: the last chunk. */
function lastChunk(totalBytes: number, sequence: number): Frame {
  const chunks = Math.ceil(totalBytes / PAYLOAD_BYTES);
  const offset = (chunks - 1) * PAYLOAD_BYTES;
  let frame = encodeFrames(header({ sequence }), new Uint8Array(totalBytes - offset))[0];
  for (const [at, value] of [
    [40, chunks - 1],
    [44, chunks],
    [48, totalBytes],
    [52, offset],
  ] as const) {
    frame = forged(frame, at, 32, value);
  }
  return decodeFrame(frame);
}

function assembler(maxBytes = 2 ** 28, maxMessages = 100) {
  const dropped: Dropped[] = [];
  return {
    dropped,
    frames: new FrameAssembler({ maxBytes, maxMessages, onDrop: (drop) => dropped.push(drop) }),
  };
}

describe('an assembler', () => {
  it('returns a message of one chunk at once, as the view that came', () => {
    const { frames } = assembler();
    const [frame] = chunksOf(pattern(10));
    expect(frames.add(frame)).toBe(frame.payload);
    expect(frames.add(chunksOf(new Uint8Array())[0])).toHaveLength(0);
    expect(frames.bytes).toBe(0);
  });

  it('puts several messages together from permuted and repeated chunks', () => {
    const messages = [1, 2, 3].map((sequence) =>
      pattern(sequence * PAYLOAD_BYTES + 1000 * sequence, sequence),
    );
    const all = messages.flatMap((bytes, sequence) => chunksOf(bytes, { sequence }));
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...all.keys()], { minLength: all.length }),
        fc.array(fc.nat(all.length - 1), { maxLength: 4 }),
        (order, repeated) => {
          const { frames, dropped } = assembler();
          const complete = new Map<number, Uint8Array>();
          // A repeated chunk comes before those that are still missing, so it cannot begin the message anew.
          for (const at of order.flatMap((index) => [
            index,
            ...repeated.filter((other) => other === index),
          ])) {
            const message = frames.add(all[at]);
            if (message !== undefined) complete.set(all[at].sequence, message);
          }
          for (const [sequence, bytes] of messages.entries()) {
            expect(Buffer.compare(complete.get(sequence)!, bytes)).toBe(0);
          }
          expect(dropped).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('keeps apart what differs in anything that names a message', () => {
    const names = [
      {},
      { from: 9 },
      { kind: frameKind.densities },
      { group: 9 },
      { sequence: 9 },
      { epoch: 9 },
      { run: '0123456789abcdef' },
    ];
    const messages = names.map((changes, seed) => {
      const bytes = pattern(PAYLOAD_BYTES + 5, seed + 1);
      return { bytes, chunks: chunksOf(bytes, changes), source: '' };
    });
    const other = pattern(PAYLOAD_BYTES + 5, 99);
    messages.push({ bytes: other, chunks: chunksOf(other), source: 'worker w9' });
    const { frames } = assembler();
    for (const { chunks, source } of messages) expect(frames.add(chunks[0], source)).toBeUndefined();
    expect(frames.messages).toBe(messages.length);
    for (const { bytes, chunks, source } of messages) {
      expect(Buffer.compare(frames.add(chunks[1], source)!, bytes)).toBe(0);
    }
    expect(frames).toMatchObject({ bytes: 0, messages: 0 });
  });

  it('drops a message whose chunks disagree about its length, and takes it anew', () => {
    const { frames, dropped } = assembler();
    const bytes = pattern(PAYLOAD_BYTES + 5);
    const [first, second] = chunksOf(bytes);
    for (const liar of [chunksOf(pattern(PAYLOAD_BYTES + 6))[1], chunksOf(pattern(3))[0]]) {
      frames.add(first);
      expect(frames.add(liar)).toBeUndefined();
      expect(dropped.splice(0)).toMatchObject([
        { reason: 'disagreement', sequence: first.sequence, from: 1 },
      ]);
      expect(frames).toMatchObject({ bytes: 0, messages: 0 });
    }
    frames.add(second);
    expect(Buffer.compare(frames.add(first)!, bytes)).toBe(0);
  });

  it('holds no more than it may: what waited longest makes room, and is told', () => {
    const { frames, dropped } = assembler(10 * PAYLOAD_BYTES, 3);
    for (let sequence = 0; sequence < 3; sequence += 1) frames.add(lastChunk(2 * PAYLOAD_BYTES, sequence));
    // A chunk of the first again: now the second has waited longest.
    frames.add(lastChunk(2 * PAYLOAD_BYTES, 0));
    frames.add(lastChunk(2 * PAYLOAD_BYTES, 3));
    expect(dropped.splice(0)).toMatchObject([{ reason: 'evicted', sequence: 1 }]);
    frames.add(lastChunk(7 * PAYLOAD_BYTES, 4));
    expect(dropped.splice(0).map(({ sequence }) => sequence)).toEqual([2, 0]);
    expect(frames.bytes).toBe(9 * PAYLOAD_BYTES);
    frames.add(lastChunk(10 * PAYLOAD_BYTES + 1, 5));
    expect(dropped).toMatchObject([{ reason: 'too-long', sequence: 5 }]);
    expect(frames.bytes).toBe(9 * PAYLOAD_BYTES);
  });

  it('never holds more than it may, whatever is claimed', () => {
    const claim = fc.tuple(fc.integer({ min: PAYLOAD_BYTES + 1, max: 2 ** 28 }), fc.nat(5));
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 30 }), (claims) => {
        const { frames } = assembler(4 * PAYLOAD_BYTES, 3);
        for (const [totalBytes, sequence] of claims) {
          frames.add(lastChunk(totalBytes, sequence));
          expect(frames.bytes).toBeLessThanOrEqual(4 * PAYLOAD_BYTES);
          expect(frames.messages).toBeLessThanOrEqual(3);
        }
      }),
    );
  });

  it('forgets what it is told to', () => {
    const { frames, dropped } = assembler();
    const bytes = pattern(PAYLOAD_BYTES + HEADER_BYTES);
    for (const epoch of [1, 2, 3]) frames.add(chunksOf(bytes, { epoch })[0]);
    frames.discard(({ epoch }) => epoch < 3);
    expect(frames).toMatchObject({ messages: 1, bytes: bytes.length });
    expect(dropped).toEqual([]);
    expect(frames.add(chunksOf(bytes, { epoch: 2 })[1])).toBeUndefined();
    expect(frames.add(chunksOf(bytes, { epoch: 3 })[1])).toBeDefined();
  });
});
