// The linter's bans bite where results are made and nowhere else. What is linted here are strings under file names that
// need not exist; the bans look at text only. It does not test ESLint's own rules, but for one that needs types, to
// see that types are switched on.
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const untyped = new ESLint({ cwd: root, overrideConfig: [tseslint.configs.disableTypeChecked] });

// Loading the linter takes a second or more, a test after that milliseconds.
beforeAll(() => untyped.calculateConfigForFile('src/kernel/a.ts'), 30_000);

const BITS = ['no-restricted-properties', 'no-restricted-syntax', 'no-restricted-globals'];
const CODE = ['no-eval', 'no-new-func', 'no-restricted-syntax', 'wasserwerk/imports'];
const IMPORTS = ['wasserwerk/imports'];

async function complaints(
  eslint: ESLint,
  file: string,
  code: string,
): Promise<ESLint.LintResult['messages']> {
  const [result] = await eslint.lintText(`${code}\n`, { filePath: `${root}/${file}` });
  const fatal = result.messages.find((message) => message.fatal);
  if (fatal) throw new Error(`${file} was not linted: ${fatal.message}`);
  return result.messages;
}

/** The texts of what the named rules say about a piece of code in a file of that name. */
async function says(rules: readonly string[], file: string, code: string): Promise<string[]> {
  const messages = await complaints(untyped, file, code);
  return messages
    .filter(({ ruleId }) => ruleId !== null && rules.includes(ruleId))
    .map(({ message }) => message);
}

const resultPath = [
  ...[
    'elementary',
    'expression',
    'model',
    'kernel',
    'particles',
    'estimate',
    'lumped',
    'grid',
    'cluster',
    'compare',
  ].map((folder) => `src/${folder}/some/file.ts`),
  'workers/thread.ts',
];
const elsewhere = [
  'bench/kernel.ts',
  'test/kernel/kernel.test.ts',
  'scripts/tables.ts',
  'src/output/file.ts',
  'src/cli/run.ts',
];

describe('the same bits everywhere', () => {
  it.each(resultPath)('%s may use neither Math.exp, nor Math.random, nor **, nor a clock', async (file) => {
    expect(await says(BITS, file, 'export const a = Math.exp(1);')).toEqual([
      expect.stringContaining('Use src/elementary instead of Math.exp.'),
    ]);
    expect(await says(BITS, file, 'export const a = Math.random();')).toHaveLength(1);
    expect(await says(BITS, file, 'export const f = (x: number) => x ** 2;')).toHaveLength(1);
    expect(await says(BITS, file, 'export const a = Date.now();')).toHaveLength(1);
    expect(await says(BITS, file, 'export const a = new Date();')).toHaveLength(1);
    expect(await says(BITS, file, 'export const a = performance.now();')).toHaveLength(1);
  });

  it.each(elsewhere)('%s may use them all', async (file) => {
    const code =
      'export const a = [Math.exp(1), 3 ** 0.5, Math.random(), Date.now(), new Date(), performance.now()];';
    expect(await says(BITS, file, code)).toEqual([]);
  });

  it.each([
    ...['log', 'log2', 'log10', 'log1p', 'expm1', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2'],
    ...['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'pow', 'cbrt', 'hypot'],
  ])('Math.%s is banned', async (name) => {
    expect(await says(BITS, 'src/kernel/a.ts', `export const a = Math.${name}(1, 2);`)).toHaveLength(1);
  });

  it.each([
    'sqrt',
    'abs',
    'floor',
    'ceil',
    'trunc',
    'round',
    'fround',
    'min',
    'max',
    'imul',
    'clz32',
    'sign',
  ])('Math.%s is exact and free to use', async (name) => {
    expect(await says(BITS, 'src/kernel/a.ts', `export const a = Math.${name}(1, 2);`)).toEqual([]);
  });

  it('a written-out power of two is exact and free to use, any other power is not', async () => {
    for (let n = 0, up = 1, down = 1; n <= 1074; n++, up *= 2, down /= 2) {
      expect(2 ** n).toBe(up);
      expect(2 ** -n).toBe(down);
    }
    for (const power of ['2 ** 52', '2 ** -1074', '1.5 * 2 ** 23']) {
      expect(await says(BITS, 'src/kernel/a.ts', `export const a = ${power};`)).toEqual([]);
    }
    for (const power of [
      '2 ** 0.5',
      '2 ** -0.5',
      '2 ** n',
      '2 ** -n',
      'n ** 2',
      '3 ** 2',
      '(-2) ** 3',
      '2 ** +n',
    ]) {
      expect(await says(BITS, 'src/kernel/a.ts', `export const f = (n: number) => ${power};`)).toHaveLength(
        1,
      );
    }
  });

  it.each([
    'const { exp } = Math; export { exp };',
    'let exp; ({ exp } = Math); export { exp };',
    'const { ...all } = Math; export { all };',
    'const { sqrt: root, exp: e } = Math; export { root, e };',
    'export const f = ({ exp } = Math) => exp(1);',
    'const m = Math; export const a = m.exp(1);',
    'export const all = { ...Math };',
    'export const a = [Math].map((m) => m.exp(1));',
    'export const a = (Math as { exp(x: number): number }).exp(1);',
    `export const a = Math['exp'](1);`,
    'export const a = Math[`exp`](1);',
    `const name = 'exp'; export const a = Math[name](1);`,
    'export const a = Math?.exp(1);',
    'export const a = globalThis.Math.exp(1);',
    `export const a = globalThis['Math'].exp(1);`,
    'const { Math: m } = globalThis; export const a = m.exp(1);',
    'export const f = Math.exp;',
    'let a = 2; a **= 0.5; export { a };',
  ])('no way round: %s', async (code) => {
    expect(await says(BITS, 'src/kernel/a.ts', code)).not.toEqual([]);
  });

  it.each([
    'export const a = Date();',
    'export const { now } = Date;',
    'const D = Date; export const a = new D();',
    'export const a = globalThis.Date.now();',
    'const { performance: p } = globalThis; export const a = p.now();',
    'export const a = process.hrtime.bigint();',
    `import { performance as p } from 'node:perf_hooks'; export const a = p.now();`,
  ])('no clock: %s', async (code) => {
    for (const file of ['src/kernel/a.ts', 'src/model/a.ts', 'src/cluster/plan.ts', 'workers/thread.ts']) {
      expect(await says([...BITS, ...IMPORTS], file, code)).not.toEqual([]);
    }
  });

  it('src/cluster/clock.ts alone may look at performance.now, and at nothing else', async () => {
    const file = 'src/cluster/clock.ts';
    expect(await says(BITS, file, 'export const now = () => performance.now();')).toEqual([]);
    expect(await says(BITS, file, 'export const now = () => Date.now();')).toHaveLength(1);
    expect(await says(BITS, file, 'export const a = Math.exp(1);')).toHaveLength(1);
    expect(
      await says(BITS, 'src/kernel/clock.ts', 'export const now = () => performance.now();'),
    ).toHaveLength(1);
  });
});

describe('code from a string', () => {
  it.each([
    'export const a: unknown = eval("1");',
    'export const a: unknown = (0, eval)("1");',
    'export const a: unknown = globalThis.eval("1");',
    'export const f = new Function("return 1");',
    'export const f = Function("return 1");',
    `import { runInNewContext } from 'node:vm'; export { runInNewContext };`,
    `export * from 'vm';`,
    `export const vm = await import('node:vm');`,
    'export const vm = await import(`node:vm`);',
    `export const vm: unknown = process.getBuiltinModule('node:vm');`,
    `import { Worker } from 'node:worker_threads'; export const w = new Worker('1', { eval: true });`,
  ])('is never run, anywhere: %s', async (code) => {
    for (const file of [
      'src/cluster/a.ts',
      'src/cli/a.ts',
      'bench/a.ts',
      'test/a.test.ts',
      'scripts/a.mjs',
    ]) {
      if (file.endsWith('.mjs') && code.includes(': unknown')) continue;
      expect(await says(CODE, file, code)).not.toEqual([]);
    }
  });
});

describe('doors and arrows', () => {
  it.each([
    ['src/expression/parse.ts', '../elementary/mod.js'],
    ['src/expression/parse.ts', './expression.js'],
    ['src/kernel/ir.ts', '../expression/mod.js'],
    ['src/kernel/wasm/encode.ts', '../ir.js'],
    ['src/kernel/wasm/encode.ts', '../../elementary/mod.js'],
    ['src/particles/shard.ts', '../kernel/mod.js'],
    ['src/grid/solver.ts', '../model/mod.js'],
    ['src/cluster/transport/threads.ts', '../../particles/mod.js'],
    ['src/cluster/transport/threads.ts', 'node:worker_threads'],
    ['src/cluster/plan.ts', '../output/mod.js'],
    ['src/cli/run.ts', '../cluster/mod.js'],
    ['src/cli/compare.ts', '../compare/mod.js'],
    ['src/report/page.ts', '../compare/mod.js'],
    ['src/cli/export.ts', '../export/mod.js'],
    ['src/export/place.ts', '../output/mod.js'],
    ['src/export/place.ts', 'node:fs/promises'],
    ['src/compare/normal.ts', '../elementary/mod.js'],
    ['src/report/picture.ts', 'node:zlib'],
    ['src/report/page.ts', '../drawing/mod.js'],
    ['src/status/page/client/main.ts', '../../../drawing/mod.js'],
    ['src/config/load.ts', 'node:fs'],
    ['workers/thread.ts', '../src/cluster/mod.js'],
    ['workers/thread.ts', '../src/cluster/thread.js'],
    ['workers/thread.ts', '../src/config/thread.js'],
    ['src/model/build.ts', '../config/thread.js'],
    ['test/kernel/ir.test.ts', '../../src/kernel/ir.js'],
    ['bench/kernel.ts', '../src/kernel/ir.js'],
    ['src/kernel/ir.ts', 'some-package'],
  ])('%s may import %s', async (file, specifier) => {
    expect(await says(IMPORTS, file, `import { a } from '${specifier}';`)).toEqual([]);
  });

  it.each([
    ['src/grid/solver.ts', '../model/graph.js', 'through its door, src/model/mod.js'],
    ['src/cluster/transport/threads.ts', '../../kernel/wasm/mod.js', 'through its door, src/kernel/mod.js'],
    ['workers/thread.ts', '../src/cluster/plan.js', 'through its door'],
    ['src/cli/run.ts', '../cluster/thread.js', 'through its door'],
    ['src/cluster/run.ts', '../config/thread.js', 'through its door'],
    ['src/elementary/exp.ts', '../expression/mod.js', 'src/elementary may import no other folder'],
    ['src/expression/parse.ts', '../model/mod.js', 'src/expression may import src/elementary, not src/model'],
    ['src/kernel/ir.ts', '../particles/mod.js', 'not src/particles'],
    ['src/kernel/ir.ts', '../model/mod.js', 'by its types only'],
    ...['particles', 'lumped', 'grid', 'estimate', 'model', 'config'].flatMap((folder) =>
      ['cluster', 'output', 'status', 'compare', 'report', 'export', 'cli'].map((above) => [
        `src/${folder}/a.ts`,
        `../${above}/mod.js`,
        'which stands above it',
      ]),
    ),
    ...[
      'expression',
      'kernel',
      'particles',
      'lumped',
      'grid',
      'estimate',
      'compare',
      'report',
      'drawing',
    ].flatMap((folder) =>
      ['node:fs', 'fs', 'node:fs/promises', 'node:http', 'node:worker_threads', 'piscina', 'nats'].map(
        (name) => [`src/${folder}/a.ts`, name, 'Nothing below src/cluster'],
      ),
    ),
    ['src/compare/normal.ts', '../output/mod.js', 'by its types only'],
    ['src/report/page.ts', '../output/mod.js', 'by its types only'],
    ['src/compare/normal.ts', '../report/mod.js', 'not src/report'],
    ['src/drawing/axis.ts', '../report/mod.js', 'may import no other folder'],
    ['src/report/page.ts', '../cluster/mod.js', 'not src/cluster'],
    ['src/export/data.ts', '../model/mod.js', 'by its types only'],
    ['src/export/data.ts', '../cluster/mod.js', 'not src/cluster'],
    ['src/report/page.ts', '../export/mod.js', 'not src/export'],
    ['src/cluster/plan.ts', '../cli/mod.js', 'nothing imports src/cli'],
    ['src/cluster/plan.ts', '../../workers/thread.js', 'src/ stands alone'],
  ])('%s may not import %s', async (file, specifier, reason) => {
    expect(await says(IMPORTS, file, `import { a } from '${specifier}';`)).toEqual([
      expect.stringContaining(reason),
    ]);
  });

  it.each([
    `export { a } from '../model/graph.js';`,
    `export * from '../model/graph.js';`,
    `export const a = await import('../model/graph.js');`,
    `import type { A } from '../model/graph.js';`,
    `export type A = import('../model/graph.js').A;`,
    `import '../model/graph.js';`,
  ])('every form of import is seen: %s', async (code) => {
    expect(await says(IMPORTS, 'src/grid/solver.ts', code)).toHaveLength(1);
  });

  it('src/kernel may take types from src/model, and src/compare and src/report from src/output', async () => {
    for (const [folder, other] of [
      ['kernel', 'model'],
      ['compare', 'output'],
      ['report', 'output'],
    ]) {
      const code = `import type { A } from '../${other}/mod.js';`;
      expect(await says(IMPORTS, `src/${folder}/a.ts`, code)).toEqual([]);
    }
  });
});

describe('rules that need types', () => {
  it('a promise left floating is an error, and so is any', { timeout: 30_000 }, async () => {
    const typed = new ESLint({ cwd: root });
    const code = 'async function f() { await Promise.resolve(1); }\nf();\nexport const a: any = 1;';
    const rules = (await complaints(typed, 'test/lint/lint.test.ts', code)).map(({ ruleId }) => ruleId);
    expect(rules).toContain('@typescript-eslint/no-floating-promises');
    expect(rules).toContain('@typescript-eslint/no-explicit-any');
  });
});
