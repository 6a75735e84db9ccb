// `wasserwerk compare` on the command line: two runs side by side. Its arguments and flags only: what it does is loaded when it is called.

import { Option, type Command } from 'commander';
import type { CompareOptions } from '../compare.js';
import { wholeNumber, part, setOption, workersOption, jsonOption } from './flags.js';

export function defineCompare(program: Command): void {
  program
    .command('compare')
    .description('say whether two runs agree, or a run and the grid solution of its config')
    .argument('<run-folder>', 'the folder of a run')
    .argument('[other]', 'that of another run of the same graph and coordinates')
    .addOption(new Option('--reference', 'solve the same config on a grid, and compare with that'))
    .addOption(new Option('--fresh', 'solve the reference even if there is one'))
    .addOption(setOption().default([], 'none; for the reference, e.g. grid.cells=256'))
    .addOption(
      new Option('--at <step>', 'compare at this step of the first run only').argParser(wholeNumber(0)),
    )
    .addOption(
      new Option('--bins <count>', 'bins per coordinate for densities (default: by the particles)').argParser(
        wholeNumber(2),
      ),
    )
    .addOption(
      new Option('--allow <part>', 'differences that do not count, as a part: 0.01 is 1 %').argParser(part),
    )
    .addOption(workersOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Exit codes: 0 the runs agree, 1 they differ, 2 they cannot be compared.

Examples:
  wasserwerk compare runs/first runs/second
  wasserwerk compare runs/first --reference --set grid.cells=256`,
    )
    .action(async (folder: string, other: string | undefined, options: CompareOptions) => {
      const { compare } = await import('../compare.js');
      process.exitCode = await compare(folder, other, options);
    });
}
