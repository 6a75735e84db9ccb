// Handlers that can be added, taken away, and told something. What every Transport needs three times, and no more.

export type Handler<T> = (value: T) => void;

/** Anything thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

export class Listeners<T> {
  readonly #handlers = new Set<{ readonly handler: Handler<T> }>();

  /** `onThrow` is told what a handler throws; the other handlers are called all the same. */
  constructor(private readonly onThrow: (error: Error) => void) {}

  get size(): number {
    return this.#handlers.size;
  }

  /** Returns a function that takes the handler away. */
  add(handler: Handler<T>): () => void {
    const entry = { handler };
    this.#handlers.add(entry);
    return () => {
      this.#handlers.delete(entry);
    };
  }

  tell(value: T): void {
    for (const entry of [...this.#handlers]) {
      if (!this.#handlers.has(entry)) continue;
      try {
        entry.handler(value);
      } catch (thrown) {
        this.onThrow(asError(thrown));
      }
    }
  }
}

/** Listeners to trouble. What one of them throws goes nowhere: there is nobody left to tell. */
export function troubleListeners(): Listeners<Error> {
  return new Listeners<Error>(() => undefined);
}
