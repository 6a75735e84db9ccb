// The door of this folder for the entrances of threads (workers/). Not mod.ts, through which a thread would load all that
// the main thread needs, the network and output among it: 10 MB a thread and a tenth of a second (docs/performance.md).
export { controlWord } from './barrier.js';
export { asFailure } from './failure.js';
export { GridWorker } from './grid-worker.js';
export type {
  EstimateSetup,
  GridResult,
  GridSetup,
  GridTask,
  TaskFailure,
  TaskResult,
  WorkerSetup,
  WorkerTask,
} from './messages.js';
export { Worker } from './worker.js';
