// The side that answers: carries each request out once, however often it comes, and keeps the answer for as long as it may
// be asked for again. Not what requests do (member.ts), and not the asking side (asking.ts).
//
// A request is known by the process that asks (its instance) and its number. Every request says which numbers its instance
// has settled: answers to those are forgotten, and what comes late with such a number is dropped.

import type { Address, Transport } from '../transport/transport.js';
import { CheckError, checkReply, checkRequest } from './check.js';
import type { Envelope, Scope, Stamp } from './envelope.js';
import type { Replies, Request, Trouble } from './protocol.js';

type RequestType = Request['type'];

export type Handler = (from: Address, scope: Scope, request: Request) => Promise<Replies[RequestType]>;

/** Requests of one instance at a time, done or not. */
const MAX_ENTRIES = 256;
/** Instances that are remembered; one coordinator at a time is usual. */
const MAX_SESSIONS = 64;
/** Bytes of answers that are kept. */
const MAX_KEPT_BYTES = 512 * 1024 * 1024;

/** A request that was taken: in work, answered, or answered so long ago that the answer is gone. */
type Entry =
  | { readonly state: 'working' }
  | { readonly state: 'answered'; readonly frames: readonly Uint8Array[]; readonly bytes: number }
  | { readonly state: 'gone' };

interface Session {
  readonly entries: Map<number, Entry>;
  /** Requests with a smaller number are settled. */
  floor: number;
}

/** Why a message was dropped, or undefined if it was taken. */
export type Refusal = 'malformed' | 'settled' | 'not-served' | 'protocol-version' | undefined;

function troubleOf(error: unknown): Trouble {
  const { code } = Object(error) as { code?: unknown };
  return {
    code: typeof code === 'string' ? code.slice(0, 100) : 'error',
    message: (error instanceof Error ? error.message : String(error)).slice(0, 10_000),
  };
}

export class Answering {
  /** The instance that was heard last is the last. */
  readonly #sessions = new Map<string, Session>();
  #keptBytes = 0;
  #handler: Handler | undefined;
  #closed = false;

  constructor(
    private readonly transport: Transport,
    private readonly stamp: Stamp,
  ) {}

  serve(handler: Handler): () => void {
    if (this.#handler !== undefined) throw new Error('requests are served already: one handler at a time');
    this.#handler = handler;
    return () => {
      if (this.#handler === handler) this.#handler = undefined;
    };
  }

  close(): void {
    this.#handler = undefined;
    this.#closed = true;
  }

  /** Answers a request that is of another version of the protocol: it cannot be read. */
  refuseVersion(from: Address, { instance, id }: { instance: string; id: number }, message: string): Refusal {
    if (this.#handler === undefined) return 'not-served';
    this.#trouble(from, instance, id, { code: 'protocol-version', message });
    return 'protocol-version';
  }

  /** Takes a request. */
  request(from: Address, envelope: Extract<Envelope, { what: 'request' }>): Refusal {
    const handler = this.#handler;
    if (handler === undefined) return 'not-served';
    const { instance, id } = envelope;
    const session = this.#session(from, instance);
    if (session === undefined) {
      this.#trouble(from, instance, id, { code: 'busy', message: 'too many processes ask this machine' });
      return undefined;
    }
    if (envelope.settled > id) return 'malformed';
    this.#forget(session, envelope.settled);
    if (id < session.floor) return 'settled';

    const entry = session.entries.get(id);
    if (entry !== undefined) {
      this.#repeat(from, instance, id, entry);
      return undefined;
    }
    let request: Request;
    try {
      request = checkRequest(envelope.request);
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      this.#trouble(from, instance, id, troubleOf(error));
      return 'malformed';
    }
    if (session.entries.size >= MAX_ENTRIES) {
      const message = `more than ${MAX_ENTRIES} requests at a time`;
      this.#trouble(from, instance, id, { code: 'too-many-requests', message });
      return undefined;
    }
    session.entries.set(id, { state: 'working' });
    const scope = { run: envelope.run, epoch: envelope.epoch };
    void this.#carryOut(handler, from, scope, request, session, instance, id);
    return undefined;
  }

  /** Answers how a request stands. */
  ask(from: Address, { instance, id }: Extract<Envelope, { what: 'ask' }>): Refusal {
    if (this.#handler === undefined) return 'not-served';
    const session = this.#sessions.get(sessionKey(from, instance));
    const entry = session?.entries.get(id);
    if (entry !== undefined) this.#repeat(from, instance, id, entry);
    else if (session !== undefined && id < session.floor) return 'settled';
    else this.#send(from, this.stamp.frames({ what: 'unknown', to: instance, id }));
    return undefined;
  }

  async #carryOut(
    handler: Handler,
    from: Address,
    scope: Scope,
    request: Request,
    session: Session,
    instance: string,
    id: number,
  ): Promise<void> {
    // What is done at once needs no word in between.
    const busy = setImmediate(() => {
      this.#send(from, this.stamp.frames({ what: 'working', to: instance, id }));
    });
    let frames: Uint8Array[];
    try {
      const reply = checkReply(request.type, await handler(from, scope, request));
      frames = this.stamp.frames({ what: 'reply', to: instance, id, reply }, scope);
    } catch (error) {
      const trouble =
        error instanceof CheckError ? { code: 'malformed-reply', message: error.message } : troubleOf(error);
      frames = this.stamp.frames({ what: 'trouble', to: instance, id, trouble }, scope);
    } finally {
      clearImmediate(busy);
    }
    if (id < session.floor || this.#closed) {
      session.entries.delete(id);
      return;
    }
    this.#keep(session, id, frames);
    this.#send(from, frames);
  }

  #repeat(from: Address, instance: string, id: number, entry: Entry): void {
    if (entry.state === 'answered') this.#send(from, entry.frames);
    else if (entry.state === 'working') {
      this.#send(from, this.stamp.frames({ what: 'working', to: instance, id }));
    } else {
      const message = 'the answer to this request was kept for long, and is gone';
      this.#trouble(from, instance, id, { code: 'reply-gone', message });
    }
  }

  /** The requests of an instance; undefined if there is no room for those of another. */
  #session(from: Address, instance: string): Session | undefined {
    const key = sessionKey(from, instance);
    const session = this.#sessions.get(key) ?? this.#newSession();
    if (session === undefined) return undefined;
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    return session;
  }

  #newSession(): Session | undefined {
    if (this.#sessions.size >= MAX_SESSIONS) {
      const isIdle = ({ entries }: Session): boolean =>
        [...entries.values()].every(({ state }) => state !== 'working');
      const oldest = [...this.#sessions].find(([, session]) => isIdle(session));
      if (oldest === undefined) return undefined;
      this.#forget(oldest[1], Infinity);
      this.#sessions.delete(oldest[0]);
    }
    return { entries: new Map(), floor: 0 };
  }

  /** Forgets the answers to what is settled. What is in work stays until it is done. */
  #forget(session: Session, settled: number): void {
    if (settled <= session.floor) return;
    session.floor = settled;
    for (const [id, entry] of session.entries) {
      if (id >= settled || entry.state === 'working') continue;
      if (entry.state === 'answered') this.#keptBytes -= entry.bytes;
      session.entries.delete(id);
    }
  }

  /** Keeps an answer; those that were kept longest make room. */
  #keep(session: Session, id: number, frames: readonly Uint8Array[]): void {
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    for (const { entries } of this.#sessions.values()) {
      for (const [other, entry] of entries) {
        if (this.#keptBytes + bytes <= MAX_KEPT_BYTES) break;
        if (entry.state !== 'answered') continue;
        this.#keptBytes -= entry.bytes;
        entries.set(other, { state: 'gone' });
      }
    }
    this.#keptBytes += bytes;
    session.entries.set(id, { state: 'answered', frames, bytes });
  }

  #trouble(from: Address, instance: string, id: number, trouble: Trouble): void {
    this.#send(from, this.stamp.frames({ what: 'trouble', to: instance, id, trouble }));
  }

  #send(to: Address, frames: readonly Uint8Array[]): void {
    if (this.#closed) return;
    for (const frame of frames) this.transport.send(to, 'control', frame);
  }
}

const sessionKey = (from: Address, instance: string): string => `${from.role} ${from.name} ${instance}`;
