// Parts of checkpoints in the object store of a NATS server, for machines that share no folder. Objects are those of
// JetStream's object store (ADR-20), which any client of NATS can read:
//
//   $O.<bucket>.C.<nuid>          the chunks of an object, in their order
//   $O.<bucket>.M.<base64 name>   what it is: name, size, chunks, SHA-256; written last, replaces the one before
//
// They are called <prefix>/<location>/<part>. Written and read here instead of by @nats-io/obj, which makes the bucket: its
// reader needs a consumer, a right that no worker should have (transport/nats-permissions.ts), and waits for ever when chunks
// are gone; its writer leaves nothing behind by which chunks of a writer that was killed could be found. Here <nuid> begins
// with the location.
//
// A crash of the server loses nothing that was acknowledged; a power cut of its machine may lose the last two minutes
// (JetStream flushes that seldom), which the checksums tell at the next reading.

import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { headers, type NatsConnection } from 'nats';
import type { LastForMsgRequest, StoredMsg } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { CheckpointError, type PartEntry, type PartStorage } from '../../output/mod.js';
import { now } from '../clock.js';
import { asNatsError, isTransient, openJetStream, type JetStream } from '../transport/jetstream.js';
import { BUCKET } from '../transport/nats-permissions.js';

/** Payload of a chunk: half of a server's usual limit, and as fast as larger ones. */
const CHUNK_BYTES = 512 * 1024;
const ASKED_MS = 5000;
const AGAIN_MS = 250;
/** A server that is started anew is waited for; longer silence is an error. */
const PATIENCE_SECONDS = 30;

export interface ObjectStorageOptions {
  /** Makes the bucket if need be: for coordinators. Workers have no right to. */
  readonly create?: boolean;
  readonly patienceSeconds?: number;
}

/** What the store says of an object; the names are those of ADR-20. */
interface ObjectMeta {
  readonly name: string;
  readonly bucket: string;
  readonly nuid: string;
  readonly size: number;
  readonly chunks: number;
  readonly digest: string;
  readonly deleted: boolean;
  readonly mtime: string;
  readonly options: { readonly max_chunk_size: number };
}

/** The bucket of a run, for `StorageDescription`: a part of the one bucket that permissions are given for. */
export function bucketOfRun(run: string): string {
  return `${BUCKET}/${run}`;
}

/**
 * Opens a bucket.
 *
 * @param bucket name of the bucket, or `bucket/prefix`: then all objects are below the prefix
 * @throws NatsError (`jetstream-off`, `nats-authorization`)
 */
export async function objectStorage(
  connection: NatsConnection,
  bucket: string,
  options: ObjectStorageOptions = {},
): Promise<PartStorage> {
  const [name, prefix, ...rest] = bucket.split('/');
  if (![name, prefix ?? 'none'].every((part) => /^[A-Za-z0-9_-]{1,64}$/u.test(part)) || rest.length > 0) {
    throw new RangeError(`${JSON.stringify(bucket)} is no name of a bucket`);
  }
  const jetStream = await openJetStream(connection, ASKED_MS);
  const store = new ObjectStorage(
    connection,
    jetStream,
    name,
    prefix,
    options.patienceSeconds ?? PATIENCE_SECONDS,
  );
  if (options.create === true) await store.create();
  return store;
}

class ObjectStorage implements PartStorage {
  readonly #connection: NatsConnection;
  readonly #jetStream: JetStream;
  readonly #bucket: string;
  readonly #prefix: string | undefined;
  readonly #patience: number;

  constructor(
    connection: NatsConnection,
    jetStream: JetStream,
    bucket: string,
    prefix: string | undefined,
    patience: number,
  ) {
    this.#connection = connection;
    this.#jetStream = jetStream;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#patience = patience;
  }

  /** Nothing happens if it is there. */
  async create(): Promise<void> {
    await this.#again(() => new Objm(this.#jetStream.client).create(this.#bucket));
  }

  async write(location: string, name: string, bytes: Uint8Array): Promise<PartEntry> {
    checkLocation(location);
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/u.test(name))
      throw invalid(`a part cannot be called ${JSON.stringify(name)}`);
    const object = this.#object(location, name);
    const before = await this.#meta(object);
    const nuid = `${this.#chunksOf(location)}.${randomBytes(12).toString('hex')}`;
    const chunkBytes = Math.min(CHUNK_BYTES, this.#connection.info?.max_payload ?? CHUNK_BYTES);
    const hash = createHash('sha256');
    const chunks = Math.ceil(bytes.length / chunkBytes);
    try {
      // One after the other: the server keeps them in the order in which they came, and one may have to be repeated.
      for (let chunk = 0; chunk < chunks; chunk++) {
        const piece = bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
        hash.update(piece);
        await this.#publish(`C.${nuid}`, piece, { msgID: `${nuid}.${chunk}` });
      }
      const digest = hash.digest();
      const meta: ObjectMeta = {
        name: object,
        bucket: this.#bucket,
        nuid,
        size: bytes.length,
        chunks,
        digest: digestText(digest),
        deleted: false,
        // The server dates the message itself; readers take that.
        mtime: '0001-01-01T00:00:00Z',
        options: { max_chunk_size: chunkBytes },
      };
      const replace = headers();
      replace.set('Nats-Rollup', 'sub');
      await this.#publish(metaSubject(object), JSON.stringify(meta), { headers: replace });
      if (before) await this.#purge(`C.${before.nuid}`);
      return { name, bytes: bytes.length, sha256: digest.toString('hex') };
    } catch (error) {
      // What was sent in vain; if that fails, too, `discard` finds it.
      const filter = this.#subject(`C.${nuid}`);
      await this.#jetStream.manager.streams.purge(this.#stream, { filter }).catch(() => undefined);
      throw error;
    }
  }

  async read(location: string, entry: PartEntry): Promise<Uint8Array> {
    checkLocation(location);
    const object = this.#object(location, entry.name);
    const meta = await this.#meta(object);
    if (!meta) throw damaged(object, 'it is not in the object store');
    if (meta.size !== entry.bytes)
      throw damaged(object, `it has ${meta.size} bytes instead of ${entry.bytes}`);
    if (meta.digest !== digestText(Buffer.from(entry.sha256, 'hex'))) {
      throw damaged(object, 'it is not the one that the checkpoint was completed with (another SHA-256)');
    }
    const bytes = new Uint8Array(meta.size);
    const hash = createHash('sha256');
    let length = 0;
    let sequence = 1;
    while (length < bytes.length) {
      const message = await this.#next(this.#subject(`C.${meta.nuid}`), sequence);
      if (!message) throw damaged(object, `${length} of its ${meta.size} bytes are there`);
      const { data } = message;
      if (length + data.length > bytes.length) throw damaged(object, 'it has more bytes than it should');
      bytes.set(data, length);
      hash.update(data);
      length += data.length;
      sequence = message.seq + 1;
    }
    if (hash.digest('hex') !== entry.sha256) throw damaged(object, 'its content has another SHA-256');
    return bytes;
  }

  async discard(location: string): Promise<void> {
    checkLocation(location);
    const metas = this.#subject('M.>');
    const info = await this.#again(() =>
      this.#jetStream.manager.streams.info(this.#stream, { subjects_filter: metas }),
    );
    const begin = this.#object(location, '');
    for (const subject of Object.keys(info.state.subjects ?? {})) {
      const encoded = subject.slice(metas.length - 1);
      if (Buffer.from(encoded, 'base64url').toString('utf8').startsWith(begin))
        await this.#purge(`M.${encoded}`);
    }
    // Also those of writers that did not get as far as naming them.
    await this.#purge(`C.${this.#chunksOf(location)}.>`);
  }

  get #stream(): string {
    return `OBJ_${this.#bucket}`;
  }

  #subject(rest: string): string {
    return `$O.${this.#bucket}.${rest}`;
  }

  #object(location: string, name: string): string {
    return [...(this.#prefix === undefined ? [] : [this.#prefix]), location, name].join('/');
  }

  /** The part of a chunk's subject that all chunks of a location share. */
  #chunksOf(location: string): string {
    return encode(this.#object(location, ''));
  }

  async #meta(object: string): Promise<Pick<ObjectMeta, 'nuid' | 'size' | 'digest'> | undefined> {
    const subject = this.#subject(metaSubject(object));
    const message = await this.#again(() =>
      this.#jetStream.manager.streams.getMessage(this.#stream, { last_by_subj: subject }),
    );
    if (!message) return undefined;
    const meta = metaOf(message);
    if (!meta) throw damaged(object, 'the object store describes it in a way that is not understood');
    return meta.deleted ? undefined : meta;
  }

  /** The first message of a subject from a sequence number on. */
  #next(subject: string, sequence: number): Promise<StoredMsg | null> {
    const query = { seq: sequence, next_by_subj: subject };
    return this.#again(() =>
      // Its type leaves out this way to ask, which the server has had since 2.9.
      this.#jetStream.manager.streams.getMessage(this.#stream, query as unknown as LastForMsgRequest),
    );
  }

  async #publish(
    rest: string,
    data: Uint8Array | string,
    options: Parameters<JetStream['client']['publish']>[2],
  ): Promise<void> {
    await this.#again(() => this.#jetStream.client.publish(this.#subject(rest), data, options));
  }

  async #purge(rest: string): Promise<void> {
    await this.#again(() =>
      this.#jetStream.manager.streams.purge(this.#stream, { filter: this.#subject(rest) }),
    );
  }

  /** Asks until there is an answer, for as long as a server may take to come back. */
  async #again<T>(ask: () => Promise<T>): Promise<T> {
    const until = now() + this.#patience;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isTransient(error) || now() > until) {
          throw asNatsError(this.#connection, `the object store ${this.#bucket}`, error);
        }
      }
      await sleep(AGAIN_MS);
    }
  }
}

const metaSubject = (object: string): string => `M.${encode(object)}`;

/** Base64 for subjects, with padding, as other clients write it. */
function encode(text: string): string {
  return padded(Buffer.from(text, 'utf8').toString('base64url'));
}

function digestText(digest: Buffer): string {
  return `SHA-256=${padded(digest.toString('base64url'))}`;
}

const padded = (base64: string): string => base64.padEnd(Math.ceil(base64.length / 4) * 4, '=');

/** What anybody may have written who may write to the store, checked. */
function metaOf(message: StoredMsg): Pick<ObjectMeta, 'nuid' | 'size' | 'digest' | 'deleted'> | undefined {
  let value: Partial<Record<keyof ObjectMeta, unknown>> | null;
  try {
    value = message.json();
  } catch {
    return undefined;
  }
  const { nuid, size, digest, deleted } = value ?? {};
  if (typeof nuid !== 'string' || !/^[A-Za-z0-9_=.-]{1,400}$/u.test(nuid)) return undefined;
  if (typeof size !== 'number' || typeof digest !== 'string') return undefined;
  return { nuid, size, digest, deleted: deleted === true };
}

function checkLocation(location: string): void {
  if (!/^\.?[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/u.test(location))
    throw invalid(`${JSON.stringify(location)} is no location`);
}

function damaged(object: string, what: string): CheckpointError {
  return new CheckpointError(
    'corrupt-checkpoint',
    object,
    `the part ${object} of a checkpoint is damaged: ${what}`,
    'go on from an older checkpoint: `wasserwerk resume` does so by itself where there is one',
  );
}

function invalid(what: string): CheckpointError {
  return new CheckpointError(
    'invalid-checkpoint',
    'object store',
    `cannot use the object store: ${what}`,
    'report this',
  );
}
