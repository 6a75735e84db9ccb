// The edges that react, each once: undirected, in the order of the graph's rows.

import { edgeSources, type Model } from '../model/mod.js';
import { blockRange, share, type Cells, type Member } from './cells.js';

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

/** Where an edge reacts: its number, the beginnings of its nodes in fields, the cells of a block, and where its jumps are counted. */
type React = (
  e: number,
  source: number,
  target: number,
  range: readonly [number, number],
  sum: number,
) => void;

/** Goes along all edges in this member's blocks of cells, in their order or in reverse; counts of jumps begin at 0. */
export function sweepEdges(
  { cells, edges }: { readonly cells: Cells; readonly edges: readonly Edge[] },
  jumpSums: Float64Array,
  { index, size }: Member,
  isBackwards: boolean,
  react: React,
): void {
  const [begin, end] = share(cells.blocks, index, size);
  jumpSums.fill(0, begin * edges.length * 2, end * edges.length * 2);
  for (let block = begin; block < end; block++) {
    const range = blockRange(cells, block);
    for (let turn = 0; turn < edges.length; turn++) {
      const e = isBackwards ? edges.length - 1 - turn : turn;
      const { source, target } = edges[e];
      react(e, source * cells.count, target * cells.count, range, (block * edges.length + e) * 2);
    }
  }
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
