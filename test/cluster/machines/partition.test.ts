// The graph partitioner: parts of the wanted sizes, and cuts that are known or at least better than chance.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutWeight, partitionGraph } from '../../../src/cluster/machines/partition.js';
import { generator, graphOf, grid, hypercube, loads, randomGraph, ring } from './graphs.js';

const alike = (count: number): number[] => Array.from({ length: count }, () => 1);
/** Each undirected edge counts in both directions. */
const cut = (graph: Parameters<typeof cutWeight>[0], parts: ArrayLike<number>): number =>
  cutWeight(graph, parts) / 2;

const anyGraph = fc
  .record({
    nodes: fc.integer({ min: 1, max: 60 }),
    edges: fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 150 }),
    edgeWeights: fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 }),
    nodeWeights: fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 }),
  })
  .map(({ nodes, edges, edgeWeights, nodeWeights }) =>
    graphOf(
      nodes,
      edges.map(([u, v]): [number, number] => [u % nodes, v % nodes]).filter(([u, v]) => u !== v),
      (i) => edgeWeights[i % edgeWeights.length],
      (v) => nodeWeights[v % nodeWeights.length],
    ),
  );
const anySizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 10 }), fc.constant(0)), {
  minLength: 1,
  maxLength: 9,
});

describe('partitionGraph', () => {
  it('puts every node into one part, none into parts that want nothing, and always alike', () => {
    fc.assert(
      fc.property(anyGraph, anySizes, (graph, sizes) => {
        const parts = partitionGraph(graph, sizes);
        expect(parts).toHaveLength(graph.nodeWeights.length);
        for (const part of parts) {
          expect(part).toBeGreaterThanOrEqual(0);
          expect(part).toBeLessThan(sizes.length);
          if (sizes.some((size) => size > 0)) expect(sizes[part]).toBeGreaterThan(0);
        }
        expect(partitionGraph(graph, sizes)).toEqual(parts);
      }),
    );
  });

  it('keeps parts within the tolerance plus the heaviest node', () => {
    fc.assert(
      fc.property(anyGraph, fc.integer({ min: 1, max: 8 }), (graph, count) => {
        const load = loads(graph, partitionGraph(graph, alike(count), 0.05), count);
        const total = graph.nodeWeights.reduce((a, b) => a + b, 0);
        const heaviest = Math.max(...graph.nodeWeights);
        // Each bisection may leave a part over by a node; half of that, and so on, is passed on.
        expect(Math.max(...load)).toBeLessThanOrEqual((1.05 * total) / count + 2 * heaviest);
      }),
    );
  });

  it.each([
    [8, 2],
    [64, 2],
    [64, 8],
    [1024, 16],
    [1 << 16, 2],
    [1 << 14, 64],
  ])('cuts a ring of %i into %i arcs', (n, count) => {
    const graph = ring(n);
    const parts = partitionGraph(graph, alike(count));
    // Two cut edges at each part.
    expect(cut(graph, parts)).toBe(count);
    for (const load of loads(graph, parts, count)) expect(load).toBeLessThanOrEqual((1.03 * n) / count);
  });

  it('cuts a grid of 32 x 32 into 4 at about 64 edges', () => {
    const graph = grid(32, 32);
    const parts = partitionGraph(graph, alike(4));
    expect(cut(graph, parts)).toBeLessThanOrEqual(70);
    expect(Math.max(...loads(graph, parts, 4))).toBeLessThanOrEqual(256 * 1.03);
  });

  it('cuts a hypercube along its axes', () => {
    const graph = hypercube(10);
    // A coordinate of the cube is 2^9 edges, which is the best there is.
    expect(cut(graph, partitionGraph(graph, alike(2)))).toBeLessThanOrEqual(512 * 1.1);
    expect(cut(graph, partitionGraph(graph, alike(4)))).toBeLessThanOrEqual(1024 * 1.1);
  });

  it.each([1, 2, 3])('is better than chance on random graphs (seed %i)', (seed) => {
    const graph = randomGraph(2000, 6, seed);
    const next = generator(seed + 77);
    const chance = Int32Array.from({ length: 2000 }, () => next(4));
    expect(cut(graph, partitionGraph(graph, alike(4)))).toBeLessThan(0.7 * cut(graph, chance));
  });

  it('is never worse than a balanced partition by chance', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 12, max: 80 }),
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 1 }),
        (n, count, seed) => {
          const graph = randomGraph(n, 4, seed);
          const next = generator(seed + 1);
          const shuffled = Array.from({ length: n }, (_, v) => v % count);
          for (let i = n - 1; i > 0; i--) {
            const j = next(i + 1);
            [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
          }
          const parts = partitionGraph(graph, alike(count));
          expect(cut(graph, parts)).toBeLessThanOrEqual(cut(graph, shuffled));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('follows weights of edges and nodes', () => {
    // A ring with two thin places that do not halve it, but halve its weight.
    const n = 60;
    const edges = Array.from({ length: n }, (_, v): [number, number] => [v, (v + 1) % n]);
    const graph = graphOf(
      n,
      edges,
      (i) => (i === 19 || i === 59 ? 0.01 : 1),
      (v) => (v < 20 ? 2 : 1),
    );
    const parts = partitionGraph(graph, [1, 1]);
    expect(cut(graph, parts)).toBeCloseTo(0.02);
    expect([...loads(graph, parts, 2)]).toEqual([40, 40]);
  });

  it('makes parts of different sizes', () => {
    const graph = grid(40, 40);
    const load = loads(graph, partitionGraph(graph, [1, 2, 5]), 3);
    [200, 400, 1000].forEach((wanted, part) => {
      expect(load[part]).toBeLessThanOrEqual(wanted * 1.03);
      expect(load[part]).toBeGreaterThan(wanted * 0.9);
    });
  });

  it('keeps components that fit together', () => {
    // Eight separate rings of 16.
    const edges = Array.from({ length: 128 }, (_, v): [number, number] => [v, (v & ~15) | ((v + 1) & 15)]);
    const graph = graphOf(128, edges);
    const parts = partitionGraph(graph, alike(4));
    expect(cut(graph, parts)).toBe(0);
    expect([...loads(graph, parts, 4)]).toEqual([32, 32, 32, 32]);
  });

  it('shares out nodes without edges', () => {
    const graph = graphOf(100, []);
    expect([...loads(graph, partitionGraph(graph, alike(5)), 5)]).toEqual([20, 20, 20, 20, 20]);
  });

  it('shares out a star and a complete graph', () => {
    const star = graphOf(
      2001,
      Array.from({ length: 2000 }, (_, i): [number, number] => [0, i + 1]),
    );
    const load = loads(star, partitionGraph(star, alike(4)), 4);
    expect(Math.max(...load)).toBeLessThanOrEqual((2001 / 4) * 1.03);
    const complete = graphOf(
      24,
      Array.from({ length: 24 }, (_, u) =>
        Array.from({ length: 24 - u - 1 }, (__, i): [number, number] => [u, u + 1 + i]),
      ).flat(),
    );
    expect([...loads(complete, partitionGraph(complete, alike(6)), 6)]).toEqual(alike(6).map(() => 4));
  });

  it('gives each node a part of its own where there are more parts', () => {
    const parts = partitionGraph(ring(8), alike(21));
    expect(new Set(parts).size).toBe(8);
    expect(partitionGraph(graphOf(0, []), alike(3))).toHaveLength(0);
  });

  it('stands zero and extreme weights', () => {
    const graph = ring(64);
    const zero = { ...graph, nodeWeights: new Float64Array(64), edgeWeights: new Float64Array(128) };
    expect(Math.max(...loads(graph, partitionGraph(zero, alike(4)), 4))).toBeLessThanOrEqual(17);
    for (const scale of [Number.MIN_VALUE, 1e-300, Number.MAX_VALUE]) {
      const scaled = {
        ...graph,
        nodeWeights: graph.nodeWeights.map(() => scale),
        edgeWeights: graph.edgeWeights.map(() => scale),
      };
      expect(cut(graph, partitionGraph(scaled, alike(4)))).toBe(4);
    }
    // One node is heavier than all others together: it is alone in its part.
    const heavy = { ...graph, nodeWeights: graph.nodeWeights.map((_, v) => (v === 5 ? 1e6 : 1)) };
    const parts = partitionGraph(heavy, [1, 1]);
    expect([...parts].filter((part) => part === parts[5])).toHaveLength(1);
  });

  it('refuses what is no graph', () => {
    const graph = ring(8);
    expect(() => partitionGraph({ ...graph, nodeWeights: graph.nodeWeights.map(() => NaN) }, [1, 1])).toThrow(
      /nodeWeights\[0\] is NaN/,
    );
    expect(() => partitionGraph({ ...graph, edgeWeights: graph.edgeWeights.map(() => -1) }, [1])).toThrow(
      /edgeWeights\[0\]/,
    );
    expect(() => partitionGraph({ ...graph, offsets: graph.offsets.slice(1) }, [1])).toThrow(/offsets/);
    expect(() => partitionGraph(graph, [])).toThrow(/at least one part/);
    const oneWay = { ...graph, targets: graph.targets.map((target) => (target === 3 ? 2 : target)) };
    expect(() => partitionGraph(oneWay, [1, 1])).toThrow(/no way back/);
  });
});
