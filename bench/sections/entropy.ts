// What estimates of the entropy cost a run: the same run with and without, in turns. They are made on a thread of their own with
// a low priority, which takes what the workers leave, and finishes what is left when the steps are done. The workers want all cores
// here, so that processor time tells of the loop's rate, too, and of nobody else's work.

import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { child, inTemporaryFolder } from '../children.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median, spread, spreadText } from '../statistics.js';
import { particleOverride } from './speed.js';

/** The loop's rate with estimates over that without. */
const TARGET = 0.95;
const EVERY = 100;
const WORKERS = 2;
const methods = ['none', 'gaussian', 'grid', 'knn'] as const;

export const entropy: Section = { name: 'entropy', title: 'Entropy', run };

async function run({ rounds, quick, progress }: SectionOptions): Promise<SectionResult> {
  const steps = quick ? 200 : 8000;
  const loops = new Map<string, number[]>(methods.map((method) => [method, []]));
  const cpus = new Map<string, number[]>(methods.map((method) => [method, []]));
  const ends = new Map<string, number[]>(methods.map((method) => [method, []]));
  for (let round = 0; round < rounds; round++) {
    for (const method of methods) {
      progress(`entropy: round ${round + 1} of ${rounds}, ${method}`);
      const { loopSeconds, loopCpuSeconds, endSeconds } = await inTemporaryFolder((folder) =>
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
      loops.get(method)?.push(loopSeconds);
      cpus.get(method)?.push(loopCpuSeconds);
      ends.get(method)?.push(endSeconds);
    }
  }
  const without = loops.get('none') ?? [];
  const cpuWithout = cpus.get('none') ?? [];
  const rows = [...loops].map(([method, list]) => {
    const cpu = cpus.get(method) ?? [];
    const ratio = spread(list.map((value, round) => without[round] / value));
    const byCpu = spread(cpu.map((value, round) => cpuWithout[round] / value));
    return [
      method,
      Math.min(...list).toFixed(2),
      median(list).toFixed(2),
      median(cpu).toFixed(2),
      ...(method === 'none'
        ? ['', '', '']
        : [spreadText(ratio), spreadText(byCpu), target(`>= ${TARGET}`, byCpu.median >= TARGET)]),
      median(ends.get(method) ?? []).toFixed(2),
    ];
  });
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
    data: {
      loops: Object.fromEntries(loops),
      cpus: Object.fromEntries(cpus),
      ends: Object.fromEntries(ends),
    },
  };
}
