// What goes from machine to machine in an epoch: emigrants and densities of each exchange, out of a share into frames, and
// out of frames into a share. Runs on the thread that does input and output. Keeps what was sent until nobody can need it
// any more, and asks again for what does not come.
//
// A machine steps exchange e of a group once it has everybody's exchange e - 1 of that group. So who has sent e has had all of e - 1:
// nobody asks for e - 2 any more, and nobody is more than one exchange ahead. Two exchanges are kept and two are taken in,
// in slots by parity: that is all the memory there is in flight.

import { BatchError } from '../../particles/mod.js';
import { now } from '../clock.js';
import type { Outgoing, SharedGroup } from '../messages.js';
import { FrameAssembler } from '../transport/assembler.js';
import { decodeFrame, encodeFrames, FrameError, frameKind, runKey, type Frame } from '../transport/frame.js';
import type { Received, Transport } from '../transport/transport.js';
import type { Placement } from './protocol.js';
import { ShareError, type Share } from './share.js';

/** Seconds without what is waited for, after which it is asked for again. */
const PATIENCE = 1;
/** Milliseconds between two looks at what is missing. */
const LOOK_MS = 250;

type Kind = 'emigrants' | 'densities';
const wireKind = { emigrants: frameKind.emigrants, densities: frameKind.densities } as const;

/** What has come for a group: of the exchange that is waited for, and of the one after it. */
interface Incoming {
  /** The first exchange that is not complete. */
  next: number;
  /** Machines whose exchange is here, by parity. */
  readonly here: readonly [Set<number>, Set<number>];
  /** When it was last asked for, or something came. */
  since: number;
}

/** What a machine has sent and received in an epoch. */
export interface LinkCounts {
  readonly sentBytes: number;
  readonly sentMessages: number;
  readonly askedAgain: number;
  /** Frames that were not taken: damaged, forged, of another epoch, repeated. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface LinkOptions {
  readonly run: string;
  readonly placement: Placement;
  readonly self: number;
}

export class Links {
  readonly #run: string;
  readonly #groups: ReadonlyMap<number, SharedGroup>;
  readonly #incoming = new Map<string, Incoming>();
  /** Frames of what was sent, per kind, group, receiver and parity. */
  readonly #sent = new Map<string, { exchange: number; frames: Uint8Array[] }>();
  readonly #assembler: FrameAssembler;
  readonly #stop: (() => void)[] = [];
  #counts = { sentBytes: 0, sentMessages: 0, askedAgain: 0 };
  readonly #refused: Record<string, number> = {};

  constructor(
    private readonly transport: Transport,
    private readonly share: Share,
    private readonly options: LinkOptions,
  ) {
    this.#run = runKey(options.run);
    const shared = share.groups.filter(({ peers }) => peers.length > 0);
    this.#groups = new Map(shared.map((group) => [group.group, group]));
    const messages = shared.reduce((sum, { peers }) => sum + 4 * peers.length, 0);
    this.#assembler = new FrameAssembler({
      maxBytes: Number.MAX_SAFE_INTEGER,
      maxMessages: Math.max(1, messages),
      onDrop: ({ reason }) => {
        this.#refuse(reason);
      },
    });
    if (shared.length === 0) return;
    this.#stop.push(
      transport.receive('bulk', (message) => {
        this.#receive(message);
      }),
    );
    const timer = setInterval(() => {
      this.#askAgain();
    }, LOOK_MS);
    this.#stop.push(() => {
      clearInterval(timer);
    });
  }

  /** The share has its state: exchanges from here on are sent and waited for. */
  begin(): void {
    const next = this.share.exchange;
    for (const group of this.#groups.keys()) {
      for (const kind of this.#kinds()) {
        this.#incoming.set(`${kind}/${group}`, { next, here: [new Set(), new Set()], since: now() });
      }
    }
  }

  #kinds(): readonly Kind[] {
    return this.share.coupled ? ['emigrants', 'densities'] : ['emigrants'];
  }

  get counts(): LinkCounts {
    return { ...this.#counts, refused: { ...this.#refused } };
  }

  /** Sends what a thread has ready. */
  send(outgoing: Outgoing): void {
    const { kind, group, exchange } = outgoing;
    const peers = this.#groups.get(group)?.peers ?? [];
    const densities = kind === 'densities' ? this.share.densities() : undefined;
    for (const peer of peers) {
      const payload = outgoing.kind === 'emigrants' ? bytesOf(outgoing.batches.get(peer)) : densities;
      if (!payload) throw new ShareError(`there is no batch for machine ${peer}`);
      const frames = encodeFrames(this.#header(wireKind[kind], peer, group, exchange), payload);
      this.#sent.set(this.#slot(kind, group, peer, exchange), { exchange, frames });
      this.#post(peer, frames);
    }
    const incoming = this.#incoming.get(`${kind}/${group}`);
    if (incoming) incoming.since = Math.max(incoming.since, now());
  }

  #header(kind: Frame['kind'], to: number, group: number, sequence: number) {
    const { placement, self } = this.options;
    return { kind, run: this.#run, epoch: placement.epoch, from: self, to, group, sequence };
  }

  #slot(kind: Kind, group: number, to: number, exchange: number): string {
    return `${kind}/${group}/${to}/${exchange % 2}`;
  }

  #post(to: number, frames: readonly Uint8Array[]): void {
    const { name } = this.options.placement.members[to];
    for (const frame of frames) {
      this.transport.send({ role: 'worker', name }, 'bulk', frame);
      this.#counts.sentBytes += frame.length;
      this.#counts.sentMessages++;
    }
  }

  #refuse(reason: string): void {
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }

  #receive({ from, bytes }: Received): void {
    let frame: Frame;
    try {
      frame = decodeFrame(bytes);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#refuse(error.code);
      return;
    }
    const { placement, self } = this.options;
    if (frame.run !== this.#run || frame.epoch !== placement.epoch) {
      this.#refuse('other-epoch');
      return;
    }
    const sender = placement.members.at(frame.from);
    if (frame.to !== self || from.role !== 'worker' || sender?.name !== from.name) {
      this.#refuse('forged');
      return;
    }
    switch (frame.kind) {
      case frameKind.emigrants:
        this.#take('emigrants', frame);
        break;
      case frameKind.densities:
        this.#take('densities', frame);
        break;
      case frameKind.again:
        this.#sendAgain(frame);
        break;
      default:
        this.#refuse('kind');
    }
  }

  #take(kind: Kind, frame: Frame): void {
    const group = this.#groups.get(frame.group);
    const incoming = this.#incoming.get(`${kind}/${frame.group}`);
    const { from, sequence: exchange } = frame;
    if (!group?.peers.includes(from) || !incoming) {
      this.#refuse('no-such-group');
      return;
    }
    if (exchange < incoming.next || incoming.here[exchange % 2].has(from)) {
      this.#refuse('repeated');
      return;
    }
    if (exchange > incoming.next + 1) {
      this.#refuse('ahead');
      return;
    }
    const message = this.#assembler.add(frame);
    if (!message) return;
    try {
      if (kind === 'emigrants') this.share.placeEmigrants(group, from, exchange, message);
      else this.share.placeDensities(from, message);
    } catch (error) {
      if (!(error instanceof BatchError || error instanceof ShareError)) throw error;
      this.#refuse(error.code);
      return;
    }
    incoming.here[exchange % 2].add(from);
    incoming.since = now();
    while (incoming.here[incoming.next % 2].size === group.peers.length) {
      incoming.here[incoming.next % 2].clear();
      this.share.open(kind, frame.group, incoming.next);
      incoming.next++;
    }
  }

  /** Asks for what should have come: of exchanges that this machine has sent its own part of. */
  #askAgain(): void {
    const payload = new Uint8Array(2);
    for (const [number, { peers }] of this.#groups) {
      for (const kind of this.#kinds()) {
        const incoming = this.#incoming.get(`${kind}/${number}`);
        if (!incoming || now() - incoming.since < PATIENCE) continue;
        const { next, here } = incoming;
        new DataView(payload.buffer).setUint16(0, wireKind[kind], true);
        for (const peer of peers) {
          if (here[next % 2].has(peer)) continue;
          if (this.#sent.get(this.#slot(kind, number, peer, next))?.exchange !== next) continue;
          this.#post(peer, encodeFrames(this.#header(frameKind.again, peer, number, next), payload));
          this.#counts.askedAgain++;
        }
        incoming.since = now();
      }
    }
  }

  #sendAgain({ payload, group, from, sequence }: Frame): void {
    if (payload.length !== 2) {
      this.#refuse('again');
      return;
    }
    const wanted = payload[0] | (payload[1] << 8);
    const kind = wanted === wireKind.densities ? 'densities' : 'emigrants';
    const sent = this.#sent.get(this.#slot(kind, group, from, sequence));
    // Not there yet: it is sent when it is ready.
    if (sent?.exchange === sequence) this.#post(from, sent.frames);
  }

  close(): void {
    for (const stop of this.#stop) stop();
    this.#sent.clear();
  }
}

const bytesOf = (batch: Uint32Array | undefined): Uint8Array | undefined =>
  batch && new Uint8Array(batch.buffer, batch.byteOffset, batch.byteLength);
