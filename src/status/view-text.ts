// The view of a run as JSON text, written once for each view however many ask for it. A view of 1024 nodes is a hundred
// kilobytes.

import type { RunView, StatusSource } from './source.js';

export class ViewText {
  #view: RunView | undefined;
  #text = '';
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(private readonly source: Pick<StatusSource, 'view'>) {}

  /** One line, without its end. */
  get text(): string {
    this.#renew();
    return this.#text;
  }

  get bytes(): Uint8Array {
    this.#renew();
    return this.#bytes;
  }

  #renew(): void {
    const view = this.source.view();
    // A source gives the same object while nothing has changed.
    if (view === this.#view) return;
    this.#view = view;
    // JSON.stringify writes what is not a finite number as null.
    this.#text = JSON.stringify(view);
    this.#bytes = new TextEncoder().encode(this.#text);
  }
}
