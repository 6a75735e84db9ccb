// A list that never grows beyond a limit: when it is full, every second item goes. What is left is spread evenly over all that
// was ever added, and the newest is always there.

/** Items 0, s, 2s, … of those added, and the last; s is a power of two. */
export class Decimated<Item> {
  readonly #limit: number;
  #kept: Item[] = [];
  #stride = 1;
  #added = 0;
  #newest: Item | undefined;

  /** @param limit most items that are kept, at least 4 */
  constructor(limit: number) {
    this.#limit = Math.max(4, limit);
  }

  add(item: Item): void {
    if (this.#added % this.#stride === 0) {
      if (this.#kept.length >= this.#limit) {
        this.#kept = this.#kept.filter((_, k) => k % 2 === 0);
        this.#stride *= 2;
      }
      if (this.#added % this.#stride === 0) this.#kept.push(item);
    }
    this.#newest = item;
    this.#added += 1;
  }

  /** In the order they were added. */
  items(): readonly Item[] {
    const newest = this.#newest;
    return newest === undefined || this.#kept.at(-1) === newest ? this.#kept : [...this.#kept, newest];
  }

  get last(): Item | undefined {
    return this.#newest;
  }

  /** How many were added, kept or not. */
  get added(): number {
    return this.#added;
  }
}
