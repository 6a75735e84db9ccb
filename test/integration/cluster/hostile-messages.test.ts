// A live run on a bus with an ill-willed neighbour (hostility.ts): it ends with the bits of one thread that was left alone,
// and its processes do not grow. What a server's permissions keep away from the bus at all is tested with those.

import { describe, expect, it } from 'vitest';
import { useField, useReference } from './harness.js';
import { hostility } from './hostility.js';

const reference = useReference();
const field = useField();

const MEGABYTE = 1024 * 1024;

describe('a run with an ill-willed neighbour', () => {
  it('has the same bits, obeys nobody else, and stays within its memory', async () => {
    const { url } = await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().until('steps are done', () => field().run.step > 0);
    const programs = [run, ...workers];
    const before = programs.map(({ memory }) => memory);
    const most = [...before];
    const neighbour = await hostility(url, ['w1', 'w2']);
    try {
      await field().until(
        'the run has ended',
        () => {
          if (!run.isRunning) return true;
          programs.forEach((program, at) => (most[at] = Math.max(most[at], program.memory)));
          return false;
        },
        90,
      );
      await field().expectSame(run, reference());
    } finally {
      await neighbour.stop();
    }
    expect(neighbour.troubles).toEqual([]);
    expect(neighbour.answered).toEqual([]);
    // A test that says little proves little.
    for (const [kind, count] of neighbour.sent) expect(count, kind).toBeGreaterThan(5);
    expect(neighbour.sent.size).toBeGreaterThanOrEqual(18);
    expect(field().run.epoch).toBe(1);
    for (const [at, bytes] of most.entries()) {
      expect((bytes - before[at]) / MEGABYTE, programs[at].name).toBeLessThan(150);
    }
    await field().expectSound(...workers);
  });
});
