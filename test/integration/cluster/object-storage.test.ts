// Parts of checkpoints in the object store of a real server.

import { createHash, randomBytes } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bucketOfRun, objectStorage } from '../../../src/cluster/machines/object-storage.js';
import type { PartStorage } from '../../../src/output/mod.js';
import { haveServer, startServer, type TestServer } from './server.js';

describe.skipIf(!haveServer)('object storage', () => {
  let server: TestServer;
  let connection: NatsConnection;
  let storage: PartStorage;
  const bucket = bucketOfRun('run-1');

  beforeAll(async () => {
    server = await startServer({ jetstream: true });
    connection = await connect({
      servers: server.url,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    storage = await objectStorage(connection, bucket, { create: true });
  });
  afterAll(async () => {
    await connection.close();
  });

  const subjects = async (): Promise<string[]> => {
    const manager = await jetstreamManager(connection);
    const info = await manager.streams.info('OBJ_wasserwerk', { subjects_filter: '>' });
    return Object.keys(info.state.subjects ?? {});
  };

  test('20 MB there and back; other clients of NATS read the same', async () => {
    const bytes = new Uint8Array(randomBytes(20_000_003));
    const entry = await storage.write('step-1', 'w1-0.bin', bytes);
    expect(entry).toEqual({
      name: 'w1-0.bin',
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    const other = await objectStorage(connection, bucket, { create: true });
    expect(Buffer.compare(await other.read('step-1', entry), bytes)).toBe(0);
    const blob = await (await new Objm(connection).open('wasserwerk')).getBlob('run-1/step-1/w1-0.bin');
    expect(Buffer.compare(blob ?? new Uint8Array(), bytes)).toBe(0);
  });

  test('empty parts, and locations of drafts', async () => {
    const entry = await storage.write('.draft-1', 'empty', new Uint8Array());
    await expect(storage.read('.draft-1', entry)).resolves.toEqual(new Uint8Array());
  });

  test('a part that is written anew replaces the old one and leaves nothing of it', async () => {
    const old = await storage.write('step-2', 'a', new Uint8Array(600_000).fill(1));
    const before = (await subjects()).length;
    const entry = await storage.write('step-2', 'a', new Uint8Array(600_000).fill(2));
    expect((await subjects()).length).toBe(before);
    expect((await storage.read('step-2', entry))[599_999]).toBe(2);
    await expect(storage.read('step-2', old)).rejects.toMatchObject({ code: 'corrupt-checkpoint' });
  });

  test('missing, of another length, of another content, with a chunk lost, with a chunk changed', async () => {
    const corrupt = { code: 'corrupt-checkpoint' };
    const bytes = new Uint8Array(1_200_000).fill(3);
    const entry = await storage.write('step-3', 'a', bytes);
    await expect(storage.read('step-3', { ...entry, name: 'b' })).rejects.toMatchObject(corrupt);
    await expect(storage.read('step-4', entry)).rejects.toMatchObject(corrupt);
    await expect(storage.read('step-3', { ...entry, bytes: 7 })).rejects.toMatchObject(corrupt);
    await expect(storage.read('step-3', { ...entry, sha256: '00'.repeat(32) })).rejects.toMatchObject(
      corrupt,
    );

    const manager = await jetstreamManager(connection);
    const info = await new Objm(connection).open('wasserwerk').then((store) => store.info('run-1/step-3/a'));
    const subject = `$O.wasserwerk.C.${info?.nuid ?? ''}`;
    const last = await manager.streams.getMessage('OBJ_wasserwerk', { last_by_subj: subject });
    await manager.streams.deleteMessage('OBJ_wasserwerk', last!.seq);
    await expect(storage.read('step-3', entry)).rejects.toThrow('bytes are there');
    connection.publish(subject, last!.data.fill(4));
    await connection.flush();
    await expect(storage.read('step-3', entry)).rejects.toThrow('another SHA-256');
  });

  test('discard removes a location, also what killed writers left, and nothing else', async () => {
    const kept = await storage.write('step-5', 'a', new Uint8Array(10));
    const elsewhere = await objectStorage(connection, bucketOfRun('run-2'));
    const other = await elsewhere.write('step-50', 'a', new Uint8Array(10));
    const before = new Set(await subjects());
    await storage.write('step-50', 'a', new Uint8Array(600_000));
    const chunks = (await subjects()).find((subject) => !before.has(subject) && subject.includes('.C.'));
    connection.publish(`${chunks!.slice(0, -24)}of-a-killed-writer`, 'left');
    await connection.flush();
    expect((await subjects()).length).toBe(before.size + 3);
    await storage.discard('step-50');
    expect(new Set(await subjects())).toEqual(before);
    await storage.discard('step-50');
    await storage.read('step-5', kept);
    await elsewhere.read('step-50', other);
  });

  test('goes on through a restart of the server', async () => {
    const bytes = new Uint8Array(randomBytes(30_000_000));
    const writing = storage.write('step-6', 'a', bytes);
    await server.restart({ downMs: 300 });
    const entry = await writing;
    await server.restart({ downMs: 100 });
    const reading = storage.read('step-6', entry);
    await server.restart({ downMs: 300 });
    expect(Buffer.compare(await reading, bytes)).toBe(0);
  });

  test('names that are none', async () => {
    for (const location of ['', '..', 'a/b', 'a b', 'a.*.>']) {
      await expect(storage.write(location, 'x', new Uint8Array())).rejects.toMatchObject({
        code: 'invalid-checkpoint',
      });
    }
    await expect(storage.write('a', '../x', new Uint8Array())).rejects.toMatchObject({
      code: 'invalid-checkpoint',
    });
    await expect(objectStorage(connection, 'a/b/c')).rejects.toThrow('no name of a bucket');
  });

  test('a server that does not answer is told of in the end', async () => {
    const impatient = await objectStorage(connection, bucket, { patienceSeconds: 0.5 });
    await server.kill();
    await expect(impatient.write('step-7', 'a', new Uint8Array(10))).rejects.toMatchObject({
      code: 'storage-unreachable',
    });
    await server.start();
  });

  test('JetStream is off, the bucket is missing, the disk is full', async () => {
    const off = await startServer();
    const there = await connect({ servers: off.url });
    await expect(objectStorage(there, bucket, { create: true })).rejects.toMatchObject({
      code: 'jetstream-off',
    });
    await there.close();

    const small = await startServer({ config: 'jetstream { store_dir: "x", max_file_store: 1MB }' });
    const nearby = await connect({ servers: small.url });
    const unmade = await objectStorage(nearby, bucket, { patienceSeconds: 0.5 });
    await expect(unmade.discard('step-1')).rejects.toMatchObject({ code: 'storage-unreachable' });
    const tiny = await objectStorage(nearby, bucket, { create: true, patienceSeconds: 2 });
    await expect(tiny.write('step-1', 'a', new Uint8Array(3_000_000))).rejects.toMatchObject({
      code: 'storage-full',
    });
    await nearby.close();
  });
});
