// Inputs of the planner.

import type { PlanInput, PlanMachine } from '../../../src/cluster/machines/plan.js';
import { ring, type TestGraph } from './graphs.js';

export const machinesOf = (count: number, speed = 4e8, rest: Partial<PlanMachine> = {}): PlanMachine[] =>
  Array.from({ length: count }, () => ({ speed, ...rest }));

/** Particles on a graph, as many on each node; one in fifty jumps in a step. */
export function inputOf(options: {
  readonly machines: readonly PlanMachine[];
  readonly particles?: number;
  readonly replicas?: number;
  readonly graph?: TestGraph;
  readonly rest?: Partial<PlanInput>;
}): PlanInput {
  const { machines, particles = 1e6, replicas = 24, graph = ring(8), rest = {} } = options;
  const nodeCount = graph.nodeWeights.length;
  const perShard = particles / (nodeCount * replicas);
  return {
    nodeCount,
    replicas,
    counts: Array.from({ length: nodeCount * replicas }, () => perShard),
    graph,
    flux: new Float64Array(graph.targets.length).fill((0.02 * particles) / graph.targets.length),
    machines,
    coupled: false,
    densityBytes: 0,
    entryBytes: 16,
    exchangesPerStep: 1,
    partition: 'auto',
    ...rest,
  };
}
