// What the leading thread of a lumped run and its workers say to each other. Both sides import this file. Points are in shared memory: tasks
// carry views of them, and results a few numbers per node.

import type { SealedConfig } from '../../config/mod.js';
import type { NodeResult } from '../../lumped/mod.js';

/** What a thread of a lumped run is given once. */
export interface LumpedSetup {
  readonly config: SealedConfig;
  readonly workers: number;
  /** Whether the code of an objective may be run; otherwise only formulas are. */
  readonly isTrusted: boolean;
}

export interface LumpedResult extends NodeResult {
  readonly busySeconds: number;
}
