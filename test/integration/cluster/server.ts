// A real nats-server for tests: on a random port of 127.0.0.1, with a folder of its own, to be ended, killed, frozen and
// started again on the same port. Not a test, and not what `--nats auto` uses (src/cluster/transport/nats-server.ts).

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';

export interface ServerOptions {
  /** Text of the config; empty: everybody may do everything. `port`, `listen` and `store_dir` in it are replaced. */
  readonly config?: string;
  /** More files beside the config, by name: certificates, included configs. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether JetStream is on, stored in the server's folder; off unless told (a config may turn it on, too). */
  readonly jetstream?: boolean;
  readonly host?: string;
  readonly port?: number;
  /** Words before the program's name, as in ['ip', 'netns', 'exec', 'lan']. */
  readonly prefix?: readonly string[];
}

const servers = new Set<TestServer>();

/** Whether tests that need a server can run here. */
export const haveServer = spawnSync('nats-server', ['--version']).status === 0;

/** A nats-server of this test. Everything is removed after the tests of the file; `remove` does it sooner. */
export class TestServer {
  readonly folder: string;
  readonly host: string;
  readonly #arguments: string[];
  readonly #prefix: readonly string[];
  #port: number;
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(options: ServerOptions) {
    this.folder = mkdtempSync(join(tmpdir(), 'wasserwerk-server-'));
    this.host = options.host ?? '127.0.0.1';
    this.#port = options.port ?? -1;
    this.#prefix = options.prefix ?? [];
    const store = join(this.folder, 'jetstream');
    const given = options.config ?? '';
    const config = given.replace(/\bstore_dir\b\s*[:=]?\s*("[^"]*"|\S+)/u, `store_dir: "${store}"`);
    for (const [name, text] of Object.entries({ ...options.files, 'server.conf': config })) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), text, { mode: 0o600 });
    }
    this.#arguments = ['--config', join(this.folder, 'server.conf'), '--addr', this.host];
    if (config === given) this.#arguments.push('--store_dir', store);
    if (options.jetstream === true) this.#arguments.push('--jetstream');
    servers.add(this);
  }

  /** Starts a server and waits until it answers. */
  static async start(options: ServerOptions = {}): Promise<TestServer> {
    const server = new TestServer(options);
    await server.start();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** As `nats://127.0.0.1:34567`, without credentials. */
  get url(): string {
    return `nats://${this.host}:${this.#port}`;
  }

  /** Of the process that was started last: nats-server itself, or its prefix where that does not replace itself. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the server does not run');
    return pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** All that it has written so far, over all its starts. */
  get log(): string {
    return this.#log;
  }

  /** Starts it (again): same port, same folder, hence same streams. */
  async start(): Promise<void> {
    if (this.#child) throw new Error('the server runs already');
    const [file, ...rest] = [
      ...this.#prefix,
      'nats-server',
      ...this.#arguments,
      '--port',
      String(this.#port),
    ];
    const child = spawn(file, rest, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    const begin = this.#log.length;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    child.once('error', (error) => (this.#log += `${error.message}\n`));
    child.once('close', () => (this.#child = undefined));
    for (let tries = 0; !this.#log.slice(begin).includes('Server is ready'); tries++) {
      if (tries > 3000 || this.#child === undefined) {
        await this.kill();
        throw new Error(`nats-server did not start:\n${this.#log.slice(begin)}`);
      }
      await sleep(10);
    }
    if (this.#port === -1)
      this.#port = Number(/client connections on \S+:(\d+)/u.exec(this.#log.slice(begin))?.[1]);
  }

  /** Ends it in good order. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Ends it as a crash would. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Freezes and thaws it, as a machine would that is out of reach without a word. */
  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends it, waits, and starts it again. */
  async restart(
    options: { readonly signal?: 'SIGTERM' | 'SIGKILL'; readonly downMs?: number } = {},
  ): Promise<void> {
    await this.#end(options.signal ?? 'SIGKILL');
    await sleep(options.downMs ?? 0);
    await this.start();
  }

  /** A file in its folder. */
  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** Ends it and deletes its folder. */
  async remove(): Promise<void> {
    servers.delete(this);
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    // One that is frozen hears nothing but SIGKILL until it is thawed.
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    await closed;
    this.#child = undefined;
  }
}

/** Starts a server; see TestServer. */
export function startServer(options: ServerOptions = {}): Promise<TestServer> {
  return TestServer.start(options);
}

afterAll(async () => {
  for (const server of [...servers]) await server.remove();
});
