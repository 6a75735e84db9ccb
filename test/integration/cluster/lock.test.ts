// The lock on a run over a real server: one holder at a time, through crashes of holders and of the server.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunLock, type LockOptions } from '../../../src/cluster/transport/lock.js';
import { haveServer, startServer, type TestServer } from './server.js';

const children: ChildProcess[] = [];
const connections: NatsConnection[] = [];

async function connectTo(server: TestServer): Promise<NatsConnection> {
  const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  connections.push(connection);
  return connection;
}

/** A process that takes a lock and says when it has it. */
async function holderProcess(url: string, run: string): Promise<ChildProcess> {
  const module = new URL('../../../dist/src/cluster/transport/lock.js', import.meta.url).href;
  const text = `
    import { connect } from 'nats';
    import { RunLock } from ${JSON.stringify(module)};
    const lock = await RunLock.acquire(await connect({ servers: ${JSON.stringify(url)} }), ${JSON.stringify(run)}, { wait: true });
    console.log('held');
    lock.lost.addEventListener('abort', () => console.log('lost'));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [first] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  expect(first.trim()).toBe('held');
  return child;
}

describe.skipIf(!haveServer)('the lock on a run', () => {
  let server: TestServer;
  let [a, b]: NatsConnection[] = [];
  const quick: LockOptions = { wait: true, ttlMs: 1000 };

  beforeAll(async () => {
    server = await startServer({ jetstream: true });
    [a, b] = [await connectTo(server), await connectTo(server)];
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(connections.map((connection) => connection.close()));
  });

  test('one holder; who does not want to wait is told who it is; a release is handed over at once', async () => {
    const first = await RunLock.acquire(a, 'r1', { wait: false });
    expect(first.held).toBe(true);
    await expect(RunLock.acquire(b, 'r1', { wait: false })).rejects.toMatchObject({
      code: 'lock-held',
      exitCode: 2,
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    const waiting = RunLock.acquire(b, 'r1', { wait: true });
    await sleep(1500);
    const begun = performance.now();
    await first.release();
    expect(first.held).toBe(false);
    const second = await waiting;
    expect(performance.now() - begun).toBeLessThan(500);
    expect(second.held).toBe(true);
    expect(first.lost.aborted).toBe(false);
    await first.release();
    expect(second.held).toBe(true);
    await second.release();
    const third = await RunLock.acquire(a, 'r1', { wait: false });
    await third.release();
  });

  test('locks of other runs have nothing to do with it; waiting ends with the signal', async () => {
    const first = await RunLock.acquire(a, 'r2', quick);
    const other = await RunLock.acquire(b, 'r3', quick);
    const stop = new AbortController();
    const waiting = RunLock.acquire(b, 'r2', { ...quick, signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 300);
    await expect(waiting).rejects.toThrow('enough');
    await first.release();
    await other.release();
    await expect(RunLock.acquire(a, 'no.id', quick)).rejects.toThrow('no id of a run');
  });

  test('taken over within 10 s after its holder was killed, and not before it was', async () => {
    const holder = await holderProcess(server.url, 'r4');
    let isHeld = false;
    const waiting = RunLock.acquire(a, 'r4', { wait: true }).then((lock) => {
      isHeld = true;
      return lock;
    });
    await sleep(7000);
    expect(isHeld).toBe(false);
    const begun = performance.now();
    holder.kill('SIGKILL');
    const lock = await waiting;
    expect(performance.now() - begun).toBeLessThan(10_000);
    await lock.release();
  });

  test('also by one that comes only afterwards and does not want to wait for a living one', async () => {
    const holder = await holderProcess(server.url, 'r5');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const begun = performance.now();
    const lock = await RunLock.acquire(a, 'r5', { wait: false });
    expect(performance.now() - begun).toBeLessThan(10_000);
    await lock.release();
  });

  test('a holder that was frozen finds out that another one has it', async () => {
    const holder = await holderProcess(server.url, 'r6');
    holder.kill('SIGSTOP');
    const lock = await RunLock.acquire(a, 'r6', { wait: true });
    expect(lock.held).toBe(true);
    holder.kill('SIGCONT');
    const [word] = (await once(holder.stdout!, 'data')) as [string];
    expect(word.trim()).toBe('lost');
    await sleep(2000);
    expect(lock.held).toBe(true);
    await lock.release();
  });

  test('never two at once, among many that come and go', async () => {
    let holders = 0;
    const turns: number[] = [];
    await Promise.all(
      Array.from({ length: 6 }, async (_, number) => {
        for (let turn = 0; turn < 3; turn++) {
          const lock = await RunLock.acquire(number % 2 ? a : b, 'r7', quick);
          expect(++holders).toBe(1);
          turns.push(number);
          await sleep(5);
          expect(lock.held).toBe(true);
          holders -= 1;
          await lock.release();
        }
      }),
    );
    expect(turns).toHaveLength(18);
  });

  test('a short outage of the server is lived through by holder and waiting one', async () => {
    const lock = await RunLock.acquire(a, 'r8', { wait: true });
    let isTaken = false;
    const waiting = RunLock.acquire(b, 'r8', { wait: true }).then((other) => {
      isTaken = true;
      return other;
    });
    await sleep(500);
    for (let round = 0; round < 2; round++) {
      await server.restart({ downMs: 1000 });
      await sleep(4000);
      expect(lock.held).toBe(true);
    }
    expect(isTaken).toBe(false);
    await lock.release();
    await (await waiting).release();
  });

  test('a long one: the holder gives up in time, before another one can have it', async () => {
    const lock = await RunLock.acquire(a, 'r9', quick);
    const waiting = RunLock.acquire(b, 'r9', quick);
    await sleep(300);
    await server.kill();
    await expect.poll(() => lock.lost.aborted, { timeout: 1500, interval: 20 }).toBe(true);
    expect(lock.lost.reason).toMatchObject({ code: 'lock-lost', exitCode: 1 });
    expect(lock.held).toBe(false);
    await server.start();
    const second = await waiting;
    expect(second.held).toBe(true);
    await second.release();
  });

  test('a patient holder gets it back after an outage if nobody else had it, and is told if somebody had', async () => {
    const lock = await RunLock.acquire(a, 'r10', { ...quick, patient: true });
    await server.kill();
    await expect.poll(() => lock.held, { timeout: 1500, interval: 20 }).toBe(false);
    expect(lock.lost.aborted).toBe(false);
    await sleep(1500);
    await server.start();
    await expect.poll(() => lock.held, { timeout: 3000, interval: 20 }).toBe(true);

    // Out of reach of the server, which others reach.
    await a.close();
    const other = await RunLock.acquire(b, 'r10', quick);
    expect(lock.held).toBe(false);
    expect(other.held).toBe(true);
    await other.release();
  });

  test('an entry that is deleted or overwritten behind its back ends a lock', async () => {
    const connection = await connectTo(server);
    const lock = await RunLock.acquire(connection, 'r11', { ...quick, patient: true });
    connection.publish('$KV.wasserwerk.r11', 'something else');
    await expect.poll(() => lock.lost.aborted, { timeout: 1500 }).toBe(true);
    expect(lock.held).toBe(false);
  });

  test('JetStream is off', async () => {
    const off = await connectTo(await startServer());
    await expect(RunLock.acquire(off, 'r1', { wait: true })).rejects.toMatchObject({ code: 'jetstream-off' });
  });
});
