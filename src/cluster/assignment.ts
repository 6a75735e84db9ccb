// Who does what until the next look: shards or whole replicas to workers, from predicted cost. Results do not depend on
// it. Costs are in particle-steps.

/**
 * How the work is cut: whole replicas need no messages between workers; nodes need one exchange per step. Where rates need
 * densities, all replicas depend on each other, and only nodes can be shared out: workers meet twice more in each exchange.
 */
export type Partition = 'replicas' | 'nodes';

export interface Assignment {
  readonly partition: Partition;
  /** Per worker: replicas (partition `replicas`) or shards (partition `nodes`), in the order they are worked on. */
  readonly work: readonly (readonly number[])[];
  /** Predicted cost of a step for each worker. */
  readonly load: readonly number[];
  /** Predicted step time: the largest load and, for `nodes`, the meetings. */
  readonly cost: number;
}

/** Work that comes with a shard however few particles it has (measured: about 80 ns, docs/performance.md). */
const SHARD_COST = 25;

/** A meeting of all workers (about 4 us where every worker has a core). */
const MEETING_COST = 800;

/** Meetings in an exchange: one, and where densities are added up, one before and one after that. */
const MEETINGS = { alone: 1, coupled: 3 } as const;

/** Looking through the emigrants of others, per particle. */
const SCAN_COST = 0.01;

/**
 * Assigns the work of a step.
 * @param counts particles per shard, shard (node g, replica k) at [k n + g]
 * @param coupled whether rates need densities, which couple all shards: then the partition is `nodes`, whatever is wanted
 */
export function assign(
  counts: ArrayLike<number>,
  nodes: number,
  workers: number,
  exchangesPerStep: number,
  partition: Partition | 'auto',
  coupled = false,
): Assignment {
  const shardCosts = Array.from(counts, (count) => count + SHARD_COST);
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  const choices: Assignment[] = [];
  if (partition !== 'nodes' && !coupled) {
    const replicaCosts: number[] = [];
    shardCosts.forEach((cost, shard) => {
      const replica = Math.floor(shard / nodes);
      replicaCosts[replica] = (replicaCosts[replica] ?? 0) + cost;
    });
    const { work, load } = longestFirst(replicaCosts, workers);
    choices.push({ partition: 'replicas', work, load, cost: Math.max(...load) });
  }
  if (coupled || (partition !== 'replicas' && workers > 1)) {
    const { work, load } = longestFirst(shardCosts, workers);
    const perExchange = coupled ? MEETINGS.coupled : MEETINGS.alone;
    const meetings = exchangesPerStep * (perExchange * MEETING_COST + SCAN_COST * total);
    choices.push({ partition: 'nodes', work, load, cost: Math.max(...load) + meetings });
  }
  // A single worker has nobody to share nodes with.
  if (choices.length === 0) return assign(counts, nodes, workers, exchangesPerStep, 'replicas');
  return choices.reduce((best, choice) => (choice.cost < best.cost ? choice : best));
}

/** Longest processing time first: each item, from the dearest, to the worker with the least load. */
export function longestFirst(
  costs: readonly number[],
  workers: number,
): { work: number[][]; load: number[] } {
  const work = Array.from({ length: workers }, (): number[] => []);
  const load = Array.from({ length: workers }, () => 0);
  const order = costs.map((_, index) => index).sort((a, b) => costs[b] - costs[a] || a - b);
  for (const index of order) {
    let least = 0;
    for (let w = 1; w < workers; w++) if (load[w] < load[least]) least = w;
    work[least].push(index);
    load[least] += costs[index];
  }
  return { work, load };
}
