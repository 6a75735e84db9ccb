// The transport over a real server, and mail over it: both ways, under load, through the death of the server, and with
// handlers that throw. The sources as they are: no thread and no command is started here. Credentials are
// nats-security.test.ts.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type NatsConnection } from 'nats';
import { afterEach, describe, expect, it } from 'vitest';
import { Mail } from '../../../src/cluster/machines/mail.js';
import type { Request } from '../../../src/cluster/machines/protocol.js';
import {
  decodeFrame,
  encodeFrames,
  FrameAssembler,
  frameKind,
  PAYLOAD_BYTES,
  runKey,
} from '../../../src/cluster/transport/frame.js';
import { natsTransport } from '../../../src/cluster/transport/nats.js';
import { subjectOf } from '../../../src/cluster/transport/subjects.js';
import type { Address, Transport } from '../../../src/cluster/transport/transport.js';
import { replies, requests, workerBeat } from '../../cluster/machines/messages.js';

const w1: Address = { role: 'worker', name: 'w1' };
const w2: Address = { role: 'worker', name: 'w2' };
const run: Address = { role: 'coordinator', name: 'run-1' };
const scope = { run: 'run-1', epoch: 4 };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`waited for a minute: ${what}`);
    await sleep(5);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

/** A server, that can be killed, stopped, and started again on its port. */
async function startServer(...args: string[]) {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const dying = child;
    child = undefined;
    if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
    const gone = once(dying, 'exit');
    dying.kill('SIGKILL');
    await gone;
  };
  const start = async (): Promise<void> => {
    child = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), ...args], { stdio: 'ignore' });
    const end = performance.now() + 30_000;
    while (!(await answers(port))) {
      if (performance.now() > end) throw new Error('nats-server does not answer');
      await sleep(20);
    }
  };
  await start();
  cleanups.push(kill);
  const signal = (name: NodeJS.Signals): unknown => child?.kill(name);
  return { port, kill, start, signal };
}

interface Joined {
  readonly transport: Transport;
  readonly control: NatsConnection;
  readonly bulk: NatsConnection;
  readonly trouble: Error[];
  readonly told: boolean[];
}

async function joined(port: number, self: Address, wayBytes?: number): Promise<Joined> {
  const options = {
    servers: `127.0.0.1:${port}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    reconnectJitter: 0,
  };
  const [control, bulk] = await Promise.all([connect(options), connect(options)]);
  const transport = natsTransport(self, { control, bulk }, wayBytes === undefined ? {} : { wayBytes });
  const trouble: Error[] = [];
  const told: boolean[] = [];
  transport.onTrouble((error) => trouble.push(error));
  transport.onConnection((connected) => told.push(connected));
  cleanups.push(async () => {
    await transport.close();
    await Promise.all([control.close(), bulk.close()]);
  });
  return { transport, control, bulk, trouble, told };
}

/** Waits until the server knows what everybody subscribes to. */
const settled = (...all: Joined[]): Promise<unknown> =>
  Promise.all(all.flatMap(({ control, bulk }) => [control.flush(), bulk.flush()]));

const header = {
  kind: frameKind.emigrants,
  run: runKey('run-1'),
  epoch: 4,
  from: 0,
  to: 1,
  group: 0,
  sequence: 1,
};

describe('a transport over NATS', () => {
  it('carries messages to whom they are for, and says whom they are from', async () => {
    const { port } = await startServer();
    const [one, two, coordinator] = [await joined(port, w1), await joined(port, w2), await joined(port, run)];
    const heard: string[] = [];
    for (const who of [one, two, coordinator]) {
      for (const channel of ['control', 'heartbeat', 'bulk'] as const) {
        who.transport.receive(channel, ({ from, bytes }) => {
          expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
          heard.push(
            `${from.role} ${from.name} to ${who.transport.self.name}, ${channel}: ${[...bytes].join(' ')}`,
          );
        });
      }
    }
    await settled(one, two, coordinator);
    const bytes = Uint8Array.of(1, 2, 3);
    one.transport.send(w2, 'bulk', bytes);
    two.transport.send(run, 'control', bytes);
    one.transport.send('all', 'heartbeat', bytes);
    coordinator.transport.send(w1, 'control', bytes);
    coordinator.transport.send('all', 'heartbeat', new Uint8Array());
    await until('seven messages', () => heard.length >= 7);
    await settled(one, two, coordinator);
    expect(heard.sort()).toEqual([
      'coordinator run-1 to run-1, heartbeat: ',
      'coordinator run-1 to w1, control: 1 2 3',
      'coordinator run-1 to w1, heartbeat: ',
      'coordinator run-1 to w2, heartbeat: ',
      'worker w1 to run-1, heartbeat: 1 2 3',
      'worker w1 to w2, bulk: 1 2 3',
      'worker w2 to run-1, control: 1 2 3',
    ]);
    expect([one, two, coordinator].flatMap(({ trouble }) => trouble)).toEqual([]);
  });

  it('carries 50 MB of bulk, and heartbeats beside it', async () => {
    const { port } = await startServer();
    const [one, two, coordinator] = [await joined(port, w1), await joined(port, w2), await joined(port, run)];
    const payload = new Uint8Array(100 * PAYLOAD_BYTES);
    for (let at = 0; at < payload.length; at += 997) payload[at] = at % 251;
    const frames = new FrameAssembler({ maxBytes: 2 ** 27, maxMessages: 4 });
    let whole: Uint8Array | undefined;
    two.transport.receive('bulk', ({ bytes }) => {
      whole = frames.add(decodeFrame(bytes)) ?? whole;
    });
    let last = 0;
    let longest = 0;
    let beats = 0;
    // Over the connection for control of who gets the bulk.
    two.transport.receive('heartbeat', () => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      beats += 1;
    });
    await settled(one, two);
    last = performance.now();
    for (const bytes of encodeFrames(header, payload)) one.transport.send(w2, 'bulk', bytes);
    while (whole === undefined) {
      coordinator.transport.send('all', 'heartbeat', Uint8Array.of(1));
      await sleep(5);
    }
    expect(Buffer.compare(whole, payload)).toBe(0);
    await until('a heartbeat', () => beats > 0);
    // Generous: a lease is 3 s.
    expect(longest).toBeLessThan(3000);
    expect([...one.trouble, ...two.trouble]).toEqual([]);
  });

  it('is not deaf after a handler that throws', async () => {
    const { port } = await startServer();
    const [one, two] = [await joined(port, w1), await joined(port, w2)];
    const heard: number[] = [];
    const endBad = two.transport.receive('control', ({ bytes }) => {
      throw new Error(`bad at ${bytes[0] ?? -1}`);
    });
    const end = two.transport.receive('control', ({ bytes }) => heard.push(bytes[0] ?? -1));
    await settled(one, two);
    for (const byte of [1, 2]) one.transport.send(w2, 'control', Uint8Array.of(byte));
    await until('two messages', () => heard.length === 2);
    expect(two.trouble.map(({ message }) => message)).toEqual(['bad at 1', 'bad at 2']);
    endBad();
    one.transport.send(w2, 'control', Uint8Array.of(3));
    await until('the third', () => heard.length === 3);
    expect(two.trouble).toHaveLength(2);
    end();
    await settled(two);
    one.transport.send(w2, 'control', Uint8Array.of(4));
    await settled(one, two);
    expect(heard).toEqual([1, 2, 3]);
  });

  it('hears nothing under subjects that are nobody’s', async () => {
    const { port } = await startServer();
    const [one, two] = [await joined(port, w1), await joined(port, w2)];
    const heard: unknown[] = [];
    two.transport.receive('control', (message) => heard.push(message.from));
    await settled(one, two);
    one.control.publish('wasserwerk.worker.all.w2.control', Uint8Array.of(1));
    one.control.publish(`wasserwerk.worker.${'x'.repeat(65)}.w2.control`, Uint8Array.of(1));
    one.control.publish(subjectOf(w1, w2, 'control'), Uint8Array.of(1));
    await until('the sound one', () => heard.length > 0);
    expect(heard).toEqual([w1]);
  });

  it('tells of what cannot be sent, and goes on', async () => {
    const { port } = await startServer();
    const [one, two] = [await joined(port, w1), await joined(port, w2)];
    const heard: number[] = [];
    two.transport.receive('bulk', ({ bytes }) => heard.push(bytes.length));
    await settled(one, two);
    one.transport.send(w2, 'bulk', new Uint8Array(2 ** 21));
    one.transport.send(w2, 'bulk', new Uint8Array(5));
    await until('the short one', () => heard.length > 0);
    expect(heard).toEqual([5]);
    expect(one.trouble.map(({ message }) => message)).toEqual([
      expect.stringMatching(/wasserwerk\.worker\.w1\.w2\.bulk could not be sent: .*max_payload/) as string,
    ]);
  });

  it('tells what the server does not permit, and goes on with the rest', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wasserwerk-nats-'));
    cleanups.push(() => {
      rmSync(folder, { recursive: true });
    });
    const config = join(folder, 'server.conf');
    const allowed = `publish: "wasserwerk.worker.>", subscribe: ["wasserwerk.worker.*.*.control", "wasserwerk.worker.*.*.bulk"]`;
    writeFileSync(
      config,
      `authorization { default_permissions: { ${allowed} }, users: [{ user: u, password: p }] }\nno_auth_user: u\n`,
    );
    const { port } = await startServer('-c', config);
    const [one, two, rogue] = [await joined(port, w1), await joined(port, w2), await joined(port, run)];
    const heard: string[] = [];
    two.transport.receive('heartbeat', ({ from }) => heard.push(from.name));
    two.transport.receive('control', ({ from }) => heard.push(from.name));
    await settled(one, two);
    rogue.transport.send(w2, 'control', Uint8Array.of(1));
    one.transport.send(w2, 'control', Uint8Array.of(1));
    await until('one message', () => heard.length > 0);
    await until('the refusals', () => rogue.trouble.length >= 1 && two.trouble.length >= 3);
    expect(heard).toEqual(['w1']);
    expect(rogue.trouble[0]?.message).toMatch(
      /permissions violation.*publish.*wasserwerk\.coordinator\.run-1\.w2\.control/iu,
    );
    expect(two.trouble[0]?.message).toMatch(/permissions violation.*subscription.*wasserwerk\.coordinator/iu);
    expect([one.trouble, one.transport.connected, two.transport.connected]).toEqual([[], true, true]);
  });

  it('does not pile up what a server does not read', async () => {
    const server = await startServer();
    const wayBytes = 40 * PAYLOAD_BYTES;
    const [one, two] = [await joined(server.port, w1, wayBytes), await joined(server.port, w2)];
    let count = 0;
    two.transport.receive('bulk', () => (count += 1));
    await settled(one, two);
    const send = (): void => {
      one.transport.send(w2, 'bulk', new Uint8Array(PAYLOAD_BYTES));
    };
    // Far more than the limit, as long as it is read.
    for (let at = 0; at < 120; at += 1) {
      send();
      if (at % 20 === 19) await one.bulk.flush();
    }
    await until('all of them', () => count === 120);
    server.signal('SIGSTOP');
    for (let at = 0; at < 200; at += 1) send();
    expect(one.trouble.map(({ message }) => message)).toEqual([
      expect.stringMatching(/does not take what is sent over the bulk connection/u),
    ]);
    server.signal('SIGCONT');
    await settled(one, two);
    await until('those that fitted', () => count >= 158);
    expect(count).toBeLessThanOrEqual(160);
    const before = count;
    send();
    await until('another', () => count > before);
    expect(one.trouble).toHaveLength(1);
  });

  it('sends what is waiting before it closes, and leaves the connections open', async () => {
    const { port } = await startServer();
    const [one, two] = [await joined(port, w1), await joined(port, w2)];
    let count = 0;
    two.transport.receive('bulk', () => (count += 1));
    await settled(two);
    for (let at = 0; at < 20; at += 1) one.transport.send(w2, 'bulk', new Uint8Array(PAYLOAD_BYTES));
    await one.transport.close();
    one.transport.send(w2, 'bulk', new Uint8Array(1));
    await until('all of them', () => count >= 20);
    await settled(one, two);
    expect(count).toBe(20);
    expect([one.transport.connected, one.control.isClosed(), one.told]).toEqual([false, false, [false]]);
  });

  it('is closed in time though the server is dead', async () => {
    const server = await startServer();
    const one = await joined(server.port, w1);
    one.transport.send(w2, 'bulk', new Uint8Array(PAYLOAD_BYTES));
    await server.kill();
    await one.transport.close();
    expect(one.transport.connected).toBe(false);
  });

  it('says when a connection was closed for good', async () => {
    const { port } = await startServer();
    const one = await joined(port, w1);
    await one.bulk.close();
    await until('it is told', () => one.told.length > 0);
    expect([one.told, one.transport.connected]).toEqual([[false], false]);
    // Not thrown, not buffered.
    one.transport.send(w2, 'bulk', new Uint8Array(1));
  });
});

describe('a server that is killed and comes back', () => {
  it('is told, three times; what is sent meanwhile is neither thrown nor kept', async () => {
    const server = await startServer();
    const [one, two] = [await joined(server.port, w1), await joined(server.port, w2)];
    const heard: number[] = [];
    two.transport.receive('bulk', ({ bytes }) => heard.push(bytes[0] ?? -1));
    await settled(one, two);
    for (let time = 1; time <= 3; time += 1) {
      await server.kill();
      await until('both notice', () => !one.transport.connected && !two.transport.connected);
      for (let at = 0; at < 200; at += 1)
        one.transport.send(w2, 'bulk', new Uint8Array(PAYLOAD_BYTES).fill(99));
      await server.start();
      await until('both are back', () => one.transport.connected && two.transport.connected);
      await settled(one, two);
      one.transport.send(w2, 'bulk', Uint8Array.of(time));
      await until('it is heard', () => heard.length >= time);
      expect(one.told).toHaveLength(2 * time);
    }
    expect(heard).toEqual([1, 2, 3]);
    expect(one.told).toEqual([false, true, false, true, false, true]);
    expect(two.told).toEqual(one.told);
  });

  it('does not keep a request from its answer, nor makes it be carried out twice', async () => {
    const server = await startServer();
    const [machineSide, askerSide] = [await joined(server.port, w1), await joined(server.port, run)];
    const [machine, asker] = [
      new Mail(machineSide.transport, { retryMs: 100 }),
      new Mail(askerSide.transport, { retryMs: 100 }),
    ];
    cleanups.push(() => {
      machine.close();
      asker.close();
    });
    const carriedOut: Request[] = [];
    let finish: (() => void) | undefined;
    machine.serve(async (_from, _scope, request) => {
      carriedOut.push(request);
      await new Promise<void>((resolve) => (finish = resolve));
      return replies[request.type];
    });
    const beats: string[] = [];
    asker.onBeat((from) => beats.push(from.name));

    const reply = asker.request(w1, scope, requests.join);
    await until('it is carried out', () => finish !== undefined);
    await server.kill();
    await until('both notice', () => !askerSide.transport.connected && !machineSide.transport.connected);
    finish?.(); // its reply is lost
    const other = asker.request(w1, scope, requests.advance); // and so is this
    await sleep(300);
    await server.start();
    expect(await reply).toEqual(replies.join);
    await until('the other is carried out', () => carriedOut.length === 2);
    finish?.();
    expect(await other).toEqual(replies.advance);
    expect(carriedOut).toEqual([requests.join, requests.advance]);
    machine.beat(workerBeat);
    await until('a heartbeat', () => beats.length > 0);
    expect(beats).toEqual(['w1']);
  });
});
