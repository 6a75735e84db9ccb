// Smaller graphs that look like larger ones: pairs of nodes with a heavy edge between them become one (heavy-edge matching,
// Karypis & Kumar 1998). For bisect.ts; knows no parts.

/** An undirected graph in compressed rows: every edge is there in both directions with the same weight. No loops. */
export interface WeightedGraph {
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  /** Of each directed edge. */
  readonly edgeWeights: Float64Array;
  readonly nodeWeights: Float64Array;
}

export interface Coarser {
  readonly graph: WeightedGraph;
  /** The coarse node that a node became part of. */
  readonly coarseOf: Int32Array;
}

/** Below this, coarsening has stalled: fewer than one node in twenty found a partner. */
const LEAST_SHRINKAGE = 0.95;

/**
 * Joins nodes in pairs; undefined where hardly any can be joined.
 * @param heaviest no pair may weigh more, so that parts can still be balanced
 */
export function coarsen(graph: WeightedGraph, heaviest: number): Coarser | undefined {
  const partner = matchNodes(graph, heaviest);
  const n = partner.length;
  const coarseOf = new Int32Array(n);
  let count = 0;
  for (let v = 0; v < n; v++) coarseOf[v] = partner[v] < v ? coarseOf[partner[v]] : count++;
  if (count > LEAST_SHRINKAGE * n) return undefined;
  return { graph: contract(graph, partner, coarseOf, count), coarseOf };
}

/** Partner of each node, itself where it has none. Nodes choose in their order, which suits graphs of regular shape. */
function matchNodes(
  { offsets, targets, edgeWeights, nodeWeights }: WeightedGraph,
  heaviest: number,
): Int32Array {
  const n = nodeWeights.length;
  const partner = new Int32Array(n).fill(-1);
  const pair = (v: number, u: number): void => {
    partner[v] = u;
    partner[u] = v;
  };
  for (let v = 0; v < n; v++) {
    if (partner[v] >= 0) continue;
    let best = -1;
    let most = -1;
    for (let e = offsets[v]; e < offsets[v + 1]; e++) {
      const u = targets[e];
      if (partner[u] < 0 && edgeWeights[e] > most && nodeWeights[v] + nodeWeights[u] <= heaviest) {
        best = u;
        most = edgeWeights[e];
      }
    }
    if (best >= 0) pair(v, best);
  }
  // Nodes left over that hang on the same node, as the leaves of a star, and nodes without edges: in pairs, too.
  const waiting = new Int32Array(n + 1).fill(-1);
  for (let v = 0; v < n; v++) {
    if (partner[v] >= 0) continue;
    let hub = n;
    let most = -1;
    for (let e = offsets[v]; e < offsets[v + 1]; e++) {
      if (edgeWeights[e] > most) {
        hub = targets[e];
        most = edgeWeights[e];
      }
    }
    const other = waiting[hub];
    if (other < 0) waiting[hub] = v;
    else if (nodeWeights[v] + nodeWeights[other] <= heaviest) {
      pair(v, other);
      waiting[hub] = -1;
    } else if (nodeWeights[v] < nodeWeights[other]) waiting[hub] = v;
  }
  for (let v = 0; v < n; v++) if (partner[v] < 0) partner[v] = v;
  return partner;
}

function contract(
  fine: WeightedGraph,
  partner: Int32Array,
  coarseOf: Int32Array,
  count: number,
): WeightedGraph {
  const offsets = new Int32Array(count + 1);
  const targets = new Int32Array(fine.targets.length);
  const edgeWeights = new Float64Array(fine.targets.length);
  const nodeWeights = new Float64Array(count);
  /** Where the edge from the coarse node at work to another one is. */
  const slot = new Int32Array(count).fill(-1);
  let coarse = 0;
  let end = 0;
  for (let v = 0; v < partner.length; v++) {
    if (partner[v] < v) continue;
    const begin = end;
    for (const member of partner[v] === v ? [v] : [v, partner[v]]) {
      nodeWeights[coarse] += fine.nodeWeights[member];
      for (let e = fine.offsets[member]; e < fine.offsets[member + 1]; e++) {
        const target = coarseOf[fine.targets[e]];
        if (target === coarse) continue;
        if (slot[target] < begin) {
          slot[target] = end;
          targets[end] = target;
          edgeWeights[end++] = fine.edgeWeights[e];
        } else edgeWeights[slot[target]] += fine.edgeWeights[e];
      }
    }
    offsets[++coarse] = end;
  }
  return { offsets, targets: targets.slice(0, end), edgeWeights: edgeWeights.slice(0, end), nodeWeights };
}
