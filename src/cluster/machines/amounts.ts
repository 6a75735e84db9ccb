// What a placement makes each machine do in a step: work, emigrants, messages, bytes. For the planner (plan.ts), which
// compares placements, and for the cost model (cost.ts), which makes seconds of it.

import type { Plan, PlanInput } from './plan.js';
import { framesOf, MESSAGE_BYTES, type CostModel, type StepAmounts } from './cost.js';

export interface PlacementAmounts extends StepAmounts {
  /** Of all machines, per step: frames, bytes with headers, and jumps from one machine to another. */
  readonly messagesPerStep: number;
  readonly bytesPerStep: number;
  readonly cut: number;
}

/** Work of each shard in particle-steps, however small it is. */
export function shardWork({ counts }: Pick<PlanInput, 'counts'>, costs: CostModel): Float64Array {
  return Float64Array.from(counts, (count) => count + costs.shardSteps);
}

/** Which part of a node's particles each of its shards has; where a node is empty all have the same. */
export function shardShares({ counts, nodeCount, replicas }: PlanInput): Float64Array {
  const ofNode = new Float64Array(nodeCount);
  for (let shard = 0; shard < counts.length; shard++) ofNode[shard % nodeCount] += counts[shard];
  return Float64Array.from(counts, (count, shard) => {
    const total = ofNode[shard % nodeCount];
    return total > 0 ? count / total : 1 / replicas;
  });
}

/** Amounts of a step of a placement. */
export function amountsOf(
  input: PlanInput,
  { owner, groupOfReplica }: Pick<Plan, 'owner' | 'groupOfReplica'>,
  costs: CostModel,
): PlacementAmounts {
  const { nodeCount, replicas, graph, flux, coupled, exchangesPerStep: exchanges } = input;
  const zeros = (): Float64Array => new Float64Array(input.machines.length);
  const [work, out, into, groups, pieces] = [zeros(), zeros(), zeros(), zeros(), zeros()];
  const [messagesOut, messagesIn, bytesOut, bytesIn] = [zeros(), zeros(), zeros(), zeros()];
  shardWork(input, costs).forEach((cost, shard) => (work[owner[shard]] += cost));
  const shares = shardShares(input);
  const owners = ownersOfGroups(owner, groupOfReplica, nodeCount);
  let cut = 0;
  for (let replica = 0; replica < replicas; replica++) {
    const members = owners.get(groupOfReplica[replica]) ?? [];
    if (members.length === 1) {
      pieces[members[0]]++;
      continue;
    }
    const first = replica * nodeCount;
    for (let g = 0; g < nodeCount; g++) {
      const from = owner[first + g];
      for (let e = graph.offsets[g]; e < graph.offsets[g + 1]; e++) {
        const to = owner[first + graph.targets[e]];
        if (from === to) continue;
        const jumps = flux[e] * shares[first + g];
        cut += jumps;
        out[from] += jumps;
        into[to] += jumps;
      }
    }
  }
  const nodesOf = zeros();
  if (coupled) for (let g = 0; g < nodeCount; g++) nodesOf[owner[g]]++;
  let frames = 0;
  /** Batches of an exchange that a machine sends, with what is in them. */
  const batches = zeros();
  for (const members of owners.values()) {
    if (members.length === 1) continue;
    for (const machine of members) {
      groups[machine]++;
      pieces[machine]++;
      batches[machine] += members.length - 1;
    }
  }
  for (const members of owners.values()) {
    if (members.length === 1) continue;
    let [framesOfGroup, densityFrames, densityBytes] = [0, 0, 0];
    for (const machine of members) {
      const payload = (out[machine] * input.entryBytes) / (exchanges * batches[machine]);
      const densities = coupled ? nodesOf[machine] * input.densityBytes : 0;
      const ofDensities = coupled ? framesOf(densities) : 0;
      const each = framesOf(payload) + ofDensities;
      messagesOut[machine] += exchanges * (members.length - 1) * each;
      bytesOut[machine] += exchanges * (members.length - 1) * (payload + densities + each * MESSAGE_BYTES);
      framesOfGroup += framesOf(payload);
      densityFrames += ofDensities;
      densityBytes += densities;
    }
    // What comes in: one batch and one set of densities from each other member.
    const mean = framesOfGroup / members.length;
    for (const machine of members) {
      const densities = coupled ? nodesOf[machine] * input.densityBytes : 0;
      const others = mean * (members.length - 1);
      const foreign = coupled ? densityFrames - framesOf(densities) : 0;
      messagesIn[machine] += exchanges * (others + foreign);
      bytesIn[machine] += exchanges * (densityBytes - densities + (others + foreign) * MESSAGE_BYTES);
    }
  }
  let bytes = 0;
  for (let machine = 0; machine < into.length; machine++) {
    bytesIn[machine] += into[machine] * input.entryBytes;
    frames += messagesOut[machine];
    bytes += bytesOut[machine];
  }
  return {
    machines: input.machines.map(({ speed, threads = 1, cores }, machine) => ({
      work: work[machine],
      speed,
      threads,
      cores: cores ?? threads,
      groups: groups[machine],
      pieces: pieces[machine],
      emigrantsOut: out[machine],
      emigrantsIn: into[machine],
      messagesOut: messagesOut[machine],
      messagesIn: messagesIn[machine],
      bytesOut: bytesOut[machine],
      bytesIn: bytesIn[machine],
    })),
    exchangesPerStep: exchanges,
    coupled,
    ...(input.hostCores === undefined ? {} : { hostCores: input.hostCores }),
    messagesPerStep: frames,
    bytesPerStep: bytes,
    cut,
  };
}

/** Machines that have shards of each group, ascending. */
function ownersOfGroups(
  owner: Uint16Array,
  groupOfReplica: Uint16Array,
  nodeCount: number,
): Map<number, number[]> {
  const sets = new Map<number, Set<number>>();
  groupOfReplica.forEach((group, replica) => {
    let found = sets.get(group);
    if (!found) sets.set(group, (found = new Set()));
    for (let shard = replica * nodeCount; shard < (replica + 1) * nodeCount; shard++) found.add(owner[shard]);
  });
  return new Map([...sets].map(([group, found]) => [group, [...found].sort((a, b) => a - b)]));
}
