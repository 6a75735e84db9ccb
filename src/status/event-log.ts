// What happened in a run: the last events, numbered, and those who want to hear of new ones. Observations may come at every step; of
// those that follow each other within a second only the first is kept.

import type { RunEvent } from './source.js';

/** Events that are remembered. */
const REMEMBERED = 1000;
/** Milliseconds in which events of the same kind that come again and again are told once. */
const FREQUENT_MS = 1000;
const FREQUENT: readonly RunEvent['kind'][] = ['observation', 'energy', 'snapshot'];

export class EventLog {
  readonly #events: RunEvent[] = [];
  readonly #listeners = new Set<(event: RunEvent) => void>();
  readonly #told = new Map<RunEvent['kind'], number>();
  #id = 0;

  /** Notes an event and tells it. Looks are told, but not kept: they would push out all others. */
  add(kind: RunEvent['kind'], step: number, text: string, at = new Date()): void {
    if (FREQUENT.includes(kind)) {
      if (at.getTime() - (this.#told.get(kind) ?? -Infinity) < FREQUENT_MS) return;
      this.#told.set(kind, at.getTime());
    }
    if (kind !== 'look') this.#id++;
    const event: RunEvent = { id: this.#id, at: at.toISOString(), kind, step, text };
    if (kind !== 'look') {
      this.#events.push(event);
      if (this.#events.length > REMEMBERED) this.#events.shift();
    }
    for (const listener of [...this.#listeners]) listener(event);
  }

  after(id: number): readonly RunEvent[] {
    return this.#events.filter((event) => event.id > id);
  }

  subscribe(listener: (event: RunEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
