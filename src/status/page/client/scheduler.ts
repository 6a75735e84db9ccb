// When parts of the page are drawn: in an animation frame, only what has changed, and not more in one frame than fits beside
// scrolling. What cannot be seen is drawn now and then: readers of screens and searches in the page find it all the same.

/** Milliseconds of a frame that drawing may take; what is left over waits for the next one. At least one part is drawn. */
const budget = 6;

/** Between two drawings of what cannot be seen. */
const unseenMs = 3000;

export interface Part {
  /** Drawn at once while this is near the visible part of the page. */
  readonly element: Element;
  draw(): void;
}

export class Scheduler {
  readonly #visible = new Set<Element>();
  readonly #changed = new Set<Part>();
  /** Of those that have changed: whose turn has come though they cannot be seen. */
  readonly #due = new Set<Part>();
  readonly #parts = new Map<Element, Part[]>();
  readonly #observer: IntersectionObserver;
  #isAsked = false;

  constructor() {
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) this.#visible.add(target);
          else this.#visible.delete(target);
        }
        this.#ask();
      },
      { rootMargin: '120px' },
    );
    setInterval(() => {
      for (const part of this.#changed) this.#due.add(part);
      this.#ask();
    }, unseenMs);
  }

  add(part: Part): void {
    const parts = this.#parts.get(part.element);
    if (parts) parts.push(part);
    else {
      this.#parts.set(part.element, [part]);
      this.#observer.observe(part.element);
    }
    this.changed(part);
  }

  /** The part is drawn soon, or once it can be seen. */
  changed(part: Part): void {
    this.#changed.add(part);
    this.#ask();
  }

  everythingChanged(): void {
    for (const parts of this.#parts.values()) for (const part of parts) this.#changed.add(part);
    this.#ask();
  }

  isVisible(element: Element): boolean {
    return this.#visible.has(element) && document.visibilityState === 'visible';
  }

  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#draw();
    });
  }

  #draw(): void {
    const start = performance.now();
    for (const part of this.#changed) {
      if (!this.#isDue(part)) continue;
      if (performance.now() - start > budget) {
        this.#ask();
        return;
      }
      this.#changed.delete(part);
      this.#due.delete(part);
      part.draw();
    }
  }

  #isDue(part: Part): boolean {
    return this.#visible.has(part.element) || this.#due.has(part);
  }
}
