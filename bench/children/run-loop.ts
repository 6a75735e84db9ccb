// A process of its own that makes a whole run and times its loop: from the first look to the last, and what comes after that
// (estimates still under way, the state hash). Takes a job as JSON, prints one line of JSON.

import { startRun } from '../../src/cluster/mod.js';
import { configOf, type Workload } from '../workloads.js';

export interface RunLoopJob {
  readonly workload: Workload;
  readonly workers: number;
  /** Run folder. */
  readonly out: string;
}

export interface RunLoopResult {
  /** Steps, observations and writing. */
  readonly loopSeconds: number;
  /** Processor time of all threads meanwhile. */
  readonly loopCpuSeconds: number;
  /** From the last look to the end of the run. */
  readonly endSeconds: number;
}

const job = JSON.parse(process.argv[2]) as RunLoopJob;
let [first, last] = [NaN, NaN];
let [firstCpu, lastCpu] = [NaN, NaN];
const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
await startRun(configOf(job.workload), {
  out: job.out,
  workers: job.workers,
  skipPreflight: true,
  looked: () => {
    last = performance.now();
    lastCpu = cpuSeconds();
    if (Number.isNaN(first)) [first, firstCpu] = [last, lastCpu];
  },
});
const result: RunLoopResult = {
  loopSeconds: (last - first) / 1000,
  loopCpuSeconds: lastCpu - firstCpu,
  endSeconds: (performance.now() - last) / 1000,
};
console.log(JSON.stringify(result));
