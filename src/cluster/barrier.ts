// Where workers that share a replica meet between exchanges: a counter and a phase in shared memory, a short spin, then
// sleep. Not a queue and not a lock.

/** Words of the control block that workers share. */
export const controlWord = {
  /** Next free engine number, taken once by each thread. */
  engines: 0,
  arrived: 1,
  phase: 2,
  aborted: 3,
  /** From here on, one claim flag per replica. */
  claims: 4,
} as const;

/** Thrown at a barrier after another worker has failed. */
export class BarrierAborted extends Error {
  readonly code = 'barrier-aborted';
}

/**
 * Rounds of spinning before a worker sleeps. A wake-up costs 25 to 50 us, a spin that meets its end 0.4 to 4 us
 * (docs/performance.md); where there are more workers than cores spinning only takes the core from the one waited for.
 */
const SPINS = 20_000;

export class Barrier {
  readonly #spins: number;

  constructor(
    private readonly control: Int32Array,
    private readonly workers: number,
    cores: number,
  ) {
    this.#spins = workers <= cores ? SPINS : 0;
  }

  /**
   * Waits until all workers have arrived.
   * @throws BarrierAborted
   */
  wait(): void {
    const { control, workers } = this;
    const phase = Atomics.load(control, controlWord.phase);
    if (Atomics.add(control, controlWord.arrived, 1) === workers - 1) {
      Atomics.store(control, controlWord.arrived, 0);
      Atomics.add(control, controlWord.phase, 1);
      Atomics.notify(control, controlWord.phase);
    } else {
      let spins = this.#spins;
      while (spins > 0 && Atomics.load(control, controlWord.phase) === phase) spins--;
      while (Atomics.load(control, controlWord.phase) === phase && !this.#aborted()) {
        Atomics.wait(control, controlWord.phase, phase);
      }
    }
    if (this.#aborted()) throw new BarrierAborted('another worker failed');
  }

  #aborted(): boolean {
    return Atomics.load(this.control, controlWord.aborted) !== 0;
  }
}

/** Lets everyone out of the barrier after a failure. */
export function abortBarrier(control: Int32Array): void {
  Atomics.store(control, controlWord.aborted, 1);
  Atomics.add(control, controlWord.phase, 1);
  Atomics.notify(control, controlWord.phase);
}
