// What estimates of the entropy cost a run: the same run with and without, in turns. They are made on a thread of their own with
// a low priority, which takes what the workers leave, and finishes what is left when the steps are done. The workers want all cores
// here, so that processor time tells of the loop's rate, too, and of nobody else's work.

import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { child, inTemporaryFolder } from '../children.js';
import type { RunLoopResult as Loop } from '../children/run-loop.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median, spread, spreadText } from '../statistics.js';
import { particleOverride } from './speed.js';

/** The loop's rate with estimates over that without. */
const TARGET = 0.95;
const EVERY = 100;
const WORKERS = 2;
const methods = ['gaussian', 'grid', 'knn'] as const;
type Method = 'none' | (typeof methods)[number];

export const entropy: Section = { name: 'entropy', title: 'Entropy', run };

async function run({ rounds, quick, progress }: SectionOptions): Promise<SectionResult> {
  const steps = quick ? 200 : 8000;
  const once = (method: Method): Promise<Loop> =>
    inTemporaryFolder((folder) =>
      child('run-loop', {
        workload: {
          set: [
            particleOverride(quick),
            `time.end=${steps / 100}`,
            `observe.every=${EVERY}`,
            `observe.entropy=${method}`,
          ],
        },
        workers: WORKERS,
        out: join(folder, 'run'),
      }),
    );
  const pairs = new Map<Method, { without: Loop; with: Loop }[]>(methods.map((method) => [method, []]));
  for (let round = 0; round < rounds; round++) {
    for (const method of methods) {
      progress(`entropy: round ${round + 1} of ${rounds}, ${method}`);
      // Next to each other, and now one, now the other first: machines drift within a minute.
      const before = round % 2 === 0 ? await once('none') : undefined;
      const estimating = await once(method);
      pairs.get(method)?.push({ without: before ?? (await once('none')), with: estimating });
    }
  }
  const row = (name: string, of: readonly Loop[], ratios: readonly string[]): string[] => {
    const seconds = of.map(({ loopSeconds }) => loopSeconds);
    return [
      name,
      Math.min(...seconds).toFixed(2),
      median(seconds).toFixed(2),
      median(of.map(({ loopCpuSeconds }) => loopCpuSeconds)).toFixed(2),
      ...ratios,
      median(of.map(({ endSeconds }) => endSeconds)).toFixed(2),
    ];
  };
  const without = [...pairs.values()].flatMap((list) => list.map((pair) => pair.without));
  const rows = [
    row('none', without, ['', '', '']),
    ...[...pairs].map(([method, list]) => {
      const ratio = spread(list.map((pair) => pair.without.loopSeconds / pair.with.loopSeconds));
      const byCpu = spread(list.map((pair) => pair.without.loopCpuSeconds / pair.with.loopCpuSeconds));
      return row(
        method,
        list.map((pair) => pair.with),
        [spreadText(ratio), spreadText(byCpu), target(`>= ${TARGET}`, byCpu.median >= TARGET)],
      );
    }),
  ];
  return {
    tables: [
      {
        caption:
          `ring-ou, ${steps} steps observed every ${EVERY}, ${WORKERS} workers on ${availableParallelism()} cores, estimates from ` +
          `the default number of particles per node (${rounds} rounds in turns)`,
        head: [
          'entropy',
          'loop, best, s',
          'loop, median, s',
          'loop, CPU, s',
          'times the rate without, per round',
          'by CPU time',
          'target',
          'end, s',
        ],
        rows,
      },
    ],
    remarks: [],
    data: { pairs: Object.fromEntries(pairs) },
  };
}
