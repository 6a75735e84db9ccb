// Where names stand beside the nodes of a drawn graph: outwards if they can, else on another side, where they lie on the fewest
// edges, and nowhere if they would lie on another name or node.

export interface Circle {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export interface Label {
  readonly node: number;
  readonly text: string;
  /** Left end of the base line. */
  readonly x: number;
  readonly y: number;
}

/** An edge, from end to end. */
export interface Segment {
  readonly from: { readonly x: number; readonly y: number };
  readonly to: { readonly x: number; readonly y: number };
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const gap = 5;
/** Above and below the base line of the type. */
const [ascent, descent] = [11, 4];

/**
 * Places for the names of some nodes; nodes with the empty name have none. Larger nodes are served first.
 *
 * @param widthOf width of a text as it will be drawn
 */
export function placeLabels(
  circles: readonly Circle[],
  segments: readonly Segment[],
  names: readonly string[],
  widthOf: (text: string) => number,
  width: number,
  height: number,
): Label[] {
  const taken: Box[] = [];
  const placed: Label[] = [];
  const order = Array.from(circles.keys())
    .filter((g) => names[g] !== '')
    .sort((a, b) => circles[b].radius - circles[a].radius || a - b);
  const mean = circles.reduce((sum, { x }) => sum + x / circles.length, 0);
  for (const g of order) {
    const { x, y, radius } = circles[g];
    const wide = widthOf(names[g]);
    const near = radius * 0.71 + 3;
    const right = { x: x + radius + gap, y: y + 4 };
    const left = { x: x - radius - gap - wide, y: y + 4 };
    const above = { x: x - wide / 2, y: y - radius - gap - 1 };
    const below = { x: x - wide / 2, y: y + radius + gap + ascent - 1 };
    const corners = [
      { x: x + near, y: y - near },
      { x: x + near, y: y + near + ascent },
      { x: x - near - wide, y: y - near },
      { x: x - near - wide, y: y + near + ascent },
    ];
    const outwards = x < mean - 1 ? [left, above, below, right] : [right, above, below, left];
    let best: { at: { x: number; y: number }; box: Box; crossed: number } | undefined;
    for (const at of [...outwards, ...corners]) {
      const box = { left: at.x, right: at.x + wide, top: at.y - ascent, bottom: at.y + descent };
      const isWithin = box.left >= 1 && box.right <= width - 1 && box.top >= 1 && box.bottom <= height - 1;
      const isFree =
        isWithin &&
        !taken.some((other) => overlap(box, other)) &&
        !circles.some((circle, k) => k !== g && covers(circle, box));
      if (!isFree) continue;
      const crossed = segments.reduce((count, segment) => count + Number(crosses(segment, box)), 0);
      if (!best || crossed < best.crossed) best = { at, box, crossed };
      if (crossed === 0) break;
    }
    if (!best) continue;
    taken.push(best.box);
    placed.push({ node: g, text: names[g], ...best.at });
  }
  return placed.sort((a, b) => a.node - b.node);
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function covers({ x, y, radius }: Circle, { left, right, top, bottom }: Box): boolean {
  const dx = Math.max(left - x, 0, x - right);
  const dy = Math.max(top - y, 0, y - bottom);
  return dx * dx + dy * dy < radius * radius;
}

/** Whether a part of a segment lies in a box: what is left of it after cutting off what lies beyond each side. */
function crosses({ from, to }: Segment, { left, right, top, bottom }: Box): boolean {
  let [start, end] = [0, 1];
  const cut = (at: number, by: number, low: number, high: number): void => {
    if (by === 0) {
      if (at < low || at > high) end = -1;
      return;
    }
    const [a, b] = [(low - at) / by, (high - at) / by];
    start = Math.max(start, Math.min(a, b));
    end = Math.min(end, Math.max(a, b));
  };
  cut(from.x, to.x - from.x, left, right);
  cut(from.y, to.y - from.y, top, bottom);
  return start <= end;
}
