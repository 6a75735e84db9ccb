// `wasserwerk view` on the command line: the dashboard of a folder. Its arguments and flags only: what it does is loaded when it is called.

import type { Command } from 'commander';
import { portOption } from '../status-flags.js';

export function defineView(program: Command): void {
  program
    .command('view')
    .description('serve the dashboard of a run folder on this machine, until Ctrl-C')
    .argument('<run-folder>', 'the folder of a run')
    .addOption(portOption())
    .action(async (folder: string, options: { statusPort?: number }) => {
      const { view } = await import('../view.js');
      process.exitCode = await view(folder, options);
    });
}
