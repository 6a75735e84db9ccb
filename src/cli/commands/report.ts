// `wasserwerk report` on the command line: a page. Its arguments and flags only: what it does is loaded when it is called.

import { Option, type Command } from 'commander';
import type { ReportOptions } from '../report.js';
import { wholeNumber } from './flags.js';

export function defineReport(program: Command): void {
  program
    .command('report')
    .description('draw a run as one HTML page that needs nothing else')
    .argument('<run-folder>', 'the folder of a run')
    .addOption(new Option('--out <file>', 'where to (default: report.html in the run folder)'))
    .addOption(
      new Option(
        '--at <step>',
        'show the snapshot of this step (repeatable; default: first, last, one between)',
      )
        .argParser((text: string, before: number[]) => [...before, wholeNumber(0)(text)])
        .default([], 'none'),
    )
    .addHelpText('after', '\nExample:\n  wasserwerk report runs/first --at 0 --at 500 --out first.html')
    .action(async (folder: string, options: ReportOptions) => {
      const { report } = await import('../report.js');
      process.exitCode = await report(folder, options);
    });
}
