// How the machines of a run and its coordinator reach each other: what the step protocol needs of a network, and no more.
// Two implementations: threads.ts (machines within one process) and nats.ts (processes joined by a NATS server). Messages
// are frames (frame.ts). Nothing here promises delivery: a message may be lost, repeated, or come late and out of order.

export type Role = 'coordinator' | 'worker';

/**
 * Who sends or receives. The name of a worker is the one that the server authorised it under, that of a coordinator the
 * id of its run. Names are [A-Za-z0-9_-]{1,64}: tokens of NATS subjects.
 */
export interface Address {
  readonly role: Role;
  readonly name: string;
}

/**
 * What is kept apart on the way: `control` (requests, replies) and `heartbeat` travel on one connection, `bulk`
 * (emigrants, densities) on another, so that a lot of bulk does not hold up a heartbeat.
 */
export type Channel = 'control' | 'heartbeat' | 'bulk';

/** A message that has arrived; `from` is what the network vouches for, not what the message says. */
export interface Received {
  readonly from: Address;
  readonly bytes: Uint8Array;
}

export interface Transport {
  readonly self: Address;
  /** Whether messages can be sent just now. What is sent while this is false is lost. */
  readonly connected: boolean;
  /**
   * Sends bytes to one address, or to everybody who listens to such messages (`all`). Does not wait and does not throw for
   * the network's sake. The bytes must not be changed afterwards.
   */
  send(to: Address | 'all', channel: Channel, bytes: Uint8Array): void;
  /**
   * Calls the handler for each message to this address, or to all, on a channel. A handler that throws is reported to
   * `onTrouble` and called again for the next message. Returns a function that ends it.
   */
  receive(channel: Channel, handler: (message: Received) => void): () => void;
  /** Tells when the connection is lost and when it is there again. Returns a function that ends it. */
  onConnection(handler: (connected: boolean) => void): () => void;
  /** Tells of what went wrong without ending anything: a handler that threw, a message that was refused by the server. */
  onTrouble(handler: (error: Error) => void): () => void;
  /** Sends what is waiting, then closes. */
  close(): Promise<void>;
}
