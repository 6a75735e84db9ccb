// The constants that the planner (src/cluster/assignment.ts) and the rule for replicas (src/particles/replicas.ts) rest
// on: cost per particle against shard size, a meeting of workers, a look through the emigrants of others.

import { child } from '../children.js';
import type { Section, SectionOptions, SectionResult } from '../report.js';
import { median, relativeFit } from '../statistics.js';

const NODES = 8;

export const planner: Section = { name: 'planner', title: 'What the planner counts with', run };

async function run({ rounds, quick, progress }: SectionOptions): Promise<SectionResult> {
  const sizes = [16, 64, 128, 256, 1_024, 5_000, 50_000];
  const cost = sizes.map((): number[] => []);
  for (let round = 0; round < Math.min(3, rounds); round++) {
    for (const [index, size] of sizes.entries()) {
      progress(`planner: shards of ${size} particles`);
      // Small shards in many replicas, as many particles as there may be in the cache.
      const replicas = Math.max(1, Math.floor((quick ? 40_000 : 200_000) / (NODES * size)));
      const set = [`particles=${size * NODES * replicas}`];
      const steps = Math.ceil((quick ? 2e6 : 5e7) / (size * NODES * replicas));
      const result = await child(
        'engine',
        { workload: { set }, wide: false, replicas, steps },
        { pin: true },
      );
      cost[index].push(result.cpuNanoseconds);
    }
  }
  const medians = cost.map(median);
  // ns of a shard's step = fixed + slope * particles
  const { fixed, slope } = relativeFit(sizes.map((size, index) => [size, size * medians[index]]));

  progress('planner: looking through the emigrants of others');
  const scan = (
    await child(
      'engine',
      {
        workload: { set: ['particles=80_000'] },
        wide: false,
        replicas: 1,
        steps: 10,
        scan: true,
      },
      { pin: true },
    )
  ).scan;

  // Two workers, two nodes, next to no particles: a step is a meeting and two shards' fixed work side by side.
  const meetings: number[] = [];
  const few = 2 * 64;
  for (let round = 0; round < rounds; round++) {
    progress(`planner: meetings, ${round + 1} of ${rounds}`);
    const result = await child('step-loop', {
      workload: { set: ['graph.ring=3', `particles=${few}`] },
      workers: 2,
      partition: 'nodes',
      steps: quick ? 2_000 : 50_000,
      repeats: 1,
    });
    const nanosecondsPerStep = (1e9 * result.seconds) / result.steps;
    meetings.push(nanosecondsPerStep - 2 * fixed - (2 / 3) * few * slope);
  }
  const meeting = { best: Math.min(...meetings), median: median(meetings) };
  const inSteps = (nanoseconds: number): string => (nanoseconds / slope).toFixed(2);
  return {
    tables: [
      {
        caption: `Cost against shard size, ring of ${NODES}, one thread, CPU ns per particle-step`,
        head: ['particles of a shard', ...sizes.map((size) => size.toLocaleString('en'))],
        rows: [
          ['ns', ...medians.map((value) => value.toFixed(2))],
          ['times the fitted slope', ...medians.map((value) => (value / slope).toFixed(2))],
        ],
      },
      {
        caption: 'Constants of the planner, in ns and in particle-steps of the slope',
        head: ['what', 'ns', 'particle-steps'],
        rows: [
          ['a particle (slope)', slope.toFixed(2), '1'],
          ['a shard however small (SHARD_COST)', fixed.toFixed(0), inSteps(fixed)],
          ['a meeting of 2 workers, best (MEETING_COST)', meeting.best.toFixed(0), inSteps(meeting.best)],
          ['a meeting of 2 workers, median', meeting.median.toFixed(0), inSteps(meeting.median)],
          [
            `looking through emigrants, per particle, of which ${(100 * (scan?.emigrants ?? 0)).toFixed(1)} % emigrate (SCAN_COST)`,
            (scan?.perParticle ?? 0).toFixed(3),
            ((scan?.perParticle ?? 0) / slope).toFixed(4),
          ],
        ],
      },
    ],
    remarks: [],
    data: { sizes, cost, fixed, slope, scan, meetings },
  };
}
