// A machine as its coordinators see it: says what it offers, joins a run when asked, does what the requests say with its
// share, and gives up what belongs to an epoch that is over. One run at a time. Computes nothing itself: shares have threads.

import { readFile } from 'node:fs/promises';
import { coreCount } from '../crew.js';
import { now } from '../clock.js';
import { version } from '../version.js';
import { protocolVersion } from '../transport/frame.js';
import type { Address, Transport } from '../transport/transport.js';
import type { Mail } from './mail.js';
import { MembershipError, type JoinRequest, type MemberPart, type PartOptions } from './member-part.js';
import { ParticlePart } from './particle-part.js';
import { PointsPart } from './points-part.js';
import {
  HEARTBEAT_MS,
  type CoordinatorHeartbeat,
  type Membership,
  type Replies,
  type Request,
  type WorkerHeartbeat,
} from './protocol.js';

/** Seconds without a sign of life of its coordinator after which a machine is free for others. */
const ORPHANED = 60;
/** The same where the machine wants to leave: well within what service managers give a process to end. */
const ORPHANED_LEAVING = 10;

/** What a machine tells those who look after it. */
export interface MemberListener {
  joined?(run: string, epoch: number, shards: number | undefined, machines: number): void;
  /** Its part in a run is over: the coordinator said so, a newer epoch has no place for it, or nobody was heard for long. */
  left?(run: string, reason: string): void;
}

export interface MemberOptions extends MemberListener, PartOptions {
  readonly instance: string;
  readonly memoryBytes: number;
  /** Particle-steps per second of all threads. */
  readonly speed: number;
}

interface Part {
  readonly run: string;
  readonly epoch: number;
  readonly work: MemberPart;
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
      step: part?.work.step ?? 0,
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
    part.work.giveUp();
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
    await part.work.close();
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
    if (request.type === 'join' || request.type === 'join-lumped') {
      this.#checkJoin(request);
      // What is under way belongs to an epoch that is over.
      this.#part?.work.giveUp();
      return this.#after(() => this.#join(request));
    }
    if (request.type === 'leave') {
      const part = this.#partOf(scope);
      part.work.giveUp();
      await this.#after(() => this.#leave(part, request.reason));
      return {};
    }
    return this.#after(() => this.#partOf(scope).work.serve(request));
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

  #checkJoin(request: JoinRequest): void {
    const { run } = request;
    const { epoch } = membershipOf(request);
    const part = this.#part;
    const { name } = this.transport.self;
    if (this.#draining && part?.run !== run) throw new MembershipError('busy', `${name} is about to leave`);
    if (part && part.run !== run) throw new MembershipError('busy', `${name} is in run ${part.run}`);
    if (part && epoch <= part.epoch) {
      throw new MembershipError('stale-epoch', `${name} is in epoch ${part.epoch} of this run already`);
    }
  }

  async #join(request: JoinRequest): Promise<Replies[JoinRequest['type']]> {
    this.#checkJoin(request);
    const { run, self } = request;
    const { epoch, members } = membershipOf(request);
    const { name } = this.transport.self;
    const { instance } = this.options;
    const place = members.at(self);
    if (place?.name !== name || place.instance !== instance) {
      throw new MembershipError('superseded', `machine ${self} of the placement is not ${name} as it is now`);
    }
    const before = this.#part;
    this.#part = undefined;
    await before?.work.close();
    const work =
      request.type === 'join'
        ? await ParticlePart.open(request, this.transport, this.options)
        : await PointsPart.open(request, this.options);
    this.#part = { run, epoch, work, heard: now() };
    this.#beat();
    this.options.joined?.(run, epoch, work.shards, members.length);
    return { workers: work.workers };
  }

  /** Leaves at once, whatever is under way. */
  async close(): Promise<void> {
    for (const stop of this.#stop) stop();
    const part = this.#part;
    part?.work.giveUp();
    if (part) await this.#after(() => this.#leave(part, 'this machine was stopped'));
    this.#resolveClosed();
  }
}

function membershipOf(request: JoinRequest): Membership {
  return request.type === 'join' ? request.placement : request.membership;
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
