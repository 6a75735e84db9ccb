// A run without a folder: the same loop (run-loop.ts), with nothing behind its files. What is observed goes to who listens
// and nowhere else. It cannot be resumed, and neither takes snapshots nor checkpoints.

import { Schedule } from '../output/mod.js';
import { now } from './clock.js';
import { Estimates } from './estimates.js';
import type { GridSimulation } from './grid-simulation.js';
import type { LumpedSimulation } from './lumped/simulation.js';
import { stepThrough, type Meter, type StretchEnd, type StretchFiles } from './run-loop.js';
import type { RunOptions } from './run-options.js';
import type { Simulation } from './simulation.js';

export type MemoryRunOptions = Pick<RunOptions, 'signal' | 'gate' | 'looked' | 'estimated'> & {
  /** 0: energies are estimated on the calling thread, too. */
  readonly workers?: number;
};

/**
 * Steps a simulation that was just created to its end, or until it is told to stop; the caller closes it.
 * @throws StateError, KernelFault, GridError
 */
export async function runInMemory(
  simulation: Simulation | GridSimulation | LumpedSimulation,
  options: MemoryRunOptions = {},
): Promise<Exclude<StretchEnd, { kind: 'reform' }> & Pick<Meter, 'energy'>> {
  const meter: Meter = { steps: 0, stepSeconds: 0, furthest: -1, observation: undefined, energy: undefined };
  await simulation.start();
  const estimates =
    simulation.kind !== 'particles'
      ? undefined
      : Estimates.create(simulation, async (record) => options.estimated?.(record), {
          inThisThread: options.workers === 0,
        });
  try {
    const folder = { update: nothing };
    const files = noFiles(simulation.config.observe.every);
    const end = await stepThrough({ simulation, folder, files, options, meter, estimates });
    if (end.kind === 'reform') throw new TypeError('a run in this process shares nothing out anew');
    return { ...end, energy: meter.energy };
  } finally {
    await estimates?.close();
  }
}

const nothing = (): Promise<void> => Promise.resolve();

/** Observations are due as in any run; checkpoints never are. */
function noFiles(observeEvery: number): StretchFiles {
  return {
    schedules: {
      observe: new Schedule({ kind: 'steps', steps: observeEvery }, now()),
      snapshot: undefined,
      checkpoint: new Schedule({ kind: 'steps', steps: Number.MAX_SAFE_INTEGER }, now()),
    },
    append: nothing,
    appendEnergy: nothing,
    appendSnapshot: nothing,
    checkpoint: nothing,
  };
}
