// The workers of one process behind one interface: threads of a piscina pool, or none (the caller's own thread, for
// tests and for replaying serially). Gives each worker its task and waits for all of them.

import { Piscina } from 'piscina';
import { fileURLToPath } from 'node:url';
import { availableParallelism } from 'node:os';
import { ShardEngine, type MemoryPlan } from '../particles/mod.js';
import type { CompiledKernel } from '../kernel/mod.js';
import type { Model } from '../model/mod.js';
import { BarrierAborted, controlWord } from './barrier.js';
import type { TaskResult, WorkerSetup, WorkerTask } from './messages.js';
import { Worker } from './worker.js';

export interface Crew {
  readonly size: number;
  /** Runs one task a worker; resolves when all are done. Rejects with the first failure's own error. */
  run(tasks: readonly WorkerTask[]): Promise<TaskResult[]>;
  close(): Promise<void>;
}

/** Bytes of the control block. */
export function controlBytes(replicas: number): number {
  return 4 * (controlWord.claims + replicas);
}

/** One worker on the calling thread. */
export function soloCrew(
  model: Model,
  kernel: CompiledKernel,
  plan: MemoryPlan,
  setup: Pick<WorkerSetup, 'memory' | 'module' | 'control'>,
): Crew {
  const engine = new ShardEngine(model, kernel, plan, setup.memory, setup.module, 0);
  const worker = new Worker(engine, setup.control, 1, 1);
  return {
    size: 1,
    run: (tasks) => Promise.resolve(tasks.map((task) => worker.run(task))),
    close: () => Promise.resolve(),
  };
}

/** The built entrance of a thread; also found when this file runs from its source. */
const THREAD_FILE = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/workers/thread.js' : '../../workers/thread.js',
    import.meta.url,
  ),
);

/** Threads of this process. */
export function threadCrew(setup: WorkerSetup): Crew {
  const pool = new Piscina({
    filename: THREAD_FILE,
    minThreads: setup.workers,
    maxThreads: setup.workers,
    concurrentTasksPerWorker: 1,
    idleTimeout: Infinity,
    workerData: setup,
  });
  return {
    size: setup.workers,
    run: async (tasks) => {
      const results = await Promise.allSettled(
        tasks.map((task) => pool.run(task) as Promise<TaskResult>),
      );
      const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      if (failures.length > 0) {
        throw failures.find((failure) => !isAborted(failure)) ?? failures[0];
      }
      return results.map((result) => (result as PromiseFulfilledResult<TaskResult>).value);
    },
    close: () => pool.destroy(),
  };
}

/** Errors lose their class on the way between threads, but keep their own fields. */
function isAborted(error: unknown): boolean {
  return (error as Partial<BarrierAborted> | undefined)?.code === 'barrier-aborted';
}

/** Cores this process may use. */
export const coreCount = availableParallelism;
