// A bounded queue of observables between a run and its one reader. The run is held up while the queue is full and somebody
// reads; nothing is dropped. An observable that waits for the energy of its step holds those after it back.

import type { EnergyRecord, Observation } from '../estimate/mod.js';
import { LibraryError } from './errors.js';
import type { Observable } from './observable.js';

type Waiting = (result: IteratorResult<Observable, undefined> | Promise<never>) => void;

export class ObservableStream {
  #ready: Observable[] = [];
  /** Observations whose energy is not known yet, in order, and energies whose observation has not come. */
  #incomplete: Observation[] = [];
  readonly #energies = new Map<number, EnergyRecord>();
  #waiting: Waiting[] = [];
  #end: { readonly error?: unknown } | undefined;
  #isRead = false;
  #isClosed = false;
  #changed: (() => void)[] = [];

  /**
   * @param most observations that may wait before the run is held up
   * @param closed is called when the reader stops before the end
   */
  constructor(
    private readonly most: number,
    private readonly closed: () => void,
  ) {}

  /** Whether the run should wait for the reader. */
  get isFull(): boolean {
    const { length } = this.#ready;
    return this.#isRead && !this.#isClosed && !this.#end && length + this.#incomplete.length >= this.most;
  }

  /** Resolves when something has changed: read, closed, ended, or woken. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }

  /** Takes an observation; `expectsEnergy`: that of its step follows, or has come already. */
  add(observation: Observation, expectsEnergy: boolean): void {
    if (!this.#isRead || this.#isClosed) {
      this.#energies.clear();
      return;
    }
    if (expectsEnergy) this.#incomplete.push(observation);
    else this.#deliver({ ...observation, energy: undefined });
    this.#complete();
  }

  addEnergy(energy: EnergyRecord): void {
    if (!this.#isRead || this.#isClosed) return;
    this.#energies.set(energy.step, energy);
    this.#complete();
  }

  #complete(): void {
    while (this.#incomplete.length > 0) {
      const [first] = this.#incomplete;
      const energy = this.#energies.get(first.step);
      if (!energy) return;
      this.#incomplete.shift();
      this.#energies.delete(first.step);
      this.#deliver({ ...first, energy });
    }
  }

  #deliver(observable: Observable): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting({ value: observable, done: false });
    else this.#ready.push(observable);
  }

  /** Ends the stream: after what is queued the reader sees the end, or the error. */
  finish(end: { readonly error?: unknown } = {}): void {
    if (this.#end) return;
    // Energies that never came: the run failed, or was stopped at a step of which none is estimated.
    for (const observation of this.#incomplete.splice(0)) {
      this.#deliver({ ...observation, energy: this.#energies.get(observation.step) });
    }
    this.#end = end;
    for (const waiting of this.#waiting.splice(0)) waiting(this.#ending());
    this.wake();
  }

  #ending(): IteratorResult<Observable, undefined> | Promise<never> {
    const end = this.#end;
    // The error is told once; then the iterator is over, as those of the language are.
    this.#end = {};
    if (end && 'error' in end) return Promise.reject(asError(end.error));
    return { value: undefined, done: true };
  }

  /** The iterator; there is one. @throws LibraryError (`read-twice`) */
  read(): AsyncIterableIterator<Observable, undefined> {
    if (this.#isRead) {
      throw new LibraryError(
        'read-twice',
        'the observables of a run can be iterated once: simulate again, or keep what the first loop has seen',
      );
    }
    this.#isRead = true;
    const iterator: AsyncIterableIterator<Observable, undefined> = {
      next: () =>
        new Promise((resolve) => {
          const observable = this.#ready.shift();
          this.wake();
          if (observable) resolve({ value: observable, done: false });
          else if (this.#end || this.#isClosed) resolve(this.#ending());
          else this.#waiting.push(resolve);
        }),
      return: () => {
        if (!this.#isClosed) {
          this.#isClosed = true;
          this.#ready = [];
          this.#incomplete = [];
          this.#energies.clear();
          if (!this.#end) this.closed();
          for (const waiting of this.#waiting.splice(0)) waiting({ value: undefined, done: true });
          this.wake();
        }
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }
}

/** What was thrown, as an error. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
