// Pause and go on: SIGUSR1 holds a run up at its next look, SIGUSR2 lets it go on; the status endpoint may ask for the same. Nothing is lost
// meanwhile, and a stop ends a pause.

export class Gate {
  #isClosed = false;
  /** What the run waits for, once it has asked. */
  #hold: { readonly promise: Promise<void>; readonly release: () => void } | undefined;
  readonly #onPause = (): void => {
    if (this.pause()) this.say('SIGUSR1: the run pauses at its next look; SIGUSR2 lets it go on');
  };
  readonly #onResume = (): void => {
    if (this.resume()) this.say('SIGUSR2: the run goes on');
  };
  readonly #onStop = (): void => {
    this.#isClosed = false;
    this.poke();
  };

  constructor(
    private readonly stop: AbortSignal,
    private readonly say: (text: string) => void,
  ) {
    process.on('SIGUSR1', this.#onPause).on('SIGUSR2', this.#onResume);
    stop.addEventListener('abort', this.#onStop);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Undefined unless the run is to be held up. */
  get passed(): Promise<void> | undefined {
    if (!this.#isClosed) return undefined;
    if (!this.#hold) {
      let release = (): void => undefined;
      const promise = new Promise<void>((resolve) => (release = resolve));
      // A promise alone keeps no process alive.
      const alive = setInterval(() => undefined, ALIVE_MS);
      this.#hold = {
        promise,
        release: () => {
          clearInterval(alive);
          release();
        },
      };
    }
    return this.#hold.promise;
  }

  /** Holds the run up at its next look. Returns whether that is new. */
  pause(): boolean {
    if (this.#isClosed || this.stop.aborted) return false;
    this.#isClosed = true;
    return true;
  }

  /** Lets the run go on. Returns whether that is new. */
  resume(): boolean {
    if (!this.#isClosed) return false;
    this.#isClosed = false;
    this.poke();
    return true;
  }

  /** Has a run that is held up ask again: something is wanted of it while it waits. */
  poke(): void {
    const hold = this.#hold;
    this.#hold = undefined;
    hold?.release();
  }

  close(): void {
    process.off('SIGUSR1', this.#onPause).off('SIGUSR2', this.#onResume);
    this.stop.removeEventListener('abort', this.#onStop);
    this.#onStop();
  }
}

const ALIVE_MS = 60_000;
