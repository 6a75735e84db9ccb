// Objectives that are not formulas: modules and external processes, good and bad ones.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ObjectivePoint } from '../../src/lumped/mod.js';
import { openObjective, type MeasuredObjective, type ObjectiveSpec } from '../../src/objective/mod.js';

const folder = mkdtempSync(join(tmpdir(), 'objective-'));
afterAll(() => rmSync(folder, { recursive: true }));

function point(node: string, x: number[], wantsGradient = true): ObjectivePoint {
  const gradient = wantsGradient ? new Float64Array(x.length) : undefined;
  return { node, x: Float64Array.from(x), gradient, time: 0, batch: undefined };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const moduleSpec = (path: string, options: Record<string, unknown> = {}): ObjectiveSpec => ({
  ...{ kind: 'module', path, options },
});
const command = (args: string[], options: Record<string, unknown> = {}, timeout = 20): ObjectiveSpec => ({
  ...{ kind: 'command', command: args, folder, timeout, options },
});
const open = (spec: ObjectiveSpec, workers = 1, warn?: (text: string) => void): Promise<MeasuredObjective> =>
  openObjective(spec, { isTrusted: true, workers, ...(warn && { warn }) });

const examples = resolve('configs/objectives');
const x = [0.5, -0.25, 1, 2, 0.125, -3];

describe('the example in TypeScript and in Python', () => {
  it('give the same values, gradients and neighbours, also from several processes', async () => {
    const a = await open(moduleSpec(join(examples, 'subset.ts'), { price: 0.5 }));
    const b = await open(command(['python3', join(examples, 'subset.py')], { price: 0.5 }), 2);
    try {
      const points = ['100100', '000000', '111111'].map((node) => point(node, x));
      const others = points.map(({ node }) => point(node, x));
      const values = await a.evaluate(points);
      const fromPython = await b.evaluate(others);
      points.forEach(({ gradient }, i) => {
        expect(fromPython[i]).toBeCloseTo(values[i], 12);
        Array.from(gradient!, (g, j) => expect(others[i].gradient![j]).toBeCloseTo(g, 12));
      });
      expect(values[2] - values[0]).not.toBeCloseTo(0, 3);
      expect(await b.dimension('100100')).toBe(await a.dimension('100100'));
      expect(await b.neighbours?.('100100')).toEqual(await a.neighbours?.('100100'));
      expect(Array.from((await b.initial?.('100100', 1)) ?? [])).toEqual(Array(6).fill(0));
      expect('transfer' in b).toBe(false);
      // Without a gradient.
      expect((await b.evaluate([point('100100', x, false)]))[0]).toBe(fromPython[0]);
    } finally {
      await a.close?.();
      await b.close?.();
    }
  });

  it('have the gradient of the value', async () => {
    const a = await open(moduleSpec(join(examples, 'subset.ts')));
    const at = point('101011', x);
    await a.evaluate([at]);
    for (let j = 0; j < x.length; j++) {
      const [up, down] = [1e-5, -1e-5].map((h) => x.map((value, i) => (i === j ? value + h : value)));
      const values = await a.evaluate([point('101011', up), point('101011', down)]);
      expect((values[0] - values[1]) / 2e-5).toBeCloseTo(at.gradient![j], 6);
    }
  });
});

describe('a module', () => {
  it('may export plain functions, and is given time and mini-batch', async () => {
    const path = file(
      'plain.mjs',
      `export const dimension = (node) => node.length;
       export const miniBatches = true;
       export const value = (x, node, { time, batch }) => x[0] + 10 * time + (batch === undefined ? 1000 : 100 * batch);
       export const gradient = (x) => x.map(() => 1);
       export const measure = (x, node) => ({ length: node.length });
       export const transfer = (x, from, to) => [x[0], from.length, to.length];
       export const neighbours = (node) => [node + 'x', [node + 'y', 0.5]];
       export const diffusivity = () => 2;`,
    );
    const objective = await open(moduleSpec(path));
    expect(objective.miniBatches).toBe(true);
    expect(await objective.dimension('abc')).toBe(3);
    const wanted = { ...point('ab', [1, 2]), time: 2, batch: 3 };
    expect(Array.from(await objective.evaluate([wanted, { ...wanted, batch: undefined }]))).toEqual([
      321, 1021,
    ]);
    expect(Array.from(wanted.gradient!)).toEqual([1, 1]);
    expect(await objective.measure?.(wanted.x, 'ab')).toEqual({ length: 2 });
    expect(Array.from((await objective.transfer?.(wanted.x, 'ab', 'abc')) ?? [])).toEqual([1, 2, 3]);
    expect(await objective.neighbours?.('a')).toEqual([
      { node: 'ax', weight: 1 },
      { node: 'ay', weight: 0.5 },
    ]);
    expect(objective.diffusivity?.('a')).toBe(2);
  });

  it.each([
    ['none.mjs', undefined, /there is no module/u],
    ['syntax.mjs', 'export const = 3', /cannot be loaded/u],
    ['empty.mjs', 'export const dimension = 1', /neither value and gradient/u],
    ['text.mjs', 'export const dimension = 1, value = 3, gradient = 4', /value, which is no function/u],
    ['nodim.mjs', 'export const value = () => 1, gradient = () => [1]', /no dimension/u],
    ['throws.mjs', 'export default () => { throw new Error("no price") }', /failed: no price/u],
    ['nothing.mjs', 'export default () => 7', /gives no objective/u],
  ])('that is no objective is refused: %s', async (name, text, message) => {
    const path = text === undefined ? join(folder, name) : file(name, text);
    await expect(open(moduleSpec(path))).rejects.toThrow(message);
  });

  it.each([
    ['gradient = () => [1, 2]', /gradient of node "a" gives a gradient of 2 numbers for 1 coordinates/u],
    ['gradient = () => 5', /gives no list of numbers/u],
    ['gradient = () => { throw new Error("bad luck") }', /gradient of node "a" failed: bad luck/u],
  ])('whose answers are wrong is told so: %s', async (text, message) => {
    const path = file(`wrong-${text.length}.mjs`, `export const dimension = 1, value = () => 1, ${text}`);
    const objective = await open(moduleSpec(path));
    await expect(objective.evaluate([point('a', [0])])).rejects.toThrow(message);
  });

  it('takes no options where it exports plain functions', async () => {
    const path = file('fixed.mjs', 'export const dimension = 1, value = () => 1, gradient = () => [0]');
    await expect(open(moduleSpec(path, { price: 1 }))).rejects.toThrow(/takes no options/u);
  });
});

/** A process in JavaScript that does what `body` says for a question q. */
function program(name: string, body: string): string[] {
  const hello = `if (q.call === 'hello') return { protocol: 1 };`;
  return [
    process.execPath,
    file(
      name,
      `import { createInterface } from 'node:readline';
       import { existsSync, writeFileSync } from 'node:fs';
       const answer = (q) => { ${hello} ${body} };
       createInterface({ input: process.stdin }).on('line', (line) => {
         const q = JSON.parse(line); const reply = answer(q);
         if (reply !== undefined) console.log(typeof reply === 'string' ? reply : JSON.stringify({ id: q.id, ...reply }));
       });`,
    ),
  ];
}

describe('a process', () => {
  const once = (name: string): string => JSON.stringify(join(folder, name));

  it('that dies in the middle is started anew and asked again', async () => {
    const told: string[] = [];
    const mark = once('died');
    const args = program(
      'dies.mjs',
      `if (!existsSync(${mark})) { writeFileSync(${mark}, ''); process.exit(3); } return { value: q.x[0] };`,
    );
    const objective = await open(command(args), 1, (text) => told.push(text));
    expect(Array.from(await objective.evaluate([point('a', [4], false)]))).toEqual([4]);
    expect(told).toEqual([expect.stringMatching(/ended with code 3: it is started anew/u)]);
    await objective.close?.();
  });

  it('that does not answer in time is started anew, and the run fails after three times', async () => {
    const told: string[] = [];
    const args = program('sleeps.mjs', `console.error('thinking about ' + q.node); return undefined;`);
    const objective = await open(command(args, {}, 0.5), 1, (text) => told.push(text));
    await expect(objective.evaluate([point('a', [4])])).rejects.toThrow(
      /did not answer "evaluate" within 0.5 s, 3 times; it wrote to standard error:\nthinking about a/u,
    );
    expect(told).toHaveLength(2);
    await objective.close?.();
  });

  it.each([
    ['nan.mjs', `return '{"id":' + q.id + ',"value":NaN}';`, /JSON has no NaN/u],
    ['id.mjs', `return { id: 99, value: 1 };`, /did not answer question/u],
    ['error.mjs', `return { error: 'no such node' };`, /refuses "evaluate" for node "a": no such node/u],
    ['shape.mjs', `return { value: 'much' };`, /wrong answer to "evaluate" for node "a": value/u],
    ['short.mjs', `return { value: 1, gradient: [1, 2] };`, /2 numbers for 1 coordinates/u],
  ])('whose answers are wrong is told so: %s', async (name, body, message) => {
    const objective = await open(command(program(name, body)));
    await expect(objective.evaluate([point('a', [4])])).rejects.toThrow(message);
    await objective.close?.();
  });

  it('that cannot be started is told so', async () => {
    await expect(open(command(['no-such-program-here']))).rejects.toThrow(/cannot be started/u);
  });

  it('that speaks another version is refused', async () => {
    const args = [
      process.execPath,
      '-e',
      `process.stdin.once('data', () => console.log('{"id":0,"protocol":2}'))`,
    ];
    await expect(open(command(args))).rejects.toThrow(/wrong answer to "hello": protocol/u);
  });
});

describe('trust', () => {
  it('is wanted before any code is run', async () => {
    const path = file('evil.mjs', `throw new Error('was run')`);
    await expect(openObjective(moduleSpec(path), { isTrusted: false, workers: 1 })).rejects.toThrow(
      /--allow-modules/u,
    );
    await expect(openObjective(command(['touch', 'x']), { isTrusted: false, workers: 1 })).rejects.toThrow(
      /--allow-modules/u,
    );
  });
});
