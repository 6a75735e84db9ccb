// Moments of a shard against plain sums over its particles: empty and partly filled chunks, several chunks, a potential
// with parameters and time, means far from 0. Sums over shards are estimate/'s.

import { describe, expect, it } from 'vitest';
import { PointEvaluator, type Model } from '../../src/model/mod.js';
import { momentLayout, type MomentLayout } from '../../src/particles/mod.js';
import { modelOf, shardEngine, start } from './models.js';

/** Two passes over all values, in f64. */
function naiveMoments(
  model: Model,
  node: number,
  coordinates: ArrayLike<number>,
  count: number,
  time: number,
) {
  const { dimension } = model;
  const evaluator = new PointEvaluator(model.potentials, model.parameters);
  const rows = Array.from({ length: count }, (_, i) => {
    const x = Array.from({ length: dimension }, (_, f) => coordinates[f * count + i]);
    return [...x, evaluator.run({ x, node, time })[model.potentialOfNode[node]]];
  });
  const mean = Array.from(
    { length: dimension + 1 },
    (_, c) => rows.reduce((sum, row) => sum + row[c], 0) / (count || 1),
  );
  const products = pairsOf(dimension).map(([i, j]) =>
    rows.reduce((sum, row) => sum + (row[i] - mean[i]) * (row[j] - mean[j]), 0),
  );
  return { mean, products };
}

const pairsOf = (dimension: number): MomentLayout['pairs'] =>
  momentLayout({ dimension, kinetics: undefined }).pairs;

const shift = 1000;

for (const precision of ['f32', 'f64'] as const) {
  for (const dimension of [1, 2, 3]) {
    describe(`moments, ${precision}, ${dimension} dimensions`, () => {
      const model = modelOf({
        space: { variables: dimension },
        graph: { nodes: 6, edges: [] },
        potential: {
          formula: '0.5*k*(x[0] - 1000)^2 + sin(t + x[0]) + h',
          parameters: { k: '1 + node', h: '10*node' },
          nodes: { 3: 'cos(x[0])*t - abs(x[0] - 1000)' },
        },
        temperature: 1,
        precision,
        dynamics: { integrator: 'leimkuhler-matthews' },
        particles: 5000,
        initial: { gaussian: { mean: shift, std: 2 }, masses: [0, 1, 17, 1024, 1025, 2933] },
        time: { step: 0.01, steps: 1 },
      });
      const engine = start(shardEngine(model), model);
      const time = 0.4;

      for (let node = 0; node < 6; node++) {
        const count = engine.store.count(node);
        it(`of ${count} particles`, () => {
          engine.preparePotentials(time);
          const moments = engine.moments(node);
          const { mean, products } = naiveMoments(model, node, engine.store.read(node).fields, count, time);
          expect(moments.count).toBe(count);
          // Sums of n numbers of size 1000, in f64: n 1000 2^-53 at the very worst.
          moments.mean.forEach((value, c) =>
            expect(Math.abs(value - mean[c])).toBeLessThan(1e-9 * (1 + Math.abs(mean[c]))),
          );
          const variance = (c: number): number =>
            products[pairsOf(dimension).findIndex(([i, j]) => i === c && j === c)];
          moments.products.forEach((value, index) => {
            const [i, j] = pairsOf(dimension)[index];
            const scale = Math.sqrt(variance(i) * variance(j));
            expect(Math.abs(value - products[index]), `product ${i} ${j}`).toBeLessThanOrEqual(1e-9 * scale);
          });
        });
      }
    });
  }
}

describe('moments', () => {
  for (const precision of ['f32', 'f64']) {
    it(`have |w|^2/2 where particles have velocities, ${precision}`, () => {
      const model = modelOf({
        space: { variables: 3 },
        graph: { path: 2 },
        potential: { formula: '0.5*dot(x, x) + node' },
        temperature: 1,
        precision,
        dynamics: { kind: 'accelerated', friction: 1 },
        particles: 3000,
        initial: { gaussian: {}, masses: [0.1, 0.9] },
        time: { step: 0.01, steps: 1 },
      });
      const engine = start(shardEngine(model), model);
      engine.preparePotentials(0);
      const { kinetic, columns } = momentLayout(model);
      for (const shard of [0, 1]) {
        const { fields, count } = engine.store.read(shard);
        const energies = Array.from({ length: count }, (_, i) =>
          [3, 4, 5].reduce((sum, f) => sum + fields[f * count + i] ** 2 / 2, 0),
        );
        const mean = energies.reduce((a, b) => a + b, 0) / count;
        const moments = engine.moments(shard);
        expect(moments.mean).toHaveLength(columns);
        expect(moments.mean[kinetic?.column ?? -1]).toBeCloseTo(mean, 9);
        expect(moments.products[kinetic?.pair ?? -1]).toBeCloseTo(
          energies.reduce((sum, energy) => sum + (energy - mean) ** 2, 0),
          5,
        );
        const { mean: others } = naiveMoments(model, shard, fields, count, 0);
        others.forEach((value, c) => expect(moments.mean[c]).toBeCloseTo(value, 9));
      }
    });
  }

  it('do not depend on what other shards hold, nor on being asked twice', () => {
    const model = modelOf({
      space: { variables: 2 },
      graph: { path: 2 },
      potential: { formula: '0.5*dot(x, x) + node' },
      temperature: 1,
      particles: 3000,
      initial: { gaussian: {} },
      time: { step: 0.01, steps: 1 },
    });
    const engine = start(shardEngine(model), model);
    engine.preparePotentials(0);
    const once = engine.moments(1);
    engine.moments(0);
    expect(engine.moments(1)).toEqual(once);
  });
});
