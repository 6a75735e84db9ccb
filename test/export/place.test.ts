// Where exports are put: nothing is written over, and nothing half is left.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { formatNames, formats, putInPlace, type FormatName } from '../../src/export/mod.js';
import { exportData, gridData, never, useScratch } from './data.js';

const scratch = useScratch();
const file = formats.npz.look;
const folder = formats.csv.look;
const zip = 'PK\x03\x04 and more';

describe('an export', () => {
  it('is put where there is nothing, and makes the folders above', async () => {
    await putInPlace(scratch('new/deep/a.npz'), file, false, (path) => writeFile(path, zip));
    expect(readFileSync(scratch('new/deep/a.npz'), 'latin1')).toBe(zip);
    expect(readdirSync(scratch('new/deep'))).toEqual(['a.npz']);
  });

  it('replaces an earlier one only if forced', async () => {
    writeFileSync(scratch('a.npz'), `${zip} old`);
    const put = (force: boolean): Promise<void> =>
      putInPlace(scratch('a.npz'), file, force, (path) => writeFile(path, zip));
    await expect(put(false)).rejects.toMatchObject({ code: 'export-exists', exitCode: 2 });
    expect(readFileSync(scratch('a.npz'), 'latin1')).toBe(`${zip} old`);
    await put(true);
    expect(readFileSync(scratch('a.npz'), 'latin1')).toBe(zip);
  });

  it('never replaces what is no export of this format', async () => {
    writeFileSync(scratch('manifest.json'), '{}');
    mkdirSync(scratch('home'));
    writeFileSync(scratch('home/particles.csv'), '');
    writeFileSync(scratch('home/diary.txt'), '');
    const refused = { code: 'not-an-export', exitCode: 2 };
    const write = (): Promise<void> => Promise.reject(new Error('called'));
    for (const out of ['manifest.json', 'home'])
      await expect(putInPlace(scratch(out), file, true, write)).rejects.toMatchObject(refused);
    for (const out of ['manifest.json', 'home'])
      await expect(putInPlace(scratch(out), folder, true, write)).rejects.toMatchObject(refused);
    expect(readdirSync(scratch()).sort()).toEqual(['home', 'manifest.json']);
  });

  it('goes into an empty folder, and replaces a folder of an earlier one as a whole', async () => {
    mkdirSync(scratch('tables'));
    const put = (name: string, force: boolean): Promise<void> =>
      putInPlace(scratch('tables'), folder, force, (path) => writeFile(`${path}/${name}`, ''));
    await put('jumps.csv', false);
    await expect(put('energy.csv', false)).rejects.toMatchObject({ code: 'export-exists' });
    await put('energy.csv', true);
    expect(readdirSync(scratch('tables'))).toEqual(['energy.csv']);
    expect(readdirSync(scratch())).toEqual(['tables']);
  });

  it('that fails leaves what was there, and nothing of itself', async () => {
    writeFileSync(scratch('a.npz'), zip);
    const fail = async (path: string): Promise<void> => {
      await writeFile(path, 'half');
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    await expect(putInPlace(scratch('a.npz'), file, true, fail)).rejects.toMatchObject({
      code: 'disk-full',
      exitCode: 1,
    });
    expect(readdirSync(scratch())).toEqual(['a.npz']);
    expect(readFileSync(scratch('a.npz'), 'latin1')).toBe(zip);
  });
});

describe.each(formatNames)('%s', (name: FormatName) => {
  it('looks as it says, for particles and for grids, so that --force knows it again', async () => {
    const { look, write } = formats[name];
    for (const data of [exportData(), gridData()]) {
      const put = (force: boolean): Promise<unknown> =>
        putInPlace(scratch('out'), look, force, (path) => write(data, path, never));
      await put(data.snapshots === undefined);
      await put(true);
    }
  });

  it('has the same bytes at every writing', async () => {
    const { look, write } = formats[name];
    const bytes = async (out: string): Promise<Buffer[]> => {
      await putInPlace(scratch(out), look, false, (path) => write(exportData(), path, never));
      const paths = look.kind === 'file' ? [out] : readdirSync(scratch(out)).map((file) => `${out}/${file}`);
      return paths.map((path) => readFileSync(scratch(path)));
    };
    const first = await bytes('one');
    // Times in HDF5 are whole seconds.
    await new Promise((resolve) => setTimeout(resolve, name === 'h5md' ? 1100 : 0));
    expect(await bytes('two')).toEqual(first);
  });

  it('stops when told, and leaves nothing', async () => {
    const stop = new AbortController();
    const { look, write } = formats[name];
    const data = exportData();
    const stopping = {
      ...data,
      snapshots: data.snapshots && {
        ...data.snapshots,
        read: (index: number) => {
          if (index === 1) stop.abort();
          return data.snapshots!.read(0);
        },
      },
    };
    const put = putInPlace(scratch('out'), look, false, (path) => write(stopping, path, stop.signal));
    // The last snapshot is the last thing: to have ended is as good.
    await put.catch((error: unknown) => {
      expect(String(error)).toContain('abort');
    });
    expect(readdirSync(scratch()).filter((entry) => entry.startsWith('.'))).toEqual([]);
  });
});
