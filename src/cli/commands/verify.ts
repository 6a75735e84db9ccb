// `wasserwerk verify` on the command line: the proof of equal bits. Its arguments and flags only: what it does is loaded when it is called.

import { InvalidArgumentError, Option, type Command } from 'commander';
import { wholeNumber, setOption, seedOption, jsonOption } from './flags.js';

export function defineVerify(program: Command): void {
  program
    .command('verify')
    .description('show that workers, partitions and restarts do not change a bit of a config')
    .argument('<config>', 'the YAML file')
    .addOption(new Option('--steps <count>', 'steps of each run').argParser(wholeNumber(2)).default(40))
    .addOption(
      new Option('--workers <list>', 'numbers of workers to compare')
        .default('1,2,3,7')
        .argParser((text: string) => {
          if (!/^\d+(,\d+)*$/u.test(text)) throw new InvalidArgumentError('Give numbers such as 1,2,4.');
          return text;
        }),
    )
    .addOption(setOption())
    .addOption(seedOption())
    .addOption(jsonOption())
    .action(
      async (
        file: string,
        options: { steps: number; workers: string; set: string[]; seed?: string; json?: true },
      ) => {
        const { verify } = await import('../verify.js');
        process.exitCode = await verify(file, options);
      },
    );
}
