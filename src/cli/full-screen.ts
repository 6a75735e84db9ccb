// The whole terminal for a while: another screen, no cursor, keys without Return. Whatever ends the process, the terminal is as before
// then. What is drawn comes from elsewhere.

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/** Signals that end the program, and the exit code of each. */
const SIGNALS = { SIGTERM: 143, SIGHUP: 129, SIGINT: 130 } as const;

export class FullScreen {
  readonly #left = new AbortController();
  readonly #draw: (size: { width: number; height: number }) => readonly string[];
  #isRestored = false;
  readonly #restore = (): void => {
    if (this.#isRestored) return;
    this.#isRestored = true;
    process.stdout.write(LEAVE);
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
  };
  readonly #onKey = (key: Buffer): void => {
    if (key.includes(0x03) || key.toString('latin1').toLowerCase().includes('q')) this.#left.abort();
  };
  readonly #onResize = (): void => {
    this.redraw();
  };
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#restore();
    process.exit(SIGNALS[signal as keyof typeof SIGNALS]);
  };

  /** @param draw lines for a size; called at `redraw` and when the size changes */
  constructor(draw: (size: { width: number; height: number }) => readonly string[]) {
    this.#draw = draw;
    process.once('exit', this.#restore);
    for (const signal of Object.keys(SIGNALS)) process.on(signal, this.#onSignal);
    process.stdout.on('resize', this.#onResize);
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.on('data', this.#onKey).resume();
    process.stdout.write(ENTER);
    this.redraw();
  }

  /** Aborted when a person wants to leave. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  redraw(): void {
    const { columns, rows } = process.stdout;
    // One column stays free: a full last column makes some terminals wrap.
    const lines = this.#draw({ width: Math.max(1, columns - 1), height: rows });
    const text = lines.map((line) => `${line}${REST_OF_LINE}`).join('\r\n');
    process.stdout.write(`${HOME}${text}${REST_OF_SCREEN}`);
  }

  close(): void {
    process.off('exit', this.#restore);
    for (const signal of Object.keys(SIGNALS)) process.off(signal, this.#onSignal);
    process.stdout.off('resize', this.#onResize);
    process.stdin.off('data', this.#onKey).pause();
    process.stdin.unref();
    this.#restore();
  }
}
