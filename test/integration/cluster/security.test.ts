// What the server configs of deploy/nats let coordinator, workers and monitors do, and what they do not: against a real
// server. And every way to authenticate, right and wrong.

import { inspect } from 'node:util';
import { jetstream } from '@nats-io/jetstream';
import { errors, headers, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { objectStorage } from '../../../src/cluster/machines/object-storage.js';
import { RunLock } from '../../../src/cluster/transport/lock.js';
import { connectNats, type NatsConnections } from '../../../src/cluster/transport/nats-connect.js';
import { NatsError } from '../../../src/cluster/transport/nats-errors.js';
import { describe as shown, type NatsFlags } from '../../../src/cluster/transport/nats-options.js';
import type { Address } from '../../../src/cluster/transport/transport.js';
import { makeCredentials, optionsFor, startDeployed, type Credentials } from './credentials.js';
import { makeJwts } from './jwt.js';
import { haveServer, startServer, type TestServer } from './server.js';

const open: NatsConnections[] = [];
afterAll(async () => {
  await Promise.all(open.map((connections) => connections.close()));
});
async function connect(
  server: TestServer,
  flags: NatsFlags,
  self: Address,
  scheme?: 'tls',
): Promise<NatsConnections> {
  const connections = await connectNats(optionsFor(server, flags, scheme), self);
  open.push(connections);
  return connections;
}
const worker = (name: string): Address => ({ role: 'worker', name });
const coordinator: Address = { role: 'coordinator', name: 'run-1' };

/** What comes in on a subject. */
function listen(connection: NatsConnection, subject: string): { heard: string[]; refused: Promise<Error> } {
  const heard: string[] = [];
  const refused = new Promise<Error>((resolve) => {
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) resolve(error);
        else heard.push(`${message.subject} ${message.string()}`);
      },
    });
  });
  return { heard, refused };
}

/** All that the server has refused to a connection; complete after `flush`. */
function refusals(connection: NatsConnection): string[] {
  const found: string[] = [];
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'error' && status.error instanceof errors.PermissionViolationError) {
        found.push(`${status.error.operation} ${status.error.subject}`);
      }
    }
  })();
  return found;
}

describe.skipIf(!haveServer)('permissions of deploy/nats', () => {
  let server: TestServer;
  let [c, w1, w2, monitor]: NatsConnections[] = [];

  beforeAll(async () => {
    const credentials = makeCredentials('--auth', 'nkey');
    server = await startDeployed('server.conf', credentials);
    const as = (name: string): NatsFlags => ({ natsNkeyFile: credentials.path(`${name}.nkey`) });
    c = await connect(server, as('coordinator'), coordinator);
    w1 = await connect(server, as('w1'), worker('w1'));
    w2 = await connect(server, as('w2'), worker('w2'));
    monitor = await connect(server, as('monitor'), worker('monitor'));
  });

  test('coordinator and workers reach each other', async () => {
    const atC = listen(c.control, 'wasserwerk.worker.*.*.*');
    const atW1 = [
      listen(w1.control, 'wasserwerk.coordinator.*.w1.*'),
      listen(w1.control, 'wasserwerk.coordinator.*.all.*'),
      listen(w1.control, 'wasserwerk.worker.*.w1.*'),
    ];
    await Promise.all([c.control.flush(), w1.control.flush()]);
    w1.control.publish('wasserwerk.worker.w1.run-1.control', 'to c');
    w2.bulk.publish('wasserwerk.worker.w2.w1.bulk', 'to w1');
    c.control.publish('wasserwerk.coordinator.run-1.w1.control', 'to w1');
    c.control.publish('wasserwerk.coordinator.run-1.all.heartbeat', 'to all');
    await Promise.all([c, w1, w2].flatMap(({ control, bulk }) => [control.flush(), bulk.flush()]));
    await expect.poll(() => atC.heard.length).toBe(2);
    await expect.poll(() => atW1.map(({ heard }) => heard.length)).toEqual([1, 1, 1]);
  });

  test.each([
    'wasserwerk.worker.w2.w1.bulk',
    'wasserwerk.worker.w2.run-1.control',
    'wasserwerk.coordinator.run-1.w2.control',
    'wasserwerk.coordinator.run-1.all.heartbeat',
    '_INBOX_coordinator.abc.1',
    '_INBOX_w2.abc.1',
    '$KV.wasserwerk.run-1',
    '$SRV.PING',
    '$JS.API.STREAM.CREATE.OBJ_wasserwerk',
    '$JS.API.STREAM.CREATE.KV_wasserwerk',
    '$JS.API.STREAM.MSG.GET.KV_wasserwerk',
    '$JS.API.STREAM.DELETE.KV_wasserwerk',
    '$JS.API.STREAM.UPDATE.OBJ_wasserwerk',
    '$JS.API.STREAM.PURGE.KV_wasserwerk',
    '$JS.API.CONSUMER.CREATE.OBJ_wasserwerk',
    '$JS.API.CONSUMER.DURABLE.CREATE.OBJ_wasserwerk.x',
    '$JS.API.DIRECT.GET.OBJ_wasserwerk',
    '$JS.API.STREAM.NAMES',
    '$SYS.REQ.USER.INFO',
  ])('worker w1 may not publish on %s', async (subject) => {
    const everything = refusals(w1.control);
    w1.control.publish(subject, 'forged');
    await w1.control.flush();
    await expect.poll(() => everything).toContain(`publish ${subject}`);
  });

  test.each([
    '>',
    'wasserwerk.>',
    'wasserwerk.worker.*.w2.*',
    'wasserwerk.worker.*.*.*',
    'wasserwerk.coordinator.*.w2.*',
    'wasserwerk.coordinator.>',
    '_INBOX.>',
    '_INBOX_w2.>',
    '_INBOX_coordinator.>',
    '_INBOX_monitor.>',
    '$KV.wasserwerk.>',
    '$O.wasserwerk.>',
    '$JS.>',
  ])('worker w1 may not hear %s', async (subject) => {
    const { refused } = listen(w1.control, subject);
    await expect(refused).resolves.toBeInstanceOf(errors.PermissionViolationError);
  });

  test('a worker gets no leave to publish through the reply subject of a message', async () => {
    const forged = 'wasserwerk.coordinator.run-1.w2.control';
    const atW2 = listen(w2.control, 'wasserwerk.coordinator.*.w2.*');
    const atW1 = listen(w1.bulk, 'wasserwerk.worker.*.w1.*');
    await Promise.all([w1.bulk.flush(), w2.control.flush()]);
    const everything = refusals(w1.bulk);
    w1.bulk.publish('wasserwerk.worker.w1.w1.control', 'to myself', { reply: forged });
    await expect.poll(() => atW1.heard.length).toBe(1);
    w1.bulk.publish(forged, 'forged');
    await w1.bulk.flush();
    await expect.poll(() => everything).toContain(`publish ${forged}`);
    await w2.control.flush();
    expect(atW2.heard).toEqual([]);
  });

  test('what the server can be made to say in its own name is no frame', async () => {
    const storage = await objectStorage(c.control, 'wasserwerk/run-1', { create: true });
    await storage.write('step-1', 'part', new TextEncoder().encode('WWF1 forged'));
    const forged = 'wasserwerk.coordinator.run-1.w2.control';
    const atW2 = listen(w2.control, 'wasserwerk.coordinator.*.w2.*');
    await w2.control.flush();
    const everything = refusals(w1.control);
    w1.control.publish('$O.wasserwerk.C.forged', 'WWF1 forged', { reply: forged });
    const query = JSON.stringify({ last_by_subj: '$O.wasserwerk.C.forged' });
    w1.control.publish('$JS.API.STREAM.MSG.GET.OBJ_wasserwerk', query, { reply: forged });
    w1.control.publish('$JS.API.DIRECT.GET.OBJ_wasserwerk', query, { reply: forged });
    await w1.control.flush();
    await expect.poll(() => everything).toContain('publish $JS.API.DIRECT.GET.OBJ_wasserwerk');
    await expect.poll(() => atW2.heard.length).toBe(2);
    for (const text of atW2.heard) expect(text.replace(/^\S+ /u, '')).toMatch(/^\{/u);
  });

  test('the lock and the object store: coordinators use both, workers the store', async () => {
    const lock = await RunLock.acquire(c.control, 'run-1', { wait: false });
    expect(lock.held).toBe(true);
    await expect(RunLock.acquire(w1.control, 'run-1', { wait: false })).rejects.toMatchObject({
      code: 'nats-authorization',
    });
    const h = headers();
    h.set('Nats-Rollup', 'all');
    await expect(
      jetstream(w1.control, { timeout: 1000 }).publish('$KV.wasserwerk.run-1', 'mine', { headers: h }),
    ).rejects.toThrow();
    expect(lock.held).toBe(true);
    await lock.release();

    const ours = await objectStorage(c.control, 'wasserwerk/run-1', { create: true });
    const theirs = await objectStorage(w1.bulk, 'wasserwerk/run-1');
    const bytes = new Uint8Array(700_000).fill(7);
    const entry = await theirs.write('step-2', 'w1.bin', bytes);
    await expect(ours.read('step-2', entry)).resolves.toEqual(bytes);
    const again = await theirs.write('step-2', 'w1.bin', bytes.slice(1));
    await expect(theirs.read('step-2', again)).resolves.toEqual(bytes.slice(1));
    await expect(objectStorage(w1.bulk, 'wasserwerk/run-1', { create: true })).resolves.toBeDefined();
    await expect(objectStorage(w1.bulk, 'other/run-1', { create: true })).rejects.toMatchObject({
      code: 'nats-authorization',
    });
  });

  test('a monitor hears no runs', async () => {
    const { refused } = listen(monitor.control, 'wasserwerk.>');
    await expect(refused).resolves.toBeInstanceOf(errors.PermissionViolationError);
    const everything = refusals(monitor.control);
    monitor.control.publish('wasserwerk.coordinator.run-1.all.control', 'forged');
    await monitor.control.flush();
    await expect.poll(() => everything).toHaveLength(1);
  });
});

describe.skipIf(!haveServer)('ways to authenticate', () => {
  const secret = 'Secret-0815';
  const right = makeCredentials('--auth', 'password', '--certificates', 'localhost,127.0.0.1');
  const wrong = makeCredentials('--auth', 'nkey', '--certificates', 'localhost,127.0.0.1');

  /** The error of a connection that the server refuses; it says nothing secret. */
  async function refused(server: TestServer, flags: NatsFlags, scheme?: 'tls'): Promise<NatsError> {
    const options = optionsFor(server, flags, scheme);
    const error: unknown = await connectNats(options, worker('w1'), {
      signal: AbortSignal.timeout(20_000),
    }).then(
      async (connections) => {
        await connections.close();
        return undefined;
      },
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(NatsError);
    expect(error).toMatchObject({ exitCode: 2 });
    const text = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error) + shown(options);
    for (const hidden of [secret, ...secretsOf(right), ...secretsOf(wrong)])
      expect(text).not.toContain(hidden);
    return error as NatsError;
  }
  const secretsOf = ({ files }: Credentials): string[] =>
    Object.entries(files)
      .filter(([name]) => /\.(password|nkey)$|-key\.pem$/u.test(name))
      .map(([, text]) => text.trim());
  async function accepted(server: TestServer, flags: NatsFlags, scheme?: 'tls'): Promise<void> {
    const { control, bulk } = await connect(server, flags, worker('w1'), scheme);
    await Promise.all([control.flush(), bulk.flush()]);
  }
  const files = { 'token.txt': secret, 'other.txt': 'not-it' };

  test('token', async () => {
    const server = await startServer({ config: `authorization { token: "${secret}" }`, files });
    const at = (name: string): NatsFlags => ({ natsTokenFile: `${server.folder}/${name}` });
    await accepted(server, at('token.txt'));
    await expect(refused(server, at('other.txt'))).resolves.toMatchObject({ code: 'nats-authorization' });
    expect((await refused(server, at('other.txt'))).hint).toContain('--nats-token-file');
    expect((await refused(server, {})).hint).toContain('it wants credentials');
  });

  test('user and password', async () => {
    const server = await startDeployed('server.conf', right);
    const w1 = right.path('w1.password');
    await accepted(server, { natsUser: 'w1', natsPasswordFile: w1 });
    const error = await refused(server, { natsUser: 'w2', natsPasswordFile: w1 });
    expect(error.message).toContain('as user w2');
    expect(error.hint).toContain('--nats-password-file');
  });

  test('nkey', async () => {
    const server = await startDeployed('server.conf', wrong);
    await accepted(server, { natsNkeyFile: wrong.path('w1.nkey') });
    const other = makeNkey();
    const error = await refused(server, { natsNkeyFile: other });
    expect(error).toMatchObject({ code: 'nats-authorization' });
    expect(error.hint).toContain('public key');
  });
  const makeNkey = (): string => stranger.path('w1.nkey');
  const stranger = makeCredentials('--auth', 'nkey');

  test('credentials files; of another account, and one that expires', async () => {
    const jwts = makeJwts(3);
    const { config, ...creds } = jwts;
    const server = await startServer({ config, files: { ...creds } });
    const as = (name: keyof typeof creds): NatsFlags => ({ natsCredsFile: `${server.folder}/${name}` });
    await accepted(server, as('good'));
    const error = await refused(server, as('foreign'));
    expect(error).toMatchObject({ code: 'nats-authorization' });
    expect(error.hint).toContain('--nats-creds-file');
    const pair = await connect(server, as('expiring'), worker('w1'));
    await expect(pair.closed).resolves.toMatchObject({ code: 'nats-authorization' });
  }, 60_000);

  test('TLS with an authority; a wrong one, and none', async () => {
    const server = await startDeployed('server-tls.conf', right);
    const who = { natsUser: 'w1', natsPasswordFile: right.path('w1.password') };
    await accepted(server, { ...who, natsCa: right.path('ca.pem') }, 'tls');
    await accepted(server, { ...who, natsCa: right.path('ca.pem') });
    const error = await refused(server, { ...who, natsCa: wrong.path('ca.pem') }, 'tls');
    expect(error).toMatchObject({ code: 'nats-tls' });
    expect(error.hint).toContain('--nats-ca');
    expect((await refused(server, who, 'tls')).hint).toContain('give the authority');
    const bad = { natsUser: 'w1', natsPasswordFile: right.path('w2.password'), natsCa: right.path('ca.pem') };
    await expect(refused(server, bad, 'tls')).resolves.toMatchObject({ code: 'nats-authorization' });
  });

  test('a certificate for another name', async () => {
    const other = makeCredentials('--auth', 'password', '--certificates', 'localhost,10.9.8.7');
    const server = await startDeployed('server-tls.conf', other);
    const flags = {
      natsUser: 'w1',
      natsPasswordFile: other.path('w1.password'),
      natsCa: other.path('ca.pem'),
    };
    const error = await refused(server, flags, 'tls');
    expect(error).toMatchObject({ code: 'nats-tls' });
    expect(error.hint).toContain('host name or address');
  });

  test('TLS asked of a server without', async () => {
    const server = await startServer();
    const error = await refused(server, { natsCa: right.path('ca.pem') });
    expect(error.message).toContain('does not offer TLS');
  });

  test('mutual TLS; without a certificate, and with one of another authority', async () => {
    const server = await startDeployed('server-mutual-tls.conf', right);
    const who = {
      natsUser: 'w1',
      natsPasswordFile: right.path('w1.password'),
      natsCa: right.path('ca.pem'),
    };
    const own = { natsCert: right.path('w1.pem'), natsKey: right.path('w1-key.pem') };
    await accepted(server, { ...who, ...own }, 'tls');
    const none = await refused(server, who, 'tls');
    expect(none).toMatchObject({ code: 'nats-tls' });
    expect(none.message).toContain('wants a certificate');
    const foreign = { natsCert: wrong.path('w1.pem'), natsKey: wrong.path('w1-key.pem') };
    const error = await refused(server, { ...who, ...foreign }, 'tls');
    expect(error.message).toContain('does not accept the certificate');
    expect(() =>
      optionsFor(server, { natsCert: right.path('w1.pem'), natsKey: right.path('w2-key.pem') }),
    ).toThrow('is not the private key of');
  });

  test('the certificate as the only credential', async () => {
    const own = makeCredentials('--auth', 'certificate', '--certificates', 'localhost,127.0.0.1');
    const server = await startDeployed('server-certificates.conf', own);
    const as = (name: string): NatsFlags => ({
      natsCa: own.path('ca.pem'),
      natsCert: own.path(`${name}.pem`),
      natsKey: own.path(`${name}-key.pem`),
    });
    const { control } = await connect(server, as('w1'), worker('w1'), 'tls');
    const everything = refusals(control);
    control.publish('wasserwerk.worker.w1.run-1.control', 'mine');
    control.publish('wasserwerk.worker.w2.run-1.control', 'forged');
    await control.flush();
    await expect.poll(() => everything).toEqual(['publish wasserwerk.worker.w2.run-1.control']);
    await expect(refused(server, as('server'), 'tls')).resolves.toMatchObject({ exitCode: 2 });
  });
});
