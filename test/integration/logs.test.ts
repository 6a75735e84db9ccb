// What runs and workers log, as collectors of logs read it.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { haveServer } from './cluster/server.js';
import { useFolder, wasserwerk, writeConfig } from './command.js';

const folder = useFolder();

const wells = {
  name: 'wells',
  space: { variables: ['x'] },
  graph: { ring: 3 },
  potential: { formula: '0.5*(x - node)^2' },
  temperature: 1,
  particles: 3000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.01, steps: 100 },
  observe: { every: 50 },
  snapshots: { every: 50, particles: 10 },
};

type Line = Readonly<Record<string, unknown>>;
const lines = (...names: string[]): Line[] =>
  readFileSync(folder(...names), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      // Nothing is there twice: parsers differ in which one they take.
      const keys = line.match(/"(run|epoch|step|worker|time|level|msg)":/gu) ?? [];
      expect(keys.map((key) => key.slice(1, -2)).sort()).toEqual([
        ...['epoch', 'level', 'msg', 'run', 'step', 'time', 'worker'],
      ]);
      return JSON.parse(line) as Line;
    });

describe('log.jsonl', () => {
  it('has one JSON object a line, each with run, epoch, step and worker', async () => {
    writeConfig(folder('wells.yaml'), wells);
    const args = ['run', 'wells.yaml', '--workers', '1', '--log-level', 'debug', '--out', 'alone'];
    expect((await wasserwerk(folder(), ...args)).code).toBe(0);
    const log = lines('alone', 'log.jsonl');
    const events = (event: string): unknown[] =>
      log
        .filter((line) => line['event'] === event)
        .map(({ run, epoch, step, worker }) => [run, epoch, step, worker]);
    expect(events('start')).toEqual([['alone', 0, 0, null]]);
    expect(events('snapshot')).toEqual([0, 50, 100].map((step) => ['alone', 0, step, null]));
    expect(events('observation')).toEqual([0, 50, 100].map((step) => ['alone', 0, step, null]));
    expect(events('end')).toEqual([['alone', 0, 100, null]]);
    for (const { level, time, msg } of log) {
      expect(['debug', 'info', 'warn']).toContain(level);
      expect(new Date(String(time)).toISOString()).toBe(time);
      expect(msg).not.toBe('');
    }
  });

  it('goes on after a failure, and is left out where nobody wants it', async () => {
    writeConfig(folder('stiff.yaml'), {
      ...wells,
      potential: { formula: '25*x^2' },
      time: { step: 0.3, steps: 4000 },
    });
    expect((await wasserwerk(folder(), 'run', 'stiff.yaml', '--out', 'stiff')).code).toBe(1);
    expect(lines('stiff', 'log.jsonl').at(-1)).toMatchObject({
      event: 'error',
      level: 'error',
      code: 'not-finite',
    });
    expect((await wasserwerk(folder(), 'resume', 'stiff')).code).toBe(1);
    const events = lines('stiff', 'log.jsonl').map(({ event }) => event);
    expect(events.filter((event) => event === 'error')).toHaveLength(2);
    const silent = ['run', 'wells.yaml', '--out', 'silent', '--log-level', 'silent'];
    expect((await wasserwerk(folder(), ...silent)).code).toBe(0);
    expect(() => readFileSync(folder('silent', 'log.jsonl'))).toThrow('ENOENT');
  });

  it.skipIf(!haveServer)('of a run on machines says which machine, and epochs', async () => {
    const { code } = await wasserwerk(
      folder(),
      ...['run', 'wells.yaml', '--nats', 'auto', '--machines', '2', '--out', 'machines'],
    );
    expect(code).toBe(0);
    const log = lines('machines', 'log.jsonl');
    const joined = log.filter(({ event }) => event === 'join');
    expect(joined.map(({ worker }) => worker).sort()).toEqual(['w1', 'w2']);
    expect(log.find(({ event }) => event === 'plan')).toMatchObject({ epoch: 1, machines: 2, worker: null });
    expect(new Set(log.map(({ run }) => run)).size).toBe(1);
  });
});
