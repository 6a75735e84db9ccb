// Pause and go on, by signals: SIGUSR1 holds a run up at its next look, SIGUSR2 lets it go on. Nothing is lost meanwhile, and
// a stop ends a pause.

export class Gate {
  #open: (() => void) | undefined;
  #passed: Promise<void> | undefined;
  readonly #pause = (): void => {
    if (this.#passed || this.stop.aborted) return;
    this.#passed = new Promise((resolve) => {
      this.#open = resolve;
    });
    this.say('SIGUSR1: the run pauses at its next look; SIGUSR2 lets it go on');
  };
  readonly #resume = (): void => {
    if (!this.#passed) return;
    this.say('SIGUSR2: the run goes on');
    this.#release();
  };
  readonly #release = (): void => {
    this.#open?.();
    this.#passed = undefined;
  };

  constructor(
    private readonly stop: AbortSignal,
    private readonly say: (text: string) => void,
  ) {
    process.on('SIGUSR1', this.#pause).on('SIGUSR2', this.#resume);
    stop.addEventListener('abort', this.#release);
  }

  /** Undefined unless the run is to be held up. */
  get passed(): Promise<void> | undefined {
    return this.#passed;
  }

  close(): void {
    process.off('SIGUSR1', this.#pause).off('SIGUSR2', this.#resume);
    this.stop.removeEventListener('abort', this.#release);
    this.#release();
  }
}
