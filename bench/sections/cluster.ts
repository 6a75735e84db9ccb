// Machines: what messages and emigrants cost, runs on several worker processes against one process, and what the cost model
// (src/cluster/machines) makes of it for up to 10,000 machines.

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { RING_OU } from '../../src/cli/bench.js';
import { DEFAULT_COSTS, type CostModel } from '../../src/cluster/machines/cost.js';
import { planPlacement } from '../../src/cluster/machines/plan.js';
import {
  scaling,
  scalingInput,
  type ScalingCase,
  type ScalingRow,
} from '../../src/cluster/machines/scaling.js';
import { compressGraph } from '../../src/model/graph.js';
import { replicaCount, travellingBytes } from '../../src/particles/mod.js';
import { child, commandLine, inTemporaryFolder } from '../children.js';
import {
  target,
  type Section,
  type SectionOptions,
  type SectionResult,
  type SectionTable,
} from '../report.js';
import { median, spread, spreadText } from '../statistics.js';
import { measureMessages } from './messages.js';

/** Two machines of one thread against one process of two threads. */
const TARGETS = { nodes: 0.8, auto: 0.92 } as const;

const PARTICLES = 4e6;
/** Of ring-ou once it has settled (docs/performance.md). */
const JUMPS = 0.015;
/** Two coordinates in single precision, and where to. */
const ENTRY_BYTES = travellingBytes(2, 4, 8);

const MACHINES = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 2000, 5000, 10_000];

export const cluster: Section = { name: 'cluster', title: 'Many machines', run };

async function run(options: SectionOptions): Promise<SectionResult> {
  const { quick, progress } = options;
  const messages = await measureMessages(options);
  progress('cluster: packing emigrants');
  const packing = await child(
    'packing',
    { workload: {}, emigrants: 5000, owners: 4, repeats: quick ? 50 : 500 },
    { pin: true },
  );
  progress('cluster: replicas and nodes on two threads');
  const nodesFactor = await nodesAgainstReplicas(options);
  const costs: CostModel = { ...messages.costs, ...packing, nodesFactor };
  progress('cluster: speed of one thread');
  // By processor time: other work on this machine is not its.
  const { perCpuSecond: speed } = await child('step-loop', {
    workload: { set: [`particles=${quick ? 1e6 : PARTICLES}`] },
    workers: 1,
    steps: quick ? 5 : 60,
    repeats: 1,
  });
  const runs = await machineRuns(options, costs, speed);
  return {
    tables: [...messages.tables, constants(costs), ...runs.tables, ...predictions(costs, speed)],
    remarks: [
      ...runs.remarks,
      'The predictions know nothing of memory, of machines that are late now and then, or of networks slower than their server.',
    ],
    data: { messages: messages.data, packing, speed, costs, runs: runs.data },
  };
}

/** Work of a step that is cut by nodes to that of one that is not, on two threads, by processor time. */
async function nodesAgainstReplicas({ quick }: SectionOptions): Promise<number> {
  const cost = async (partition: 'nodes' | 'replicas'): Promise<number> => {
    const { perCpuSecond } = await child('step-loop', {
      workload: { set: [`particles=${quick ? 1e6 : PARTICLES}`] },
      workers: 2,
      partition,
      steps: quick ? 5 : 120,
      repeats: 1,
    });
    return 1 / perCpuSecond;
  };
  return (await cost('nodes')) / (await cost('replicas'));
}

function constants(costs: CostModel): SectionTable {
  const of: readonly [string, keyof CostModel, number, string][] = [
    ['work of nodes to that of replicas', 'nodesFactor', 1, ''],
    ['an emigrant packed', 'packSeconds', 1e9, 'ns'],
    ['an emigrant placed', 'placeSeconds', 1e9, 'ns'],
    ['a message sent, I/O thread', 'sendSeconds', 1e6, 'us'],
    ['a message received, I/O thread', 'receiveSeconds', 1e6, 'us'],
    ['a byte sent, I/O thread', 'sendByteSeconds', 1e9, 'ns'],
    ['a byte received, I/O thread', 'receiveByteSeconds', 1e9, 'ns'],
    ['a message, server, in a stream', 'serverMessageSeconds', 1e6, 'us'],
    ['the same, besides, one at a time', 'serverWakeSeconds', 1e6, 'us'],
    ['a byte, server', 'serverByteSeconds', 1e9, 'ns'],
    ['one way, idle', 'latencySeconds', 1e6, 'us'],
  ];
  return {
    caption: 'Constants of the cost model, as measured here and as the planner has them',
    head: ['what', 'unit', 'here', 'planner'],
    rows: of.map(([what, key, unit, name]) => [
      what,
      name,
      (unit * costs[key]).toFixed(2),
      (unit * DEFAULT_COSTS[key]).toFixed(2),
    ]),
  };
}

// ---- runs -------------------------------------------------------------------------------------------------------------

interface Runs {
  readonly tables: readonly SectionTable[];
  readonly remarks: readonly string[];
  readonly data: unknown;
}

async function machineRuns(options: SectionOptions, costs: CostModel, speed: number): Promise<Runs> {
  const { stdout: help } = await commandLine(['run', '--help']);
  if (!help.includes('--nats')) {
    return {
      tables: [],
      remarks: ['Runs on machines are left out: this `wasserwerk run` has no --nats.'],
      data: undefined,
    };
  }
  const { quick, progress } = options;
  const rounds = Math.min(5, options.rounds);
  const particles = quick ? 4e5 : PARTICLES;
  const partitions = ['nodes', 'auto'] as const;
  const threads: number[] = [];
  const threadsByNodes: number[] = [];
  const machines = { nodes: [] as number[], auto: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    progress(`cluster: round ${round + 1} of ${rounds}, two threads`);
    threads.push(await wholeRun(quick, particles, ['--workers', '2']));
    threadsByNodes.push(await wholeRun(quick, particles, ['--workers', '2', '--set', 'partition=nodes']));
    for (const partition of partitions) {
      progress(`cluster: round ${round + 1} of ${rounds}, two machines, ${partition}`);
      machines[partition].push(await wholeRun(quick, particles, machineArguments(2, partition)));
    }
  }
  const nanoseconds = (values: readonly number[]): string =>
    median(values.map((value) => 1e9 / value)).toFixed(2);
  const ratios = partitions.map((partition) => {
    const ratio = spread(machines[partition].map((value, round) => value / threads[round]));
    const wanted = TARGETS[partition];
    return [
      `2 machines of 1 thread, ${partition}`,
      nanoseconds(machines[partition]),
      spreadText(ratio),
      partition === 'auto'
        ? ''
        : spreadText(spread(machines.nodes.map((value, round) => value / threadsByNodes[round]))),
      target(`>= ${wanted}`, ratio.median >= wanted),
    ];
  });
  const measured: { count: number; partition: 'nodes' | 'auto'; predicted: number; rate: number }[] = [];
  for (const partition of partitions) {
    for (const count of [2, 4, 8]) {
      progress(`cluster: ${count} machines, ${partition}`);
      const rate =
        count === 2
          ? median(machines[partition])
          : await wholeRun(quick, particles, machineArguments(count, partition));
      const input = {
        ...scalingInput(
          { ...ringOu({ speed, threads: 1, cores: 1 }), particles: { total: particles }, partition },
          count,
        ),
        hostCores: availableParallelism(),
      };
      const { stepSeconds } = planPlacement(input, costs).predicted;
      measured.push({ count, partition, predicted: stepSeconds, rate });
    }
  }
  const size = particles.toLocaleString('en');
  return {
    tables: [
      {
        caption: `ring-ou, ${size} particles: machines against threads, on ${availableParallelism()} cores (${rounds} rounds in turns)`,
        head: [
          'what',
          'ns per particle-step',
          'rate, times that of 2 threads',
          'times that of 2 threads, nodes',
          'target',
        ],
        rows: [
          ['2 threads', nanoseconds(threads), '', '', ''],
          ['2 threads, nodes', nanoseconds(threadsByNodes), '', '', ''],
          ...ratios,
        ],
      },
      {
        caption: `Step time of ring-ou with ${size} particles, predicted and measured, all machines on ${availableParallelism()} cores`,
        head: ['machines of 1 thread', 'partition', 'predicted, ms', 'measured, ms', 'measured / predicted'],
        rows: measured.map(({ count, partition, predicted, rate }) => [
          String(count),
          partition,
          (1e3 * predicted).toFixed(2),
          ((1e3 * particles) / rate).toFixed(2),
          (particles / rate / predicted).toFixed(2),
        ]),
      },
    ],
    remarks: [],
    data: { threads, threadsByNodes, machines, measured },
  };
}

const machineArguments = (count: number, partition: string): string[] => [
  ...['--nats', 'auto', '--machines', String(count), '--workers', '1'],
  ...['--set', `partition=${partition}`],
];

/** Particle-steps per second of a run, all writing included. */
async function wholeRun(quick: boolean, particles: number, args: readonly string[]): Promise<number> {
  return inTemporaryFolder(async (folder) => {
    const config = join(folder, 'ring-ou.yaml');
    writeFileSync(config, RING_OU);
    const steps = quick ? 60 : 400;
    const { stdout } = await commandLine([
      ...['run', config, '--out', join(folder, 'run'), '--quiet', '--json', ...args],
      ...['--set', `particles=${particles}`, '--set', `time.end=${steps / 100}`],
      ...['--set', `observe.every=${steps}`],
    ]);
    const { timings } = JSON.parse(stdout) as { timings: { particleStepsPerSecond: number } };
    return timings.particleStepsPerSecond;
  });
}

// ---- predictions --------------------------------------------------------------------------------------------------------

/** A ring of nodes, each joined to the next. */
function ringGraph(nodes: number): ScalingCase['graph'] {
  const from = Int32Array.from({ length: nodes }, (_, v) => v);
  const to = from.map((v) => (v + 1) % nodes);
  const names = Array.from(from, String);
  return compressGraph(names, { from, to, weights: new Float64Array(nodes).fill(1) }).graph;
}

function ringOu(machine: ScalingCase['machine']): Omit<ScalingCase, 'particles' | 'partition'> {
  const nodeCount = 8;
  return {
    graph: ringGraph(nodeCount),
    nodeCount,
    replicasOf: (particleCount) =>
      replicaCount({
        particleCount,
        dimension: 2,
        precision: 'f32',
        integrator: 'euler-maruyama',
        graph: { nodeCount },
      }),
    jumps: JUMPS,
    machine,
    coupled: false,
    densityBytes: 0,
    entryBytes: ENTRY_BYTES,
  };
}

function predictions(measured: CostModel, speed: number): SectionTable[] {
  // Between hosts, not on one: cores for input and output, and a network's latency.
  const costs = {
    ...measured,
    latencySeconds: Math.max(measured.latencySeconds, DEFAULT_COSTS.latencySeconds),
  };
  const threads = 8;
  const base = ringOu({ speed: threads * speed, threads, cores: threads + 1 });
  const nodes = 1024;
  const coupled: Omit<ScalingCase, 'particles' | 'partition'> = {
    ...base,
    graph: ringGraph(nodes),
    nodeCount: nodes,
    coupled: true,
    // 64 x 64 cells in single precision, with a border; rates from densities make a step about five times as long.
    densityBytes: 4 * 66 * 66,
    machine: { speed: (threads * speed) / 5, threads, cores: threads + 1 },
  };
  const weak = { particles: { perMachine: 1e7 } };
  const strong = { particles: { total: 4e8 } };
  const columns: readonly (readonly [string, ScalingCase])[] = [
    ['weak, auto', { ...base, ...weak, partition: 'auto' }],
    ['weak, nodes', { ...base, ...weak, partition: 'nodes' }],
    ['strong, auto', { ...base, ...strong, partition: 'auto' }],
    ['strong, nodes', { ...base, ...strong, partition: 'nodes' }],
    ['weak, coupled', { ...coupled, ...weak, partition: 'auto' }],
  ];
  const rows = columns.map(([, of]) => scaling(of, MACHINES, costs));
  const cell = ({ plan, efficiency }: ScalingRow): string =>
    `${milliseconds(plan.predicted.stepSeconds)} (${(100 * efficiency).toFixed(efficiency < 0.01 ? 2 : 0)} %, ${plan.predicted.bound})`;
  return [
    {
      caption:
        'Predicted step, ms, with the share of full speed and what it waits for: machines of 8 threads, one server. ring-ou with 10^7 ' +
        'particles a machine (weak) or 4 x 10^8 in all (strong); coupled: rates from densities, a ring of 1024 nodes, 64 x 64 cells',
      head: ['machines', ...columns.map(([name]) => name)],
      rows: MACHINES.map((count, i) => [
        count.toLocaleString('en'),
        ...rows.map((column) => cell(column[i])),
      ]),
    },
  ];
}

function milliseconds(seconds: number): string {
  const value = 1e3 * seconds;
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
