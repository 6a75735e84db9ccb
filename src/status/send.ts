// Sending an answer: small ones at once, large ones piece by piece as the reader takes them, a few at a time. A reader who
// does not read is dropped.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { busy, COMMON_HEADERS, type Answer } from './answer.js';
import { ANSWER_MS, LARGE_ANSWERS, LARGE_BYTES, WAITING_BYTES } from './limits.js';

/** Bytes that wait for a reader: of this answer, and of the connection. */
export function waitingBytes(response: ServerResponse): number {
  return Math.max(response.writableLength, response.socket?.writableLength ?? 0);
}

export class Sender {
  #large = 0;

  send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
    if (response.destroyed || response.headersSent) return;
    if (waitingBytes(response) > WAITING_BYTES) {
      request.socket.destroy();
      return;
    }
    const size = answer.body?.length ?? 0;
    const isLarge = size > LARGE_BYTES && request.method !== 'HEAD';
    if (isLarge && this.#large >= LARGE_ANSWERS) {
      this.#head(response, busy('too many large answers are under way'));
      return;
    }
    if (!isLarge) {
      this.#head(response, answer, request.method !== 'HEAD');
      return;
    }
    this.#large++;
    const timer = setTimeout(() => request.socket.destroy(), ANSWER_MS).unref();
    response.once('close', () => {
      this.#large--;
      clearTimeout(timer);
    });
    response.writeHead(answer.status, headersOf(answer));
    sendPieces(response, answer.body ?? new Uint8Array(0));
  }

  #head(response: ServerResponse, answer: Answer, withBody = true): void {
    response.writeHead(answer.status, headersOf(answer));
    response.end(withBody ? answer.body : undefined);
  }
}

function headersOf({ type, body, headers }: Answer): Record<string, string> {
  return {
    ...COMMON_HEADERS,
    ...(type !== undefined && { 'Content-Type': type }),
    ...(body && { 'Content-Length': String(body.length) }),
    ...headers,
  };
}

function sendPieces(response: ServerResponse, body: Uint8Array): void {
  let at = 0;
  const go = (): void => {
    while (at < body.length) {
      const piece = body.subarray(at, at + LARGE_BYTES);
      at += piece.length;
      if (response.destroyed) return;
      if (!response.write(piece)) {
        response.once('drain', go);
        return;
      }
    }
    response.end();
  };
  go();
}
