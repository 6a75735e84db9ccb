// Energies of a run as a command leaves them: the same bytes for any number of workers and after an interruption, all rows
// there at the end, and what is said of them. Whether the numbers are right is test/estimate and test/validation/energy.ts.

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readEnergy, type EnergyRecordJson } from '../../src/output/mod.js';
import { lineCount, readManifest, start, until, useFolder, wasserwerk, writeConfig } from './command.js';

const folder = useFolder();

const config = {
  name: 'energies',
  space: { variables: ['x', 'y'] },
  graph: { ring: 4, weight: 2 },
  potential: { formula: '0.5*((x - node)^2 + y^2) + 0.3*node' },
  temperature: 0.9,
  dynamics: { mobility: 'metropolis' },
  particles: 20_000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.005, steps: 400 },
  seed: 5,
  observe: { every: 20, entropy: { method: 'knn', samples: 400 } },
  checkpoint: { every: 90, keep: 2 },
};
const tables = ['energy.jsonl', 'energy.csv', 'observables.jsonl'];

let file = '';
const bytes = (out: string, table: string): string => readFileSync(folder(out, table), 'latin1');

async function records(out: string): Promise<EnergyRecordJson[]> {
  const found: EnergyRecordJson[] = [];
  for await (const record of readEnergy(folder(out))) found.push(record);
  return found;
}

beforeAll(async () => {
  file = writeConfig(folder('config.yaml'), config);
  const { code, stderr } = await wasserwerk(folder(), 'run', file, '--out', 'one', '--workers', '1');
  expect(stderr).not.toContain('rror');
  expect(code).toBe(0);
});

function expectSame(out: string): void {
  for (const table of tables) {
    // Not toBe: nobody wants to read that difference.
    if (bytes(out, table) !== bytes('one', table)) expect.fail(`${out}/${table} differs`);
  }
}

describe('energies of a run', () => {
  it('have a row for each observation, with every number known', async () => {
    const found = await records('one');
    expect(found.map((record) => record.step)).toEqual(Array.from({ length: 21 }, (_, i) => 20 * i));
    for (const record of found) {
      const { method, entropy, energy, relativeEntropy, dissipation, balance } = record;
      expect(method).toBe('knn');
      expect(entropy).toHaveLength(4);
      for (const value of [...entropy, energy, relativeEntropy, dissipation, balance]) {
        expect(value, `step ${record.step}`).toBeTypeOf('number');
      }
    }
    expect(found[20].relativeEntropy).toBeLessThan((found[0].relativeEntropy as number) / 2);
    expect(lineCount(folder('one', 'energy.csv'))).toBe(1 + 21 * 5);
  });

  it.each(['2', '3'])('are the same with %s workers', async (workers) => {
    const out = `workers ${workers}`;
    const { code } = await wasserwerk(folder(), 'run', file, '--out', out, '--workers', workers);
    expect(code).toBe(0);
    expectSame(out);
  });

  it('are the same after interruptions, with other numbers of workers', async () => {
    // Slower, so that it is caught; the results are compared with those of the same config.
    const slow = ['--set', 'particles=400_000', '--set', 'checkpoint.every=40'];
    const whole = await wasserwerk(folder(), 'run', file, '--out', 'whole', '--workers', '2', ...slow);
    expect(whole.code).toBe(0);
    const going = start(['run', file, '--out', 'cut', '--workers', '2', ...slow], folder());
    await until('it observes', () => lineCount(folder('cut', 'observables.jsonl')) >= 6);
    going.child.kill('SIGINT');
    expect((await going.ended).code).toBe(130);
    const { stepsDone } = readManifest(folder('cut'));
    expect(stepsDone).toBeLessThan(400);
    // All that was observed until then is there.
    expect(lineCount(folder('cut', 'energy.jsonl'))).toBe(lineCount(folder('cut', 'observables.jsonl')));
    const killed = start(['resume', 'cut', '--workers', '1'], folder());
    await until(
      'it goes on',
      () => lineCount(folder('cut', 'observables.jsonl')) >= Math.floor(stepsDone / 20) + 4,
    );
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect((await wasserwerk(folder(), 'resume', 'cut', '--workers', '3')).code).toBe(0);
    for (const table of tables) {
      if (bytes('cut', table) !== bytes('whole', table)) expect.fail(`cut/${table} differs`);
    }
  });

  it('would be told from those of another run', async () => {
    const { code } = await wasserwerk(folder(), 'run', file, '--out', 'other', '--seed', '6');
    expect(code).toBe(0);
    for (const table of tables) expect(bytes('other', table)).not.toBe(bytes('one', table));
  });

  it('are told: in the summary, as JSON and in the manifest', async () => {
    const out = await wasserwerk(folder(), 'run', file, '--out', 'told', '--json');
    const summary = JSON.parse(out.stdout) as Record<string, unknown>;
    const last = (await records('told')).at(-1);
    expect(summary).toMatchObject({ energy: last?.energy, relativeEntropy: last?.relativeEntropy });
    const finished = await wasserwerk(folder(), 'resume', 'told', '--json');
    expect(JSON.parse(finished.stdout)).toMatchObject({ energy: last?.energy });
    const { notes } = readManifest(folder('told')) as unknown as { notes: string[] };
    expect(notes.join('\n')).toMatch(/nearest neighbours \(k = 4\).*400 particles.*Gaussian wells/u);
    const printed = await wasserwerk(folder(), 'run', file, '--out', 'printed');
    expect(printed.stdout).toMatch(/energy E = -?\d.* ± .*, KL = \d.* ± /u);
  });

  it('are not there where none are wanted', async () => {
    const { code } = await wasserwerk(
      folder(),
      ...['run', file, '--out', 'none', '--set', 'observe.entropy=none'],
    );
    expect(code).toBe(0);
    expect(await records('none')).toEqual([]);
    expect(bytes('none', 'observables.jsonl')).toBe(bytes('one', 'observables.jsonl'));
  });
});
