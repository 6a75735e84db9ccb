// Formulas as objectives, and where points start.

import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/mod.js';
import {
  drawStart,
  FormulaObjective,
  isAutonomous,
  LumpedFlow,
  type Objective,
} from '../../src/lumped/mod.js';
import { buildModel, StructureSpace, type InitialLaw, type Model } from '../../src/model/mod.js';
import { pointsFor, problem, row } from './flows.js';

function modelOf(change: object): Model {
  const config = {
    space: { variables: ['x', 'y'] },
    graph: { path: 3 },
    potential: { formula: 'exp(-x^2) * sin(y + node) + h*x*y', parameters: { h: [1, 2, 3] } },
    temperature: 1,
    dynamics: { diffusivity: '1 + node' },
    representation: 'lumped',
    initial: { point: 0 },
    time: { step: 0.1, steps: 1 },
    ...change,
  };
  return buildModel(parseConfig(JSON.stringify(config))).model;
}

describe('a formula as an objective', () => {
  it('has values and gradients of the formula, on every node', () => {
    const objective = new FormulaObjective(modelOf({}));
    const points = ['0', '2'].map((node) => ({
      ...{ node, x: Float64Array.of(0.3, -0.7), gradient: new Float64Array(2), time: 0, batch: 0 },
    }));
    const values = objective.evaluate(points);
    [0, 2].forEach((g, i) => {
      const [x, y, h] = [0.3, -0.7, g + 1];
      const e = Math.exp(-x * x);
      expect(values[i]).toBeCloseTo(e * Math.sin(y + g) + h * x * y, 14);
      expect(points[i].gradient[0]).toBeCloseTo(-2 * x * e * Math.sin(y + g) + h * y, 14);
      expect(points[i].gradient[1]).toBeCloseTo(e * Math.cos(y + g) + h * x, 14);
    });
    expect(objective.dimension()).toBe(2);
    expect(objective.diffusivity('2')).toBe(3);
    expect(objective.neighbours('1')).toEqual([
      { node: '0', weight: 1 },
      { node: '2', weight: 1 },
    ]);
  });

  it('sees the letters of a word, and the time', () => {
    const letters = { name: 's', length: 3, count: 3, edit: 'step', weight: 1 } as const;
    const model = modelOf({
      graph: undefined,
      grow: { letters },
      potential: { formula: 'sum(i, 0, 2, s[i]*(i + 1)) + x*y + t' },
      dynamics: {},
    });
    expect(isAutonomous(model)).toBe(false);
    expect(isAutonomous(modelOf({}))).toBe(true);
    const objective = new FormulaObjective(model, new StructureSpace(letters));
    const at = { x: Float64Array.of(2, 3), gradient: undefined, time: 0.5, batch: undefined };
    expect(objective.evaluate(['000', '120', '002'].map((node) => ({ node, ...at })))).toEqual([
      6.5, 11.5, 12.5,
    ]);
    expect(objective.neighbours('020').map(({ node }) => node)).toEqual(['120', '010', '021']);
  });
});

describe('points', () => {
  const drawn = (law: InitialLaw, stream: number, seed: number, count = 2000): Float64Array => {
    const x = new Float64Array(count);
    drawStart(law, 1, 0, stream, seed, x);
    return x;
  };
  const mean = (x: Float64Array): number => x.reduce((sum, value) => sum + value, 0) / x.length;

  it('start by the law, each node from a stream of its own', () => {
    const gaussian: InitialLaw = {
      kind: 'gaussian',
      mean: Float64Array.of(3),
      standardDeviation: Float64Array.of(2),
    };
    const x = drawn(gaussian, 1, 1);
    expect(drawn(gaussian, 1, 1)).toEqual(x);
    expect(drawn(gaussian, 2, 1)).not.toEqual(x);
    expect(drawn(gaussian, 1, 2)).not.toEqual(x);
    // Five standard errors; the seed is fixed.
    expect(Math.abs(mean(x) - 3)).toBeLessThan((5 * 2) / Math.sqrt(2000));
    expect(Math.abs(Math.sqrt(mean(x.map((value) => (value - 3) * (value - 3)))) - 2)).toBeLessThan(0.2);
    const uniform: InitialLaw = { kind: 'uniform', low: Float64Array.of(-1), high: Float64Array.of(5) };
    const u = drawn(uniform, 1, 1);
    expect(Math.min(...u)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...u)).toBeLessThanOrEqual(5);
    expect(Math.abs(mean(u) - 2)).toBeLessThan(0.25);
    expect(new Set(drawn({ kind: 'point', position: Float64Array.of(7) }, 1, 1))).toEqual(new Set([7]));
  });

  it('may have very many coordinates, each node its own number of them', async () => {
    const sizes = [300_000, 1, 20_000];
    const objective: Objective = {
      miniBatches: false,
      dimension: (node) => sizes[Number(node)],
      evaluate: (points) =>
        points.map(({ x, gradient }) => {
          let value = 0;
          for (let i = 0; i < x.length; i++) {
            value += (x[i] * x[i]) / 2;
            if (gradient) gradient[i] = x[i];
          }
          return value;
        }),
    };
    const whole = problem({ graph: row([0.2, 0.3, 0.5]), timeStep: 0.1 });
    const flow = await LumpedFlow.start(whole, pointsFor(whole, objective));
    for (let i = 0; i < 3; i++) await flow.advance();
    for (const [g, { node, dimension }] of flow.nodes().entries()) {
      expect(dimension).toBe(sizes[g]);
      const [{ x }] = await flow.read([node]);
      expect(x[x.length - 1]).toBeCloseTo(2 * 0.9 * 0.9 * 0.9, 14);
    }
  });
});
