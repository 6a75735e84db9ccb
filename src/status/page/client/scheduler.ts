// When parts of the page are drawn: in an animation frame, only what has changed and can be seen, and not more in one frame
// than fits beside scrolling.

/** Milliseconds of a frame that drawing may take; what is left over waits for the next one. At least one part is drawn. */
const budget = 6;

export interface Part {
  /** Drawn only while this is near the visible part of the page. */
  readonly element: Element;
  draw(): void;
}

export class Scheduler {
  readonly #visible = new Set<Element>();
  readonly #changed = new Set<Part>();
  readonly #parts = new Map<Element, Part[]>();
  readonly #observer: IntersectionObserver;
  #frame: number | undefined;

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
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#draw();
    });
  }

  #draw(): void {
    const start = performance.now();
    for (const part of this.#changed) {
      if (!this.#visible.has(part.element)) continue;
      this.#changed.delete(part);
      part.draw();
      if (performance.now() - start > budget) break;
    }
    for (const part of this.#changed) {
      if (!this.#visible.has(part.element)) continue;
      this.#ask();
      return;
    }
  }
}
