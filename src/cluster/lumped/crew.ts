// Who does the tasks of a lumped run: threads of this process, or the calling thread where a step is too short to be worth the messages.

import { localCrew, type NodeCrew, type NodeTask, type NodeWorker } from '../../lumped/mod.js';
import { now } from '../clock.js';
import { crewOf } from '../crew.js';
import type { LumpedResult, LumpedSetup } from './messages.js';

/** A crew that knows how busy it was. */
export interface TimedCrew extends NodeCrew {
  /** Seconds that tasks took, over all workers. */
  readonly busySeconds: number;
}

/** Young objects of a thread, in MiB: objectives are other people's code, and may make many. */
const YOUNG_GENERATION = 32;

/** Threads; each builds model and objective for itself. */
export function lumpedThreads(setup: LumpedSetup): TimedCrew {
  const threads = crewOf<NodeTask, LumpedResult>('lumped-thread', setup, YOUNG_GENERATION);
  let busySeconds = 0;
  return {
    size: setup.workers,
    get busySeconds() {
      return busySeconds;
    },
    allocate: (length) => new Float64Array(new SharedArrayBuffer(8 * length)),
    run: async (tasks) => {
      const results = await threads.run(tasks);
      for (const result of results) busySeconds += result.busySeconds;
      return results;
    },
    close: () => threads.close(),
  };
}

/** The calling thread. */
export function lumpedAlone(worker: NodeWorker): TimedCrew {
  const crew = localCrew(worker);
  let busySeconds = 0;
  return {
    ...crew,
    get busySeconds() {
      return busySeconds;
    },
    run: async (tasks) => {
      const started = now();
      const results = await crew.run(tasks);
      busySeconds += now() - started;
      return results;
    },
  };
}
