// Samples for the entropy: systematic, of each node as many as there may be, and without any effect on the run. That they do
// not depend on the workers is shown on whole tables in test/integration/energy.test.ts.

import { describe, expect, it } from 'vitest';
import { sampleNodes } from '../../src/cluster/sample-nodes.js';
import { steppedSimulation } from './simulations.js';

/** All particles of each node, replica after replica in storage order. */
async function everything(changes: object) {
  const simulation = await steppedSimulation(5, changes);
  const { nodeCount } = simulation.model.graph;
  const nodes = Array.from({ length: nodeCount }, (): number[][] => []);
  for (const { count, fields, node } of simulation.shards()) {
    for (let i = 0; i < count; i++) nodes[node].push([fields[i], fields[count + i]]);
  }
  return { simulation, nodes };
}

describe('sampleNodes', () => {
  it.each([
    ['f32', {}],
    ['f64', { precision: 'f64' }],
    ['two fields a coordinate', { dynamics: { integrator: 'leimkuhler-matthews' } }],
    ['replicas', { particles: 70_000 }],
    [
      'nodes without particles',
      { initial: { gaussian: {}, masses: { '2': 1 } }, graph: { path: 5, weight: 0 } },
    ],
  ])('takes particles of each node at even distances (%s)', async (_, changes) => {
    const { simulation, nodes } = await everything(changes);
    const before = await simulation.stateHash();
    for (const most of [1, 7, 100, 1e6]) {
      const samples = await sampleNodes(simulation, most);
      expect(samples).toHaveLength(nodes.length);
      for (const [g, all] of nodes.entries()) {
        const rows = Math.min(most, all.length);
        const chosen = Array.from({ length: rows }, (__, row) =>
          Math.floor(((row + 0.5) * all.length) / rows),
        );
        expect(new Set(chosen).size).toBe(rows);
        expect(Array.from(samples[g])).toEqual(chosen.flatMap((i) => all[i]));
      }
    }
    expect(await simulation.stateHash()).toBe(before);
  });
});
