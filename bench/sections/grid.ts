// The grid solver: a hundred implicit steps of ring-ou against SciPy's sparse LU on the same cells, and how the time of a
// step grows with the cells.

import { child } from '../children.js';
import type { GridLoopResult } from '../children/grid-loop.js';
import { PeerUnavailable, runScipy, type ScipyResult } from '../peers/run.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median, spread, spreadText } from '../statistics.js';

/** Seconds for a hundred steps of 8 x 256 x 256 cells on two cores, and times faster than SciPy's coupled LU. */
const SECONDS = 5;
const RATIO = 10;
const STEPS = 100;

export const grid: Section = { name: 'grid', title: 'Grid solver', run };

const gridOf = (cells: number, splitting: string): string[] => [
  'representation=grid',
  `grid.cells=${cells}`,
  'grid.box=[-7, 7]',
  `dynamics.splitting=${splitting}`,
];

async function own(
  cells: number,
  splitting: string,
  workers: number,
  steps: number,
): Promise<GridLoopResult> {
  const job = { workload: { set: gridOf(cells, splitting) }, workers, steps };
  return child('grid-loop', job, { pin: workers === 1 });
}

interface Timed {
  readonly name: string;
  readonly sample: () => Promise<Pick<GridLoopResult, 'setUpSeconds' | 'seconds' | 'cpuSeconds'>>;
}

const ofScipy = ({ factorSeconds, seconds, cpuSeconds }: ScipyResult) => ({
  setUpSeconds: factorSeconds,
  seconds,
  cpuSeconds,
});

async function run({ rounds, quick, progress }: SectionOptions): Promise<SectionResult> {
  const cells = quick ? 64 : 256;
  const remarks: string[] = [];
  const cases: Timed[] = [
    ...(['lie', 'strang'] as const).flatMap((splitting) =>
      [1, 2].map((workers) => ({
        name: `wasserwerk, ${splitting}, ${workers} thread${workers === 1 ? '' : 's'}`,
        sample: () => own(cells, splitting, workers, STEPS),
      })),
    ),
    { name: 'SciPy, LU of all nodes', sample: async () => ofScipy(await runScipy(cells, STEPS, 'coupled')) },
    {
      name: 'SciPy, LU of each node, then edges',
      sample: async () => ofScipy(await runScipy(cells, STEPS, 'split')),
    },
  ];
  const samples = cases.map((): Awaited<ReturnType<Timed['sample']>>[] => []);
  // A round of SciPy takes a minute.
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    for (const [index, { name, sample }] of cases.entries()) {
      progress(`grid: round ${round + 1}, ${name}`);
      try {
        samples[index].push(await sample());
      } catch (error) {
        if (!(error instanceof PeerUnavailable)) throw error;
        if (!remarks.includes(error.message)) remarks.push(error.message);
      }
    }
  }
  const total = (index: number, round: number): number =>
    samples[index][round].setUpSeconds + samples[index][round].seconds;
  const rows = cases.flatMap(({ name }, index) => {
    const list = samples[index];
    if (list.length === 0) return [];
    const seconds = median(list.map((s) => s.seconds));
    const ratio = (of: number): string =>
      index < 4 ? '' : spreadText(spread(list.map((_, round) => total(index, round) / total(of, round))), 1);
    const stepping = (of: number): string =>
      index < 4 ? '' : spreadText(spread(list.map((s, round) => s.seconds / samples[of][round].seconds)), 1);
    const isTarget = index === 1 || index === 3;
    const coupled = index === 4 ? median(list.map((_, round) => total(4, round) / total(1, round))) : NaN;
    return [
      [
        name,
        median(list.map((s) => s.setUpSeconds)).toFixed(2),
        seconds.toFixed(2),
        median(list.map((s) => s.cpuSeconds)).toFixed(2),
        ratio(1),
        stepping(1),
        stepping(0),
        isTarget && !quick
          ? target(`<= ${SECONDS} s`, seconds <= SECONDS)
          : index === 4 && !quick
            ? target(`>= ${RATIO}`, coupled >= RATIO)
            : '',
      ],
    ];
  });
  const growth: { cells: number; nanoseconds: number[] }[] = [];
  for (const size of quick ? [32, 64] : [64, 128, 256, 512]) {
    const nanoseconds: number[] = [];
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      progress(`grid: ${size} x ${size} cells, round ${round + 1}`);
      const steps = Math.max(10, Math.round((STEPS * 65_536) / (size * size)));
      const { cpuSeconds, cells: all } = await own(size, 'lie', 1, steps);
      nanoseconds.push((1e9 * cpuSeconds) / (all * steps));
    }
    growth.push({ cells: size, nanoseconds });
  }
  return {
    tables: [
      {
        caption: `${STEPS} implicit steps of ring-ou on 8 nodes x ${cells} x ${cells} cells, seconds (median of rounds in turns)`,
        head: [
          'tool',
          'set-up',
          'steps',
          'CPU time of steps',
          'times wasserwerk lie, 2 threads',
          'steps alone',
          'steps alone, 1 thread',
          'target',
        ],
        rows,
      },
      {
        caption: 'Growth with the cells: lie, 1 thread, ns of CPU time per cell-step',
        head: ['cells', 'median', 'to the smallest grid'],
        rows: growth.map(({ cells: size, nanoseconds }) => [
          `8 x ${size} x ${size}`,
          median(nanoseconds).toFixed(1),
          (median(nanoseconds) / median(growth[0].nanoseconds)).toFixed(2),
        ]),
      },
    ],
    remarks: [
      ...remarks,
      'Wasserwerk computes energy and dissipation at every step, about half of a step of lie; SciPy does not.',
    ],
    data: { samples: Object.fromEntries(cases.map(({ name }, index) => [name, samples[index]])), growth },
  };
}
