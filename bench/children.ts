// Runs the measuring programs of bench/children/, and the command line, each in a process of its own.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DistanceBenchResult, DistanceJob } from './children/distance.js';
import type { CompileJob, CompileResult } from './children/compile.js';
import type { EngineJob, EngineResult } from './children/engine.js';
import type { GridLoopJob, GridLoopResult } from './children/grid-loop.js';
import type { MovementsJob, MovementsResult } from './children/movements.js';
import type { NatsPeerJob, NatsPeerResult } from './children/nats-peer.js';
import type { PackingJob, PackingResult } from './children/packing.js';
import type { RunLoopJob, RunLoopResult } from './children/run-loop.js';
import type { StepLoopJob, StepLoopResult } from './children/step-loop.js';
import type { Usage } from './children/usage.js';
import { pinned } from './peers/run.js';

interface Jobs {
  'step-loop': { job: StepLoopJob; result: StepLoopResult };
  'grid-loop': { job: GridLoopJob; result: GridLoopResult };
  movements: { job: MovementsJob; result: MovementsResult };
  'run-loop': { job: RunLoopJob; result: RunLoopResult };
  'nats-peer': { job: NatsPeerJob; result: NatsPeerResult };
  packing: { job: PackingJob; result: PackingResult };
  engine: { job: EngineJob; result: EngineResult };
  compile: { job: CompileJob; result: CompileResult };
  distance: { job: DistanceJob; result: DistanceBenchResult };
}

export interface ChildOptions {
  /** The Node binary; default: the one that runs this. */
  readonly node?: string;
  /** Holds it to one core, as the peers are. */
  readonly pin?: boolean;
}

const execute = promisify(execFile);
const OUTPUT = { maxBuffer: 64 * 1024 * 1024 };
const fileOf = (name: string): string => fileURLToPath(new URL(`./children/${name}.js`, import.meta.url));

/** The built command line. */
export const CLI = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));

/** A file of the repository, seen from dist/bench. */
export const inRepository = (path: string): string =>
  fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Does one job in a fresh process. */
export async function child<K extends keyof Jobs>(
  kind: K,
  job: Jobs[K]['job'],
  options: ChildOptions = {},
): Promise<Jobs[K]['result']> {
  const command = [
    ...(options.pin === true ? pinned() : []),
    options.node ?? process.execPath,
    fileOf(kind),
    JSON.stringify(job),
  ];
  const { stdout } = await execute(command[0], command.slice(1), OUTPUT);
  return JSON.parse(stdout) as Jobs[K]['result'];
}

/** Runs `wasserwerk` with the given arguments; what it printed and what it used. */
export async function commandLine(
  args: readonly string[],
  script = CLI,
): Promise<{ stdout: string; seconds: number; usage: Usage }> {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, 'usage.json');
    const start = performance.now();
    const { stdout } = await execute(process.execPath, ['--import', fileOf('usage'), script, ...args], {
      ...OUTPUT,
      env: { ...process.env, WASSERWERK_BENCH_USAGE: file },
    });
    const seconds = (performance.now() - start) / 1000;
    return { stdout, seconds, usage: JSON.parse(readFileSync(file, 'utf8')) as Usage };
  });
}

export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'wasserwerk-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
