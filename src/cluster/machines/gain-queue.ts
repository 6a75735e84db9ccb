// A priority queue of nodes by gain: a binary heap that knows where each node stands, so that a gain can change. Equal
// gains come by index. For bisect.ts; not a general container.

export class GainQueue {
  readonly #heap: Int32Array;
  /** Place of a node in the heap, or -1. */
  readonly #place: Int32Array;
  readonly #gains: Float64Array;
  #size = 0;

  constructor(nodes: number) {
    this.#heap = new Int32Array(nodes);
    this.#place = new Int32Array(nodes).fill(-1);
    this.#gains = new Float64Array(nodes);
  }

  get size(): number {
    return this.#size;
  }

  has(node: number): boolean {
    return this.#place[node] >= 0;
  }

  /** The node of the largest gain; -1 if there is none. */
  get top(): number {
    return this.#size === 0 ? -1 : this.#heap[0];
  }

  /** Puts a node in, or changes its gain. */
  set(node: number, gain: number): void {
    this.#gains[node] = gain;
    let place = this.#place[node];
    if (place < 0) {
      place = this.#size++;
      this.#put(place, node);
    }
    this.#up(place);
    this.#down(this.#place[node]);
  }

  remove(node: number): void {
    const place = this.#place[node];
    if (place < 0) return;
    this.#place[node] = -1;
    const last = this.#heap[--this.#size];
    if (last === node) return;
    this.#put(place, last);
    this.#up(place);
    this.#down(this.#place[last]);
  }

  clear(): void {
    for (let i = 0; i < this.#size; i++) this.#place[this.#heap[i]] = -1;
    this.#size = 0;
  }

  #put(place: number, node: number): void {
    this.#heap[place] = node;
    this.#place[node] = place;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#gains[a] - this.#gains[b];
    return difference > 0 || (difference === 0 && a < b);
  }

  #up(start: number): void {
    const heap = this.#heap;
    const node = heap[start];
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#before(node, heap[parent])) break;
      this.#put(place, heap[parent]);
      place = parent;
    }
    this.#put(place, node);
  }

  #down(start: number): void {
    const heap = this.#heap;
    const node = heap[start];
    let place = start;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#before(heap[child + 1], heap[child])) child++;
      if (!this.#before(heap[child], node)) break;
      this.#put(place, heap[child]);
      place = child;
    }
    this.#put(place, node);
  }
}
