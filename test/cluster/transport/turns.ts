// Waiting without a clock: turns of the event loop, in each of which a hub delivers what was sent in the one before. Not a
// test.

import { setImmediate as turn } from 'node:timers/promises';

/** Waits until what is under way has arrived, and its answer, and what that brought about. */
export async function turns(count = 10): Promise<void> {
  for (let done = 0; done < count; done += 1) await turn();
}
