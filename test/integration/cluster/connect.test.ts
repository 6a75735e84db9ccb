// Connections to a real server: waiting for it, coming back to it, noticing that it is dead.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connectNats, type ConnectionState } from '../../../src/cluster/transport/nats-connect.js';
import { readNatsOptions } from '../../../src/cluster/transport/nats-options.js';
import { haveServer, startServer } from './server.js';

const optionsOf = (url: string) => readNatsOptions({ nats: url }, {}).options;

describe.skipIf(!haveServer)('connectNats', () => {
  test('waits for the server and says so once; then the two connections are there under their names', async () => {
    const server = await startServer();
    await server.kill();
    const states: ConnectionState[] = [];
    const connecting = connectNats(optionsOf(server.url), 'w1', { onState: (state) => states.push(state) });
    await sleep(1500);
    expect(states.map(({ state }) => state)).toEqual(['waiting']);
    expect(states[0].text).toContain(server.url);
    expect(states[0].text).toContain('refused');
    await server.start();
    const { control, bulk, close, closed } = await connecting.then((pair) => ({
      control: pair.control,
      bulk: pair.bulk,
      close: () => pair.close(),
      closed: pair.closed,
    }));
    expect(states.map(({ state }) => state)).toEqual(['waiting', 'connected']);
    await Promise.all([control.flush(), bulk.flush()]);
    await close();
    await expect(closed).resolves.toBeUndefined();
  });

  test('waiting ends with the signal', async () => {
    const stop = new AbortController();
    const connecting = connectNats(optionsOf('nats://127.0.0.1:1'), 'w1', { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 300);
    await expect(connecting).rejects.toThrow('enough');
  });

  test('comes back after the server was killed and started, subscriptions included', async () => {
    const server = await startServer();
    const states: string[] = [];
    const pair = await connectNats(optionsOf(server.url), 'w1', {
      onState: ({ state }) => states.push(state),
    });
    let heard = 0;
    pair.control.subscribe('x', {
      callback: () => {
        heard += 1;
      },
    });
    for (let round = 1; round <= 2; round++) {
      await server.restart({ downMs: 500 });
      await expect.poll(() => states.at(-1), { timeout: 5000 }).toBe('connected');
      await expect
        .poll(
          () => {
            pair.bulk.publish('x');
            return heard;
          },
          { timeout: 5000 },
        )
        .toBeGreaterThanOrEqual(round);
    }
    expect(states.slice(0, 5)).toEqual([
      'connected',
      'disconnected',
      'connected',
      'disconnected',
      'connected',
    ]);
    await pair.close();
  });

  test('notices within seconds that a server is silent, also with bulk on its way, and comes back', async () => {
    const server = await startServer();
    const pair = await connectNats(optionsOf(server.url), 'w1');
    const lost = { control: 0, bulk: 0 };
    for (const channel of ['control', 'bulk'] as const) {
      void (async () => {
        for await (const { type } of pair[channel].status()) if (type === 'disconnect') lost[channel] += 1;
      })();
    }
    await pair.control.flush();
    server.freeze();
    // More than what the system takes on the way: the client's own buffer is not empty.
    for (let count = 0; count < 64; count++) pair.bulk.publish('x', new Uint8Array(500_000));
    await expect.poll(() => lost, { timeout: 4500, interval: 100 }).toEqual({ control: 1, bulk: 1 });
    server.thaw();
    const heard = new Promise<void>((resolve) => {
      pair.control.subscribe('y', { callback: () => resolve() });
    });
    const asking = setInterval(() => pair.bulk.publish('y'), 100);
    await heard;
    clearInterval(asking);
    await pair.close();
  }, 30_000);

  test('closing does not hang on a server that is silent', async () => {
    const server = await startServer();
    const pair = await connectNats(optionsOf(server.url), 'w1');
    server.freeze();
    for (let count = 0; count < 64; count++) pair.bulk.publish('x', new Uint8Array(500_000));
    const begun = performance.now();
    await pair.close();
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  test('a server that comes back without knowing us ends it, with the reason', async () => {
    const server = await startServer();
    const pair = await connectNats(optionsOf(server.url), 'w1');
    const { port } = server;
    await server.kill();
    await startServer({ port, config: 'authorization { token: "other" }' });
    await expect(pair.closed).resolves.toMatchObject({ code: 'nats-authorization' });
    expect(pair.bulk.isClosed() && pair.control.isClosed()).toBe(true);
  }, 30_000);
});
