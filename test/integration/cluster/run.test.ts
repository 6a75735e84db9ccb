// Runs over machines that are processes of this host, as a person starts them: the same results as one thread, whoever comes
// and goes. Losses of machines, networks and servers are faults.test.ts.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  lineCount,
  program,
  readManifest,
  resultsOf,
  start,
  until,
  useFolder,
  wasserwerk,
  writeConfig,
  type Ended,
  type Started,
} from '../command.js';
import { haveServer, TestServer } from './server.js';

const folder = useFolder();
// Instead of a second of benchmark in every worker.
process.env['WASSERWERK_SPEED'] = '1e8';

const short = {
  name: 'short',
  space: { variables: ['x', 'y'] },
  graph: { ring: 6, weight: 2 },
  potential: { formula: '0.5*((x - node)^2 + y^2) + 0.3*node' },
  temperature: { linear: { from: 2, to: 1, duration: 2 } },
  particles: 70_000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.01, steps: 120 },
  seed: 5,
  observe: { every: 20 },
  snapshots: { every: 60, particles: 500 },
  checkpoint: { every: 50 },
};
const long = { ...short, name: 'long', time: { step: 0.01, steps: 6000 }, observe: { every: 100 } };

/** All files of a run but what only runs over machines have. */
function results(path: string): Map<string, string> {
  const found = resultsOf(path);
  found.delete('machines.json');
  const manifest = JSON.parse(found.get('manifest.json') ?? '{}') as Record<string, unknown>;
  Reflect.deleteProperty(manifest, 'reforms');
  return found.set('manifest.json', JSON.stringify(manifest));
}

/** The same results of two runs, named one by one. */
function expectSame(name: string, as: string): void {
  const [found, expected] = [results(folder(name)), results(folder(as))];
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [file, text] of expected) expect(found.get(file) === text, file).toBe(true);
}

const observed = (name: string): number => lineCount(folder(name, 'observables.jsonl'));

describe.skipIf(!haveServer)('run --nats auto', () => {
  it.each([
    ['auto', {}],
    ['replicas', { partition: 'replicas' }],
    [
      'nodes-strang',
      { partition: 'nodes', dynamics: { splitting: 'strang', integrator: 'leimkuhler-matthews' } },
    ],
    [
      'density',
      {
        dynamics: { mobility: 'log-mean' },
        grid: { box: [-8, 14], cells: 32 },
        particles: 30_000,
        time: { step: 0.01, steps: 40 },
      },
    ],
    [
      'velocities',
      { partition: 'nodes', dynamics: { kind: 'accelerated', friction: 1, diffusivity: '1 + node' } },
    ],
    ['entropy', { partition: 'nodes', observe: { every: 20, entropy: 'knn' } }],
  ])('has the results of one thread: %s', async (name, changes) => {
    const file = writeConfig(folder(`${name}.yaml`), { ...short, ...changes });
    const alone = await wasserwerk(folder(), 'run', file, '--workers', '1', '--out', `${name}-1`);
    expect(alone.code, alone.stderr).toBe(0);
    const over = await wasserwerk(
      folder(),
      'run',
      file,
      '--nats',
      'auto',
      '--machines',
      '2',
      '--out',
      `${name}-2`,
    );
    expect(over.code, over.stderr).toBe(0);
    expectSame(`${name}-2`, `${name}-1`);
    expect(over.stderr).toMatch(/plan 1: 2 machines, cut by/u);
    expect(over.stdout).toMatch(/2 machines, cut by .*: a step took .* \(predicted /u);
  });

  it('stops with a checkpoint that both kinds of run go on from', async () => {
    const file = writeConfig(folder('long.yaml'), long);
    await wasserwerk(folder(), 'run', file, '--workers', '2', '--out', 'long');
    // With machines, then without.
    const first = start(['run', file, '--nats', 'auto', '--machines', '2', '--out', 'stopped'], folder());
    await until('some steps', () => observed('stopped') >= 5);
    first.child.kill('SIGINT');
    const { code, stderr, stdout } = await first.ended;
    expect(code, stderr).toBe(130);
    expect(stdout).toContain('go on with: wasserwerk resume stopped');
    const local = start(['resume', 'stopped', '--workers', '1'], folder());
    const before = observed('stopped');
    await until('more steps', () => observed('stopped') >= before + 5);
    local.child.kill('SIGTERM');
    expect((await local.ended).code).toBe(3);
    const last = await wasserwerk(
      folder(),
      'resume',
      'stopped',
      '--nats',
      'auto',
      '--machines',
      '2',
      '--json',
    );
    expect(last.code, last.stderr).toBe(0);
    expectSame('stopped', 'long');
    const told = JSON.parse(last.stdout) as {
      machines: { machines: unknown[]; measuredStepSeconds: number };
    };
    expect(told.machines.machines).toHaveLength(2);
    expect(told.machines.measuredStepSeconds).toBeGreaterThan(0);
  });
});

describe.skipIf(!haveServer)('run --nats url', () => {
  let server: TestServer;
  const workers: ChildProcess[] = [];
  beforeAll(async () => {
    server = await TestServer.start({ jetstream: true });
    if (!existsSync(folder('long'))) {
      const file = writeConfig(folder('long.yaml'), long);
      await wasserwerk(folder(), 'run', file, '--workers', '2', '--out', 'long');
    }
  });
  afterAll(() => {
    for (const worker of workers) worker.kill('SIGKILL');
  });

  function work(name: string): { child: ChildProcess; said: () => string; code: Promise<number | null> } {
    const child = spawn(
      process.execPath,
      [program, 'worker', '--nats', server.url, '--name', name, '--workers', '1'],
      { cwd: folder(), stdio: ['ignore', 'ignore', 'pipe'] },
    );
    workers.push(child);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    return { child, said: () => said, code: new Promise((resolve) => child.once('exit', resolve)) };
  }

  const over = (command: string[], ...more: string[]): Started =>
    start([...command, '--nats', server.url, ...more], folder());

  async function ended(run: Started): Promise<Ended> {
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(0);
    return end;
  }

  it('lets a worker go that is told to, takes one that comes, and serves run after run', async () => {
    const [one, two] = [work('one'), work('two')];
    const first = over(
      ['run', folder('long.yaml'), '--out', 'drained'],
      '--machines',
      '2',
      '--max-machines',
      '3',
    );
    await until('some steps', () => observed('drained') >= 5);
    two.child.kill('SIGTERM');
    expect(await two.code, two.said()).toBe(0);
    expect(two.said()).toMatch(
      /joined run .*\n(.*\n)*SIGTERM: leaving.*\nleft run .*\n(.*\n)*worker two has left/u,
    );
    const three = work('three');
    const { stderr } = await ended(first);
    expectSame('drained', 'long');
    expect(stderr).toContain('machine two wants to leave: going on from step');
    const { reforms } = readManifest(folder('drained')) as unknown as { reforms: { reason: string }[] };
    expect(reforms[0].reason).toBe('machine two wants to leave');
    expect(one.said()).toContain('the run is finished');
    await ended(
      over(['run', folder('long.yaml'), '--out', 'second', '--set', 'time.steps=50'], '--machines', '2'),
    );
    for (const { child, code } of [one, three]) {
      child.kill('SIGTERM');
      expect(await code).toBe(0);
    }
  });

  it('is taken over by the process that stands by, within ten seconds', async () => {
    const [one, two] = [work('four'), work('five')];
    const active = over(['run', folder('long.yaml'), '--out', 'taken'], '--machines', '2');
    await until('some steps', () => observed('taken') >= 5);
    const standby = over(['resume', 'taken'], '--machines', '2', '--standby');
    await until('it stands by', () => standby.said().includes('standing by'));
    await sleep(1000);
    expect(standby.said()).not.toContain('plan');
    active.child.kill('SIGKILL');
    await active.ended;
    const killed = performance.now();
    await until('it takes over', () => standby.said().includes('plan'));
    expect(performance.now() - killed).toBeLessThan(10_000);
    await ended(standby);
    expectSame('taken', 'long');
    for (const { child, code } of [one, two]) {
      child.kill('SIGTERM');
      await code;
    }
  });

  it('stops where the lock of its run is gone, and leaves the folder to who has it', async () => {
    const one = work('six');
    const active = over(['run', folder('long.yaml'), '--out', 'frozen'], '--machines', '1');
    await until('some steps', () => observed('frozen') >= 3);
    active.child.kill('SIGSTOP');
    const standby = over(['resume', 'frozen'], '--machines', '1', '--standby');
    await until('it takes over', () => standby.said().includes('from step'));
    active.child.kill('SIGCONT');
    const { code, stderr } = await active.ended;
    expect(code, stderr).toBe(3);
    await ended(standby);
    expectSame('frozen', 'long');
    one.child.kill('SIGTERM');
    await one.code;
  });

  it('pauses and goes on by signals', async () => {
    const one = work('seven');
    const run = over(['run', folder('long.yaml'), '--out', 'paused'], '--machines', '1');
    await until('some steps', () => observed('paused') >= 3);
    run.child.kill('SIGUSR1');
    await until('it says so', () => run.said().includes('pauses'));
    await sleep(1500);
    const lines = observed('paused');
    await sleep(1500);
    expect(observed('paused')).toBe(lines);
    run.child.kill('SIGUSR2');
    await ended(run);
    expectSame('paused', 'long');
    one.child.kill('SIGTERM');
    await one.code;
  });

  it('stops where too few machines come; the run can be resumed', async () => {
    const { code, stdout, stderr } = await over(
      ['run', folder('long.yaml'), '--out', 'few'],
      '--machines',
      '2',
      '--wait',
      '1',
    ).ended;
    expect(code).toBe(3);
    expect(stderr).toContain('no machine is there after 1 s');
    expect(stdout).toContain('wasserwerk resume few');
    expect(readManifest(folder('few')).status).toBe('interrupted');
  });

  it('refuses a grid, and says so before there is a folder', async () => {
    const grid = ['--set', 'representation=grid', '--set', 'grid={box: [-8, 14], cells: 24}'];
    const { code, stderr } = await over(
      ['run', folder('long.yaml'), '--out', 'grid', ...grid],
      '--machines',
      '1',
    ).ended;
    expect(code).toBe(2);
    expect(stderr).toContain('runs on one machine only');
    expect(existsSync(folder('grid'))).toBe(false);
  });

  it('says at once that no server answers, waits, and stops', async () => {
    const run = start(
      [
        'run',
        folder('long.yaml'),
        '--out',
        'unreachable',
        '--nats',
        'nats://127.0.0.1:1',
        '--machines',
        '1',
        '--wait',
        '3',
      ],
      folder(),
    );
    await until('it says so', () => run.said().includes('waiting for a NATS server'));
    expect(run.child.exitCode).toBeNull();
    const { code, stderr } = await run.ended;
    expect(code).toBe(3);
    expect(stderr).toContain('after 3 s');
  });
});

it.skipIf(!haveServer)('leaves no process behind when the coordinator is killed', async () => {
  const file = writeConfig(folder('long.yaml'), long);
  const run = start(['run', file, '--nats', 'auto', '--machines', '2', '--out', 'orphans'], folder());
  await until('some steps', () => observed('orphans') >= 2);
  const children = readFileSync(`/proc/${run.child.pid ?? 0}/task/${run.child.pid ?? 0}/children`, 'utf8');
  const pids = children.trim().split(' ').map(Number);
  expect(pids.length).toBeGreaterThanOrEqual(3);
  run.child.kill('SIGKILL');
  await run.ended;
  await until('they are gone', () => pids.every((pid) => !existsSync(join('/proc', String(pid)))));
});
