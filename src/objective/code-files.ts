// The files of an objective in code, with what tells one content from another: machines of a run have the code as files of their own, and all
// must be the same. A module and what it imports by relative paths; of a command, its words that are files in its folder. Data that code reads
// and packages that it imports are not looked at.

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ObjectiveError } from './errors.js';
import type { ObjectiveSpec } from './spec.js';

export interface CodeFile {
  /** Absolute. */
  readonly path: string;
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string;
}

/** `from './a.js'`, `import './a.js'`, `import('./a.js')`; also in comments, which does no harm where there is no such file. */
const IMPORT = /\b(?:from|import)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/gu;

/** Endings of TypeScript by those of the JavaScript that it is imported as. */
const SOURCES: Readonly<Record<string, string>> = { '.js': '.ts', '.mjs': '.mts', '.cjs': '.cts' };
const ENDINGS = ['.ts', '.mts', '.js', '.mjs', '.json', '/index.ts', '/index.js'];

/**
 * The files of an objective.
 * @throws ObjectiveError if the module is not there
 */
export async function codeFiles(spec: ObjectiveSpec): Promise<CodeFile[]> {
  if (spec.kind === 'command') {
    const files: CodeFile[] = [];
    for (const word of spec.command) {
      const path = resolve(spec.folder, word);
      if (await isFile(path)) files.push({ path, sha256: hashOf(await readFile(path)) });
    }
    return files;
  }
  if (!(await isFile(spec.path))) {
    throw new ObjectiveError(
      `there is no module ${spec.path}`,
      'objective.module is a path that starts from the folder of the config',
    );
  }
  const found = new Map<string, CodeFile>();
  const open = [spec.path];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    const bytes = await readFile(path);
    found.set(path, { path, sha256: hashOf(bytes) });
    for (const [, , specifier] of bytes.toString('utf8').matchAll(IMPORT)) {
      const target = await importedFile(resolve(dirname(path), specifier));
      if (target !== undefined) open.push(target);
    }
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What keeps this machine from running the same code, in words; undefined if nothing does. */
export async function codeDiffers(files: readonly CodeFile[]): Promise<string | undefined> {
  for (const { path, sha256 } of files) {
    if (!(await isFile(path))) return `it has no file ${path}`;
    if (hashOf(await readFile(path)) !== sha256)
      return `its file ${path} is another one than the coordinator's`;
  }
  return undefined;
}

async function importedFile(path: string): Promise<string | undefined> {
  const source = Object.entries(SOURCES).find(([ending]) => path.endsWith(ending));
  const candidates = [
    path,
    ...(source ? [path.slice(0, -source[0].length) + source[1]] : []),
    ...ENDINGS.map((ending) => path + ending),
  ];
  for (const candidate of candidates) if (await isFile(candidate)) return candidate;
  return undefined;
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return false;
  }
}
