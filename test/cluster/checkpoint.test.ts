// The state of a run as the parts of a checkpoint, and back: nothing is lost, in one part or in many, and parts of another
// model are refused. That they lie safely on a disk is test/output/checkpoints.test.ts.

import { describe, expect, it } from 'vitest';
import { checkpointParts, stateFromParts, type Simulation } from '../../src/cluster/mod.js';
import type { CheckpointPart } from '../../src/output/mod.js';
import { createSimulation, steppedSimulation } from './simulations.js';

const clone = (parts: Iterable<CheckpointPart>): CheckpointPart[] =>
  Array.from(parts, ({ name, bytes }) => ({ name, bytes: bytes.slice() }));

function restored(parts: readonly CheckpointPart[], step: number, changes: object): Simulation {
  const simulation = createSimulation(changes);
  simulation.restore(stateFromParts(simulation.model, simulation.kernel.plan.fields, step, parts));
  return simulation;
}

describe('a checkpoint', () => {
  it.each([
    ['f32', {}],
    ['f64', { precision: 'f64' }],
    ['memory of the noise', { dynamics: { integrator: 'leimkuhler-matthews', splitting: 'strang' } }],
    ['more than one replica', { particles: 70_000 }],
    [
      'empty nodes',
      { initial: { gaussian: {}, masses: [1, 0, 0, 0, 0] }, graph: { ring: 5, weight: 0.001 } },
    ],
    ['shards of one chunk to the last particle', { particles: 5 * 1024 }],
  ])('holds all of a state (%s)', async (_, changes) => {
    const first = await steppedSimulation(6, changes);
    const second = restored(clone(checkpointParts(first)), 6, changes);
    expect(second.step).toBe(6);
    expect(second.stateHash()).toBe(first.stateHash());
    expect(second.jumps()).toEqual(first.jumps());
    await first.advance(12);
    await second.advance(12);
    expect(second.stateHash()).toBe(first.stateHash());
    expect(second.jumps()).toEqual(first.jumps());
    expect(await second.observe()).toEqual(await first.observe());
    // And a checkpoint of what was restored is the same checkpoint.
    expect(clone(checkpointParts(restored(clone(checkpointParts(second)), 12, changes)))).toEqual(
      clone(checkpointParts(second)),
    );
  });

  it.each([1, 10_000, 20_000])('comes in parts of at least %i bytes', async (partBytes) => {
    const first = await steppedSimulation(3);
    const parts = clone(checkpointParts(first, partBytes));
    const shards = parts.filter(({ name }) => name.startsWith('shards-'));
    expect(parts.map(({ name }) => name).slice(0, -2)).toEqual(
      shards.map((_, i) => `shards-${String(i).padStart(5, '0')}.bin`),
    );
    expect(parts.slice(-2).map(({ name }) => name)).toEqual(['counts.bin', 'jumps.bin']);
    // Two coordinates of 4 bytes, and a generator for each shard.
    const lengths = shards.map(({ bytes }) => bytes.length);
    expect(lengths.reduce((a, b) => a + b)).toBe(3000 * 8 + 5 * 256);
    expect(shards.length).toBeGreaterThanOrEqual(partBytes === 1 ? 5 : 2);
    for (const length of lengths.slice(0, -1)) expect(length).toBeGreaterThanOrEqual(partBytes);
    const second = restored(parts, 3, {});
    expect(second.stateHash()).toBe(first.stateHash());
    await first.advance(5);
    await second.advance(5);
    expect(second.stateHash()).toBe(first.stateHash());
  });

  it('of another graph, or without one of its parts, is refused', async () => {
    const first = await steppedSimulation(2);
    const parts = clone(checkpointParts(first));
    expect(() => restored(parts, 2, { graph: { ring: 6 } })).toThrow('of another graph');
    expect(() => restored(parts, 2, { graph: { complete: 5 } })).toThrow('of another graph');
    for (const { name } of parts) {
      const others = parts.filter((part) => part.name !== name);
      expect(() => restored(others, 2, {})).toThrow(`the checkpoint has no part ${name}`);
    }
  });
});
