// Every command as a person and a script meet it: help, starter config, typos, exit codes, JSON, silence, and what a run
// folder holds. That the numbers are right, and going on after a stop, are other files.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as zarr from 'zarrita';
import { output } from './built.js';
import {
  filesBelow,
  readManifest,
  root,
  start,
  useFolder,
  wasserwerk,
  writeConfig,
  type Ended,
} from './command.js';

const folder = useFolder();
const call = (...args: string[]): Promise<Ended> => wasserwerk(folder(), ...args);

const small = {
  name: 'small',
  space: { variables: ['x', 'y'] },
  graph: { nodes: ['left', 'right'], edges: [['left', 'right']] },
  potential: { formula: '0.5*(x^2 + y^2) + 0.2*node' },
  temperature: 1,
  particles: 1000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.01, steps: 30 },
  observe: { every: 10 },
  snapshots: { every: 15, particles: 100 },
};
let file = '';
beforeAll(() => {
  file = writeConfig(folder('small.yaml'), small);
});

describe('help', () => {
  it.each(['init', 'validate', 'run', 'resume', 'verify', 'bench', 'compare', 'report'])(
    'of %s tells how to call it',
    async (command) => {
      const { code, stdout, stderr } = await call(command, '--help');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`Usage: wasserwerk ${command}`);
    },
  );

  it('of the program names all commands and exit codes', async () => {
    const { code, stdout } = await call('--help');
    expect(code).toBe(0);
    for (const word of [
      ...['init', 'validate', 'run', 'resume', 'verify', 'bench', 'compare', 'report'],
      'Exit codes',
    ]) {
      expect(stdout).toContain(word);
    }
  });

  it('is what a call without a command gives, with exit code 2', async () => {
    const { code, stderr } = await call();
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: wasserwerk');
  });

  it('is not the version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await call('--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});

describe('the first minutes of a new user', () => {
  it('init, validate, run of the starter config', async () => {
    expect(await call('init')).toMatchObject({ code: 0, stderr: '' });
    const starter = readFileSync(folder('wasserwerk.yaml'), 'utf8');
    expect(await call('validate', 'wasserwerk.yaml')).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await call('run', 'wasserwerk.yaml');
    expect(code).toBe(0);
    expect(stdout).toContain('finished 500 steps');
    const [named] = readdirSync(folder('runs'));
    expect(named).toMatch(/^double-well-on-a-ring-\d{8}-\d{6}$/u);
    expect(stdout).toContain(`files in runs/${named}: observables.csv`);
    expect(readManifest(folder('runs', named)).configText).toBe(starter);

    writeFileSync(folder('wasserwerk.yaml'), '# mine\n');
    const again = await call('init');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('wasserwerk.yaml is there already');
    expect(readFileSync(folder('wasserwerk.yaml'), 'utf8')).toBe('# mine\n');
  });
});

describe('mistakes end with exit code 2, and the message says how to go on:', () => {
  it('a typo in a key', async () => {
    writeFileSync(folder('typo.yaml'), 'name: a\nspace: { variables: [x] }\n  \ntemprature: 1\n');
    for (const command of ['validate', 'run', 'verify']) {
      const { code, stdout, stderr } = await call(command, 'typo.yaml');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('typo.yaml:4:1: temprature: unknown key');
      expect(stderr).toContain('did you mean "temperature"?');
      expect(stderr).not.toContain('    at ');
    }
    expect(existsSync(folder('runs', 'a'))).toBe(false);
  });

  it.each([
    ['an unknown command', ['rnu', 'small.yaml'], 'Did you mean run?'],
    ['an unknown option', ['run', 'small.yaml', '--sed', '1'], 'Did you mean one of --seed, --set?'],
    ['a missing argument', ['run'], "missing required argument 'config'"],
    ['a missing config', ['run', 'nowhere.yaml'], 'nowhere.yaml: cannot be read'],
    ['an override of nothing', ['run', 'small.yaml', '--set', 'partcles=3'], 'did you mean "particles"?'],
    ['an override below a value', ['run', 'small.yaml', '--set', 'particles.all=3'], 'particles'],
    ['an override without a value', ['run', 'small.yaml', '--set', 'particles'], '--set'],
    ['a bad number of workers', ['run', 'small.yaml', '--workers', '0'], 'Give a whole number >= 1'],
    ['a bad seed', ['run', 'small.yaml', '--seed', 'x'], '--seed x'],
    ['a bad list of workers', ['verify', 'small.yaml', '--workers', '1;2'], 'Give numbers such as 1,2,4'],
    ['resuming nothing', ['resume', 'nowhere'], 'there is no folder nowhere'],
    ['resuming a folder that is no run', ['resume', '.'], 'is not the folder of a run'],
    ['resuming a config', ['resume', 'small.yaml'], 'is a file, not a folder'],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await call(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ {4}at /mu);
  });

  it('a folder that is not empty, and nothing in it is lost', async () => {
    mkdirSync(folder('full'));
    writeFileSync(folder('full', 'precious.txt'), 'mine');
    const { code, stderr } = await call('run', 'small.yaml', '--out', 'full');
    expect(code).toBe(2);
    expect(stderr).toContain('is not empty: it holds precious.txt');
    expect(stderr).toContain('--out');
    expect(filesBelow(folder('full'))).toEqual(new Map([['precious.txt', Buffer.from('mine')]]));
  });

  it('the folder of another run', async () => {
    expect((await call('run', 'small.yaml', '--out', 'taken', '--quiet')).code).toBe(0);
    const before = filesBelow(folder('taken'));
    const { code, stderr } = await call('run', 'small.yaml', '--out', 'taken', '--seed', '2');
    expect(code).toBe(2);
    expect(stderr).toContain('it holds a run');
    expect(stderr).toContain('wasserwerk resume');
    expect(filesBelow(folder('taken'))).toEqual(before);
  });
});

describe('for scripts', () => {
  it('--json of validate is the model', async () => {
    const { code, stdout, stderr } = await call('validate', file, '--json', '--set', 'particles=2_000');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      remarks: [],
      model: { name: 'small', nodes: 2, edges: 1, dimension: 2, particles: 2000, steps: 30, seed: 1 },
      config: { particles: 2000, time: { step: 0.01 } },
    });
  });

  it('--json of run is the result', async () => {
    const { code, stdout, stderr } = await call(
      'run',
      file,
      '--json',
      '--quiet',
      '--out',
      'json',
      '--workers',
      '1',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout) as Record<string, unknown> & { mass: number[] };
    expect(result).toMatchObject({
      status: 'finished',
      alreadyFinished: false,
      folder: folder('json'),
      step: 30,
      time: 0.3,
      stateHash: readManifest(folder('json')).stateHash,
      partition: 'replicas',
      timings: { particleSteps: 30_000 },
      nodeNames: ['left', 'right'],
    });
    expect(result.mass[0] + result.mass[1]).toBeCloseTo(1, 12);
    expect(result['massError']).toHaveLength(2);
    expect(result['busySeconds']).toHaveLength(1);
    expect(result['potentialEnergy']).toBeTypeOf('number');
    expect(result['potentialEnergyError']).toBeTypeOf('number');

    // A script may resume whatever there is, and finds the same in it.
    const again = JSON.parse((await call('resume', 'json', '--json')).stdout) as Record<string, unknown>;
    for (const key of ['status', 'folder', 'step', 'time', 'stateHash', 'mass', 'massError', 'nodeNames']) {
      expect(again[key], key).toEqual(result[key]);
    }
  });

  it('--json of verify lists the trials', async () => {
    const { code, stdout, stderr } = await call('verify', file, '--json', '--steps', '4', '--workers', '1,2');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout) as { passed: boolean; reference: string; trials: { hash: string }[] };
    expect(result.passed).toBe(true);
    expect(result.trials.map(({ hash }) => hash === result.reference)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('--json of bench is numbers', async () => {
    const { code, stdout } = await call('bench', file, '--json', '--seconds', '1', '--workers', '1');
    expect(code).toBe(0);
    const { speeds } = JSON.parse(stdout) as {
      speeds: { workers: number; particleStepsPerSecond: number }[];
    };
    expect(speeds).toHaveLength(1);
    expect(speeds[0].particleStepsPerSecond).toBeGreaterThan(0);
  });

  it('--quiet says nothing, even where there is something to remark', async () => {
    const { code, stdout, stderr } = await call(
      'run',
      file,
      '--quiet',
      '--out',
      'quiet',
      '--set',
      'time.step=1.5',
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readManifest(folder('quiet')).warnings.length).toBeGreaterThan(0);
  });

  it('flags of Node and V8 before the program do no harm to its threads', async () => {
    const flags = '--max-old-space-size=1000 --single-threaded-gc --enable-source-maps';
    const run = ['run', file, '--quiet', '--workers', '2', '--out', 'flags', '--set', 'observe.entropy=knn'];
    const { ended } = start(run, folder(), `exec "$1" ${flags} "\${@:2}"`);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('piped output has no escape codes', async () => {
    const { stdout, stderr } = await call('run', file, '--out', 'piped');
    expect(stdout).toContain('finished 30 steps');
    expect(stderr).toContain('step 30/30');
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u009b]/u);
  });
});

describe('a run folder', () => {
  it('holds what was run, what was seen and a way to go on', async () => {
    await call('run', file, '--out', 'whole', '--seed', '3', '--set', 'particles=1_200', '--workers', '2');
    expect(readdirSync(folder('whole')).sort()).toEqual([
      'checkpoints',
      'config-bundle.json',
      'jumps.csv',
      'log.jsonl',
      'manifest.json',
      'observables.csv',
      'observables.jsonl',
      'snapshots.zarr',
    ]);
    expect(readManifest(folder('whole'))).toMatchObject({
      format: 'wasserwerk-run',
      formatVersion: 1,
      status: 'finished',
      name: 'small',
      seed: 3,
      steps: 30,
      stepsDone: 30,
      nodeNames: ['left', 'right'],
      coordinateNames: ['x', 'y'],
      configText: readFileSync(file, 'utf8'),
      config: { particles: 1200, seed: 3, potential: small.potential },
      timings: { particleSteps: 36_000 },
      stateHash: expect.stringMatching(/^[0-9a-f]{64}$/u) as string,
      machine: { nodeVersion: process.version },
    });
  });

  it('has tables that programs can read', async () => {
    const csv = readFileSync(folder('whole', 'observables.csv'), 'utf8').trimEnd().split('\n');
    expect(csv[0].split(',').slice(0, 4)).toEqual(['step', 'time', 'node', 'count']);
    // Two nodes and the total, at steps 0, 10, 20, 30.
    expect(csv).toHaveLength(1 + 4 * 3);
    for (const line of csv) expect(line.split(',')).toHaveLength(csv[0].split(',').length);
    expect(readFileSync(folder('whole', 'jumps.csv'), 'utf8').split('\n')[0]).toMatch(/^step,/u);

    const records = [];
    for await (const record of output.readObservations(folder('whole'))) records.push(record);
    expect(records.map(({ step }) => step)).toEqual([0, 10, 20, 30]);
    for (const { count } of records) expect((count[0] ?? 0) + (count[1] ?? 0)).toBe(1200);
    const lines = readFileSync(folder('whole', 'observables.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual([0, 10, 20, 30]);
  });

  it('has snapshots that Zarr reads, of particles that the masses describe', async () => {
    const files = filesBelow(folder('whole', 'snapshots.zarr'));
    const store = new Map([...files].map(([name, bytes]) => [`/${name}`, new Uint8Array(bytes)] as const));
    const group = await zarr.open(store, { kind: 'group' });
    const read = async (name: string) => zarr.get(await zarr.open(group.resolve(name), { kind: 'array' }));
    expect(Array.from((await read('step')).data as BigInt64Array, Number)).toEqual([0, 15, 30]);
    const x = await read('x');
    const node = await read('node');
    expect(x.shape).toEqual([3, 100, 2]);
    expect(node.shape).toEqual([3, 100]);
    const nodes = Array.from(node.data as Int32Array, Number);
    expect(new Set(nodes)).toEqual(new Set([0, 1]));
    for (const value of x.data as Float32Array) expect(Math.abs(value)).toBeLessThan(8);
    // Every twelfth particle: masses to within a particle for each shard.
    const last = JSON.parse(
      readFileSync(folder('whole', 'observables.jsonl'), 'utf8').trimEnd().split('\n').at(-1) as string,
    ) as { mass: number[] };
    const share = nodes.slice(200).filter((g) => g === 0).length / 100;
    expect(Math.abs(share - last.mass[0])).toBeLessThanOrEqual(0.02);
  });
});

describe('the configs that come with the program', () => {
  const shipped = readdirSync(join(root, 'configs'))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(root, 'configs', name));

  it.each(shipped.map((path) => [basename(path), path]))('%s is valid and runs', async (name, path) => {
    const valid = await call('validate', path);
    expect(valid.code, valid.stderr).toBe(0);
    expect(valid.stderr).not.toContain('warning');
    const text = readFileSync(path, 'utf8');
    const step = /(?:step|tau): ([\d.]+)/u.exec(text)?.[1];
    const trust = /^objective:/mu.test(text) ? ['--allow-modules'] : [];
    const set = ['particles=3_000', `time.end=3*${step}`].flatMap((one) => ['--set', one]);
    const { code, stderr } = await call('run', path, '--out', `shipped ${name}`, ...trust, ...set);
    expect(code, stderr).toBe(0);
    expect(readManifest(folder(`shipped ${name}`))).toMatchObject({ status: 'finished', steps: 3 });
  });
});

describe('verify', () => {
  it('passes on the quickstart', async () => {
    const { code, stdout, stderr } = await call(
      ...[
        'verify',
        join(root, 'configs/quickstart.yaml'),
        '--set',
        'particles=20_000',
        '--steps',
        '10',
        '--workers',
        '1,3',
      ],
    );
    expect(code).toBe(0);
    expect(stdout).toBe('the same bits in every run\n');
    expect(stderr).toContain('3 workers, nodes');
    expect(stderr).not.toContain('WRONG');
  });
});
