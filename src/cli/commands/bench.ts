// `wasserwerk bench` on the command line: speed on this machine. Its arguments and flags only: what it does is loaded when it is called.

import { Option, type Command } from 'commander';
import { wholeNumber, setOption, workersOption, jsonOption } from './flags.js';

export function defineBench(program: Command): void {
  program
    .command('bench')
    .description('measure particle-steps per second on this machine')
    .argument('[config]', 'a config to measure (default: the ring of wells of the documentation, `ring-ou`)')
    .addOption(workersOption())
    .addOption(new Option('--seconds <seconds>', 'time per measurement').argParser(wholeNumber(1)).default(2))
    .addOption(setOption())
    .addOption(jsonOption())
    .action(
      async (
        file: string | undefined,
        options: { workers?: number; seconds: number; set: string[]; json?: true },
      ) => {
        const { bench } = await import('../bench.js');
        process.exitCode = await bench(file, options);
      },
    );
}
