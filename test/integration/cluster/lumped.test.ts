// Lumped runs and searches whose points are on machines: the same bits as on one thread, whoever is lost on the way; and code that runs only where
// the machine allows it. Points in one process are test/integration/lumped.test.ts; what is asked of machines test/cluster/lumped.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lineCount, readManifest, resultsOf, root, wasserwerk, writeConfig } from '../command.js';
import { makeCredentials, startDeployed } from './credentials.js';
import { useField } from './harness.js';

const field = useField();

/** Workers of equal speed, which need not measure it. */
const quick = { prefix: ['env', 'WASSERWERK_SPEED=100000000'] };
const workersOf = (...names: string[]) => names.map((name) => field().worker(name, quick));

/** Second order with restarts and walls, on a graph that grows: everything that a state has. */
const config = {
  name: 'a growing graph',
  space: { variables: 3, boundary: ['free', 'reflecting', 'free'], box: [-4, 4] },
  grow: { letters: { name: 's', length: 12 }, every: 5, floor: 1e-3, grace: 10, nodes: 40 },
  potential: { formula: 'sum(i, 0, 11, (s[i] - mod(i, 2))^2) + 0.5*sum(i, 0, 2, (x[i] - i)^2)' },
  temperature: 0.2,
  dynamics: {
    kind: 'accelerated',
    friction: { nesterov: 3, restart: 'energy' },
    mobility: 'log-mean',
    splitting: 'strang',
  },
  lumped: { tolerance: 1e-4 },
  representation: 'lumped',
  initial: { uniform: { low: -1, high: 1 } },
  time: { step: 0.02, steps: 1000 },
  observe: { every: 10 },
  snapshots: { every: 200 },
  checkpoint: { every: 100 },
};

/** What the config gives on one thread, left alone. */
let expected = new Map<string, string>();
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasserwerk-lumped-'));
  try {
    writeConfig(join(folder, 'config.yaml'), config);
    const { code, stderr } = await wasserwerk(
      ...([folder, 'run', 'config.yaml', '--out', 'alone', '--workers', '1'] as const),
    );
    expect(code, stderr).toBe(0);
    expected = resultsOf(join(folder, 'alone'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** That the run has left the same files, but for what tells who computed it. */
function expectSame(): void {
  const actual = resultsOf(field().run.path);
  for (const [name, content] of expected) {
    // The path of the config is in its bundle.
    const isOther = name === 'manifest.json' || name === 'config-bundle.json';
    if (!isOther && actual.get(name) !== content) expect.fail(`${name} differs`);
  }
  expect([...actual.keys()].filter((name) => !expected.has(name))).toEqual(['machines.json']);
  const { stateHash } = JSON.parse(expected.get('manifest.json') ?? '') as { stateHash: string };
  expect(readManifest(field().run.path)).toMatchObject({ status: 'finished', stateHash });
}

describe('points on machines', () => {
  it('one is killed while nodes are born and retired, one leaves, another takes their place: the same bits', async () => {
    await field().startServer();
    const all = workersOf('w1', 'w2', 'w3');
    const run = field().coordinator(2, config, { args: ['--max-machines', '2'], replace: true });
    await field().midst();
    // Which two of the three have points is the run's choice.
    const at = /machines \(threads\): (w\d) \(1\), (w\d) \(1\)/u.exec(run.said) ?? [];
    const workers = new Map(all.map((worker) => [worker.name, worker]));
    await workers.get(at[1])?.kill();
    await field().until('others go on', () => field().run.epoch === 2);
    const leaving = workers.get(at[2]);
    leaving?.send('SIGTERM');
    const { code, stderr, stdout } = await run.end(90);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/machine w\d (gave no sign of life|is gone)/u);
    expect(stderr).toContain(`machine ${at[2]} wants to leave`);
    expectSame();
    const told = JSON.parse(stdout) as { machines: { messagesPerStep: number } };
    expect(told.machines).toMatchObject({ kind: 'points', reforms: 2 });
    // A request and a reply for each machine that has nodes.
    expect(told.machines.messagesPerStep).toBeLessThanOrEqual(4);
    await field().expectSound(...[...workers].filter(([name]) => name !== at[1]).map(([, worker]) => worker));
  });

  it('a server that starts again, Ctrl-C, and another number of machines: the same bits', async () => {
    const server = await field().startServer();
    const workers = workersOf('w1', 'w2');
    const run = field().coordinator(2, config, { replace: true });
    await field().midst();
    await server.kill();
    await server.start();
    const before = field().run.step;
    await field().until('it goes on', () => field().run.step > before);
    run.send('SIGINT');
    const stopped = await run.end(60);
    expect({ code: stopped.code, stderr: stopped.stderr }).toMatchObject({ code: 130 });
    expect(readManifest(field().run.path).stepsDone).toBeLessThan(1000);
    workers.push(...workersOf('w3'));
    const on = field().start('resume', ['resume', field().run.path, '--machines', '3']);
    const { code, stderr } = await on.end(90);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/3 workers on other machines, from step [1-9]/u);
    expectSame();
    await field().expectSound(...workers);
  });
});

describe('code of an objective', () => {
  const example = join(root, 'configs/objective-module.yaml');

  it('runs only on workers with --allow-modules, within the permissions of deploy/nats', async () => {
    const alike = ['--set', 'time.end=20', '--allow-modules', '--json'];
    const here = await wasserwerk(
      field().folder,
      'run',
      example,
      ...alike,
      '--out',
      'here',
      '--workers',
      '1',
    );
    expect({ code: here.code, stderr: here.stderr }).toMatchObject({ code: 0 });
    const credentials = makeCredentials('--auth', 'nkey');
    const server = await startDeployed('server.conf', credentials);
    field().cleanup(() => server.remove());
    const as = (name: string) => ({
      ...quick,
      url: server.url,
      args: ['--nats-nkey-file', credentials.path(`${name}.nkey`)],
    });
    const careful = field().worker('w1', as('w1'));
    const args = ['run', example, ...alike, '--out', field().run.path, '--machines', '1', '--wait', '30'];
    const run = field().start('run', args, as('coordinator'));
    await field().until('it is refused', () => run.said.includes('is not used any more'));
    expect(run.said).toContain(
      'machine w1 cannot take part: the run has code of its own (objectives/subset.ts)',
    );
    expect(run.said).toContain('start it with --allow-modules');
    const trusting = field().worker('w2', { ...as('w2'), args: [...as('w2').args, '--allow-modules'] });
    const { code, stdout, stderr } = await run.end(60);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const hash = ({ stateHash }: { stateHash: string }): string => stateHash;
    expect(hash(JSON.parse(stdout) as never)).toBe(hash(JSON.parse(here.stdout) as never));
    await field().expectSound(careful, trusting);
  });

  it('a search whose machine is killed gives the same answer', async () => {
    const changes = ['time.end=15', 'checkpoint.every=50', 'optimize.restarts=1'];
    const settings = ['--allow-modules', ...changes.flatMap((change) => ['--set', change])];
    const here = await wasserwerk(field().folder, 'optimize', example, ...settings, '--out', 'here');
    expect({ code: here.code, stderr: here.stderr }).toMatchObject({ code: 0 });
    await field().startServer();
    const workers = ['w1', 'w2'].map((name) => field().worker(name, { ...quick, args: ['--allow-modules'] }));
    const out = join(field().folder, 'search');
    const search = field().start('optimize', [
      ...['optimize', example, ...settings, '--out', out, '--machines', '2'],
    ]);
    await field().until('a checkpoint', () => existsSync(join(out, 'state.msgpack')));
    await workers[0].kill();
    const { code, stderr } = await search.end(90);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/machine w1 .*: going on from step \d+ of round \d/u);
    const table = (folder: string): string => readFileSync(join(folder, 'nodes.csv'), 'utf8');
    expect(table(out)).toBe(table(join(field().folder, 'here')));
    expect(lineCount(join(out, 'progress.csv'))).toBe(
      lineCount(join(field().folder, 'here', 'progress.csv')),
    );
    await field().expectSound(workers[1]);
  });
});
