// `wasserwerk sweep` on the command line: a sweep. Its arguments and flags only: what it does is loaded when it is called.

import { Option, type Command } from 'commander';
import type { SweepFlags } from '../sweep.js';
import { wholeNumber, gather, seedOption, quietOption, logLevelOption, jsonOption } from './flags.js';

export function defineSweep(program: Command): void {
  program
    .command('sweep')
    .description('run a config for all combinations of values and seeds, side by side; one table at the end')
    .argument('[config]', 'the YAML file')
    .addOption(
      new Option(
        '--set <path=values>',
        'values of a key, parted by commas: h=0,0.1,0.2 (repeatable; see below for commas inside values)',
      )
        .argParser(gather)
        .default([], 'none'),
    )
    .addOption(
      new Option('--seeds <count>', 'runs of each combination, with seeds that follow one another').argParser(
        wholeNumber(1),
      ),
    )
    .addOption(seedOption())
    .addOption(new Option('--out <folder>', 'the folder of the sweep (default: sweeps/<name>-<time>)'))
    .addOption(new Option('--resume <folder>', 'go on with a sweep: finished runs are kept'))
    .addOption(
      new Option('--workers <count>', 'threads of all runs together (default: the cores)').argParser(
        wholeNumber(1),
      ),
    )
    .addOption(
      new Option('--jobs <count>', 'runs at a time (default: by their size)').argParser(wholeNumber(1)),
    )
    .addOption(quietOption())
    .addOption(jsonOption())
    .addOption(logLevelOption())
    .addHelpText(
      'after',
      `
Commas inside (), [], {} and quotes do not part values:
  --set 'potential.formula=min(x^2,1),x^2'            two formulas
  --set 'initial.point=[0,0],[1,1]'                   two lists
  --set 'name="a, b"'                                 one text

Examples:
  wasserwerk sweep configs/quickstart.yaml --set potential.parameters.h=0,0.1*node,0.2*node --seeds 5
  wasserwerk sweep configs/quickstart.yaml --set time.step=0.01,0.02 --set particles=1e5 --out sweeps/steps
  wasserwerk sweep --resume sweeps/steps

Exit codes: 0 all runs finished, 1 one failed (the others went on), 2 bad usage or config, 3 or 130 stopped (resumable).`,
    )
    .action(async (file: string | undefined, options: SweepFlags) => {
      const { sweep } = await import('../sweep.js');
      process.exitCode = await sweep(file, options);
    });
}
