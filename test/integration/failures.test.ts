// Runs that must fail: diverging, unbounded, frantic, out of disk. Each ends with exit code 1, says what happened and what
// to do, and leaves a folder that tells the same and keeps what was good. Interruptions are resume.test.ts.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  checkpointSteps,
  lineCount,
  readManifest,
  start,
  useFolder,
  wasserwerk,
  writeConfig,
} from './command.js';

const folder = useFolder();

const well = {
  name: 'to fail',
  space: { variables: ['x'] },
  graph: { nodes: ['soft', 'stiff'], edges: [['soft', 'stiff']] },
  potential: { formula: '0.5*k*x^2', parameters: { k: [1, 50] } },
  temperature: 1,
  particles: 4000,
  initial: { gaussian: { mean: 0, std: 0.1 } },
  time: { step: 0.01, steps: 4000 },
  observe: { every: 20 },
};

async function fail(name: string, changes: object) {
  const file = writeConfig(folder(`${name}.yaml`), { ...well, ...changes });
  const result = await wasserwerk(folder(), 'run', file, '--out', name, '--workers', '2');
  expect(result.code).toBe(1);
  expect(result.stdout).toBe('');
  expect(result.stderr).not.toContain('    at ');
  expect(result.stderr).not.toContain('defect of wasserwerk');
  const manifest = readManifest(folder(name));
  expect(manifest['status']).toBe('failed');
  expect(result.stderr).toContain((manifest['error'] as { message: string }).message);
  return { ...result, manifest };
}

describe('a run fails with a message that helps', () => {
  it('when the step is far too long: node, step, a shorter step', async () => {
    const { stderr, manifest } = await fail('diverging', { time: { step: 0.3, steps: 4000 } });
    expect(stderr).toContain('warning: time.step: the step is unstable');
    expect(stderr).toMatch(
      /error: .* on node (?:stiff|soft) (is (NaN|-?Infinity) at step \d+|has left the range of numbers)/u,
    );
    expect(stderr).toContain('time.step is too large for the stiffest node (try 0.075)');
    expect(manifest).toMatchObject({ error: { code: 'not-finite' }, stateHash: null });
    // Whatever was finite can still be read.
    expect(lineCount(folder('diverging', 'observables.jsonl'))).toBeGreaterThan(0);
    expect(readFileSync(folder('diverging', 'observables.jsonl'), 'utf8')).not.toContain('"mean":[[null');
  });

  it('when the potential has no lower bound, and keeps the good checkpoints', async () => {
    const { stderr, manifest } = await fail('unbounded', {
      // Stable until t = 8, then it all runs away.
      potential: { formula: 'where(t < 8, 0.5*x^2, -x^4)' },
      checkpoint: { every: 200, keep: 2 },
    });
    expect(stderr).toContain('the potential is not bounded below');
    const kept = checkpointSteps(folder('unbounded'));
    expect(kept).toHaveLength(2);
    expect(kept[1]).toBeLessThanOrEqual(manifest.stepsDone);
    expect(kept[1]).toBeGreaterThanOrEqual(800);
    // Going on from there comes to the same end, with the same checkpoint still in place.
    const again = await wasserwerk(folder(), 'resume', 'unbounded');
    expect(again.code).toBe(1);
    expect(again.stderr).toContain(`from step ${kept[1]}`);
    expect(checkpointSteps(folder('unbounded'))).toContain(kept[1]);
  });

  it.each([
    ['one worker', '1'],
    ['workers that wait for each other', '2'],
  ])('when rates are all but infinite, with %s: steps, remedies', async (_, workers) => {
    const file = writeConfig(folder('frantic.yaml'), {
      ...well,
      dynamics: { mobility: 'free', rate: '1e9*(1 + x^2)' },
    });
    const { code, stderr } = await wasserwerk(
      folder(),
      ...['run', file, '--out', `frantic ${workers}`, '--workers', workers, '--set', 'partition=nodes'],
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error: between steps 0 and \d+: a particle made more than 100,000 jumps in one step/u,
    );
    expect(stderr).toContain('Reduce time.step or the weights');
    expect(stderr).not.toContain('another worker failed');
    expect(stderr).not.toContain('    at ');
    expect(readManifest(folder(`frantic ${workers}`))).toMatchObject({
      status: 'failed',
      error: { code: 'kernel-fault' },
    });
  });

  it.each(['where(t < 1, 1, log(x - 5))', 'where(t < 1, 1, -1)'])(
    'when a free rate becomes bad, %s: the node, and what to do',
    async (rate) => {
      const { stderr } = await fail(`bad rate ${rate.length}`, { dynamics: { mobility: 'free', rate } });
      expect(stderr).toMatch(/a free rate is negative or not a number for a particle at node (stiff|soft)/u);
      expect(stderr).toContain('max(0, ...)');
    },
  );

  it('when a large difference of V makes symmetric rates infinite: a warning, and all jump down', async () => {
    const file = writeConfig(folder('steep.yaml'), {
      ...well,
      potential: { formula: '0.5*x^2 + 1000*node' },
      dynamics: { mobility: 'symmetric' },
      time: { step: 0.01, steps: 40 },
    });
    const { code, stderr } = await wasserwerk(folder(), 'run', file, '--out', 'steep', '--json');
    expect(code).toBe(0);
    expect(stderr).toContain('warning: time.step: jumps are frequent');
    const last = readFileSync(folder('steep', 'observables.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .at(-1) as string;
    expect((JSON.parse(last) as { mass: number[] }).mass).toEqual([1, 0]);
  });
});

describe('a run whose disk is full', () => {
  const large = {
    ...well,
    particles: 100_000,
    // Tables stay small, a checkpoint does not.
    observe: { every: 200 },
    checkpoint: { every: 50, keep: 2 },
  };

  it('fails, says which file and what to do (files limited to 256 KiB)', async () => {
    const file = writeConfig(folder('large.yaml'), large);
    const { code, stderr } = await start(
      ['run', file, '--out', 'limited'],
      folder(),
      'ulimit -f 256; exec "$@"',
    ).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: cannot write .*shards-00000\.bin/u);
    expect(stderr).toContain('go on with `wasserwerk resume`');
    expect(readManifest(folder('limited'))).toMatchObject({ status: 'failed', error: { code: 'disk-full' } });
    expect(checkpointSteps(folder('limited'))).toEqual([]);
  });

  const canMount = process.platform === 'linux' && process.getuid?.() === 0;

  it.skipIf(!canMount)('fails, and goes on once there is room (a file system of 1 MB)', async ({ skip }) => {
    mkdirSync(folder('disk'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder('disk')]).status !== 0) skip();
    try {
      const file = writeConfig(folder('room.yaml'), {
        ...large,
        particles: 150_000,
        time: { step: 0.01, steps: 120 },
      });
      const { code, stderr } = await wasserwerk(folder(), 'run', file, '--out', 'disk/run');
      expect(code).toBe(1);
      expect(stderr).toContain('the disk is full');
      expect(stderr).toContain('free space on the disk that holds');
      expect(stderr).not.toContain('    at ');
      // The first checkpoint fits, the second does not beside it.
      expect(checkpointSteps(folder('disk/run'))).toEqual([50]);

      spawnSync('mount', ['-o', 'remount,size=8m', folder('disk')]);
      expect((await wasserwerk(folder(), 'resume', 'disk/run')).code).toBe(0);
      expect((await wasserwerk(folder(), 'run', file, '--out', 'elsewhere')).code).toBe(0);
      expect(readManifest(folder('disk/run')).stateHash).toBe(readManifest(folder('elsewhere')).stateHash);
    } finally {
      spawnSync('umount', [folder('disk')]);
    }
  });
});
