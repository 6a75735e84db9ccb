// A process of its own that times the step loop as a run uses it (threads, planner, production code), without files
// and observations. Takes a job as JSON, prints one line of JSON.

import { Simulation } from '../../src/cluster/mod.js';
import { configOf, type Workload } from '../workloads.js';

export interface StepLoopJob {
  readonly workload: Workload;
  readonly workers: number;
  readonly partition?: 'replicas' | 'nodes' | 'auto';
  /** Timed after the warm-up, from the initial law on, as the peers do it. */
  readonly steps: number;
  /** How often, each from a fresh start; the times add up. */
  readonly repeats: number;
  readonly warmUp?: number;
}

export interface StepLoopResult {
  readonly node: string;
  readonly particles: number;
  readonly steps: number;
  /** Of all repeats together. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly particleStepsPerSecond: number;
  /** Particle-steps per second of processor time. */
  readonly perCpuSecond: number;
  /** State of the last repeat. */
  readonly stateHash: string;
  readonly masses: readonly number[];
}

const job = JSON.parse(process.argv[2]) as StepLoopJob;
const config = configOf(job.workload);
const warmUp = job.warmUp ?? 3;
let [seconds, cpuSeconds] = [0, 0];
let last: Pick<StepLoopResult, 'stateHash' | 'masses' | 'particles'> | undefined;
for (let repeat = 0; repeat < job.repeats; repeat++) {
  const simulation = Simulation.create(config, {
    workers: job.workers,
    skipPreflight: true,
    ...(job.partition === undefined ? {} : { partition: job.partition }),
  });
  await simulation.start();
  await simulation.advance(warmUp);
  const [start, cpuStart] = [performance.now(), process.cpuUsage()];
  await simulation.advance(warmUp + job.steps);
  const cpu = process.cpuUsage(cpuStart);
  seconds += (performance.now() - start) / 1000;
  cpuSeconds += (cpu.user + cpu.system) / 1e6;
  last = {
    stateHash: await simulation.stateHash(),
    masses: Array.from(simulation.masses()),
    particles: simulation.model.particleCount,
  };
  await simulation.close();
}
if (!last) throw new RangeError('repeats must be at least 1');
const particleSteps = last.particles * job.steps * job.repeats;
const result: StepLoopResult = {
  node: process.version,
  steps: job.steps,
  seconds,
  cpuSeconds,
  particleStepsPerSecond: particleSteps / seconds,
  perCpuSecond: particleSteps / cpuSeconds,
  ...last,
};
console.log(JSON.stringify(result));
