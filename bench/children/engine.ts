// A process of its own that steps one engine on its main thread, without threads and planner: with wider vectors or
// without, in a chosen number of replicas, under the profiler, or the search for immigrants alone.

import { Session, type Profiler } from 'node:inspector/promises';
import { compileEagerly, setRevectorize } from '../../src/cluster/engine-flags.js';
import { compileKernel } from '../../src/kernel/mod.js';
import { buildModel } from '../../src/model/mod.js';
import {
  allocateMemory,
  initialCounts,
  planMemory,
  replicaCount,
  ShardEngine,
} from '../../src/particles/mod.js';
import { configOf, type Workload } from '../workloads.js';

export interface EngineJob {
  readonly workload: Workload;
  /** Node 24: pairs of vectors as one. */
  readonly wide: boolean;
  /** Default: as a run would have. */
  readonly replicas?: number;
  readonly steps: number;
  /** Where the time goes, by sampling. */
  readonly profile?: true;
  /** Times a worker's look through emigrants that are all for others. */
  readonly scan?: true;
}

export interface EngineResult {
  readonly particles: number;
  readonly shards: number;
  readonly replicas: number;
  readonly nanoseconds: number;
  /** By processor time. */
  readonly cpuNanoseconds: number;
  readonly stateHash: string;
  /** Processor nanoseconds per particle-step by part, without `profile` empty. */
  readonly parts: Readonly<Record<string, number>>;
  /** Nanoseconds per particle to look through the emigrants of a step, and emigrants per particle. */
  readonly scan: { readonly perParticle: number; readonly emigrants: number } | undefined;
}

const job = JSON.parse(process.argv[2]) as EngineJob;
const { model } = buildModel(configOf(job.workload), { skipPreflight: true });
const kernel = compileKernel(model);
compileEagerly();
if (job.wide) setRevectorize(true);
const module = new WebAssembly.Module(kernel.bytes);
const replicas = job.replicas ?? replicaCount(model);
const plan = planMemory(model, kernel.plan, replicas, 1);
const engine = new ShardEngine(model, kernel, plan, allocateMemory(kernel, plan), module, 0);
const Fields = kernel.plan.precision === 'f32' ? Float32Array : Float64Array;
initialCounts(model, replicas).forEach((count, shard) => {
  const fields = new Fields(count * kernel.plan.fields);
  engine.store.fill(shard, { count, fields, generator: new Uint32Array(64) });
  engine.sample(shard, model.seed);
});
const run = (from: number, to: number): void => {
  for (let replica = 0; replica < replicas; replica++) engine.stepReplica(replica, from, to);
};

const warmUp = 3;
run(0, warmUp);
const session = new Session();
if (job.profile) {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
}
const [start, cpuStart] = [performance.now(), process.cpuUsage()];
run(warmUp, warmUp + job.steps);
const milliseconds = performance.now() - start;
const cpu = process.cpuUsage(cpuStart);
const perStep = 1e6 / (model.particleCount * job.steps);
const cpuNanoseconds = ((cpu.user + cpu.system) / 1000) * perStep;
const stateHash = engine.store.stateHash();
const parts = job.profile ? partsOf((await session.post('Profiler.stop')).profile) : {};
const result: EngineResult = {
  particles: model.particleCount,
  shards: plan.shardCount,
  replicas,
  nanoseconds: milliseconds * perStep,
  cpuNanoseconds,
  stateHash,
  parts,
  scan: job.scan ? scan() : undefined,
};
console.log(JSON.stringify(result));

/** Shares of the samples, as processor time. */
function partsOf({ nodes, samples = [] }: Profiler.Profile): Record<string, number> {
  const names = partNames();
  const functions = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const counts = new Map<string, number>();
  let total = 0;
  for (const id of samples) {
    const { functionName, url } = functions.get(id) ?? { functionName: '', url: '' };
    if (!url.startsWith('wasm:')) continue;
    const index = /^wasm-function\[(\d+)\]$/.exec(functionName)?.[1];
    const name = (index === undefined ? undefined : names.get(Number(index))) ?? functionName;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    total++;
  }
  const entries = [...counts].sort(([, a], [, b]) => b - a);
  return Object.fromEntries(entries.map(([name, count]) => [name, (count / total) * cpuNanoseconds]));
}

/** Names of the functions that kernel/control.ts adds, by their number in the module; exports go by their own names. */
function partNames(): Map<number, string> {
  const classes = kernel.plan.classes.length;
  const perClass = ['move and bound test', 'bound test alone', 'hop', 'thin'];
  const pool = ['take chunk', 'give chunk', 'last slot', 'append', 'remove last', 'release'];
  const names = [
    'words',
    'gaussians',
    ...Array.from({ length: classes }, () => perClass).flat(),
    ...pool,
    'follow, emit',
    'gather',
    'pack flags',
    'step loop',
    'exchange',
  ];
  return new Map(names.map((name, index) => [index, name]));
}

/** A worker that owns no shard looks through the emigrants of one replica. */
function scan(): { perParticle: number; emigrants: number } {
  const nodes = model.graph.nodeCount;
  let particles = 0;
  for (let node = 0; node < nodes; node++) particles += engine.store.count(node);
  const before = engine.jumps().reduce((sum, jumps) => sum + jumps, 0);
  engine.beginExchange(0);
  for (let node = 0; node < nodes; node++) {
    engine.store.setOwner(node, 0);
    engine.stepShard(node, 0, 0);
  }
  const emigrants = engine.jumps().reduce((sum, jumps) => sum + jumps, -before) / particles;
  engine.setOwner(1);
  const repeats = Math.ceil(2e8 / particles);
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const begin = performance.now();
    for (let i = 0; i < repeats; i++) engine.exchange(0, 0, false);
    best = Math.min(best, ((performance.now() - begin) * 1e6) / (repeats * particles));
  }
  return { perParticle: best, emigrants };
}
