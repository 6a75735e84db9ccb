// `wasserwerk bench`: particle-steps per second of the step loop on this machine, for one worker and for all. The
// comparison with other tools is bench/ in the repository.

import { coreCount, createEvolution, now } from '../cluster/mod.js';
import { loadConfig, parseConfig, type RunConfig } from '../config/mod.js';
import { exitCode } from './exit.js';
import { table } from './format.js';
import { formatRate, unitOf } from './progress.js';

/** The workload that all speeds of this project are told for: a ring of eight wells. */
export const RING_OU = `
name: ring-ou
space: { variables: [x, y] }
graph: { ring: 8, weight: 1 }
potential:
  formula: 0.5*((x-a)^2 + (y-b)^2) + h
  parameters: { a: 2*cos(2*pi*node/8), b: 2*sin(2*pi*node/8), h: node/4 }
temperature: 1
dynamics: { mobility: symmetric, integrator: euler-maruyama, splitting: lie }
particles: 1_000_000
initial: { gaussian: { mean: 0, std: 1 }, masses: uniform }
time: { step: 0.01, end: 10 }
`;

export interface Speed {
  readonly workers: number;
  readonly partition: string;
  readonly particleStepsPerSecond: number;
  readonly nanoseconds: number;
}

/** Steps a config for about so many seconds, after a warm-up. */
export async function measure(config: RunConfig, workers: number, seconds: number): Promise<Speed> {
  const simulation = createEvolution(config, { workers, skipPreflight: true });
  try {
    await simulation.start();
    await simulation.advance(20);
    let [best, spent, stride] = [0, 0, 20];
    while (spent < seconds) {
      const start = now();
      await simulation.advance(simulation.step + stride);
      const taken = now() - start;
      spent += taken;
      best = Math.max(best, (stride * simulation.units) / taken);
      stride = Math.max(1, Math.round((stride * 0.25) / taken));
    }
    return {
      workers,
      partition: simulation.load.partition,
      particleStepsPerSecond: best,
      nanoseconds: 1e9 / best,
    };
  } finally {
    await simulation.close();
  }
}

export async function bench(
  file: string | undefined,
  options: { workers?: number; seconds: number; set: string[]; json?: true },
): Promise<number> {
  const config =
    file === undefined
      ? parseConfig(RING_OU, { file: 'ring-ou', overrides: options.set })
      : loadConfig(file, { overrides: options.set });
  const most = options.workers ?? coreCount();
  const speeds: Speed[] = [];
  for (const workers of most > 1 ? [1, most] : [1])
    speeds.push(await measure(config, workers, options.seconds));
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ name: config.name, node: process.version, speeds }, null, 2)}\n`,
    );
    return exitCode.done;
  }
  const unit = unitOf(config.representation);
  const what =
    unit !== 'particle'
      ? config.representation
      : `${(config.particles ?? 0).toLocaleString('en')} particles, ${config.precision}`;
  process.stdout.write(
    `${config.name}, ${what}, Node ${process.version}\n` +
      table([
        ['workers', 'speed', `ns per ${unit}-step`, 'ratio'],
        ...speeds.map((speed) => [
          String(speed.workers),
          formatRate(speed.particleStepsPerSecond, unit),
          speed.nanoseconds.toFixed(2),
          (speed.particleStepsPerSecond / speeds[0].particleStepsPerSecond).toFixed(2),
        ]),
      ]),
  );
  return exitCode.done;
}
