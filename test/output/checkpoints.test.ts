import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  CheckpointStore,
  readHeader,
  readPart,
  type Checkpoint,
  type CheckpointPart,
} from '../../src/output/mod.js';
import { trouble, useScratch } from './scratch.js';

const scratch = useScratch();
let folder = '';
beforeEach(() => (folder = join(scratch(), 'checkpoints')));

const pathOf = (step: number): string => join(folder, `step-${String(step).padStart(12, '0')}`);

function parts(step: number): CheckpointPart[] {
  return [
    { name: 'shard-0-0', bytes: Uint8Array.from({ length: 1000 }, (_, i) => i + step) },
    { name: 'shard-0-1', bytes: new Uint8Array(0) },
  ];
}

async function read(store: CheckpointStore, checkpoint: Checkpoint): Promise<CheckpointPart[]> {
  const storage = await store.storage(checkpoint);
  const found: CheckpointPart[] = [];
  for (const entry of checkpoint.parts.slice(1)) {
    found.push({ name: entry.name, bytes: await storage.read(checkpoint.location, entry) });
  }
  return found;
}

async function write(...steps: number[]): Promise<CheckpointStore> {
  const store = await CheckpointStore.open(scratch());
  for (const step of steps) await store.write({ step, header: { at: step }, parts: parts(step) });
  return store;
}

describe('CheckpointStore', () => {
  it('gives back what it was given', async () => {
    const store = await CheckpointStore.open(scratch());
    const header = { time: 0.1, ä: [null, true, { deep: 'x' }] };
    await store.write({ step: 1234, header, parts: parts(1234) });
    expect(await readdir(folder)).toEqual(['step-000000001234']);
    const { checkpoint, warnings } = await new CheckpointStore(scratch()).latest();
    expect(warnings).toEqual([]);
    expect(checkpoint).toMatchObject({
      step: 1234,
      place: { kind: 'folder' },
      location: 'step-000000001234',
    });
    expect(await read(store, checkpoint!)).toEqual(parts(1234));
    expect(await readHeader(checkpoint!)).toEqual(header);
    expect(await readPart(checkpoint!.path, checkpoint!.parts[1])).toEqual(parts(1234)[0].bytes);
  });

  it('takes parts as they are made, larger than a piece, and of shared memory', async () => {
    const large = new Uint8Array(new SharedArrayBuffer(9_000_000)).fill(7);
    const store = await write();
    const made: string[] = [];
    const making = async function* (): AsyncGenerator<CheckpointPart> {
      for (const name of ['a', 'b']) {
        made.push(name);
        await Promise.resolve();
        yield { name, bytes: large.subarray(1) };
      }
    };
    const checkpoint = await store.write({ step: 0, header: {}, parts: making() });
    expect(made).toEqual(['a', 'b']);
    const found = await read(store, checkpoint);
    expect(found.map(({ name, bytes }) => [name, bytes.length, bytes.every((byte) => byte === 7)])).toEqual([
      ['a', 8_999_999, true],
      ['b', 8_999_999, true],
    ]);
  });

  it('knows none in a fresh folder', async () => {
    expect(await new CheckpointStore(scratch()).latest()).toEqual({ checkpoint: undefined, warnings: [] });
  });

  it('keeps the newest', async () => {
    const store = await write(0, 100, 200, 300);
    expect(await store.steps()).toEqual([200, 300]);
    const more = await CheckpointStore.open(scratch(), 3);
    await more.write({ step: 400, header: {}, parts: [] });
    expect(await store.steps()).toEqual([200, 300, 400]);
  });

  it('drops those of later steps when the run went back', async () => {
    const store = await write(100, 200);
    await store.write({ step: 150, header: {}, parts: [] });
    expect(await store.steps()).toEqual([100, 150]);
    await store.discardAfter(100);
    expect(await readdir(folder)).toEqual(['step-000000000100']);
  });

  it('replaces one of the same step', async () => {
    const store = await write(100);
    await store.write({ step: 100, header: { again: true }, parts: [] });
    const { checkpoint } = await store.latest();
    expect(await readHeader(checkpoint!)).toEqual({ again: true });
    expect(await readdir(folder)).toEqual(['step-000000000100']);
  });

  it('puts back one that was about to be replaced when the process was killed', async () => {
    await write(100);
    await rename(pathOf(100), join(folder, '.old-step-000000000100'));
    const store = await CheckpointStore.open(scratch());
    expect((await store.latest()).checkpoint?.step).toBe(100);
    await mkdir(join(folder, '.old-step-000000000100'));
    await CheckpointStore.open(scratch());
    expect(await readdir(folder)).toEqual(['step-000000000100']);
  });

  it('removes what a kill has left, but not when only looking', async () => {
    await write(100);
    const left = join(folder, '.tmp-step-000000000200-1-1');
    await mkdir(left);
    await writeFile(join(left, 'shard-0-0'), 'half');
    expect((await new CheckpointStore(scratch()).latest()).checkpoint?.step).toBe(100);
    expect(await readdir(folder)).toHaveLength(2);
    await CheckpointStore.open(scratch());
    expect(await readdir(folder)).toEqual(['step-000000000100']);
  });

  const damages: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
    ['a changed byte', (path) => flip(join(path, 'shard-0-0'), 500)],
    ['a cut part', (path) => truncate(join(path, 'shard-0-0'), 999)],
    ['a missing part', (path) => rm(join(path, 'shard-0-1'))],
    ['a changed header', (path) => writeFile(join(path, 'header.json'), '{"at":101}')],
    ['no manifest', (path) => rm(join(path, 'manifest.json'))],
    ['an empty manifest', (path) => truncate(join(path, 'manifest.json'), 0)],
    ['half a manifest', (path) => truncate(join(path, 'manifest.json'), 100)],
    ['a manifest of something else', (path) => writeFile(join(path, 'manifest.json'), '{"parts":[]}')],
    ['a changed length in the manifest', (path) => edit(path, '"bytes": 1000', '"bytes": 1001')],
    ['a part outside the folder', (path) => edit(path, '"shard-0-1"', '"../../x"')],
    ['a changed step', (path) => edit(path, '"step": 200', '"step": 201')],
    ['another place', (path) => edit(path, '"kind": "folder"', '"kind": "cellar"')],
    [
      'a changed place',
      (path) => edit(path, '"kind": "folder"', '"kind": "object-store", "bucket": "b", "location": "l"'),
    ],
    ['the manifest of another step', (path) => copyManifest(pathOf(100), path)],
  ];

  it.each(damages)('falls back to the one before at %s', async (_, damage) => {
    const store = await write(100, 200);
    await damage(pathOf(200));
    const { checkpoint, warnings } = await store.latest();
    expect(checkpoint?.step).toBe(100);
    expect(warnings).toEqual([expect.stringMatching(/step-000000000200 is damaged: .*\n {4}fix: /u)]);
    expect(await read(store, checkpoint!)).toEqual(parts(100));
  });

  it('does not start anew when all are damaged', async () => {
    const store = await write(100, 200);
    for (const step of [100, 200]) await flip(join(pathOf(step), 'shard-0-0'), 0);
    const error = await trouble(store.latest());
    expect(error).toMatchObject({ code: 'corrupt-checkpoint', path: pathOf(200), name: 'CheckpointError' });
  });

  it('verifies again when it reads', async () => {
    const store = await write(100);
    const { checkpoint } = await store.latest();
    await flip(join(pathOf(100), 'shard-0-0'), 1);
    expect((await trouble(read(store, checkpoint!))).code).toBe('corrupt-checkpoint');
  });

  it('refuses one of a newer version instead of going back behind it', async () => {
    const store = await write(100, 200);
    await edit(pathOf(200), '"formatVersion": 2', '"formatVersion": 3');
    expect(await trouble(store.latest())).toMatchObject({ code: 'newer-format', exitCode: 2 });
  });

  it('refuses one of an older version, and says what to do', async () => {
    const store = await write(100, 200);
    await edit(pathOf(200), '"formatVersion": 2', '"formatVersion": 1');
    const error = await trouble(store.latest());
    expect(error).toMatchObject({ code: 'older-format', exitCode: 2 });
    expect(error.message).toMatch(/of format 1; .* format 2 only\n {4}fix: resume with the version/u);
  });

  it('keeps the older ones when the parts cannot be made', async () => {
    const store = await write(100);
    const failing = function* (): Generator<CheckpointPart> {
      yield parts(200)[0];
      throw new Error('worker lost');
    };
    await expect(store.write({ step: 200, header: {}, parts: failing() })).rejects.toThrow('worker lost');
    expect(await readdir(folder)).toEqual(['step-000000000100']);
  });

  it.each(['../x', '', 'manifest.json', 'header.json', '.hidden', 'a/b', 'a b'])(
    'refuses the part name "%s"',
    async (name) => {
      const store = await write();
      const error = await trouble(
        store.write({ step: 1, header: {}, parts: [{ name, bytes: new Uint8Array(1) }] }),
      );
      expect(error.code).toBe('invalid-checkpoint');
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('refuses two parts of one name, steps that are none, and to keep none', async () => {
    const store = await write();
    const twice = [...parts(1), ...parts(1)];
    expect((await trouble(store.write({ step: 1, header: {}, parts: twice }))).message).toMatch(
      /comes twice/u,
    );
    for (const step of [-1, 0.5, Number.NaN]) {
      expect((await trouble(store.write({ step, header: {}, parts: [] }))).code).toBe('invalid-checkpoint');
    }
    expect(() => new CheckpointStore(scratch(), 0)).toThrow(RangeError);
  });
});

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] ^= 1;
  await writeFile(path, bytes);
}

async function edit(checkpoint: string, from: string, to: string): Promise<void> {
  const path = join(checkpoint, 'manifest.json');
  const text = await readFile(path, 'utf8');
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

async function copyManifest(from: string, to: string): Promise<void> {
  await writeFile(join(to, 'manifest.json'), await readFile(join(from, 'manifest.json')));
}
