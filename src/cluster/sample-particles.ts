// Particles for a snapshot: a systematic subsample (every N/P-th particle, shard after shard in storage order), so that
// every node is represented by its mass and nothing is drawn. Storage order changes as particles jump: rows of two
// snapshots are not the same particles.

import type { ParticleEvolution, RowRequest } from './evolution.js';

export interface SampledParticles {
  /** [particle * dimension + coordinate]. */
  readonly x: Float32Array | Float64Array;
  readonly node: Int32Array;
}

/** Takes `wanted` of all particles, or of those on one node; all of them if there are no more. */
export async function sampleParticles(
  simulation: ParticleEvolution,
  wanted: number,
  only?: number,
): Promise<SampledParticles> {
  const { graph } = simulation.model;
  const [start, stride] = only === undefined ? [0, 1] : [only, graph.nodeCount];
  let particleCount = 0;
  for (let shard = start; shard < simulation.shardCount; shard += stride) {
    particleCount += simulation.count(shard);
  }
  const rows = Math.min(wanted, particleCount);
  const node = new Int32Array(rows);
  const requests: RowRequest[] = [];
  let row = 0;
  let first = 0;
  for (let shard = start; shard < simulation.shardCount && row < rows; shard += stride) {
    const end = first + simulation.count(shard);
    const indices: number[] = [];
    for (;;) {
      const index = Math.floor(((row + indices.length + 0.5) * particleCount) / rows);
      if (row + indices.length === rows || index >= end) break;
      indices.push(index - first);
    }
    if (indices.length > 0) requests.push({ shard, indices });
    node.fill(shard % graph.nodeCount, row, row + indices.length);
    row += indices.length;
    first = end;
  }
  return { x: await simulation.rows(requests), node };
}
