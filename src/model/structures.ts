// Structures as words of letters 0 … count-1 of a fixed length, and what is one edit away: one letter changed. The built-in family of `grow`
// for formulas; objectives of other kinds have structures of their own. A node's name is its word: "0110", or "3.12.7" where there are
// more than ten letters.

import type { GrowSpec } from '../config/mod.js';

/** `grow.letters`. */
export type StructureSpec = NonNullable<GrowSpec['letters']>;

/** Letters that are written side by side. */
const ONE_DIGIT = 10;

export class StructureSpace {
  constructor(private readonly spec: StructureSpec) {}

  /** The name of the letters in formulas. */
  get name(): string {
    return this.spec.name;
  }

  /** The word of zeros. */
  get zero(): string {
    return this.text(new Float64Array(this.spec.length));
  }

  /** The letters of a word; undefined if it is none of this space. */
  read(word: string): Float64Array | undefined {
    const { length, count } = this.spec;
    const texts = count <= ONE_DIGIT ? Array.from(word) : word.split('.');
    if (texts.length !== length || !texts.every((text) => /^(0|[1-9]\d*)$/u.test(text))) return undefined;
    const values = Float64Array.from(texts, Number);
    return values.every((value) => value < count) ? values : undefined;
  }

  /** @throws RangeError if this is no word of this space */
  lettersOf(word: string): Float64Array {
    const letters = this.read(word);
    if (!letters) throw new RangeError(`"${word}" is no word of ${this.spec.length} letters`);
    return letters;
  }

  /** A word as text. */
  text(letters: ArrayLike<number>): string {
    return Array.from(letters).join(this.spec.count <= ONE_DIGIT ? '' : '.');
  }

  /** Words one edit away, place by place, and the weight of the edge. */
  neighbours(word: string): { readonly node: string; readonly weight: number }[] {
    const { count, edit, weight } = this.spec;
    const letters = this.lettersOf(word);
    const found: { node: string; weight: number }[] = [];
    letters.forEach((own, place) => {
      const others =
        edit === 'step'
          ? [own - 1, own + 1].filter((other) => other >= 0 && other < count)
          : Array.from({ length: count }, (_, other) => other).filter((other) => other !== own);
      for (const other of others) {
        const changed = letters.slice();
        changed[place] = other;
        found.push({ node: this.text(changed), weight });
      }
    });
    return found;
  }
}
