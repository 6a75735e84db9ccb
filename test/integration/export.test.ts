// `wasserwerk export` on small runs: other programs read what it writes and find the numbers of the run folder (Python
// with numpy and h5py; see check-export.py), and what it refuses. What is in the files in detail is test/export.

import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, it } from 'vitest';
import { filesBelow, start, until, useFolder, wasserwerk, writeConfig, type Ended } from './command.js';

const folder = useFolder();
const call = (...args: string[]): Promise<Ended> => wasserwerk(folder(), ...args);

const check = fileURLToPath(new URL('check-export.py', import.meta.url));
// Not the first python3 on the path: a version manager may shadow the one that the system's packages belong to.
const python = '/usr/bin/python3';
const has = (module: string): boolean => spawnSync(python, ['-c', `import ${module}`]).status === 0;

/** Has Python compare exports with the run; fails with what it says. */
function compare(run: string, ...exports: string[]): void {
  const { status, stdout, stderr } = spawnSync(
    python,
    [check, folder(run), ...exports.map((path) => folder(path))],
    {
      encoding: 'utf8',
    },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(Number(/^(\d+) arrays/u.exec(stdout)?.[1])).toBeGreaterThan(3);
}

const particles = {
  name: 'two wells',
  space: { variables: ['x', 'y'], boundary: ['periodic', 'free'], box: [[-3, 3], [-4, 4]] }, // prettier-ignore
  graph: { nodes: ['left', 'b, "right"', 'über'], edges: [['left', 'b, "right"'], ['b, "right"', 'über']] }, // prettier-ignore
  potential: { formula: '0.5*y^2 + cos(pi*x/3) + 0.2*node' },
  temperature: 1,
  particles: 3000,
  initial: { gaussian: { mean: 0, std: 1 }, masses: { left: 1 } },
  time: { step: 0.01, steps: 50 },
  observe: { every: 10, entropy: 'gaussian' },
  snapshots: { every: 20, particles: 700 },
};
const grid = {
  ...particles,
  representation: 'grid',
  grid: { cells: [16, 24] },
  observe: { every: 10 },
  particles: undefined,
};

beforeAll(async () => {
  writeConfig(folder('wells.yaml'), particles);
  writeConfig(folder('grid.yaml'), grid);
  for (const name of ['wells', 'grid']) {
    const { code, stderr } = await call('run', `${name}.yaml`, '--out', name, '--quiet');
    expect({ code, stderr }).toMatchObject({ code: 0 });
  }
});

describe.each(['wells', 'grid'])('the exports of %s', (run) => {
  it('hold the numbers of the run folder, read by numpy and h5py', async () => {
    for (const format of ['h5md', 'npz', 'csv']) {
      const { code, stdout, stderr } = await call('export', run, '--to', format);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(
        new RegExp(`^wrote ${run}/export\\S* \\(.* [KM]iB\\), two wells: 3 snapshots`, 'u'),
      );
    }
    compare(run, `${run}/export.h5`, `${run}/export.npz`, `${run}/export-csv`);
  });

  it('hold them in Parquet, too', async () => {
    expect((await call('export', run, '--to', 'parquet', '--force')).code).toBe(0);
    const nodes = await parquetReadObjects({
      file: await asyncBufferFromFile(folder(run, 'export-parquet/nodes.parquet')),
    });
    const lines = readFileSync(folder(run, 'observables.jsonl'), 'utf8').trim().split('\n');
    const masses = lines.flatMap((line) => (JSON.parse(line) as { mass: number[] }).mass);
    expect(nodes.map(({ mass }) => mass as number)).toEqual(masses);
  });

  it.skipIf(!has('pyarrow'))('hold them in Parquet as Arrow reads it', async () => {
    expect((await call('export', run, '--to', 'parquet', '--force')).code).toBe(0);
    compare(run, `${run}/export-parquet`);
  });
});

describe('export', () => {
  it('takes the snapshots that it is told, and names the steps there are', async () => {
    const { code, stdout } = await call(
      'export',
      'wells',
      '--to',
      'npz',
      '--at',
      '40',
      '--at',
      '0',
      '--out',
      'some.npz',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('2 snapshots of 700 particles');
    compare('wells', 'some.npz');
    const wrong = await call('export', 'wells', '--to', 'npz', '--at', '10', '--out', 'none.npz');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('no snapshot at step 10, but at 0, 20, 40');
    expect(existsSync(folder('none.npz'))).toBe(false);
  });

  it('writes over nothing without --force, and over nothing else with it', async () => {
    await call('export', 'wells', '--to', 'csv', '--out', 'tables');
    const before = filesBelow(folder('tables'));
    const again = await call('export', 'wells', '--to', 'csv', '--out', 'tables');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('--force');
    expect(filesBelow(folder('tables'))).toEqual(before);
    expect((await call('export', 'wells', '--to', 'csv', '--out', 'tables', '--force')).code).toBe(0);
    for (const out of ['wells', 'wells/manifest.json', 'wells.yaml']) {
      for (const format of ['csv', 'npz']) {
        const refused = await call('export', 'wells', '--to', format, '--out', out, '--force');
        expect(refused.code).toBe(2);
        expect(refused.stderr).toContain('not an export');
      }
    }
  });

  it('refuses what is no run, or a format that it does not know', async () => {
    mkdirSync(folder('empty'));
    for (const args of [
      ['nowhere', '--to', 'npz'],
      ['empty', '--to', 'npz'],
      ['wells', '--to', 'xml'],
      ['wells'],
    ]) {
      const { code, stderr } = await call('export', ...args);
      expect(code).toBe(2);
      expect(stderr).not.toContain('    at ');
    }
  });

  it('refuses a damaged run and says where, and leaves nothing', async () => {
    cpSync(folder('wells'), folder('damaged'), { recursive: true });
    const path = folder('damaged', 'observables.jsonl');
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, [lines[0], lines[1].slice(0, 40), ...lines.slice(2)].join('\n'));
    const broken = await call('export', 'damaged', '--to', 'h5md', '--out', 'damaged.h5');
    expect(broken.code).toBe(2);
    expect(broken.stderr).toMatch(/line 2 of .*observables\.jsonl is no observation[^]*fix: /u);
    writeFileSync(path, lines.join('\n').replaceAll(/"mass":\[[^,]*,/gu, '"mass":['));
    const unfit = await call('export', 'damaged', '--to', 'h5md', '--out', 'damaged.h5');
    expect(unfit.code).toBe(2);
    expect(unfit.stderr).toContain('2 numbers for mass, not the 3');
    writeFileSync(path, lines.join('\n'));
    rmSync(folder('damaged/snapshots.zarr/x/c/1'), { recursive: true });
    rmSync(folder('damaged/snapshots.zarr/node/c/1'), { recursive: true });
    const missing = await call('export', 'damaged', '--to', 'h5md', '--out', 'damaged.h5');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('a part of snapshot 1');
    expect(readdirSync(folder()).filter((name) => /^damaged.|^\.export/u.test(name))).toEqual([]);
  });

  it('takes a run that was killed as far as it came', async () => {
    cpSync(folder('wells'), folder('killed'), { recursive: true });
    const path = folder('killed', 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    delete manifest['finishedAt'];
    writeFileSync(path, JSON.stringify({ ...manifest, status: 'running', stepsDone: 20 }));
    const table = folder('killed', 'observables.jsonl');
    const whole = readFileSync(table, 'utf8').split('\n').slice(0, 3).join('\n');
    writeFileSync(table, `${whole}\n`);
    appendFileSync(table, '{"step":3');
    const { code, stderr } = await call('export', 'killed', '--to', 'npz', '--out', 'killed.npz');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'note: the run was killed: this is what it had written\n',
    });
    writeFileSync(table, `${whole}\n`);
    compare('killed', 'killed.npz');
  });

  it('takes a run that goes on', async () => {
    const { child, ended } = start(
      ['run', 'wells.yaml', '--out', 'live', '--quiet', '--set', 'time.steps=1_000_000_000'],
      folder(),
    );
    try {
      await until('the run has observed', () => existsSync(folder('live/snapshots.zarr/x/c/2')));
      const { code, stderr } = await call('export', 'live', '--to', 'h5md', '--out', 'live.h5');
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: 'note: the run goes on: this is what it had written by now\n',
      });
      expect(readFileSync(folder('live.h5')).toString('latin1', 1, 4)).toBe('HDF');
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });

  it.each(['h5md', 'npz', 'csv', 'parquet'])('stopped by Ctrl-C leaves no half file (%s)', async (format) => {
    if (!existsSync(folder('many'))) {
      const many = [
        '--set',
        'particles=200_000',
        '--set',
        'snapshots.particles=200_000',
        '--set',
        'snapshots.every=2',
      ];
      await call(
        'run',
        'wells.yaml',
        '--out',
        'many',
        '--quiet',
        ...many,
        '--set',
        'observe.entropy=gaussian',
      );
    }
    mkdirSync(folder(`stop-${format}`));
    const out = folder(`stop-${format}`, 'out');
    const { child, ended } = start(['export', 'many', '--to', format, '--out', out], folder());
    await until(
      'it writes',
      () => readdirSync(folder(`stop-${format}`)).length > 0 || child.exitCode !== null,
    );
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'stopped; nothing is written\n' });
    expect(readdirSync(folder(`stop-${format}`))).toEqual([]);
  });

  it.each(['h5md', 'npz', 'csv', 'parquet'])(
    'on a full disk says so and leaves nothing (%s)',
    async (format) => {
      mkdirSync(folder(`full-${format}`));
      const args = ['export', 'wells', '--to', format, '--out', `full-${format}/out`];
      const { code, stderr } = await start(args, folder(), 'ulimit -f 16; exec "$@"').ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/cannot write .*full-[^]*fix: free space/u);
      expect(readdirSync(folder(`full-${format}`))).toEqual([]);
    },
  );
});

describe('docs/analysis.md', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/analysis.md', import.meta.url)), 'utf8');
  /** The code blocks of a language, with the heading that they stand under. */
  const blocks = (language: string): { heading: string; code: string }[] => {
    const found: { heading: string; code: string }[] = [];
    let heading = '';
    for (const [, title, tongue, code] of page.matchAll(/^#+ (.*)$|^```(\w*)\n([^]*?)^```$/gmu)) {
      if (title !== undefined) heading = title;
      else if (tongue === language) found.push({ heading, code });
    }
    return found;
  };
  const execute = (file: string, args: string[], env: NodeJS.ProcessEnv = {}): string => {
    const { status, stdout, stderr } = spawnSync(file, args, {
      cwd: folder(),
      encoding: 'utf8',
      env: { ...process.env, MPLBACKEND: 'Agg', ...env },
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return stdout;
  };
  /** Every snippet prints the largest difference from the Gibbs masses, in standard errors. */
  const expectGibbs = (text: string): void => {
    const z = Number(/largest \|z\|: ([\d.]+)/u.exec(text)?.[1]);
    expect(z).toBeGreaterThan(0);
    expect(z).toBeLessThan(4);
  };

  beforeAll(async () => {
    const config = fileURLToPath(new URL('../../configs/quickstart.yaml', import.meta.url));
    const run = ['run', config, '--out', 'runs/quickstart', '--quiet', '--set', 'particles=20_000'];
    expect((await call(...run)).code).toBe(0);
    for (const format of ['h5md', 'npz', 'csv', 'parquet'])
      expect((await call('export', 'runs/quickstart', '--to', format)).code).toBe(0);
    // Where the real one is not there, plots are accepted and not drawn.
    mkdirSync(folder('stand-in/matplotlib'), { recursive: true });
    writeFileSync(folder('stand-in/matplotlib/__init__.py'), '');
    writeFileSync(
      folder('stand-in/matplotlib/pyplot.py'),
      'def plot(*_, **__): pass\nscatter = legend = xlabel = savefig = figure = axis = plot\n',
    );
  });

  it('has the snippets that are tested here', () => {
    expect(blocks('python').length).toBeGreaterThanOrEqual(5);
    expect(blocks('r').length).toBeGreaterThanOrEqual(3);
    expect(blocks('julia').length).toBeGreaterThanOrEqual(4);
  });

  it.for(blocks('python'))('Python: $heading', ({ code }, { skip }) => {
    if (code.includes('import pyarrow') && !has('pyarrow')) skip();
    const path = has('matplotlib') ? {} : { PYTHONPATH: folder('stand-in') };
    writeFileSync(folder('snippet.py'), code);
    expectGibbs(execute(python, ['snippet.py'], path));
  });

  it.for(blocks('r'))('R, where its packages are: $heading', ({ code }, { skip }) => {
    const packages = [...code.matchAll(/library\(\w+\)/gu)].map(([use]) => use);
    if (spawnSync('Rscript', ['-e', ['0', ...packages].join(';')]).status !== 0) skip();
    writeFileSync(folder('snippet.R'), code);
    expectGibbs(execute('Rscript', ['--vanilla', folder('snippet.R')]));
  });
});
