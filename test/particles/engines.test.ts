// The compiled engine against the reference engine: the same particles in the same places, the same generators, the same
// jumps, bit for bit (NaN counts as NaN). One suite, over engines. That both are the right physics is not shown here.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/mod.js';
import type { Engine } from '../../src/particles/mod.js';
import { configs, densityConfigs, emptyEngine, engineKinds, modelOf, start } from './models.js';

function particleCount(engine: Engine): number {
  return Array.from({ length: engine.store.shardCount }, (_, s) => engine.store.count(s)).reduce(
    (a, b) => a + b,
    0,
  );
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
  const [compiled, reference] = engineKinds.map((kind) =>
    start(emptyEngine(kind, model, replicas), model, replicas),
  );
  expectSameState(compiled, reference, 'sampled');
  let [largest, smallest] = [0, Infinity];
  for (const [from, to] of [
    [0, 1],
    [1, steps],
  ]) {
    compiled.stepAll(from, to);
    reference.stepAll(from, to);
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
  it('on random models', () => {
    fc.assert(
      fc.property(configs, fc.integer({ min: 1, max: 2 }), (config, replicas) => {
        compare(modelOf(config), 3, replicas);
      }),
      { numRuns: 36, seed: 20260101 },
    );
  });

  it('on random models whose rates need densities', () => {
    fc.assert(
      fc.property(densityConfigs, fc.integer({ min: 1, max: 2 }), (config, replicas) => {
        compare(modelOf(config), 3, replicas);
      }),
      { numRuns: 48, seed: 20260102 },
    );
  }, 180_000);

  const directed: [string, object, number, (event: Event) => void][] = [
    [
      'in shards of more than one chunk',
      {
        space: { variables: 1 },
        graph: { path: 2, weight: 3 },
        potential: { formula: '0.5*x[0]^2 + 0.5*node' },
        temperature: 1,
        particles: 3000,
        time: { step: 0.05, steps: 4 },
      },
      3,
      ({ largest }) => expect(largest).toBeGreaterThan(1024),
    ],
    [
      'when shards empty into each other, chunk by chunk, and fill again',
      {
        space: { variables: 1 },
        graph: { path: 2 },
        potential: { formula: 'x[0]^2' },
        temperature: 1,
        // All go to node 1 in steps 0 and 2, all come back in steps 1 and 3.
        dynamics: {
          mobility: 'free',
          rate: 'where(sin(pi*t/0.1) > 0, where(node == 0, 300, 0), where(node == 1, 300, 0))',
        },
        particles: 2500,
        initial: { gaussian: {}, masses: [1, 0] },
        time: { step: 0.1, steps: 4 },
      },
      4,
      ({ smallest, largest }) => expect([smallest, largest]).toEqual([0, 2500]),
    ],
    [
      'when particles jump many times in a step and come home again',
      {
        space: { variables: 1 },
        graph: { complete: 6, weight: 8 },
        potential: { formula: '0.5*x[0]^2 + 0.1*node*x[0]' },
        temperature: 1,
        dynamics: { mobility: 'symmetric', splitting: 'strang' },
        particles: 500,
        time: { step: 0.1, steps: 3 },
      },
      3,
      ({ jumpsPerParticle }) => expect(jumpsPerParticle).toBeGreaterThan(3),
    ],
    [
      'on a node of very many edges',
      {
        space: { variables: 1 },
        graph: { star: 70, weight: 0.5 },
        potential: { formula: '0.5*x[0]^2 + 0.3*sin(node)*x[0]' },
        temperature: 1,
        dynamics: { mobility: 'symmetric' },
        particles: 1500,
        initial: { gaussian: {}, masses: 'where(node == 0, 30, 1)' },
        time: { step: 0.02, steps: 3 },
      },
      3,
      ({ largest }) => expect(largest).toBeGreaterThan(200),
    ],
    [
      'with velocities, between walls and around a circle, while the temperature falls',
      {
        space: { variables: 3, boundary: ['reflecting', 'periodic', 'free'], box: [-0.5, 0.7] },
        graph: { ring: 4, weight: 3 },
        potential: { formula: '0.5*dot(x, x) + 0.3*node*sin(t + x[0])' },
        temperature: { exponential: { from: 4, to: 0.5, duration: 1 } },
        dynamics: { kind: 'accelerated', friction: 2, splitting: 'strang', diffusivity: '1 + node' },
        particles: 1500,
        initial: { uniform: { low: -0.5, high: 0.7 } },
        time: { step: 0.3, steps: 4 },
      },
      4,
      ({ jumpsPerParticle }) => expect(jumpsPerParticle).toBeGreaterThan(0.3),
    ],
    [
      'in many dimensions, with memory and a bound added up in a loop',
      {
        space: { variables: 7 },
        graph: { complete: 7, weight: 1 },
        potential: { formula: '0.5*dot(x, x) + 0.2*node*sum(i, 0, 6, x[i]*cos(i))' },
        temperature: 1,
        dynamics: { mobility: 'symmetric', integrator: 'leimkuhler-matthews', splitting: 'strang' },
        particles: 500,
        time: { step: 0.05, steps: 3 },
      },
      3,
      ({ jumpsPerParticle }) => expect(jumpsPerParticle).toBeGreaterThan(0.1),
    ],
  ];

  for (const precision of ['f32', 'f64'] as const) {
    for (const [name, config, steps, check] of directed) {
      it(`${name}, ${precision}`, () => {
        check(compare(modelOf({ initial: { gaussian: {} }, precision, ...config }), steps));
      });
    }
  }
});

const remembering: readonly (readonly [string, object])[] = [
  ['last Gaussians', { integrator: 'leimkuhler-matthews' }],
  ['velocities', { kind: 'accelerated', friction: 0.5 }],
];

describe.each(remembering)('a state with %s, taken out and put back', (_, dynamics) => {
  for (const from of engineKinds) {
    for (const to of engineKinds) {
      it(`goes on with the same bits, from the ${from} to the ${to} engine`, () => {
        const model = modelOf({
          space: { variables: 2 },
          graph: { path: 3, weight: 5 },
          potential: { formula: '0.5*dot(x, x) + node*x[0]*cos(3*t)' },
          temperature: 1,
          dynamics: { mobility: 'symmetric', splitting: 'strang', ...dynamics },
          particles: 1300,
          initial: { gaussian: {}, masses: [1, 0, 5] },
          time: { step: 0.05, steps: 4 },
        });
        const first = start(emptyEngine(from, model), model);
        const second = emptyEngine(to, model);
        first.stepReplica(0, 0, 2);
        for (let shard = 0; shard < first.store.shardCount; shard++)
          second.store.fill(shard, first.store.read(shard));
        expect(second.store.stateHash()).toBe(first.store.stateHash());
        first.stepReplica(0, 2, 4);
        second.stepReplica(0, 2, 4);
        expect(second.store.stateHash()).toBe(first.store.stateHash());
      });
    }
  }
});

describe('different runs are different', () => {
  const config = {
    space: { variables: 2 },
    graph: { ring: 4, weight: 2 },
    potential: { formula: '0.5*dot(x, x) + 0.2*node*x[0]' },
    temperature: 1,
    particles: 600,
    initial: { gaussian: {} },
    time: { step: 0.05, steps: 4 },
    seed: 3,
  };
  const hash = (kind: (typeof engineKinds)[number], changes: object, steps = 3): string => {
    const model = modelOf({ ...config, ...changes });
    const engine = start(emptyEngine(kind, model), model);
    engine.stepReplica(0, 0, steps);
    return engine.store.stateHash();
  };

  for (const kind of engineKinds) {
    it(`in the ${kind} engine: seed, steps, formula, temperature, mobility, splitting, integrator each change the hash`, () => {
      const hashes = [
        hash(kind, {}),
        hash(kind, { seed: 4 }),
        hash(kind, {}, 2),
        hash(kind, { potential: { formula: '0.5*dot(x, x) + 0.2001*node*x[0]' } }),
        hash(kind, { temperature: 1.001 }),
        hash(kind, { dynamics: { mobility: 'barker' } }),
        hash(kind, { dynamics: { splitting: 'strang' } }),
        hash(kind, { dynamics: { integrator: 'leimkuhler-matthews' } }),
        hash(kind, { dynamics: { integrator: 'heun' } }),
        hash(kind, { dynamics: { kind: 'accelerated', friction: 1 } }),
        hash(kind, { dynamics: { kind: 'accelerated', friction: 1.001 } }),
        hash(kind, {
          dynamics: { kind: 'accelerated', friction: 1 },
          initial: { gaussian: {}, velocities: 'rest' },
        }),
        hash(kind, { precision: 'f64' }),
      ];
      expect(new Set(hashes).size).toBe(hashes.length);
      expect(hash(kind, {})).toBe(hashes[0]);
    });
  }
});
