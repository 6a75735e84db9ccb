// A canvas that is as sharp as the screen and as wide as its place; its height is the style sheet's.

export interface Surface {
  readonly context: CanvasRenderingContext2D;
  /** In pixels of the style sheet. */
  readonly width: number;
  readonly height: number;
}

const sizes = new WeakMap<HTMLCanvasElement, { width: number; height: number }>();
const watchers = new WeakMap<Element, () => void>();
const observer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    if (!(target instanceof HTMLCanvasElement)) continue;
    sizes.set(target, { width: contentRect.width, height: contentRect.height });
    watchers.get(target)?.();
  }
});

/** Calls `resized` when the canvas has another size than before, and at first. */
export function watchSize(canvas: HTMLCanvasElement, resized: () => void): void {
  watchers.set(canvas, resized);
  observer.observe(canvas);
}

export function unwatchSize(canvas: HTMLCanvasElement): void {
  watchers.delete(canvas);
  observer.unobserve(canvas);
}

/** The canvas emptied and ready to draw on; undefined while it has no size. */
export function surface(canvas: HTMLCanvasElement): Surface | undefined {
  const size = sizes.get(canvas);
  if (!size || size.width < 8 || size.height < 8) return undefined;
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  context.font = '12px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif';
  return { context, width: size.width, height: size.height };
}
