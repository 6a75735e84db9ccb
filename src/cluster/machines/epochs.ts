// The epochs of a run: which machines are in the present one, when the next one is due, and how it begins: machines are
// chosen, the work is shared out, all of them join. Also the heartbeats of the coordinator, and who is dismissed. Knows of the
// state only how far it is; how work is shared out, and what is done within an epoch, depends on the kind of run
// (particle-epochs.ts and coordinator.ts; ../lumped/machine-host.ts).

import { RunStopped, StateLost, TakenOver } from '../evolution.js';
import { protocolVersion } from '../transport/frame.js';
import type { Mail } from './mail.js';
import { MemberLost, Members } from './members.js';
import { Muster } from './muster.js';
import { HEARTBEAT_MS, type Membership } from './protocol.js';
import type { Roster, RosterMachine } from './roster.js';
import { readIdentity, writeIdentity } from './run-identity.js';

export interface EpochOptions {
  /** Id of the run; the name that `mail` sends under. */
  readonly run: string;
  readonly mail: Pick<Mail, 'request' | 'beat'>;
  readonly roster: Roster;
  /** The run begins when so many machines are there, and uses no more than `maxMachines`. */
  readonly machines: number;
  readonly maxMachines?: number;
  readonly waitSeconds: number;
  /** A person wants to stop: ends waiting for machines. Steps are not interrupted. */
  readonly signal?: AbortSignal;
  /** This process may not go on with the run: ends everything at once. */
  readonly halt?: AbortSignal;
  /** What happens, in a line. */
  readonly told?: (text: string) => void;
}

/** Seconds that machines are given to hear that they are not needed any more. */
const LEAVE_SECONDS = 3;
/**
 * How far ahead of the run folder a machine may claim to be: a folder that was put back from a copy is a few epochs behind,
 * and a claim near the largest number that there is would leave none for the next epoch.
 */
const MOST_AHEAD = 1_000_000;

/** An epoch whose machines have all joined. */
export interface Epoch<M extends Membership = Membership> {
  readonly members: Members<M>;
  readonly machines: readonly RosterMachine[];
}

/** What is different from one kind of run to another. */
export interface EpochKind<M extends Membership, E extends Epoch<M>> {
  /** The step that was done last. */
  step(): number;
  /**
   * Shares the work out among machines, and has all of them join.
   * @param open to be called with who has what, once; gives those who are to be asked
   */
  begin(
    membership: Membership,
    machines: readonly RosterMachine[],
    runFolder: string,
    open: (placement: M) => Members<M>,
  ): Promise<E>;
  /** Whether other shares would be so much better that they are worth an epoch. */
  isUneven?(epoch: E): boolean;
  /** Takes in what an epoch has taught that is given up. */
  remember?(epoch: E): void;
}

export class Epochs<M extends Membership, E extends Epoch<M>> {
  readonly #muster: Muster;
  readonly #halt = new AbortController();
  readonly #stop: AbortSignal;
  readonly #told: (text: string) => void;
  #folder: string | undefined;
  #number = 0;
  #epoch: E | undefined;
  /** The epoch before, while there is none. */
  #before: E | undefined;
  /** What the heartbeats tell: of this epoch, or of the one that is beginning. */
  #placement: Membership | undefined;
  #beats: NodeJS.Timeout | undefined;
  /** How many have begun, and how many were asked for in place of another. */
  begun = 0;
  reforms = 0;

  constructor(
    private readonly options: EpochOptions,
    private readonly kind: EpochKind<M, E>,
  ) {
    this.#told = options.told ?? (() => undefined);
    this.#muster = new Muster(options.roster, options.run, this.#told);
    const { halt } = options;
    this.#stop = halt ? AbortSignal.any([halt, this.#halt.signal]) : this.#halt.signal;
  }

  /** Number of the epoch that began last. */
  get number(): number {
    return this.#number;
  }

  /** The present epoch, if there is one. */
  get current(): E | undefined {
    return this.#epoch;
  }

  /** The present epoch. @throws StateLost if there is none */
  get now(): E {
    if (!this.#epoch) throw new StateLost('no epoch has begun');
    return this.#epoch;
  }

  /**
   * The present epoch; the first call waits for machines and begins one.
   * @throws RunStopped if there are not enough machines in time; errors of machines that join
   */
  async open(runFolder: string): Promise<E> {
    if (this.#folder === undefined) {
      this.#folder = runFolder;
      this.#number = (await readIdentity(runFolder))?.epoch ?? 0;
      this.#beat();
      this.#beats = setInterval(() => {
        this.#beat();
      }, HEARTBEAT_MS);
      this.#beats.unref();
    }
    this.#epoch ??= await this.#begin(this.options.machines);
    return this.#epoch;
  }

  /** See ParticleEvolution. */
  pendingReform(): string | undefined {
    const epoch = this.#epoch;
    if (!epoch) return undefined;
    const { roster, machines, maxMachines = machines } = this.options;
    const { members } = epoch.members.placement;
    const leaving = members.find(
      ({ name, instance }) => roster.find(name, instance)?.heartbeat.state === 'draining',
    );
    if (leaving) return `machine ${leaving.name} wants to leave`;
    if (members.length < maxMachines) {
      const newcomer = this.#muster.usable.find(
        ({ instance }) => !members.some((member) => member.instance === instance),
      );
      if (newcomer) return `machine ${newcomer.name} has come`;
    }
    return this.kind.isUneven?.(epoch) === true ? 'the work is unevenly shared out' : undefined;
  }

  /**
   * Gives up this epoch and begins the next one with the machines that are there.
   * @throws RunStopped if there are none; errors of machines that join
   */
  async reform(): Promise<void> {
    this.reforms++;
    const before = this.#epoch;
    if (before) this.kind.remember?.(before);
    before?.members.close();
    this.#before = before;
    this.#epoch = undefined;
    // Who wants to leave may do so now: its part of the state is in the checkpoint, or lost with the rest.
    const leaving = before?.machines.filter(
      ({ name, instance }) => this.options.roster.find(name, instance)?.heartbeat.state === 'draining',
    );
    for (const machine of leaving ?? [])
      void this.#dismiss(machine, before?.members.placement, 'it asked to');
    this.#epoch = await this.#begin(1);
    const staying = new Set(this.#epoch.machines.map(({ instance }) => instance));
    for (const machine of before?.machines ?? []) {
      if (staying.has(machine.instance) || leaving?.includes(machine)) continue;
      void this.#dismiss(machine, before?.members.placement, 'its shards were given to others');
    }
  }

  /** Waits for `least` machines, takes those that are there up to the most wanted, and has them join. */
  async #begin(least: number): Promise<E> {
    const { waitSeconds, signal, machines: wanted, maxMachines = wanted } = this.options;
    const stop = signal ? AbortSignal.any([this.#stop, signal]) : this.#stop;
    for (;;) {
      const found = await this.#muster.wait(least, waitSeconds, stop).catch((error: unknown) => {
        throw signal?.aborted === true && !this.#stop.aborted
          ? new RunStopped(`stopped while waiting for machines: ${String(signal.reason)}`)
          : error;
      });
      if (found.length < least) {
        throw new RunStopped(
          `${found.length === 0 ? 'no machine is' : `${found.length} of ${least} machines are`} there after ${waitSeconds} s: ` +
            'start more with `wasserwerk worker --nats URL`, wait longer with --wait, or ask for fewer with --machines; then go on ' +
            'with `wasserwerk resume`',
        );
      }
      try {
        return await this.#join(found.slice(0, maxMachines));
      } catch (error) {
        if (!(error instanceof StateLost)) throw error;
        if (error instanceof MemberLost) this.#muster.failed(error);
        this.#told(`${error.message}; beginning again with those that are there`);
        this.#checkTakeOver();
      }
    }
  }

  async #join(machines: readonly RosterMachine[]): Promise<E> {
    const { run, mail, roster } = this.options;
    if (this.#folder === undefined) throw new TypeError('storages() comes first');
    await this.#nextEpoch();
    const membership = {
      epoch: this.#number,
      members: machines.map(({ name, instance }) => ({ name, instance })),
    };
    let members: Members<M> | undefined;
    try {
      const epoch = await this.kind.begin(membership, machines, this.#folder, (placement) => {
        members = new Members(mail, roster, run, placement, this.#stop);
        this.#placement = placement;
        this.#beat();
        return members;
      });
      this.#muster.began(machines);
      this.begun++;
      return epoch;
    } catch (error) {
      members?.close();
      // After a loss the next epoch takes them, or tells them that it goes on without them.
      if (members && !(error instanceof StateLost))
        await this.#dismissAll({ machines, members }, 'the run has failed');
      throw error;
    }
  }

  /** A number that no machine of this run has heard of. */
  async #nextEpoch(): Promise<void> {
    const { run, roster } = this.options;
    const claimed = roster.claimedEpoch(run);
    const above = claimed - this.#number <= MOST_AHEAD ? claimed : 0;
    this.#number = Math.max(this.#number, roster.commandedEpoch(run), above) + 1;
    if (this.#folder !== undefined) await writeIdentity(this.#folder, { run, epoch: this.#number });
  }

  /**
   * Another coordinator of this run would have begun an epoch that is not ours. It says so before it asks anybody, and nobody
   * else is believed: a machine that claims to be in such an epoch does not end a run.
   */
  #checkTakeOver(): void {
    const { run, roster } = this.options;
    const heard = roster.commandedEpoch(run);
    if (this.begun === 0 || heard <= this.#number) return;
    const error = new TakenOver(
      `another process goes on with this run (its epoch is ${heard}, this one's ${this.#number}); this one stops`,
    );
    this.#halt.abort(error);
    throw error;
  }

  #beat(): void {
    const { run, mail } = this.options;
    mail.beat({
      ...{ type: 'coordinator', run, protocol: protocolVersion, step: this.kind.step() },
      epoch: this.#placement?.epoch ?? this.#number,
      members: this.#placement?.members ?? [],
    });
    try {
      this.#checkTakeOver();
    } catch {
      // Everything that is asked ends with it.
    }
  }

  /** Tells a machine that it is not needed any more, if it hears it. */
  async #dismiss(machine: RosterMachine, of: Membership | undefined, reason: string): Promise<void> {
    const { run, mail } = this.options;
    if (!of) return;
    const scope = { run, epoch: of.epoch };
    const to = { role: 'worker', name: machine.name } as const;
    const signal = AbortSignal.timeout(LEAVE_SECONDS * 1000);
    await mail.request<'leave'>(to, scope, { type: 'leave', reason }, { signal }).catch(() => undefined);
  }

  async #dismissAll(epoch: Epoch<M>, reason: string): Promise<void> {
    // Whoever has the run now has its machines, too.
    if (this.#stop.aborted) return;
    const { placement } = epoch.members;
    await Promise.all(epoch.machines.map((machine) => this.#dismiss(machine, placement, reason)));
  }

  /** Dismisses the machines: they are free for other runs. */
  async close(reason: string): Promise<void> {
    clearInterval(this.#beats);
    const epoch = this.#epoch ?? this.#before;
    if (!epoch) return;
    epoch.members.close();
    await this.#dismissAll(epoch, reason);
  }
}
