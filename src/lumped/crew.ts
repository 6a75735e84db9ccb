// Who does the tasks on points: an interface, and the calling thread as the simplest of those that meet it. Threads are in cluster/.

import type { NodeResult, NodeTask, NodeWorker } from './node-tasks.js';

/** Does tasks of one flow, several at once if it can. */
export interface NodeCrew {
  /** How many tasks it does at once; nodes are dealt out accordingly. Results do not depend on it. */
  readonly size: number;
  /** An array that all who do tasks can see. */
  allocate(length: number): Float64Array;
  /** Results in the order of the tasks. */
  run(tasks: readonly NodeTask[]): Promise<readonly NodeResult[]>;
  close(): Promise<void>;
}

/** One worker on the calling thread. */
export function localCrew(worker: NodeWorker): NodeCrew {
  return {
    size: 1,
    allocate: (length) => new Float64Array(length),
    run: async (tasks) => {
      const results: NodeResult[] = [];
      for (const task of tasks) results.push(await worker.run(task));
      return results;
    },
    close: () => Promise.resolve(),
  };
}
