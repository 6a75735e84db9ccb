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

/** Number of the heaviest node; of equal ones the first. */
function heaviestOf(living: readonly Living[]): number {
  let heaviest = 0;
  living.forEach(({ mass }, g) => {
    if (mass > living[heaviest].mass) heaviest = g;
  });
  return heaviest;
}

/** A node that is retired, and the one that gets its mass. */
export interface Retirement {
  readonly node: number;
  readonly heir: number;
}

/**
 * Nodes below the floor, past their grace; and those whose neighbours are all gone, from where mass finds no way. The heaviest of all
 * always stays.
 */
export function planRetirement(
  living: readonly Living[],
  edges: MassEdges,
  rules: GrowRules,
  step: number,
): Retirement[] {
  const heaviest = heaviestOf(living);
  const degree = new Int32Array(living.length);
  for (let e = 0; e < edges.from.length; e++) {
    degree[edges.from[e]] += 1;
    degree[edges.to[e]] += 1;
  }
  const leaves = living.map(({ mass, born, expanded }, g) => {
    // A node of the start that has not had neighbours yet is not cut off.
    const isCutOff = degree[g] === 0 && (expanded || born > 0);
    return (mass < rules.floor || isCutOff) && step - born >= rules.grace && g !== heaviest;
  });
  return withHeirs(living, edges, leaves);
}

/**
 * The lightest nodes past their grace, as many as must make room, but none that is as heavy as `mass`; of equal ones those born first. The
 * heaviest of all stays.
 */
export function planRoom(
  living: readonly Living[],
  edges: MassEdges,
  rules: GrowRules,
  step: number,
  wanted: { readonly room: number; readonly mass: number },
): Retirement[] {
  const heaviest = heaviestOf(living);
  const lightest = living
    .map(({ mass, born }, g) => ({
      mass,
      g,
      may: step - born >= rules.grace && g !== heaviest && mass < wanted.mass,
    }))
    .filter(({ may }) => may)
    .sort((a, b) => a.mass - b.mass || a.g - b.g)
    .slice(0, wanted.room);
  const leaving = new Set(lightest.map(({ g }) => g));
  return withHeirs(
    living,
    edges,
    living.map((_, g) => leaving.has(g)),
  );
}

/**
 * Those that leave, ascending, and for each the one that gets its mass: the heaviest neighbour that stays (of equal ones the first), else
 * the heaviest node.
 */
function withHeirs(living: readonly Living[], edges: MassEdges, leaves: readonly boolean[]): Retirement[] {
  const heaviest = heaviestOf(living);
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
  const plan: Retirement[] = [];
  leaves.forEach((isLeaving, node) => {
    if (isLeaving) plan.push({ node, heir: heirs[node] < 0 ? heaviest : heirs[node] });
  });
  return plan;
}

/** Nodes whose neighbours are to be born, the heaviest first; of equal ones the first. */
export function planBirths(living: readonly Living[], rules: GrowRules): number[] {
  const least = rules.birth * living[heaviestOf(living)].mass;
  return living
    .map(({ mass, expanded }, node) => ({ node, mass, wanted: !expanded && mass >= least }))
    .filter(({ wanted }) => wanted)
    .sort((a, b) => b.mass - a.mass || a.node - b.node)
    .map(({ node }) => node);
}

/**
 * Edges after a retirement: those of the retired go to their heirs, as their mass does, so that what was joined stays joined. Of edges that fall
 * together the heaviest stays.
 * @param plan of those that leave; an heir stays
 * @param numbers new numbers of the nodes that stay
 */
export function handEdges(edges: MassEdges, plan: readonly Retirement[], numbers: Int32Array): MassEdges {
  const place = Int32Array.from(numbers);
  for (const { node, heir } of plan) place[node] = numbers[heir];
  const places = new Map<number, number>();
  const from: number[] = [];
  const to: number[] = [];
  const weight: number[] = [];
  for (let e = 0; e < edges.from.length; e++) {
    const [a, b] = [place[edges.from[e]], place[edges.to[e]]];
    if (a === b) continue;
    const key = Math.min(a, b) * numbers.length + Math.max(a, b);
    const known = places.get(key);
    if (known !== undefined) {
      weight[known] = Math.max(weight[known], edges.weight[e]);
      continue;
    }
    places.set(key, from.length);
    from.push(a);
    to.push(b);
    weight.push(edges.weight[e]);
  }
  return { from: Int32Array.from(from), to: Int32Array.from(to), weight: Float64Array.from(weight) };
}
