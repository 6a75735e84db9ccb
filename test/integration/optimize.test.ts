// Searches as a person starts them: objectives in code, trust, interruption and resume, run folders. Numbers are test/optimize and test/objective.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lineCount, root, start, until, useFolder, wasserwerk, writeConfig } from './command.js';

const folder = useFolder();
const example = join(root, 'configs/objective-module.yaml');

interface Report {
  readonly status: string;
  readonly ending: string;
  readonly seconds: number;
  readonly counts: Record<string, number>;
  readonly best: {
    readonly node: string;
    readonly value: number;
    readonly x: number[];
    readonly seconds: number;
  };
  readonly nodes: { readonly node: string; readonly mass: number }[];
}

const reportOf = (place: string): Report =>
  JSON.parse(readFileSync(join(folder(place), 'optimize.json'), 'utf8')) as Report;

/** What of a search does not depend on the clock. */
function resultOf(place: string): unknown {
  const { counts, best, nodes } = reportOf(place);
  const { seconds: _, ...rest } = best;
  return { counts, best: rest, nodes, table: readFileSync(join(folder(place), 'nodes.csv'), 'utf8') };
}

describe('optimize', () => {
  it('finds the columns that explain y, with a module on threads', async () => {
    const args = ['optimize', example, '--allow-modules', '--workers', '2'];
    const { code, stdout } = await wasserwerk(folder(), ...args, '--json', '--out', folder('module'));
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({ status: 'finished', ending: 'rounds', best: { node: '100100' } });
    expect(report.nodes[0].node).toBe('100100');
    expect(report.nodes[0].mass).toBeGreaterThan(0.9);
    expect(reportOf('module').counts['examined']).toBeGreaterThan(20);
    expect(lineCount(join(folder('module'), 'progress.csv'))).toBeGreaterThan(10);
  });

  it('runs no code without --allow-modules, and makes no folder', async () => {
    for (const command of ['optimize', 'run']) {
      const { code, stderr } = await wasserwerk(
        folder(),
        command,
        example,
        '--out',
        folder(`never-${command}`),
      );
      expect(code).toBe(2);
      expect(stderr).toMatch(/the config runs code: .*subset\.ts/u);
      expect(stderr).toContain('--allow-modules');
      expect(existsSync(folder(`never-${command}`))).toBe(false);
    }
  });

  it('goes on after an interruption, to the same answer', async () => {
    const config = {
      name: 'words',
      representation: 'lumped',
      space: { variables: 2 },
      grow: { letters: { name: 's', length: 6 }, every: 5, birth: 0.02, floor: 1e-3 },
      potential: { formula: 'sum(i, 0, 5, (s[i] - mod(i, 2))^2) + 0.5*sum(i, 0, 1, (x[i] - 1)^2)' },
      temperature: { exponential: { from: 1, to: 0.1, duration: 20 } },
      initial: { gaussian: { std: 1 } },
      time: { step: 0.05, end: 30 },
      observe: { every: 10 },
      checkpoint: { every: 50 },
      optimize: { restarts: 1, top: 4 },
    };
    const file = writeConfig(folder('words.yaml'), config);
    expect((await wasserwerk(folder(), 'optimize', file, '--out', folder('whole'))).code).toBe(0);
    const search = start(['optimize', file, '--out', folder('part')], folder());
    await until('a checkpoint', () => existsSync(join(folder('part'), 'state.msgpack')));
    search.child.kill('SIGINT');
    const ended = await search.ended;
    // A quick machine may be done by then.
    expect([0, 130]).toContain(ended.code);
    if (ended.code === 130) {
      expect(ended.stdout).toContain('go on with: wasserwerk optimize --resume');
      const rest = await wasserwerk(folder(), 'optimize', '--resume', folder('part'));
      expect(rest.code).toBe(0);
    }
    expect(resultOf('part')).toEqual(resultOf('whole'));
    expect(lineCount(join(folder('part'), 'progress.csv'))).toBe(
      lineCount(join(folder('whole'), 'progress.csv')),
    );
    const again = await wasserwerk(folder(), 'optimize', '--resume', folder('part'));
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('is finished');
  });

  it('says what is wrong with folders and objectives', async () => {
    const wrong = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await wasserwerk(folder(), 'optimize', ...args);
      expect(code).not.toBe(0);
      return stderr;
    };
    expect(await wrong()).toContain('give a config');
    expect(await wrong('--resume', folder('words.yaml'))).toContain('is not the folder of a search');
    expect(await wrong(join(root, 'configs/quickstart.yaml'), '--out', folder('quick'))).toContain(
      'representation: lumped',
    );
    const command = `objective={command: [no-such-program]}`;
    expect(await wrong(example, '--allow-modules', '--set', command, '--out', folder('none'))).toContain(
      'cannot be started',
    );
  });
});

describe('run', () => {
  it('moves points by an objective in code', async () => {
    const args = [
      'run',
      example,
      '--allow-modules',
      '--set',
      'time.end=20',
      '--out',
      folder('run'),
      '--workers',
      '1',
    ];
    const { code, stderr } = await wasserwerk(folder(), ...args);
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder('run'), 'manifest.json'), 'utf8'))).toMatchObject({
      status: 'finished',
    });
  });
});
