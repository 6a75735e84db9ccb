// How many replicas a run has. It follows from the config alone, never from the number of workers, because results
// depend on it: every shard (node, replica) has its own random streams.

import { fieldCount } from '../kernel/mod.js';
import type { Model } from '../model/mod.js';

/** Particle data of one replica should stay in a core's private cache while it is stepped many times. */
const REPLICA_BYTES = 256 * 1024;

/** Below about this many particles a shard costs noticeably more per particle (docs/performance.md). */
const LEAST_SHARD = 1024;

/** Counts that many numbers of workers divide well. */
const COUNTS = [1, 2, 4, 6, 12, 24, 60, 120, 240, 360, 720, 1440, 2520, 5040];

/** Number of replicas R of a run. */
export function replicaCount(
  model: Pick<Model, 'particleCount' | 'dimension' | 'integrator' | 'precision'> & {
    graph: { nodeCount: number };
  },
): number {
  const bytes = model.particleCount * fieldCount(model) * (model.precision === 'f32' ? 4 : 8);
  const limit = Math.min(bytes / REPLICA_BYTES, model.particleCount / (LEAST_SHARD * model.graph.nodeCount));
  return COUNTS.filter((count) => count <= limit).at(-1) ?? 1;
}
