// `wasserwerk verify`: runs the first steps of a config serially, then with other numbers of workers, other partitions
// and with a restart in the middle, and compares the hashes of all states. A run with another seed (for representations without
// randomness: one step more) must differ. How a trial is run can be replaced, so that tests can show that a wrong hash is noticed.

import { createEvolution, type SimulationOptions } from '../cluster/mod.js';
import { loadConfig, type RunConfig } from '../config/mod.js';
import { heldCheckpoint } from '../output/mod.js';
import { exitCode } from './exit.js';
import { counted } from './format.js';

/** How a trial is run. */
export interface TrialSettings extends Pick<SimulationOptions, 'workers' | 'partition'> {
  readonly config: RunConfig;
  readonly steps: number;
  /** Stop at this step, and go on from a checkpoint in another simulation. */
  readonly restartAt?: number;
}

/** Runs a trial and tells the hash of its last state. */
export type TrialRunner = (settings: TrialSettings) => Promise<string>;

export interface Trial {
  readonly name: string;
  readonly hash: string;
  readonly expected: 'same' | 'different';
}

/** Whether a trial came out as it must. */
export function isRight({ hash, expected }: Trial, reference: string): boolean {
  return (hash === reference) === (expected === 'same');
}

/** Runs a trial in earnest. */
export const runTrial: TrialRunner = async ({ config, steps, restartAt, workers = 0, partition }) => {
  const options = { skipPreflight: true, workers, ...(partition === undefined ? {} : { partition }) };
  const simulation = createEvolution(config, options);
  try {
    if (restartAt === undefined) {
      await simulation.start();
    } else {
      const first = createEvolution(config, { skipPreflight: true, workers: 0 });
      try {
        await first.start();
        await first.advance(restartAt);
        const { draft, checkpoint, storage } = heldCheckpoint(restartAt);
        await first.save(draft);
        await simulation.restore(checkpoint, storage);
      } finally {
        await first.close();
      }
    }
    await simulation.advance(steps);
    return await simulation.stateHash();
  } finally {
    await simulation.close();
  }
};

export async function verify(
  file: string,
  options: { steps: number; workers: string; set: string[]; seed?: string; json?: true },
  runner: TrialRunner = runTrial,
): Promise<number> {
  const config = loadConfig(file, { overrides: options.set, seed: options.seed });
  const { steps } = options;
  const tell = (text: string): void => {
    if (options.json !== true) process.stderr.write(text);
  };
  const reference = await runner({ config, steps, workers: 0 });
  tell(`       ${reference.slice(0, 16)}  serial, ${steps} steps\n`);

  const isExact = config.representation !== 'particles';
  const trials: Trial[] = [];
  const attempt = async (
    name: string,
    settings: Partial<TrialSettings>,
    expected: Trial['expected'] = 'same',
  ): Promise<void> => {
    const trial = { name, hash: await runner({ config, steps, ...settings }), expected };
    trials.push(trial);
    tell(`${isRight(trial, reference) ? 'ok    ' : 'WRONG '} ${trial.hash.slice(0, 16)}  ${name}\n`);
  };
  for (const workers of options.workers.split(',').map(Number)) {
    const name = counted(workers, 'worker');
    if (isExact) {
      await attempt(name, { workers });
      continue;
    }
    for (const partition of workers > 1 ? (['replicas', 'nodes'] as const) : (['replicas'] as const)) {
      await attempt(`${name}, ${partition}`, { workers, partition });
    }
  }
  const half = Math.floor(steps / 2);
  await attempt(`restart at step ${half}, on 2 workers`, { workers: 2, restartAt: half });
  if (isExact) {
    await attempt('one step more (must differ)', { steps: steps + 1, workers: 0 }, 'different');
  } else {
    // The seed before, for there may be none after.
    const seed = config.seed > 0 ? config.seed - 1 : 1;
    const other = loadConfig(file, { overrides: options.set, seed });
    await attempt(`seed ${seed} (must differ)`, { config: other, workers: 0 }, 'different');
  }

  const passed = trials.every((trial) => isRight(trial, reference));
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ passed, steps, reference, trials }, null, 2)}\n`
      : `${passed ? 'the same bits in every run' : 'NOT the same bits: please report this with the config'}\n`,
  );
  return passed ? exitCode.done : exitCode.failed;
}
