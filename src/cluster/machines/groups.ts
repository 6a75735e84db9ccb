// Into how many groups a team deals its replicas: while one group's batches travel a thread steps its next one, but each
// group costs a message to every member in every exchange. The cost model decides. Not who has which shard (plan.ts).

import { framesOf, MESSAGE_BYTES, predictStep, type CostModel, type MachineStep } from './cost.js';
import type { PlanInput } from './plan.js';

/** Groups wanted for each compute thread of the member that has most: one in work, three under way. */
const GROUPS_PER_THREAD = 4;

/** Fewer groups than wanted only if they are faster by this much: more of them forgive a late message. */
const WORTH = 0.04;

export interface TeamShare {
  readonly team: readonly number[];
  readonly replicas: readonly number[];
  /** Part of each node, and the work of each part in all of the team's replicas. */
  readonly parts: Int32Array;
  readonly sizes: Float64Array;
  /** Teams that share the servers with this one. */
  readonly teams: number;
}

/** Number of groups, 1 to the number of replicas. */
export function groupCount(input: PlanInput, share: TeamShare, costs: CostModel): number {
  const { machines, exchangesPerStep, hostCores } = input;
  const { team, replicas } = share;
  const threads = Math.max(...team.map((machine) => machines[machine].threads ?? 1));
  const most = Math.min(replicas.length, GROUPS_PER_THREAD * threads);
  const amounts = (groups: number): MachineStep[] => membersWith(groups, input, share);
  const scaled = { ...costs, servers: costs.servers / share.teams };
  const seconds = new Map<number, number>();
  for (let groups = most; groups >= 1; groups--) {
    // Threads have whole groups: other numbers leave some of them idle.
    if (groups > threads && groups % threads !== 0 && groups !== most) continue;
    const { stepSeconds } = predictStep(
      {
        machines: amounts(groups),
        exchangesPerStep,
        coupled: false,
        ...(hostCores === undefined ? {} : { hostCores: hostCores / share.teams }),
      },
      scaled,
    );
    seconds.set(groups, stepSeconds);
  }
  const least = Math.min(...seconds.values());
  // From the most on: the first that is nearly as fast as the fastest.
  for (const [groups, stepSeconds] of seconds) if ((1 - WORTH) * stepSeconds <= least) return groups;
  return 1;
}

/** What the members do in a step, each part with the member of its number. */
function membersWith(
  groups: number,
  input: PlanInput,
  { team, replicas, parts, sizes }: TeamShare,
): MachineStep[] {
  const { graph, flux, nodeCount, exchangesPerStep: exchanges, entryBytes } = input;
  const ofTeam = replicas.length / input.replicas;
  const [out, into] = [new Float64Array(team.length), new Float64Array(team.length)];
  for (let g = 0; g < nodeCount; g++) {
    for (let e = graph.offsets[g]; e < graph.offsets[g + 1]; e++) {
      const [from, to] = [parts[g], parts[graph.targets[e]]];
      if (from === to) continue;
      out[from] += flux[e] * ofTeam;
      into[to] += flux[e] * ofTeam;
    }
  }
  const busy = sizes.reduce((count, size) => count + (size > 0 ? 1 : 0), 0);
  const total = sizes.reduce((all, size) => all + size, 0);
  const speed = team.reduce((all, machine) => all + input.machines[machine].speed, 0);
  return team.map((machine, i) => {
    const { speed: own, threads = 1, cores } = input.machines[machine];
    const peers = busy - 1;
    const batches = exchanges * groups * peers;
    const frames = batches * framesOf(batches === 0 ? 0 : (out[i] * entryBytes) / batches);
    return {
      // Parts go round over the replicas, so that each machine has its share in the end.
      work: replicas.length >= busy ? (total * own) / speed : sizes[i],
      speed: own,
      threads,
      cores: cores ?? threads,
      groups,
      pieces: groups,
      emigrantsOut: out[i],
      emigrantsIn: into[i],
      messagesOut: frames,
      messagesIn: frames,
      bytesOut: out[i] * entryBytes + frames * MESSAGE_BYTES,
      bytesIn: into[i] * entryBytes + frames * MESSAGE_BYTES,
    };
  });
}
