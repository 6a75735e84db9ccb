// Requests, replies and heartbeats over a transport that may lose, repeat and reorder: a request is carried out once, and
// its reply arrives. Here frames become messages and messages find their side (asking.ts, answering.ts). What is not in
// order is dropped and counted, whoever it is from. Not what is asked (protocol.ts) and not who is alive (roster.ts).
//
//   asks                                answers
//     request ──────────────────────────▶  carried out
//     (each retryMs again)      ◀───────── working            at once, if it takes time
//     ask (each retryMs) ───────────────▶
//                               ◀───────── working | reply | trouble
//
// Versions: a frame of another version of the protocol is read as far as its envelope. A request is answered with trouble
// `protocol-version`, which is all that is taken from another version, but for heartbeats that can be understood.

import {
  decodeFrame,
  FrameAssembler,
  FrameError,
  frameKind,
  MESSAGE_BYTES,
  protocolVersion,
} from '../transport/frame.js';
import { Listeners } from '../transport/listeners.js';
import type { Address, Channel, Received, Transport } from '../transport/transport.js';
import { version } from '../version.js';
import { Answering, type Handler } from './answering.js';
import { Asking } from './asking.js';
import { CheckError, checkHeartbeat } from './check.js';
import { ControlFormatError } from './control-codec.js';
import { EnvelopeError, readEnvelope, Stamp, type Envelope, type Scope } from './envelope.js';
import type { CoordinatorHeartbeat, Replies, Request, WorkerHeartbeat } from './protocol.js';

export { RemoteError } from './asking.js';

export type Heartbeat = WorkerHeartbeat | CoordinatorHeartbeat;

export interface MailOptions {
  /** Milliseconds until a request is asked again. */
  readonly retryMs?: number;
  /** Bytes of messages whose chunks have not all arrived, of all senders together. */
  readonly incompleteBytes?: number;
}

interface Beat {
  readonly from: Address;
  readonly heartbeat: Heartbeat;
}

export class Mail {
  readonly #transport: Transport;
  readonly #stamp = new Stamp();
  readonly #asking: Asking;
  readonly #answering: Answering;
  readonly #refused = new Map<string, number>();
  readonly #assembler: FrameAssembler;
  readonly #thrown: Error[] = [];
  readonly #beats = new Listeners<Beat>((error) => this.#thrown.push(error));
  readonly #ends: (() => void)[];

  constructor(
    transport: Transport,
    { retryMs = 1000, incompleteBytes = 2 * MESSAGE_BYTES }: MailOptions = {},
  ) {
    this.#transport = transport;
    this.#assembler = new FrameAssembler({
      maxBytes: incompleteBytes,
      maxMessages: 1024,
      onDrop: ({ reason }) => {
        this.#refuse(reason);
      },
    });
    this.#asking = new Asking(transport, this.#stamp, retryMs);
    this.#answering = new Answering(transport, this.#stamp);
    this.#ends = [
      transport.receive('control', (message) => {
        this.#receive('control', message);
      }),
      transport.receive('heartbeat', (message) => {
        this.#receive('heartbeat', message);
      }),
      transport.onConnection((connected) => {
        if (connected) this.#asking.againAll();
      }),
    ];
  }

  /** Messages that were dropped, by reason: codes of frame errors, `format`, `envelope`, `malformed`, `sender`, … */
  get refused(): ReadonlyMap<string, number> {
    return this.#refused;
  }

  /**
   * Asks a machine, again and again until it answers. It does not give up by itself: use the signal.
   *
   * @throws RemoteError what the machine answered; the reason of the signal; CheckError for a request that is none
   */
  async request<T extends Request['type']>(
    to: Address,
    scope: Scope,
    request: Extract<Request, { type: T }>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Replies[T]> {
    return this.#asking.request(to, scope, request, options.signal);
  }

  /**
   * Answers the requests of coordinators; each is carried out once. What the handler throws is answered as trouble, with
   * its `code`. Returns a function that ends it: requests in work are still answered.
   */
  serve(handler: Handler): () => void {
    return this.#answering.serve(handler);
  }

  /** Says to all that this side is alive. */
  beat(heartbeat: Heartbeat): void {
    const { instance } = this.#stamp;
    for (const frame of this.#stamp.frames({ what: 'beat', instance, heartbeat })) {
      this.#transport.send('all', 'heartbeat', frame);
    }
  }

  /** Calls the handler for every heartbeat of somebody else. Returns a function that ends it. */
  onBeat(handler: (from: Address, heartbeat: Heartbeat) => void): () => void {
    return this.#beats.add(({ from, heartbeat }) => {
      handler(from, heartbeat);
    });
  }

  /** Stops listening; requests that wait end with an error of code `closed`. The transport stays open. */
  close(): void {
    for (const end of this.#ends) end();
    this.#answering.close();
    this.#asking.close();
  }

  #refuse(reason: string): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  #receive(channel: Channel, { from, bytes }: Received): void {
    try {
      const frame = decodeFrame(bytes, { anyVersion: true });
      if (frame.kind !== frameKind.control) {
        this.#refuse('kind');
        return;
      }
      const payload = this.#assembler.add(frame, `${channel} ${from.role} ${from.name}`);
      if (payload === undefined) return;
      const reason = this.#open(channel, from, frame.version, readEnvelope(payload));
      if (reason !== undefined) this.#refuse(reason);
    } catch (error) {
      if (
        error instanceof FrameError ||
        error instanceof ControlFormatError ||
        error instanceof EnvelopeError ||
        error instanceof CheckError
      ) {
        this.#refuse(error.code);
        return;
      }
      throw error; // a mistake of ours: the transport tells it as trouble
    }
  }

  /** Hands an envelope to its side. Returns why it is refused, or undefined. */
  #open(channel: Channel, from: Address, theirs: number, envelope: Envelope): string | undefined {
    if ((envelope.what === 'beat') !== (channel === 'heartbeat')) return 'channel';
    const same = theirs === protocolVersion;
    switch (envelope.what) {
      case 'beat':
        return this.#takeBeat(from, same, envelope);
      case 'request':
      case 'ask':
        // Only coordinators command.
        if (from.role !== 'coordinator') return 'sender';
        if (!same) return this.#answering.refuseVersion(from, envelope, this.#differs(theirs));
        return envelope.what === 'ask'
          ? this.#answering.ask(from, envelope)
          : this.#answering.request(from, envelope);
      case 'trouble':
        if (!same && envelope.trouble.code !== 'protocol-version') return 'protocol-version';
        return this.#asking.take(from, envelope) ? undefined : 'unexpected';
      case 'working':
      case 'unknown':
      case 'reply':
        if (!same) return 'protocol-version';
        return this.#asking.take(from, envelope) ? undefined : 'unexpected';
    }
  }

  #takeBeat(
    from: Address,
    same: boolean,
    { instance, heartbeat: value }: Extract<Envelope, { what: 'beat' }>,
  ): string | undefined {
    if (instance === this.#stamp.instance) return undefined; // servers send back what is said to all
    let heartbeat: Heartbeat;
    try {
      heartbeat = checkHeartbeat(value);
    } catch (error) {
      if (same || !(error instanceof CheckError)) throw error;
      return 'protocol-version';
    }
    if (heartbeat.type !== from.role) return 'sender';
    if (heartbeat.type === 'worker' && heartbeat.name !== from.name) return 'sender';
    this.#beats.tell({ from, heartbeat });
    const [thrown] = this.#thrown.splice(0);
    if (thrown !== undefined) throw thrown;
    return undefined;
  }

  #differs(theirs: number): string {
    return (
      `machine ${this.#transport.self.name} speaks version ${protocolVersion} of the protocol (wasserwerk ${version}), ` +
      `the request is of version ${theirs}: use the same version of wasserwerk on all machines`
    );
  }
}
