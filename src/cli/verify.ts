// `wasserwerk verify`: runs the first steps of a config serially, then with other numbers of workers, other partitions
// and with a restart in the middle, and compares the hashes of all states. A run with another seed must differ.

import { checkpointParts, Simulation, stateFromParts, type SimulationOptions } from '../cluster/mod.js';
import { loadConfig } from '../config/mod.js';
import { exitCode } from './exit.js';
import { table } from './format.js';

interface Trial {
  readonly name: string;
  readonly hash: string;
  readonly expected: 'same' | 'different';
}

export async function verify(
  file: string,
  options: { steps: number; workers: string; set: string[]; seed?: string; json?: true },
): Promise<number> {
  const load = (extra: readonly string[] = []) =>
    loadConfig(file, { overrides: [...options.set, ...extra], seed: options.seed });
  const config = load();
  const steps = options.steps;
  const half = Math.floor(steps / 2);
  const hashOf = async (settings: SimulationOptions, other = config): Promise<string> => {
    const simulation = Simulation.create(other, { skipPreflight: true, ...settings });
    try {
      await simulation.start();
      await simulation.advance(steps);
      return simulation.stateHash();
    } finally {
      await simulation.close();
    }
  };
  const restarted = async (): Promise<string> => {
    const first = Simulation.create(config, { skipPreflight: true, workers: 0 });
    await first.start();
    await first.advance(half);
    const parts = [...checkpointParts(first)];
    const second = Simulation.create(config, { skipPreflight: true, workers: 2 });
    try {
      second.restore(stateFromParts(second.model, second.kernel.plan.fields, half, parts));
      await second.advance(steps);
      return second.stateHash();
    } finally {
      await second.close();
      await first.close();
    }
  };

  const reference = await hashOf({ workers: 0 });
  const trials: Trial[] = [];
  const note = (trial: Trial): void => {
    trials.push(trial);
    if (options.json !== true) {
      const right = (trial.hash === reference) === (trial.expected === 'same');
      process.stderr.write(`${right ? 'ok    ' : 'WRONG '} ${trial.name}: ${trial.hash.slice(0, 16)}\n`);
    }
  };
  if (options.json !== true) process.stderr.write(`       serial, ${steps} steps: ${reference.slice(0, 16)}\n`);
  for (const workers of options.workers.split(',').map(Number)) {
    for (const partition of workers > 1 ? (['replicas', 'nodes'] as const) : (['replicas'] as const)) {
      const name = `${workers} worker${workers === 1 ? '' : 's'}, ${partition}`;
      note({ name, hash: await hashOf({ workers, partition }), expected: 'same' });
    }
  }
  note({ name: `restart at step ${half} on 2 workers`, hash: await restarted(), expected: 'same' });
  const otherSeed = load([`seed=${config.seed + 1}`]);
  note({ name: 'another seed (must differ)', hash: await hashOf({ workers: 0 }, otherSeed), expected: 'different' });

  const passed = trials.every(({ hash, expected }) => (hash === reference) === (expected === 'same'));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ passed, steps, reference, trials }, null, 2)}\n`);
  } else {
    process.stdout.write(
      table([[passed ? 'the same bits in every run' : 'NOT the same bits: please report this with the config']], ''),
    );
  }
  return passed ? exitCode.done : exitCode.failed;
}
