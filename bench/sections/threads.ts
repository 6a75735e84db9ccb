// How the step loop grows with threads, for both ways to cut the work.

import { availableParallelism } from 'node:os';
import { child } from '../children.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median, spread, spreadText } from '../statistics.js';
import { particleOverride } from './speed.js';

/** Two threads against one. */
const TARGET = 1.8;

export const threads: Section = { name: 'threads', title: 'Threads', run };

async function run({ rounds, quick, progress }: SectionOptions): Promise<SectionResult> {
  const cores = availableParallelism();
  const counts = [1, 2, 4, 8].filter((count) => count <= Math.max(2, cores));
  const cases = (['replicas', 'nodes'] as const).flatMap((partition) =>
    counts.map((workers) => ({ partition, workers })),
  );
  const speeds = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { partition, workers }] of cases.entries()) {
      progress(`threads: round ${round + 1} of ${rounds}, ${workers}, ${partition}`);
      const result = await child('step-loop', {
        workload: { set: [particleOverride(quick)] },
        workers,
        partition,
        steps: quick ? 20 : 200,
        repeats: 2,
        warmUp: 10,
      });
      speeds[index].push(result.particleStepsPerSecond);
    }
  }
  const rows = cases.map(({ partition, workers }, index) => {
    const first = cases.findIndex((other) => other.partition === partition && other.workers === 1);
    const ratio = spread(speeds[index].map((value, round) => value / speeds[first][round]));
    const nanoseconds = speeds[index].map((value) => 1e9 / value);
    return [
      `${partition}, ${workers}`,
      Math.min(...nanoseconds).toFixed(2),
      median(nanoseconds).toFixed(2),
      workers === 1 ? '' : spreadText(ratio),
      workers === 2 ? target(`>= ${TARGET}`, ratio.median >= TARGET) : '',
    ];
  });
  return {
    tables: [
      {
        caption: `ring-ou by partition and threads, ns per particle-step by the clock (${rounds} rounds in turns, ${cores} cores)`,
        head: ['partition, threads', 'best', 'median', 'times one thread, per round', 'target'],
        rows,
      },
    ],
    remarks: ['One worker has nobody to share nodes with: its two rows differ by chance alone.'],
    data: cases.map((one, index) => ({ ...one, particleStepsPerSecond: speeds[index] })),
  };
}
