// Who gets which shards: makes placements and takes the one that the cost model predicts to be fastest. Not the cutting of a
// graph (partition.ts), not seconds (cost.ts), nobody is told here (coordinator.ts). The same input gives the same plan.

import { amountsOf, shardWork } from './amounts.js';
import { DEFAULT_COSTS, predictStep, type Bound, type CostModel } from './cost.js';
import { dealTo } from './deal.js';
import { groupCount } from './groups.js';
import { partitionGraph } from './partition.js';

export interface PlanMachine {
  /** Particle-steps per second of all its threads; what is not a positive number counts as the mean of the others. */
  readonly speed: number;
  /** Threads it computes with. Default: 1. */
  readonly threads?: number;
  /** Cores that it may use. Default: as many as threads. */
  readonly cores?: number;
}

export interface PlanInput {
  readonly nodeCount: number;
  readonly replicas: number;
  /** Particles per shard, shard (node g, replica k) at [k n + g]. */
  readonly counts: ArrayLike<number>;
  readonly graph: { readonly offsets: ArrayLike<number>; readonly targets: ArrayLike<number> };
  /** Jumps per step along each directed edge, in all replicas together. */
  readonly flux: Float64Array;
  readonly machines: readonly PlanMachine[];
  /** Rates need densities: whole nodes go to machines, and all step together. */
  readonly coupled: boolean;
  /** Bytes of a node's densities. */
  readonly densityBytes: number;
  /** Bytes of an emigrant in a message. */
  readonly entryBytes: number;
  readonly exchangesPerStep: 1 | 2;
  readonly partition: 'auto' | 'nodes' | 'replicas';
  /** Where all machines are processes of one host: its cores. */
  readonly hostCores?: number;
}

export interface Predicted {
  readonly stepSeconds: number;
  /** Of each machine, packing and placing of emigrants included. */
  readonly computeSeconds: readonly number[];
  readonly messagesPerStep: number;
  readonly bytesPerStep: number;
  /** Jumps per step from one machine to another. */
  readonly cut: number;
  /** What the step waits for. */
  readonly bound: Bound;
}

export interface Plan {
  /** Machine of each shard, at [k n + g]. */
  readonly owner: Uint16Array;
  /** Group of each replica; groups are numbered over all teams. */
  readonly groupOfReplica: Uint16Array;
  /** `replicas`: no messages between machines. */
  readonly partition: 'replicas' | 'nodes';
  /** Machines that share replicas, by their least number; those without shards are in none. */
  readonly teams: readonly (readonly number[])[];
  /** Machines without shards, ascending. */
  readonly idle: readonly number[];
  readonly predicted: Predicted;
}

/** A placement that needs messages must be faster than one that needs none by this much: predictions are not exact. */
const MARGIN = 0.02;

/** Graphs with more nodes take a second to cut: fewer numbers of teams are tried. */
const LARGE_GRAPH = 20_000;

/** Most machines of a run: their numbers are 16 bits. */
export const MOST_MACHINES = 0xffff;

/**
 * Shares out the shards. A *team* is a set of machines that share replicas.
 *
 * - `replicas`: teams of one; with more machines than replicas the slowest ones stay idle (`idle`).
 * - `nodes`: one team of all; with more machines than nodes as few teams as leave nobody idle.
 * - `auto`: what is predicted to be fastest among these and teams of other sizes; the fewest messages among equals.
 * - Where rates need densities: one team, one group, whole nodes.
 *
 * Replicas go to teams longest first, by the teams' speeds. Within a team the nodes are cut once, by flux, and each replica
 * deals the parts to the machines anew, the largest to who is furthest behind: the cut stays the same, and parts that are not
 * of the wanted size even out over the replicas.
 * @throws RangeError
 */
export function planPlacement(input: PlanInput, costs: CostModel = DEFAULT_COSTS): Plan {
  const checked = check(input);
  const { machines, replicas, nodeCount, coupled, partition } = checked;
  const most = Math.min(machines.length, replicas);
  const ofOne = (): Plan => layOut(checked, costs, machines.length);
  if (coupled || nodeCount * replicas === 0) return layOut(checked, costs, 1);
  if (partition === 'replicas' || machines.length === 1) return ofOne();
  const allBusy = Math.min(most, Math.ceil(machines.length / nodeCount));
  if (partition === 'nodes') return layOut(checked, costs, allBusy);
  let best = ofOne();
  // Nothing can be faster than all machines at full speed: then there is nothing to look for.
  const fullSpeed = sum(shardWork(checked, costs)) / machines.reduce((total, { speed }) => total + speed, 0);
  if (fullSpeed >= (1 - MARGIN) * best.predicted.stepSeconds) return best;
  const divisors = divisorsOf(replicas).filter((count) => count <= most);
  const teamCounts = new Set([
    ...divisors.slice(nodeCount > LARGE_GRAPH ? -1 : -4),
    largestDivisor(machines.length, most),
    allBusy,
  ]);
  for (const count of [...teamCounts].sort((a, b) => b - a)) {
    if (count === machines.length) continue;
    const other = layOut(checked, costs, count);
    const margin = best.predicted.messagesPerStep === 0 ? 1 - MARGIN : 1;
    if (other.predicted.stepSeconds < margin * best.predicted.stepSeconds) best = other;
  }
  return best;
}

/** Predicts a step of any placement. */
export function predictPlacement(
  input: PlanInput,
  placement: Pick<Plan, 'owner' | 'groupOfReplica'>,
  costs: CostModel = DEFAULT_COSTS,
): Predicted {
  const amounts = amountsOf(input, placement, costs);
  const { stepSeconds, computeSeconds, bound } = predictStep(amounts, costs);
  const { messagesPerStep, bytesPerStep, cut } = amounts;
  return { stepSeconds, computeSeconds, messagesPerStep, bytesPerStep, cut, bound };
}

/** The plan with so many teams. */
function layOut(input: PlanInput, costs: CostModel, teamCount: number): Plan {
  const { machines, nodeCount, replicas, coupled } = input;
  const speeds = machines.map(({ speed }) => speed);
  const work = shardWork(input, costs);
  const ofReplica = Array.from({ length: replicas }, (_, k) =>
    sum(work.subarray(k * nodeCount, (k + 1) * nodeCount)),
  );
  const teams =
    teamCount >= machines.length
      ? machines.map((_, machine) => [machine])
      : dealTo(
          speeds,
          Array.from({ length: teamCount }, () => 1),
        ).map((of) => of.sort((a, b) => a - b));
  const replicasOfTeam = dealTo(
    ofReplica,
    teams.map((team) => team.reduce((total, machine) => total + speeds[machine], 0)),
  );
  const owner = new Uint16Array(nodeCount * replicas);
  const groupOfReplica = new Uint16Array(replicas);
  const cutter = nodeCutter(input, work);
  let groups = 0;
  teams.forEach((team, index) => {
    const own = replicasOfTeam[index].sort((a, b) => a - b);
    if (own.length === 0) return;
    if (team.length === 1) {
      for (const replica of own) {
        owner.fill(team[0], replica * nodeCount, (replica + 1) * nodeCount);
        groupOfReplica[replica] = groups++;
      }
      // Machines that work alone know no groups; but all replicas step together where rates need densities.
      if (coupled) groupOfReplica.fill(0);
      return;
    }
    const parts = cutter(team.map((machine) => speeds[machine]));
    const sizes = new Float64Array(team.length);
    for (const replica of own)
      for (let g = 0; g < nodeCount; g++) sizes[parts[g]] += work[replica * nodeCount + g];
    const count = coupled
      ? 1
      : groupCount(input, { team, replicas: own, parts, sizes, teams: teams.length }, costs);
    const dealt = dealTo(
      own.map((replica) => ofReplica[replica]),
      Array.from({ length: count }, () => 1),
    );
    const load = new Float64Array(team.length);
    let turn = 0;
    for (const group of dealt) {
      for (const replica of group.map((i) => own[i]).sort((a, b) => a - b)) {
        groupOfReplica[replica] = groups;
        const ofParts = coupled
          ? team.map((_, i) => i)
          : dealParts(work.subarray(replica * nodeCount, (replica + 1) * nodeCount), parts, load, {
              team,
              speeds,
              turn: turn++,
            });
        for (let g = 0; g < nodeCount; g++) owner[replica * nodeCount + g] = team[ofParts[parts[g]]];
      }
      groups++;
    }
  });
  const used = new Set(owner);
  const predicted = predictPlacement(input, { owner, groupOfReplica }, costs);
  const kept = teams
    .map((team) => team.filter((machine) => used.has(machine)))
    .filter((team) => team.length > 0);
  return {
    owner,
    groupOfReplica,
    partition: kept.every((team) => team.length === 1) && !coupled ? 'replicas' : 'nodes',
    teams: kept.sort((a, b) => a[0] - b[0]),
    idle: machines.map((_, machine) => machine).filter((machine) => !used.has(machine)),
    predicted,
  };
}

/** Work of a replica's parts that differs by less than this, to a mean part, counts as the same. */
const ALIKE = 0.02;

/**
 * Who of a team has which part of a replica: the heaviest part goes to who is furthest behind its share of the work so far. Among parts
 * that are alike members take turns, so that each comes to have each of them in as many replicas: where particles then move from some
 * nodes to others, these members have the same work all the same.
 * @param load of each member so far; changed
 */
function dealParts(
  work: Float64Array,
  parts: Int32Array,
  load: Float64Array,
  {
    team,
    speeds,
    turn,
  }: { readonly team: readonly number[]; readonly speeds: readonly number[]; readonly turn: number },
): number[] {
  const weights = new Float64Array(team.length);
  work.forEach((cost, g) => (weights[parts[g]] += cost));
  const total = sum(load) + sum(weights);
  const speed = team.reduce((all, machine) => all + speeds[machine], 0);
  const behind = team.map((machine, i) => (total * speeds[machine]) / speed - load[i]);
  const members = team.map((_, i) => i).sort((a, b) => behind[b] - behind[a] || a - b);
  const unit = (ALIKE * sum(weights)) / team.length;
  const rounded = weights.map((weight) => (unit > 0 ? Math.round(weight / unit) : 0));
  const heaviest = team.map((_, i) => i).sort((a, b) => rounded[b] - rounded[a] || a - b);
  const memberOfPart: number[] = [];
  for (let first = 0, end: number; first < heaviest.length; first = end) {
    end = first + 1;
    while (end < heaviest.length && rounded[heaviest[end]] === rounded[heaviest[first]]) end++;
    const alike = members.slice(first, end).sort((a, b) => a - b);
    for (let rank = first; rank < end; rank++) {
      const member = alike[(rank - first + turn) % alike.length];
      memberOfPart[heaviest[rank]] = member;
      load[member] += weights[heaviest[rank]];
    }
  }
  return memberOfPart;
}

/** Cuts the nodes into parts for machines of some speeds; teams that are nearly alike share a cut. */
function nodeCutter(input: PlanInput, work: Float64Array): (speeds: readonly number[]) => Int32Array {
  const { nodeCount, graph, flux, coupled, densityBytes, entryBytes, exchangesPerStep } = input;
  const known = new Map<string, Int32Array>();
  const nodeWeights = new Float64Array(nodeCount);
  work.forEach((cost, shard) => (nodeWeights[shard % nodeCount] += cost));
  const bytes = flux.map((jumps) => jumps * entryBytes + (coupled ? exchangesPerStep * densityBytes : 0));
  // Edges along which nobody has jumped yet count a little.
  const least = bytes.length === 0 ? 0 : (1e-3 * sum(bytes)) / bytes.length || 1;
  const edgeWeights = bytes.map((value) => value + least);
  return (speeds) => {
    const mean = speeds.reduce((total, speed) => total + speed, 0) / speeds.length;
    const sizes = speeds.map((speed) => Math.max(1, Math.round((32 * speed) / mean)));
    const key = sizes.join();
    let parts = known.get(key);
    if (!parts) {
      parts = partitionGraph({ ...graph, edgeWeights, nodeWeights }, sizes);
      known.set(key, parts);
    }
    return parts;
  };
}

function check(input: PlanInput): PlanInput {
  const { machines, counts, nodeCount, replicas, flux, graph } = input;
  if (machines.length < 1 || machines.length > MOST_MACHINES) {
    throw new RangeError(`a run has 1 to ${MOST_MACHINES} machines, not ${machines.length}`);
  }
  if (counts.length !== nodeCount * replicas || flux.length !== graph.targets.length) {
    throw new RangeError(
      `${nodeCount} nodes in ${replicas} replicas have as many counts as shards, and a flux for each of ` +
        `${graph.targets.length} edges; there are ${counts.length} and ${flux.length}`,
    );
  }
  const known = machines.map(({ speed }) => speed).filter((speed) => speed > 0 && speed < Infinity);
  const mean = known.length === 0 ? 1 : known.reduce((total, speed) => total + speed, 0) / known.length;
  return {
    ...input,
    machines: machines.map((machine) => ({
      ...machine,
      speed: machine.speed > 0 && machine.speed < Infinity ? machine.speed : mean,
    })),
  };
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Ascending. */
function divisorsOf(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1).filter((divisor) => n % divisor === 0);
}

function largestDivisor(of: number, most: number): number {
  let divisor = Math.min(most, of);
  while (of % divisor !== 0) divisor--;
  return divisor;
}
