// `wasserwerk init` on the command line: a config to start from. Its arguments and flags only: what it does is loaded when it is called.

import type { Command } from 'commander';

export function defineInit(program: Command): void {
  program
    .command('init')
    .description('write a commented config to start from')
    .argument('[file]', 'where to', 'wasserwerk.yaml')
    .action(async (file: string) => {
      const { init } = await import('../init.js');
      process.exitCode = await init(file);
    });
}
