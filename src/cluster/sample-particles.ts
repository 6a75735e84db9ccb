// Particles for a snapshot: a systematic subsample (every N/P-th particle, shard after shard in storage order), so that
// every node is represented by its mass and nothing is drawn. Storage order changes as particles jump: rows of two
// snapshots are not the same particles.

import type { Simulation } from './simulation.js';

export interface SampledParticles {
  /** [particle * dimension + coordinate]. */
  readonly x: Float32Array | Float64Array;
  readonly node: Int32Array;
}

/** Takes `wanted` of all particles; all of them if there are no more. */
export function sampleParticles(simulation: Simulation, wanted: number): SampledParticles {
  const { model } = simulation;
  const { dimension: d, particleCount } = model;
  const rows = Math.min(wanted, particleCount);
  const x = model.precision === 'f32' ? new Float32Array(rows * d) : new Float64Array(rows * d);
  const node = new Int32Array(rows);
  let row = 0;
  let first = 0;
  for (let shard = 0; shard < simulation.shardCount && row < rows; shard++) {
    const particles = simulation.coordinates(shard);
    const end = first + particles.count;
    for (; row < rows; row++) {
      const index = Math.floor(((row + 0.5) * particleCount) / rows);
      if (index >= end) break;
      for (let i = 0; i < d; i++) x[row * d + i] = particles.fields[i * particles.count + index - first];
      node[row] = particles.node;
    }
    first = end;
  }
  return { x, node };
}
