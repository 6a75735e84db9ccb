// The lock on a run among coordinators that may stand on different machines: an entry of a JetStream key-value bucket, whose
// holder writes it anew every third of its time to live. Who waits takes it over when it has not changed for that long.
//
// What is promised: at most one holder at a time whose `held` is true, as long as
//   - clocks run at the same speed to within a tenth (what they show does not matter: nobody compares times with others, and
//     the server's clock decides nothing). A holder counts from before it asked for its last renewal, for nine tenths of the
//     time; who waits counts from after it saw the entry, for all of it;
//   - the server does not forget what it has acknowledged. A JetStream file store keeps it through a crash of the server; a
//     power cut may lose the last moments, and then a holder sees at its next renewal what others have written.
// A process that was frozen (SIGSTOP, a sleeping laptop) finds out when it goes on: `held` is right at once after SIGSTOP, after
// a sleep that its clock does not count at the next renewal. What it sends in between is fenced by the epoch, not by the lock.
//
// Entries do not expire on the server: only therefore a holder that finds its own entry unchanged after an outage knows that
// nobody else has had the lock meanwhile. Left ones are cleared away after a week. Not the lock on the folder of a run, which
// keeps processes from writing to one folder (output/lock.ts).

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kvm, type KV, type KvEntry } from '@nats-io/kv';
import type { NatsConnection } from 'nats';
import { now } from '../clock.js';
import { asNatsError, isTransient, isWrongRevision, openJetStream } from './jetstream.js';
import { NatsError } from './nats-errors.js';
import { BUCKET } from './nats-permissions.js';

const TTL_MS = 5000;
/** Of the time to live: how long a holder believes in its last renewal, how often it renews, how long it waits for an answer. */
const BELIEVED = 0.9;
const RENEWED = 1 / 3;
const ASKED = 1 / 5;
/** After a renewal without an answer. */
const AGAIN_MS = 100;
/** Who does not want to wait for a holder still waits this long for a server that does not answer. */
const PATIENCE_SECONDS = 30;
const WEEK_MS = 7 * 24 * 3600 * 1000;

/** The content of an entry. No two are the same, which tells a renewal from a server that went back in time. */
interface Holding {
  readonly token: string;
  readonly holder: string;
  readonly renewal: number;
  readonly ttlMs: number;
}

export interface LockOptions {
  /** Default 5000. Who waits takes over at the latest a quarter more than this after the last renewal. */
  readonly ttlMs?: number;
  readonly signal?: AbortSignal;
  /** Whether to wait for a living holder; else that is an error. One that lives no more is waited out in any case. */
  readonly wait: boolean;
  /** Goes on through an outage of the server: `lost` then fires only when somebody else has the lock. See `held`. */
  readonly patient?: boolean;
}

export class RunLock {
  readonly run: string;
  readonly #kv: KV;
  readonly #token: string;
  readonly #ttlMs: number;
  readonly #isPatient: boolean;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  readonly #keeping: Promise<void>;
  #revision: number;
  #renewal = 0;
  /** By the clock of this process. */
  #believedUntil: number;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    kv: KV,
    run: string,
    token: string,
    revision: number,
    begun: number,
    options: LockOptions,
  ) {
    this.run = run;
    this.#kv = kv;
    this.#token = token;
    this.#revision = revision;
    this.#ttlMs = options.ttlMs ?? TTL_MS;
    this.#isPatient = options.patient ?? false;
    this.#believedUntil = begun;
    this.#believe(begun);
    this.#keeping = this.#keep();
  }

  /**
   * Takes the lock.
   *
   * @throws NatsError (`lock-held`) if a living process holds it and `wait` is false
   * @throws NatsError (`jetstream-off`, `nats-authorization`) if the server has no locks for us
   * @throws the reason of the signal
   */
  static async acquire(connection: NatsConnection, run: string, options: LockOptions): Promise<RunLock> {
    const { signal, wait } = options;
    const ttlMs = options.ttlMs ?? TTL_MS;
    if (!/^[A-Za-z0-9_-]{1,64}$/u.test(run)) throw new RangeError(`${JSON.stringify(run)} is no id of a run`);
    const token = randomUUID();
    const started = now();
    const released = new Doorbell(connection, run);
    try {
      const kv = await again(
        () => openBucket(connection, ttlMs),
        signal,
        wait ? Infinity : started + PATIENCE_SECONDS,
        connection,
      );
      /** What was seen last, and since when. */
      let seen: { readonly text: string; readonly since: number } | undefined;
      for (;;) {
        signal?.throwIfAborted();
        const entry = await again(
          () => kv.get(run),
          signal,
          wait ? Infinity : now() + PATIENCE_SECONDS,
          connection,
        );
        const holding = holdingOf(entry);
        // Our own: written by an attempt whose answer was lost.
        const isOurs = holding?.token === token;
        if (entry && holding && !isOurs) {
          const text = `${entry.revision} ${entry.string()}`;
          if (seen?.text !== text) {
            if (seen && !wait) throw held(run, holding);
            seen = { text, since: now() };
          }
        }
        // An entry that is gone without a word was not released: its holder may not know yet.
        const isReleased = entry !== null && holding === undefined;
        const waitMs = Math.max(holding?.ttlMs ?? 0, ttlMs);
        if (seen && !isOurs && !isReleased && now() - seen.since < waitMs / 1000) {
          await released.wait(Math.min(waitMs * ASKED, 1000), signal);
          continue;
        }
        const begun = now();
        try {
          const revision = await kv.put(run, content(token, 0, ttlMs), { previousSeq: entry?.revision ?? 0 });
          return new RunLock(kv, run, token, revision, begun, options);
        } catch (error) {
          // Another one was quicker, or no answer: the next look tells who it was.
          if (!isWrongRevision(error) && !isTransient(error))
            throw asNatsError(connection, 'the lock on a run', error);
        }
      }
    } finally {
      released.close();
    }
  }

  /** Fires when the lock is not ours any more, with a NatsError (`lock-lost`) as its reason. Not on `release`. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether the lock is ours at this moment, for certain. A patient holder gets it back after an outage, unless it lost it. */
  get held(): boolean {
    return !this.#lost.signal.aborted && !this.#released.signal.aborted && now() < this.#believedUntil;
  }

  /** Gives the lock up. A second call does nothing. */
  async release(): Promise<void> {
    if (this.#released.signal.aborted) return;
    this.#released.abort();
    clearTimeout(this.#timer);
    await this.#keeping;
    if (this.#lost.signal.aborted) return;
    // If that fails, others wait for the time to live.
    await this.#kv.delete(this.run, { previousSeq: this.#revision }).catch(() => undefined);
  }

  async #keep(): Promise<void> {
    const ended = AbortSignal.any([this.#lost.signal, this.#released.signal]);
    let pause = this.#ttlMs * RENEWED;
    while (!ended.aborted) {
      await sleep(pause, undefined, { signal: ended, ref: false }).catch(() => undefined);
      if (ended.aborted) return;
      pause = (await this.#renew()) ? this.#ttlMs * RENEWED : AGAIN_MS;
    }
  }

  async #renew(): Promise<boolean> {
    const begun = now();
    try {
      this.#revision = await this.#kv.put(this.run, content(this.#token, ++this.#renewal, this.#ttlMs), {
        previousSeq: this.#revision,
      });
      this.#believe(begun);
      return true;
    } catch (error) {
      if (isWrongRevision(error)) await this.#look();
      else if (!isTransient(error)) this.#lose(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  /** The entry is not the one that we wrote last: it is a renewal of ours whose answer was lost, or another holder's. */
  async #look(): Promise<void> {
    try {
      const entry = await this.#kv.get(this.run);
      const holding = holdingOf(entry);
      if (entry && holding?.token === this.#token) this.#revision = entry.revision;
      else this.#lose(holding ? `${holding.holder} has it` : 'its entry was deleted');
    } catch (error) {
      if (!isTransient(error)) this.#lose(error instanceof Error ? error.message : String(error));
    }
  }

  #believe(begun: number): void {
    if (this.#released.signal.aborted) return;
    this.#believedUntil = begun + (this.#ttlMs * BELIEVED) / 1000;
    clearTimeout(this.#timer);
    if (this.#isPatient) return;
    const left = Math.max(0, (this.#believedUntil - now()) * 1000);
    this.#timer = setTimeout(() => this.#lose('the NATS server did not answer in time'), left);
    this.#timer.unref();
  }

  #lose(why: string): void {
    if (this.#lost.signal.aborted || this.#released.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#lost.abort(
      new NatsError(
        'lock-lost',
        `lost the lock on the run ${this.run}: ${why}`,
        'another coordinator may go on with the run; otherwise `wasserwerk resume` does',
      ),
    );
  }
}

/** Tells of changes of an entry, as hints: nothing rests on hearing them. Writing an entry is publishing on its subject. */
class Doorbell {
  readonly #subscription;
  #ring: () => void = () => undefined;

  constructor(connection: NatsConnection, run: string) {
    this.#subscription = connection.subscribe(`$KV.${BUCKET}.${run}`, { callback: () => this.#ring() });
  }

  /** Waits until something changes, but not longer than that. */
  async wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const rung = new AbortController();
    this.#ring = () => rung.abort();
    const stop = signal ? AbortSignal.any([rung.signal, signal]) : rung.signal;
    await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
  }

  close(): void {
    if (!this.#subscription.isClosed()) this.#subscription.unsubscribe();
  }
}

async function openBucket(connection: NatsConnection, ttlMs: number): Promise<KV> {
  const { client } = await openJetStream(connection, ttlMs * ASKED);
  // Not `allow_direct`: every copy of a replicated bucket would answer then, also one that is behind.
  return new Kvm(client).create(BUCKET, { history: 1, ttl: WEEK_MS, allow_direct: false });
}

/** Asks until there is an answer. */
async function again<T>(
  ask: () => Promise<T>,
  signal: AbortSignal | undefined,
  until: number,
  connection: NatsConnection,
): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      if (!isTransient(error) || now() > until) throw asNatsError(connection, 'the lock on a run', error);
    }
    await sleep(AGAIN_MS, undefined, signal && { signal }).catch(() => undefined);
  }
}

function content(token: string, renewal: number, ttlMs: number): string {
  const holding: Holding = { token, holder: `process ${process.pid} on ${hostname()}`, renewal, ttlMs };
  return JSON.stringify(holding);
}

/** Who holds it; undefined if nobody does. An entry that cannot be read is somebody's, of another version perhaps. */
function holdingOf(entry: KvEntry | null): Holding | undefined {
  if (entry?.operation !== 'PUT') return undefined;
  try {
    const { token, holder, renewal, ttlMs } = entry.json<Partial<Holding>>();
    if (
      typeof token === 'string' &&
      typeof holder === 'string' &&
      typeof ttlMs === 'number' &&
      ttlMs <= 3_600_000
    ) {
      return { token, holder, renewal: renewal ?? 0, ttlMs };
    }
  } catch {
    // Told below.
  }
  return { token: '', holder: 'somebody', renewal: 0, ttlMs: TTL_MS };
}

function held(run: string, { holder }: Holding): NatsError {
  return new NatsError(
    'lock-held',
    `the run ${run} is in the hands of ${holder}`,
    'wait for it, stop it, or stand by for it with --standby',
  );
}
