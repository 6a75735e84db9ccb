// A V8 setting for commands that run a model. Not those of kernels, which are src/cluster/engine-flags.ts.

import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from growing the room for young objects, of this thread and of those started later; call it before the program's
 * modules are loaded, which is when it grows. Runs make few objects, particles being in shared memory: the room is 20 MB less, and
 * no run is slower (docs/performance.md).
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
