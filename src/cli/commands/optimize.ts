// `wasserwerk optimize` on the command line: a search. Its arguments and flags only: what it does is loaded when it is called.

import { Option, type Command } from 'commander';
import type { OptimizeFlags } from '../optimize.js';
import { machineFlags } from '../machine-flags.js';
import { wholeNumber, setOption, seedOption, modulesOption, quietOption, jsonOption } from './flags.js';

export function defineOptimize(program: Command): void {
  machineFlags(
    program
      .command('optimize')
      .description('search for the best structure and its best point; the answer is a table of nodes by mass')
      .argument('[config]', 'the YAML file, with representation: lumped')
      .addOption(setOption())
      .addOption(seedOption())
      .addOption(new Option('--out <folder>', 'the folder of the search (default: searches/<name>-<time>)'))
      .addOption(new Option('--resume <folder>', 'go on with a search that was interrupted'))
      .addOption(
        new Option(
          '--workers <count>',
          'threads of a module, processes of a command; with --nats auto threads of each machine (default: the cores)',
        ).argParser(wholeNumber(1)),
      )
      .addOption(modulesOption())
      .addOption(quietOption())
      .addOption(jsonOption()),
  )
    .addHelpText(
      'after',
      `
Examples:
  wasserwerk optimize configs/lumped-subset-search.yaml
  wasserwerk optimize configs/digits-architecture-search.yaml --allow-modules
  wasserwerk optimize --resume searches/digits --allow-modules
  wasserwerk optimize my-search.yaml --nats nats://host:4222 --machines 4

Exit codes: 0 done, 1 failed, 2 bad usage or config, 3 or 130 stopped (resumable).`,
    )
    .action(async (file: string | undefined, options: OptimizeFlags) => {
      const { optimize } = await import('../optimize.js');
      process.exitCode = await optimize(file, options);
    });
}
