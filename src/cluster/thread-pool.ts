// A piscina pool of threads of this process: all of them there from the start, one task a thread at a time.

import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';

/** Entrances of threads, files of the folder `workers`. */
export type ThreadName = 'thread' | 'grid-thread' | 'lumped-thread' | 'metric-thread' | 'estimate';

/**
 * Threads that enter by a file of `workers`.
 *
 * @param workerData what each of them is told as it starts
 * @param youngGeneration space for young objects of a thread, in MiB; Node's own choice if undefined
 */
export function threadPool(
  name: ThreadName,
  threads: number,
  workerData: object,
  youngGeneration?: number,
): Piscina {
  return new Piscina({
    filename: threadFile(name),
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Infinity,
    workerData,
    execArgv: IMPORTS_ONLY,
    ...(youngGeneration !== undefined && { resourceLimits: { maxYoungGenerationSizeMb: youngGeneration } }),
  });
}

/**
 * Piscina loads an entrance by `require` where Node lets it, and Node 20 aborts the whole process if a thread is ended while
 * it requires an ES module ("v8::Module::IsGraphAsync must be used on an instantiated module"): a run that failed in its first
 * tenths of a second died of SIGABRT in 1 of 40 cases. `import`, which piscina falls back to, can be ended at any time.
 * Flags of the process are not handed on: those of V8 are everybody's anyway, and Node refuses them for a thread.
 */
const IMPORTS_ONLY = process.allowedNodeEnvironmentFlags.has('--experimental-require-module')
  ? ['--no-experimental-require-module']
  : [];

/** The built entrance of a kind of threads; also found when this file runs from its source. */
function threadFile(name: ThreadName): string {
  const folder = import.meta.url.endsWith('.ts') ? '../../dist/workers/' : '../../workers/';
  return fileURLToPath(new URL(`${folder}${name}.js`, import.meta.url));
}
