// Puts the calling thread behind all others where cores are short.

import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Gives the calling thread a low priority (nice 10): beside threads that are always busy it gets a tenth of a core. Not the lowest, with
 * which it would stand still on a machine that others use. Elsewhere than on Linux threads have no priority of their own, and it
 * does nothing.
 */
export function lowerPriority(): void {
  if (process.platform !== 'linux') return;
  let thread: string;
  try {
    // `pid/task/tid` of whoever asks.
    thread = readlinkSync('/proc/thread-self');
  } catch (error) {
    // A system that hides /proc: the thread keeps its priority, which costs a little speed and nothing else.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  setPriority(Number(thread.slice(thread.lastIndexOf('/') + 1)), constants.priority.PRIORITY_BELOW_NORMAL);
}
