// Snapshots of a subsample: systematic, complete where all are asked for, and without any effect on the run.

import { describe, expect, it } from 'vitest';
import { sampleParticles } from '../../src/cluster/sample-particles.js';
import { steppedSimulation } from './simulations.js';

/** All particles, shard after shard in storage order, as rows. */
async function everything(changes: object) {
  const simulation = await steppedSimulation(5, changes);
  const rows: { x: number[]; next: number[]; node: number }[] = [];
  for (const { count, fields, node } of simulation.shards()) {
    for (let i = 0; i < count; i++) {
      const next = [fields[2 * count + i], fields[3 * count + i]];
      rows.push({ x: [fields[i], fields[count + i]], next, node });
    }
  }
  return { simulation, rows };
}

describe('sampleParticles', () => {
  it.each([
    ['f32', {}, Float32Array],
    ['f64', { precision: 'f64' }, Float64Array],
    ['two fields a coordinate', { dynamics: { integrator: 'leimkuhler-matthews' } }, Float32Array],
    ['replicas', { particles: 70_000 }, Float32Array],
  ])('takes all particles in storage order where all are asked for (%s)', async (_, changes, Kind) => {
    const { simulation, rows } = await everything(changes);
    const before = await simulation.stateHash();
    for (const wanted of [rows.length, rows.length + 1, Infinity]) {
      const { x, node } = await sampleParticles(simulation, wanted);
      expect(x).toBeInstanceOf(Kind);
      expect(x).toHaveLength(2 * rows.length);
      expect(Array.from(node)).toEqual(rows.map((row) => row.node));
      expect(Array.from(x)).toEqual(rows.flatMap((row) => row.x));
    }
    expect(await simulation.stateHash()).toBe(before);
  });

  it.each([1, 2, 7, 500, 1501, 2999])('takes %i of 3000 at even distances', async (wanted) => {
    const { simulation, rows } = await everything({});
    const { x, node } = await sampleParticles(simulation, wanted);
    const chosen = Array.from({ length: wanted }, (_, row) =>
      Math.floor(((row + 0.5) * rows.length) / wanted),
    );
    expect(new Set(chosen).size).toBe(wanted);
    expect(Array.from(node)).toEqual(chosen.map((i) => rows[i].node));
    expect(Array.from(x)).toEqual(chosen.flatMap((i) => rows[i].x));
  });

  it.each([
    ['all', 5000],
    ['some', 70],
  ])('takes velocities of %s', async (_, wanted) => {
    const { simulation, rows } = await everything({ dynamics: { kind: 'accelerated', friction: 1 } });
    const { x, w } = await sampleParticles(simulation, wanted, { hasVelocities: true });
    const count = Math.min(wanted, rows.length);
    const at = (row: number): number => Math.floor(((row + 0.5) * rows.length) / count);
    const chosen = Array.from({ length: count }, (_, row) => rows[at(row)]);
    expect(Array.from(x)).toEqual(chosen.flatMap((row) => row.x));
    expect(Array.from(w ?? [])).toEqual(chosen.flatMap((row) => row.next));
    expect(new Set(w).size).toBeGreaterThan(count);
  });

  it('represents every node by its mass, to a particle for each shard', async () => {
    const { simulation, rows } = await everything({});
    const { node } = await sampleParticles(simulation, 300);
    const masses = simulation.masses();
    for (const [g, mass] of masses.entries()) {
      expect(mass).toBe(rows.filter((row) => row.node === g).length / rows.length);
      const share = Array.from(node).filter((other) => other === g).length / 300;
      expect(Math.abs(share - mass)).toBeLessThanOrEqual(1 / 300);
    }
  });
});
