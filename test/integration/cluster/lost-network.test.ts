// Servers that crash and cables that are pulled or slow while a run goes on. Whatever happens, the run ends with the bits of
// one thread that was left alone. Machines that fail are lost-machines.test.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { config, useField, useReference, type Field } from './harness.js';
import { Lan, whyNoLan } from './lan.js';
import type { Program } from './programs.js';

const reference = useReference();
const field = useField();

describe('a server that crashes', () => {
  it('three times in a run: nobody is lost, and the run goes on where it was', async () => {
    const server = await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    for (let times = 1; times <= 3; times++) {
      await field().midst((times * config.time.steps) / 5);
      await server.restart({ signal: 'SIGKILL', downMs: times * 300 });
    }
    await field().expectSame(run, reference());
    // A server that restarts costs time, not machines.
    expect(field().run.epoch).toBe(1);
    await field().expectSound(...workers);
  });

  it('and stays away longer than a lease: no lease runs meanwhile', async () => {
    const server = await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().midst();
    await server.restart({ signal: 'SIGKILL', downMs: 5000 });
    await field().expectSame(run, reference());
    expect(field().run.epoch).toBe(1);
    await field().expectSound(...workers);
  });

  it('freezes for longer than a lease', async () => {
    const server = await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().midst();
    server.freeze();
    await sleep(5000);
    server.thaw();
    await field().expectSame(run, reference());
    await field().expectSound(...workers);
  });

  it('is not there yet when workers and coordinator start: they wait for it', async () => {
    const server = await field().startServer();
    await server.kill();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await sleep(1500);
    await server.start();
    await field().expectSame(run, reference());
    await field().expectSound(...workers);
  });
});

if (whyNoLan !== undefined) console.warn(`tests of cables are skipped: ${whyNoLan}`);

describe.skipIf(whyNoLan !== undefined)('a cable between two namespaces', () => {
  /** Server, coordinator and one machine here, one machine there. */
  async function acrossCable(
    of: Field,
    changes: object = {},
  ): Promise<{ lan: Lan; run: Program; workers: readonly Program[] }> {
    const lan = new Lan();
    of.cleanup(() => {
      lan.remove();
    });
    await of.startServer({ jetstream: true, host: lan.address, prefix: lan.here });
    const workers = [of.worker('here', { prefix: lan.here }), of.worker('there', { prefix: lan.there })];
    return { lan, run: of.coordinator(2, changes, { prefix: lan.here }), workers };
  }

  it('that is pulled for 8 s: the machine behind it is lost, and comes back to no harm', async () => {
    const { lan, run, workers } = await acrossCable(field());
    await field().midst();
    lan.pull();
    await sleep(8000);
    lan.plug();
    const { stderr } = await field().expectSame(run, reference());
    expect(stderr).toContain('machine there gave no sign of life');
    expect(field().run.epoch).toBeGreaterThanOrEqual(2);
    await field().expectSound(...workers);
  });

  it('that is pulled for 1 s: nobody is lost, what is missing is asked for again', async () => {
    const { lan, run, workers } = await acrossCable(field());
    await field().midst();
    lan.pull();
    await sleep(1000);
    lan.plug();
    await field().expectSame(run, reference());
    expect(field().run.epoch).toBe(1);
    await field().expectSound(...workers);
  });

  it('that is pulled for good: the run ends on the machines that are left', async () => {
    const { lan, run, workers } = await acrossCable(field());
    await field().midst();
    lan.pull();
    await field().expectSame(run, reference());
    await field().expectSound(workers[0]);
  });

  describe('that lets 2 Mbit/s through', () => {
    const changes = { time: { step: 0.002, steps: 400 }, observe: { every: 20 } };
    const short = useReference(changes);

    it('the run takes its time, and nobody is lost for being slow', async () => {
      const { lan, run, workers } = await acrossCable(field(), changes);
      lan.slow(2);
      await field().expectSame(run, short());
      expect(field().run.epoch).toBe(1);
      await field().expectSound(...workers);
    });
  });
});
