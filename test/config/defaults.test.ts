// What a config is when little is written; and that the starter, the examples and the reference page are valid.

import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  configJsonSchema,
  configReference,
  loadConfig,
  parseConfig,
  STARTER_CONFIG,
} from '../../src/config/mod.js';
import { buildModel } from '../../src/model/mod.js';
import { load } from './helpers.js';

describe('defaults', () => {
  it('fill what is not written', () => {
    expect({ ...load(), source: undefined }).toEqual({
      name: 'test',
      space: { variables: ['x', 'y'], boundary: 'free' },
      graph: { kind: 'ring', size: 4, weight: 1 },
      potential: {
        formula: '0.5*(x^2 + y^2) + h',
        parameters: { h: { kind: 'formula', formula: '0.1*node' } },
        data: {},
      },
      temperature: { kind: 'constant', value: 1 },
      dynamics: {
        kind: 'gradient-flow',
        mobility: 'metropolis',
        integrator: 'euler-maruyama',
        splitting: 'lie',
        diffusivity: '1',
      },
      particles: 1000,
      precision: 'f32',
      representation: 'particles',
      initial: { gaussian: { mean: '0', std: '1' }, masses: 'uniform' },
      time: { step: 0.01, end: 1 },
      seed: 1,
      grid: {},
      lumped: { tolerance: 1e-6 },
      optimize: { restarts: 0, improvement: 0, top: 10, stop: {} },
      observe: { every: 100, entropy: 'none', logZ: 'auto' },
      checkpoint: { every: { kind: 'seconds', seconds: 60 }, keep: 2 },
      partition: 'auto',
    });
  });

  it('without a graph there is one node', () => {
    const text =
      'space: {variables: 1}\npotential: {formula: "x[0]^2"}\ntemperature: 1\nparticles: 1\ninitial: {point: 0}\ntime: {step: 0.1, end: 1}';
    const { model } = buildModel(parseConfig(text));
    expect(model.graph.nodeCount).toBe(1);
    expect(model.graph.targets).toHaveLength(0);
  });
});

describe('shipped configs', () => {
  it('the starter builds without a remark, and is small', () => {
    const { model, notes } = buildModel(parseConfig(STARTER_CONFIG));
    expect(notes).toEqual([]);
    expect(model.particleCount * model.stepCount).toBeLessThan(1e8);
  });

  const names = readdirSync('configs').filter((name) => name.endsWith('.yaml'));
  it.each(names)('%s builds without a warning', (name) => {
    const { notes } = buildModel(loadConfig(`configs/${name}`));
    expect(notes.filter((note) => note.tier !== 'note')).toEqual([]);
  });
});

describe('generated pages', () => {
  it('are up to date', () => {
    expect(readFileSync('docs/config-reference.md', 'utf8')).toBe(configReference());
    const schema = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
    expect(readFileSync('docs/config.schema.json', 'utf8')).toBe(schema);
  });

  it('the examples of the reference page build', () => {
    const attachments = { 'data.csv': 'a,b,c,y\n1,2,3,4\n2,1,0,5\n0,3,1,1\n' };
    const blocks = [...configReference().matchAll(/```yaml\n([^`]*)```/gu)].map((match) => match[1]);
    const configs = blocks.filter((text) => text.includes('particles:'));
    expect(configs).toHaveLength(3);
    for (const text of configs) expect(() => buildModel(parseConfig(text, { attachments }))).not.toThrow();
  });

  it('nothing of zod or of our own metadata is left in the JSON Schema', () => {
    const text = JSON.stringify(configJsonSchema());
    expect(text).not.toMatch(/"form"|"choices"|"allowed"|~standard/u);
  });
});
