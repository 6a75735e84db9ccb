// Runs that are interrupted, killed or damaged and then resumed leave the same results as one that was left alone, byte
// for byte. Also what is said and which exit codes are given on the way. Disks that fill up are failures.test.ts.

import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  checkpointSteps,
  filesBelow,
  lineCount,
  program,
  readManifest,
  resultsOf,
  start,
  until,
  useFolder,
  wasserwerk,
  writeConfig,
  type Started,
} from './command.js';

const folder = useFolder();

// Strang and leimkuhler-matthews have the most state: memory of the noise, two exchanges a step. Long enough to be caught.
const config = {
  name: 'to be interrupted',
  space: { variables: ['x', 'y'] },
  graph: { ring: 6, weight: 2 },
  potential: { formula: '0.5*((x - node)^2 + y^2) + 0.3*node' },
  temperature: { linear: { from: 2, to: 1, duration: 10 } },
  dynamics: { mobility: 'metropolis', integrator: 'leimkuhler-matthews', splitting: 'strang' },
  particles: 40_000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.005, steps: 1600 },
  seed: 5,
  observe: { every: 20 },
  snapshots: { every: 300, particles: 500 },
  checkpoint: { every: 250, keep: 3 },
};

let file = '';
let expected = new Map<string, string>();

beforeAll(async () => {
  file = writeConfig(folder('config.yaml'), config);
  const { code } = await run('undisturbed', '--workers', '2').ended;
  expect(code).toBe(0);
  expected = resultsOf(folder('undisturbed'));
});

function run(out: string, ...args: string[]): Started {
  return start(['run', file, '--out', out, ...args], folder());
}

/** Waits until a run has written so many observations. */
async function untilObserved(out: string, lines: number): Promise<void> {
  await until(`${out} has ${lines} observations`, () => lineCount(folder(out, 'observables.jsonl')) >= lines);
}

function expectSameResults(out: string): void {
  const actual = resultsOf(folder(out));
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  for (const [name, content] of expected) {
    // Not toBe: nobody wants to read that difference.
    if (actual.get(name) !== content) expect.fail(`${out}/${name} differs`);
  }
  const [mine, theirs] = [folder(out), folder('undisturbed')].map((path) =>
    filesBelow(join(path, 'checkpoints')),
  );
  const common = [...mine.keys()].filter((name) => name.endsWith('.bin') && theirs.has(name));
  expect(common.length).toBeGreaterThan(0);
  for (const name of common) expect(mine.get(name)?.equals(theirs.get(name) as Buffer), name).toBe(true);
}

describe('a run that is left alone', () => {
  it('leaves what the others are compared with', () => {
    expect([...expected.keys()]).toEqual(
      expect.arrayContaining([
        'observables.jsonl',
        'observables.csv',
        'jumps.csv',
        'snapshots.zarr/zarr.json',
      ]),
    );
    expect(lineCount(folder('undisturbed', 'observables.jsonl'))).toBe(81);
    expect(checkpointSteps(folder('undisturbed'))).toEqual([1000, 1250, 1500]);
  });

  it('would be told from another one', async () => {
    await run('other seed', '--seed', '6').ended;
    const other = resultsOf(folder('other seed'));
    for (const name of ['observables.jsonl', 'observables.csv', 'jumps.csv', 'manifest.json']) {
      expect(other.get(name), name).not.toBe(expected.get(name));
    }
  });
});

describe('a run that is interrupted', () => {
  it('ends with a checkpoint and 130, and goes on with another number of workers to the same bytes', async () => {
    const interrupted = run('interrupted', '--workers', '2');
    await untilObserved('interrupted', 20);
    interrupted.child.kill('SIGINT');
    const first = await interrupted.ended;
    expect(first.code).toBe(130);
    expect(first.stderr).toContain('SIGINT: writing a checkpoint');
    expect(first.stdout).toMatch(
      /stopped after step \d+ of 1600; go on with: wasserwerk resume interrupted/u,
    );
    const manifest = readManifest(folder('interrupted'));
    expect(manifest).toMatchObject({ status: 'interrupted', reason: 'SIGINT' });
    expect(manifest.stepsDone).toBeLessThan(1600);
    expect(checkpointSteps(folder('interrupted')).at(-1)).toBe(manifest.stepsDone);

    const second = await wasserwerk(folder(), 'resume', 'interrupted', '--workers', '3');
    expect(second.code).toBe(0);
    expect(second.stderr).toContain(`from step ${manifest.stepsDone}`);
    expect(second.stdout).toContain(`finished steps ${manifest.stepsDone} to 1600`);
    expectSameResults('interrupted');
  });

  it('can be interrupted and resumed again and again', async () => {
    let going = run('often', '--workers', '1');
    for (const lines of [12, 36, 60]) {
      await untilObserved('often', lines);
      going.child.kill('SIGTERM');
      expect((await going.ended).code).toBe(3);
      expect(readManifest(folder('often'))).toMatchObject({ status: 'interrupted', reason: 'SIGTERM' });
      going = start(['resume', 'often', '--workers', lines === 36 ? '3' : '1'], folder());
    }
    expect((await going.ended).code).toBe(0);
    expectSameResults('often');
  });

  it('ends at once when told twice, and can be resumed all the same', async () => {
    // Many particles: a look comes every 0.2 s at best, and a checkpoint takes its time.
    const slow = run(
      'twice',
      '--workers',
      '1',
      '--set',
      'particles=2_000_000',
      '--set',
      'observe.every=100_000',
    );
    await until('steps begin', () => slow.said().includes('step '));
    slow.child.kill('SIGINT');
    await until('the first is heard', () => slow.said().includes('SIGINT'));
    slow.child.kill('SIGINT');
    const { code, stdout } = await slow.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(readManifest(folder('twice'))).toMatchObject({ status: 'running', stepsDone: 0 });
    const again = start(['resume', 'twice'], folder());
    await until('it goes on', () => again.said().includes('step '));
    again.child.kill('SIGKILL');
    await again.ended;
  });
});

describe('a run that is killed', () => {
  it('goes on from its last checkpoint to the same bytes', async () => {
    const killed = run('killed', '--workers', '2');
    await untilObserved('killed', 30);
    killed.child.kill('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');
    expect(readManifest(folder('killed')).status).toBe('running');
    const last = checkpointSteps(folder('killed')).at(-1);
    expect(last).toBeGreaterThan(0);

    const resumed = await wasserwerk(folder(), 'resume', 'killed', '--workers', '1');
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain(`from step ${last}`);
    expectSameResults('killed');
  });

  it('before its first checkpoint starts from the beginning, and says so', async () => {
    const killed = run('early', '--set', 'checkpoint.every=10min');
    await untilObserved('early', 5);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(checkpointSteps(folder('early'))).toEqual([]);
    const resumed = await wasserwerk(folder(), 'resume', 'early');
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain('there is no checkpoint yet: the run starts from the beginning');
    for (const name of ['observables.jsonl', 'observables.csv', 'jumps.csv']) {
      expect(readFileSync(folder('early', name), 'latin1') === expected.get(name), name).toBe(true);
    }
  });

  it('falls back to an older checkpoint where the newest is damaged, with a warning', async () => {
    const killed = run('damaged', '--workers', '2');
    await until('two checkpoints', () => checkpointSteps(folder('damaged')).length >= 2);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const steps = checkpointSteps(folder('damaged'));
    const newest = folder('damaged', 'checkpoints', `step-${String(steps.at(-1)).padStart(12, '0')}`);
    const part = join(newest, readdirSync(newest).find((name) => name.startsWith('shards-')) as string);
    const bytes = readFileSync(part);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(part, bytes);

    const resumed = await wasserwerk(folder(), 'resume', 'damaged', '--workers', '2');
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(/warning: .*damaged/u);
    expect(resumed.stderr).toContain(`from step ${steps.at(-2)}`);
    expect(readManifest(folder('damaged')).warnings.join()).toContain('damaged');
    expectSameResults('damaged');
  });

  it('without the rest of its files is refused with a reason, not a stack', async () => {
    cpSync(folder('undisturbed', 'manifest.json'), folder('bare', 'manifest.json'));
    const manifest = readManifest(folder('bare'));
    writeConfig(folder('bare', 'manifest.json'), { ...manifest, status: 'running' });
    const { code, stderr } = await wasserwerk(folder(), 'resume', 'bare');
    expect(code).toBe(2);
    expect(stderr).toContain('config-bundle.json');
    expect(stderr).not.toContain('    at ');
  });
});

describe('a run that is finished', () => {
  it('is left as it is by resume, which says so and gives its results', async () => {
    const before = filesBelow(folder('undisturbed'));
    const first = await wasserwerk(folder(), 'resume', 'undisturbed');
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('this run is finished: all 1600 steps are done');
    const second = await wasserwerk(folder(), 'resume', 'undisturbed', '--json');
    expect(second.code).toBe(0);
    const manifest = readManifest(folder('undisturbed'));
    expect(JSON.parse(second.stdout)).toMatchObject({
      status: 'finished',
      alreadyFinished: true,
      step: 1600,
      stateHash: manifest.stateHash,
    });
    const after = filesBelow(folder('undisturbed'));
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [name, bytes] of before) expect(after.get(name)?.equals(bytes), name).toBe(true);
  });
});

describe('a run under way', () => {
  it('cannot be resumed by another process', async () => {
    const going = run('locked', '--set', 'time.steps=100_000');
    await untilObserved('locked', 2);
    const second = await wasserwerk(folder(), 'resume', 'locked');
    expect(second.code).toBe(2);
    expect(second.stderr).toContain('in use by process');
    going.child.kill('SIGINT');
    expect((await going.ended).code).toBe(130);
  });

  it('goes on when who reads along stops reading', () => {
    const command = `"${process.execPath}" "${program}" run "${file}" --out unread 2>&1 | head -c 10`;
    spawnSync('bash', ['-c', command], { cwd: folder() });
    expect(readManifest(folder('unread')).status).toBe('finished');
    expectSameResults('unread');
  });
});
