import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asOutputError } from '../../src/output/errors.js';
import { AppendFile, makeFolders, trimLines, writeFileAtomic } from '../../src/output/mod.js';
import { trouble, useScratch } from './scratch.js';

const scratch = useScratch();

describe('writeFileAtomic', () => {
  it('writes, replaces, and leaves nothing else behind', async () => {
    const path = join(scratch(), 'a.json');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, new Uint8Array([116, 119, 111]));
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(scratch())).toEqual(['a.json']);
  });

  it('keeps the old file and cleans up when it cannot replace it', async () => {
    const path = join(scratch(), 'a');
    await mkdir(join(path, 'full'), { recursive: true });
    expect((await trouble(writeFileAtomic(path, 'x'))).path).toBe(path);
    expect(await readdir(scratch())).toEqual(['a']);
  });

  it('says what to do when the folder is missing', async () => {
    const error = await trouble(writeFileAtomic(join(scratch(), 'no', 'a'), 'x'));
    expect(error).toMatchObject({ code: 'not-found', name: 'FileError', exitCode: 1 });
    expect(error.message).toMatch(/cannot write .*no.a: there is no such file or folder\n {4}fix: /u);
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  it('never shows a half to a reader, however often it is written', async () => {
    const path = join(scratch(), 'a');
    await writeFileAtomic(path, 'x'.repeat(100_000));
    const writing = (async () => {
      for (let i = 0; i < 20; i++) await writeFileAtomic(path, String(i % 10).repeat(100_000));
      return 'done' as const;
    })();
    for (let done: string | undefined; done === undefined;) {
      const text = await readFile(path, 'utf8');
      expect(text).toBe(text[0].repeat(100_000));
      done = await Promise.race([writing, Promise.resolve(undefined)]);
    }
  });
});

describe('makeFolders', () => {
  it('creates what is missing and is content with what is there', async () => {
    const path = join(scratch(), 'a', 'b', 'c');
    await makeFolders(path);
    await makeFolders(path);
    expect((await stat(path)).isDirectory()).toBe(true);
  });
});

describe('errors of the system', () => {
  it.each([
    ['ENOSPC', 'disk-full', /disk is full[^]*free space[^]*wasserwerk resume/u],
    ['EDQUOT', 'disk-full', /quota/u],
    ['EACCES', 'no-permission', /owner and the mode/u],
    ['EROFS', 'read-only', /--out DIR/u],
    ['EMFILE', 'too-many-files', /ulimit/u],
    ['EIO', 'input-output', /disk is sound/u],
  ])('%s is %s', (code, expected, text) => {
    const error = asOutputError(Object.assign(new Error('x'), { code }), 'write', '/runs/a/b');
    expect(error.code).toBe(expected);
    expect(error.message).toMatch(text);
  });
});

describe('AppendFile', () => {
  it('appends pieces, counts bytes and goes on where it ended', async () => {
    const path = join(scratch(), 'log');
    let file = await AppendFile.open(path, 'always');
    await file.append('ä\n');
    await file.append(['b\n', '', 'c\n']);
    expect(file.length).toBe(7);
    await file.close();
    file = await AppendFile.open(path, 'manual');
    expect(file.length).toBe(7);
    await file.append('d\n');
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('ä\nb\nc\nd\n');
  });

  it('takes back what it wrote when a later piece fails', async () => {
    const path = join(scratch(), 'log');
    const file = await AppendFile.open(path);
    await file.append('first\n');
    const pieces = function* (): Generator<string> {
      yield 'half of ';
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    expect((await trouble(file.append(pieces()))).code).toBe('disk-full');
    expect(file.length).toBe(6);
    await file.append('second\n');
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('first\nsecond\n');
  });

  it.runIf(process.platform === 'linux')('says that the disk is full when it is', async () => {
    const path = join(scratch(), 'log');
    await symlink('/dev/full', path);
    const file = await AppendFile.open(path, 'manual');
    expect((await trouble(file.append('x'))).code).toBe('disk-full');
    expect(file.length).toBe(0);
  });
});

describe('trimLines', () => {
  it('cuts half lines and whole lines off the end', async () => {
    const path = join(scratch(), 'log');
    await writeFile(path, 'one\ntwo\nthr');
    await trimLines(path, 8);
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
    await trimLines(path, 4);
    await trimLines(path, 4);
    expect(await readFile(path, 'utf8')).toBe('one\n');
  });

  it('leaves nothing to who had the file open before', async () => {
    const path = join(scratch(), 'log');
    await writeFile(path, 'one\ntwo\n');
    const stale = await AppendFile.open(path);
    for (const length of [8, 4]) {
      await trimLines(path, length);
      await stale.append('three\n');
      expect(await readFile(path, 'utf8')).toBe('one\ntwo\n'.slice(0, length));
    }
    await stale.close();
    expect(await readdir(scratch())).toEqual(['log']);
  });

  it('refuses a file that is not the one the length was taken of', async () => {
    const path = join(scratch(), 'log');
    await trimLines(path, 0);
    expect((await trouble(trimLines(path, 3))).message).toMatch(/is missing/u);
    await writeFile(path, 'one\n');
    expect((await trouble(trimLines(path, 9))).message).toMatch(/holds 4 bytes.*stands for 9/u);
    expect((await trouble(trimLines(path, 2))).message).toMatch(/was changed/u);
    expect(await readFile(path, 'utf8')).toBe('one\n');
  });
});
