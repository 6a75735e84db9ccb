// What the cost model says of many machines: the planner's own plans and their predicted steps, for machines that are all
// alike and particles that are spread evenly. For docs/performance.md; no run needs it.

import { DEFAULT_COSTS, type CostModel } from './cost.js';
import { planPlacement, type Plan, type PlanInput, type PlanMachine } from './plan.js';

/** A workload whose size is free. */
export interface ScalingCase {
  readonly graph: PlanInput['graph'];
  readonly nodeCount: number;
  /** Particles in all: the same for any number of machines (strong scaling), or so many a machine (weak scaling). */
  readonly particles: { readonly total: number } | { readonly perMachine: number };
  readonly replicasOf: (particles: number) => number;
  /** Jumps per particle-step. */
  readonly jumps: number;
  readonly machine: PlanMachine;
  readonly coupled: boolean;
  readonly densityBytes: number;
  readonly entryBytes: number;
  readonly partition: PlanInput['partition'];
}

export interface ScalingRow {
  readonly machines: number;
  readonly particles: number;
  readonly plan: Plan;
  /** Speed of all machines at work over what their threads could do. */
  readonly efficiency: number;
}

/** One row for each number of machines. */
export function scaling(
  of: ScalingCase,
  machineCounts: readonly number[],
  costs: CostModel = DEFAULT_COSTS,
): ScalingRow[] {
  return machineCounts.map((count) => {
    const input = scalingInput(of, count);
    const plan = planPlacement(input, costs);
    const particles = particlesOf(of, count);
    const alone = particles / (count * of.machine.speed);
    return { machines: count, particles, plan, efficiency: alone / plan.predicted.stepSeconds };
  });
}

const particlesOf = ({ particles }: ScalingCase, machines: number): number =>
  'total' in particles ? particles.total : particles.perMachine * machines;

/** The planner's input of a case. */
export function scalingInput(of: ScalingCase, machineCount: number): PlanInput {
  const particles = particlesOf(of, machineCount);
  const replicas = of.replicasOf(particles);
  const edges = of.graph.targets.length;
  return {
    nodeCount: of.nodeCount,
    replicas,
    counts: new Float64Array(of.nodeCount * replicas).fill(particles / (of.nodeCount * replicas)),
    graph: of.graph,
    flux: new Float64Array(edges).fill((of.jumps * particles) / Math.max(1, edges)),
    machines: Array.from({ length: machineCount }, () => of.machine),
    coupled: of.coupled,
    densityBytes: of.densityBytes,
    entryBytes: of.entryBytes,
    exchangesPerStep: 1,
    partition: of.partition,
  };
}
