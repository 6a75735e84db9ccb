// The state of a run as the parts of a checkpoint, and back: nothing is lost, in one part or in many, and parts of another
// model are refused. That they lie safely on a disk is test/output/checkpoints.test.ts.

import { describe, expect, it } from 'vitest';
import { readShardPart, shardParts, totalsParts, type Simulation } from '../../src/cluster/mod.js';
import type { CheckpointPart } from '../../src/output/mod.js';
import { createSimulation, partsOf, restoreParts, steppedSimulation } from './simulations.js';

async function restored(
  parts: readonly CheckpointPart[],
  step: number,
  changes: object,
): Promise<Simulation> {
  const simulation = createSimulation(changes);
  await restoreParts(simulation, step, parts);
  return simulation;
}

/** The shards of a simulation in parts of so many bytes, as machines may write them: any shards in any order. */
function cut(simulation: Simulation, order: readonly number[], partBytes: number): CheckpointPart[] {
  const all = [...simulation.shards()];
  const parts = [
    ...shardParts(
      order.map((shard) => all[shard]),
      { partBytes },
    ),
  ];
  const counts = all.map(({ count }) => count);
  const totals = totalsParts(
    counts,
    simulation.jumps(),
    parts.map(({ shards }) => shards),
  );
  return [...parts.map(({ part }) => part), ...totals];
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
    const second = await restored(await partsOf(first), 6, changes);
    expect(second.step).toBe(6);
    expect(await second.stateHash()).toBe(await first.stateHash());
    expect(second.jumps()).toEqual(first.jumps());
    await first.advance(12);
    await second.advance(12);
    expect(await second.stateHash()).toBe(await first.stateHash());
    expect(second.jumps()).toEqual(first.jumps());
    expect(await second.observe()).toEqual(await first.observe());
    // And a checkpoint of what was restored is the same checkpoint.
    const parts = await partsOf(second);
    expect(await partsOf(await restored(parts, 12, changes))).toEqual(parts);
  });

  it.each([
    [1, 'descending', [4, 3, 2, 1, 0]],
    [10_000, 'ascending', [0, 1, 2, 3, 4]],
    [20_000, 'mixed', [3, 0, 4, 1, 2]],
  ] as const)('comes in parts of at least %i bytes, shards %s', async (partBytes, _, order) => {
    const first = await steppedSimulation(3);
    const parts = cut(first, order, partBytes);
    const shards = parts.filter(({ name }) => name.startsWith('shards-'));
    expect(parts.map(({ name }) => name).slice(0, -3)).toEqual(
      shards.map((__, i) => `shards-${String(i).padStart(5, '0')}.bin`),
    );
    expect(parts.slice(-3).map(({ name }) => name)).toEqual(['counts.bin', 'jumps.bin', 'index.bin']);
    // Two coordinates of 4 bytes, a generator and a line of the list for each shard, and the head of each list.
    const lengths = shards.map(({ bytes }) => bytes.length);
    expect(lengths.reduce((a, b) => a + b)).toBe(3000 * 8 + 5 * (256 + 8) + 8 * shards.length);
    expect(shards.length).toBeGreaterThanOrEqual(partBytes === 1 ? 5 : 2);
    for (const length of lengths.slice(0, -1)) expect(length).toBeGreaterThanOrEqual(partBytes);
    const held = shards.flatMap(({ bytes }) => [...readShardPart(bytes, 'f32', 2)].map(({ shard }) => shard));
    expect(held).toEqual(order);
    const second = await restored(parts, 3, {});
    expect(await second.stateHash()).toBe(await first.stateHash());
    await first.advance(5);
    await second.advance(5);
    expect(await second.stateHash()).toBe(await first.stateHash());
  });

  it('can be read where bytes are not aligned', async () => {
    const first = await steppedSimulation(2, { precision: 'f64' });
    const parts = (await partsOf(first)).map(({ name, bytes }) => {
      const larger = new Uint8Array(bytes.length + 3);
      larger.set(bytes, 3);
      return { name, bytes: larger.subarray(3) };
    });
    expect(await (await restored(parts, 2, { precision: 'f64' })).stateHash()).toBe(await first.stateHash());
  });

  it('of another model, or without one of its parts, is refused', async () => {
    const first = await steppedSimulation(2);
    const parts = await partsOf(first);
    await expect(restored(parts, 2, { graph: { ring: 6 } })).rejects.toThrow('of another graph');
    await expect(restored(parts, 2, { graph: { complete: 5 } })).rejects.toThrow('of another graph');
    await expect(restored(parts, 2, { particles: 3001 })).rejects.toThrow(
      'of 3000 particles, its config of 3001',
    );
    await expect(restored(parts, 2, { precision: 'f64' })).rejects.toThrow('another precision');
    for (const { name } of parts) {
      const others = parts.filter((part) => part.name !== name);
      const message = name.startsWith('shards') ? 'the checkpoint has no shard 0' : `has no part ${name}`;
      await expect(restored(others, 2, {})).rejects.toThrow(message);
    }
  });

  it('is refused unless each shard is there once, with the particles that its counts say', async () => {
    const first = await steppedSimulation(2);
    const order = [0, 1, 2, 3, 4];
    const parts = cut(first, order, 1);
    const replaced = (at: number, part: CheckpointPart): CheckpointPart[] =>
      parts.map((own, i) => (i === at ? { name: own.name, bytes: part.bytes } : own));
    await expect(restored(replaced(2, parts[1]), 2, {})).rejects.toThrow('has shard 1 twice');
    const [without] = shardParts([]);
    expect(without).toBeUndefined();
    const some = cut(first, [0, 1, 2], 1);
    await expect(restored([...some.slice(0, 3), ...parts.slice(-3)], 2, {})).rejects.toThrow(
      'has no shard 3',
    );
    const [, other] = cut(await steppedSimulation(9), order, 1);
    await expect(restored(replaced(1, other), 2, {})).rejects.toThrow(
      /shard 1 of the checkpoint has \d+ particles/u,
    );
    const stranger = cut(await steppedSimulation(1, { graph: { ring: 6 } }), [5], 1)[0];
    await expect(restored(replaced(4, stranger), 2, {})).rejects.toThrow('a shard 5 that is none');
    for (const bytes of [new Uint8Array(0), new Uint8Array(64), parts[0].bytes.subarray(0, 7)]) {
      await expect(restored(replaced(0, { name: '', bytes }), 2, {})).rejects.toThrow(
        /does not hold shards|is cut/u,
      );
    }
    const short = { name: '', bytes: parts[0].bytes.slice(0, -4) };
    await expect(restored(replaced(0, short), 2, {})).rejects.toThrow(RangeError);
  });
});
