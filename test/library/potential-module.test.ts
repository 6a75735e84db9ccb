import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  compileKernel,
  importPotential,
  loadModel,
  simulate,
  type ConfigInput,
  type ModuleConfigInput,
} from '../../src/library/mod.js';
import { wells } from './models.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasserwerk-potential-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A module with this text; each has a name of its own, since modules are imported once. */
let count = 0;
function moduleOf(text: string): string {
  count += 1;
  const name = `potential-${count}.mjs`;
  writeFileSync(join(folder, name), text);
  return name;
}

/** The wells of `wells`, made by a module out of their stiffnesses. */
const madeWells = `export default async ({ k }) => ({
  formula: '0.5*k*((x-a)^2 + y^2) + h',
  parameters: { k, a: k.map((_, i) => i - 1), h: k.map((_, i) => i / 2) },
});`;
const config = (module: string | URL): ModuleConfigInput => ({
  ...wells,
  potential: { module, options: { k: [1, 2, 4] } },
});

describe('a potential that a module makes', () => {
  it('gives the bits of the same formulas, by path and by URL', async () => {
    const module = moduleOf(madeWells);
    const expected = await compileKernel(wells);
    await expected.advance(5);
    for (const given of [module, pathToFileURL(join(folder, module))]) {
      const kernel = await compileKernel(config(given), { allowModules: true, folder });
      await kernel.advance(5);
      expect(await kernel.stateHash()).toBe(await expected.stateHash());
      await kernel.close();
    }
    await expected.close();
    const potential = await importPotential(module, { folder, options: { k: [1, 2, 4] } });
    expect(loadModel({ ...wells, potential }).gibbsMasses()).toEqual(loadModel(wells).gibbsMasses());
  });

  it('is not imported unless that is allowed', async () => {
    const module = moduleOf(`globalThis.wasImported = true; ${madeWells}`);
    await expect(compileKernel(config(module), { folder })).rejects.toMatchObject({
      code: 'modules-not-allowed',
      message: expect.stringContaining('allowModules: true') as string,
    });
    await expect(simulate(config(module), { folder }).result).rejects.toMatchObject({
      code: 'modules-not-allowed',
    });
    expect('wasImported' in globalThis).toBe(false);
    // @ts-expect-error a model is made at once: no module can be imported for it
    expect(() => loadModel(config(module), { folder })).toThrow('await importPotential(');
  });

  it.each([
    ['a formula as text', "export default '0.5*x^2'"],
    ['a function of nothing', "export default () => '0.5*x^2'"],
    ['an object', "export default { formula: '0.5*x^2' }"],
  ])('may be %s', async (_, text) => {
    const potential = await importPotential(moduleOf(text), { folder });
    expect(potential).toEqual({ formula: '0.5*x^2' });
  });

  it.each([
    ['nothing', 'export const potential = 1', 'gives no potential: export as default a formula'],
    ['a number', 'export default 5', 'gives no potential'],
    ['a function of x', 'export default () => (x) => x', 'gives no potential'],
    ['another module', "export default { module: 'a.mjs' }", 'gives no potential'],
    ['an error', "export default () => { throw new Error('no wells') }", 'no wells'],
    ['no code', 'export default {', 'potential-'],
  ])('may not be %s', async (_, text, message) => {
    const imported = importPotential(moduleOf(text), { folder });
    await expect(imported).rejects.toMatchObject({ name: 'LibraryError', code: 'bad-module' });
    await expect(imported).rejects.toThrow(message);
  });

  it('comes from a file, and from nowhere else', async () => {
    await expect(importPotential('nowhere.mjs', { folder })).rejects.toMatchObject({ code: 'bad-module' });
    await expect(importPotential(new URL('data:text/javascript,'))).rejects.toThrow('is no file');
    await expect(importPotential(new URL('https://localhost/a.mjs'))).rejects.toThrow('is no file');
  });

  it('is checked as what is written by hand', async () => {
    const module = moduleOf("export default { formula: '0.5*x^2 + hh' }");
    await expect(simulate(config(module), { folder, allowModules: true }).result).rejects.toThrow(
      "unknown name 'hh'",
    );
  });

  it('has a type of its own', () => {
    expectTypeOf<ConfigInput>().not.toExtend<ModuleConfigInput>();
    expectTypeOf<ModuleConfigInput>().not.toExtend<ConfigInput>();
  });
});
