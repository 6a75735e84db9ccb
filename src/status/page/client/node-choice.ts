// Which nodes are shown by name, and in which hue: all of a small graph, else those a person has pinned and the heaviest. A
// node that stays keeps its place and hue.

import type { Numbers } from './api.js';

/** Up to this many nodes have a line, a bar and a panel of their own; as in reports. */
export const mostNamed = 12;
/** A node that is shown stays until one that is not is heavier by this factor. */
const hysteresis = 1.25;

export interface NamedNode {
  readonly index: number;
  readonly hue: number;
}

/** All nodes, the heaviest first; of equal ones, the first first. */
export function byMass(mass: Numbers): number[] {
  return Array.from(mass, (_, g) => g).sort((a, b) => (mass[b] ?? 0) - (mass[a] ?? 0) || a - b);
}

/** The nodes to show after those that were shown. */
export function chooseNodes(
  mass: Numbers,
  pinned: ReadonlySet<number>,
  before: readonly NamedNode[],
): readonly NamedNode[] {
  if (mass.length <= mostNamed) return Array.from(mass, (_, index) => ({ index, hue: index }));
  const shown = new Set(before.map(({ index }) => index));
  const weight = (g: number): number => (mass[g] ?? 0) * (shown.has(g) ? hysteresis : 1);
  const wanted = [
    ...Array.from(pinned).slice(0, mostNamed),
    ...Array.from(mass, (_, g) => g)
      .filter((g) => !pinned.has(g))
      .sort((a, b) => weight(b) - weight(a) || a - b),
  ].slice(0, mostNamed);
  const kept = before.filter(({ index }) => wanted.includes(index));
  const free = Array.from({ length: mostNamed }, (_, hue) => hue).filter(
    (hue) => !kept.some((node) => node.hue === hue),
  );
  const fresh = wanted
    .filter((g) => !kept.some(({ index }) => index === g))
    .map((index, k) => ({ index, hue: free[k] }));
  const chosen = [...kept, ...fresh].sort((a, b) => a.hue - b.hue);
  const isSame = chosen.length === before.length && chosen.every(({ index }, k) => index === before[k].index);
  return isSame ? before : chosen;
}

/** The nodes whose names contain a text, whatever its case: those that begin with it first, then the heavier. */
export function searchNodes(
  names: readonly string[],
  mass: Numbers,
  text: string,
  most: number,
): { found: number[]; total: number } {
  const wanted = text.trim().toLowerCase();
  const matches = Array.from(names.keys()).filter((g) => names[g].toLowerCase().includes(wanted));
  const rank = (g: number): number => {
    const name = names[g].toLowerCase();
    return name === wanted ? 0 : name.startsWith(wanted) ? 1 : 2;
  };
  matches.sort((a, b) => rank(a) - rank(b) || (mass[b] ?? 0) - (mass[a] ?? 0) || a - b);
  return { found: matches.slice(0, most), total: matches.length };
}
