// Where compute threads wait for what comes from other machines: a counter per gate in shared memory, which the thread that
// does the input and output opens. Not a barrier among threads (barrier.ts).
//
//   word 0: not 0 once the epoch is given up     word 1 + i: gate i, the number of exchanges that may pass (modulo 2^32)

import { BarrierAborted } from '../barrier.js';

/** How many words the gates need: two a group, for emigrants and for densities. */
export const gateWords = (groups: number): number => 1 + 2 * groups;

/** The gate of a group's emigrants, and of the densities that its steps need. */
export const emigrantGate = (group: number): number => 1 + 2 * group;
export const densityGate = (group: number): number => 2 + 2 * group;

export class Gates {
  constructor(private readonly words: Int32Array) {}

  /** Lets exchange `exchange` and all before it pass. */
  open(gate: number, exchange: number): void {
    Atomics.store(this.words, gate, (exchange + 1) | 0);
    Atomics.notify(this.words, gate);
  }

  /**
   * Waits until exchange `exchange` may pass.
   * @throws BarrierAborted once the epoch is given up
   */
  wait(gate: number, exchange: number): void {
    const { words } = this;
    for (;;) {
      const open = Atomics.load(words, gate);
      if (this.given) throw new BarrierAborted('the work was given up');
      // Exchanges are counted modulo 2^32: the difference tells which is later.
      if (((open - (exchange + 1)) | 0) >= 0) return;
      Atomics.wait(words, gate, open);
    }
  }

  /** Whether the epoch was given up. */
  get given(): boolean {
    return Atomics.load(this.words, 0) !== 0;
  }

  /** Gives the epoch up: whoever waits or comes to wait is thrown out. */
  giveUp(): void {
    const { words } = this;
    Atomics.store(words, 0, 1);
    for (let gate = 1; gate < words.length; gate++) {
      // Changed, so that a thread just about to sleep does not.
      Atomics.add(words, gate, 1);
      Atomics.notify(words, gate);
    }
  }
}
