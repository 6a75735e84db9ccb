// A machine as its coordinators see it: says what it offers, joins a run when asked, does what the requests say with its
// share, and gives up what belongs to an epoch that is over. One run at a time. Computes nothing itself: shares have threads.

import { readFile } from 'node:fs/promises';
import type { PartStorage } from '../../output/mod.js';
import { BarrierAborted } from '../barrier.js';
import { readShardPart, shardParts } from '../checkpoint.js';
import { coreCount } from '../crew.js';
import { now } from '../clock.js';
import { version } from '../version.js';
import { protocolVersion } from '../transport/frame.js';
import type { Address, Transport } from '../transport/transport.js';
import { Links } from './links.js';
import type { Mail } from './mail.js';
import {
  HEARTBEAT_MS,
  type CoordinatorHeartbeat,
  type MembershipCode,
  type Replies,
  type Request,
  type ShardPart,
  type StorageDescription,
  type WorkerHeartbeat,
} from './protocol.js';
import { Share, ShareError } from './share.js';

/** Seconds without a sign of life of its coordinator after which a machine is free for others. */
const ORPHANED = 60;
/** The same where the machine wants to leave: well within what service managers give a process to end. */
const ORPHANED_LEAVING = 10;

/** A request that cannot be met because of who is in which epoch of which run. */
export class MembershipError extends Error {
  constructor(
    readonly code: MembershipCode,
    message: string,
  ) {
    super(message);
  }
}

/** What a machine tells those who look after it. */
export interface MemberListener {
  joined?(run: string, epoch: number, shards: number, machines: number): void;
  /** Its part in a run is over: the coordinator said so, a newer epoch has no place for it, or nobody was heard for long. */
  left?(run: string, reason: string): void;
}

export interface MemberOptions extends MemberListener {
  readonly instance: string;
  /** Threads to compute with. */
  readonly workers: number;
  readonly memoryBytes: number;
  /** Particle-steps per second of all threads. */
  readonly speed: number;
  readonly allowModules: boolean;
  /** Finds what a coordinator describes. */
  readonly storage: (description: StorageDescription) => PartStorage | Promise<PartStorage>;
}

interface Part {
  readonly run: string;
  readonly epoch: number;
  readonly share: Share;
  readonly links: Links;
  readonly storage: PartStorage;
  heard: number;
}

export class Member {
  #part: Part | undefined;
  #draining = false;
  /** Requests are met one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  readonly #stop: (() => void)[] = [];
  #resolveClosed: () => void = () => undefined;
  /** Resolves once the machine has left for good: after `drain`, or `close`. */
  readonly closed: Promise<void>;

  constructor(
    private readonly mail: Mail,
    private readonly transport: Transport,
    private readonly options: MemberOptions,
  ) {
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
  }

  /** Offers itself from now on. */
  start(): void {
    this.#stop.push(
      this.mail.serve((from, scope, request) => this.#serve(from, scope, request)),
      this.mail.onBeat((from, beat) => {
        if (beat.type === 'coordinator' && from.role === 'coordinator' && from.name === beat.run) {
          this.#heard(beat);
        }
      }),
    );
    const timer = setInterval(() => {
      this.#beat();
      this.#lookForCoordinator();
    }, HEARTBEAT_MS);
    this.#stop.push(() => {
      clearInterval(timer);
    });
    this.#beat();
  }

  /** What it says of itself. */
  get heartbeat(): WorkerHeartbeat {
    const { instance, workers, memoryBytes, speed, allowModules } = this.options;
    const part = this.#part;
    return {
      type: 'worker',
      name: this.transport.self.name,
      instance,
      version,
      protocol: protocolVersion,
      cores: coreCount(),
      workers,
      memoryBytes,
      speed,
      allowModules,
      state: this.#draining ? 'draining' : part ? 'joined' : 'idle',
      run: part?.run ?? null,
      epoch: part?.epoch ?? 0,
      step: part?.share.step ?? 0,
    };
  }

  #beat(): void {
    this.mail.beat(this.heartbeat);
  }

  /** Leaves as soon as the coordinator has put its work into other hands; at once where it has none. */
  drain(): void {
    this.#draining = true;
    this.#beat();
    if (!this.#part) this.#resolveClosed();
  }

  #heard(beat: CoordinatorHeartbeat): void {
    const part = this.#part;
    if (part?.run !== beat.run) return;
    part.heard = now();
    if (beat.epoch <= part.epoch) return;
    const { name } = this.transport.self;
    const { instance } = this.options;
    const expected = beat.members.some((member) => member.name === name && member.instance === instance);
    // Where it is expected a request to join is on its way.
    if (!expected) this.#leaveSoon(part, `epoch ${beat.epoch} of the run goes on without this machine`);
  }

  #lookForCoordinator(): void {
    const part = this.#part;
    if (!part) return;
    // A coordinator cannot be heard without a server, but who wants to leave does not wait for one either.
    if (!this.transport.connected && !this.#draining) part.heard = now();
    const patience = this.#draining ? ORPHANED_LEAVING : ORPHANED;
    if (now() - part.heard > patience) {
      this.#leaveSoon(part, `nothing was heard of the coordinator for ${patience} s`);
    }
  }

  #leaveSoon(part: Part, reason: string): void {
    part.share.giveUp();
    void this.#after(() => this.#leave(part, reason));
  }

  /** Runs when all requests before are met, however they ended. */
  #after<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work, work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #leave(part: Part, reason: string): Promise<void> {
    if (this.#part !== part) return;
    this.#part = undefined;
    part.links.close();
    await part.share.close();
    this.options.left?.(part.run, reason);
    this.#beat();
    if (this.#draining) this.#resolveClosed();
  }

  async #serve(
    from: Address,
    scope: { readonly run: string; readonly epoch: number },
    request: Request,
  ): Promise<Replies[Request['type']]> {
    if (from.role !== 'coordinator' || from.name !== scope.run) {
      throw new MembershipError('stale-epoch', 'only the coordinator of a run may ask for something');
    }
    if (request.type === 'probe') return { seen: await seen(request.path, request.content) };
    if (request.type === 'join') {
      this.#checkJoin(request);
      // What is under way belongs to an epoch that is over.
      this.#part?.share.giveUp();
      return this.#after(() => this.#join(request));
    }
    if (request.type === 'leave') {
      const part = this.#partOf(scope);
      part.share.giveUp();
      await this.#after(() => this.#leave(part, request.reason));
      return {};
    }
    return this.#after(() => this.#work(this.#partOf(scope), request));
  }

  #partOf({ run, epoch }: { readonly run: string; readonly epoch: number }): Part {
    const part = this.#part;
    if (part?.run === run && part.epoch === epoch) return part;
    const is = part ? `is in epoch ${part.epoch} of run ${part.run}` : 'is in no run';
    throw new MembershipError(
      'stale-epoch',
      `${this.transport.self.name} ${is}, not in epoch ${epoch} of ${run}`,
    );
  }

  #checkJoin({ run, placement }: Extract<Request, { type: 'join' }>): void {
    const part = this.#part;
    const { name } = this.transport.self;
    if (this.#draining && part?.run !== run) throw new MembershipError('busy', `${name} is about to leave`);
    if (part && part.run !== run) throw new MembershipError('busy', `${name} is in run ${part.run}`);
    if (part && placement.epoch <= part.epoch) {
      throw new MembershipError('stale-epoch', `${name} is in epoch ${part.epoch} of this run already`);
    }
  }

  async #join(request: Extract<Request, { type: 'join' }>): Promise<Replies['join']> {
    this.#checkJoin(request);
    const { run, placement, self, bundle } = request;
    const { name } = this.transport.self;
    const { instance } = this.options;
    const place = placement.members.at(self);
    if (place?.name !== name || place.instance !== instance) {
      throw new MembershipError('superseded', `machine ${self} of the placement is not ${name} as it is now`);
    }
    const before = this.#part;
    if (before) {
      this.#part = undefined;
      before.links.close();
      await before.share.close();
    }
    const storage = await this.options.storage(request.storage);
    const share = Share.create({ bundle, placement, self, workers: this.options.workers });
    const links = new Links(this.transport, share, { run, placement, self });
    this.#part = { run, epoch: placement.epoch, share, links, storage, heard: now() };
    this.#beat();
    this.options.joined?.(run, placement.epoch, share.shards.length, placement.members.length);
    return { workers: share.workers };
  }

  async #work(
    part: Part,
    request: Exclude<Request, { type: 'probe' | 'join' | 'leave' }>,
  ): Promise<Replies[Request['type']]> {
    const { share, links, storage } = part;
    try {
      switch (request.type) {
        case 'sample': {
          const counts = await share.sample();
          links.begin();
          return counts;
        }
        case 'restore':
          await restore(share, storage, request);
          links.begin();
          return share.counts();
        case 'advance': {
          const before = links.counts;
          const reply = await share.advance(request.from, request.to, (outgoing) => {
            links.send(outgoing);
          });
          const { sentBytes, sentMessages, askedAgain } = links.counts;
          return {
            ...reply,
            sentBytes: sentBytes - before.sentBytes,
            sentMessages: sentMessages - before.sentMessages,
            askedAgain: askedAgain - before.askedAgain,
          };
        }
        case 'moments':
          return await share.moments(request.time);
        case 'hashes':
          return await share.hashes();
        case 'rows':
          return { rows: share.rows(request.of, request.fields) };
        case 'save':
          return { parts: await save(share, storage, request) };
        default:
          return request satisfies never;
      }
    } catch (error) {
      if (error instanceof BarrierAborted) {
        throw new MembershipError('superseded', 'the work was given up: its epoch is over');
      }
      throw error;
    }
  }

  /** Leaves at once, whatever is under way. */
  async close(): Promise<void> {
    for (const stop of this.#stop) stop();
    const part = this.#part;
    part?.share.giveUp();
    if (part) await this.#after(() => this.#leave(part, 'this machine was stopped'));
    this.#resolveClosed();
  }
}

/** Whether a file is here, with this content. */
async function seen(path: string, content: string): Promise<boolean> {
  try {
    return (await readFile(path, 'utf8')) === content;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return false;
  }
}

async function restore(
  share: Share,
  storage: PartStorage,
  { step, location, parts }: Extract<Request, { type: 'restore' }>,
): Promise<void> {
  const missing = new Set(share.shards);
  for (const { entry, shards } of parts) {
    if (!shards.some((shard) => missing.has(shard))) continue;
    const bytes = await storage.read(location, entry);
    const { plan } = share.kernel;
    for (const { shard, ...particles } of readShardPart(bytes, plan.precision, plan.fields)) {
      if (missing.delete(shard)) share.fill(shard, particles);
    }
  }
  if (missing.size > 0) {
    const [first] = missing;
    throw new ShareError(`the checkpoint of step ${step} has no shard ${first}`);
  }
  share.begin(step);
}

async function save(
  share: Share,
  storage: PartStorage,
  { location, prefix }: Extract<Request, { type: 'save' }>,
): Promise<ShardPart[]> {
  const parts: ShardPart[] = [];
  for (const { part, shards } of shardParts(share.particles(), { prefix })) {
    parts.push({ entry: await storage.write(location, part.name, part.bytes), shards });
  }
  return parts;
}
