// Coordinators that are killed, stopped or frozen, and those that go on with their run. Whoever ends it, the run has the bits
// of one thread that was left alone.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { filesBelow } from '../command.js';
import { useField, useReference } from './harness.js';

const reference = useReference();
const field = useField();

describe('a coordinator that is killed', () => {
  it('is followed by `resume --nats`, on the same machines', async () => {
    await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().midst();
    await run.kill();
    const last = field().run.checkpoints.at(-1) ?? 0;
    const resumed = field().resume({ args: ['--machines', '2'] });
    const { stderr } = await field().expectSame(resumed, reference());
    expect(stderr).toContain(`from step ${last}`);
    expect(field().run.epoch).toBe(2);
    await field().expectSound(...workers);
  });

  it('is followed by `resume` in one process, without NATS', async () => {
    await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().midst();
    await run.kill();
    await field().resumeHere(reference());
    await field().expectSound(...workers);
  });

  it('while a machine is killed, too: it goes on with the machine that is left and a new one', async () => {
    await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().midst();
    await Promise.all([run.kill(), workers[0].kill()]);
    const late = field().worker('late');
    const resumed = field().resume({ args: ['--machines', '2'] });
    await field().expectSame(resumed, reference());
    await field().expectSound(workers[1], late);
  });
});

describe('a coordinator that is told to end', () => {
  it('writes a checkpoint, ends with 3, frees its machines, and is followed by `resume --nats`', async () => {
    await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().midst();
    run.send('SIGTERM');
    const { code } = await run.end(20);
    expect(code).toBe(3);
    expect(field().run.status).toBe('interrupted');
    const last = field().run.checkpoints.at(-1) ?? 0;
    const resumed = field().resume({ args: ['--machines', '2'] });
    const { stderr } = await field().expectSame(resumed, reference());
    expect(stderr).toContain(`from step ${last}`);
    await field().expectSound(...workers);
  });

  it('while it waits for a machine that does not come', async () => {
    await field().startServer();
    const worker = field().worker('alone');
    const run = field().coordinator(2);
    await field().until('it waits', () => run.said.includes('1 of 2 there'));
    run.send('SIGTERM');
    expect((await run.end(20)).code).toBe(3);
    const resumed = field().resume();
    await field().expectSame(resumed, reference());
    await field().expectSound(worker);
  });
});

describe('a coordinator that stands by', () => {
  it('takes over within 10 s when the first one is killed', async () => {
    await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().until('the run has begun', () => field().run.epoch === 1);
    const second = field().resume({ args: ['--standby', '--machines', '2'] });
    await field().midst();
    expect(second.isRunning).toBe(true);
    await run.kill();
    await field().until('the second has the run', () => field().run.epoch === 2, 10);
    await field().expectSame(second, reference());
    await field().expectSound(...workers);
  });

  it('takes over when the first one is frozen, which leaves the folder alone when it returns', async () => {
    await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().until('the run has begun', () => field().run.epoch === 1);
    const second = field().resume({ args: ['--standby', '--machines', '2'] });
    await field().midst();
    run.freeze();
    await field().until('the second has the run', () => field().run.epoch === 2, 10);
    const { step } = field().run;
    await field().until('steps have been done', () => field().run.step > step);
    run.thaw();
    const { code, stderr } = await run.end(20);
    expect({ code, stderr }).toMatchObject({ code: 3 });
    expect(stderr).toMatch(/another (one|process)/u);
    expect(stderr).not.toContain('    at ');
    await field().expectSame(second, reference());
    await field().expectSound(...workers);
  });

  it('the first one returns after the end: nothing changes but that the log tells of it', async () => {
    await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().until('the run has begun', () => field().run.epoch === 1);
    const second = field().resume({ args: ['--standby', '--machines', '2'] });
    await field().midst();
    run.freeze();
    await field().expectSame(second, reference());
    const before = filesBelow(field().run.path);
    run.thaw();
    expect((await run.end(20)).code).toBe(3);
    await sleep(500);
    const after = filesBelow(field().run.path);
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [name, bytes] of before) {
      const now = after.get(name);
      if (name !== 'log.jsonl') expect(now?.equals(bytes), name).toBe(true);
      else expect(now?.subarray(0, bytes.length).equals(bytes), name).toBe(true);
    }
    const told = String(after.get('log.jsonl')?.subarray(before.get('log.jsonl')?.length))
      .trim()
      .split('\n');
    for (const line of told) expect(JSON.parse(line)).toMatchObject({ pid: run.pid });
    expect(JSON.parse(told.at(-1) ?? '')).toMatchObject({ level: 'error' });
    await field().expectSound(...workers);
  });

  it('ends well when the first one finishes the run', async () => {
    await field().startServer();
    const workers = field().workers(2);
    const run = field().coordinator(2);
    await field().until('the run has begun', () => field().run.epoch === 1);
    const second = field().resume({ args: ['--standby'] });
    await field().expectSame(run, reference());
    const { code, stdout } = await second.end(20);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ alreadyFinished: true, stateHash: reference().stateHash });
    await field().expectSound(...workers);
  });
});
