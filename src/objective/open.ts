// From what a config says of an objective to one that answers. The one door through which code of the user is run, and it wants to be told that it may.

import { TrustError } from './errors.js';
import type { MeasuredObjective } from './module-types.js';
import { pooledObjective } from './pooled-objective.js';
import { processObjective } from './process-objective.js';
import { describeObjective, type ObjectiveSpec } from './spec.js';

export interface OpenOptions {
  /** Whether code that the config names may be run (`--allow-modules`). */
  readonly isTrusted: boolean;
  /** Threads of a module, processes of a command. */
  readonly workers: number;
  /** Told of restarts of processes. */
  readonly warn?: (text: string) => void;
}

/** @throws TrustError, ObjectiveError */
export async function openObjective(spec: ObjectiveSpec, options: OpenOptions): Promise<MeasuredObjective> {
  if (!options.isTrusted) throw new TrustError(describeObjective(spec));
  switch (spec.kind) {
    case 'module':
      return pooledObjective(spec, options.workers);
    case 'command':
      return processObjective(
        { ...spec, ...(options.warn && { onRestart: options.warn }) },
        ...([options.workers] as const),
      );
    default:
      return spec satisfies never;
  }
}
