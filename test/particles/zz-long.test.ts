// The compiled engine against the reference engine: the same particles in the same places, the same generators, the same
// jumps, bit for bit (NaN counts as NaN). One suite, over engines. That both are the right physics is not shown here.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/mod.js';
import type { Engine } from '../../src/particles/mod.js';
import { configs, emptyEngine, engineKinds, modelOf, start } from './models.js';

function particleCount(engine: Engine): number {
  return Array.from({ length: engine.store.shardCount }, (_, s) => engine.store.count(s)).reduce((a, b) => a + b, 0);
}

/** Fails with the first difference between two engines. */
function expectSameState(actual: Engine, expected: Engine, when: string): void {
  for (let shard = 0; shard < expected.store.shardCount; shard++) {
    const [a, b] = [actual.store.read(shard), expected.store.read(shard)];
    if (a.count !== b.count) expect.fail(`${when}: shard ${shard} has ${a.count} particles, not ${b.count}`);
    for (let i = 0; i < b.fields.length; i++) {
      if (Object.is(a.fields[i], b.fields[i])) continue;
      const place = `field ${Math.floor(i / b.count)} of particle ${i % b.count} of shard ${shard}`;
      expect.fail(`${when}: ${place} is ${a.fields[i]}, not ${b.fields[i]}`);
    }
    expect(a.generator, `${when}: generator of shard ${shard}`).toEqual(b.generator);
  }
  expect(actual.jumps(), when).toEqual(expected.jumps());
}

interface Event {
  readonly jumpsPerParticle: number;
  readonly largest: number;
  readonly smallest: number;
}

/** Steps both engines side by side, in two stretches, comparing after each. */
function compare(model: Model, steps: number, replicas = 1): Event {
  const [compiled, reference] = engineKinds.map((kind) => start(emptyEngine(kind, model, replicas), model, replicas));
  expectSameState(compiled, reference, 'sampled');
  let [largest, smallest] = [0, Infinity];
  for (const [from, to] of [
    [0, 1],
    [1, steps],
  ]) {
    for (let replica = 0; replica < replicas; replica++) {
      compiled.stepReplica(replica, from, to);
      reference.stepReplica(replica, from, to);
    }
    expectSameState(compiled, reference, `step ${to}`);
    expect(particleCount(compiled)).toBe(model.particleCount);
    for (let shard = 0; shard < reference.store.shardCount; shard++) {
      largest = Math.max(largest, reference.store.count(shard));
      smallest = Math.min(smallest, reference.store.count(shard));
    }
  }
  expect(compiled.store.stateHash()).toBe(reference.store.stateHash());
  const jumps = reference.jumps().reduce((a, b) => a + b, 0);
  return { jumpsPerParticle: jumps / model.particleCount / steps, largest, smallest };
}

describe('compiled and reference engine give the same bits', () => {
  it('on random models', { timeout: 3_000_000 }, () => {
    fc.assert(
      fc.property(configs, fc.integer({ min: 1, max: 2 }), (config, replicas) => {
        compare(modelOf(config), 3, replicas);
      }),
      { numRuns: 1200, seed: Number(process.env.SEED) },
    );
  });
});
