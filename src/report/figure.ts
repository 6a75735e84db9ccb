// A figure: picture, caption, and the numbers behind it for those who want or need them. Figures are numbered as they come.

import { element, table, type Child, type Markup } from './markup.js';

export interface Numbers {
  readonly head: readonly Child[];
  readonly rows: readonly (readonly Child[])[];
}

/** Numbers the figures of a report. */
export class Figures {
  #count = 0;

  /** A figure with its numbers folded away below it. */
  add(picture: Child, caption: Child, numbers?: Numbers, className?: string): Markup {
    this.#count += 1;
    return element(
      'figure',
      { class: className },
      picture,
      element('figcaption', {}, element('b', {}, `Fig. ${this.#count}. `), caption),
      numbers &&
        element(
          'details',
          {},
          element('summary', {}, `Numbers of Fig. ${this.#count}`),
          table(undefined, numbers.head, numbers.rows),
        ),
    );
  }
}

/** Rows that a table of a time series shows. */
const tableRows = 12;

/** Indices of at most twelve entries of a list, first and last among them. */
export function sparse(length: number): number[] {
  const count = Math.min(length, tableRows);
  const all = Array.from({ length: count }, (_, k) =>
    count === 1 ? 0 : Math.round((k * (length - 1)) / (count - 1)),
  );
  return [...new Set(all)];
}
