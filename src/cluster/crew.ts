// The workers of one process behind one interface: threads of a piscina pool, or none (the caller's own thread, for
// tests and for replaying serially). Gives each worker its task and waits for all of them.

import { MessagePort } from 'node:worker_threads';
import { availableParallelism } from 'node:os';
import { ShardEngine, type MemoryPlan } from '../particles/mod.js';
import type { CompiledKernel } from '../kernel/mod.js';
import type { Model } from '../model/mod.js';
import { controlWord } from './barrier.js';
import { asFailure, errorOf } from './failure.js';
import type { TaskFailure, TaskResult, WorkerSetup, WorkerTask } from './messages.js';
import { threadPool, type ThreadName } from './thread-pool.js';
import { Worker } from './worker.js';

export interface Crew<Task = WorkerTask, Result = TaskResult> {
  readonly size: number;
  /** Runs one task a worker; resolves when all are done. Rejects with the first failure's own error. */
  run(tasks: readonly Task[]): Promise<Result[]>;
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

/**
 * Young objects of a thread, in MiB. A thread makes few: particles are in shared memory. The default lets each thread
 * take 15 MB more (docs/performance.md).
 */
const YOUNG_GENERATION = 4;

/** Threads of this process, for particles. */
export function threadCrew(setup: WorkerSetup): Crew {
  return crewOf('thread', setup);
}

/** Threads of this process that enter by a file of `workers`, each with the same setup. */
export function crewOf<Task, Result extends object>(
  name: Exclude<ThreadName, 'estimate'>,
  setup: { readonly workers: number },
  youngGeneration = YOUNG_GENERATION,
): Crew<Task, Result> {
  const pool = threadPool(name, setup.workers, setup, youngGeneration);
  return {
    size: setup.workers,
    run: async (tasks) => {
      const answers = await Promise.allSettled(
        tasks.map((task) => {
          const transferList = portsOf(task);
          return pool.run(task, transferList.length > 0 ? { transferList } : {}) as Promise<
            Result | TaskFailure
          >;
        }),
      );
      const results: Result[] = [];
      const failures: TaskFailure['failure'][] = [];
      for (const answer of answers) {
        // A rejection is a thread that could not start or is gone.
        if (answer.status === 'rejected') failures.push(asFailure(answer.reason).failure);
        else if ('failure' in answer.value) failures.push(answer.value.failure);
        else results.push(answer.value);
      }
      if (failures.length > 0) throw errorOf(failures);
      return results;
    },
    close: () => pool.destroy(),
  };
}

/** Ports in a task change hands with it. */
function portsOf(task: unknown): MessagePort[] {
  const { port } = task as { port?: unknown };
  return port instanceof MessagePort ? [port] : [];
}

/** Cores this process may use. */
export const coreCount = availableParallelism;
