// Objectives in code: whoever does not trust them is told what they are, and a module that is not there is a mistake in the config.

import { describe, expect, it } from 'vitest';
import { requireModule, requireTrust } from '../../src/cli/trust.js';
import { parseConfig, type RunConfig } from '../../src/config/mod.js';

const configWith = (objective: string): RunConfig =>
  parseConfig(
    `graph: { ring: 4 }\nobjective: ${objective}\ntemperature: 1\nrepresentation: lumped\ninitial: { point: 0 }\ntime: { step: 0.1, end: 1 }\n`,
    { file: 'test.yaml', folder: import.meta.dirname },
  );

describe('objectives in code', () => {
  it('are run by those who trust them', () => {
    const config = configWith('{ command: [python3, a.py] }');
    expect(() => {
      requireTrust(config, false);
    }).toThrow(
      /^test\.yaml has a problem\n\ntest\.yaml:2:1: objective: the config runs code: python3 a\.py/u,
    );
    expect(() => {
      requireTrust(config, true);
    }).not.toThrow();
  });

  it('are there', () => {
    const config = configWith('{ module: nowhere.ts }');
    const missing = /test\.yaml:2:22: objective\.module: nowhere\.ts: there is no such file/u;
    expect(() => {
      requireTrust(config, true);
    }).toThrow(missing);
    expect(() => {
      requireModule(config);
    }).toThrow(missing);
    expect(() => {
      requireModule(configWith('{ module: trust.test.ts }'));
    }).not.toThrow();
  });
});
