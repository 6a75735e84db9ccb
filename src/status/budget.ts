// A budget of time: answers may take a small part of the main thread's time in the long run. Who comes when it is used up is told to
// come again later. Not a measure of how busy the run is.

import { BURST_SECONDS, SHARE_OF_TIME } from './limits.js';

/** Seconds that any request costs beside its handler: parsing, headers, system calls. */
const PER_REQUEST = 1e-4;
/** Bytes of an answer that cost a second: reading records and writing them again. */
const BYTES_PER_SECOND = 64 * 1024 * 1024;

export class Budget {
  #left = BURST_SECONDS;
  #at: number;

  /** @param clock seconds since some moment */
  constructor(
    private readonly share = SHARE_OF_TIME,
    private readonly clock: () => number = () => performance.now() / 1000,
  ) {
    this.#at = clock();
  }

  /** Whether there is something left; what any request costs is taken. */
  admit(): boolean {
    const time = this.clock();
    this.#left = Math.min(BURST_SECONDS, this.#left + (time - this.#at) * this.share);
    this.#at = time;
    if (this.#left <= 0) return false;
    this.#left -= PER_REQUEST;
    return true;
  }

  spend(seconds: number, bytes = 0): void {
    this.#left -= seconds + bytes / BYTES_PER_SECOND;
  }

  /** Runs something, and spends the time until it returns. */
  measure<T>(work: () => T): T {
    const started = this.clock();
    try {
      return work();
    } finally {
      this.spend(this.clock() - started);
    }
  }
}
