// The edges that react, each once: undirected, in the order of the graph's rows.

import { edgeSources, type Model } from '../model/mod.js';
import type { Cells } from './cells.js';

export interface Edge {
  /** The smaller node, and the other. */
  readonly source: number;
  readonly target: number;
  /** Numbers of the directed edges there and back in the graph. */
  readonly forward: number;
  readonly backward: number;
  readonly weight: number;
}

/** All edges but those of weight 0, along which nothing passes (free rates may ignore the weight). */
export function edgesOf({ graph, mobility }: Model): Edge[] {
  const sources = edgeSources(graph);
  const edges: Edge[] = [];
  graph.targets.forEach((target, forward) => {
    const source = sources[forward];
    const weight = graph.weights[forward];
    if (source > target || !(weight > 0 || mobility === 'free')) return;
    edges.push({ source, target, forward, backward: graph.reverse[forward], weight });
  });
  return edges;
}

/** Adds what blocks have counted along edges (two sums an edge and block, there and back) to jumps of directed edges, in units of mass. */
export function addJumps(
  { cells, edges }: { readonly cells: Cells; readonly edges: readonly Edge[] },
  jumpSums: Float64Array,
  into: Float64Array,
): void {
  edges.forEach(({ forward, backward }, e) => {
    let there = 0;
    let back = 0;
    for (let block = 0; block < cells.blocks; block++) {
      const at = (block * edges.length + e) * 2;
      there += jumpSums[at];
      back += jumpSums[at + 1];
    }
    into[forward] += there * cells.volume;
    into[backward] += back * cells.volume;
  });
}
