// A process of its own that times, once and cold, how a config becomes machine code.

import { compileEagerly } from '../../src/cluster/engine-flags.js';
import { compileModule } from '../../src/cluster/module.js';
import { compileKernel } from '../../src/kernel/mod.js';
import { buildModel } from '../../src/model/mod.js';
import { configOf, type Workload } from '../workloads.js';

export interface CompileJob {
  readonly workload: Workload;
}

export interface CompileResult {
  readonly nodes: number;
  readonly dimension: number;
  readonly bytes: number;
  /** Milliseconds: config and model; model to WebAssembly; WebAssembly to machine code. */
  readonly model: number;
  readonly kernel: number;
  readonly machine: number;
  /** What a run does in place of `machine`: on Node 24 with the trial of wider vectors. */
  readonly withTrial: number;
  /** Processor milliseconds of kernel and machine together, V8's own threads included. */
  readonly cpu: number;
}

const job = JSON.parse(process.argv[2]) as CompileJob;
const timed = <T>(work: () => T): [T, number] => {
  const start = performance.now();
  const value = work();
  return [value, performance.now() - start];
};
const [{ model }, modelTime] = timed(() => buildModel(configOf(job.workload), { skipPreflight: true }));
const cpuStart = process.cpuUsage();
const [kernel, kernelTime] = timed(() => compileKernel(model));
compileEagerly();
const [, machine] = timed(() => new WebAssembly.Module(kernel.bytes));
const cpu = process.cpuUsage(cpuStart);
// Other bytes (an empty custom section more): V8 keeps the code of bytes that it has seen.
const again = { ...kernel, bytes: Uint8Array.from([...kernel.bytes, 0, 1, 0]) };
const [, withTrial] = timed(() => compileModule(model, again));
const result: CompileResult = {
  nodes: model.graph.nodeCount,
  dimension: model.dimension,
  bytes: kernel.bytes.length,
  model: modelTime,
  kernel: kernelTime,
  machine,
  withTrial,
  cpu: (cpu.user + cpu.system) / 1000,
};
console.log(JSON.stringify(result));
