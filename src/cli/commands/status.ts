// `wasserwerk status` on the command line: how a run stands. Its arguments and flags only: what it does is loaded when it is called.

import { Option, type Command } from 'commander';
import type { StatusOptions } from '../status.js';

export function defineStatus(program: Command): void {
  program
    .command('status')
    .description('say how a run stands, whether it goes on or not')
    .argument(
      '[target]',
      'a run folder, or the URL of a status endpoint (default: the newest run below runs/)',
    )
    .addOption(
      new Option('--watch', 'go on showing it: on the whole terminal (q leaves), in lines when piped'),
    )
    .addOption(new Option('--json', 'print it as JSON; with --watch one object a line'))
    .addHelpText('after', '\nExamples:\n  wasserwerk status\n  wasserwerk status runs/first --watch')
    .action(async (target: string | undefined, options: StatusOptions) => {
      const { status } = await import('../status.js');
      process.exitCode = await status(target, options);
    });
}
