import { describe, expect, expectTypeOf, it } from 'vitest';
import type * as z from 'zod';
import { ConfigError, configSchema, parseConfig } from '../../src/config/mod.js';
import { resolveConfig } from '../../src/library/config.js';
import type * as Input from '../../src/library/config-input.js';
import { formula, loadModel, type ConfigInput } from '../../src/library/mod.js';
import { wells } from './models.js';

const text = JSON.stringify(wells, null, 1);
const values = (config: object): unknown => JSON.parse(JSON.stringify({ ...config, source: undefined }));

describe('a config may be', () => {
  const expected = values(parseConfig(text));

  it.each([
    ['a text', text],
    ['an object', wells],
    ['a config that was loaded', parseConfig(text)],
    ['a model', loadModel(wells)],
  ])('%s', (_, input) => {
    expect(values(resolveConfig(input))).toEqual(expected);
  });

  it('a path, or a file URL', () => {
    const path = 'configs/quickstart.yaml';
    const url = new URL(`../../${path}`, import.meta.url);
    expect(values(resolveConfig(path))).toEqual(values(resolveConfig(url)));
    expect(() => resolveConfig('nowhere.yaml')).toThrow('nowhere.yaml: cannot be read');
  });

  it('changed by overrides and a seed, again and again', () => {
    const once = resolveConfig(wells, { overrides: ['particles=1e4', 'time.steps=7'] });
    const twice = resolveConfig(once, { overrides: ['particles=500'], seed: 9 });
    expect(once).toMatchObject({ particles: 10_000, seed: 3 });
    expect(twice).toMatchObject({ particles: 500, seed: 9, time: { steps: 7 } });
    // What goes to threads says the same.
    expect(twice.source.bundle().overrides).toEqual([
      'particles=1e4',
      'time.steps=7',
      'particles=500',
      'seed=9',
    ]);
  });
});

describe('an object', () => {
  it('may hold formulas and typed arrays', () => {
    const config = {
      ...wells,
      potential: { formula: formula`dot(c, c)*x^2 + ${-1}`, data: { c: Float64Array.of(1, 2) } },
    } satisfies ConfigInput;
    const model = loadModel(config);
    expect(model.potential([2, 0], 'left')).toBe(19);
  });

  it.each([
    [
      'a function as the potential',
      { potential: (x: number) => x },
      'potential: is a function, which cannot be compiled',
    ],
    [
      'a function as a formula',
      { potential: { formula: () => 1 } },
      'potential.formula: is a function, which cannot be compiled',
    ],
    ['NaN', { particles: NaN }, 'particles: is NaN'],
    ['a bigint in a list', { initial: { point: [0, 1n] } }, 'initial.point[1]: is a bigint'],
  ])('may not hold %s', (_, part, message) => {
    const config = { ...wells, ...part } as unknown as ConfigInput;
    expect(() => resolveConfig(config)).toThrow(ConfigError);
    expect(() => resolveConfig(config)).toThrow(message);
  });

  it('is refused with the place of a mistake', () => {
    expect(() => resolveConfig({ ...wells, temperature: -1 })).toThrow('temperature: expected a number >= 0');
  });
});

describe('the types', () => {
  it('have the keys of the schema', () => {
    type Schema = z.input<typeof configSchema>;
    expectTypeOf<keyof ConfigInput>().toEqualTypeOf<keyof Schema>();
    expectTypeOf<keyof Input.SpaceInput>().toEqualTypeOf<keyof Schema['space']>();
    expectTypeOf<keyof Input.PotentialInput>().toEqualTypeOf<keyof Schema['potential']>();
    expectTypeOf<keyof Input.DynamicsInput>().toEqualTypeOf<keyof NonNullable<Schema['dynamics']>>();
    expectTypeOf<keyof Input.InitialInput>().toEqualTypeOf<keyof Schema['initial']>();
    expectTypeOf<keyof Input.TimeInput>().toEqualTypeOf<keyof Schema['time']>();
    expectTypeOf<keyof Input.ObserveInput>().toEqualTypeOf<keyof NonNullable<Schema['observe']>>();
    expectTypeOf<keyof NonNullable<ConfigInput['grid']>>().toEqualTypeOf<keyof NonNullable<Schema['grid']>>();
    type Values = z.output<typeof configSchema>;
    expectTypeOf<NonNullable<Input.DynamicsInput['mobility']>>().toEqualTypeOf<
      Values['dynamics']['mobility']
    >();
    expectTypeOf<NonNullable<Input.DynamicsInput['integrator']>>().toEqualTypeOf<
      Values['dynamics']['integrator']
    >();
    expect(Object.keys(configSchema.shape)).toContain('space');
  });

  it('have no place for functions and unknown keys', () => {
    // @ts-expect-error a function is no formula
    const withFunction: Input.PotentialInput = { formula: (x: number) => x * x };
    // @ts-expect-error there is no such key
    const withTypo: ConfigInput = { ...wells, temprature: 1 };
    expect(() => resolveConfig({ ...wells, potential: withFunction })).toThrow('is a function');
    expect(() => resolveConfig(withTypo)).toThrow('did you mean "temperature"?');
  });
});
