// Time from a model to machine code, for every example config, each in a fresh process.

import { child, inRepository } from '../children.js';
import type { CompileResult } from '../children/compile.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median, spread, spreadText } from '../statistics.js';
import type { Workload } from '../workloads.js';
import { particleConfigs } from './node24.js';

const TARGET_MILLISECONDS = 100;

export const compile: Section = { name: 'compile', title: 'Compilation', run };

async function run({ rounds, progress }: SectionOptions): Promise<SectionResult> {
  const workloads: [string, Workload][] = [
    ['ring-ou', {}],
    ...particleConfigs().map((name): [string, Workload] => [name, { file: inRepository(`configs/${name}`) }]),
  ];
  const rows: string[][] = [];
  const data: unknown[] = [];
  for (const [name, workload] of workloads) {
    const results: CompileResult[] = [];
    for (let round = 0; round < rounds; round++) {
      progress(`compile: ${name}, ${round + 1} of ${rounds}`);
      results.push(await child('compile', { workload }));
    }
    const total = spread(results.map((result) => result.kernel + result.machine));
    rows.push([
      name,
      String(results[0].nodes),
      String(results[0].dimension),
      String(results[0].bytes),
      median(results.map((result) => result.model)).toFixed(0),
      median(results.map((result) => result.kernel)).toFixed(0),
      median(results.map((result) => result.machine)).toFixed(0),
      spreadText(total, 0),
      median(results.map((result) => result.cpu)).toFixed(0),
      target(`<= ${TARGET_MILLISECONDS}`, total.median <= TARGET_MILLISECONDS),
    ]);
    data.push({ name, results });
  }
  return {
    tables: [
      {
        caption: `Milliseconds, median of ${rounds} processes`,
        head: [
          'config',
          'nodes',
          'd',
          'bytes',
          'config to model',
          'model to WebAssembly',
          'to machine code',
          'the last two',
          'their CPU time',
          'target',
        ],
        rows,
      },
    ],
    remarks: [],
    data,
  };
}
