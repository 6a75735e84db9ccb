// What the plan (plan.ts) is told of a run: how large its shards are, how many particles jump where, how fast the machines
// are. Measured where something was measured, else guessed. No result depends on it.

import { fieldCount } from '../../kernel/mod.js';
import type { Model } from '../../model/mod.js';
import { exchangesPerStep, travellingBytes } from '../../particles/mod.js';
import type { Partition } from '../assignment.js';
import type { PlanInput, PlanMachine } from './plan.js';

export interface Shares {
  readonly model: Model;
  readonly replicas: number;
  /** Particles of each shard. */
  readonly counts: ArrayLike<number>;
  /** Jumps per step along each directed edge, where measured. */
  readonly flux: Float64Array | undefined;
  readonly partition: Partition | 'auto';
  /** Where all machines are processes of one host: its cores. */
  readonly hostCores?: number | undefined;
}

/** What the plan is made from. */
export function planInput(
  { model, replicas, counts, flux, partition, hostCores }: Shares,
  machines: readonly PlanMachine[],
): PlanInput {
  const { graph, mesh, densities } = model;
  const size = model.precision === 'f32' ? 4 : 8;
  const cells = mesh ? mesh.cells.reduce((product, count) => product * count, 1) : 0;
  return {
    nodeCount: graph.nodeCount,
    replicas,
    counts,
    graph: { offsets: graph.offsets, targets: graph.targets },
    flux: flux ?? guessedFlux(model, counts),
    machines,
    coupled: densities !== undefined,
    densityBytes: densities ? cells * size : 0,
    entryBytes: travellingBytes(fieldCount(model), size, graph.nodeCount),
    exchangesPerStep: exchangesPerStep(model),
    partition,
    ...(hostCores !== undefined && { hostCores }),
  };
}

/** Jumps before any were counted: as if every rate were the weight of its edge, which bounds the linear mobilities. */
function guessedFlux({ graph, timeStep }: Model, counts: ArrayLike<number>): Float64Array {
  const { nodeCount, offsets, weights } = graph;
  const flux = new Float64Array(weights.length);
  const particles = new Float64Array(nodeCount);
  for (let shard = 0; shard < counts.length; shard++) particles[shard % nodeCount] += counts[shard];
  for (let g = 0; g < nodeCount; g++) {
    for (let e = offsets[g]; e < offsets[g + 1]; e++) {
      flux[e] = particles[g] * Math.min(1, weights[e] * timeStep);
    }
  }
  return flux;
}

/**
 * Speeds of machines: as measured in the run; those that were not are scaled by what the others were measured at against
 * what they had told of themselves.
 */
export function speedsOf(
  machines: readonly { readonly told: number; readonly measured: number | undefined }[],
): number[] {
  let [measured, told] = [0, 0];
  for (const machine of machines) {
    if (machine.measured === undefined) continue;
    measured += machine.measured;
    told += machine.told;
  }
  const scale = told > 0 && measured > 0 ? measured / told : 1;
  // A machine that told nothing useful counts as a slow one rather than as none.
  return machines.map((machine) => machine.measured ?? Math.max(1, machine.told * scale));
}
