// How long a step takes on machines: the cost model. Predicts from amounts (work, emigrants, messages, bytes) and constants
// in seconds; docs/performance.md has the formulas. Not who gets what (plan.ts), and no result depends on it.

import { HEADER_BYTES, PAYLOAD_BYTES } from '../transport/frame.js';

/** Constants of the model. Start values are from docs/performance.md; `fitCosts` (fit.ts) makes others from measurements. */
export interface CostModel {
  /** Particle-steps of work that come with a shard in a step, however few particles it has. */
  readonly shardSteps: number;
  /** Work of a step that is cut by nodes, relative: replicas do not stay in the cache from step to step. */
  readonly nodesFactor: number;
  /** Compute threads: to pack an emigrant for another machine, to place one that came. */
  readonly packSeconds: number;
  readonly placeSeconds: number;
  /** Compute threads: a meeting of a machine's threads, where rates need densities. */
  readonly meetingSeconds: number;
  /** I/O thread: a message sent or received, however short, and each byte of it. */
  readonly sendSeconds: number;
  readonly receiveSeconds: number;
  /** What a message costs where no core is left for input and output, and caches are others', to what it costs where one is. */
  readonly crowdedFactor: number;
  /** The same where machines and server share a host without a core to spare: each message stops threads that compute several times. */
  readonly crowdedHostFactor: number;
  readonly sendByteSeconds: number;
  readonly receiveByteSeconds: number;
  /** A server, for all machines, in a stream of messages: a message, a byte. How many servers share the work. */
  readonly serverMessageSeconds: number;
  readonly serverByteSeconds: number;
  /** What a message costs a server besides where messages come one at a time and it has to wake up. Counts where all share a host. */
  readonly serverWakeSeconds: number;
  readonly servers: number;
  /** From a thread that has packed a batch to a thread that finds it, on an idle network. */
  readonly latencySeconds: number;
  /** Coordinator: length of a segment, a request and its reply, each machine's reply. */
  readonly segmentSeconds: number;
  readonly advanceSeconds: number;
  readonly replySeconds: number;
}

/**
 * How long machines step before they are asked again: half a second costs a hundredth of it where two processes share two cores, and
 * a stop is still prompt.
 */
export const SEGMENT_SECONDS = 0.5;

export const DEFAULT_COSTS: CostModel = {
  // SHARD_COST of cluster/assignment.ts.
  shardSteps: 25,
  // Two threads, ring-ou with 4e6 particles: 2.3 against 1.8 ns.
  nodesFactor: 1.3,
  packSeconds: 10e-9,
  placeSeconds: 10e-9,
  meetingSeconds: 4e-6,
  // One at a time, waking up included; in a stream a tenth of it.
  sendSeconds: 40e-6,
  receiveSeconds: 40e-6,
  crowdedFactor: 2,
  // Two machines on two cores: each message more in a step makes it 0.3 ms longer.
  crowdedHostFactor: 5,
  sendByteSeconds: 0.8e-9,
  receiveByteSeconds: 0.8e-9,
  serverMessageSeconds: 1e-6,
  serverWakeSeconds: 60e-6,
  // 300 MB/s through one server.
  serverByteSeconds: 1 / 300e6,
  servers: 1,
  latencySeconds: 250e-6,
  segmentSeconds: SEGMENT_SECONDS,
  advanceSeconds: 1e-3,
  replySeconds: 60e-6,
};

/** Bytes of a message that are not emigrants: its frame's header, its subject and the words of the NATS protocol. */
export const MESSAGE_BYTES = HEADER_BYTES + 72;

/** Frames of a message with so many bytes of payload. */
export function framesOf(payloadBytes: number): number {
  return Math.max(1, Math.ceil(payloadBytes / PAYLOAD_BYTES));
}

/** What a machine has to do in a step, all exchanges together. */
export interface MachineStep {
  /** Particle-steps, shards however small included. */
  readonly work: number;
  /** Particle-steps per second of all its threads. */
  readonly speed: number;
  readonly threads: number;
  /** Cores; where there are no more of them than threads, input and output take from computing. */
  readonly cores: number;
  /** Groups of replicas that it shares with others; 0: it works alone. */
  readonly groups: number;
  /** Pieces of work of which a thread has whole ones: its groups, or its replicas where it works alone. */
  readonly pieces: number;
  readonly emigrantsOut: number;
  readonly emigrantsIn: number;
  readonly messagesOut: number;
  readonly messagesIn: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
}

export interface StepAmounts {
  readonly machines: readonly MachineStep[];
  readonly exchangesPerStep: number;
  /** Rates need densities: no overlap, and two more meetings in each exchange. */
  readonly coupled: boolean;
  /** Where all machines, and the server, are processes of one host: its cores. */
  readonly hostCores?: number;
}

/** What a step waits for. */
export type Bound = 'computing' | 'input and output' | 'server' | 'latency' | 'coordinator' | 'host';

export interface StepPrediction {
  readonly stepSeconds: number;
  /** Of each machine: computing, with packing and placing; and its I/O thread. */
  readonly computeSeconds: readonly number[];
  readonly ioSeconds: readonly number[];
  readonly serverSeconds: number;
  /** The coordinator's part, spread over the steps of a segment. */
  readonly coordinatorSeconds: number;
  /** What takes longest. */
  readonly bound: Bound;
}

/**
 * Predicts a step. A thread goes round its groups: it steps one, sends, and steps the next while the first one's batches
 * travel. A round takes as long as all its computing, or as one group's computing and travelling, whichever is longer.
 * Nobody is faster than its I/O thread, than the server, or than what the slowest machine makes others wait for.
 */
export function predictStep(amounts: StepAmounts, costs: CostModel = DEFAULT_COSTS): StepPrediction {
  const { machines, exchangesPerStep: exchanges, coupled, hostCores } = amounts;
  const computeSeconds = machines.map((machine) => computing(machine, amounts, costs));
  const threads = machines.reduce((sum, machine) => sum + machine.threads, 0);
  // No core is left for input and output on a host that all share, or on the machine itself.
  const isCrowded = (machine: MachineStep): boolean =>
    hostCores === undefined ? machine.cores <= machine.threads : hostCores <= threads;
  const crowding = hostCores === undefined ? costs.crowdedFactor : costs.crowdedHostFactor;
  const ioSeconds = machines.map((machine) => inputOutput(machine, isCrowded(machine) ? crowding : 1, costs));
  let [messages, bytes] = [0, 0];
  for (const machine of machines) {
    messages += machine.messagesOut;
    bytes += machine.bytesOut;
  }
  const serverSeconds =
    (messages * costs.serverMessageSeconds + bytes * costs.serverByteSeconds) / costs.servers;
  let [stepSeconds, bound]: [number, Bound] = [0, 'computing'];
  const atLeast = (seconds: number, by: Bound): void => {
    if (seconds > stepSeconds) [stepSeconds, bound] = [seconds, by];
  };
  machines.forEach((machine, m) => {
    const { cores, groups, messagesOut } = machine;
    const io = ioSeconds[m];
    const crowded = isCrowded(machine);
    const busy = computeSeconds[m] + (crowded ? io / cores : 0);
    atLeast(busy, 'computing');
    atLeast(io, 'input and output');
    if (messagesOut === 0) return;
    const travelling = exchanges * costs.latencySeconds;
    if (coupled) {
      // Densities, then emigrants; nothing else can be done meanwhile.
      atLeast(busy + 2 * travelling + serverSeconds + (crowded ? 0 : io), 'latency');
      return;
    }
    const perThread = Math.max(1, Math.floor(groups / machine.threads));
    // Without a core to spare, input and output are in `busy` already.
    const own = ((crowded ? 0 : io) + serverSeconds) / Math.max(1, groups);
    atLeast(busy / perThread + travelling + own, 'latency');
  });
  atLeast(serverSeconds, 'server');
  if (hostCores !== undefined) {
    const total = machines.reduce(
      (sum, machine, m) => sum + computeSeconds[m] * machine.threads + ioSeconds[m],
      serverSeconds + messages * costs.serverWakeSeconds,
    );
    atLeast(total / hostCores, 'host');
  }
  const stepsOfSegment = Math.max(1, Math.floor(costs.segmentSeconds / Math.max(stepSeconds, 1e-12)));
  const coordinatorSeconds = (costs.advanceSeconds + machines.length * costs.replySeconds) / stepsOfSegment;
  if (coordinatorSeconds > stepSeconds) bound = 'coordinator';
  return {
    stepSeconds: stepSeconds + coordinatorSeconds,
    computeSeconds,
    ioSeconds,
    serverSeconds,
    coordinatorSeconds,
    bound,
  };
}

function computing(machine: MachineStep, amounts: StepAmounts, costs: CostModel): number {
  const { work, speed, threads, groups, pieces, emigrantsOut, emigrantsIn } = machine;
  // A thread has whole pieces, if there are enough of them; else all threads share each piece.
  const rounds = Math.ceil(pieces / threads);
  const uneven = !amounts.coupled && pieces >= threads ? (rounds * threads) / pieces : 1;
  const meetings = amounts.coupled ? 3 * amounts.exchangesPerStep * costs.meetingSeconds : 0;
  const factor = groups > 0 ? costs.nodesFactor : 1;
  const moving = (costs.packSeconds * emigrantsOut + costs.placeSeconds * emigrantsIn) / threads;
  return (work === 0 ? 0 : (factor * work) / speed) * uneven + moving + meetings;
}

/** @param crowding what a message costs, to what it costs on idle cores */
function inputOutput(machine: MachineStep, crowding: number, costs: CostModel): number {
  return (
    crowding * (machine.messagesOut * costs.sendSeconds + machine.messagesIn * costs.receiveSeconds) +
    machine.bytesOut * costs.sendByteSeconds +
    machine.bytesIn * costs.receiveByteSeconds
  );
}
