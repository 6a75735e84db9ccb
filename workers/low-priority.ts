// Puts the thread that imports it behind others where cores are short: nice 10, with which a thread gets a tenth of a core beside
// threads that are always busy. Not the lowest, with which it would stand still on a machine that others use. Elsewhere than on Linux
// threads have no priority of their own, and it does nothing. To be imported first, so that loading counts, too.

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

const thread = callingThread();
if (thread !== undefined) setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
