// Minimizing movements: seconds of a step of the linearised scheme in d = 1 and 2, and with inner steps.

import { child } from '../children.js';
import type { MovementsJob } from '../children/movements.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median } from '../statistics.js';

export const movements: Section = { name: 'movements', title: 'Minimizing movements', run };

interface Case extends Omit<MovementsJob, 'workers'> {
  readonly name: string;
  /** Seconds a step on two cores. */
  readonly most?: number;
}

const cases: readonly Case[] = [
  { name: '4 nodes x 256 cells, L = 1', dimension: 1, nodes: 4, cells: 256, inner: 1, steps: 20, most: 0.1 },
  { name: '4 nodes x 64 x 64 cells, L = 1', dimension: 2, nodes: 4, cells: 64, inner: 1, steps: 5, most: 3 },
  { name: '1 node x 256 cells, L = 16', dimension: 1, nodes: 1, cells: 256, inner: 16, steps: 3 },
  { name: '4 nodes x 256 cells, L = 4', dimension: 1, nodes: 4, cells: 256, inner: 4, steps: 3 },
];

async function run({ rounds, quick, progress }: SectionOptions): Promise<SectionResult> {
  const rows: string[][] = [];
  const data: unknown[] = [];
  for (const { name, most, ...job } of cases) {
    for (const workers of [1, 2]) {
      const seconds: number[] = [];
      let [iterations, gap] = [NaN, NaN];
      for (let round = 0; round < Math.min(rounds, 3); round++) {
        progress(`movements: ${name}, ${workers} threads, round ${round + 1}`);
        const steps = quick ? 1 : job.steps;
        const result = await child('movements', { ...job, workers, steps }, { pin: workers === 1 });
        seconds.push(median(result.seconds));
        iterations = result.iterations;
        gap = result.worstGap;
        data.push({ name, workers, ...result });
      }
      const verdict =
        most === undefined || workers < 2 || quick ? '' : target(`<= ${most} s`, median(seconds) <= most);
      rows.push([
        name,
        String(workers),
        median(seconds).toFixed(3),
        iterations.toFixed(1),
        gap.toExponential(0),
        verdict,
      ]);
    }
  }
  return {
    tables: [
      {
        caption: 'Seconds of a step of 0.05 of the ring of wells (median of rounds)',
        head: ['problem', 'threads', 'seconds', 'steps of Newton', 'worst gap', 'target'],
        rows,
      },
    ],
    remarks: [],
    data,
  };
}
