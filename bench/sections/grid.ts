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

type Sample = Pick<GridLoopResult, 'setUpSeconds' | 'setUpCpuSeconds' | 'seconds' | 'cpuSeconds'>;

interface Timed {
  readonly name: string;
  readonly sample: () => Promise<Sample>;
}

const ofScipy = ({ factorSeconds, factorCpuSeconds, seconds, cpuSeconds }: ScipyResult): Sample => ({
  setUpSeconds: factorSeconds,
  setUpCpuSeconds: factorCpuSeconds,
  seconds,
  cpuSeconds,
});

const wall = (sample: Sample): number => sample.setUpSeconds + sample.seconds;
const processor = (sample: Sample): number => sample.setUpCpuSeconds + sample.cpuSeconds;

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
  const samples = cases.map((): Sample[] => []);
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
  const rows = cases.flatMap(({ name }, index) => {
    const list = samples[index];
    if (list.length === 0) return [];
    /** How many times what case `of` takes, round by round. */
    const times = (of: number, by: (sample: Sample) => number) =>
      spread(list.map((sample, round) => by(sample) / by(samples[of][round])));
    const isPeer = index >= 4;
    const middle = (by: (sample: Sample) => number): number => median(list.map(by));
    const isOnTwo = index === 1 || index === 3;
    const verdict = quick
      ? ''
      : isOnTwo
        ? target(`<= ${SECONDS} s`, middle((s) => s.seconds) <= SECONDS)
        : index === 4
          ? target(`>= ${RATIO}`, times(1, wall).median >= RATIO)
          : '';
    return [
      [
        name,
        middle((s) => s.setUpSeconds).toFixed(2),
        middle((s) => s.seconds).toFixed(2),
        middle((s) => s.setUpCpuSeconds).toFixed(2),
        middle((s) => s.cpuSeconds).toFixed(2),
        isPeer ? spreadText(times(1, wall), 1) : '',
        isPeer ? spreadText(times(0, processor), 1) : '',
        isPeer
          ? spreadText(
              times(0, (s) => s.cpuSeconds),
              1,
            )
          : '',
        verdict,
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
          'CPU: set-up',
          'CPU: steps',
          'times lie on 2 threads',
          'CPU: times lie on 1 thread',
          'CPU: steps alone',
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
