// Transport over two connections to a NATS server: control and heartbeats on one, bulk on the other. It neither opens nor
// closes connections (nats-connect.ts) and knows nothing of what messages say.
//
// Facts about the client (3.4) that this file is written around:
//   - A callback of a subscription that throws ends the reading of the whole connection, silently: every callback is guarded.
//   - publish() while disconnected puts the message into a buffer without bound, which may or may not be thrown away when the
//     client dials again: nothing is published then. On a connection that is closed, or with a payload beyond the server's
//     limit, publish() throws: that is told as trouble.
//   - publish() to a server that does not read fills the socket's buffer without bound. Every few megabytes a ping is sent
//     behind them; while too much is not yet answered for, messages are dropped.
//   - A subscription that the server refuses is removed by the client and not made again on reconnection.

import type { NatsConnection, Subscription } from 'nats';
import { MESSAGE_BYTES } from './frame.js';
import { asError, Listeners, troubleListeners } from './listeners.js';
import { checkedAddress, parseSubject, subjectOf, subscriptionsOf } from './subjects.js';
import type { Address, Channel, Received, Transport } from './transport.js';

/** Bytes after which the server is asked whether it has read them. */
const CONFIRM_BYTES = 4 * 1024 * 1024;
/** Bytes on the way to the server at a time, per connection: two of the longest messages. */
const WAY_BYTES = 2 * MESSAGE_BYTES;
/** How long closing waits for what is on the way. */
const FLUSH_MS = 2000;

/** One connection, its state, and how much is on the way to the server. */
class Lane {
  #connected: boolean;
  /** Counts connections: what was asked of an older one does not count. */
  #generation = 0;
  #unconfirmed = 0;
  #unasked = 0;
  #dropping = false;

  constructor(
    readonly connection: NatsConnection,
    private readonly name: string,
    private readonly wayBytes: number,
    private readonly onChange: () => void,
    private readonly onTrouble: (error: Error) => void,
  ) {
    this.#connected = !connection.isClosed() && connection.info !== undefined;
    void this.#watch();
    void connection.closed().then((error) => {
      this.#set(false);
      if (error instanceof Error) {
        this.onTrouble(
          new Error(`the ${this.name} connection was closed: ${error.message}`, { cause: error }),
        );
      }
    });
  }

  get connected(): boolean {
    return this.#connected && !this.connection.isClosed();
  }

  publish(subject: string, bytes: Uint8Array): void {
    if (!this.connected) return;
    if (this.#unconfirmed + bytes.length > this.wayBytes) {
      if (!this.#dropping) {
        this.#dropping = true;
        this.onTrouble(
          new Error(
            `the server does not take what is sent over the ${this.name} connection: messages are dropped until it does`,
          ),
        );
      }
      return;
    }
    this.#dropping = false;
    try {
      this.connection.publish(subject, bytes);
    } catch (thrown) {
      const error = asError(thrown);
      this.onTrouble(
        new Error(`a message to ${subject} could not be sent: ${error.message}`, { cause: error }),
      );
      return;
    }
    this.#unconfirmed += bytes.length;
    this.#unasked += bytes.length;
    if (this.#unasked >= CONFIRM_BYTES) this.#confirm();
  }

  /** Waits until the server has what was sent, or for so long. */
  async flush(limitMs: number): Promise<void> {
    if (!this.connected) return;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
    // A connection that goes away meanwhile has nothing left to wait for.
    await Promise.race([this.connection.flush().catch(() => undefined), limit]);
    clearTimeout(timer);
  }

  #confirm(): void {
    const bytes = this.#unasked;
    const generation = this.#generation;
    this.#unasked = 0;
    this.connection.flush().then(
      () => {
        if (generation === this.#generation) this.#unconfirmed -= bytes;
      },
      // Disconnected: #set forgets what was on the way.
      () => undefined,
    );
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      switch (status.type) {
        case 'disconnect':
        case 'staleConnection':
        case 'forceReconnect':
        case 'close':
          this.#set(false);
          break;
        case 'reconnect':
          this.#set(true);
          break;
        case 'error':
          this.onTrouble(status.error);
          break;
        case 'reconnecting':
        case 'update':
        case 'ldm':
        case 'ping':
        case 'slowConsumer':
          break;
      }
    }
  }

  #set(connected: boolean): void {
    this.#generation += 1;
    this.#unconfirmed = 0;
    this.#unasked = 0;
    this.#dropping = false;
    if (this.#connected === connected) return;
    this.#connected = connected;
    this.onChange();
  }
}

/** The handlers of one channel with the subscriptions that serve them all. */
interface Subscribed {
  readonly listeners: Listeners<Received>;
  readonly subscriptions: readonly Subscription[];
}

class NatsTransport implements Transport {
  readonly #trouble = troubleListeners();
  readonly #connection: Listeners<boolean>;
  readonly #channels = new Map<Channel, Subscribed>();
  readonly #lanes: { readonly control: Lane; readonly bulk: Lane };
  #told: boolean;
  #closed = false;

  constructor(
    readonly self: Address,
    connections: { readonly control: NatsConnection; readonly bulk: NatsConnection },
    wayBytes: number,
  ) {
    const trouble = (error: Error): void => {
      this.#trouble.tell(error);
    };
    const change = (): void => {
      this.#tellConnection();
    };
    this.#connection = new Listeners(trouble);
    this.#lanes = {
      control: new Lane(connections.control, 'control', wayBytes, change, trouble),
      bulk: new Lane(connections.bulk, 'bulk', wayBytes, change, trouble),
    };
    this.#told = this.connected;
  }

  get connected(): boolean {
    return !this.#closed && this.#lanes.control.connected && this.#lanes.bulk.connected;
  }

  send(to: Address | 'all', channel: Channel, bytes: Uint8Array): void {
    const subject = subjectOf(this.self, to, channel);
    if (!this.#closed) this.#lane(channel).publish(subject, bytes);
  }

  receive(channel: Channel, handler: (message: Received) => void): () => void {
    if (this.#closed) return () => undefined;
    const subscribed = this.#channels.get(channel) ?? this.#subscribe(channel);
    const end = subscribed.listeners.add(handler);
    return () => {
      end();
      if (subscribed.listeners.size > 0 || this.#channels.get(channel) !== subscribed) return;
      this.#channels.delete(channel);
      unsubscribe(subscribed);
    };
  }

  onConnection(handler: (connected: boolean) => void): () => void {
    return this.#connection.add(handler);
  }

  onTrouble(handler: (error: Error) => void): () => void {
    return this.#trouble.add(handler);
  }

  /** Ends the subscriptions and waits, for a while, until the server has what was sent. The connections stay open. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const { control, bulk } = this.#lanes;
    for (const subscribed of this.#channels.values()) unsubscribe(subscribed);
    this.#channels.clear();
    this.#closed = true;
    await Promise.all([control.flush(FLUSH_MS), bulk.flush(FLUSH_MS)]);
    this.#tellConnection();
  }

  #lane(channel: Channel): Lane {
    return channel === 'bulk' ? this.#lanes.bulk : this.#lanes.control;
  }

  #subscribe(channel: Channel): Subscribed {
    const listeners = new Listeners<Received>((error) => {
      this.#trouble.tell(error);
    });
    const { connection } = this.#lane(channel);
    const subscriptions = subscriptionsOf(this.self, channel).map((subject) =>
      connection.subscribe(subject, {
        callback: (error, message) => {
          // Refusals by the server are told by the status of the connection, too.
          if (error !== null) return;
          try {
            const from = parseSubject(message.subject)?.from;
            if (from === undefined) return;
            const { buffer, byteOffset, length } = message.data;
            listeners.tell({ from, bytes: new Uint8Array(buffer, byteOffset, length) });
          } catch (thrown) {
            this.#trouble.tell(asError(thrown));
          }
        },
      }),
    );
    const subscribed: Subscribed = { listeners, subscriptions };
    this.#channels.set(channel, subscribed);
    return subscribed;
  }

  #tellConnection(): void {
    const { connected } = this;
    if (connected === this.#told) return;
    this.#told = connected;
    this.#connection.tell(connected);
  }
}

function unsubscribe({ subscriptions }: Subscribed): void {
  for (const subscription of subscriptions) {
    if (!subscription.isClosed()) subscription.unsubscribe();
  }
}

/**
 * A transport over two connections that were made with the credentials of `self`. Closing it leaves the connections open:
 * they belong to who opened them.
 *
 * @param options.wayBytes bytes on the way to the server at a time, per connection; more are dropped, as a network would
 */
export function natsTransport(
  self: Address,
  connections: { readonly control: NatsConnection; readonly bulk: NatsConnection },
  options: { readonly wayBytes?: number } = {},
): Transport {
  return new NatsTransport(checkedAddress(self), connections, options.wayBytes ?? WAY_BYTES);
}
