// The door of this folder for the threads that solve for a geodesic, as thread.ts is for those of runs.
export { controlWord } from './barrier.js';
export { asFailure } from './failure.js';
export type { TaskFailure } from './messages.js';
export { MetricWorker, type MetricSetup } from './metric-team.js';
