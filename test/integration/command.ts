// Starts the built command line as a person or a script would, in folders of its own, and reads the run folders it leaves.
// Not a test.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const program = join(root, 'dist/src/cli/main.js');

/** What a command left behind. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** All that it has written to stderr so far. */
  readonly said: () => string;
}

/** Starts the program; `shell` wraps it, as in `ulimit -f 1; exec "$@"`. */
export function start(args: readonly string[], cwd: string, shell?: string): Started {
  const command = [process.execPath, program, ...args];
  const [file, ...rest] = shell === undefined ? command : ['bash', '-c', shell, 'bash', ...command];
  const child = spawn(file, rest, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { child, ended, said: () => stderr };
}

/** Runs the program to its end. */
export function wasserwerk(cwd: string, ...args: string[]): Promise<Ended> {
  return start(args, cwd).ended;
}

/** Waits for a condition that is to come true soon. */
export async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`waited for a minute: ${what}`);
    await sleep(5);
  }
}

/** A folder for all tests of a file, removed at the end; the function tells a path in it. */
export function useFolder(): (...names: string[]) => string {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wasserwerk-integration-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return (...names) => join(folder, ...names);
}

/** Writes a config (JSON is YAML) and gives its path. */
export function writeConfig(path: string, config: object): string {
  writeFileSync(path, JSON.stringify(config, null, 1));
  return path;
}

/** Lines of a file that may not be there yet. */
export function lineCount(path: string): number {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
}

interface ManifestText {
  readonly status: string;
  readonly steps: number;
  readonly stepsDone: number;
  readonly stateHash: string | null;
  readonly warnings: readonly string[];
  readonly [key: string]: unknown;
}

export function readManifest(folder: string): ManifestText {
  return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as ManifestText;
}

/** Steps of the checkpoints that lie in a run folder. */
export function checkpointSteps(folder: string): number[] {
  const checkpoints = join(folder, 'checkpoints');
  if (!existsSync(checkpoints)) return [];
  return readdirSync(checkpoints)
    .filter((name) => /^step-\d+$/u.test(name))
    .map((name) => Number(name.slice('step-'.length)))
    .sort((a, b) => a - b);
}

/** Every file below a folder with its bytes. */
export function filesBelow(folder: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const visit = (path: string): void => {
    for (const name of readdirSync(path).sort()) {
      const inner = join(path, name);
      if (statSync(inner).isDirectory()) visit(inner);
      else files.set(relative(folder, inner), readFileSync(inner));
    }
  };
  visit(folder);
  return files;
}

/** What a run has computed: all of its files but checkpoints and the log, and of the manifest all but times. */
export function resultsOf(folder: string): Map<string, string> {
  const results = new Map<string, string>();
  for (const [name, bytes] of filesBelow(folder)) {
    if (/^(?:checkpoints\/|run\.lock|log\.jsonl$)/u.test(name)) continue;
    results.set(name, name === 'manifest.json' ? timeless(bytes) : bytes.toString('latin1'));
  }
  return results;
}

function timeless(bytes: Buffer): string {
  const manifest = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  for (const key of ['startedAt', 'finishedAt', 'timings', 'warnings']) Reflect.deleteProperty(manifest, key);
  return JSON.stringify(manifest, Object.keys(manifest).sort());
}
