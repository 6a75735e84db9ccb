// The metric between two densities: the whole solve, to a relative gap of 1e-3 of its square.

import { child } from '../children.js';
import type { DistanceBenchResult } from '../children/distance.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median } from '../statistics.js';

/** Seconds for 2 nodes x 64 x 64 cells x 16 levels on two cores. */
const SECONDS = 60;
const LEVELS = 16;

export const distance: Section = { name: 'distance', title: 'Distance', run };

async function run({ rounds, quick, progress }: SectionOptions): Promise<SectionResult> {
  const cells = quick ? 24 : 64;
  const cases = [1, 2].map((workers) => ({ workers, results: [] as DistanceBenchResult[] }));
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    for (const { workers, results } of cases) {
      progress(`distance: round ${round + 1}, ${workers} threads`);
      results.push(await child('distance', { cells, levels: LEVELS, workers }, { pin: workers === 1 }));
    }
  }
  const rows = cases.map(({ workers, results }) => {
    const middle = (by: (result: DistanceBenchResult) => number): number => median(results.map(by));
    const seconds = middle((result) => result.seconds);
    const { iterations, gap, converged, distance: found } = results[0];
    return [
      `${workers} thread${workers === 1 ? '' : 's'}`,
      seconds.toFixed(1),
      middle((result) => result.cpuSeconds).toFixed(1),
      String(iterations),
      ((1000 * seconds) / iterations).toFixed(1),
      found.toFixed(5),
      gap.toExponential(1),
      workers === 2 && !quick ? target(`<= ${SECONDS} s`, converged && seconds <= SECONDS) : '',
    ];
  });
  return {
    tables: [
      {
        caption: `W_K on 2 nodes x ${cells} x ${cells} cells x ${LEVELS} levels (configs/geodesic.yaml), to a gap of 1e-3 (median of rounds in turns)`,
        head: ['', 'seconds', 'CPU', 'iterations', 'ms an iteration', 'W_K', 'gap', 'target'],
        rows,
      },
    ],
    remarks: ['Looks at the bounds, every 20 iterations, are counted in.'],
    data: { cases },
  };
}
