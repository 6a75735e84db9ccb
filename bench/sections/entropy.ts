// What estimates of the entropy cost a run: the same run with and without, in turns. They are made on a thread of their own,
// which takes its time from the workers where there are no more cores than these.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { RING_OU } from '../../src/cli/bench.js';
import { commandLine, inTemporaryFolder } from '../children.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median, spread, spreadText } from '../statistics.js';
import { particleOverride } from './speed.js';

/** A run's rate with estimates over that without. */
const TARGET = 0.95;
const EVERY = 100;
const WORKERS = 2;
const methods = ['none', 'gaussian', 'grid', 'knn'] as const;

export const entropy: Section = { name: 'entropy', title: 'Entropy', run };

async function run({ rounds, quick, progress }: SectionOptions): Promise<SectionResult> {
  const steps = quick ? 200 : 1000;
  const seconds = new Map<string, number[]>(methods.map((method) => [method, []]));
  for (let round = 0; round < rounds; round++) {
    for (const method of methods) {
      progress(`entropy: round ${round + 1} of ${rounds}, ${method}`);
      seconds.get(method)?.push(await wallSeconds(method, steps, quick));
    }
  }
  const without = seconds.get('none') ?? [];
  const observations = steps / EVERY + 1;
  const rows = [...seconds].map(([method, list]) => {
    const ratio = spread(list.map((value, round) => without[round] / value));
    return [
      method,
      Math.min(...list).toFixed(2),
      median(list).toFixed(2),
      method === 'none' ? '' : ((1000 * (median(list) - median(without))) / observations).toFixed(0),
      method === 'none' ? '' : spreadText(ratio),
      method === 'knn' ? target(`>= ${TARGET}`, ratio.median >= TARGET) : '',
    ];
  });
  return {
    tables: [
      {
        caption:
          `ring-ou, ${steps} steps observed every ${EVERY}, ${WORKERS} workers on ${availableParallelism()} cores, at most 4000 ` +
          `particles per node (${rounds} rounds in turns)`,
        head: [
          'entropy',
          'best, s',
          'median, s',
          'ms per observation',
          'times the rate without, per round',
          'target',
        ],
        rows,
      },
    ],
    remarks: [],
    data: Object.fromEntries(seconds),
  };
}

/** From the first look at step 0 to the end, all writing and all estimates included. */
async function wallSeconds(method: string, steps: number, quick: boolean): Promise<number> {
  return inTemporaryFolder(async (folder) => {
    const config = join(folder, 'ring-ou.yaml');
    writeFileSync(config, RING_OU);
    const set = [
      particleOverride(quick),
      `time.end=${steps / 100}`,
      `observe.every=${EVERY}`,
      `observe.entropy=${method}`,
    ];
    const { stdout } = await commandLine([
      ...['run', config, '--workers', String(WORKERS), '--out', join(folder, 'run'), '--quiet', '--json'],
      ...set.flatMap((one) => ['--set', one]),
    ]);
    return (JSON.parse(stdout) as { timings: { wallSeconds: number } }).timings.wallSeconds;
  });
}
