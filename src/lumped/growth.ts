// Births and deaths of nodes, as plans: who is retired and who inherits, who gets neighbours. Decided by masses and the order of nodes
// alone. Carrying a plan out is flow.ts.

import type { MassEdges } from './masses.js';
import type { GrowRules } from './problem.js';

/** A living node as plans see it. */
export interface Living {
  readonly mass: number;
  readonly born: number;
  readonly expanded: boolean;
}

/**
 * Nodes to retire, ascending, and for each the one that gets its mass: the heaviest neighbour that stays (of equal ones the first), else
 * the heaviest node that stays. The heaviest of all always stays.
 */
export function planRetirement(
  living: readonly Living[],
  edges: MassEdges,
  rules: GrowRules,
  step: number,
): { readonly node: number; readonly heir: number }[] {
  let heaviest = 0;
  living.forEach(({ mass }, g) => {
    if (mass > living[heaviest].mass) heaviest = g;
  });
  const leaves = living.map(
    ({ mass, born }, g) => mass < rules.floor && step - born >= rules.grace && g !== heaviest,
  );
  const heirs = new Int32Array(living.length).fill(-1);
  const consider = (node: number, heir: number): void => {
    if (!leaves[node] || leaves[heir]) return;
    const known = heirs[node];
    const isBetter =
      known < 0 ||
      living[heir].mass > living[known].mass ||
      (living[heir].mass === living[known].mass && heir < known);
    if (isBetter) heirs[node] = heir;
  };
  for (let e = 0; e < edges.from.length; e++) {
    consider(edges.from[e], edges.to[e]);
    consider(edges.to[e], edges.from[e]);
  }
  const plan: { node: number; heir: number }[] = [];
  leaves.forEach((isLeaving, node) => {
    if (isLeaving) plan.push({ node, heir: heirs[node] < 0 ? heaviest : heirs[node] });
  });
  return plan;
}

/** Nodes whose neighbours are to be born, the heaviest first; of equal ones the first. */
export function planBirths(living: readonly Living[], rules: GrowRules): number[] {
  return living
    .map(({ mass, expanded }, node) => ({ node, mass, wanted: !expanded && mass >= rules.birth }))
    .filter(({ wanted }) => wanted)
    .sort((a, b) => b.mass - a.mass || a.node - b.node)
    .map(({ node }) => node);
}

/** Edges without those of some nodes, and with the others' new numbers (-1: gone). */
export function keepEdges(edges: MassEdges, numbers: Int32Array): MassEdges {
  const kept: number[] = [];
  for (let e = 0; e < edges.from.length; e++) {
    if (numbers[edges.from[e]] >= 0 && numbers[edges.to[e]] >= 0) kept.push(e);
  }
  return {
    from: Int32Array.from(kept, (e) => numbers[edges.from[e]]),
    to: Int32Array.from(kept, (e) => numbers[edges.to[e]]),
    weight: Float64Array.from(kept, (e) => edges.weight[e]),
  };
}
