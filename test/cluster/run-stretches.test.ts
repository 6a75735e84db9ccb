// A run whose particles get lost in the middle: it goes back to its last checkpoint, and its files come out as if nothing
// had happened. Machines that are really lost are test/integration/cluster.

import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { resumeRun, RunStopped, startRun, type RunOptions, type RunResult } from '../../src/cluster/mod.js';
import { parseConfig } from '../../src/config/mod.js';
import { folderStorage, RunFolder, type PartStorage } from '../../src/output/mod.js';
import { useScratch } from '../output/scratch.js';
import { Fragile, type Fault, type Plan } from './fragile.js';
import { ringOfWells } from './simulations.js';

// Pauses between stretches in vain would add up to a minute.
vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));

const scratch = useScratch();

const config = (changes: object = {}) =>
  parseConfig(
    JSON.stringify({
      ...ringOfWells,
      particles: 600,
      time: { step: 0.02, steps: 42 },
      observe: { every: 4, entropy: { method: 'knn', samples: 50 } },
      snapshots: { every: 8, particles: 100 },
      checkpoint: { every: 10, keep: 1 },
      ...changes,
    }),
  );

/** All files of a folder but those that tell of times and of what happened. */
function contents(folder: string, below = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(folder, below)).sort()) {
    const path = join(below, name);
    if (['manifest.json', 'checkpoints', 'run.lock'].includes(path)) continue;
    if (statSync(join(folder, path)).isDirectory()) Object.assign(found, contents(folder, path));
    else found[path] = readFileSync(join(folder, path), 'latin1');
  }
  return found;
}

let undisturbed: { result: RunResult; files: Record<string, string> };
beforeAll(async () => {
  const out = await mkdtemp(join(tmpdir(), 'wasserwerk-undisturbed-'));
  const result = await startRun(config(), { workers: 0, out });
  undisturbed = { result, files: contents(out) };
  await rm(out, { recursive: true });
  expect(Object.keys(undisturbed.files)).toEqual(
    expect.arrayContaining(['observables.csv', 'jumps.csv', 'energy.jsonl', 'snapshots.zarr/zarr.json']),
  );
});

async function run(plan: Plan, options: RunOptions = {}, changes: object = {}) {
  const out = join(scratch(), 'run');
  let fragile: Fragile | undefined;
  const reforms: { step: number; reason: string }[] = [];
  const begun = vi.fn();
  const result = await startRun(config(changes), {
    workers: 0,
    out,
    evolve: Fragile.of(plan, (made) => (fragile = made)),
    reformed: (reform) => reforms.push(reform),
    begun,
    ...options,
  });
  const { manifest } = await RunFolder.inspect(out);
  return { out, result, reforms, begun, manifest, log: fragile?.log ?? [], files: contents(out) };
}

describe('a run whose state is lost', () => {
  const cases: [string, Fault[], number[]][] = [
    ['before the first checkpoint', [{ call: 'advance', from: 4 }], [0]],
    ['after a checkpoint', [{ call: 'advance', from: 16 }], [10]],
    ['in the first step', [{ call: 'advance' }], [0]],
    ['while it samples', [{ call: 'start' }], []],
    ['while it writes its first checkpoint', [{ call: 'save' }], [0]],
    ['while it writes a later one, of which one is kept', [{ call: 'save', from: 20 }], [10]],
    ['while it observes', [{ call: 'observe', from: 24 }], [20]],
    ['while it takes samples', [{ call: 'rows', from: 8 }], [0]],
    [
      'while it takes a snapshot',
      [
        { call: 'rows', from: 32 },
        { call: 'rows', from: 32 },
      ],
      [30, 30],
    ],
    ['while it hashes', [{ call: 'stateHash' }], [40]],
    ['twice in a row', [{ call: 'advance', from: 16, times: 2 }], [10, 10]],
    [
      'again while it goes back',
      [
        { call: 'advance', from: 16 },
        { call: 'restore', times: 2 },
      ],
      [10],
    ],
    [
      'again while it forms anew',
      [
        { call: 'advance', from: 16 },
        { call: 'reform', times: 2 },
      ],
      [10],
    ],
    ['again before it knows where checkpoints are', [{ call: 'storages', times: 3 }], []],
    [
      'again and again',
      [4, 12, 21, 22, 30, 40].map((from) => ({ call: 'advance', from }) as const),
      [0, 10, 20, 20, 30, 40],
    ],
  ];
  it.each(cases)('%s', async (_, faults, steps) => {
    const { result, files, reforms, manifest, begun, out } = await run({ faults });
    expect(files).toEqual(undisturbed.files);
    expect(result).toMatchObject({ status: 'finished', stateHash: undisturbed.result.stateHash });
    expect(result.observation).toEqual(undisturbed.result.observation);
    expect(result.energy).toEqual(undisturbed.result.energy);
    expect(reforms.map(({ step }) => step)).toEqual(steps);
    expect(manifest).toMatchObject({ status: 'finished', reforms, stateHash: result.stateHash });
    for (const { reason } of reforms) expect(reason).toMatch(/^lost in \w+ at step \d+$/u);
    expect(begun).toHaveBeenCalledOnce();
    // Nothing half is left.
    expect(await readdir(join(out, 'checkpoints'))).toEqual(['step-000000000040']);
  });

  it('does not go back for any other trouble', async () => {
    const error = new Error('a defect');
    await expect(run({ faults: [{ call: 'advance', from: 16, error }] })).rejects.toBe(error);
    const { manifest } = await RunFolder.inspect(join(scratch(), 'run'));
    expect(manifest).toMatchObject({ status: 'failed', error: { message: 'a defect' }, reforms: [] });
  });

  it('gives up where it does not come any further', async () => {
    const work = run({ faults: [{ call: 'advance', from: 16, times: Infinity }] });
    await expect(work).rejects.toThrow(
      /lost 21 times without a new step in between: lost in advance at step 16/u,
    );
    const { manifest } = await RunFolder.inspect(join(scratch(), 'run'));
    expect(manifest).toMatchObject({ status: 'failed', error: { code: 'state-lost' } });
    // It can be resumed all the same.
    const out = join(scratch(), 'run');
    const result = await resumeRun(out, { workers: 0 });
    expect(result.stateHash).toBe(undisturbed.result.stateHash);
    expect(contents(out)).toEqual(undisturbed.files);
  });
});

describe('a run whose work is shared out anew', () => {
  it('takes a checkpoint and goes on from it', async () => {
    const { result, files, reforms, log } = await run({ reformsAt: [0, 17, 20] });
    expect(files).toEqual(undisturbed.files);
    expect(result.stateHash).toBe(undisturbed.result.stateHash);
    expect(reforms.map(({ step, reason }) => [step, reason])).toEqual([
      [0, 'a machine came at step 0'],
      [20, 'a machine came at step 20'],
      [20, 'a machine came at step 20'],
    ]);
    expect(log.filter((line) => line.startsWith('reform'))).toHaveLength(3);
    // At step 20 a checkpoint was due; it is not taken again.
    expect(log.filter((line) => line === 'save 20')).toHaveLength(1);
  });

  it('goes back further where it is lost meanwhile', async () => {
    const plan = { reformsAt: [17], faults: [{ call: 'save', from: 17 }] as const };
    const { result, files } = await run(plan);
    expect(files).toEqual(undisturbed.files);
    expect(result.stateHash).toBe(undisturbed.result.stateHash);
  });
});

describe('a run that is told to stop', () => {
  const expectGoesOn = async (out: string): Promise<void> => {
    const result = await resumeRun(out, { workers: 0 });
    expect(result).toMatchObject({ status: 'finished', stateHash: undisturbed.result.stateHash });
    expect(contents(out)).toEqual(undisturbed.files);
  };

  it('while it waits for others ends with what is on the disk', async () => {
    const stop = new AbortController();
    const reforming = async (): Promise<void> => {
      stop.abort('SIGTERM');
      await new Promise(() => undefined);
    };
    const plan = { faults: [{ call: 'advance', from: 16 }] as const, reforming };
    const { result, manifest, out } = await run(plan, { signal: stop.signal });
    expect(result).toMatchObject({ status: 'interrupted', step: 10, stateHash: undefined });
    expect(manifest).toMatchObject({
      status: 'interrupted',
      reason: 'SIGTERM',
      stepsDone: 10,
      stateHash: null,
    });
    await expectGoesOn(out);
  });

  it('and is lost while it writes its last checkpoint has the one before', async () => {
    const stop = new AbortController();
    const looked: RunOptions['looked'] = ({ step }) => {
      if (step >= 16) stop.abort('SIGINT');
    };
    const plan = { faults: [{ call: 'save', from: 16 }] as const };
    const { result, out, log } = await run(plan, { signal: stop.signal, looked });
    expect(result).toMatchObject({ status: 'interrupted', step: 10, stateHash: undefined });
    expect(log.some((line) => line.startsWith('reform'))).toBe(false);
    await expectGoesOn(out);
  });

  it('by its own particles can be resumed', async () => {
    const error = new RunStopped('no machine for 60 s');
    const faults = [
      { call: 'advance', from: 16 },
      { call: 'reform', error },
    ] as const;
    const warned = vi.fn();
    const { manifest, out } = await run({ faults }, { warned });
    expect(manifest).toMatchObject({ status: 'interrupted', reason: 'no machine for 60 s', stepsDone: 10 });
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('no machine for 60 s'));
    await expectGoesOn(out);
  });

  it('before it has begun to go on leaves the folder as it was', async () => {
    const { out } = await run({ faults: [{ call: 'start', error: new RunStopped('nobody there') }] });
    const before = (await RunFolder.inspect(out)).manifest;
    expect(before).toMatchObject({
      status: 'interrupted',
      reason: 'nobody there',
      stepsDone: 0,
      reforms: [],
    });
    const faults = [{ call: 'start', error: new RunStopped('nobody there') }] as const;
    const result = await resumeRun(out, { workers: 0, evolve: Fragile.of({ faults }) });
    expect(result).toMatchObject({ status: 'interrupted', step: 0, stateHash: undefined });
    expect((await RunFolder.inspect(out)).manifest).toEqual(before);
    await expectGoesOn(out);
  });
});

describe('a run whose checkpoints lie elsewhere', () => {
  const place = { kind: 'object-store', bucket: 'shelf' } as const;

  it('goes back to them, and can be resumed by who can get there', async () => {
    const shelf = join(scratch(), 'shelf');
    const storage: PartStorage = folderStorage(shelf);
    const storages = {
      place,
      storageOf: ({ bucket }: { bucket: string }): PartStorage => {
        expect(bucket).toBe('shelf');
        return {
          ...storage,
          write: (location, name, bytes) => {
            mkdirSync(join(shelf, location), { recursive: true });
            return storage.write(location, name, bytes);
          },
        };
      },
    };
    const stop = new AbortController();
    const looked: RunOptions['looked'] = ({ step }) => {
      if (step >= 33) stop.abort('SIGTERM');
    };
    const faults = [{ call: 'advance', from: 16 }, { call: 'save', from: 20 }, { call: 'restore' }] as const;
    const { out, result } = await run({ faults, storages }, { signal: stop.signal, looked });
    expect(result.status).toBe('interrupted');
    // One checkpoint is kept, here and there.
    const [folder, ...others] = await readdir(join(out, 'checkpoints'));
    expect(others).toEqual([]);
    expect((await readdir(join(out, 'checkpoints', folder))).sort()).toEqual([
      'header.json',
      'manifest.json',
      'storage.json',
    ]);
    expect(await readdir(shelf)).toHaveLength(1);
    await expect(resumeRun(out, { workers: 0 })).rejects.toThrow(
      /object store "shelf" of a NATS server\n {4}fix: .*resume --nats URL/u,
    );
    const second = await resumeRun(out, { workers: 0, evolve: Fragile.of({ storages }) });
    expect(second.stateHash).toBe(undisturbed.result.stateHash);
    expect(contents(out)).toEqual(undisturbed.files);
  });
});
