// Who gets which work: everything is given out once, and evenly. Predicted loads only; that results do not depend on the
// assignment is test/integration/bit-identity.test.ts.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, longestFirst } from '../../src/cluster/assignment.js';
import { replicaCount } from '../../src/particles/mod.js';

const costs = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 60 });
const workerCounts = fc.integer({ min: 1, max: 9 });
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const sorted = (work: readonly (readonly number[])[]): number[] => work.flat().sort((a, b) => a - b);
const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** (largest - smallest) / mean. */
const spread = (load: readonly number[]): number =>
  (Math.max(...load) - Math.min(...load)) / (sum(load) / load.length);

describe('longestFirst', () => {
  it('gives every item to one worker, with the loads that follow', () => {
    fc.assert(
      fc.property(costs, workerCounts, (items, workers) => {
        const { work, load } = longestFirst(items, workers);
        expect(work).toHaveLength(workers);
        expect(sorted(work)).toEqual(range(items.length));
        expect(load).toEqual(work.map((own) => sum(own.map((i) => items[i]))));
      }),
    );
  });

  it('keeps the bounds of list scheduling, and no worker is ahead by more than its last item', () => {
    fc.assert(
      fc.property(costs, workerCounts, (items, workers) => {
        const { work, load } = longestFirst(items, workers);
        const byCost = [...items].sort((a, b) => b - a);
        // Lower bounds of the best: the mean, the largest, and two of the first w + 1 share a worker.
        const best = Math.max(
          sum(items) / workers,
          byCost[0],
          items.length > workers ? byCost[workers - 1] + byCost[workers] : 0,
        );
        // List scheduling of any order stays below mean + (1 - 1/w) largest.
        expect(Math.max(...load)).toBeLessThanOrEqual(
          sum(items) / workers + (1 - 1 / workers) * byCost[0] + 1e-6,
        );
        expect(Math.max(...load)).toBeGreaterThanOrEqual(best - 1e-6);
        const least = Math.min(...load);
        for (const own of work) {
          if (own.length === 0) continue;
          expect(sum(own.map((i) => items[i])) - items[own[own.length - 1]]).toBeLessThanOrEqual(least);
        }
      }),
    );
  });

  it('hands items out from the dearest, equal ones in their order, and always alike', () => {
    expect(longestFirst([1, 5, 3, 3], 2)).toEqual({
      work: [
        [1, 0],
        [2, 3],
      ],
      load: [6, 6],
    });
    expect(longestFirst([], 2)).toEqual({ work: [[], []], load: [0, 0] });
    expect(longestFirst([2, 2, 2], 5).work.slice(0, 3)).toEqual([[0], [1], [2]]);
  });
});

/** Particles per shard of a ring with masses of the shape of a V, nearly all on node 0. */
function ringCounts(nodes: number, replicas: number, particles: number): number[] {
  const weights = range(nodes).map((g) => Math.exp(-3 * Math.min(g, nodes - g)));
  return range(replicas).flatMap(() =>
    weights.map((weight) => Math.round(((weight / sum(weights)) * particles) / replicas)),
  );
}

describe('assign', () => {
  const particles = 1_000_000;
  const replicas = replicaCount({
    particleCount: particles,
    dimension: 2,
    integrator: 'euler-maruyama',
    precision: 'f32',
    graph: { nodeCount: 8 },
  });
  const counts = ringCounts(8, replicas, particles);

  it('is about a ring that has nearly all of its mass on one node', () => {
    expect(counts[0] / sum(counts.slice(0, 8))).toBeGreaterThan(0.9);
    expect(replicas).toBeGreaterThan(1);
  });

  it.each([2, 3, 4])(
    'shares replicas out so that loads of %i workers differ by less than 15 %',
    (workers) => {
      const plan = assign(counts, 8, workers, 1, 'replicas');
      expect(plan.partition).toBe('replicas');
      expect(spread(plan.load)).toBeLessThan(0.15);
      expect(sorted(plan.work)).toEqual(range(replicas));
    },
  );

  it('takes replicas there when it may choose, for they cost no meetings', () => {
    expect(assign(counts, 8, 2, 1, 'auto').partition).toBe('replicas');
  });

  it('shares out nodes where there is one replica', () => {
    const even = new Array<number>(8).fill(50_000);
    const plan = assign(even, 8, 2, 1, 'auto');
    expect(plan.partition).toBe('nodes');
    expect(spread(plan.load)).toBe(0);
    // Unless there is so little to do that meetings cost more.
    expect(assign(new Array<number>(8).fill(10), 8, 2, 1, 'auto').partition).toBe('replicas');
  });

  it('lets a single worker have all of it, whatever is asked for', () => {
    for (const partition of ['nodes', 'replicas', 'auto'] as const) {
      const plan = assign([5, 6, 7, 8], 2, 1, 2, partition);
      expect(plan.partition).toBe('replicas');
      expect(plan.work).toEqual([[1, 0]]);
    }
  });

  it('gives every shard or replica to one worker and tells the cost', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 7 }),
        workerCounts,
        fc.constantFrom(1, 2),
        fc.constantFrom('nodes', 'replicas', 'auto'),
        fc.infiniteStream(fc.nat(200_000)),
        (nodes, replicaNumber, workers, exchanges, partition, stream) => {
          const some = range(nodes * replicaNumber).map(() => stream.next().value as number);
          const plan = assign(some, nodes, workers, exchanges, partition);
          const items = plan.partition === 'nodes' ? nodes * replicaNumber : replicaNumber;
          expect(plan.work).toHaveLength(workers);
          expect(sorted(plan.work)).toEqual(range(items));
          expect(sum(plan.load)).toBeGreaterThanOrEqual(sum(some));
          expect(plan.cost).toBeGreaterThanOrEqual(Math.max(...plan.load));
          if (workers > 1 && partition !== 'auto') expect(plan.partition).toBe(partition);
          // What is chosen is no dearer than what is not.
          for (const other of ['nodes', 'replicas'] as const) {
            if (partition !== 'auto') continue;
            expect(plan.cost).toBeLessThanOrEqual(assign(some, nodes, workers, exchanges, other).cost);
          }
        },
      ),
    );
  });

  it('shares out nodes, whatever is wanted, where densities couple replicas', () => {
    for (const partition of ['replicas', 'nodes', 'auto'] as const) {
      for (const workers of [1, 2, 5]) {
        const plan = assign([5000, 6000, 7000, 8000], 2, workers, 1, partition, true);
        expect(plan.partition).toBe('nodes');
        expect(sorted(plan.work)).toEqual([0, 1, 2, 3]);
        expect(plan.cost).toBeGreaterThan(Math.max(...plan.load));
      }
    }
  });
});
