// Lumped runs as a person starts them: threads, run folder, interruption and resume, other commands. Numbers are test/lumped, machines
// cluster/lumped.test.ts.

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  lineCount,
  readManifest,
  resultsOf,
  start,
  until,
  useFolder,
  wasserwerk,
  writeConfig,
} from './command.js';

const folder = useFolder();

const fixed = {
  name: 'lumped wells',
  space: { variables: ['x', 'y'], boundary: ['free', 'reflecting'], box: [-3, 3] },
  graph: { ring: 12, weight: 2 },
  potential: { formula: '0.5*((x - 0.2*node)^2 + y^2) + 0.1*cos(3*x) + 0.3*cos(node)' },
  temperature: { exponential: { from: 1, to: 0.1, duration: 20 } },
  dynamics: {
    kind: 'accelerated',
    friction: { nesterov: 3, restart: 'energy' },
    mobility: 'log-mean',
    splitting: 'strang',
  },
  representation: 'lumped',
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.02, steps: 900 },
  observe: { every: 10 },
  snapshots: { every: 300 },
  checkpoint: { every: 200 },
};

const growing = {
  name: 'a growing graph',
  space: { variables: 3 },
  grow: { letters: { name: 's', length: 16 }, every: 5, floor: 1e-4, grace: 10, nodes: 100 },
  potential: { formula: 'sum(i, 0, 15, (s[i] - mod(i, 2))^2) + 0.5*sum(i, 0, 2, (x[i] - i)^2)' },
  temperature: 0.2,
  dynamics: { mobility: 'barker' },
  representation: 'lumped',
  initial: { uniform: { low: -1, high: 1 } },
  time: { step: 0.1, steps: 300 },
  observe: { every: 10 },
  snapshots: { every: 100 },
  checkpoint: { every: 50 },
};

describe.each([
  ['a fixed graph, second order', fixed, 900],
  ['a graph that grows', growing, 300],
] as const)('a lumped run on %s', (_, config, steps) => {
  const place = (part: string): string => `${config === fixed ? 'fixed' : 'growing'}-${part}`;
  let file = '';
  let expected = new Map<string, string>();

  beforeAll(async () => {
    file = writeConfig(folder(place('config.yaml')), config);
    const { code, stdout } = await wasserwerk(folder(), 'run', file, '--out', place('undisturbed'));
    expect(code).toBe(0);
    expect(stdout).toContain('node-steps/s over all');
    expect(stdout).toContain('lumped.csv, nodes.jsonl, best.json, points');
    expected = resultsOf(folder(place('undisturbed')));
  });

  it('leaves the tables of other runs, and those of its own', () => {
    expect([...expected.keys()]).toEqual(
      expect.arrayContaining([
        ...['best.json', 'energy.csv', 'energy.jsonl', 'lumped.csv', 'manifest.json', 'nodes.jsonl'],
        ...['observables.csv', 'observables.jsonl', 'points/000001.f64', 'points/000001.json'],
      ]),
    );
    const out = (...names: string[]): string => readFileSync(folder(place('undisturbed'), ...names), 'utf8');
    const rows = out('lumped.csv').trim().split('\n');
    expect(rows).toHaveLength(steps / 10 + 2);
    const columns = rows[0].split(',');
    const records = rows.slice(1).map((row) => row.split(',').map(Number));
    const column = (key: string): number[] => records.map((record) => record[columns.indexOf(key)]);
    const best = JSON.parse(out('best.json')) as { value: number; x: number[]; node: string };
    expect(column('best_value').at(-1)).toBe(best.value);
    expect(Math.max(...column('residual').map(Math.abs))).toBeLessThan(config === fixed ? 0.02 : 0.5);
    const lines = out('nodes.jsonl').trim().split('\n');
    const last = JSON.parse(lines[lines.length - 1]) as { living: number; nodes: { mass: number }[] };
    expect(last.nodes).toHaveLength(last.living);
    expect(last.nodes.reduce((sum, { mass }) => sum + mass, 0)).toBeCloseTo(1, 13);
    if (config === growing) {
      // Zero for all letters and coordinates right.
      expect(best.node).toBe('0101010101010101');
      expect(best.value).toBeLessThan(1e-6);
      expect(Math.max(...column('examined'))).toBeGreaterThan(100);
      expect(Math.max(...column('nodes'))).toBeLessThanOrEqual(100);
    }
  });

  it('gives the same files on threads, interrupted and resumed', async () => {
    const going = start(['run', file, '--out', place('interrupted'), '--workers', '3'], folder());
    await until(
      'there are observations',
      () => lineCount(folder(place('interrupted'), 'observables.jsonl')) >= 8,
    );
    going.child.kill('SIGINT');
    const first = await going.ended;
    expect(first.code).toBe(130);
    const { stepsDone } = readManifest(folder(place('interrupted')));
    expect(stepsDone).toBeLessThan(steps);
    const second = await wasserwerk(folder(), 'resume', place('interrupted'), '--workers', '2');
    expect(second.code).toBe(0);
    expect(second.stderr).toContain(`2 workers, from step ${stepsDone}`);
    const actual = resultsOf(folder(place('interrupted')));
    expect([...actual.keys()]).toEqual([...expected.keys()]);
    for (const [key, content] of expected) {
      if (actual.get(key) !== content) expect.fail(`${key} differs`);
    }
  });

  it('is verified', async () => {
    const { code, stdout } = await wasserwerk(folder(), 'verify', file, '--steps', '12', '--workers', '1,3');
    expect(stdout).toBe('the same bits in every run\n');
    expect(code).toBe(0);
  });

  it('is described by validate', async () => {
    const { code, stdout } = await wasserwerk(folder(), 'validate', file);
    expect(code).toBe(0);
    expect(stdout).toMatch(/lumped +one point and one mass per node/u);
    expect(stdout).not.toContain('particles');
  });

  it('makes a report', async () => {
    const { code } = await wasserwerk(folder(), 'report', place('undisturbed'));
    expect(code).toBe(0);
  });
});
