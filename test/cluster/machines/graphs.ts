// Graphs to cut, in compressed rows, and what is asked of a partition.

import type { PartitionInput } from '../../../src/cluster/machines/partition.js';

export interface TestGraph extends PartitionInput {
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  readonly edgeWeights: Float64Array;
  readonly nodeWeights: Float64Array;
}

/** From undirected edges, each once. */
export function graphOf(
  nodes: number,
  edges: readonly (readonly [number, number])[],
  weightOfEdge: (index: number) => number = () => 1,
  weightOfNode: (node: number) => number = () => 1,
): TestGraph {
  const rows: [number, number][][] = Array.from({ length: nodes }, () => []);
  edges.forEach(([u, v], index) => {
    rows[u].push([v, weightOfEdge(index)]);
    rows[v].push([u, weightOfEdge(index)]);
  });
  const offsets = new Int32Array(nodes + 1);
  rows.forEach((row, v) => {
    row.sort((a, b) => a[0] - b[0]);
    offsets[v + 1] = offsets[v] + row.length;
  });
  return {
    offsets,
    targets: Int32Array.from(rows.flat(), ([target]) => target),
    edgeWeights: Float64Array.from(rows.flat(), ([, weight]) => weight),
    nodeWeights: Float64Array.from({ length: nodes }, (_, node) => weightOfNode(node)),
  };
}

export const ring = (n: number): TestGraph =>
  graphOf(
    n,
    Array.from({ length: n }, (_, v): [number, number] => [v, (v + 1) % n]),
  );

export function grid(rows: number, columns: number): TestGraph {
  const edges: [number, number][] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      if (j + 1 < columns) edges.push([i * columns + j, i * columns + j + 1]);
      if (i + 1 < rows) edges.push([i * columns + j, (i + 1) * columns + j]);
    }
  }
  return graphOf(rows * columns, edges);
}

export function hypercube(dimension: number): TestGraph {
  const edges: [number, number][] = [];
  for (let v = 0; v < 1 << dimension; v++) {
    for (let b = 0; b < dimension; b++) if ((v & (1 << b)) === 0) edges.push([v, v | (1 << b)]);
  }
  return graphOf(1 << dimension, edges);
}

/** Whole numbers below `bound`, the same in every run. */
export function generator(seed: number): (bound: number) => number {
  let state = seed >>> 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % bound;
  };
}

/** Each node with `degree` random others. */
export function randomGraph(n: number, degree: number, seed: number): TestGraph {
  const next = generator(seed);
  const edges = new Map<number, [number, number]>();
  for (let i = 0; i < (n * degree) / 2; i++) {
    const [u, v] = [next(n), next(n)];
    if (u !== v) edges.set(Math.min(u, v) * n + Math.max(u, v), [u, v]);
  }
  return graphOf(n, [...edges.values()]);
}

export function loads(graph: PartitionInput, parts: Int32Array, count: number): Float64Array {
  const load = new Float64Array(count);
  parts.forEach((part, v) => (load[part] += graph.nodeWeights[v]));
  return load;
}
