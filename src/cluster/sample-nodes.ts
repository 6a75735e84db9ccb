// Particles for the entropy: of each node at most so many, at even distances in storage order over the node's shards, one
// replica after the other. Nothing is drawn, and nothing depends on the workers. A snapshot's particles are
// sample-particles.ts.

import type { ParticleEvolution, RowRequest } from './evolution.js';

/** The sample of each node, particle by particle: coordinate i of particle p at [p d + i]. */
export async function sampleNodes(
  simulation: ParticleEvolution,
  most: number,
): Promise<Float64Array<ArrayBuffer>[]> {
  const { graph, dimension: d } = simulation.model;
  const n = graph.nodeCount;
  const requests: RowRequest[] = [];
  const lengths = Array.from({ length: n }, (_, node) => {
    let total = 0;
    for (let shard = node; shard < simulation.shardCount; shard += n) total += simulation.count(shard);
    const rows = Math.min(most, total);
    let row = 0;
    let first = 0;
    for (let shard = node; shard < simulation.shardCount && row < rows; shard += n) {
      const end = first + simulation.count(shard);
      const indices: number[] = [];
      for (; row < rows; row++) {
        const index = Math.floor(((row + 0.5) * total) / rows);
        if (index >= end) break;
        indices.push(index - first);
      }
      if (indices.length > 0) requests.push({ shard, indices });
      first = end;
    }
    return rows * d;
  });
  const all = await simulation.rows(requests);
  let end = 0;
  return lengths.map((length) => {
    end += length;
    return new Float64Array(all.subarray(end - length, end));
  });
}
