// What lies in deploy/: the files, the documents of its YAML, and the command lines of wasserwerk in them. Not a test.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const deploy = join(root, 'deploy');

/** A parsed object of YAML, of which nothing is known yet. */
export type Tree = Record<string, unknown>;

/** Paths of all files in deploy/, below the repository; what setup scripts leave behind is passed over. */
export function deployFiles(): string[] {
  const files: string[] = [];
  const visit = (folder: string): void => {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      if (['secrets', 'data', 'runs', '.env'].includes(name)) continue;
      if (statSync(path).isDirectory()) visit(path);
      else files.push(relative(root, path));
    }
  };
  visit(deploy);
  return files;
}

export const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The documents of a YAML file. Anything that a strict parser dislikes is an error, as are keys that are there twice. */
export function documentsOf(file: string): Tree[] {
  return parseAllDocuments(textOf(file), { uniqueKeys: true, merge: true }).map((document) => {
    const [error] = [...document.errors, ...document.warnings];
    if (error) throw new Error(`${file}: ${error.message}`);
    return document.toJS() as Tree;
  });
}

/** Something within a tree: `at(job, 'spec', 'template', 'spec')`. */
export function at(tree: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Tree)[key] : undefined),
    tree,
  );
}

export const treesAt = (tree: unknown, ...path: (string | number)[]): Tree[] =>
  (at(tree, ...path) ?? []) as Tree[];

/** A flag that a file of deploy/ gives to a command of wasserwerk. */
export interface UsedFlag {
  readonly file: string;
  readonly command: string;
  readonly flag: string;
}

const flagPattern = /(?<=^|\s|=)--[a-z][a-z-]*/gu;
// What stands in for a command: run-or-resume.sh gives its options to both.
const commandsOf = (word: string): string[] =>
  word.endsWith('run-or-resume.sh')
    ? ['run', 'resume']
    : word.endsWith('worker-slot.sh')
      ? ['worker']
      : [word];

/** Flags in a text of shell, unit file or Dockerfile: from `wasserwerk COMMAND` to the end of its (continued) line. */
export function flagsInText(file: string, text: string): UsedFlag[] {
  const lines = text
    .replaceAll(/\\\n\s*#?\s*/gu, ' ')
    .split('\n')
    .filter((line) => !/^\s*(#|echo |printf |say )/u.test(line));
  const starts =
    /(?:\bwasserwerk +(?<command>[a-z]+)|(?<script>[^\s"]*(?:run-or-resume|worker-slot)\.sh))\b"?(?<rest>.*)/u;
  return lines.flatMap((line) => {
    const found = starts.exec(line)?.groups;
    if (!found) return [];
    return commandsOf(found['command'] ?? found['script']).flatMap((command) =>
      [...found['rest'].matchAll(flagPattern)].map(([flag]) => ({ file, command, flag })),
    );
  });
}

/** Flags of a container: its entry point and arguments, as lists of words. */
export function flagsOfWords(file: string, words: readonly string[]): UsedFlag[] {
  const start = words.findIndex((word) => /(?:run-or-resume|worker-slot)\.sh$/u.test(word));
  const commands = start >= 0 ? commandsOf(words[start]) : [words[0]];
  return words
    .slice(start + 1)
    .filter((word) => word.startsWith('--') && word !== '--')
    .flatMap((word) => commands.map((command) => ({ file, command, flag: word.split('=')[0] })));
}

/** Every flag of wasserwerk in deploy/. */
export function usedFlags(): UsedFlag[] {
  return deployFiles().flatMap((file) => {
    if (/\.(sh|sbatch|service|example)$|Dockerfile$/u.test(file)) return flagsInText(file, flagText(file));
    if (!/\.ya?ml$/u.test(file)) return [];
    return documentsOf(file).flatMap((document) => [
      ...containersOf(document).flatMap((container) =>
        isOurs(container) ? flagsOfWords(file, wordsOf(container, 'command', 'args')) : [],
      ),
      ...Object.values((document['services'] ?? {}) as Record<string, Tree>).flatMap((service) =>
        isOurs(service) ? flagsOfWords(file, wordsOf(service, 'entrypoint', 'command')) : [],
      ),
    ]);
  });
}

/** Options in the settings of a unit are those of its command. */
function flagText(file: string): string {
  return textOf(file)
    .replaceAll(/^#?RUN_OPTIONS=/gmu, 'run-or-resume.sh ')
    .replaceAll(/^#?WORKER_OPTIONS=/gmu, 'wasserwerk worker ');
}

const isOurs = (container: Tree): boolean => String(container['image']).startsWith('wasserwerk');
const wordsOf = (container: Tree, ...keys: string[]): string[] =>
  keys.flatMap((key) => (container[key] ?? []) as string[]);

/** Containers of the pods of an object. */
export function containersOf(object: Tree): Tree[] {
  return treesAt(object, 'spec', 'template', 'spec', 'containers');
}
