// Longest first, to takers of different speed. Not for shards of one process: see cluster/assignment.ts.

/**
 * Deals items out, from the dearest, each to who would be done with it first; ties go by index.
 * @param speeds of the takers, > 0
 * @returns items of each taker, in the order they were dealt
 */
export function dealTo(costs: readonly number[], speeds: readonly number[]): number[][] {
  const taken = speeds.map((): number[] => []);
  const load = speeds.map(() => 0);
  const order = costs.map((_, item) => item).sort((a, b) => costs[b] - costs[a] || a - b);
  for (const item of order) {
    let best = 0;
    for (let taker = 1; taker < speeds.length; taker++) {
      if ((load[taker] + costs[item]) / speeds[taker] < (load[best] + costs[item]) / speeds[best])
        best = taker;
    }
    taken[best].push(item);
    load[best] += costs[item];
  }
  return taken;
}
