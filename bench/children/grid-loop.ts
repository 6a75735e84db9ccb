// A process of its own that times a grid run's steps, without files. Takes a job as JSON, prints one line of JSON.

import { GridSimulation } from '../../src/cluster/mod.js';
import { configOf, type Workload } from '../workloads.js';

export interface GridLoopJob {
  readonly workload: Workload;
  readonly workers: number;
  /** Timed after the first step, which writes the coefficients. */
  readonly steps: number;
}

export interface GridLoopResult {
  readonly cells: number;
  readonly steps: number;
  /** Of the initial law, the coefficients and the first step. */
  readonly setUpSeconds: number;
  readonly setUpCpuSeconds: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly stateHash: string;
  readonly masses: readonly number[];
}

const job = JSON.parse(process.argv[2]) as GridLoopJob;
const simulation = GridSimulation.create(configOf(job.workload), {
  workers: job.workers,
  skipPreflight: true,
});
const [created, cpuCreated] = [performance.now(), process.cpuUsage()];
await simulation.start();
await simulation.advance(1);
const [start, cpuStart] = [performance.now(), process.cpuUsage()];
await simulation.advance(1 + job.steps);
const cpu = process.cpuUsage(cpuStart);
const end = performance.now();
const inSeconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;
const result: GridLoopResult = {
  cells: simulation.units,
  steps: job.steps,
  setUpSeconds: (start - created) / 1000,
  setUpCpuSeconds: inSeconds(cpuStart) - inSeconds(cpuCreated),
  seconds: (end - start) / 1000,
  cpuSeconds: inSeconds(cpu),
  stateHash: await simulation.stateHash(),
  masses: Array.from(simulation.masses()),
};
await simulation.close();
console.log(JSON.stringify(result));
