// A nats-server for measurements: on loopback, on a port that it chooses, ended at the end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTemporaryFolder } from './children.js';

export interface BenchServer {
  readonly url: string;
  /** Processor time so far; undefined where the system does not tell. */
  readonly cpuSeconds: () => number | undefined;
}

/** Seconds to wait for the server to begin. */
const PATIENCE = 10;

/** @throws Error if there is no nats-server on PATH */
export async function withNatsServer<T>(work: (server: BenchServer) => Promise<T>): Promise<T> {
  return inTemporaryFolder(async (folder) => {
    const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', folder], {
      stdio: 'ignore',
    });
    const failed = new Promise<never>((_, reject) => {
      server.on('error', (error) => {
        reject(new Error(`nats-server does not start: ${error.message}`, { cause: error }));
      });
      server.on('exit', (code) => {
        reject(new Error(`nats-server has ended with code ${code}`));
      });
    });
    failed.catch(() => undefined);
    try {
      const url = await Promise.race([failed, portOf(folder)]);
      return await Promise.race([failed, work({ url, cpuSeconds: () => cpuOf(server.pid) })]);
    } finally {
      if (server.exitCode === null && server.pid !== undefined) {
        const ended = once(server, 'exit');
        server.kill('SIGTERM');
        await ended;
      }
    }
  });
}

async function portOf(folder: string): Promise<string> {
  for (let waited = 0; waited < PATIENCE; waited += 0.05) {
    const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
    const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
    // The file may be there before its content.
    const url = /nats:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
    if (url !== undefined) return url;
    await sleep(50);
  }
  throw new Error(`nats-server has told no port within ${PATIENCE} s`);
}

/** From /proc, in ticks of 10 ms. */
function cpuOf(pid: number | undefined): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}
