// Parts in a folder, and drafts of checkpoints that several processes fill. Complete checkpoints are checkpoints.test.ts.

import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { CheckpointStore, folderStorage, type PartPlace, type PartStorage } from '../../src/output/mod.js';
import { trouble, useScratch } from './scratch.js';

const scratch = useScratch();
let folder = '';
beforeEach(() => (folder = join(scratch(), 'checkpoints')));

const bytes = Uint8Array.of(1, 2, 3, 4, 5);

describe('a folder of parts', () => {
  it('gives back what was written, with its SHA-256, and replaces a part that comes again', async () => {
    const storage = folderStorage(scratch());
    await mkdir(join(scratch(), 'step-1'));
    const first = await storage.write('step-1', 'a.bin', bytes);
    expect(first).toEqual({
      name: 'a.bin',
      bytes: 5,
      sha256: '74f81fe167d99b4cb41d6d0ccda82278caee9f3e2f25d5e5a3936ff3dcec60d0',
    });
    expect(await storage.read('step-1', first)).toEqual(bytes);
    const second = await storage.write('step-1', 'a.bin', new Uint8Array(0));
    expect(await storage.read('step-1', second)).toEqual(new Uint8Array(0));
    expect(await readdir(join(scratch(), 'step-1'))).toEqual(['a.bin']);
    expect((await trouble(storage.read('step-1', first))).code).toBe('corrupt-checkpoint');
    await storage.discard('step-1');
    await storage.discard('step-1');
    expect(await readdir(scratch())).toEqual([]);
  });

  it('does not bring back a location that was discarded', async () => {
    const error = await trouble(folderStorage(scratch()).write('step-1', 'a.bin', bytes));
    expect(error.code).toBe('not-found');
    expect(await readdir(scratch())).toEqual([]);
  });

  it.each(['', '.', '..', '../x', 'a/b', '/etc', 'a\\b', '..x', 'a\0', 'x'.repeat(200)])(
    'refuses the location %j',
    async (location) => {
      const storage = folderStorage(scratch());
      const entry = { name: 'a.bin', bytes: 5, sha256: '' };
      for (const work of [
        storage.write(location, 'a.bin', bytes),
        storage.read(location, entry),
        storage.discard(location),
      ]) {
        expect((await trouble(work)).code).toBe('invalid-checkpoint');
      }
    },
  );

  it.each(['', '..', '../x', 'a/b', '.hidden', 'manifest.json', 'header.json', 'storage.json'])(
    'refuses the part name %j',
    async (name) => {
      const storage = folderStorage(scratch());
      await mkdir(join(scratch(), 'step-1'));
      expect((await trouble(storage.write('step-1', name, bytes))).code).toBe('invalid-checkpoint');
      const entry = { name, bytes: 5, sha256: '' };
      expect((await trouble(storage.read('step-1', entry))).code).toBe('invalid-checkpoint');
    },
  );
});

describe('a draft', () => {
  it('takes in parts that others have written', async () => {
    const store = await CheckpointStore.open(scratch());
    const draft = await store.begin(7);
    expect(draft.path).toBe(join(folder, draft.location));
    const entry = await folderStorage(folder).write(draft.location, 'other.bin', bytes);
    await draft.add({ name: 'own.bin', bytes });
    draft.adopt(entry);
    expect(await store.steps()).toEqual([]);
    const checkpoint = await draft.commit({ at: 7 });
    expect(checkpoint).toMatchObject({ step: 7, location: 'step-000000000007' });
    expect((await store.latest()).checkpoint).toEqual(checkpoint);
    expect(await folderStorage(folder).read(checkpoint.location, entry)).toEqual(bytes);
    // A process that was left behind cannot change it any more.
    expect((await trouble(folderStorage(folder).write(draft.location, 'other.bin', bytes))).code).toBe(
      'not-found',
    );
  });

  it('has a location of its own each time', async () => {
    const store = await CheckpointStore.open(scratch());
    const [a, b] = [await store.begin(7), await store.begin(7)];
    expect(a.location).not.toBe(b.location);
    await a.discard();
    expect(await readdir(folder)).toEqual([b.location]);
  });

  it('is refused where a part of another process is not there, or not whole', async () => {
    const store = await CheckpointStore.open(scratch());
    const draft = await store.begin(7);
    draft.adopt({ name: 'elsewhere.bin', bytes: 5, sha256: 'x' });
    expect((await trouble(draft.commit({}))).code).toBe('not-found');
    await writeFile(join(draft.path, 'elsewhere.bin'), 'xyz');
    expect((await trouble(draft.commit({}))).code).toBe('corrupt-checkpoint');
    await draft.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a part that comes twice, from wherever', async () => {
    const draft = await (await CheckpointStore.open(scratch())).begin(7);
    await draft.add({ name: 'a.bin', bytes });
    expect(() => {
      draft.adopt({ name: 'a.bin', bytes: 5, sha256: '' });
    }).toThrow('comes twice');
    expect(() => {
      draft.adopt({ name: '../a', bytes: 5, sha256: '' });
    }).toThrow('cannot be called');
  });

  it('leaves the checkpoint before alone, until it is complete', async () => {
    const store = await CheckpointStore.open(scratch(), 1);
    await store.write({ step: 7, header: { old: true }, parts: [] });
    for (const step of [7, 8]) {
      const draft = await store.begin(step);
      await draft.add({ name: 'a.bin', bytes });
      expect((await store.latest()).checkpoint?.parts).toHaveLength(1);
      await draft.discard();
    }
    expect(await readdir(folder)).toEqual(['step-000000000007']);
  });
});

describe('checkpoints whose parts lie elsewhere', () => {
  const place: PartPlace = { kind: 'object-store', bucket: 'shelf' };

  /** A storage in memory. */
  function shelf() {
    const held = new Map<string, Uint8Array>();
    const inner: PartStorage = {
      write: async (location, name, content) => {
        held.set(`${location}/${name}`, content.slice());
        return { name, bytes: content.length, sha256: 'of the store' };
      },
      read: async (location, { name }) => held.get(`${location}/${name}`) ?? new Uint8Array(0),
      discard: async (location) => {
        for (const key of held.keys()) if (key.startsWith(`${location}/`)) held.delete(key);
      },
    };
    return { held, storages: { place, storageOf: () => inner } };
  }

  it('have only their lists in the folder, and go with them', async () => {
    const { held, storages } = shelf();
    const store = await CheckpointStore.open(scratch(), 2, storages);
    for (const step of [1, 2, 3]) {
      await store.write({ step, header: { step }, parts: [{ name: 'a.bin', bytes: Uint8Array.of(step) }] });
    }
    const { checkpoint } = await store.latest();
    expect(checkpoint).toMatchObject({ step: 3, place });
    const storage = await store.storage(checkpoint!);
    expect(await storage.read(checkpoint!.location, checkpoint!.parts[1])).toEqual(Uint8Array.of(3));
    expect((await readdir(checkpoint!.path)).sort()).toEqual([
      'header.json',
      'manifest.json',
      'storage.json',
    ]);
    expect(held.size).toBe(2);
    await store.write({ step: 3, header: {}, parts: [] });
    expect([...held.values()]).toEqual([Uint8Array.of(2)]);
    await store.discardAfter(0);
    expect(held.size).toBe(0);
  });

  it('are told from those in the folder by a process that cannot get there', async () => {
    const { storages } = shelf();
    const writer = await CheckpointStore.open(scratch(), 2, storages);
    await writer.write({ step: 1, header: {}, parts: [{ name: 'a.bin', bytes }] });
    const error = await trouble((await CheckpointStore.open(scratch())).latest());
    expect(error).toMatchObject({ code: 'storage-missing', exitCode: 2 });
    expect(error.message).toContain('--nats');
  });

  it('are deleted where a kill has left half of one, as soon as somebody can', async () => {
    const { held, storages } = shelf();
    const store = await CheckpointStore.open(scratch(), 2, storages);
    const draft = await store.begin(1);
    await draft.add({ name: 'a.bin', bytes });
    expect(JSON.parse(await readFile(join(draft.path, 'storage.json'), 'utf8'))).toEqual({
      ...place,
      location: draft.location,
    });
    await CheckpointStore.open(scratch());
    expect(held.size).toBe(1);
    expect((await stat(draft.path)).isDirectory()).toBe(true);
    await CheckpointStore.open(scratch(), 2, storages);
    expect(held.size).toBe(0);
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });
});
