// `wasserwerk export` on the command line: files for other programs. Its arguments and flags only: what it does is loaded when it is called.

import { Option, type Command } from 'commander';
import type { ExportOptions } from '../export.js';
import { wholeNumber } from './flags.js';

export function defineExport(program: Command): void {
  program
    .command('export')
    .description('write a run as files for other programs: H5MD, Parquet, CSV, NPZ')
    .argument('<run-folder>', 'the folder of a run; what a run that goes on has written by now')
    .addOption(
      new Option('--to <format>', 'format')
        .choices(['h5md', 'parquet', 'csv', 'npz'] satisfies ExportOptions['to'][])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--out <path>',
        'a file (h5md, npz) or folder (parquet, csv) (default: export.h5, export-parquet … in the run folder)',
      ),
    )
    .addOption(
      new Option('--at <step>', 'only the snapshot of this step (repeatable; default: all)')
        .argParser((text: string, before: number[]) => [...before, wholeNumber(0)(text)])
        .default([], 'all'),
    )
    .addOption(new Option('--author <name>', 'who is named as the author, in H5MD').default('unknown'))
    .addOption(new Option('--force', 'replace an earlier export'))
    .addHelpText(
      'after',
      `
Which format for whom, and how to read it: docs/analysis.md.

Examples:
  wasserwerk export runs/first --to h5md
  wasserwerk export runs/first --to parquet --at 0 --at 500 --out first-parquet`,
    )
    .action(async (folder: string, options: ExportOptions) => {
      const { exportRun } = await import('../export.js');
      process.exitCode = await exportRun(folder, options);
    });
}
