// Programs that a test of faults starts: the built command line with a prefix (`ip netns exec …`), in a process group of its
// own, to be killed, stopped and continued by its id. Not a test, and not the server (server.ts).

import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { program as wasserwerk, type Ended } from '../command.js';

export interface ProgramOptions {
  readonly cwd: string;
  /** Words before the program, each of which must replace itself by the next: `ip netns exec lan`. */
  readonly prefix?: readonly string[];
}

/** Variables that would have a program talk to another server than it is told. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('WASSERWERK_')),
);

export class Program {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #isRunning = true;

  /** @param name for messages of failed tests */
  constructor(
    readonly name: string,
    args: readonly string[],
    { cwd, prefix = [] }: ProgramOptions,
  ) {
    const [file, ...rest] = [...prefix, process.execPath, wasserwerk, ...args];
    const child = spawn(file, rest, {
      cwd,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: what a terminal would send to the test does not reach it.
      detached: true,
    });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.#isRunning = false;
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
    // Who does not wait for it has no trouble with it.
    this.ended.catch(() => undefined);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} could not be started`);
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** All that it has written to stderr so far. */
  get said(): string {
    return this.#stderr;
  }

  /** Bytes of memory in use; 0 once it has ended. */
  get memory(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return 1024 * Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1] ?? 0);
  }

  /** What it ends with, within some seconds. */
  async end(seconds = 60): Promise<Ended> {
    const timer = new AbortController();
    const late = sleep(seconds * 1000, undefined, { signal: timer.signal }).then(
      () => {
        throw new Error(`${this.name} has not ended in ${seconds} s`);
      },
      () => new Promise<never>(() => undefined),
    );
    try {
      return await Promise.race([this.ended, late]);
    } finally {
      timer.abort();
    }
  }

  send(signal: NodeJS.Signals): void {
    if (this.#isRunning) process.kill(this.pid, signal);
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    this.send('SIGKILL');
    await this.ended;
  }

  /** As a machine that is out of reach without a word; `thaw` brings it back. */
  freeze(): void {
    this.send('SIGSTOP');
  }

  thaw(): void {
    this.send('SIGCONT');
  }

  /** What it was and said, for the message of a failed test. */
  describe(): string {
    const state = this.#isRunning
      ? 'is running'
      : `has ended (${this.#child.signalCode ?? this.#child.exitCode ?? '?'})`;
    return `---- ${this.name} ${state}\n${this.#stderr}${this.#stdout === '' ? '' : `---- its stdout\n${this.#stdout}`}`;
  }
}
