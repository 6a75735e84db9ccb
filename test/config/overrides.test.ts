// --set and --seed: what they change, what they are told.

import { describe, expect, it } from 'vitest';
import { loadBundle } from '../../src/config/mod.js';
import { load, problemsOf } from './helpers.js';

describe('overrides', () => {
  it('change keys, deep keys, list items, and make sections', () => {
    const config = load([
      'particles=2_000',
      'potential.parameters.h=0.2',
      'space.variables[1]=z',
      'space.variables.0=u',
      'potential.formula=u+z',
      'dynamics.integrator=heun',
      'time.end=2*pi',
    ]);
    expect(config.particles).toBe(2000);
    expect(config.space.variables).toEqual(['u', 'z']);
    expect(config.dynamics.integrator).toBe('heun');
    expect(config.time.end).toBe(2 * Math.PI);
    expect(config.potential.parameters['h']).toEqual({ kind: 'formula', formula: '0.2' });
  });

  it('take YAML sections, and the last one wins', () => {
    const config = load(['graph={star: 5}', 'seed=3', 'seed=4']);
    expect(config.graph).toEqual({ kind: 'star', size: 5, weight: 1 });
    expect(config.seed).toBe(4);
  });

  it('name themselves in problems', () => {
    const [problem] = problemsOf(() => load(['graph.ring=1']));
    expect(problem).toMatchObject({ where: '--set graph.ring=1', line: undefined, path: 'graph.ring' });
    const [seed] = problemsOf(() => load([], { seed: -1 }));
    expect(seed.where).toBe('--seed -1');
  });

  it('leave places of the file to the rest', () => {
    const problems = problemsOf(() => load(['particles=0', 'time.step=-1', 'nmae=x']));
    expect(problems.map((problem) => problem.where).sort()).toEqual([
      '--set nmae=x',
      '--set particles=0',
      '--set time.step=-1',
    ]);
  });

  it.each([
    ['particles', /cannot be read/u],
    ['=3', /cannot be read/u],
    ['particles=', /no value/u],
    ['particles=[', /not valid YAML/u],
    ['particles.x=3', /plain value/u],
    ['space.variables[7]=z', /there is no 7/u],
    ['__proto__.x=1', /cannot be read/u],
    ['a..b=1', /cannot be read/u],
  ])('%s is refused', (text, message) => {
    expect(problemsOf(() => load([text]))[0].message).toMatch(message);
  });

  it('set the seed', () => {
    expect(load([], { seed: 7 }).seed).toBe(7);
    expect(load([], { seed: '8' }).seed).toBe(8);
  });

  it('travel in a bundle', () => {
    const config = load(['particles=5'], { seed: 9 });
    const again = loadBundle(config.source.bundle());
    expect({ ...again, source: 0 }).toEqual({ ...config, source: 0 });
  });
});
