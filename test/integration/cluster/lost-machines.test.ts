// Machines that are lost, frozen, told to leave, or come late while a run goes on. Whatever happens, the run ends with the
// bits of one thread that was left alone. Networks and servers that fail are lost-network.test.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { useField, useReference } from './harness.js';

const reference = useReference();
const field = useField();

describe('a machine that is killed in mid step', () => {
  it.each([
    [1, 2],
    [1, 3],
    [2, 3],
  ])('%i of %i: the others go on from the last checkpoint', async (killed, count) => {
    await field().startServer();
    const workers = field().workers(count);
    const run = field().coordinator(count);
    await field().midst();
    await Promise.all(workers.slice(0, killed).map((worker) => worker.kill()));
    const { stderr } = await field().expectSame(run, reference());
    expect(stderr).toMatch(/machine w\d (gave no sign of life|is gone)/u);
    // Two that die at once may be found dead one after the other.
    expect(field().run.epoch).toBeGreaterThanOrEqual(2);
    expect(field().run.epoch).toBeLessThanOrEqual(1 + killed);
    await field().expectSound(...workers.slice(killed));
  });

  it('all of them: a new one takes over', async () => {
    await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().midst();
    await Promise.all(workers.map((worker) => worker.kill()));
    await field().until('it says that it waits for machines', () =>
      run.said.includes('waiting for machines'),
    );
    const late = field().worker('late');
    await field().expectSame(run, reference());
    await field().expectSound(late);
  });

  it('and started again at once under its name: it is another one, which begins anew', async () => {
    await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().midst();
    await workers[0].kill();
    const again = field().worker('w1');
    await field().expectSame(run, reference());
    await field().expectSound(again, workers[1]);
  });

  it('all of them, and nobody comes: the run stops and can be resumed without machines', async () => {
    await field().startServer();
    const workers = field().workers(2);
    await field().until('the workers are there', () =>
      workers.every(({ said }) => said.includes('connected to')),
    );
    const run = field().coordinator(2, {}, { args: ['--wait', '2'] });
    await field().midst();
    await Promise.all(workers.map((worker) => worker.kill()));
    const { code, stderr } = await run.end();
    expect(code).toBe(3);
    expect(stderr).toContain('no machine is there after 2 s');
    expect(stderr).toContain('wasserwerk resume');
    await field().resumeHere(reference());
  });
});

describe('a machine that is frozen', () => {
  describe('for 10 s', () => {
    // Observed at each step, so that the run is still under way when the machine returns.
    const changes = { time: { step: 0.002, steps: 6000 }, observe: { every: 1 } };
    const slow = useReference(changes);

    it('is lost, is fenced when it returns, and takes part again', async () => {
      await field().startServer();
      const workers = field().workers(2);
      const run = field().coordinator(2, changes, { args: ['--max-machines', '2'] });
      await field().midst();
      workers[1].freeze();
      await field().until('another epoch has begun', () => field().run.epoch === 2);
      await sleep(7000);
      workers[1].thaw();
      await field().expectSame(run, slow());
      expect(run.said).toContain('machine w2 has come');
      // On a busy machine the work may be shared out anew once more.
      expect(field().run.epoch).toBeGreaterThanOrEqual(3);
      await field().expectSound(...workers);
    });
  });

  it('for a second: it is not lost', async () => {
    await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().midst();
    workers[1].freeze();
    await sleep(1000);
    workers[1].thaw();
    await field().expectSame(run, reference());
    expect(field().run.epoch).toBe(1);
    await field().expectSound(...workers);
  });
});

describe('machines that leave and come in good order', () => {
  it('one that is told to end hands its shards over first', async () => {
    await field().startServer();
    const workers = field().workers(3);
    const run = field().coordinator(3);
    await field().midst();
    workers[0].send('SIGTERM');
    const { code, stderr } = await workers[0].end(20);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    await field().expectSame(run, reference());
    expect(run.said).toContain('machine w1 wants to leave');
    expect(run.said).not.toContain('gave no sign of life');
    await field().expectSound(...workers.slice(1));
  });

  it('one that comes in mid run takes its share', async () => {
    await field().startServer();
    const first = field().worker('first');
    const run = field().coordinator(1, {}, { args: ['--max-machines', '2'] });
    await field().midst();
    // Not before the newcomer is there: the run may be quicker than a process starts.
    run.send('SIGUSR1');
    const second = field().worker('second');
    await field().until('the second is there', () => second.said.includes('connected to'));
    run.send('SIGUSR2');
    await field().expectSame(run, reference());
    expect(run.said).toContain('machine second has come');
    expect(field().run.epoch).toBe(2);
    await field().expectSound(first, second);
  });
});
