import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hideSecrets, openLog } from '../../src/output/log.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasserwerk-log-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const fail = (error: Error): void => {
  throw error;
};
const lines = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a log', () => {
  it('is lines of JSON with level, ISO time and the fields of the run, there as soon as written', () => {
    const path = join(folder, 'a.jsonl');
    const log = openLog(path, 'info', { run: 'r1' }, fail);
    log.write('info', 'begun', { step: 3, epoch: 0 });
    log.write('debug', 'not at this level');
    const [line, ...others] = lines(path);
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      level: 'info',
      run: 'r1',
      step: 3,
      epoch: 0,
      msg: 'begun',
      pid: process.pid,
    });
    expect(line['time']).toBe(new Date(String(line['time'])).toISOString());
    log.close();
  });

  it('only grows', () => {
    const path = join(folder, 'b.jsonl');
    for (const text of ['one', 'two']) {
      const log = openLog(path, 'warn', {}, fail);
      log.write('error', text);
      log.close();
    }
    expect(lines(path).map(({ msg }) => msg)).toEqual(['one', 'two']);
  });

  it('ends a line that was cut before', () => {
    const path = join(folder, 'd.jsonl');
    writeFileSync(path, '{"msg":"whole"}\n{"msg":"cu');
    const log = openLog(path, 'info', {}, fail);
    log.write('info', 'next');
    log.close();
    const [whole, cut, next] = readFileSync(path, 'utf8').split('\n');
    expect([whole, cut]).toEqual(['{"msg":"whole"}', '{"msg":"cu']);
    expect(JSON.parse(next)).toMatchObject({ msg: 'next' });
  });

  it('keeps every text on its line', () => {
    const path = join(folder, 'c.jsonl');
    const log = openLog(path, 'info', {}, fail);
    log.write('info', 'a\nb "c" \u2028 \u001b[2J', { name: 'x\ny' });
    log.close();
    expect(lines(path)).toMatchObject([{ msg: 'a\nb "c" \u2028 \u001b[2J', name: 'x\ny' }]);
  });

  it('is no reason to fail: a full disk is told once', () => {
    const failed = vi.fn();
    const log = openLog('/dev/full', 'info', {}, failed);
    log.write('info', 'a');
    log.write('info', 'b');
    log.close();
    expect(failed).toHaveBeenCalledTimes(1);
    expect(failed.mock.calls[0][0]).toMatchObject({ code: 'ENOSPC' });
  });

  it('nor is a place that is none', () => {
    const failed = vi.fn();
    writeFileSync(join(folder, 'file'), '');
    const log = openLog(join(folder, 'file', 'log.jsonl'), 'info', {}, failed);
    log.write('info', 'a');
    log.close();
    expect(failed).toHaveBeenCalledTimes(1);
  });
});

describe('secrets', () => {
  const nkey = `SU${'A2'.repeat(28)}`;
  it.each([
    ['cannot reach nats://anna:hidden@host:4222', 'cannot reach nats://…@host:4222'],
    ['open http://127.0.0.1:80/#token=abc123', 'open http://127.0.0.1:80/#token=…'],
    ['password: "hidden" is wrong', 'password: … is wrong'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer …'],
    [`the key ${nkey} of the user`, 'the key … of the user'],
    ['nats://host:4222 does not answer', 'nats://host:4222 does not answer'],
  ])('are not written: %s', (text, hidden) => {
    expect(hideSecrets(text)).toBe(hidden);
    const path = join(folder, 'secrets.jsonl');
    const log = openLog(path, 'info', {}, fail);
    log.write('info', text, { also: text });
    log.close();
    expect(lines(path).at(-1)).toMatchObject({ msg: hidden, also: hidden });
  });
});
