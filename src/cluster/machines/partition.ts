// Cuts a weighted graph into parts of wanted sizes, so that little weight of edges lies between them. Not who gets which
// part: see plan.ts. The same graph gives the same parts everywhere: no random numbers, ties go by index.

import { bisect } from './bisect.js';
import type { WeightedGraph } from './coarsen.js';

/** A graph to cut. Every edge is there in both directions; an undirected edge weighs what its two directions do together. */
export interface PartitionInput {
  readonly offsets: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  /** Of each directed edge, >= 0. */
  readonly edgeWeights: ArrayLike<number>;
  /** >= 0; if all are 0, each counts as 1. */
  readonly nodeWeights: ArrayLike<number>;
}

/** By how much a part may exceed its wanted weight, relative, where nodes are small enough for that. */
export const TOLERANCE = 0.03;

/** Rounds of moves between any two parts, after the bisections. */
const ROUNDS = 6;

/**
 * Number of the part of each node. First of all no part is much heavier than wanted, then the cut is small. Parts may stay
 * empty: where there are more of them than nodes, and where their wanted size is 0.
 *
 * Multilevel recursive bisection: the graph is coarsened by heavy-edge matching, cut where it is small by growing, and the cut
 * is refined while the graph is uncoarsened (Karypis & Kumar, "A fast and high quality multilevel scheme for partitioning
 * irregular graphs", SIAM J. Sci. Comput. 20, 1998), by moves that may make it worse for a while (Fiduccia & Mattheyses, "A
 * linear-time heuristic for improving network partitions", DAC 1982). Time is about linear in the edges for each doubling of the
 * parts: half a second a doubling for 10^5 nodes.
 * @param sizes wanted weights of the parts, in any unit
 * @throws RangeError
 */
export function partitionGraph(
  input: PartitionInput,
  sizes: readonly number[],
  tolerance = TOLERANCE,
): Int32Array {
  const graph = checked(input);
  const share = fractions(sizes, 'sizes');
  if (sizes.length === 0) throw new RangeError('a graph is cut into at least one part');
  const parts = new Int32Array(graph.nodeWeights.length);
  let depth = 1;
  while (1 << depth < sizes.length) depth++;
  // So that the tolerances of all bisections on the way to a part stay below that of the part.
  const perLevel = tolerance / depth;
  const divide = (piece: WeightedGraph, nodes: Int32Array, first: number, end: number): void => {
    if (nodes.length === 0) return;
    if (end - first === 1) {
      for (const node of nodes) parts[node] = first;
      return;
    }
    const middle = first + ((end - first + 1) >> 1);
    const left = sum(share, first, middle);
    const both = left + sum(share, middle, end);
    // Parts that want nothing get nothing.
    const fraction = both > 0 ? left / both : 0.5;
    const side =
      fraction === 0 || fraction === 1
        ? new Uint8Array(nodes.length).fill(fraction === 1 ? 0 : 1)
        : bisect(piece, fraction, perLevel);
    for (const which of [0, 1]) {
      const inner = which === 0 ? { first, end: middle } : { first: middle, end };
      const local = indicesOf(side, which);
      if (local.length === 0) continue;
      divide(
        inner.end - inner.first === 1 ? piece : subgraph(piece, side, local),
        local.map((i) => nodes[i]),
        inner.first,
        inner.end,
      );
    }
  };
  divide(
    graph,
    Int32Array.from({ length: parts.length }, (_, node) => node),
    0,
    sizes.length,
  );
  if (sizes.length > 2) improve(graph, parts, share, tolerance);
  return parts;
}

/** Weight of the directed edges between different parts. */
export function cutWeight(
  { offsets, targets, edgeWeights }: Pick<PartitionInput, 'offsets' | 'targets' | 'edgeWeights'>,
  parts: ArrayLike<number>,
): number {
  let cut = 0;
  for (let v = 0; v + 1 < offsets.length; v++) {
    for (let e = offsets[v]; e < offsets[v + 1]; e++)
      if (parts[v] !== parts[targets[e]]) cut += edgeWeights[e];
  }
  return cut;
}

/** Checks the graph, leaves loops out, scales weights to sums that do not overflow, and makes both directions equal. */
function checked({ offsets, targets, edgeWeights, nodeWeights }: PartitionInput): WeightedGraph {
  const n = nodeWeights.length;
  if (offsets.length !== n + 1 || targets.length !== edgeWeights.length || offsets[n] !== targets.length) {
    throw new RangeError(
      `a graph of ${n} nodes has ${n + 1} offsets, the last of them the number of edges; there are ${offsets.length}, ` +
        `${targets.length} targets and ${edgeWeights.length} weights`,
    );
  }
  const weights = fractions(nodeWeights, 'nodeWeights');
  const scaled = fractions(edgeWeights, 'edgeWeights');
  /** Undirected weights, by (smaller, larger) end: what either direction weighs, added up. */
  const reverse = reverseEdges(offsets, targets, n);
  const kept = new Int32Array(n + 1);
  const to: number[] = [];
  const weight: number[] = [];
  for (let v = 0; v < n; v++) {
    for (let e = offsets[v]; e < offsets[v + 1]; e++) {
      if (targets[e] === v) continue;
      to.push(targets[e]);
      weight.push(scaled[e] + scaled[reverse[e]]);
    }
    kept[v + 1] = to.length;
  }
  return {
    offsets: kept,
    targets: Int32Array.from(to),
    edgeWeights: Float64Array.from(weight),
    nodeWeights: weights,
  };
}

/** The edge back, for each directed edge. @throws RangeError if there is none */
function reverseEdges(offsets: ArrayLike<number>, targets: ArrayLike<number>, n: number): Int32Array {
  const reverse = new Int32Array(targets.length).fill(-1);
  // Edges by target, sources ascending; rows are sorted the same way, so a row and its column go side by side.
  const inward: number[][] = Array.from({ length: n }, () => []);
  for (let v = 0; v < n; v++) {
    for (let e = offsets[v]; e < offsets[v + 1]; e++) {
      const u = targets[e];
      if (!(u >= 0 && u < n)) throw new RangeError(`edge ${e} goes to node ${u} of ${n}`);
      inward[u].push(e);
    }
  }
  for (let v = 0; v < n; v++) {
    const outward = Array.from({ length: offsets[v + 1] - offsets[v] }, (_, i) => offsets[v] + i);
    outward.sort((a, b) => targets[a] - targets[b] || a - b);
    if (outward.length !== inward[v].length) throw new RangeError(`an edge at node ${v} has no way back`);
    outward.forEach((e, i) => (reverse[e] = inward[v][i]));
  }
  for (let v = 0; v < n; v++) {
    for (let e = offsets[v]; e < offsets[v + 1]; e++) {
      if (targets[reverse[e]] !== v) throw new RangeError(`an edge at node ${v} has no way back`);
    }
  }
  return reverse;
}

/** Values over their sum; all alike if that is 0. */
function fractions(values: ArrayLike<number>, what: string): Float64Array {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    if (!(values[i] >= 0 && values[i] < Infinity)) {
      throw new RangeError(`${what}[${i}] is ${values[i]}; it must be finite and not negative`);
    }
    largest = Math.max(largest, values[i]);
  }
  const scaled = Float64Array.from(values, (value) => (largest > 0 ? value / largest : 1));
  const total = sum(scaled, 0, scaled.length);
  return scaled.map((value) => value / total);
}

function sum(values: Float64Array, first: number, end: number): number {
  let total = 0;
  for (let i = first; i < end; i++) total += values[i];
  return total;
}

function indicesOf(side: Uint8Array, which: number): Int32Array {
  const found: number[] = [];
  for (let i = 0; i < side.length; i++) if (side[i] === which) found.push(i);
  return Int32Array.from(found);
}

/** The graph of some nodes, numbered in their order. */
function subgraph(graph: WeightedGraph, side: Uint8Array, local: Int32Array): WeightedGraph {
  const number = new Int32Array(side.length);
  local.forEach((node, i) => (number[node] = i));
  const offsets = new Int32Array(local.length + 1);
  const targets: number[] = [];
  const edgeWeights: number[] = [];
  local.forEach((node, i) => {
    for (let e = graph.offsets[node]; e < graph.offsets[node + 1]; e++) {
      if (side[graph.targets[e]] !== side[node]) continue;
      targets.push(number[graph.targets[e]]);
      edgeWeights.push(graph.edgeWeights[e]);
    }
    offsets[i + 1] = targets.length;
  });
  return {
    offsets,
    targets: Int32Array.from(targets),
    edgeWeights: Float64Array.from(edgeWeights),
    nodeWeights: Float64Array.from(local, (node) => graph.nodeWeights[node]),
  };
}

/**
 * Moves between any two parts, which bisections cannot see: a node goes to the neighbouring part that it has most weight to,
 * if that makes the cut smaller or, at the same cut, the parts more even.
 */
function improve(graph: WeightedGraph, parts: Int32Array, share: Float64Array, tolerance: number): void {
  const { offsets, targets, edgeWeights, nodeWeights } = graph;
  const load = new Float64Array(share.length);
  nodeWeights.forEach((weight, v) => (load[parts[v]] += weight));
  const toPart = new Float64Array(share.length);
  for (let round = 0; round < ROUNDS; round++) {
    let moves = 0;
    for (let v = 0; v < parts.length; v++) {
      const from = parts[v];
      const weight = nodeWeights[v];
      const near: number[] = [];
      for (let e = offsets[v]; e < offsets[v + 1]; e++) {
        const part = parts[targets[e]];
        if (part !== from && toPart[part] === 0) near.push(part);
        toPart[part] += edgeWeights[e];
      }
      let best = -1;
      let [mostGain, leastFill] = [0, load[from] / share[from]];
      for (const part of near) {
        const gain = toPart[part] - toPart[from];
        const fill = (load[part] + weight) / share[part];
        const fits = fill <= 1 + tolerance || (fill < load[from] / share[from] && gain >= 0);
        const small = 1e-12 * (toPart[part] + toPart[from]);
        if (!fits || gain < mostGain - small) continue;
        if (gain > mostGain + small || fill < leastFill * (1 - 1e-9)) {
          best = part;
          mostGain = gain;
          leastFill = fill;
        }
      }
      for (let e = offsets[v]; e < offsets[v + 1]; e++) toPart[parts[targets[e]]] = 0;
      if (best < 0) continue;
      load[from] -= weight;
      load[best] += weight;
      parts[v] = best;
      moves++;
    }
    if (moves === 0) return;
  }
}
