// The scripts of deploy/ do what they say: run for real, with stand-ins for wasserwerk, srun and scontrol that write down how
// they were called. The NATS server is a real one.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deploy } from './files.js';

let folder = '';
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasserwerk-deploy-'));
  mkdirSync(join(folder, 'bin'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('close', resolve));
    }
  }
  rmSync(folder, { recursive: true, force: true });
});

const path = (...names: string[]): string => join(folder, ...names);
const calls = (): string[] =>
  existsSync(path('calls')) ? readFileSync(path('calls'), 'utf8').split('\n').slice(0, -1) : [];

/** Puts a program on the PATH that writes down its arguments, then does as told. */
function standIn(name: string, then: string): void {
  writeFileSync(path('bin', name), `#!/usr/bin/env bash\necho "${name} $*" >>'${path('calls')}'\n${then}\n`);
  chmodSync(path('bin', name), 0o755);
}

interface Started {
  readonly child: ChildProcess;
  readonly code: Promise<number | null>;
  readonly said: () => string;
}

function start(script: string, args: readonly string[], env: Record<string, string> = {}): Started {
  const child = spawn('bash', [join(deploy, script), ...args], {
    cwd: folder,
    env: { ...process.env, PATH: `${path('bin')}:${process.env['PATH'] ?? ''}`, TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, code, said: () => text };
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (isTrue()) return;
    await sleep(50);
  }
  throw new Error(`waited for 30 s: ${what}; calls: ${calls().join(' | ')}`);
}

describe('make-credentials.sh', () => {
  const make = (...names: string[]): void => {
    execFileSync(join(deploy, 'common/make-credentials.sh'), [path('made'), ...names], { stdio: 'pipe' });
  };

  it('makes files that a server takes and others cannot read; passwords stay when workers are added', () => {
    make('a', 'b');
    const first = readFileSync(path('made/workers/a.password'), 'utf8');
    expect(first).toMatch(/^[0-9a-f]{64}$/u);
    expect(readFileSync(path('made/workers/b.password'), 'utf8')).not.toBe(first);
    make('a', 'b', 'c');
    expect(readFileSync(path('made/workers/a.password'), 'utf8')).toBe(first);
    expect(readFileSync(path('made/workers.env'), 'utf8').split('\n')).toHaveLength(4);
    for (const file of ['accounts.conf', 'coordinator.password', 'workers.env', 'workers/c.password']) {
      expect(statSync(path('made', file)).mode & 0o077, file).toBe(0);
    }
    execFileSync('nats-server', ['-t', '-c', path('made/wasserwerk.conf')], { stdio: 'pipe' });
  });

  // What deploy/nats makes for the same names is the truth about who may do what.
  const reference = join(deploy, 'nats/make-credentials.mjs');
  it.skipIf(!existsSync(reference))('gives the subjects that deploy/nats gives', () => {
    make('w1', 'w2');
    const options = ['--workers', 'w1,w2', '--auth', 'environment', '--out', path('reference')];
    execFileSync(process.execPath, [reference, ...options], { stdio: 'pipe' });
    // Per user: the subjects in quotes after its name, passwords left out.
    const subjects = (file: string): Map<string, string[]> =>
      new Map(
        readFileSync(path(file), 'utf8')
          .split('user: "')
          .slice(1)
          .map((part) => [
            part.slice(0, part.indexOf('"')),
            [...part.matchAll(/^\s*"([^"]+)"$/gmu)].map(([, subject]) => subject),
          ]),
      );
    const [made, wanted] = [subjects('made/accounts.conf'), subjects('reference/accounts.conf')];
    expect([...made.keys()]).toEqual(['coordinator', 'w1', 'w2']);
    for (const [user, list] of made) expect(list.sort(), user).toEqual(wanted.get(user)?.sort());
  });

  it.each([['a', 'a'], ['coordinator'], ['a.b'], ['x>'], ['']])('refuses %s %s', (...names) => {
    expect(() => make(...names)).toThrow(/make-credentials/u);
    expect(existsSync(path('made'))).toBe(false);
  });
});

describe('run-or-resume.sh', () => {
  it('begins, then goes on, with the same options; the exit code is that of wasserwerk', async () => {
    standIn('wasserwerk', 'exit 3');
    expect(await start('common/run-or-resume.sh', ['m.yaml', 'runs/a', '--machines=2']).code).toBe(3);
    mkdirSync(path('runs/a'), { recursive: true });
    writeFileSync(path('runs/a/manifest.json'), '{}');
    expect(await start('common/run-or-resume.sh', ['m.yaml', 'runs/a', '--machines=2']).code).toBe(3);
    expect(calls()).toEqual([
      'wasserwerk run m.yaml --out runs/a --machines=2',
      'wasserwerk resume runs/a --machines=2',
    ]);
  });

  it('waits for the lock of another machine, not for an old one', async () => {
    standIn('wasserwerk', 'exit 0');
    mkdirSync(path('runs/a'), { recursive: true });
    writeFileSync(path('runs/a/manifest.json'), '{}');
    writeFileSync(path('runs/a/run.lock'), '{"host": "elsewhere"}');
    const run = start('common/run-or-resume.sh', ['m.yaml', 'runs/a']);
    await until('it waits', () => run.said().includes('locked by another machine'));
    expect(calls()).toEqual([]);
    const old = new Date(Date.now() - 120_000);
    utimesSync(path('runs/a/run.lock'), old, old);
    expect(await run.code).toBe(0);
    expect(calls()).toEqual(['wasserwerk resume runs/a']);
  });
});

describe('worker-slot.sh', () => {
  it('gives each worker a name of its own, and one that is free again to the next', async () => {
    // A program that holds the lock as long as it lives, as Node does: see that it inherits it.
    standIn('wasserwerk', `exec '${process.execPath}' -e 'setTimeout(() => {}, 60000)'`);
    mkdirSync(path('slots'));
    mkdirSync(path('passwords'));
    for (const name of ['w-1', 'w-2']) writeFileSync(path('passwords', `${name}.password`), 'x');
    const args = [path('passwords'), path('slots'), '--workers=2'];
    const first = start('common/worker-slot.sh', args);
    await until('the first', () => calls().length === 1);
    const second = start('common/worker-slot.sh', args);
    await until('the second', () => calls().length === 2);
    const third = start('common/worker-slot.sh', args);
    expect(await third.code).toBe(2);
    expect(third.said()).toContain('all 2 names');
    first.child.kill('SIGKILL');
    await first.code;
    const fourth = start('common/worker-slot.sh', args);
    await until('the fourth', () => calls().length === 3);
    const call = (name: string): string =>
      `wasserwerk worker --name ${name} --nats-user ${name} --nats-password-file ${path('passwords', `${name}.password`)} --workers=2`;
    expect(calls()).toEqual([call('w-1'), call('w-2'), call('w-1')]);
    for (const one of [second, fourth]) one.child.kill('SIGKILL');
    await Promise.all([second.code, fourth.code]);
  });
});

describe('connected.sh', () => {
  it('tells two connections from one', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const sockets: Socket[] = [];
    const check = (): Promise<number | null> =>
      start('common/connected.sh', [], { WASSERWERK_NATS_URL: `nats://127.0.0.1:${port}` }).code;
    try {
      expect(await check()).toBe(1);
      for (const wanted of [1, 0]) {
        const socket = connect(port, '127.0.0.1');
        sockets.push(socket);
        await new Promise((resolve) => socket.once('connect', resolve));
        expect(await check()).toBe(wanted);
      }
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });
});

describe('wasserwerk.sbatch', () => {
  const env = {
    SLURM_JOB_ID: '7',
    SLURM_JOB_NUM_NODES: '3',
    SLURM_CPUS_PER_TASK: '2',
    WASSERWERK_DEPLOY: deploy,
  };
  beforeEach(() => {
    standIn(
      'srun',
      `while [[ $1 == --* ]]; do if [[ $1 == --ntasks=* ]]; then n=\${1#*=}; fi; shift; done
# Told to end while it still starts tasks, it ends those, too.
pids=(); told=false; trap 'told=true; [ \${#pids[@]} -eq 0 ] || kill -TERM "\${pids[@]}"' TERM
for ((i = 0; i < n; i++)); do SLURM_PROCID=$i "$@" & pids+=($!); done
if $told; then kill -TERM "\${pids[@]}"; fi
wait; wait`,
    );
    standIn('scontrol', '');
    standIn(
      'wasserwerk',
      `say() { echo "$*" >>'${path('calls')}'; }
password=$(grep -o 'password-file [^ ]*' <<<"$*" | cut -d' ' -f2); [ -s "$password" ] || say 'no password'
case $1 in
  worker) trap 'say left; exit 0' TERM; say ready; while :; do sleep 0.05; done ;;
  run) mkdir -p "$4"; touch "$4/manifest.json"; trap 'say checkpoint; exit 3' TERM; say ready; while :; do sleep 0.05; done ;;
  resume) exit "\${RESUMED:-0}" ;;
esac`,
    );
    writeFileSync(path('m.yaml'), '');
  });
  const called = (pattern: RegExp): string[] => calls().filter((line) => pattern.test(line));

  it('before the time limit: checkpoint, then workers, then the queue again; afterwards goes on', async () => {
    const job = start('slurm/wasserwerk.sbatch', ['m.yaml', 'runs/a'], env);
    await until('all are there', () => called(/^ready/u).length === 4);
    const [run] = called(/^wasserwerk run/u);
    expect(run).toMatch(/--nats nats:\/\/[^ ]+:\d+ --nats-user coordinator .*--machines 3 --max-machines 3/u);
    expect(
      called(/^wasserwerk worker/u)
        .map((line) => /--name (\S+) --workers 2/u.exec(line)?.[1])
        .sort(),
    ).toEqual(['node-0', 'node-1', 'node-2']);
    const secrets = readdirSync(path('runs')).filter((name) => name.startsWith('.'));
    expect(secrets).toHaveLength(1);
    expect(statSync(path('runs', secrets[0])).mode & 0o077).toBe(0);

    job.child.kill('SIGTERM');
    expect(await job.code).toBe(3);
    expect(calls().slice(-5)).toEqual(['checkpoint', 'left', 'left', 'left', 'scontrol requeue 7']);
    expect(called(/no password/u)).toEqual([]);
    // Neither passwords nor files of the server are left.
    expect(readdirSync(path('runs'))).toEqual(['a']);
    expect(readdirSync(folder).sort()).toEqual(['bin', 'calls', 'm.yaml', 'runs']);

    expect(await start('slurm/wasserwerk.sbatch', ['m.yaml', 'runs/a'], env).code).toBe(0);
    expect(called(/^wasserwerk resume/u)).toHaveLength(1);
    expect(called(/^scontrol/u)).toHaveLength(1);
  });

  it('does not queue a run again that has failed, or that was begun again too often', async () => {
    mkdirSync(path('runs/a'), { recursive: true });
    writeFileSync(path('runs/a/manifest.json'), '{}');
    expect(await start('slurm/wasserwerk.sbatch', ['m.yaml', 'runs/a'], { ...env, RESUMED: '1' }).code).toBe(
      1,
    );
    const tired = { ...env, RESUMED: '3', SLURM_RESTART_COUNT: '5', WASSERWERK_MAX_RESTARTS: '5' };
    expect(await start('slurm/wasserwerk.sbatch', ['m.yaml', 'runs/a'], tired).code).toBe(3);
    expect(called(/^scontrol/u)).toEqual([]);
  });

  it('says what is missing', async () => {
    const job = start('slurm/wasserwerk.sbatch', ['nowhere.yaml', 'runs/a'], env);
    expect(await job.code).toBe(2);
    expect(job.said()).toContain('there is no config');
  });
});
