// Priority of the calling thread. Where cores are short, a thread that always computes lets those through that have a little to do and
// are waited for: input and output, the server, the coordinator. No result depends on it.
//
// Why: Linux's scheduler (EEVDF) lets a thread that wakes up wait until the slice of whoever is computing has passed, and looks at
// slices at its ticks only: up to 4 ms with 250 of them a second. A batch of emigrants wakes up three such threads on its way.

import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** The number of the calling thread; undefined where the system does not tell. */
function callingThread(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // `pid/task/tid` of whoever asks.
    const path = readlinkSync('/proc/thread-self');
    return Number(path.slice(path.lastIndexOf('/') + 1));
  } catch (error) {
    // A system that hides /proc: the thread keeps its priority, which costs a little speed and nothing else.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Puts the calling thread behind others, for good: nice 10, with which it gets a tenth of a core beside threads that are always busy.
 * Not the lowest, with which it would stand still on a machine that others use. Elsewhere than on Linux threads have no priority of
 * their own, and it does nothing.
 */
export function standBack(): void {
  const thread = callingThread();
  if (thread !== undefined) setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
}
