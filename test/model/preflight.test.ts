// Remarks before a run: what is seen, what is suggested, and what passes in silence.

import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/model/mod.js';
import { build, load, problemWith } from '../config/helpers.js';

const codes = (overrides: readonly string[]): string[] => build(overrides).notes.map((note) => note.code);
const stiff = 'potential={formula: k*(x^2 + 0.1*y^2)/2, parameters: {k: [1, 1, 400, 1]}}';

describe('preflight', () => {
  it('says nothing of a sound config', () => {
    expect(codes([])).toEqual([]);
  });

  it('names pieces of a graph, and nodes without edges', () => {
    const { notes } = build(['graph={nodes: [a, b, c, d, e], edges: [[a, b], [c, d]]}']);
    expect(notes.map((note) => [note.tier, note.code])).toEqual([
      ['warn', 'lonely-node'],
      ['warn', 'disconnected'],
    ]);
    expect(notes[0].message).toContain('"e"');
    expect(notes[1].message).toContain('{a, b}, {c, d}, {e}');
    expect(codes(['graph.weight=0'])).toEqual(['disconnected']);
  });

  it('finds the stiffest node and suggests a step', () => {
    const { notes } = build([stiff, 'time.step=0.01']);
    expect(notes).toMatchObject([
      { tier: 'warn', code: 'step-unstable', path: 'time.step', fix: 'step: 0.00025' },
    ]);
    expect(notes[0].message).toMatch(/= 4\.00 on node "2"/u);
    expect(codes([stiff, 'time.step=0.0025'])).toEqual(['step-long']);
    expect(codes([stiff, 'time.step=0.001'])).toEqual([]);
  });

  it('counts diffusivity, and asks less of leimkuhler-matthews', () => {
    expect(codes([stiff, 'time.step=0.001', 'dynamics.diffusivity=10'])).toEqual(['step-unstable']);
    expect(codes([stiff, 'time.step=0.0025', 'dynamics.integrator=leimkuhler-matthews'])).toEqual([]);
    expect(codes([stiff, 'time.step=0.004', 'dynamics.integrator=leimkuhler-matthews'])).toEqual([
      'step-long',
    ]);
  });

  it('with velocities it is the frequency that counts', () => {
    const kinetic = 'dynamics={kind: accelerated, friction: 1}';
    const slow = 'graph.weight=0.1';
    // step * sqrt(400): 0.9, 1.2 and 2.2.
    expect(codes([stiff, 'time={step: 0.045, steps: 10}', slow, kinetic])).toEqual([]);
    expect(codes([stiff, 'time={step: 0.11, steps: 10}', slow, kinetic])).toEqual(['step-unstable']);
    const { notes } = build([stiff, 'time={step: 0.06, steps: 10}', slow, kinetic]);
    expect(notes).toMatchObject([{ tier: 'warn', code: 'step-long', fix: 'step: 0.025' }]);
    expect(notes[0].message).toContain('step * sqrt(D * stiffness) = 1.20 on node "2"');
    // Four times the diffusivity, twice the frequency.
    expect(codes([stiff, 'time={step: 0.03, steps: 10}', slow, kinetic, 'dynamics.diffusivity=4'])).toEqual([
      'step-long',
    ]);
  });

  it('finds the minimum downhill of the start', () => {
    // Flat where particles start, stiff where they end.
    const formula = 'potential.formula=0.5*y^2 + 50*softplus(-20*(x+2)) + x';
    expect(codes([formula, 'initial={point: [1, 0]}', 'time.step=0.001'])).toEqual(['step-long']);
  });

  it('names the fastest jumps', () => {
    const { notes } = build(['graph={nodes: [a, b, c], edges: [[a, b, 1], [b, c, 30]]}']);
    expect(notes).toMatchObject([{ code: 'rate-fast', path: 'time.step' }]);
    expect(notes[0].message).toMatch(/out of node "[bc]", fastest to "[bc]"/u);
    expect(notes[0].fix).toMatch(/step: 0\.0025|step: 0\.002/u);
    expect(codes(['graph.weight=9'])).toEqual([]);
    expect(codes(['graph.weight=11'])).toEqual(['rate-fast']);
  });

  it('refuses a potential that is nowhere finite at the start', () => {
    const problem = problemWith(['potential.formula=log(-1 - x^2)']);
    expect(problem).toMatchObject({ path: 'potential.formula' });
    expect(problem.message).toMatch(/not finite where particles start/u);
  });

  it('refuses negative free rates', () => {
    expect(problemWith(['dynamics={mobility: free, rate: -x^2 - 1}']).message).toMatch(/rates are >= 0/u);
  });

  it('warns of memory', () => {
    const config = load(['particles=1e9']);
    const { notes } = buildModel(config, { memoryBytes: 8e9 });
    expect(notes).toMatchObject([{ code: 'memory', path: 'particles' }]);
    expect(notes[0].fix).toMatch(/particles: 300000000/u);
    expect(buildModel(config, { memoryBytes: 1e12 }).notes).toEqual([]);
  });
});
