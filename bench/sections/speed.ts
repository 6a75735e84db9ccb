// One thread against the same model in NumPy and C++: each in a process of its own on the same core, in turns.

import { child } from '../children.js';
import type { StepLoopResult } from '../children/step-loop.js';
import { runCpp, runNumpy, type PeerResult } from '../peers/run.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median, spread, spreadText } from '../statistics.js';
import { inTurns, timeCells, type Measure, type Sample } from './turns.js';
import { VARIANTS } from '../workloads.js';

/** Times faster than each peer that Wasserwerk wants to be. */
const TARGET = 7;
const DIMENSIONS = [2, 3, 10] as const;

export const speed: Section = { name: 'speed', title: 'Speed on one thread', run };

export function ofLoop({ particleStepsPerSecond, perCpuSecond }: StepLoopResult): Sample {
  return { wall: 1e9 / particleStepsPerSecond, cpu: 1e9 / perCpuSecond };
}

export function ofPeer({ particleStepsPerSecond, cpuSeconds, particles, steps }: PeerResult): Sample {
  return { wall: 1e9 / particleStepsPerSecond, cpu: (1e9 * cpuSeconds) / (particles * steps) };
}

export function particleOverride(quick: boolean): string {
  return `particles=${quick ? 100_000 : 1_000_000}`;
}

async function run({ rounds, quick, progress }: SectionOptions): Promise<SectionResult> {
  const particles = quick ? 100_000 : 1_000_000;
  // Long enough that the first steps, with nearly twice as many jumps, do not count for much.
  const steps = quick ? 20 : 300;
  const repeats = 2;
  const remarks: string[] = [];
  const loop = async (set: readonly string[]): Promise<Sample> => {
    const job = { workload: { set: [`particles=${particles}`, ...set] }, workers: 1, steps, repeats };
    return ofLoop(await child('step-loop', job, { pin: true }));
  };
  const tools: Measure[] = [
    { name: 'wasserwerk', sample: () => loop([]) },
    { name: 'NumPy in blocks', sample: async (seed) => ofPeer(await runNumpy({ particles, steps, seed })) },
    {
      name: 'NumPy, whole arrays',
      sample: async (seed) => ofPeer(await runNumpy({ particles, steps, seed, whole: true })),
    },
    { name: 'C++', sample: async (seed) => ofPeer(await runCpp({ particles, steps, seed })) },
  ];
  const samples = await inTurns('speed', tools, rounds, progress, remarks);
  const own = samples.get('wasserwerk') ?? [];
  const rows = [...samples].map(([name, list]) => {
    const ratio = (by: keyof Sample) => spread(list.map((sample, round) => sample[by] / own[round][by]));
    return [
      ...timeCells(name, list),
      ...(name === 'wasserwerk'
        ? ['', '', '']
        : [
            spreadText(ratio('wall')),
            spreadText(ratio('cpu')),
            target(`>= ${TARGET}`, ratio('cpu').median >= TARGET),
          ]),
    ];
  });
  const variants: string[][] = [];
  const variantSamples: Record<string, Sample[]> = {};
  for (const [name, set] of Object.entries(VARIANTS)) {
    progress(`speed: variant ${name}`);
    const list: Sample[] = [];
    for (let round = 0; round < Math.min(rounds, 3); round++) list.push(await loop(set));
    variantSamples[name] = list;
    const cpu = median(list.map((s) => s.cpu));
    const dimension = DIMENSIONS.find((d) => name === `d = ${d}`) ?? 2;
    variants.push([...timeCells(name, list), (cpu / dimension).toFixed(2)]);
  }
  return {
    tables: [
      {
        caption: `ring-ou, ${particles.toLocaleString('en')} particles, f32, ns per particle-step (${rounds} rounds in turns)`,
        head: [
          'tool',
          'best',
          'median',
          'median of CPU time',
          'times slower, per round',
          'by CPU time',
          'target',
        ],
        rows,
      },
      {
        caption: 'Variants of ring-ou without peers, ns per particle-step',
        head: ['variant', 'best', 'median', 'median of CPU time', 'and per coordinate'],
        rows: variants,
      },
    ],
    remarks,
    data: { samples: Object.fromEntries(samples), variants: variantSamples },
  };
}
