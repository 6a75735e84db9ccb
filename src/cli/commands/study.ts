// `wasserwerk study` on the command line: studies of approximations. Its arguments and flags only: what it does is loaded when it is called.

import { Option, type Command } from 'commander';
import type { StudyFlags } from '../study-jko.js';
import { setOption, quietOption, jsonOption } from './flags.js';

export function defineStudy(program: Command): void {
  program
    .command('study')
    .description('measure how fast approximations come nearer to what they approximate')
    .command('jko')
    .description(
      'minimizing movements for several lengths of step against the gradient flow of the same config',
    )
    .argument('<config>', 'a YAML file with dynamics: { kind: jko }')
    .addOption(
      new Option('--tau <list>', 'lengths of steps; the end must be a multiple of each').default(
        '0.2,0.1,0.05,0.025',
      ),
    )
    .addOption(new Option('--mobility <list>', 'mobilities, one study each (default: that of the config)'))
    .addOption(new Option('--out <folder>', 'folder of the tables and the page (default: studies/<name>)'))
    .addOption(setOption())
    .addOption(quietOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  wasserwerk study jko configs/jko-double-well.yaml
  wasserwerk study jko configs/jko-double-well.yaml --mobility log-mean,arithmetic,geometric,harmonic,constant
  wasserwerk study jko configs/jko-ring-of-wells.yaml --tau 0.2,0.1,0.05 --set grid.cells=32`,
    )
    .action(async (file: string, options: StudyFlags) => {
      const { studyJko } = await import('../study-jko.js');
      process.exitCode = await studyJko(file, options);
    });
}
