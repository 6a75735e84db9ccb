// Which files the code of an objective is, and whether another machine has the same.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { codeDiffers, codeFiles } from '../../src/objective/mod.js';

const folder = mkdtempSync(join(tmpdir(), 'code-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  mkdirSync(at('lib'), { recursive: true });
  writeFileSync(
    at('main.ts'),
    "import { a } from './lib/a.js';\nimport lodash from 'lodash';\nexport * from './lib/b';\nawait import('./data.json');\n",
  );
  writeFileSync(at('lib/a.ts'), "import '../main.js';\nimport './not-there.js';\nexport const a = 1;\n");
  writeFileSync(at('lib/b.js'), 'export const b = 2;\n');
  writeFileSync(at('data.json'), '{}');
  writeFileSync(at('other.ts'), '');
});

const names = (files: readonly { readonly path: string }[]): string[] =>
  files.map(({ path }) => path.slice(folder.length + 1));

describe('the files of an objective', () => {
  it('are a module and what it imports by relative paths, once each', async () => {
    const files = await codeFiles({ kind: 'module', path: at('main.ts'), options: {} });
    expect(names(files)).toEqual(['data.json', 'lib/a.ts', 'lib/b.js', 'main.ts']);
    expect(await codeDiffers(files)).toBeUndefined();
  });

  it('are the words of a command that are files', async () => {
    const command = ['python3', 'lib/b.js', '--fast', at('data.json'), 'lib'];
    const files = await codeFiles({ kind: 'command', command, folder, timeout: 1, options: {} });
    expect(names(files)).toEqual(['lib/b.js', 'data.json']);
  });

  it('a module that is not there is refused', async () => {
    await expect(codeFiles({ kind: 'module', path: at('none.ts'), options: {} })).rejects.toThrow(
      /there is no module/u,
    );
  });

  it('that differ, or are missing, are named', async () => {
    const files = await codeFiles({ kind: 'module', path: at('main.ts'), options: {} });
    writeFileSync(at('lib/b.js'), 'export const b = 3;\n');
    expect(await codeDiffers(files)).toMatch(/lib\/b\.js is another one/u);
    rmSync(at('lib/b.js'));
    expect(await codeDiffers(files)).toMatch(/it has no file .*lib\/b\.js/u);
  });
});
