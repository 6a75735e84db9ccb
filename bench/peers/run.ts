// Runs the model `ring-ou` as written for other tools (see README.md beside this file) and hands back what they print.
// One run is one measurement on one core; repeating, interleaving and taking the median is the caller's business.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

export interface PeerOptions {
  readonly particles: number;
  readonly steps: number;
  readonly seed: number;
  /** NumPy only: whole arrays in every operation, not blocks that stay in the cache. */
  readonly whole?: boolean;
}

const resultSchema = z.object({
  tool: z.string(),
  version: z.string(),
  particles: z.number(),
  steps: z.number(),
  /** Of the steps alone: start-up, compilation, sampling of the initial law and warm-up are not in it. */
  seconds: z.number().positive(),
  particleStepsPerSecond: z.number().positive(),
  /** Of the processor, over the same steps: says more than `seconds` where others use the machine, too. */
  cpuSeconds: z.number().positive(),
  /** Share of the particles on each node after the steps. */
  masses: z.array(z.number()).length(8),
});
export type PeerResult = z.infer<typeof resultSchema>;

/** This machine lacks what the peer needs; the message says how to get it. */
export class PeerUnavailable extends Error {
  override readonly name = 'PeerUnavailable';
  constructor(what: string, cause: unknown) {
    super(`${what} is missing. Install it: scripts/install-test-tools.sh --bench`, { cause });
  }
}

// Not the first python3 on the path: a version manager may shadow the one that python3-numpy belongs to.
const PYTHON = '/usr/bin/python3';
const CXX = 'g++';

export async function runNumpy(options: PeerOptions): Promise<PeerResult> {
  if (!existsSync(PYTHON)) throw new PeerUnavailable(PYTHON, undefined);
  try {
    return await measure(PYTHON, [source('ring_ou_numpy.py')], options, options.whole === true ? ['0'] : []);
  } catch (error) {
    if (failure(error).stderr.includes("No module named 'numpy'")) {
      throw new PeerUnavailable(`NumPy for ${PYTHON} (Debian: python3-numpy)`, error);
    }
    throw error;
  }
}

const scipySchema = z.object({
  tool: z.string(),
  version: z.string(),
  cells: z.number(),
  steps: z.number(),
  factorSeconds: z.number().positive(),
  factorCpuSeconds: z.number(),
  seconds: z.number().positive(),
  cpuSeconds: z.number(),
  masses: z.array(z.number()).length(8),
});
export type ScipyResult = z.infer<typeof scipySchema>;

/** Implicit steps on `cells` x `cells` cells a node, with one LU for all nodes or one for each. */
export async function runScipy(
  cells: number,
  steps: number,
  mode: 'coupled' | 'split',
): Promise<ScipyResult> {
  if (!existsSync(PYTHON)) throw new PeerUnavailable(PYTHON, undefined);
  try {
    const args = [source('grid_scipy.py'), ...[cells, steps].map(String), mode];
    return scipySchema.parse(JSON.parse(await output(PYTHON, args)));
  } catch (error) {
    if (failure(error).stderr.includes("No module named 'scipy'")) {
      throw new PeerUnavailable(`SciPy for ${PYTHON} (Debian: python3-scipy)`, error);
    }
    throw error;
  }
}

export async function runCpp(options: PeerOptions): Promise<PeerResult> {
  compiled ??= compile();
  return measure(await compiled, [], options);
}

const execute = promisify(execFile);

/** Compiled once per process, never kept: -march=native is for this machine alone. */
let compiled: Promise<string> | undefined;

async function compile(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'wasserwerk-peers-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, 'ring_ou');
  try {
    await execute(CXX, ['-std=c++17', '-O3', '-march=native', source('ring_ou.cpp'), '-o', binary]);
  } catch (error) {
    if (failure(error).code === 'ENOENT') throw new PeerUnavailable(CXX, error);
    throw error;
  }
  return binary;
}

async function measure(
  program: string,
  args: readonly string[],
  options: PeerOptions,
  more: readonly string[] = [],
): Promise<PeerResult> {
  const { particles, steps, seed } = options;
  const all = [...args, ...[particles, steps, seed].map(String), ...more];
  return resultSchema.parse(JSON.parse(await output(program, all)));
}

/** What a peer prints, held to one core and one thread. */
async function output(program: string, args: readonly string[]): Promise<string> {
  const command = [...pinned(), program, ...args];
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
  const { stdout } = await execute(command[0], command.slice(1), { env });
  return stdout;
}

/** Holds a run to one core, the last this process may use, where util-linux is there to do it. */
export function pinned(): string[] {
  if (!existsSync('/usr/bin/taskset')) return [];
  const allowed = /^Cpus_allowed_list:.*?(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return allowed ? ['/usr/bin/taskset', '-c', allowed[1]] : [];
}

/** A peer's source file: beside this file, or, when this file was compiled to dist/bench/peers, where it came from. */
function source(name: string): string {
  const beside = new URL(name, import.meta.url);
  return fileURLToPath(
    existsSync(beside) ? beside : new URL(`../../../bench/peers/${name}`, import.meta.url),
  );
}

/** What execFile adds to the errors it throws. */
function failure(error: unknown): { code: unknown; stderr: string } {
  const { code, stderr } = error as { code?: unknown; stderr?: unknown };
  return { code, stderr: typeof stderr === 'string' ? stderr : '' };
}
