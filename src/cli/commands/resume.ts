// `wasserwerk resume` on the command line: a run that goes on. Its arguments and flags only: what it does is loaded when it is called.

import type { Command } from 'commander';
import type { CommonOptions } from '../run.js';
import { workersOption, modulesOption, quietOption, logLevelOption, jsonOption } from './flags.js';
import { machineFlags } from '../machine-flags.js';
import { statusFlags } from '../status-flags.js';
import { keepYoungGenerationSmall } from '../young-generation.js';

export function defineResume(program: Command): void {
  statusFlags(
    machineFlags(
      program
        .command('resume')
        .description('go on with a run from its last checkpoint, to the same bits')
        .argument('<run-folder>', 'the folder that `run` named')
        .addOption(workersOption())
        .addOption(modulesOption())
        .addOption(quietOption())
        .addOption(jsonOption())
        .addOption(logLevelOption()),
    ),
  ).action(async (folder: string, options: CommonOptions) => {
    keepYoungGenerationSmall();
    const { resume } = await import('../run.js');
    process.exitCode = await resume(folder, options);
  });
}
