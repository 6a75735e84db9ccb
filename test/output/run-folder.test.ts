import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseManifest, RunFolder, slug, type ManifestStart } from '../../src/output/mod.js';
import { RunLock } from '../../src/output/lock.js';
import { trouble, useScratch } from './scratch.js';

const scratch = useScratch();
const start: ManifestStart = {
  wasserwerkVersion: '0.1.0',
  name: 'Ring of wells',
  config: { seed: 1, time: { step: 0.01 } },
  configText: 'seed: 1\n',
  seed: 1,
  nodeNames: ['a', 'b'],
  coordinateNames: ['x'],
  steps: 1000,
};
let out = '';
beforeEach(() => (out = join(scratch(), 'out')));

/** A lock as a process has left it. */
async function leaveLock(holder: Record<string, unknown> | string, secondsAgo = 0): Promise<void> {
  const path = join(out, 'run.lock');
  const whole = {
    token: 't',
    pid: process.pid,
    host: hostname(),
    began: null,
    since: '2026-01-01T00:00:00Z',
  };
  await writeFile(path, typeof holder === 'string' ? holder : JSON.stringify({ ...whole, ...holder }));
  const time = Date.now() / 1000 - secondsAgo;
  await utimes(path, time, time);
}

/** The number of a process that is gone. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid!;
}

describe('RunFolder.create', () => {
  it('names folders after run and time, and never twice', async () => {
    const place = { parent: join(scratch(), 'deep', 'runs'), now: new Date(2026, 0, 31, 14, 23, 59) };
    const folders = [];
    for (let i = 0; i < 3; i++) folders.push(await RunFolder.create(start, place));
    expect(folders.map(({ path }) => path)).toEqual(
      ['', '-2', '-3'].map((end) => join(place.parent, `ring-of-wells-20260131-142359${end}`)),
    );
    for (const folder of folders) await folder.close();
  });

  it('writes a manifest that tells what runs where', async () => {
    const folder = await RunFolder.create(start, { out });
    const manifest = parseManifest(await readFile(join(out, 'manifest.json'), 'utf8'), out);
    expect(manifest).toEqual(folder.manifest);
    expect(manifest).toMatchObject({ ...start, status: 'running', stepsDone: 0, stateHash: null });
    expect(manifest.machine).toMatchObject({ nodeVersion: process.version });
    expect(manifest.machine.cores).toBeGreaterThan(0);
    await folder.close();
    expect(await readdir(out)).toEqual(['manifest.json']);
  });

  it('takes an empty folder, but none with something in it', async () => {
    await mkdir(out);
    const folder = await RunFolder.create(start, { out });
    expect((await trouble(RunFolder.create(start, { out }))).message).toMatch(
      /it holds a run.*\n.*wasserwerk resume/u,
    );
    await folder.close();
    expect(await trouble(RunFolder.create(start, { out }))).toMatchObject({
      code: 'folder-exists',
      exitCode: 2,
    });
    await writeFile(join(scratch(), 'thesis.tex'), 'x');
    const error = await trouble(RunFolder.create(start, { out: scratch() }));
    expect(error.message).toMatch(/not empty: it holds out, thesis\.tex/u);
    const file = join(scratch(), 'thesis.tex');
    for (const path of [file, join(file, 'deeper')]) {
      expect((await trouble(RunFolder.create(start, { out: path }))).code).toBe('not-a-folder');
    }
    expect(await readdir(scratch())).toEqual(['out', 'thesis.tex']);
  });

  it.each([
    ['Ring of wells', 'ring-of-wells'],
    ['../../etc/passwd', 'etc-passwd'],
    ['  ', 'run'],
    ['Düne №5 / 水車', 'düne-no5-水車'],
    ['x'.repeat(300), 'x'.repeat(40)],
  ])('makes of the name "%s" the part "%s"', (name, part) => {
    expect(slug(name)).toBe(part);
  });
});

describe('a run', () => {
  it('goes from running through interrupted to finished', async () => {
    let folder = await RunFolder.create(start, { out });
    await folder.update({ stepsDone: 400, warnings: ['slow disk'] });
    await folder.end({ status: 'interrupted', reason: 'SIGINT' }, { stepsDone: 500 });
    await folder.close();
    expect((await RunFolder.inspect(out)).manifest).toMatchObject({
      status: 'interrupted',
      reason: 'SIGINT',
      stepsDone: 500,
    });

    folder = await RunFolder.open(out);
    await folder.resume();
    expect(folder.manifest).toMatchObject({ status: 'running', stepsDone: 500, warnings: ['slow disk'] });
    expect(folder.manifest).not.toHaveProperty('reason');
    const timings = { wallSeconds: 2, particleSteps: 1e9, particleStepsPerSecond: 5e8 };
    const when = new Date('2026-02-01T00:00:00Z');
    await folder.end({ status: 'finished' }, { stepsDone: 1000, stateHash: 'abc', timings }, when);
    await folder.close();
    const { manifest, isLive } = await RunFolder.inspect(out);
    expect(isLive).toBe(false);
    expect(manifest).toMatchObject({
      status: 'finished',
      finishedAt: '2026-02-01T00:00:00.000Z',
      stateHash: 'abc',
      timings,
    });
  });

  it('tells how it failed', async () => {
    const folder = await RunFolder.create(start, { out });
    await folder.end({ status: 'failed', error: { code: 'not-finite', message: 'x is NaN at step 12' } });
    await folder.close();
    expect((await RunFolder.inspect(out)).manifest).toMatchObject({
      status: 'failed',
      error: { code: 'not-finite' },
    });
  });

  it('cleans up temporary files when it is opened', async () => {
    await (await RunFolder.create(start, { out })).close();
    await writeFile(join(out, '.tmp-manifest.json-12-3'), 'half');
    await (await RunFolder.open(out)).close();
    expect(await readdir(out)).toEqual(['manifest.json']);
  });
});

describe('the lock', () => {
  it('keeps others out until it is given up', async () => {
    const folder = await RunFolder.create(start, { out });
    expect((await RunFolder.inspect(out)).isLive).toBe(true);
    const error = await trouble(RunFolder.open(out));
    expect(error).toMatchObject({ code: 'locked', exitCode: 2 });
    expect(error.message).toContain(`process ${process.pid} on ${hostname()}`);
    await folder.close();
    await folder.close();
    await (await RunFolder.open(out)).close();
  });

  it('lets one of many win', async () => {
    await (await RunFolder.create(start, { out })).close();
    for (const isStale of [false, true]) {
      if (isStale) await leaveLock({ pid: await deadPid() });
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => RunFolder.open(out)));
      const won = results.filter((result) => result.status === 'fulfilled');
      expect(won).toHaveLength(1);
      await won[0].value.close();
      expect(await readdir(out)).toEqual(['manifest.json']);
    }
  });

  it.each<readonly [string, () => Promise<void>]>([
    ['a dead process', async () => leaveLock({ pid: await deadPid() })],
    ['an earlier process with our number', () => leaveLock({})],
    ['another machine, not touched for two minutes', () => leaveLock({ host: 'elsewhere' }, 120)],
    ['a crash before anything was written in it', () => leaveLock('', 60)],
  ])('is taken over from %s', async (_, leave) => {
    await (await RunFolder.create(start, { out })).close();
    await leave();
    expect((await RunFolder.inspect(out)).isLive).toBe(false);
    const folder = await RunFolder.open(out);
    await folder.update({ stepsDone: 1 });
    await folder.close();
  });

  it.each<readonly [string, () => Promise<void>]>([
    ['a living process', () => leaveLock({ pid: process.ppid })],
    ['another machine, touched a moment ago', () => leaveLock({ host: 'elsewhere' }, 5)],
    ['a process that is about to write its name', () => leaveLock('', 1)],
  ])('is left to %s', async (_, leave) => {
    await (await RunFolder.create(start, { out })).close();
    await leave();
    expect((await RunFolder.inspect(out)).isLive).toBe(true);
    expect((await trouble(RunFolder.open(out))).code).toBe('locked');
  });

  it('is taken over at once from whoever had the same guard, which is ours now, and from nobody else', async () => {
    await (await RunFolder.create(start, { out, guard: 'run-1' })).close();
    await leaveLock({ host: 'elsewhere', guard: 'run-1' }, 1);
    expect((await trouble(RunFolder.open(out))).code).toBe('locked');
    expect((await trouble(RunFolder.open(out, 'run-2'))).code).toBe('locked');
    await leaveLock({ pid: process.ppid }, 1);
    expect((await trouble(RunFolder.open(out, 'run-1'))).code).toBe('locked');
    await leaveLock({ pid: process.ppid, guard: 'run-1' }, 1);
    const folder = await RunFolder.open(out, 'run-1');
    // This process still holds it: there is no second one here.
    expect((await trouble(RunFolder.open(out, 'run-1'))).code).toBe('locked');
    await folder.close();
  });

  it.runIf(process.platform === 'linux')('tells a process from a later one with its number', async () => {
    await (await RunFolder.create(start, { out })).close();
    await leaveLock({ pid: process.ppid, began: '1' });
    await (await RunFolder.open(out)).close();
  });

  it('stops a process that has lost it from writing', async () => {
    const folder = await RunFolder.create(start, { out });
    await leaveLock({ token: 'another' });
    const before = await readFile(join(out, 'manifest.json'), 'utf8');
    expect((await trouble(folder.update({ stepsDone: 9 }))).code).toBe('lock-lost');
    expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe(before);
    await folder.close();
    expect(await readdir(out)).toContain('run.lock');
  });

  it('gets past a take-over that was killed', async () => {
    await mkdir(out);
    await leaveLock({ pid: await deadPid() });
    const gate = join(out, 'run.lock.takeover');
    await writeFile(gate, '');
    expect((await trouble(RunLock.acquire(out))).code).toBe('locked');
    await utimes(gate, 0, 0);
    await (await RunLock.acquire(out)).release();
    expect(await readdir(out)).toEqual([]);
  });
});

describe('a hostile manifest', () => {
  const hostile: readonly (readonly [string, string, string])[] = [
    ['', 'corrupt-manifest', 'it is empty'],
    ['{"format":"wasserwerk-run",', 'corrupt-manifest', 'does not hold a JSON object'],
    ['[1]', 'corrupt-manifest', 'does not hold a JSON object'],
    ['{"name":"my-package","version":"1.0.0"}', 'not-a-run', 'its format is not given'],
    ['{"format":"wasserwerk-checkpoint"}', 'not-a-run', 'its format is "wasserwerk-checkpoint"'],
    ['{"format":"wasserwerk-run","formatVersion":7}', 'newer-format', 'format 7'],
    ['{"format":"wasserwerk-run","formatVersion":1}', 'corrupt-manifest', 'status'],
  ];

  it.each(hostile)('%s is refused', async (text, code, words) => {
    await mkdir(out);
    await writeFile(join(out, 'manifest.json'), text);
    // One after the other: a rejection that nobody waits for yet would count as unhandled.
    for (const look of [() => RunFolder.open(out), () => RunFolder.inspect(out)]) {
      const error = await trouble(look());
      expect(error.code).toBe(code);
      expect(error.message).toContain(words);
    }
    expect(await readdir(out)).toEqual(['manifest.json']);
  });

  it('names the field that is wrong', async () => {
    const folder = await RunFolder.create(start, { out });
    await folder.close();
    const good = folder.manifest;
    const wrong = {
      stepsDone: -1,
      nodeNames: ['a', 3],
      machine: null,
      config: [],
      startedAt: 'yesterday',
      stateHash: 7,
    };
    for (const [field, value] of Object.entries(wrong)) {
      expect(() => parseManifest(JSON.stringify({ ...good, [field]: value }), 'm.json')).toThrow(field);
    }
    expect(() => parseManifest(JSON.stringify({ ...good, status: 'finished' }), 'm.json')).toThrow(
      'finishedAt',
    );
    expect(() => parseManifest(JSON.stringify({ ...good, status: 'asleep' }), 'm.json')).toThrow('status');
  });

  it('is told from no manifest and no folder', async () => {
    expect((await trouble(RunFolder.open(out))).code).toBe('not-found');
    await mkdir(out);
    expect((await trouble(RunFolder.open(out))).message).toMatch(
      /not the folder of a run: it has no manifest\.json/u,
    );
    await rm(out, { recursive: true });
    await writeFile(out, '');
    expect((await trouble(RunFolder.inspect(out))).code).toBe('not-a-folder');
  });
});
