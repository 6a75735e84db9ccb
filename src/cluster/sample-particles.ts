// Particles for a snapshot: a systematic subsample (every N/P-th particle, shard after shard in storage order), so that
// every node is represented by its mass and nothing is drawn. Storage order changes as particles jump: rows of two
// snapshots are not the same particles.

import type { ParticleEvolution, RowRequest } from './evolution.js';

export interface SampledParticles {
  /** [particle * dimension + coordinate]. */
  readonly x: Float32Array | Float64Array;
  /** Velocities likewise, where they are asked for. */
  readonly w?: Float32Array | Float64Array;
  readonly node: Int32Array;
}

export interface SampleOptions {
  /** Of this node only. */
  readonly only?: number | undefined;
  /** With velocities, which the model must have. */
  readonly hasVelocities?: boolean;
}

/** Takes `wanted` of all particles, or of those on one node; all of them if there are no more. */
export async function sampleParticles(
  simulation: ParticleEvolution,
  wanted: number,
  { only, hasVelocities = false }: SampleOptions = {},
): Promise<SampledParticles> {
  const { graph, dimension } = simulation.model;
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
  if (!hasVelocities) return { x: await simulation.rows(requests), node };
  const fields = await simulation.rows(requests, 2 * dimension);
  const part = (from: number): Float32Array | Float64Array => {
    const out = new (fields.constructor as typeof Float64Array)(rows * dimension);
    for (let r = 0; r < rows; r++) {
      const start = 2 * r * dimension + from;
      out.set(fields.subarray(start, start + dimension), r * dimension);
    }
    return out;
  };
  return { x: part(0), w: part(dimension), node };
}
