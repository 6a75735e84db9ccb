// Texts that are no config: broken, malicious or enormous YAML ends in a ConfigError, soon, never in another error.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../src/config/mod.js';
import { BASE, problemsOf } from './helpers.js';

const bomb = Array.from({ length: 9 }, (_, i) =>
  i === 0 ? 'a0: &a0 [x, x]' : `a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`,
).join('\n');

const cases: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '', /empty/u],
  ['a comment', '# hello', /empty/u],
  ['a list', '[1, 2]', /list of keys/u],
  ['a text', 'hello', /list of keys/u],
  ['a duplicate key', 'name: a\nname: b', /written twice/u],
  ['two documents', 'name: a\n---\nname: b', /more than one/u],
  ['a tag', 'name: !!js/function "f"', /tag/u],
  ['a binary', 'name: !!binary aGVsbG8=', /tag/u],
  ['an open bracket', 'space: [x, y', /./u],
  ['a tab', 'space:\n\tvariables: [x]', /tab|Tabs/u],
  ['an unknown alias', 'name: *a', /alias/iu],
  ['a bomb of aliases', bomb, /alias/iu],
  ['a prototype', '__proto__: { name: a }', /__proto__/u],
  ['a prototype inside', 'potential: { parameters: { __proto__: 1 } }', /__proto__/u],
  ['a deep list', '['.repeat(50_000), /too deeply/u],
  ['a deep list of dashes', '- '.repeat(20_000), /too deeply/u],
  ['a deep map', Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /too deeply/u],
  ['17 megabytes', `name: ${'a'.repeat(17 * 1024 * 1024)}`, /larger than 16 MB/u],
  ['a complex key', '? [a, b]\n: 1', /./u],
  ['a null', 'particles:', /no value/u],
  ['control characters', 'name: "\u0000\u0001"\n\u0007: 1', /./u],
];

describe('hostile YAML', () => {
  it.each(cases)('%s is refused', (_, text, message) => {
    const problems = problemsOf(() => parseConfig(text, { file: 'test.yaml' }));
    expect(problems.map((problem) => problem.message).join('\n')).toMatch(message);
  });

  it('names like those of Object are just names', () => {
    const text = BASE.replace(
      'parameters: { h: 0.1*node }',
      'parameters: { h: 1, constructor: 2, toString: node }',
    );
    expect(() => parseConfig(text)).not.toThrow();
    const problems = problemsOf(() => parseConfig(`${BASE}constructor: 1\ntoString: 2\n`));
    expect(problems.map((problem) => problem.path)).toEqual(['constructor', 'toString']);
  });

  it('reads a config with a byte order mark and Windows line ends', () => {
    expect(parseConfig(`\uFEFF${BASE.replaceAll('\n', '\r\n')}`).name).toBe('test');
  });

  it('any text gives a config or a ConfigError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(BASE.length), (noise, at) => {
        for (const text of [noise, BASE.slice(0, at) + noise + BASE.slice(at)]) {
          try {
            parseConfig(text);
          } catch (error) {
            if (!(error instanceof ConfigError)) throw error;
            expect(error.problems.length).toBeGreaterThan(0);
            for (const { line, hint } of error.problems) {
              expect(line).toBeGreaterThan(0);
              expect(hint).not.toBe('');
            }
            expect(error.message.length).toBeLessThan(20_000);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('any JSON value of any key gives a config or a ConfigError', () => {
    const keys = [
      'space',
      'graph',
      'potential',
      'temperature',
      'dynamics',
      'initial',
      'time',
      'observe',
      'checkpoint',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.json(), (key, value) => {
        try {
          parseConfig(BASE, { overrides: [`${key}=${value}`] });
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          for (const { hint } of error.problems) expect(hint).not.toMatch(/^$|undefined/u);
        }
      }),
      { numRuns: 300 },
    );
  });
});
