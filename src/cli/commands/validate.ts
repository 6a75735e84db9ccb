// `wasserwerk validate` on the command line: the checks before a run. Its arguments and flags only: what it does is loaded when it is called.

import type { Command } from 'commander';
import { setOption, seedOption, jsonOption } from './flags.js';

export function defineValidate(program: Command): void {
  program
    .command('validate')
    .description('check a config and print the model that it means')
    .argument('<config>', 'the YAML file')
    .addOption(setOption())
    .addOption(seedOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  wasserwerk validate configs/quickstart.yaml --set time.step=0.5')
    .action(async (file: string, options: { set: string[]; seed?: string; json?: true }) => {
      const { validate } = await import('../validate.js');
      process.exitCode = validate(file, options);
    });
}
