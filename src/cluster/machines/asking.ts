// The side that asks: requests that wait for their answer, and are asked again until they have it. Not the answering side
// (answering.ts), and not whether a machine is still alive: who asks gives a signal (roster.ts knows).

import type { Address, Transport } from '../transport/transport.js';
import { CheckError, checkReply, checkRequest } from './check.js';
import type { Answer, Scope, Stamp } from './envelope.js';
import type { Replies, Request } from './protocol.js';

type RequestType = Request['type'];

/** Trouble that a machine answered with. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface Pending {
  readonly id: number;
  readonly to: Address;
  readonly frames: readonly Uint8Array[];
  /** The machine has it: from now on it is enough to ask after it. */
  working: boolean;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly check: (reply: unknown) => unknown;
}

const sameAddress = (one: Address, other: Address): boolean =>
  one.role === other.role && one.name === other.name;

export class Asking {
  readonly #pending = new Map<number, Pending>();
  #id = 0;

  constructor(
    private readonly transport: Transport,
    private readonly stamp: Stamp,
    private readonly retryMs: number,
  ) {}

  async request<T extends RequestType>(
    to: Address,
    scope: Scope,
    request: Extract<Request, { type: T }>,
    signal?: AbortSignal,
  ): Promise<Replies[T]> {
    signal?.throwIfAborted();
    const { type } = checkRequest(request);
    const id = (this.#id += 1);
    const frames = this.stamp.frames(
      {
        what: 'request',
        instance: this.stamp.instance,
        id,
        settled: this.#settled(to, id),
        run: scope.run,
        epoch: scope.epoch,
        request,
      },
      scope,
    );
    let retry: NodeJS.Timeout | undefined;
    let abort: (() => void) | undefined;
    try {
      return await new Promise<Replies[T]>((resolve, reject) => {
        const pending: Pending = {
          id,
          to,
          frames,
          working: false,
          resolve: (reply) => {
            resolve(reply as Replies[T]);
          },
          reject,
          check: (reply) => checkReply(type, reply),
        };
        abort = () => {
          // Whatever the reason of a signal is, it is what is thrown.
          pending.reject(signal?.reason);
        };
        signal?.addEventListener('abort', abort, { once: true });
        this.#pending.set(id, pending);
        this.#send(to, frames);
        retry = setInterval(() => {
          this.#again(pending);
        }, this.retryMs);
      });
    } finally {
      clearInterval(retry);
      if (abort !== undefined) signal?.removeEventListener('abort', abort);
      this.#pending.delete(id);
    }
  }

  /** Takes an answer. Returns whether it is to a request that waits. */
  take(from: Address, answer: Answer): boolean {
    const pending = answer.to === this.stamp.instance ? this.#pending.get(answer.id) : undefined;
    if (pending === undefined || !sameAddress(pending.to, from)) return false;
    switch (answer.what) {
      case 'working':
        pending.working = true;
        break;
      case 'unknown':
        // Else the machine was asked after a request that it never got; it is sent again when its time comes.
        if (pending.working) {
          pending.working = false;
          this.#again(pending);
        }
        break;
      case 'reply':
        this.#settle(pending, answer.reply);
        break;
      case 'trouble':
        pending.reject(new RemoteError(answer.trouble.code, answer.trouble.message));
        break;
    }
    return true;
  }

  /** Asks everything again at once: the connection was away. */
  againAll(): void {
    for (const pending of this.#pending.values()) this.#again(pending);
  }

  close(): void {
    for (const pending of this.#pending.values()) {
      pending.reject(Object.assign(new Error('this side of the mail was closed'), { code: 'closed' }));
    }
  }

  /** The smallest number that may still be asked of a machine. */
  #settled(to: Address, next: number): number {
    for (const { id, to: other } of this.#pending.values()) {
      if (sameAddress(to, other)) return id; // they are in the order of their numbers
    }
    return next;
  }

  #settle(pending: Pending, reply: unknown): void {
    try {
      pending.resolve(pending.check(reply));
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      // The machine would answer the same again and again.
      pending.reject(
        new RemoteError('malformed-reply', `${error.message}, from ${pending.to.role} ${pending.to.name}`),
      );
    }
  }

  #again({ id, to, working, frames }: Pending): void {
    const { instance } = this.stamp;
    this.#send(to, working ? this.stamp.frames({ what: 'ask', instance, id }) : frames);
  }

  #send(to: Address, frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.transport.send(to, 'control', frame);
  }
}
