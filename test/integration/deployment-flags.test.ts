// Every flag that a file in deploy/ gives to wasserwerk is one that the built command line knows.

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { flagsInText, usedFlags, type UsedFlag } from '../deploy/files.js';
import { program } from './command.js';

const known = new Map<string, Set<string>>();

/** Flags in the help of a command; none if there is no such command. */
function flagsOf(command: string): Set<string> {
  let flags = known.get(command);
  if (!flags) {
    flags = new Set();
    const help = execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' });
    if (new RegExp(`^ {2}${command}\\b`, 'mu').test(help)) {
      const text = execFileSync(process.execPath, [program, command, '--help'], { encoding: 'utf8' });
      for (const [, flag] of text.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gmu)) flags.add(flag);
    }
    known.set(command, flags);
  }
  return flags;
}

const unknown = (used: readonly UsedFlag[]): string[] =>
  used
    .filter(({ command, flag }) => !flagsOf(command).has(flag))
    .map(({ command, flag, file }) => `${file}: wasserwerk ${command} ${flag}`);

it('deploy/ uses no flag that the commands do not know', () => {
  const used = usedFlags();
  // Workers and runs of all five ways to deploy.
  expect(new Set(used.map(({ command }) => command))).toEqual(new Set(['run', 'resume', 'worker']));
  expect(new Set(used.map(({ file }) => file.split('/')[1]))).toEqual(
    new Set(['common', 'compose', 'kubernetes', 'slurm', 'systemd']),
  );
  expect(unknown(used)).toEqual([]);
});

it('finds a flag that is not there', () => {
  expect(unknown(flagsInText('x', 'exec wasserwerk resume "$folder" --quiet \\\n  --queit'))).toEqual([
    'x: wasserwerk resume --queit',
  ]);
});
