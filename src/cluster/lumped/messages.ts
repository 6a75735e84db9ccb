// What the leading thread of a lumped run and its workers say to each other. Both sides import this file. Points are in shared memory: tasks
// carry views of them, and results a few numbers per node.

import type { ConfigBundle } from '../../config/mod.js';
import type { NodeResult } from '../../lumped/mod.js';

/** What a thread of a lumped run is given once. */
export interface LumpedSetup {
  readonly config: ConfigBundle;
  readonly workers: number;
  /** Where the code of an objective is found from, and that it may be run; without it only formulas are. */
  readonly trusted?: { readonly folder: string };
}

export interface LumpedResult extends NodeResult {
  readonly busySeconds: number;
}
