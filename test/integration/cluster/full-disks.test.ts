// Checkpoints of machines: where the disk is full, and where machines have no folder in common. A run that cannot write stops
// with an error that helps, keeps what was good, and goes on once there is room.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readManifest, wasserwerk } from '../command.js';
import { useField, useReference, type Field } from './harness.js';
import { blindTo, SmallDisk, whyNoMounts } from './mounts.js';
import type { Program } from './programs.js';

const reference = useReference();
const field = useField();

if (whyNoMounts !== undefined) console.warn(`tests of disks are skipped: ${whyNoMounts}`);

function useDisk(of: Field, kilobytes: number): SmallDisk {
  const disk = new SmallDisk(join(of.folder, 'disk'), kilobytes);
  of.cleanup(() => {
    disk.remove();
  });
  of.place('disk', 'run');
  return disk;
}

/** Two machines that see nothing of the folder of the run. */
function blindWorkers(of: Field): Program[] {
  return ['w1', 'w2'].map((name) => of.worker(name, { prefix: blindTo(of.folder) }));
}

/** That the run failed with an error that helps. */
async function expectDiskFull(run: Program): Promise<void> {
  const { code, stderr } = await run.end();
  expect(code).toBe(1);
  expect(stderr).toMatch(/error: .*(disk is full|no space)/iu);
  expect(stderr).toContain('wasserwerk resume');
  expect(stderr).not.toContain('    at ');
}

describe.skipIf(whyNoMounts !== undefined)('a disk that is full at a checkpoint', () => {
  it('on a machine: the run fails with a reason, and goes on when there is room', async () => {
    const disk = useDisk(field(), 1024);
    await field().startServer();
    const workers = field().workers(2);
    // The first checkpoint fits, the second does not beside it.
    const run = field().coordinator(2, { checkpoint: { every: 300, keep: 2 } });
    await expectDiskFull(run);
    expect(run.said).toMatch(/on machine w\d: .*shards-/u);
    expect(readManifest(field().run.path)).toMatchObject({ status: 'failed', error: { code: 'disk-full' } });
    expect(field().run.checkpoints).toEqual([300]);
    disk.grow(8192);
    // The machines are free again, and as good as before.
    await field().expectSame(field().resume({ args: ['--machines', '2'] }), reference());
    await field().expectSound(...workers);
  });

  it('on the coordinator: the run fails with a reason, and goes on when there is room', async () => {
    useDisk(field(), 1024);
    await field().startServer();
    const workers = blindWorkers(field());
    const run = field().coordinator(2);
    await field().midst();
    const ballast = join(field().folder, 'disk', 'ballast');
    expect(() => {
      writeFileSync(ballast, new Uint8Array(2 * 1024 * 1024));
    }).toThrow('ENOSPC');
    await expectDiskFull(run);
    rmSync(ballast);
    await field().expectSame(field().resume({ args: ['--machines', '2'] }), reference());
    await field().expectSound(...workers);
  });

  it('on the server, which keeps the checkpoints: likewise', async () => {
    const store = (kilobytes: number): string =>
      `jetstream {\n store_dir: here\n max_file_store: ${kilobytes * 1024}\n}`;
    const server = await field().startServer({ config: store(2048) });
    const workers = blindWorkers(field());
    const run = field().coordinator(2, { checkpoint: { every: 300, keep: 3 } });
    const { code, stderr } = await run.end();
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: on machine w\d: the NATS server has no room/u);
    expect(stderr).not.toContain('    at ');
    expect(field().run.checkpoints.length).toBeGreaterThan(0);
    await server.stop();
    const file = join(server.folder, 'server.conf');
    writeFileSync(file, store(64 * 1024).replace('here', `"${join(server.folder, 'jetstream')}"`));
    await server.start();
    await field().expectSame(field().resume({ args: ['--machines', '2'] }), reference());
    await field().expectSound(...workers);
  });
});

describe.skipIf(whyNoMounts !== undefined)('machines without a folder in common', () => {
  it('keep checkpoints on the server, and go on from them when one is killed', async () => {
    await field().startServer();
    const workers = blindWorkers(field());
    const run = field().coordinator(2);
    await field().midst();
    await workers[0].kill();
    await field().expectSame(run, reference());
    await field().expectSound(workers[1]);
  });

  it('another coordinator goes on from there; without the server it says what it needs', async () => {
    const server = await field().startServer();
    const workers = blindWorkers(field());
    const run = field().coordinator(2);
    await field().midst();
    await run.kill();
    await server.restart();
    const alone = await wasserwerk(field().folder, 'resume', field().run.path);
    expect(alone.code).toBe(2);
    expect(alone.stderr).toContain('--nats');
    await field().expectSame(field().resume({ args: ['--machines', '2'] }), reference());
    await field().expectSound(...workers);
  });

  it('one that sees the folder and one that does not: all use the server', async () => {
    await field().startServer();
    const workers = [field().worker('w1'), field().worker('w2', { prefix: blindTo(field().folder) })];
    const run = field().coordinator(2);
    await field().midst();
    expect(run.said).toContain('object store');
    await field().expectSame(run, reference());
    await field().expectSound(...workers);
  });

  it('and without JetStream: the run stops before it begins, and says why', async () => {
    await field().startServer({});
    const workers = blindWorkers(field());
    const { code, stderr } = await field().coordinator(2).end();
    expect(code).toBe(3);
    expect(stderr).toContain('has no JetStream');
    await field().expectSound(...workers);
  });
});
