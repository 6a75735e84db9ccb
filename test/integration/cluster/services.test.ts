// A worker as a NATS service, asked as the tools of NATS ask.

import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WorkerHeartbeat } from '../../../src/cluster/machines/protocol.js';
import { answerDiscovery, workerMetadata } from '../../../src/cluster/transport/services.js';
import { haveServer, startServer } from './server.js';

describe.skipIf(!haveServer)('discovery', () => {
  let asker: NatsConnection;
  let worker: NatsConnection;
  let stop: () => void;
  const heartbeat: WorkerHeartbeat = {
    type: 'worker',
    name: 'w1',
    instance: 'abc',
    version: '0.1.0',
    protocol: 1,
    cores: 8,
    workers: 4,
    memoryBytes: 1024,
    speed: 1.5e6,
    allowModules: false,
    state: 'idle',
    run: null,
    epoch: 0,
    step: 0,
  };

  beforeAll(async () => {
    const { url } = await startServer();
    asker = await connect({ servers: url });
    worker = await connect({ servers: url });
    stop = answerDiscovery(worker, {
      id: 'abc',
      version: '0.1.0',
      started: '2026-01-31T12:00:00.000Z',
      metadata: () => workerMetadata(heartbeat),
    });
    await worker.flush();
  });
  afterAll(async () => {
    await asker.close();
    await worker.close();
  });

  const identity = {
    name: 'wasserwerk-worker',
    id: 'abc',
    version: '0.1.0',
    metadata: { name: 'w1', cores: '8', workers: '4', memoryBytes: '1024', speed: '1500000', state: 'idle' },
  };

  test.each(['', '.wasserwerk-worker', '.wasserwerk-worker.abc'])(
    'PING, INFO and STATS%s',
    async (suffix) => {
      const ask = async (verb: string): Promise<unknown> =>
        (await asker.request(`$SRV.${verb}${suffix}`, '', { timeout: 2000 })).json();
      expect(await ask('PING')).toMatchObject({ type: 'io.nats.micro.v1.ping_response', ...identity });
      expect(await ask('INFO')).toMatchObject({
        type: 'io.nats.micro.v1.info_response',
        ...identity,
        description: expect.any(String) as string,
        endpoints: [],
      });
      expect(await ask('STATS')).toMatchObject({
        type: 'io.nats.micro.v1.stats_response',
        ...identity,
        started: '2026-01-31T12:00:00.000Z',
        endpoints: [],
      });
    },
  );

  test('others are not answered for; a question without a way back does no harm; stop ends it', async () => {
    await expect(asker.request('$SRV.PING.other', '', { timeout: 500 })).rejects.toThrow();
    await expect(asker.request('$SRV.PING.wasserwerk-worker.xyz', '', { timeout: 500 })).rejects.toThrow();
    asker.publish('$SRV.PING');
    await asker.request('$SRV.PING', '', { timeout: 2000 });
    stop();
    await worker.flush();
    await expect(asker.request('$SRV.PING', '', { timeout: 500 })).rejects.toThrow();
  });
});
