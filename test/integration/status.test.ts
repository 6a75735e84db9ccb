// The status endpoint of real runs: what it tells, what may be asked of it, that no client changes or stops a run, and `wasserwerk status`
// and `view` on folders in every state.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunEvent, RunView } from '../../src/status/mod.js';
import { openSocket, raw } from '../status/raw.js';
import {
  checkpointSteps,
  readManifest,
  resultsOf,
  start,
  useFolder,
  wasserwerk,
  writeConfig,
} from './command.js';

const folder = useFolder();

/** A run of so many steps; a step of 100,000 particles takes about a millisecond. */
const config = (steps: number, more: object = {}): object => ({
  name: 'watched',
  space: { variables: ['x', 'y'] },
  graph: { ring: 6 },
  potential: { formula: '0.5*((x-node)^2 + y^2)' },
  temperature: 1,
  dynamics: { kind: 'gradient-flow', mobility: 'metropolis' },
  particles: 100_000,
  initial: { gaussian: { mean: [0, 0], std: 1 }, masses: 'uniform' },
  time: { step: 0.01, end: steps / 100 },
  seed: 7,
  observe: { every: 50, entropy: 'gaussian' },
  checkpoint: { every: '1h', keep: 2 },
  ...more,
});

interface Address {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

const running: { kill(signal: NodeJS.Signals): boolean; exitCode: number | null }[] = [];
afterEach(() => {
  for (const child of running.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

/** Starts a run, and waits until it answers. */
async function begin(name: string, steps: number, more: object = {}, ...args: string[]) {
  const file = writeConfig(folder(`${name}.yaml`), config(steps, more));
  const run = start(['run', file, '--out', folder(name), '--workers', '2', ...args], folder());
  running.push(run.child);
  return { ...run, address: await addressOf(folder(name)) };
}

async function addressOf(path: string): Promise<Address> {
  const file = join(path, 'status.json');
  for (let i = 0; !existsSync(file); i++) {
    if (i > 2000) throw new Error('there is no status.json');
    await sleep(10);
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Address;
}

const viewOf = async ({ url }: Address): Promise<RunView> =>
  (await (await fetch(`${url}api/status`)).json()) as RunView;

const act = async ({ url, token }: Address, action: string): Promise<number> =>
  (await fetch(`${url}api/${action}`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } }))
    .status;

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`waited for a minute: ${what}`);
    await sleep(20);
  }
}

describe('a run that is watched', () => {
  it('tells how it stands, and what it observes; status.json is its owner’s, and gone at the end', async () => {
    const { ended, address } = await begin('told', 3000);
    expect(statSync(folder('told', 'status.json')).mode & 0o777).toBe(0o600);
    await until('steps', async () => (await viewOf(address)).step > 100);
    const view = await viewOf(address);
    expect(view).toMatchObject({
      ...{ name: 'watched', folder: folder('told'), state: 'running', representation: 'particles' },
      ...{ units: 100_000, steps: 3000, endTime: 30, temperature: 1, partition: 'replicas' },
      ...{ coordinateNames: ['x', 'y'], nodeNames: ['0', '1', '2', '3', '4', '5'] },
    });
    expect(view.edges.from).toHaveLength(12);
    expect(view.mass.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 9);
    expect(view.workers).toHaveLength(2);
    expect(view.workers.reduce((sum, { particles }) => sum + particles, 0)).toBe(100_000);
    expect(view.workers.reduce((sum, { shards }) => sum + shards, 0) % 6).toBe(0);
    interface Records {
      observations: { step: number }[];
      energies: { step: number; energy: number }[];
    }
    let body: Records = { observations: [], energies: [] };
    await until('an energy', async () => {
      body = (await (await fetch(`${address.url}api/observables?since=0&most=2`)).json()) as Records;
      return body.energies.length > 0;
    });
    expect(body.observations.map(({ step }) => step)).toEqual([50, 100]);
    expect(body.energies[0]?.energy).toBeTypeOf('number');
    const picture = await (await fetch(`${address.url}api/picture?most=500`)).arrayBuffer();
    const length = new DataView(picture).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(picture.slice(4, 4 + length))) as { step: number };
    expect(head).toMatchObject({ kind: 'particles', count: 500, dimension: 2, precision: 'f32' });
    expect(head.step).toBeGreaterThanOrEqual(view.step);
    expect(picture.byteLength).toBe(4 + length + 500 * 12);
    const metrics = await (await fetch(`${address.url}metrics`)).text();
    const counted = Number(/^wasserwerk_step_seconds_count (\d+)/mu.exec(metrics)?.[1]);
    expect(counted).toBeGreaterThan(100);
    expect(Number(/^wasserwerk_particle_steps_total (\d+)/mu.exec(metrics)?.[1])).toBe(counted * 100_000);
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    // The token is in no log.
    expect(stderr).toContain(`status: ${address.url}\n`);
    expect(stderr).not.toContain(address.token);
    expect(existsSync(folder('told', 'status.json'))).toBe(false);
  });

  it('sends events across looks, and the end', async () => {
    const { ended, address } = await begin('events', 1500);
    const text = await (await fetch(`${address.url}api/events?after=0`)).text();
    expect((await ended).code).toBe(0);
    const blocks = text.split('\n\n').map((block) => ({
      kind: /^event: (.*)$/mu.exec(block)?.[1],
      data: JSON.parse(/^data: (.*)$/mu.exec(block)?.[1] ?? 'null') as (RunView & RunEvent) | null,
    }));
    const steps = blocks.filter(({ kind }) => kind === 'view').map(({ data }) => data!.step);
    expect(steps.length).toBeGreaterThan(2);
    expect([...steps].sort((a, b) => a - b)).toEqual(steps);
    expect(steps.at(-1)).toBe(1500);
    const events = blocks
      .filter(({ kind }) => kind !== 'view' && kind !== undefined)
      .map(({ data }) => data!);
    expect(events[0]).toMatchObject({ kind: 'state', text: 'the run begins', id: 1 });
    expect(events.at(-1)).toMatchObject({ kind: 'state', text: 'finished', step: 1500 });
    expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => i + 1));
    const last = blocks.filter(({ kind }) => kind === 'view').at(-1)!.data!;
    expect(last).toMatchObject({ state: 'finished', stateHash: readManifest(folder('events')).stateHash });
    expect(last.energy?.step).toBe(1500);
  });

  it('pause stops the steps, a checkpoint is written meanwhile, and it goes on', async () => {
    const { ended, address } = await begin('paused', 1500);
    await until('steps', async () => (await viewOf(address)).step > 20);
    expect(await act(address, 'resume')).toBe(409);
    expect(await act(address, 'pause')).toBe(202);
    await until('the pause', async () => (await viewOf(address)).state === 'paused');
    const { step } = await viewOf(address);
    await sleep(600);
    expect(await viewOf(address)).toMatchObject({ step, state: 'paused', unitStepsPerSecond: null });
    expect(await act(address, 'pause')).toBe(409);
    expect((await fetch(`${address.url}api/picture?most=10`)).status).toBe(200);
    expect(checkpointSteps(folder('paused'))).toEqual([]);
    expect(await act(address, 'checkpoint')).toBe(202);
    await until('the checkpoint', async () => (await viewOf(address)).checkpoint?.step === step);
    expect(checkpointSteps(folder('paused'))).toEqual([step]);
    expect(await viewOf(address)).toMatchObject({ step, state: 'paused' });
    expect(await act(address, 'resume')).toBe(202);
    await until('steps', async () => (await viewOf(address)).step > step);
    expect((await ended).code).toBe(0);
  });

  it('without the token nothing happens; stop is what SIGTERM is, and the run can be resumed', async () => {
    const { ended, address } = await begin('stopped', 100_000);
    for (const action of ['pause', 'checkpoint', 'stop']) {
      expect((await fetch(`${address.url}api/${action}`, { method: 'POST' })).status).toBe(401);
      expect(await act({ ...address, token: 'x'.repeat(32) }, action)).toBe(401);
    }
    await until('steps', async () => (await viewOf(address)).step > 20);
    expect(await act(address, 'stop')).toBe(202);
    const { code, stdout } = await ended;
    expect(code).toBe(3);
    expect(stdout).toContain('go on with: wasserwerk resume');
    const { status, stepsDone, reason } = readManifest(folder('stopped'));
    expect({ status, reason }).toEqual({
      status: 'interrupted',
      reason: 'asked to through the status endpoint',
    });
    expect(checkpointSteps(folder('stopped'))).toEqual([stepsDone]);
    const resumed = start(['resume', folder('stopped'), '--workers', '1'], folder());
    running.push(resumed.child);
    const again = await addressOf(folder('stopped'));
    await until('steps', async () => (await viewOf(again)).step > stepsDone);
    resumed.child.kill('SIGTERM');
    expect((await resumed.ended).code).toBe(3);
  });
});

describe('what clients do changes nothing', () => {
  it('200 connections that read nothing, slow heads, floods, streams and pictures: the same bits, and it ends in time', async () => {
    const steps = 1200;
    const file = writeConfig(folder('alone.yaml'), config(steps));
    await wasserwerk(
      folder(),
      'run',
      file,
      '--out',
      folder('alone'),
      '--workers',
      '2',
      '--no-status',
      '--quiet',
    );
    const { ended, address } = await begin('crowd', steps);
    const { port } = new URL(address.url);
    const sockets = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const socket = await openSocket(Number(port));
        socket.on('error', () => undefined).pause();
        // Silent ones, slow heads, readers of nothing, streams.
        const text = [
          '',
          'GET /api/status HTTP/1.1\r\nHost: localhost\r\nX: ',
          'GET /api/picture HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20),
        ];
        socket.write(text[i % 4] ?? 'GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
        return socket;
      }),
    );
    let answered = 0;
    const scrape = (async () => {
      for (let i = 0; i < 300; i++) {
        const done = await Promise.allSettled([
          fetch(`${address.url}metrics`).then((response) => response.text()),
          fetch(`${address.url}api/picture?most=50000`).then((response) => response.arrayBuffer()),
          raw(Number(port), 'GET / HTTP/9.9\r\n\r\n\u0000', 200),
        ]);
        if (done[0].status === 'rejected') return;
        answered++;
      }
    })();
    const { code } = await ended;
    await scrape;
    expect(code).toBe(0);
    expect(answered).toBeGreaterThan(0);
    for (const socket of sockets) socket.destroy();
    expect(readManifest(folder('crowd')).stateHash).toBe(readManifest(folder('alone')).stateHash);
    const [crowd, alone] = [resultsOf(folder('crowd')), resultsOf(folder('alone'))];
    // It names the config's file.
    for (const results of [crowd, alone]) results.delete('config-bundle.json');
    expect(crowd).toEqual(alone);
    expect(crowd.size).toBeGreaterThan(5);
  });

  it('pauses, checkpoints and pictures leave the bits as they are', async () => {
    const { ended, address } = await begin('handled', 1200);
    for (let i = 0; i < 6; i++) {
      await act(address, 'pause');
      await act(address, 'checkpoint');
      await fetch(`${address.url}api/picture?most=1000`).then((response) => response.arrayBuffer());
      await act(address, 'resume');
      await sleep(30);
    }
    expect((await ended).code).toBe(0);
    expect(readManifest(folder('handled')).stateHash).toBe(readManifest(folder('alone')).stateHash);
  });
});

describe('flags', () => {
  it('a port that is taken: exit code 2, before the folder is made', async () => {
    const { ended, address, child } = await begin('holder', 100_000);
    const { port } = new URL(address.url);
    const file = folder('holder.yaml');
    const second = await wasserwerk(folder(), 'run', file, '--out', folder('second'), '--status-port', port);
    expect({ code: second.code, stdout: second.stdout }).toEqual({ code: 2, stdout: '' });
    expect(second.stderr).toMatch(/another process listens there\n {4}fix: /u);
    expect(existsSync(folder('second'))).toBe(false);
    child.kill('SIGTERM');
    await ended;
  });

  it('--no-status: no endpoint, no file; a bad port is told; --status-host beyond this machine is warned of', async () => {
    const file = writeConfig(folder('quick.yaml'), config(20));
    const none = await wasserwerk(folder(), 'run', file, '--out', folder('none'), '--no-status');
    expect(none.code).toBe(0);
    expect(none.stderr).not.toContain('http://');
    const bad = await wasserwerk(folder(), 'run', file, '--status-port', '70000');
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain('Give a port from 0 to 65535.');
    const wide = await wasserwerk(folder(), 'run', file, '--out', folder('wide'), '--status-host', '0.0.0.0');
    expect(wide.code).toBe(0);
    expect(wide.stderr).toContain('warning: --status-host 0.0.0.0');
  });
});

describe('wasserwerk status and view', () => {
  const statusOf = async (path: string): Promise<RunView> => {
    const { code, stdout, stderr } = await wasserwerk(folder(), 'status', path, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as RunView;
  };

  it('of a run that goes on: by folder, by URL, as lines with --watch', async () => {
    const { ended, address } = await begin('live', 2500);
    const watched = wasserwerk(folder(), 'status', folder('live'), '--watch');
    // Held up, so that it does not end before it was asked for.
    await act(address, 'pause');
    await until('the pause', async () => (await viewOf(address)).state === 'paused');
    expect(await statusOf(folder('live'))).toMatchObject({ state: 'paused', name: 'watched' });
    expect((await statusOf(address.url)).workers).toHaveLength(2);
    await act(address, 'resume');
    expect((await ended).code).toBe(0);
    const { code, stdout } = await watched;
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines[0]).toMatch(/^watched: (running|starting|paused) {2}step \d+\/2500/u);
    expect(lines.at(-1)).toMatch(/^watched: finished {2}step 2500\/2500 \(100%\) {2}time 25 {2}E /u);
    expect(stdout).not.toContain('\u001b');
  });

  it('of folders that are finished, killed, failed, or none', async () => {
    expect(await statusOf(folder('live'))).toMatchObject({
      ...{ state: 'finished', step: 2500, endTime: 25, stateHash: readManifest(folder('live')).stateHash },
      observation: { step: 2500 },
      energy: { step: 2500 },
    });
    const { child, ended, address } = await begin('killed', 100_000);
    await until('steps', async () => (await viewOf(address)).step > 60);
    child.kill('SIGKILL');
    await ended;
    // Its status.json is still there, and nobody answers.
    expect(existsSync(folder('killed', 'status.json'))).toBe(true);
    const killed = await statusOf(folder('killed'));
    expect(killed.state).toBe('unknown');
    expect(killed.reason).toContain('wasserwerk resume');
    expect(killed.step).toBeGreaterThanOrEqual(50);

    const file = writeConfig(
      folder('failed.yaml'),
      config(2000, { potential: { formula: 'where(t < 2, 0.5*x^2, -x^4) + 0.5*y^2' } }),
    );
    const failed = await wasserwerk(folder(), 'run', file, '--out', folder('failed'), '--workers', '1');
    expect(failed.code).toBe(1);
    expect(existsSync(folder('failed', 'status.json'))).toBe(false);
    const view = await statusOf(folder('failed'));
    expect(view.state).toBe('failed');
    expect(view.reason).not.toBeNull();

    const nothing = await wasserwerk(folder(), 'status', folder('nowhere'));
    expect(nothing.code).toBe(2);
    expect(nothing.stderr).toContain('there is no folder');
    const gone = await wasserwerk(folder(), 'status', address.url);
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain('nobody answers');
  });

  it('without an argument, the newest run below runs/', async () => {
    const cwd = folder('elsewhere');
    mkdirSync(cwd);
    expect((await wasserwerk(cwd, 'status')).stderr).toContain('there is no run below runs/');
    writeFileSync(join(cwd, 'quick.yaml'), JSON.stringify(config(20)));
    await wasserwerk(cwd, 'run', 'quick.yaml', '--quiet');
    const { code, stdout } = await wasserwerk(cwd, 'status');
    expect(code).toBe(0);
    expect(stdout).toContain('finished');
    expect(stdout).toContain('step 20/20');
  });

  it('view serves a folder until it is told to stop', async () => {
    rmSync(folder('live', 'status.json'), { force: true });
    const child = spawn(process.execPath, [
      join(process.cwd(), 'dist/src/cli/main.js'),
      'view',
      folder('live'),
    ]);
    const url = await new Promise<string>((resolve) => {
      child.stdout.once('data', (text: Buffer) => {
        resolve(text.toString().trim());
      });
    });
    expect(((await (await fetch(`${url}api/status`)).json()) as RunView).state).toBe('finished');
    expect((await fetch(url)).headers.get('content-type')).toContain('text/html');
    expect(await act({ url, token: 'any', pid: 0 }, 'stop')).toBe(401);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  });
});
