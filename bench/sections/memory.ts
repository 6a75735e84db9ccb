// Peak memory of a whole run against its number of particles.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RING_OU } from '../../src/cli/bench.js';
import { commandLine, inTemporaryFolder } from '../children.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { relativeFit } from '../statistics.js';

const TARGET = { bytesPerParticle: 24, fixedBytes: 150e6 };
const STEPS = 20;

export const memory: Section = { name: 'memory', title: 'Memory', run };

async function run({ quick, progress }: SectionOptions): Promise<SectionResult> {
  const sizes = quick ? [1e5, 1e6] : [1e5, 1e6, 4e6, 1.6e7];
  const cases = [
    { name: 'without checkpoints', every: '1h' },
    { name: 'with a checkpoint', every: '10' },
  ];
  const rows: string[][] = [];
  const data: { name: string; particles: number; peakBytes: number }[] = [];
  for (const { name, every } of cases) {
    const points: [number, number][] = [];
    for (const particles of sizes) {
      progress(`memory: ${particles.toLocaleString('en')} particles, ${name}`);
      points.push([particles, await peak(particles, every)]);
    }
    data.push(...points.map(([particles, peakBytes]) => ({ name, particles, peakBytes })));
    const { fixed, slope } = relativeFit(points);
    const allowed = (count: number): number => TARGET.fixedBytes + TARGET.bytesPerParticle * count;
    rows.push([
      name,
      ...points.map(([count, bytes]) => `${megabytes(bytes)} (${megabytes(allowed(count))})`),
      target(
        '',
        points.every(([count, bytes]) => bytes <= allowed(count)),
      ).trim(),
      `${megabytes(fixed)} MB + ${slope.toFixed(1)} B`,
    ]);
  }
  return {
    tables: [
      {
        caption: `Peak resident memory in MB of \`wasserwerk run\`, ring-ou (d = 2, f32), 2 workers, ${STEPS} steps, by particles; in brackets what is allowed, ${megabytes(TARGET.fixedBytes)} MB and ${TARGET.bytesPerParticle} bytes a particle`,
        head: ['run', ...sizes.map((size) => size.toLocaleString('en')), 'target', 'linear fit'],
        rows,
      },
    ],
    remarks: [],
    data,
  };
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

async function peak(particles: number, checkpointEvery: string): Promise<number> {
  return inTemporaryFolder(async (folder) => {
    const config = join(folder, 'ring-ou.yaml');
    writeFileSync(config, RING_OU);
    const set = [
      `particles=${particles}`,
      `time.end=${STEPS / 100}`,
      'observe.every=10',
      `checkpoint.every=${checkpointEvery}`,
    ];
    const { usage } = await commandLine([
      ...['run', config, '--workers', '2', '--out', join(folder, 'run'), '--quiet'],
      ...set.flatMap((one) => ['--set', one]),
    ]);
    return usage.peakBytes;
  });
}
