// The server behind `--nats auto`: a nats-server found on PATH, on a random port of 127.0.0.1, with JetStream and with
// credentials made for this one time: a coordinator and so many workers, each with the permissions of its role. Its config
// (with the passwords) and its files are in a folder that only this user can read.
//
// It ends with the process that started it, also when that is killed: a small shell beside it waits for the end of a pipe
// whose other end only this process has, then ends the server and removes the folder. (Dying with the parent, as Linux can
// arrange, hangs on the thread that started the child, and other systems have nothing of the kind.) Both are in sessions of
// their own, so that Ctrl-C, meant for the run, does not reach them while the run writes its last checkpoint.

import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../clock.js';
import { NatsError } from './nats-errors.js';
import { accountsText, type UserEntry } from './nats-accounts.js';
import type { NatsOptions } from './nats-options.js';
import { Secret } from './secret.js';

const START_SECONDS = 10;
const STOP_SECONDS = 5;

export interface NatsServerOptions {
  /** Names of the workers that may connect, or how many: `w1`, `w2` and so on. Default 64. */
  readonly workers?: readonly string[] | number;
  /** Where JetStream keeps what it stores; default: in the server's own folder, which goes when it stops. */
  readonly store?: string;
  /** Default: as found on PATH. */
  readonly program?: string;
}

export interface RunningNatsServer {
  /** As `nats://127.0.0.1:34567`. */
  readonly url: string;
  readonly pid: number;
  /** Config, log, files. */
  readonly folder: string;
  /** `coordinator`, `monitor`, or the name of a worker. @throws RangeError for others */
  credentialsOf(name: string): NatsOptions;
  /** The same as variables for a process that is started. */
  environmentOf(name: string): Readonly<Record<string, string>>;
  /** Resolves when the server has ended, with an error unless `stop` was called. */
  readonly ended: Promise<NatsError | undefined>;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until it listens.
 *
 * @throws NatsError (`no-nats-server`, `nats-server-failed`)
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<RunningNatsServer> {
  const { workers = 64 } = options;
  const names =
    typeof workers === 'number' ? Array.from({ length: workers }, (_, index) => `w${index + 1}`) : workers;
  const passwords = new Map<string, Secret>();
  const user = (role: UserEntry['role'], name: string): UserEntry => {
    if (!/^[A-Za-z0-9_-]{1,64}$/u.test(name))
      throw new RangeError(`${JSON.stringify(name)} is no name of a worker`);
    if (passwords.has(name)) throw new RangeError(`there are two of the name ${name}`);
    const password = randomBytes(24).toString('base64url');
    passwords.set(name, new Secret(password));
    return { role, name, identity: `user: "${name}", password: "${password}"` };
  };
  const users = [user('coordinator', 'coordinator'), user('monitor', 'monitor')];
  users.push(...names.map((name) => user('worker', name)));

  // mkdtemp makes it for this user alone (0700).
  const folder = mkdtempSync(join(tmpdir(), 'wasserwerk-nats-'));
  try {
    const config = join(folder, 'server.conf');
    writeFileSync(config, configText(folder, options.store ?? join(folder, 'store'), users), { mode: 0o600 });
    const server = new ServerProcess(options.program ?? 'nats-server', folder, config);
    try {
      await server.started();
      const url = await server.url();
      return serverOf(server, url, folder, passwords);
    } catch (error) {
      await server.stop();
      throw error;
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function serverOf(
  server: ServerProcess,
  url: string,
  folder: string,
  passwords: ReadonlyMap<string, Secret>,
): RunningNatsServer {
  const passwordOf = (name: string): Secret => {
    const password = passwords.get(name);
    if (!password) throw new RangeError(`the server was started without a user ${name}`);
    return password;
  };
  return {
    url,
    pid: server.pid,
    folder,
    credentialsOf: (name) => ({
      servers: [url],
      authentication: { kind: 'password', user: name, password: passwordOf(name) },
    }),
    environmentOf: (name) => ({
      WASSERWERK_NATS_URL: url,
      WASSERWERK_NATS_USER: name,
      WASSERWERK_NATS_PASSWORD: passwordOf(name).reveal(),
    }),
    ended: server.ended.then((trouble) =>
      trouble === undefined
        ? undefined
        : new NatsError(
            'nats-server-failed',
            `nats-server ended: ${trouble}`,
            'go on with `wasserwerk resume`',
          ),
    ),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configText(folder: string, store: string, users: readonly UserEntry[]): string {
  return `# Made by wasserwerk for one run.
listen: "127.0.0.1:-1"
ports_file_dir: ${JSON.stringify(folder)}
jetstream { store_dir: ${JSON.stringify(store)} }
${accountsText(users)}`;
}

/** A nats-server and its shell. */
class ServerProcess {
  readonly #folder: string;
  readonly #program: string;
  readonly #server: ChildProcess;
  #watcher: ChildProcess | undefined;
  #isStopping = false;
  /** What happened, unless it was to be. */
  readonly ended: Promise<string | undefined>;

  constructor(program: string, folder: string, config: string) {
    this.#program = program;
    this.#folder = folder;
    const log = openSync(join(folder, 'server.log'), 'a', 0o600);
    this.#server = spawn(program, ['--config', config], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#server.unref();
    this.ended = new Promise((resolve) => {
      this.#server.once('error', (error) => resolve(error.message));
      this.#server.once('exit', (code, signal) => {
        this.#endWatcher();
        resolve(this.#isStopping ? undefined : `${signal ?? `code ${code ?? 0}`}; ${this.#lastWords()}`);
      });
    });
    if (this.#server.pid !== undefined && process.platform !== 'win32') this.#watch(this.#server.pid);
  }

  get pid(): number {
    return this.#server.pid ?? 0;
  }

  /** Waits until the process is there. */
  async started(): Promise<void> {
    if (this.#server.pid !== undefined) return;
    const reason = await this.ended;
    throw new NatsError(
      'no-nats-server',
      `cannot start ${this.#program}, which --nats auto needs: ${reason ?? ''}`,
      'install it, as with `apt-get install nats-server` or `brew install nats-server`, so that it is on PATH; ' +
        'or give the URL of a server that runs',
    );
  }

  /** Waits until it listens, and tells where. It writes that into a file beside its config. */
  async url(): Promise<string> {
    const until = now() + START_SECONDS;
    let hasEnded = false;
    void this.ended.then(() => (hasEnded = true));
    for (;;) {
      const name = readdirSync(this.#folder).find((file) => file.endsWith('.ports'));
      const text = name === undefined ? '' : readFileSync(join(this.#folder, name), 'utf8');
      const url = /"(nats:\/\/127\.0\.0\.1:\d+)"/u.exec(text)?.[1];
      if (url !== undefined) return url;
      if (hasEnded || now() > until) {
        throw new NatsError(
          'nats-server-failed',
          `${this.#program} did not start: ${this.#lastWords()}`,
          'check that it is nats-server 2.9 or newer and that there is room for its files',
        );
      }
      await sleep(10);
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#server.pid === undefined || this.#server.exitCode !== null || this.#server.signalCode !== null)
      return;
    this.#server.kill('SIGTERM');
    const killer = setTimeout(() => this.#server.kill('SIGKILL'), STOP_SECONDS * 1000);
    await this.ended;
    clearTimeout(killer);
  }

  #watch(pid: number): void {
    // The names are arguments, not parts of the text: nothing in them can be taken for a command.
    const script = 'read -r line; kill "$1" && sleep 1; kill -9 "$1" 2>/dev/null; rm -rf -- "$2"';
    this.#watcher = spawn('/bin/sh', ['-c', script, 'wasserwerk', String(pid), this.#folder], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#watcher.on('error', () => undefined);
    this.#watcher.stdin?.on('error', () => undefined);
    this.#watcher.unref();
    (this.#watcher.stdin as { unref?(): void } | null)?.unref?.();
  }

  /** The number of the process may soon be another's. */
  #endWatcher(): void {
    this.#watcher?.kill('SIGKILL');
    this.#watcher = undefined;
  }

  #lastWords(): string {
    const lines = readFileSync(join(this.#folder, 'server.log'), 'utf8').trim().split('\n');
    return lines.slice(-3).join('; ') || 'it wrote no log';
  }
}
