// The server that `--nats auto` starts: roles, and that nothing is left of it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { objectStorage } from '../../../src/cluster/machines/object-storage.js';
import { RunLock } from '../../../src/cluster/transport/lock.js';
import { connectNats } from '../../../src/cluster/transport/nats-connect.js';
import { readNatsOptions } from '../../../src/cluster/transport/nats-options.js';
import { startNatsServer, type RunningNatsServer } from '../../../src/cluster/transport/nats-server.js';
import { haveServer } from './server.js';

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(!haveServer)('startNatsServer', () => {
  const started: RunningNatsServer[] = [];
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
  });
  const start = async (...args: Parameters<typeof startNatsServer>): Promise<RunningNatsServer> => {
    const server = await startNatsServer(...args);
    started.push(server);
    return server;
  };

  test('coordinator and workers connect with their credentials; a private folder; no trace after stop', async () => {
    const server = await start({ workers: 2 });
    expect(server.url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/u);
    expect(statSync(server.folder).mode & 0o777).toBe(0o700);
    expect(statSync(`${server.folder}/server.conf`).mode & 0o077).toBe(0);
    const c = await connectNats(server.credentialsOf('coordinator'), { role: 'coordinator', name: 'run-1' });
    const { options, warnings } = readNatsOptions({}, server.environmentOf('w2'));
    expect(warnings).toEqual([]);
    const w = await connectNats(options, 'w2');
    const lock = await RunLock.acquire(c.control, 'run-1', { wait: false });
    const storage = await objectStorage(c.bulk, 'wasserwerk/run-1', { create: true });
    const entry = await (
      await objectStorage(w.bulk, 'wasserwerk/run-1')
    ).write('step-1', 'a', new Uint8Array(10));
    await storage.read('step-1', entry);
    await expect(RunLock.acquire(w.control, 'run-1', { wait: false })).rejects.toMatchObject({
      code: 'nats-authorization',
    });
    expect(() => server.credentialsOf('w3')).toThrow('without a user w3');
    await expect(
      connectNats({ servers: [server.url], authentication: { kind: 'none' } }, 'w1'),
    ).rejects.toMatchObject({ code: 'nats-authorization' });
    const password = server.environmentOf('w2')['WASSERWERK_NATS_PASSWORD'];
    expect(inspect([server, server.credentialsOf('w2')], { depth: 9, showHidden: true })).not.toContain(
      password,
    );
    await lock.release();
    await Promise.all([c.close(), w.close()]);
    await server.stop();
    await server.stop();
    await expect(server.ended).resolves.toBeUndefined();
    expect(isRunning(server.pid)).toBe(false);
    expect(existsSync(server.folder)).toBe(false);
  });

  test('two at once do not meet', async () => {
    const [first, second] = await Promise.all([start({ workers: ['x'] }), start({ workers: ['x'] })]);
    expect(first.url).not.toBe(second.url);
    await expect(
      connectNats({ ...first.credentialsOf('x'), servers: [second.url] }, 'x'),
    ).rejects.toMatchObject({ code: 'nats-authorization' });
  });

  test('one that is killed is told of', async () => {
    const server = await start();
    process.kill(server.pid, 'SIGKILL');
    await expect(server.ended).resolves.toMatchObject({ code: 'nats-server-failed' });
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'does not outlive the process that started it: %s',
    async (signal) => {
      const module = new URL('../../../dist/src/cluster/transport/nats-server.js', import.meta.url).href;
      const text = `
      import { startNatsServer } from ${JSON.stringify(module)};
      const server = await startNatsServer();
      console.log(JSON.stringify({ pid: server.pid, folder: server.folder }));
      setInterval(() => undefined, 1000);
    `;
      const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
      const { pid, folder } = JSON.parse(line) as { pid: number; folder: string };
      expect(isRunning(pid)).toBe(true);
      expect(readFileSync(`${folder}/server.conf`, 'utf8')).toContain('accounts');
      child.kill(signal);
      await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false);
      await expect.poll(() => existsSync(folder), { timeout: 5000 }).toBe(false);
    },
  );

  test('no server on PATH, and one that cannot start', async () => {
    await expect(startNatsServer({ program: 'no-such-nats-server' })).rejects.toMatchObject({
      code: 'no-nats-server',
      exitCode: 2,
      hint: expect.stringContaining('install') as string,
    });
    await expect(startNatsServer({ store: '/proc/nowhere' })).rejects.toMatchObject({
      code: 'nats-server-failed',
    });
    await expect(startNatsServer({ workers: ['a', 'a'] })).rejects.toThrow('two of the name');
  });
});
