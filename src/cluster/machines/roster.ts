// Who is there: machines by their heartbeats, with their leases. Says who came, who is lost, who wants to leave, and which
// epochs were heard of. Not who takes part in what (members.ts), and it asks nobody anything.

import { now } from '../clock.js';
import { protocolVersion } from '../transport/frame.js';
import type { Address, Transport } from '../transport/transport.js';
import { HEARTBEAT_MS, LEASE_MS, type CoordinatorHeartbeat, type WorkerHeartbeat } from './protocol.js';

/** What is needed of mail.ts. */
export interface HeartbeatSource {
  onBeat(handler: (from: Address, heartbeat: WorkerHeartbeat | CoordinatorHeartbeat) => void): () => void;
}

/** A machine that speaks this version of the protocol and whose lease runs. */
export interface RosterMachine {
  readonly name: string;
  readonly instance: string;
  /** What it said last. */
  readonly heartbeat: WorkerHeartbeat;
}

export type RosterChange =
  | { readonly kind: 'came'; readonly machine: RosterMachine }
  /** `reason` ends a sentence that begins with the machine's name. */
  | { readonly kind: 'lost'; readonly machine: RosterMachine; readonly reason: string }
  | { readonly kind: 'draining'; readonly machine: RosterMachine };

export interface RosterOptions {
  readonly leaseMs?: number;
  /** Seconds since some moment. */
  readonly clock?: () => number;
  /** Told of what a person should mend: other versions, two workers of one name. Each is said once. */
  readonly warned?: (text: string) => void;
}

interface Entry {
  machine: RosterMachine;
  seen: number;
  /** Another process under the same name: the same worker started anew, or a second one beside it. */
  challenger: { readonly machine: RosterMachine; readonly since: number } | undefined;
}

/** Time between two looks at the leases; later than four times that, this process itself was held up. */
const CHECK_MS = HEARTBEAT_MS / 2;
const HELD_UP_MS = 4 * CHECK_MS;

/**
 * Silence of a process after which another one under its name takes its place. Two that go on speaking have been given
 * one name by mistake: the first stays.
 */
const SUCCESSION_MS = 2 * HEARTBEAT_MS;

export class Roster {
  readonly #entries = new Map<string, Entry>();
  readonly #handlers = new Set<(change: RosterChange) => void>();
  readonly #told = new Set<string>();
  readonly #commanded = new Map<string, number>();
  readonly #claimed = new Map<string, number>();
  readonly #leaseSeconds: number;
  readonly #clock: () => number;
  readonly #warned: (text: string) => void;
  readonly #endings: (() => void)[];
  readonly #timer: NodeJS.Timeout;
  #checked: number;

  constructor(
    beats: HeartbeatSource,
    private readonly connection: Pick<Transport, 'connected' | 'onConnection'>,
    options: RosterOptions = {},
  ) {
    this.#leaseSeconds = (options.leaseMs ?? LEASE_MS) / 1000;
    this.#clock = options.clock ?? now;
    this.#warned = options.warned ?? (() => undefined);
    this.#checked = this.#clock();
    this.#endings = [
      beats.onBeat((from, heartbeat) => {
        this.#hear(from, heartbeat);
      }),
      connection.onConnection((connected) => {
        if (connected) this.renew();
      }),
    ];
    this.#timer = setInterval(() => {
      this.#tick();
    }, CHECK_MS);
    this.#timer.unref();
  }

  /** Living machines, by name. */
  get machines(): readonly RosterMachine[] {
    return [...this.#entries.values()]
      .map(({ machine }) => machine)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** A living machine, if it is (still) that process. */
  find(name: string, instance?: string): RosterMachine | undefined {
    const machine = this.#entries.get(name)?.machine;
    return instance === undefined || machine?.instance === instance ? machine : undefined;
  }

  /** Seconds since the last sign of life of a living machine. */
  lag(name: string): number {
    const entry = this.#entries.get(name);
    return entry ? Math.max(0, this.#clock() - entry.seen) : 0;
  }

  /** The largest epoch that coordinators of a run spoke of; 0 if none did. */
  commandedEpoch(run: string): number {
    return this.#commanded.get(run) ?? 0;
  }

  /** The largest epoch that machines said to be in. A machine can claim anything: believe it within limits. */
  claimedEpoch(run: string): number {
    return this.#claimed.get(run) ?? 0;
  }

  /** Tells of changes from now on. Returns a function that ends it. */
  onChange(handler: (change: RosterChange) => void): () => void {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }

  /** Gives every machine a fresh lease: nothing could be heard for a while, for a reason of our own. */
  renew(): void {
    const time = this.#clock();
    for (const entry of this.#entries.values()) {
      entry.seen = time;
      entry.challenger = undefined;
    }
  }

  /** Ends leases that have run out. While the own connection is down, none does. */
  check(): void {
    if (!this.connection.connected) return;
    const time = this.#clock();
    for (const entry of [...this.#entries.values()]) {
      const { machine, challenger, seen } = entry;
      if (challenger && time - Math.max(seen, challenger.since) > SUCCESSION_MS / 1000) {
        this.#lose(machine, 'was started anew');
        this.#welcome(challenger.machine);
      } else if (time - seen > this.#leaseSeconds) {
        this.#lose(machine, `gave no sign of life for ${this.#leaseSeconds} s`);
      }
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const end of this.#endings) end();
    this.#handlers.clear();
  }

  #tick(): void {
    const time = this.#clock();
    // A process that was stopped, or computed, has heartbeats waiting that it has not read: nobody else's fault.
    if (time - this.#checked > HELD_UP_MS / 1000) this.renew();
    this.#checked = time;
    this.check();
  }

  #hear(from: Address, heartbeat: WorkerHeartbeat | CoordinatorHeartbeat): void {
    if (heartbeat.type === 'coordinator') {
      if (from.role === 'coordinator' && from.name === heartbeat.run)
        note(this.#commanded, heartbeat.run, heartbeat.epoch);
      return;
    }
    // A worker speaks for itself alone.
    if (from.role !== 'worker' || from.name !== heartbeat.name) return;
    if (heartbeat.protocol !== protocolVersion) {
      this.#tell(
        `version ${heartbeat.name} ${heartbeat.instance}`,
        `worker ${heartbeat.name} is not used: it speaks version ${heartbeat.protocol} of the protocol (wasserwerk ` +
          `${heartbeat.version}), this process version ${protocolVersion}; run the same wasserwerk on both`,
      );
      return;
    }
    if (heartbeat.run !== null) note(this.#claimed, heartbeat.run, heartbeat.epoch);
    const machine = { name: heartbeat.name, instance: heartbeat.instance, heartbeat };
    const entry = this.#entries.get(machine.name);
    if (entry === undefined) this.#welcome(machine);
    else if (entry.machine.instance === machine.instance) this.#refresh(entry, machine);
    else entry.challenger ??= { machine, since: this.#clock() };
  }

  #refresh(entry: Entry, machine: RosterMachine): void {
    const before = entry.machine.heartbeat;
    const { challenger } = entry;
    entry.machine = machine;
    entry.seen = this.#clock();
    // A message that was under way when the process ended is not a sign of two; one a heartbeat later is.
    if (challenger && (entry.seen - challenger.since) * 1000 > HEARTBEAT_MS / 2) {
      entry.challenger = undefined;
      this.#tell(
        `twice ${machine.name}`,
        `two workers call themselves ${machine.name}: the one that came second is not used; give it another --name`,
      );
    }
    if (machine.heartbeat.state === 'draining' && before.state !== 'draining')
      this.#emit({ kind: 'draining', machine });
  }

  #welcome(machine: RosterMachine): void {
    this.#entries.set(machine.name, { machine, seen: this.#clock(), challenger: undefined });
    this.#emit({ kind: 'came', machine });
    if (machine.heartbeat.state === 'draining') this.#emit({ kind: 'draining', machine });
  }

  #lose(machine: RosterMachine, reason: string): void {
    this.#entries.delete(machine.name);
    this.#emit({ kind: 'lost', machine, reason });
  }

  #tell(key: string, text: string): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#warned(text);
  }

  #emit(change: RosterChange): void {
    for (const handler of [...this.#handlers]) handler(change);
  }
}

function note(epochs: Map<string, number>, run: string, epoch: number): void {
  if (epoch > (epochs.get(run) ?? 0)) epochs.set(run, epoch);
}
