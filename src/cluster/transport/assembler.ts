// Puts the chunks of messages together, in whatever order they come and however often, in bounded memory. Not the check of
// a frame (frame.ts), and no memory of messages that are complete: who must not act twice looks at sequences.

import type { Frame, FrameHeader } from './frame.js';

/** What tells messages apart. `source`: whom the network says a frame is from, where `from` alone does not tell. */
export interface MessageKey extends Pick<
  FrameHeader,
  'run' | 'epoch' | 'from' | 'kind' | 'group' | 'sequence'
> {
  readonly source: string;
}

/**
 * A message that was given up: `evicted` to make room for another, `disagreement` of its chunks about its length, or
 * `too-long` for this assembler. Its chunks are forgotten; if it is sent again it is put together anew.
 */
export interface Dropped extends MessageKey {
  readonly reason: 'evicted' | 'disagreement' | 'too-long';
}

export interface AssemblerOptions {
  /** Bytes of all incomplete messages together; no longer message is put together. */
  readonly maxBytes: number;
  /** Incomplete messages at a time. */
  readonly maxMessages: number;
  /** Told of every message that is given up. */
  readonly onDrop?: (dropped: Dropped) => void;
}

interface Partial {
  readonly key: MessageKey;
  readonly bytes: Uint8Array;
  readonly chunks: number;
  readonly there: Uint8Array;
  missing: number;
}

export class FrameAssembler {
  readonly #options: AssemblerOptions;
  /** In the order of their last chunk: the first has waited longest. */
  readonly #partials = new Map<string, Partial>();
  #bytes = 0;

  constructor(options: AssemblerOptions) {
    this.#options = options;
  }

  /** Bytes held for incomplete messages. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Incomplete messages. */
  get messages(): number {
    return this.#partials.size;
  }

  /**
   * Takes a chunk. Returns the whole message if this was the last that was missing; a message of one chunk is returned as the
   * view that it is, others are memory of their own. A chunk that is there already changes nothing.
   */
  add(frame: Frame, source = ''): Uint8Array | undefined {
    const { run, epoch, from, kind, group, sequence } = frame;
    const key: MessageKey = { run, epoch, from, kind, group, sequence, source };
    const text = `${run} ${epoch} ${from} ${kind} ${group} ${sequence} ${source}`;
    const known = this.#partials.get(text);
    if (known !== undefined && known.bytes.length !== frame.totalBytes) {
      this.#drop(text, known, 'disagreement');
      return undefined;
    }
    if (frame.chunks === 1) return frame.payload;

    const partial = known ?? this.#begin(key, frame);
    if (partial === undefined) return undefined;
    this.#partials.delete(text);
    if (partial.there[frame.chunk] === 0) {
      partial.there[frame.chunk] = 1;
      partial.missing -= 1;
      partial.bytes.set(frame.payload, frame.offset);
    }
    if (partial.missing === 0) {
      this.#bytes -= partial.bytes.length;
      return partial.bytes;
    }
    this.#partials.set(text, partial);
    return undefined;
  }

  /** Forgets the incomplete messages that are meant. */
  discard(which: (key: MessageKey) => boolean): void {
    for (const [text, partial] of this.#partials) {
      if (which(partial.key)) this.#forget(text, partial);
    }
  }

  /** Memory for a message, after those that have waited longest have made room. */
  #begin(key: MessageKey, { totalBytes, chunks }: Frame): Partial | undefined {
    const { maxBytes, maxMessages, onDrop } = this.#options;
    if (totalBytes > maxBytes) {
      onDrop?.({ ...key, reason: 'too-long' });
      return undefined;
    }
    for (const [text, partial] of this.#partials) {
      if (this.#bytes + totalBytes <= maxBytes && this.#partials.size < maxMessages) break;
      this.#drop(text, partial, 'evicted');
    }
    this.#bytes += totalBytes;
    return { key, bytes: new Uint8Array(totalBytes), chunks, there: new Uint8Array(chunks), missing: chunks };
  }

  #drop(text: string, partial: Partial, reason: Dropped['reason']): void {
    this.#forget(text, partial);
    this.#options.onDrop?.({ ...partial.key, reason });
  }

  #forget(text: string, partial: Partial): void {
    this.#partials.delete(text);
    this.#bytes -= partial.bytes.length;
  }
}
