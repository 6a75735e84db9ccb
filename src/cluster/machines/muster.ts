// Which machines an epoch is made of: waits until enough are there, and leaves out those that will not or cannot take part.
// Not the asking (members.ts), not the sharing out of work (plan.ts).

import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../clock.js';
import type { MemberLost } from './members.js';
import type { Roster, RosterMachine } from './roster.js';

/** Machines that were lost so often while an epoch began are not tried again. */
const MOST_FAILURES = 3;
/** Seconds for which a machine that is in another run is left alone. */
const BUSY_SECONDS = 5;
/** Milliseconds after which the roster is looked at again, whatever it told. */
const LOOK_MS = 250;

export class Muster {
  readonly #failures = new Map<string, number>();
  readonly #busyUntil = new Map<string, number>();
  readonly #refused = new Set<string>();

  constructor(
    private readonly roster: Roster,
    private readonly run: string,
    private readonly told: (text: string) => void,
  ) {}

  /** Machines that can take part now: those of this run first, then the fastest. */
  get usable(): readonly RosterMachine[] {
    const time = now();
    const isOwn = ({ heartbeat }: RosterMachine): number => (heartbeat.run === this.run ? 0 : 1);
    return this.roster.machines
      .filter(({ instance, heartbeat }) => {
        if (heartbeat.state === 'draining' || this.#refused.has(instance)) return false;
        if (heartbeat.run !== null && heartbeat.run !== this.run) return false;
        return time >= (this.#busyUntil.get(instance) ?? 0);
      })
      .sort((a, b) => isOwn(a) - isOwn(b) || b.heartbeat.speed - a.heartbeat.speed);
  }

  /** Notes that a machine fell out while an epoch began. */
  failed({ machine, why }: MemberLost): void {
    const { name, instance } = machine;
    if (why === 'busy') {
      this.#busyUntil.set(instance, now() + BUSY_SECONDS);
      return;
    }
    const failures = (this.#failures.get(name) ?? 0) + 1;
    this.#failures.set(name, failures);
    if (why !== 'protocol-version' && why !== 'unfit' && failures < MOST_FAILURES) return;
    this.#refused.add(instance);
    this.told(
      `machine ${name} is not used any more: ${failures > 1 ? `${failures} times it ` : 'it '}failed to join`,
    );
  }

  /** Notes that an epoch has begun: those who are in it are sound. */
  began(machines: readonly { readonly name: string }[]): void {
    for (const { name } of machines) this.#failures.delete(name);
  }

  /**
   * Waits for machines. Gives those that are there once `wanted` are, or when the time is over, be they fewer or none.
   * @throws the reason of the signal
   */
  async wait(wanted: number, seconds: number, signal: AbortSignal): Promise<readonly RosterMachine[]> {
    const end = now() + seconds;
    let said = -1;
    for (;;) {
      signal.throwIfAborted();
      const found = this.usable;
      if (found.length >= wanted || now() >= end) return found;
      if (found.length !== said) {
        const names = found.length > 0 ? ` (${found.map(({ name }) => name).join(', ')})` : '';
        this.told(
          `waiting for machines: ${found.length} of ${wanted} there${names}; start them with \`wasserwerk worker\``,
        );
        said = found.length;
      }
      const woken = new AbortController();
      const end_ = this.roster.onChange(() => woken.abort());
      await sleep(LOOK_MS, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(
        () => undefined,
      );
      end_();
    }
  }
}
