// The same on Node 24, where V8 pairs vectors; and its states held to those of the Node that runs this.

import { readdirSync } from 'node:fs';
import { child, inRepository } from '../children.js';
import { fetchNode24 } from '../fetch-node.js';
import { runNumpy } from '../peers/run.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median, spread, spreadText } from '../statistics.js';
import { inTurns, timeCells, type Measure, type Sample } from './turns.js';
import { configOf, VARIANTS, type Workload } from '../workloads.js';
import { ofLoop, ofPeer } from './speed.js';

/** Times faster than NumPy that Wasserwerk wants to be on Node 24. */
const TARGET = 14;

/** A run that takes more of the wide engine's time than this was not given wider vectors. */
const MOST_OVER_WIDE = 1.3;

export const node24: Section = { name: 'node24', title: 'Node 24, with wider vectors', run };

async function run(options: SectionOptions): Promise<SectionResult> {
  const { rounds, quick, progress } = options;
  progress('node24: getting Node 24');
  const node = options.node24 ?? (await fetchNode24());
  const particles = quick ? 100_000 : 1_000_000;
  // Long enough that the first steps, with nearly twice as many jumps, do not count for much.
  const steps = quick ? 20 : 300;
  const remarks: string[] = [];
  const set = [`particles=${particles}`];
  const pin = true;
  let version = '';
  const engine = async (wide: boolean): Promise<Sample> => {
    const result = await child('engine', { workload: { set }, wide, steps }, { node, pin });
    return { wall: result.nanoseconds, cpu: result.cpuNanoseconds };
  };
  const loop = async (binary: string): Promise<Sample> => {
    const job = { workload: { set }, workers: 1, steps, repeats: 2 };
    const result = await child('step-loop', job, { node: binary, pin });
    if (binary === node) version = result.node;
    return ofLoop(result);
  };
  const measures: Measure[] = [
    { name: 'Node 24, as a run', sample: () => loop(node) },
    { name: `${process.version}, as a run`, sample: () => loop(process.execPath) },
    { name: 'Node 24, engine alone, wide', sample: () => engine(true) },
    { name: 'Node 24, engine alone, plain', sample: () => engine(false) },
    { name: 'NumPy in blocks', sample: async (seed) => ofPeer(await runNumpy({ particles, steps, seed })) },
    {
      name: 'NumPy, whole arrays',
      sample: async (seed) => ofPeer(await runNumpy({ particles, steps, seed, whole: true })),
    },
  ];
  const samples = await inTurns('node24', measures, rounds, progress, remarks);
  const own = samples.get(measures[0].name) ?? [];
  const rows = [...samples].map(([name, list], index) => {
    const ratio = (by: keyof Sample) => spread(list.map((sample, round) => sample[by] / own[round][by]));
    return [
      ...timeCells(name, list),
      index === 0 ? '' : spreadText(ratio('wall')),
      index === 0 ? '' : spreadText(ratio('cpu')),
      name.startsWith('NumPy') ? target(`>= ${TARGET}`, ratio('cpu').median >= TARGET) : '',
    ];
  });
  const cpuOf = (name: string): number => median((samples.get(name) ?? []).map((s) => s.cpu));
  if (cpuOf(measures[0].name) > MOST_OVER_WIDE * cpuOf(measures[2].name)) {
    remarks.push(
      'A run is much slower than the engine with wider vectors: src/cluster/module.ts does not use them.',
    );
  }
  const compared = await compareStates(node, quick, progress);
  const different = compared.filter(({ same }) => !same).map(({ name }) => name);
  return {
    tables: [
      {
        caption: `ring-ou, ${particles.toLocaleString('en')} particles, f32, one thread, Node ${version}, ns per particle-step (${rounds} rounds in turns)`,
        head: [
          'what',
          'best',
          'median',
          'median of CPU time',
          'times the first row, per round',
          'by CPU time',
          'target',
        ],
        rows,
      },
      {
        caption: `State hashes of Node ${version} and ${process.version} after ${STATE_STEPS} steps`,
        head: ['config', 'states'],
        rows: compared.map(({ name, same }) => [name, same ? 'the same' : 'DIFFERENT']),
      },
    ],
    remarks,
    data: { version, samples: Object.fromEntries(samples), compared },
    ...(different.length > 0 && { failure: `Node 24 computes other states: ${different.join(', ')}` }),
  };
}

const STATE_STEPS = 40;

async function compareStates(node: string, quick: boolean, progress: (text: string) => void) {
  const particles = `particles=${quick ? 20_000 : 100_000}`;
  const workloads: [string, Workload][] = [
    ['ring-ou', {}],
    ...Object.entries(VARIANTS).map(([name, set]): [string, Workload] => [name, { set }]),
    ...particleConfigs().map((name): [string, Workload] => [name, { file: inRepository(`configs/${name}`) }]),
  ];
  const results: { name: string; same: boolean }[] = [];
  for (const [name, workload] of workloads) {
    progress(`node24: states of ${name}`);
    const job = {
      workload: { ...workload, set: [...(workload.set ?? []), particles] },
      workers: 1,
      steps: STATE_STEPS,
      repeats: 1,
      warmUp: 0,
    };
    const [a, b] = await Promise.all([child('step-loop', job), child('step-loop', job, { node })]);
    results.push({ name, same: a.stateHash === b.stateHash });
  }
  return results;
}

/** Example configs of the repository that are of particles: the others have no kernel. */
export function particleConfigs(): string[] {
  return readdirSync(inRepository('configs'))
    .filter((name) => name.endsWith('.yaml'))
    .filter((name) => configOf({ file: inRepository(`configs/${name}`) }).representation === 'particles')
    .sort();
}
