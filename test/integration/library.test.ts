// The package as a user of the library has it: packed, installed elsewhere, imported, compiled against; runs with threads;
// the examples of the documentation.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type * as Library from '../../src/library/mod.js';
import type { ConfigInput, Observable } from '../../src/library/mod.js';
import { cluster, config as configs } from './built.js';
import { readManifest, root, useFolder, wasserwerk, writeConfig } from './command.js';

const { simulate, loadModel, compileKernel } = (await import(
  new URL('../../dist/src/library/mod.js', import.meta.url).href
)) as typeof Library;

const folder = useFolder();
const run = promisify(execFile);

const wells: ConfigInput = {
  name: 'wells',
  space: { variables: ['x'] },
  graph: { ring: 3 },
  potential: { formula: '0.5*(x - node)^2' },
  temperature: 1,
  particles: 3000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.01, steps: 100 },
  observe: { every: 10, entropy: 'gaussian' },
};
/** So long that it must be stopped. */
const endless = { ...wells, time: { step: 0.01, steps: 4_000_000_000 } };

async function all(observables: AsyncIterable<Observable>): Promise<Observable[]> {
  const list: Observable[] = [];
  for await (const observable of observables) list.push(observable);
  return list;
}

describe('simulate', () => {
  it('streams every observation, with its energy, and gives the bits of the command line', async () => {
    const observables = await all(simulate(wells, { workers: 2 }));
    expect(observables.map(({ step }) => step)).toEqual(Array.from({ length: 11 }, (_, i) => 10 * i));
    expect(observables.map(({ energy }) => energy?.step)).toEqual(observables.map(({ step }) => step));
    const { result } = simulate(wells, { workers: 1 });
    const { stateHash, status, folder: none, observation, nodeNames } = await result;
    expect({ status, none, nodeNames }).toEqual({
      status: 'finished',
      none: null,
      nodeNames: ['0', '1', '2'],
    });
    expect(observation).toEqual(observables.at(-1));

    const file = writeConfig(folder('wells.yaml'), wells);
    const { code, stdout } = await wasserwerk(folder(), 'run', file, '--out', 'by-command', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stateHash });
  });

  it('writes files only when asked, and then a whole run folder', async () => {
    const before = existsSync('runs');
    const out = folder('by-library');
    const running = simulate(wells, { out, workers: 1 });
    const observables = await all(running);
    const result = await running.result;
    expect(result.folder).toBe(out);
    expect(readManifest(out)).toMatchObject({ status: 'finished', stateHash: result.stateHash });
    expect(readFileSync(join(out, 'observables.jsonl'), 'utf8').split('\n').length - 1).toBe(11);
    expect(readFileSync(join(out, 'log.jsonl'), 'utf8')).toContain('"event":"end"');
    expect(observables.map(({ energy }) => energy?.step)).toEqual(observables.map(({ step }) => step));
    expect(existsSync('runs')).toBe(before);
  });

  it('stops by a signal: the iterator ends, the result says so', async () => {
    const stop = new AbortController();
    const running = simulate(endless, { signal: stop.signal, workers: 1 });
    let seen = 0;
    for await (const { step } of running) {
      seen += 1;
      if (step === 100) stop.abort('enough');
    }
    const { status, reason, step, observation } = await running.result;
    expect({ status, reason }).toEqual({ status: 'interrupted', reason: 'enough' });
    expect(seen).toBeGreaterThan(10);
    expect(observation.step).toBe(step);
    const early = await simulate(endless, { signal: AbortSignal.abort('never') }).result;
    expect(early).toMatchObject({ status: 'interrupted', reason: 'never', step: 0 });
  });

  it('stops when the reader leaves the loop, with a checkpoint if there is a folder', async () => {
    const out = folder('left');
    const running = simulate(endless, { out, workers: 1 });
    for await (const { step } of running) if (step >= 50) break;
    const { status, reason, step } = await running.result;
    expect({ status, reason }).toEqual({
      status: 'interrupted',
      reason: 'nobody reads its observables any more',
    });
    expect(readManifest(out)).toMatchObject({ status: 'interrupted', stepsDone: step });
    expect(existsSync(join(out, 'checkpoints'))).toBe(true);
  });

  it('waits for a slow reader, and drops nothing', async () => {
    const running = simulate({ ...endless, observe: { every: 10 } }, { workers: 1, buffer: 3 });
    const reader: AsyncIterator<Observable, undefined> = running[Symbol.asyncIterator]();
    const first = await reader.next();
    expect(first.value?.step).toBe(0);
    // Long enough for thousands of steps, were it not held up.
    await new Promise((resolve) => setTimeout(resolve, 700));
    const { step } = await running.particles({ most: 1 });
    expect(step).toBeGreaterThan(0);
    expect(step).toBeLessThanOrEqual(10 * 4);
    for (let wanted = 10; wanted <= 200; wanted += 10) {
      const { value } = await reader.next();
      expect(value?.step).toBe(wanted);
    }
    await reader.return?.();
    expect((await running.result).status).toBe('interrupted');
  });

  it('is not held up when nobody reads', async () => {
    expect((await simulate(wells, { workers: 1, buffer: 1 }).result).status).toBe('finished');
  });

  it('shows particles while it goes on and after', async () => {
    const running = simulate(wells, { workers: 1 });
    for await (const { step, count } of running) {
      if (step !== 50) continue;
      const some = await running.particles({ node: '1', most: 100 });
      expect(some).toMatchObject({ dimension: 1, count: 100 });
      expect(some.step).toBeGreaterThanOrEqual(50);
      expect(new Set(some.node)).toEqual(new Set([1]));
      expect(count[1]).toBeGreaterThan(100);
    }
    const { observation } = await running.result;
    const { x, node, step } = await running.particles();
    expect([x.length, step]).toEqual([3000, 100]);
    let sum = 0;
    node.forEach((g, i) => (sum += g === 2 ? x[i] : 0));
    expect(sum / observation.count[2]).toBeCloseTo(observation.mean[2], 6);
    await expect(running.particles({ node: 'x' })).rejects.toMatchObject({ code: 'unknown-node' });
    await expect(running.densities()).rejects.toMatchObject({ code: 'not-a-grid' });
  });

  it('runs on a grid, with energies and densities', async () => {
    const running = simulate({ ...wells, representation: 'grid', grid: { cells: 32 } }, { workers: 1 });
    const observables = await all(running);
    expect(observables.every(({ step, energy }) => energy?.step === step)).toBe(true);
    const { density, cells, low, high } = await running.densities();
    const width = (high[0] - low[0]) / cells[0];
    expect(density.length).toBe(3 * 32);
    expect(density.reduce((sum, value) => sum + value * width, 0)).toBeCloseTo(1, 9);
    await expect(running.particles()).rejects.toMatchObject({ code: 'not-particles' });
  });

  it('tells failures to the reader and in the result, and none is unhandled', async () => {
    const wrong = simulate({ ...wells, temperature: -1 });
    await expect(all(wrong)).rejects.toThrow('temperature: expected a number >= 0');
    await expect(wrong.result).rejects.toMatchObject({ code: 'config' });
    await expect(wrong.particles()).rejects.toMatchObject({ code: 'failed-run' });

    const stiff = { ...wells, potential: { formula: '25*x^2' }, time: { step: 0.3, steps: 4000 } };
    const diverging = simulate(stiff, { workers: 1 });
    let seen = 0;
    const reading = async (): Promise<void> => {
      for await (const { step } of diverging) seen = step;
    };
    await expect(reading()).rejects.toMatchObject({ code: 'not-finite' });
    expect(seen).toBeGreaterThan(0);
    await expect(diverging.result).rejects.toThrow('time.step is too large');
    await expect(simulate(wells, { workers: 0 }).result).rejects.toMatchObject({ code: 'bad-option' });
  });
});

it('the kernel by hand has the bits of the run', async () => {
  await using kernel = await compileKernel(loadModel(wells));
  await kernel.advance(100);
  expect(await kernel.stateHash()).toBe((await simulate(wells).result).stateHash);
  const other = await simulate(wells, { seed: 2 }).result;
  expect(await kernel.stateHash()).not.toBe(other.stateHash);
});

it('a run without a folder and one with a folder share the loop: same looks, same order', async () => {
  const config = configs.parseConfig(JSON.stringify(wells));
  const looks: number[] = [];
  const simulation = cluster.Simulation.create(config, { workers: 0 });
  await cluster.runInMemory(simulation, {
    workers: 0,
    looked: ({ observation }) => {
      if (observation) looks.push(observation.step);
    },
  });
  await simulation.close();
  expect(looks).toEqual(Array.from({ length: 11 }, (_, i) => 10 * i));
});

describe('the packed package', () => {
  let project = '';
  const source = `
import { compileKernel, ConfigError, formula, importPotential, LibraryError, loadModel, simulate, version } from 'wasserwerk';
import type { ConfigInput, EnergyRecord, Kernel, LoadedModel, ModuleConfigInput, Observable, PotentialExport, SimulationResult } from 'wasserwerk';

const config: ConfigInput = {
  space: { variables: ['x'] },
  potential: { formula: formula\`\${0.5}*x^2\` },
  temperature: 1,
  particles: 1000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.01, steps: 20 },
  observe: { every: 10 },
};
const model: LoadedModel = loadModel(config);
const gradient: Float64Array = model.gradient([1], 0);
const kernel: Kernel = await compileKernel(model, { seed: 2 });
await kernel.advance(2);
const run = simulate(model, { workers: 1, signal: AbortSignal.timeout(60_000) });
const steps: number[] = [];
for await (const observable of run) {
  const seen: Observable = observable;
  const energy: EnergyRecord | undefined = seen.energy;
  steps.push(seen.step, energy?.energy ?? 0);
}
const result: SimulationResult = await run.result;
const { x } = await run.particles({ node: 0, most: 10 });
const made: ModuleConfigInput = { ...config, potential: { module: './well.mjs', options: { k: 1 } } };
const parabola: PotentialExport<{ k: number }> = ({ k }) => formula\`\${k}*x^2\`;
const untrusted: unknown = await simulate(made).result.catch((error: unknown) => (error as LibraryError).code);
const trusted = await simulate(made, { allowModules: true, workers: 1 }).result;
const same = await simulate({ ...config, potential: await importPotential('./well.mjs', { options: { k: 1 } }) }).result;
// @ts-expect-error a function is not compiled
const refused: ConfigInput = { ...config, potential: { formula: (y: number) => y } };
// @ts-expect-error there is no such option
const typo = () => simulate(model, { worker: 1 });
// @ts-expect-error observables are not to be changed
const change = (o: Observable) => { o.step = 1; };
const status: 'finished' | 'interrupted' = result.status;
console.log(JSON.stringify([typeof parabola, untrusted, trusted.stateHash === same.stateHash, version, steps, status, x.length, gradient[0], kernel.step, typeof refused, typeof typo, typeof change, ConfigError.name, LibraryError.name]));
`;

  beforeAll(async () => {
    project = folder('project');
    mkdirSync(join(project, 'node_modules'), { recursive: true });
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', project],
      {
        cwd: root,
      },
    );
    const [{ filename }] = JSON.parse(stdout) as { filename: string }[];
    // As npm would unpack it; what it depends on is linked, since the registry may be out of reach.
    await run('tar', ['-xzf', filename, '--transform', 's,^package,node_modules/wasserwerk,'], {
      cwd: project,
    });
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types']) {
      const target = join(project, 'node_modules', name);
      mkdirSync(join(target, '..'), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), target);
    }
    writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }');
    writeFileSync(join(project, 'use.ts'), source);
    writeFileSync(join(project, 'well.mjs'), 'export default ({ k }) => `${k}*x^2`;');
  });

  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('has types for module %s, resolution %s, without skipLibCheck', async (module, resolution) => {
    const options = {
      module,
      moduleResolution: resolution,
      target: 'es2022',
      strict: true,
      outDir: resolution,
    };
    const compilerOptions = {
      ...options,
      ...{ types: ['node'], lib: ['es2023', 'esnext.disposable'], exactOptionalPropertyTypes: true },
    };
    writeFileSync(
      join(project, `${resolution}.json`),
      JSON.stringify({ compilerOptions, files: ['use.ts'] }),
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const compiled = await run(process.execPath, [tsc, '-p', `${resolution}.json`], { cwd: project }).then(
      () => 'compiled',
      (error: unknown) => (error as { stdout: string }).stdout,
    );
    expect(compiled).toBe('compiled');
    const { stdout } = await run(process.execPath, [`${resolution}/use.js`], { cwd: project });
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(JSON.parse(stdout)).toEqual([
      ...['function', 'modules-not-allowed', true],
      version,
      [0, 0, 10, 0, 20, 0],
      ...['finished', 10, 1, 2],
      ...['object', 'function', 'function', 'ConfigError', 'LibraryError'],
    ]);
  });

  it('has nothing else that can be imported', async () => {
    writeFileSync(join(project, 'deep.mjs'), "import 'wasserwerk/dist/src/cluster/mod.js';\n");
    await expect(run(process.execPath, ['deep.mjs'], { cwd: project })).rejects.toThrow(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    );
  });
});

describe('the examples of the documentation run:', () => {
  // Shortened by their arguments. The package finds itself by its own name.
  it.each([
    ['stop-rule', ['20000'], /^interrupted at step \d+ of 20000$/mu],
    [
      'model-selection',
      ['5000', '0.5'],
      /^likeliest: sex \+ bmi \+ bp \+ hdl \+ ltg: 0\.\d{4}, exactly 0\.1227$/mu,
    ],
    ['scan', ['2000'], /^ {3}4\.0 {2}0\.0\d\d/mu],
  ])('%s', async (name, args, expected) => {
    const { stdout, stderr } = await run(process.execPath, [
      join(root, `docs/examples/${name}.mjs`),
      ...args,
    ]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(expected);
  });
});
