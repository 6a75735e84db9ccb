// Graphs in compressed rows, from lists of edges in time linear in their number, and their connected components.
// Not where edges come from: see graph-shapes.ts, graph-list.ts, graph-files.ts.

import type { Graph } from './model.js';

/** Undirected edges, each once, without loops. */
export interface EdgeList {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weights: Float64Array;
}

/** A graph and, for edge i of the list, the directed edge from[i] -> to[i] in it (`reverse` has the other). */
export interface CompressedGraph {
  readonly graph: Graph;
  readonly forward: Int32Array;
}

/** Builds compressed rows by two counting sorts: by target, then stably by source, so that targets ascend in each row. */
export function compressGraph(nodeNames: readonly string[], edges: EdgeList): CompressedGraph {
  const nodeCount = nodeNames.length;
  const m = edges.from.length;
  // Directed edge k < m runs along the list's edge k, k >= m runs back along edge k - m.
  const source = (k: number): number => (k < m ? edges.from[k] : edges.to[k - m]);
  const target = (k: number): number => (k < m ? edges.to[k] : edges.from[k - m]);
  const offsets = new Int32Array(nodeCount + 1);
  for (let k = 0; k < 2 * m; k++) offsets[source(k) + 1]++;
  for (let g = 0; g < nodeCount; g++) offsets[g + 1] += offsets[g];
  // Every edge is there in both directions, so rows by target are as long as rows by source.
  const next = offsets.slice(0, nodeCount);
  const byTarget = new Int32Array(2 * m);
  for (let k = 0; k < 2 * m; k++) byTarget[next[target(k)]++] = k;
  next.set(offsets.subarray(0, nodeCount));
  const position = new Int32Array(2 * m);
  const targets = new Int32Array(2 * m);
  const weights = new Float64Array(2 * m);
  for (const k of byTarget) {
    const e = next[source(k)]++;
    position[k] = e;
    targets[e] = target(k);
    weights[e] = edges.weights[k < m ? k : k - m];
  }
  const reverse = new Int32Array(2 * m);
  for (let k = 0; k < m; k++) {
    reverse[position[k]] = position[k + m];
    reverse[position[k + m]] = position[k];
  }
  const graph = { nodeCount, nodeNames, offsets, targets, weights, reverse };
  return { graph, forward: position.subarray(0, m) };
}

/** Number of the connected component of each node; components are numbered by their first node. Weight 0 joins nothing. */
export function components(graph: Graph, joinsAtZeroWeight = false): { count: number; of: Int32Array } {
  const of = new Int32Array(graph.nodeCount).fill(-1);
  const queue = new Int32Array(graph.nodeCount);
  let count = 0;
  for (let start = 0; start < graph.nodeCount; start++) {
    if (of[start] >= 0) continue;
    of[start] = count;
    queue[0] = start;
    let length = 1;
    for (let i = 0; i < length; i++) {
      const g = queue[i];
      for (let e = graph.offsets[g]; e < graph.offsets[g + 1]; e++) {
        const h = graph.targets[e];
        if (of[h] >= 0 || !(graph.weights[e] > 0 || joinsAtZeroWeight)) continue;
        of[h] = count;
        queue[length++] = h;
      }
    }
    count++;
  }
  return { count, of };
}

/** The source node of every directed edge. */
export function edgeSources(graph: Graph): Int32Array {
  const sources = new Int32Array(graph.targets.length);
  for (let g = 0; g < graph.nodeCount; g++) sources.fill(g, graph.offsets[g], graph.offsets[g + 1]);
  return sources;
}
