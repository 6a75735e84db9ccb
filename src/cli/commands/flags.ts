// Flags that several commands have, and readers of their values. Not flags of one command.

import { InvalidArgumentError, Option } from 'commander';

export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/u.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Give a whole number >= ${least}.`);
    }
    return value;
  };
}

export function part(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value < 1))
    throw new InvalidArgumentError('Give a number from 0 to below 1.');
  return value;
}

export const gather = (value: string, before: string[]): string[] => [...before, value];

export const setOption = (): Option =>
  new Option('--set <path=value>', 'change a value of the config, e.g. particles=1000 (repeatable)')
    .argParser(gather)
    .default([], 'none');
export const seedOption = (): Option => new Option('--seed <seed>', 'seed of the random streams');
export const workersOption = (): Option =>
  new Option('--workers <count>', 'worker threads (default: the cores of this machine)').argParser(
    wholeNumber(1),
  );
export const modulesOption = (): Option =>
  new Option('--allow-modules', 'run the module or command that the config names as objective');
export const quietOption = (): Option => new Option('-q, --quiet', 'say nothing but errors');
export const logLevelOption = (): Option =>
  new Option('--log-level <level>', 'what goes into log.jsonl of the run folder')
    .choices(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info');
export const jsonOption = (): Option => new Option('--json', 'print the result as JSON on standard output');
