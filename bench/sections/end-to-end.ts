// A whole `wasserwerk run` against its bare step loop: what observations, files and looks cost.
//
// A run's rate is its manifest's: particle-steps over the wall time from the first look at step 0 to the last observation
// and the state hash, all writing included. Starting up, reading the config and drawing the initial state come before it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { RING_OU } from '../../src/cli/bench.js';
import { child, commandLine, inTemporaryFolder } from '../children.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median, spread, spreadText } from '../statistics.js';
import { particleOverride } from './speed.js';

/** A run's rate over the step loop's. */
const TARGET = 0.9;

export const endToEnd: Section = { name: 'end-to-end', title: 'A whole run', run };

interface RunSample {
  readonly loop: number;
  readonly run: number;
  readonly runSeconds: number;
  readonly commandSeconds: number;
}

async function run({ rounds, quick, progress }: SectionOptions): Promise<SectionResult> {
  const steps = quick ? 100 : 1000;
  const samples = new Map<number, RunSample[]>();
  for (let round = 0; round < rounds; round++) {
    for (const workers of availableParallelism() > 1 ? [1, 2] : [1]) {
      progress(`end-to-end: round ${round + 1} of ${rounds}, ${workers} workers`);
      const set = [particleOverride(quick), `time.end=${steps / 100}`, `observe.every=${steps / 10}`];
      const loop = await child('step-loop', {
        workload: { set },
        workers,
        steps,
        repeats: 1,
      });
      const list = samples.get(workers) ?? [];
      list.push({ loop: loop.particleStepsPerSecond, ...(await wholeRun(set, workers)) });
      samples.set(workers, list);
    }
  }
  const rows = [...samples].map(([workers, list]) => {
    const ratio = spread(list.map((sample) => sample.run / sample.loop));
    return [
      String(workers),
      median(list.map((s) => 1e9 / s.loop)).toFixed(2),
      median(list.map((s) => 1e9 / s.run)).toFixed(2),
      spreadText({ min: 100 * ratio.min, median: 100 * ratio.median, max: 100 * ratio.max }, 1),
      median(list.map((s) => s.runSeconds)).toFixed(2),
      median(list.map((s) => s.commandSeconds)).toFixed(2),
      median(list.map((s) => s.commandSeconds - s.runSeconds)).toFixed(2),
      target(`>= ${100 * TARGET} %`, ratio.median >= TARGET),
    ];
  });
  return {
    tables: [
      {
        caption: `ring-ou, ${steps} steps, observed every ${steps / 10}, checkpoints by default, no snapshots (${rounds} rounds in turns)`,
        head: [
          'workers',
          'loop, ns',
          'run, ns',
          'run in % of loop',
          'run, s',
          'command, s',
          'start and end, s',
          'target',
        ],
        rows,
      },
    ],
    remarks: [],
    data: Object.fromEntries(samples),
  };
}

async function wholeRun(set: readonly string[], workers: number): Promise<Omit<RunSample, 'loop'>> {
  return inTemporaryFolder(async (folder) => {
    const config = join(folder, 'ring-ou.yaml');
    writeFileSync(config, RING_OU);
    const { stdout, seconds } = await commandLine([
      ...['run', config, '--workers', String(workers), '--out', join(folder, 'run'), '--quiet', '--json'],
      ...set.flatMap((one) => ['--set', one]),
    ]);
    const { timings } = JSON.parse(stdout) as {
      timings: { wallSeconds: number; particleStepsPerSecond: number };
    };
    return {
      run: timings.particleStepsPerSecond,
      runSeconds: timings.wallSeconds,
      commandSeconds: seconds,
    };
  });
}
