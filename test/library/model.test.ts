import { describe, expect, it } from 'vitest';
import { LibraryError, loadModel, type ConfigInput } from '../../src/library/mod.js';
import { wells } from './models.js';

const model = loadModel(wells);

describe('a model', () => {
  it('tells its graph', () => {
    expect(model).toMatchObject({ name: 'wells', dimension: 2, coordinateNames: ['x', 'y'], seed: 3 });
    expect(model).toMatchObject({ timeStep: 0.01, stepCount: 40, particleCount: 2000 });
    expect(model.nodeNames).toEqual(['left', 'middle', 'right']);
    expect(model.graph.edges).toEqual([
      { from: 0, to: 1, weight: 1 },
      { from: 1, to: 0, weight: 1 },
      { from: 1, to: 2, weight: 2 },
      { from: 2, to: 1, weight: 2 },
    ]);
  });

  it('has potential and gradient by name and number', () => {
    const x = [0.5, -2];
    expect(model.potential(x, 'right')).toBe(0.5 * 4 * (0.25 + 4) + 1);
    expect(Array.from(model.gradient(x, 2))).toEqual([-2, -8]);
    const first = model.gradient(x, 0);
    model.gradient([9, 9], 0);
    expect(Array.from(first), 'a copy').toEqual([1.5, -2]);
    expect(model.formulaOf('left')).toContain('h');
  });

  it('has rates in detailed balance', () => {
    const x = [0.3, 0.1];
    const there = model.rate(x, 'left', 'middle') * Math.exp(-model.potential(x, 'left'));
    const back = model.rate(x, 'middle', 'left') * Math.exp(-model.potential(x, 'middle'));
    expect(there).toBeCloseTo(back, 12);
    expect(model.rate(x, 'right', 'middle')).toBe(2);
  });

  it('has free rates', () => {
    const free = loadModel({ ...wells, dynamics: { mobility: 'free', rate: 'weight*(2 + x) + target.h' } });
    expect(free.rate([1, 0], 'middle', 'right')).toBe(7);
  });

  it('knows the weights of Gaussian wells', () => {
    expect(model.logWeightMethod).toBe('gaussian');
    const weights = [1, 2, 4].map((k, g) => ((2 * Math.PI) / k) * Math.exp(-[0, 0.5, 1][g]));
    const total = weights.reduce((sum, w) => sum + w, 0);
    weights.forEach((weight, g) => {
      expect(model.logWeight(g)).toBeCloseTo(Math.log(weight), 12);
      expect(model.gibbsMasses()[g]).toBeCloseTo(weight / total, 12);
    });
    expect(model.logPartition()).toBeCloseTo(Math.log(total), 12);
  });

  it('says NaN where a weight is not known', () => {
    const wide = loadModel({
      ...wells,
      space: { variables: 4 },
      potential: { formula: 'x[0]^4 + x[1]^2 + x[2]^2 + x[3]^2' },
    });
    expect(wide.logWeightMethod).toBe('unknown');
    expect(wide.logWeight('left')).toBeNaN();
  });

  it('has a temperature that may change, initial law and diffusivity', () => {
    const cooled = loadModel({ ...wells, temperature: { linear: { from: 2, to: 1, duration: 0.4 } } });
    expect([0, 0.2, 9].map((t) => cooled.temperature(t))).toEqual([2, 1.5, 1]);
    expect(Array.from(model.initialMasses)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(model.initialLaw.kind).toBe('gaussian');
    expect(model.diffusivity('left')).toBe(1);
  });

  it('keeps remarks', () => {
    expect(loadModel({ ...wells, particles: 2 }).remarks.map(({ code }) => code)).toContain('few-particles');
  });

  const dense: ConfigInput = { ...wells, dynamics: { mobility: 'log-mean' } };
  it.each([
    ['unknown-node', () => model.potential([0, 0], 'nowhere')],
    ['unknown-node', () => model.potential([0, 0], 3)],
    ['wrong-length', () => model.gradient([0], 0)],
    ['unknown-edge', () => model.rate([0, 0], 'left', 'right')],
    ['needs-density', () => loadModel(dense).rate([0, 0], 'left', 'middle')],
  ] as const)('refuses with %s', (code, call) => {
    expect(call).toThrow(LibraryError);
    expect(call).toThrow(expect.objectContaining({ code }));
  });
});
