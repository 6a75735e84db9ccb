// Processor time until `wasserwerk --help` is done.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, inTemporaryFolder } from '../children.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median, spread, spreadText } from '../statistics.js';

const TARGET_SECONDS = 0.3;

export const startup: Section = { name: 'startup', title: 'Start-up', run };

async function run({ rounds, progress }: SectionOptions): Promise<SectionResult> {
  return inTemporaryFolder(async (folder) => {
    const empty = join(folder, 'empty.mjs');
    writeFileSync(empty, '');
    const [help, node]: [number[], number[]] = [[], []];
    for (let round = 0; round < 2 * rounds; round++) {
      progress(`startup: ${round + 1} of ${2 * rounds}`);
      help.push((await commandLine(['--help'])).usage.cpuSeconds);
      node.push((await commandLine([], empty)).usage.cpuSeconds);
    }
    return {
      tables: [
        {
          caption: 'Processor seconds (user and system)',
          head: ['command', 'median (min to max)', 'target'],
          rows: [
            [
              'wasserwerk --help',
              spreadText(spread(help), 3),
              target(`<= ${TARGET_SECONDS}`, median(help) <= TARGET_SECONDS),
            ],
            ['node on an empty file', spreadText(spread(node), 3), ''],
          ],
        },
      ],
      remarks: [],
      data: { help, node },
    };
  });
}
