// Machines within one process: a Transport that delivers to its sisters by the event loop, for runs without a network and
// for tests, which inject faults here. Not a network's speed, and no promise that it lacks: who relies on order or on
// delivery finds out by the faults. Despite its name it needs no threads: bytes are copied, never shared.

import { Listeners, troubleListeners } from './listeners.js';
import { checkedAddress, hears } from './subjects.js';
import type { Address, Channel, Received, Transport } from './transport.js';

/** A message on its way to one receiver. Faults are functions of it, so that a test goes the same way every time. */
export interface InFlight {
  readonly from: Address;
  readonly to: Address | 'all';
  readonly receiver: Address;
  readonly channel: Channel;
  readonly bytes: Uint8Array;
  /** How many messages of this channel went from this sender to this receiver before. */
  readonly index: number;
}

/** What goes wrong on the way. */
export interface Faults {
  /** Whether a message is lost. */
  drop?: ((message: InFlight) => boolean) | undefined;
  /** How many times more than once it arrives. */
  duplicate?: ((message: InFlight) => number) | undefined;
  /** How much later it arrives: messages with less overtake it. */
  delayMs?: ((message: InFlight) => number) | undefined;
  /** Loses everything between two addresses, both ways, until the function that it returns is called. */
  readonly cut: (one: Address, other: Address) => () => void;
}

const key = ({ role, name }: Address): string => `${role} ${name}`;

class LocalTransport implements Transport {
  readonly #trouble = troubleListeners();
  readonly #channels = new Map<Channel, Listeners<Received>>();
  readonly #connection: Listeners<boolean>;
  connected = true;
  closed = false;

  constructor(
    private readonly hub: LocalHub,
    readonly self: Address,
    private readonly leave: (transport: LocalTransport) => void,
  ) {
    this.#connection = new Listeners((error) => {
      this.#trouble.tell(error);
    });
  }

  send(to: Address | 'all', channel: Channel, bytes: Uint8Array): void {
    if (to !== 'all') checkedAddress(to);
    if (this.connected) this.hub.carry(this.self, to, channel, bytes);
  }

  receive(channel: Channel, handler: (message: Received) => void): () => void {
    let listeners = this.#channels.get(channel);
    if (listeners === undefined) {
      listeners = new Listeners((error) => {
        this.#trouble.tell(error);
      });
      this.#channels.set(channel, listeners);
    }
    return listeners.add(handler);
  }

  onConnection(handler: (connected: boolean) => void): () => void {
    return this.#connection.add(handler);
  }

  onTrouble(handler: (error: Error) => void): () => void {
    return this.#trouble.add(handler);
  }

  deliver(channel: Channel, message: Received): void {
    if (this.connected) this.#channels.get(channel)?.tell(message);
  }

  setConnected(connected: boolean): void {
    if (this.closed || this.connected === connected) return;
    this.connected = connected;
    this.#connection.tell(connected);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    // What was sent is on its way already: it does not need the sender.
    this.setConnected(false);
    this.closed = true;
    this.#channels.clear();
    this.leave(this);
  }
}

export class LocalHub {
  readonly #members = new Set<LocalTransport>();
  readonly #counts = new Map<string, number>();
  readonly #cuts = new Set<ReadonlySet<string>>();

  readonly faults: Faults = {
    cut: (one, other) => {
      const cut = new Set([key(one), key(other)]);
      this.#cuts.add(cut);
      return () => {
        this.#cuts.delete(cut);
      };
    },
  };

  /** Joins under an address. Two may have the same one, as coordinators of one run do; both then hear what is sent to it. */
  join(address: Address): Transport {
    const transport = new LocalTransport(this, checkedAddress(address), (left) => this.#members.delete(left));
    this.#members.add(transport);
    return transport;
  }

  /** Takes the connection of all with this address away: what they send and what is on its way to them is lost. */
  disconnect(address: Address): void {
    this.#setConnected(address, false);
  }

  reconnect(address: Address): void {
    this.#setConnected(address, true);
  }

  /** Sends for a member; never calls a handler before it returns. */
  carry(from: Address, to: Address | 'all', channel: Channel, bytes: Uint8Array): void {
    for (const member of this.#members) {
      const receiver = member.self;
      if (!hears(receiver, from, to)) continue;
      const pair = `${key(from)} ${key(receiver)} ${channel}`;
      const index = this.#counts.get(pair) ?? 0;
      this.#counts.set(pair, index + 1);
      const message: InFlight = { from, to, receiver, channel, bytes: bytes.slice(), index };
      if (this.#isCut(from, receiver) || this.faults.drop?.(message) === true) continue;
      const times = 1 + (this.faults.duplicate?.(message) ?? 0);
      const delay = this.faults.delayMs?.(message) ?? 0;
      for (let time = 0; time < times; time += 1) {
        const copy = time === 0 ? message.bytes : message.bytes.slice();
        const arrive = (): void => {
          if (!this.#isCut(from, receiver)) member.deliver(channel, { from, bytes: copy });
        };
        if (delay > 0) setTimeout(arrive, delay);
        else setImmediate(arrive);
      }
    }
  }

  #isCut(one: Address, other: Address): boolean {
    if (this.#cuts.size === 0) return false;
    const [a, b] = [key(one), key(other)];
    for (const cut of this.#cuts) {
      if (a === b ? cut.size === 1 && cut.has(a) : cut.has(a) && cut.has(b)) return true;
    }
    return false;
  }

  #setConnected(address: Address, connected: boolean): void {
    for (const member of this.#members) {
      if (key(member.self) === key(address)) member.setConnected(connected);
    }
  }
}
