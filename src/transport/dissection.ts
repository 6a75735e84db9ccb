// In which order the cells of a box are eliminated: a tree of fronts, each with cells of its own and, as its border, the
// cells that come later and are coupled to what is eliminated up to here. Symbolic only: no numbers of a matrix.
//
// d = 1: from both ends to the middle, cell by cell, so that two can work at a time and fronts are as small as they get.
// d = 2: nested dissection (George 1973): a line of cells halves the region, and is eliminated after both halves. Coordinates
// that are periodic are cut open first.
//
//     ┌──────┬─┬──────┐       root: the line │ in the middle
//     │  A   │ │  B   │       children: A and B, halved in turn; leaves are small rectangles
//     └──────┴─┴──────┘

import type { Box } from './links.js';

export interface Front {
  /** Cells eliminated here, and cells of ancestors that they (or what is below) are coupled to; later ones last. */
  readonly own: readonly number[];
  readonly border: readonly number[];
  /** Indices of fronts, always smaller than this one's. */
  readonly children: readonly number[];
}

/** Fronts in an order in which children come before their parents; the last is the root. */
export interface Elimination {
  readonly fronts: readonly Front[];
  /** Pairs of neighbouring cells, the first one smaller. */
  readonly pairs: readonly (readonly [number, number])[];
}

interface Branch {
  readonly own: readonly number[];
  readonly children: readonly Branch[];
}

/** A leaf of nested dissection has at most this many cells. */
const leafCells = 4;

type Interval = readonly [number, number];

function branchOf(
  region: readonly Interval[],
  open: readonly boolean[],
  strides: readonly number[],
): Branch[] {
  const lengths = region.map(([low, high]) => high - low);
  const count = lengths.reduce((product, length) => product * length, 1);
  if (count === 0) return [];
  const layer = (k: number, at: number): number[] => {
    const cells: number[] = [];
    const walk = (j: number, base: number): void => {
      if (j === region.length) {
        cells.push(base);
        return;
      }
      const [low, high] = j === k ? [at, at + 1] : region[j];
      for (let i = low; i < high; i++) walk(j + 1, base + i * strides[j]);
    };
    walk(0, 0);
    return cells;
  };
  const cut = (k: number, at: number, isOpen: readonly boolean[]): Branch => {
    const part = (interval: Interval): Branch[] =>
      branchOf(
        region.map((own, j) => (j === k ? interval : own)),
        isOpen,
        strides,
      );
    return {
      own: layer(k, at),
      children: [...part([region[k][0], at]), ...part([at + 1, region[k][1]])],
    };
  };
  const closed = open.indexOf(false);
  if (closed >= 0) {
    return [
      cut(
        closed,
        region[closed][0],
        open.map((isOpen, j) => isOpen || j === closed),
      ),
    ];
  }
  if (region.length === 1) {
    const [low, high] = region[0];
    const middle = (low + high) >> 1;
    const chain = (from: number, to: number, step: number): Branch[] => {
      let below: Branch[] = [];
      for (let i = from; i !== to; i += step) below = [{ own: [i], children: below }];
      return below;
    };
    return [{ own: [middle], children: [...chain(low, middle, 1), ...chain(high - 1, middle, -1)] }];
  }
  if (count <= leafCells) {
    const own: number[] = [];
    for (let i = region[0][0]; i < region[0][1]; i++) own.push(...layer(0, i));
    return [{ own, children: [] }];
  }
  const longest = lengths.indexOf(Math.max(...lengths));
  return [cut(longest, (region[longest][0] + region[longest][1]) >> 1, open)];
}

/** The elimination of all cells of a box. */
export function eliminationOf({ sizes, periodic }: Box): Elimination {
  const strides = new Array<number>(sizes.length).fill(1);
  for (let k = sizes.length - 2; k >= 0; k--) strides[k] = strides[k + 1] * sizes[k + 1];
  const count = strides[0] * sizes[0];
  const isRing = sizes.map((size, k) => periodic[k] && size > 2);

  const neighbours: number[][] = Array.from({ length: count }, () => []);
  const pairs: [number, number][] = [];
  for (let cell = 0; cell < count; cell++) {
    sizes.forEach((size, k) => {
      const position = Math.floor(cell / strides[k]) % size;
      if (position === size - 1 && !isRing[k]) return;
      const other = cell + (position === size - 1 ? -position : 1) * strides[k];
      neighbours[cell].push(other);
      neighbours[other].push(cell);
      pairs.push([Math.min(cell, other), Math.max(cell, other)]);
    });
  }

  // Postorder without recursion: chains are as deep as a line is long.
  const roots = branchOf(
    sizes.map((size): Interval => [0, size]),
    isRing.map((ring) => !ring),
    strides,
  );
  const order: { branch: Branch; children: number[] }[] = [];
  const stack: { branch: Branch; next: number; children: number[] }[] = [
    { branch: roots[0], next: 0, children: [] },
  ];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next < top.branch.children.length) {
      stack.push({ branch: top.branch.children[top.next++], next: 0, children: [] });
      continue;
    }
    stack.pop();
    stack.at(-1)?.children.push(order.length);
    order.push({ branch: top.branch, children: top.children });
  }

  const rank = new Int32Array(count);
  let ranks = 0;
  for (const { branch } of order) for (const cell of branch.own) rank[cell] = ranks++;
  const borders: number[][] = [];
  const fronts = order.map(({ branch: { own }, children }): Front => {
    const last = rank[own[own.length - 1]];
    const cells = new Set<number>();
    for (const cell of own) for (const other of neighbours[cell]) if (rank[other] > last) cells.add(other);
    for (const child of children)
      for (const other of borders[child]) if (rank[other] > last) cells.add(other);
    const border = [...cells].sort((a, b) => rank[a] - rank[b]);
    borders.push(border);
    return { own, border, children };
  });
  return { fronts, pairs };
}
