// Which nodes a report shows by name, and in which hue: all of a small graph, else those with the most mass at the end. One
// choice for the whole report, so that a node looks the same everywhere.

import type { ReportData } from './data.js';

/** Up to this many nodes have a line and a panel of their own. */
export const mostNamed = 12;

export interface NamedNode {
  readonly index: number;
  readonly name: string;
  readonly hue: number;
}

export interface NodeChoice {
  readonly named: readonly NamedNode[];
  /** Whether these are all nodes. */
  readonly isAll: boolean;
  /** All nodes, the heaviest first. */
  readonly byMass: readonly number[];
}

export function chooseNodes({ manifest, observations }: ReportData): NodeChoice {
  const { nodeNames } = manifest;
  const last = observations.at(-1);
  const mass = (g: number): number => last?.mass[g] ?? 0;
  const byMass = nodeNames.map((_, g) => g).sort((a, b) => mass(b) - mass(a) || a - b);
  const isAll = nodeNames.length <= mostNamed;
  const chosen = isAll ? nodeNames.map((_, g) => g) : byMass.slice(0, mostNamed);
  return {
    named: chosen.map((index, hue) => ({ index, name: nodeNames[index], hue })),
    isAll,
    byMass,
  };
}

/** How a caption speaks of the chosen nodes. */
export function nodesInWords({ named, isAll, byMass }: NodeChoice): string {
  return isAll ? 'every node' : `the ${named.length} heaviest of ${byMass.length} nodes`;
}
