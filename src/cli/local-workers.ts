// The workers of `run --nats auto`: processes of this machine, each `wasserwerk worker` of this very program. They live as
// long as this process: a pipe between them tells of its end. Ctrl-C on the terminal does not reach them, so that they are
// still there when the coordinator writes its checkpoint.

import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LocalWorkersSetup {
  readonly count: number;
  /** Compute threads of each. */
  readonly threads: number;
  /** Whether they may run code that the config names. */
  readonly allowModules: boolean;
  /** What a worker of a name needs to connect: variables of its environment. */
  readonly environmentOf: (name: string) => Readonly<Record<string, string>>;
  /** One has ended by itself; `text` says how, with the last it said. */
  readonly ended: (text: string) => void;
}

/** Milliseconds that a worker has to end by itself, once it is told to. */
const GRACE_MS = 3000;
/** Of what a worker says only the end is kept. */
const KEPT_CHARACTERS = 2000;

export class LocalWorkers {
  readonly #children: ChildProcess[] = [];
  #isClosing = false;

  constructor(private readonly setup: LocalWorkersSetup) {
    for (let number = 1; number <= setup.count; number++) this.#children.push(this.#start(`w${number}`));
  }

  #start(name: string): ChildProcess {
    const { threads, allowModules, environmentOf, ended } = this.setup;
    // Credentials that were meant for this process are none of theirs.
    const own = Object.entries(process.env).filter(([key]) => !key.startsWith('WASSERWERK_NATS'));
    const child = spawn(
      process.execPath,
      [
        ...[...process.execArgv, process.argv[1], 'worker', '--name', name, '--workers', String(threads)],
        ...(allowModules ? ['--allow-modules'] : []),
      ],
      {
        env: { ...Object.fromEntries(own), ...environmentOf(name) },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        // A group of its own: the terminal's interrupt is for this process alone.
        detached: true,
      },
    );
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT_CHARACTERS);
    });
    child.once('error', (error) => {
      ended(`worker ${name} could not be started: ${error.message}`);
    });
    child.once('close', (code, signal) => {
      if (this.#isClosing) return;
      const last = said.trimEnd().split('\n').slice(-5).join('\n    ');
      ended(
        `worker ${name} has ended (${signal ?? `exit code ${code ?? '?'}`})${last === '' ? '' : `:\n    ${last}`}`,
      );
    });
    return child;
  }

  /** Process ids of those that live. */
  get processes(): readonly number[] {
    return this.#children.flatMap((child) =>
      isRunning(child) && child.pid !== undefined ? [child.pid] : [],
    );
  }

  /** Ends them, by force if need be. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(
      this.#children.map(async (child) => {
        if (!isRunning(child)) return;
        const closed = new Promise<void>((resolve) => child.once('exit', () => resolve()));
        child.kill('SIGTERM');
        const timer = new AbortController();
        const late = sleep(GRACE_MS, true, { signal: timer.signal }).catch(() => false);
        if (await Promise.race([closed.then(() => false), late])) child.kill('SIGKILL');
        await closed;
        timer.abort();
      }),
    );
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
