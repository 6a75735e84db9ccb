// The machines of one epoch, asked all at once. Whatever ends the epoch, a lost machine or one that belongs elsewhere by
// now, ends what they were asked with `StateLost`; trouble with the work itself comes out as in one process. Not who they
// are chosen from (roster.ts), and not what is asked (coordinator.ts).

import { StateLost } from '../evolution.js';
import { workError } from './errors.js';
import { RemoteError, type Mail } from './mail.js';
import type { Membership, MembershipCode, Placement, Replies, Request } from './protocol.js';
import type { Roster } from './roster.js';

type Fields<T extends Request['type']> = Omit<Extract<Request, { type: T }>, 'type'>;

/** Asks one machine. */
export type Ask = <T extends Request['type']>(type: T, fields: Fields<T>) => Promise<Replies[T]>;

export interface AskOptions {
  /** Waits for all machines though one has failed with its work. */
  readonly toTheEnd?: boolean;
}

export interface Answer<T extends Request['type']> {
  readonly member: number;
  readonly name: string;
  readonly reply: Replies[T];
}

/** What each code says about a machine, after its name. */
const MEMBERSHIP: Readonly<Record<MembershipCode, string>> = {
  'stale-epoch': 'knows nothing of this epoch any more',
  busy: 'is in another run',
  'protocol-version': 'speaks another version of the protocol',
  lost: 'heard nothing of this coordinator within its lease',
  superseded: 'has gone on to a newer epoch',
  unfit: 'cannot take part',
};

/** A machine will not take part; others may. */
export class MemberLost extends StateLost {
  constructor(
    readonly machine: { readonly name: string; readonly instance: string },
    readonly why: MembershipCode,
    reason: string,
  ) {
    super(`machine ${machine.name} ${reason}`);
  }
}

export class Members<M extends Membership = Placement> {
  readonly #ended = new AbortController();
  readonly #endWatch: () => void;

  /** @param halt ends everything, with its reason: this process may not go on with the run */
  constructor(
    private readonly mail: Pick<Mail, 'request'>,
    roster: Roster,
    private readonly run: string,
    readonly placement: M,
    private readonly halt: AbortSignal,
  ) {
    this.#endWatch = roster.onChange((change) => {
      if (change.kind !== 'lost') return;
      const { name, instance } = change.machine;
      if (this.#has(name, instance)) this.#ended.abort(new MemberLost(change.machine, 'lost', change.reason));
    });
    // One that was lost before anybody watched.
    for (const member of placement.members) {
      if (!roster.find(member.name, member.instance))
        this.#ended.abort(new MemberLost(member, 'lost', 'is gone'));
    }
  }

  #has(name: string, instance: string): boolean {
    return this.placement.members.some((member) => member.name === name && member.instance === instance);
  }

  /** Why the epoch has ended, if it has. */
  get lost(): StateLost | undefined {
    return this.#ended.signal.reason as StateLost | undefined;
  }

  /**
   * Does something with every machine at the same time. Once one fails, nobody waits for the others; with `toTheEnd` only
   * where the state is lost: who cleans up after a failure must know that nobody is still at it.
   * @throws StateLost, KernelFault, MachineError, or the reason of `halt`
   */
  async each<R>(
    work: (ask: Ask, member: number) => Promise<R>,
    { toTheEnd = false }: AskOptions = {},
  ): Promise<R[]> {
    const failed = new AbortController();
    const signal = AbortSignal.any([this.halt, this.#ended.signal, failed.signal]);
    signal.throwIfAborted();
    const { members, epoch } = this.placement;
    const scope = { run: this.run, epoch };
    let failure: { readonly error: unknown } | undefined;
    const results = await Promise.all(
      members.map(async (machine, member): Promise<R | undefined> => {
        const ask: Ask = (type, fields) =>
          this.mail.request<typeof type>(
            { role: 'worker', name: machine.name },
            scope,
            { type, ...fields } as Extract<Request, { type: typeof type }>,
            { signal },
          );
        try {
          return await work(ask, member);
        } catch (error) {
          const trouble = this.#asTrouble(error, machine);
          failure ??= { error: trouble };
          if (!toTheEnd || trouble instanceof StateLost) failed.abort(trouble);
          return undefined;
        }
      }),
    );
    // Narrowing does not see what the callbacks did.
    const found = failure as { readonly error: unknown } | undefined;
    if (found) throw found.error;
    return results as R[];
  }

  /** Asks every machine the same kind of thing. Answers are in the order of the machines. Throws as `each`. */
  ask<T extends Request['type']>(
    type: T,
    fields: (member: number) => Fields<T>,
    options?: AskOptions,
  ): Promise<Answer<T>[]> {
    return this.each(async (ask, member) => {
      const reply = await ask(type, fields(member));
      return { member, name: this.placement.members[member].name, reply };
    }, options);
  }

  /** Ends the epoch as far as this process is concerned; machines are told by who ends it. */
  close(): void {
    this.#endWatch();
    this.#ended.abort(new StateLost('the epoch is over'));
  }

  #asTrouble(error: unknown, machine: { readonly name: string; readonly instance: string }): unknown {
    if (!(error instanceof RemoteError)) return error;
    const { code, message } = error;
    if (isMembership(code)) {
      // Only the machine knows what is wrong with it.
      const why = code === 'unfit' ? `${MEMBERSHIP[code]}: ${message}` : MEMBERSHIP[code];
      const lost = new MemberLost(machine, code, why);
      return Object.assign(lost, { cause: error });
    }
    return workError(machine.name, code, message, error);
  }
}

function isMembership(code: string): code is MembershipCode {
  return Object.hasOwn(MEMBERSHIP, code);
}
