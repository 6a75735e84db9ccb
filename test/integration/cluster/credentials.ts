// Credentials for tests, made by deploy/nats/make-credentials.mjs, and servers with the configs of deploy/nats. Not a test.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import {
  readNatsOptions,
  type NatsFlags,
  type NatsOptions,
} from '../../../src/cluster/transport/nats-options.js';
import { startServer, type TestServer } from './server.js';

const deploy = fileURLToPath(new URL('../../../deploy/nats', import.meta.url));

/** A folder with what the script makes for workers w1 and w2; `path` tells a file in it. */
export interface Credentials {
  readonly path: (name: string) => string;
  /** Its files by name, and the configs of deploy/nats. */
  readonly files: Readonly<Record<string, string>>;
}

export function makeCredentials(...args: readonly string[]): Credentials {
  const folder = mkdtempSync(join(tmpdir(), 'wasserwerk-credentials-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const script = join(deploy, 'make-credentials.mjs');
  execFileSync(process.execPath, [script, '--workers', 'w1,w2', '--out', folder, ...args], { stdio: 'pipe' });
  const files: Record<string, string> = {};
  for (const name of readdirSync(deploy)) {
    // Its line with a folder of the system is replaced by the server's own.
    if (name.startsWith('server')) files[name] = readFileSync(join(deploy, name), 'utf8');
  }
  for (const name of readdirSync(folder)) files[name] = readFileSync(join(folder, name), 'utf8');
  return { path: (name) => join(folder, name), files };
}

/** A server with a config of deploy/nats and these credentials. */
export function startDeployed(config: string, { files }: Credentials): Promise<TestServer> {
  const { [config]: text, ...others } = files;
  const inner = others['server.conf'];
  if (config === 'server.conf' || inner === undefined) return startServer({ config: text, files: others });
  // The base config is included: its folder for JetStream is named in it.
  const flat = text.replace('include "server.conf"', inner);
  const { 'server.conf': _, ...rest } = others;
  return startServer({ config: flat, files: rest });
}

/** Options as a command would read them. */
export function optionsFor(
  server: TestServer,
  flags: NatsFlags,
  scheme: 'nats' | 'tls' = 'nats',
): NatsOptions {
  return readNatsOptions({ nats: `${scheme}://127.0.0.1:${server.port}`, ...flags }, {}).options;
}
