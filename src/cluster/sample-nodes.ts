// Particles for the entropy: of each node at most so many, at even distances in storage order over the node's shards, one
// replica after the other. Nothing is drawn, and nothing depends on the workers. A snapshot's particles are
// sample-particles.ts.

import type { Simulation } from './simulation.js';

/** The sample of each node, particle by particle: coordinate i of particle p at [p d + i]. */
export function sampleNodes(simulation: Simulation, most: number): Float64Array<ArrayBuffer>[] {
  const { graph, dimension: d } = simulation.model;
  const n = graph.nodeCount;
  return Array.from({ length: n }, (_, node) => {
    let total = 0;
    for (let shard = node; shard < simulation.shardCount; shard += n) total += simulation.count(shard);
    const rows = Math.min(most, total);
    const out = new Float64Array(rows * d);
    let row = 0;
    let first = 0;
    for (let shard = node; shard < simulation.shardCount && row < rows; shard += n) {
      const end = first + simulation.count(shard);
      const indices: number[] = [];
      for (let next = row; next < rows; next++) {
        const index = Math.floor(((next + 0.5) * total) / rows);
        if (index >= end) break;
        indices.push(index - first);
      }
      simulation.copyCoordinates(shard, indices, out, row);
      row += indices.length;
      first = end;
    }
    return out;
  });
}
