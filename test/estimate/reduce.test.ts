// Observations against the textbook formulas, written out over all particles; what nodes without particles give; and the
// watch over them. That the moments do not depend on who computed them is test/integration/bit-identity.test.ts.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/cluster/mod.js';
import { parseConfig } from '../../src/config/mod.js';
import { reduce, StateError, watch, type Observation } from '../../src/estimate/mod.js';
import { buildModel, type Model } from '../../src/model/mod.js';
import { momentLayout, type MomentLayout, type ShardMoments } from '../../src/particles/mod.js';

const pairsOf = (dimension: number): MomentLayout['pairs'] =>
  momentLayout({ dimension, kinetics: undefined }).pairs;

interface Particle {
  readonly x: readonly number[];
  readonly v: number;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Unbiased covariance; of one value NaN. */
function covariance(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return a.reduce((sum, value, i) => sum + (value - meanA) * (b[i] - meanB), 0) / (a.length - 1 || NaN);
}

function modelOf(nodes: number, dimension: number, particles: number, temperature: unknown = 0.7): Model {
  const config = {
    space: { variables: dimension },
    ...(nodes > 1 ? { graph: { complete: nodes } } : {}),
    potential: { formula: '0.5*dot(x, x) + 0.25*node' },
    temperature,
    particles,
    initial: { gaussian: { mean: 0.5, std: 1 } },
    time: { step: 0.5, steps: 10 },
  };
  return buildModel(parseConfig(JSON.stringify(config)), { skipPreflight: true }).model;
}

/** Moments of some particles, by the definition. */
function momentsOf(particles: readonly Particle[], dimension: number): ShardMoments {
  const columns = Array.from({ length: dimension + 1 }, (_, i) =>
    particles.map(({ x, v }) => (i < dimension ? x[i] : v)),
  );
  const means = columns.map((column) => (column.length > 0 ? mean(column) : 0));
  return {
    count: particles.length,
    mean: Float64Array.from(means),
    products: Float64Array.from(pairsOf(dimension), ([i, j]) =>
      columns[i].reduce((sum, value, k) => sum + (value - means[i]) * (columns[j][k] - means[j]), 0),
    ),
  };
}

/** The same number to about ten digits, relative to `scale`; NaN is NaN. */
function expectClose(actual: number, expected: number, what: string, scale = 1): void {
  if (Number.isNaN(expected)) expect(actual, what).toBeNaN();
  else
    expect(Math.abs(actual - expected), `${what}: ${actual}, not ${expected}`).toBeLessThanOrEqual(
      1e-10 * scale,
    );
}

/** Checks an observation against formulas over all particles of each node. */
function expectObservation(
  o: Observation,
  model: Model,
  nodes: readonly (readonly Particle[])[],
  scale = 1,
): void {
  const { dimension: d, particleCount: N } = model;
  const square = scale * scale;
  nodes.forEach((particles, g) => {
    const n = particles.length;
    const m = n / N;
    const alone = n === 0 ? NaN : 1;
    expect(o.count[g]).toBe(n);
    expectClose(o.mass[g], m, 'mass');
    expectClose(o.massError[g], Math.sqrt((m * (1 - m)) / N), 'massError');
    for (let i = 0; i < d; i++) {
      const xi = particles.map(({ x }) => x[i]);
      const variance = n === 0 ? NaN : covariance(xi, xi);
      expectClose(o.mean[g * d + i], alone * mean(xi), `mean ${g} ${i}`, scale);
      expectClose(o.meanError[g * d + i], Math.sqrt(variance / n), `meanError ${g} ${i}`, scale);
      expectClose(
        o.varianceError[g * d + i],
        variance * Math.sqrt(2 / (n - 1)),
        `varianceError ${g} ${i}`,
        square,
      );
      for (let j = 0; j < d; j++) {
        const xj = particles.map(({ x }) => x[j]);
        const both = n === 0 ? NaN : covariance(xi, xj);
        expectClose(o.covariance[(g * d + i) * d + j], both, `covariance ${g} ${i} ${j}`, square);
      }
    }
    const v = particles.map((particle) => particle.v);
    expectClose(o.potential[g], alone * mean(v), `potential ${g}`, scale);
    expectClose(
      o.potentialError[g],
      Math.sqrt((n === 0 ? NaN : covariance(v, v)) / n),
      `potentialError ${g}`,
      scale,
    );
  });
  const all = nodes.flat().map(({ v }) => v);
  expectClose(o.potentialEnergy, mean(all), 'potentialEnergy', scale);
  expectClose(
    o.potentialEnergyError,
    Math.sqrt(covariance(all, all) / all.length),
    'potentialEnergyError',
    scale,
  );
  const mixing = nodes.reduce((sum, { length: n }) => sum + (n > 0 ? (n / N) * Math.log(n / N) : 0), 0);
  expectClose(o.mixingEnergy, o.temperature * mixing, 'mixingEnergy');
}

describe('an observation', () => {
  it('of a simulation is what all its particles give', async () => {
    const config = {
      space: { variables: 3 },
      graph: { ring: 4 },
      potential: { formula: '0.5*dot(x, x) + x[0]*x[1]*cos(t) + 0.25*node' },
      temperature: { linear: { from: 2, to: 1, duration: 1 } },
      precision: 'f64',
      particles: 7000,
      initial: { gaussian: { mean: 0.5, std: 1 }, masses: '1 + node' },
      time: { step: 0.01, steps: 100 },
    };
    const simulation = Simulation.create(parseConfig(JSON.stringify(config)), {
      workers: 0,
      skipPreflight: true,
    });
    await simulation.start();
    await simulation.advance(50);
    const o = await simulation.observe();
    const nodes: Particle[][] = [[], [], [], []];
    for (const { node, count, fields } of simulation.shards()) {
      for (let i = 0; i < count; i++) {
        const x = [0, 1, 2].map((f) => fields[f * count + i]);
        const [a, b, c] = x;
        nodes[node].push({ x, v: 0.5 * (a * a + b * b + c * c) + a * b * Math.cos(0.5) + 0.25 * node });
      }
    }
    expect(o).toMatchObject({ step: 50, time: 0.5, temperature: 1.5, nodeCount: 4, dimension: 3 });
    expectObservation(o, simulation.model, nodes);
    expect(o.jumps).toEqual(simulation.jumps());
    expect(o.jumps.reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
  });

  it('has kinetic energies where particles have velocities, and only there', async () => {
    const config = {
      space: { variables: 2 },
      graph: { ring: 3 },
      potential: { formula: '0.5*dot(x, x)' },
      temperature: 1,
      precision: 'f64',
      dynamics: { kind: 'accelerated', friction: 1 },
      particles: 3000,
      initial: { gaussian: {}, masses: [2, 1, 0] },
      time: { step: 0.01, steps: 100 },
    };
    const simulation = Simulation.create(parseConfig(JSON.stringify(config)), {
      workers: 0,
      skipPreflight: true,
    });
    await simulation.start();
    const { kinetic } = await simulation.observe();
    const nodes: number[][] = [[], [], []];
    for (const { node, count, fields } of simulation.shards()) {
      for (let i = 0; i < count; i++)
        nodes[node].push([2, 3].reduce((sum, f) => sum + fields[f * count + i] ** 2 / 2, 0));
    }
    const all = nodes.flat();
    const errorOf = (values: readonly number[]): number =>
      Math.sqrt(covariance(values, values) / values.length);
    [0, 1].forEach((g) => {
      expectClose(kinetic?.ofNode[g] ?? NaN, mean(nodes[g]), `kinetic ${g}`);
      expectClose(kinetic?.ofNodeError[g] ?? NaN, errorOf(nodes[g]), `its error ${g}`);
    });
    expect([kinetic?.ofNode[2], kinetic?.ofNodeError[2]]).toEqual([NaN, NaN]);
    expectClose(kinetic?.total ?? NaN, mean(all), 'total');
    expectClose(kinetic?.totalError ?? NaN, errorOf(all), 'its error');
    const shards = [momentsOf([{ x: [1], v: 3 }], 1)];
    expect(reduce(modelOf(1, 1, 1), { step: 0, shards, jumps: new Float64Array(0) })).not.toHaveProperty(
      'kinetic',
    );
  });

  it('merges shards of any sizes, empty ones too', () => {
    const shard = (d: number): fc.Arbitrary<Particle[]> => {
      const number = fc.double({ min: -100, max: 100, noNaN: true });
      return fc.array(fc.record({ x: fc.array(number, { minLength: d, maxLength: d }), v: number }), {
        maxLength: 6,
      });
    };
    const cases = fc
      .record({
        d: fc.integer({ min: 1, max: 3 }),
        n: fc.integer({ min: 1, max: 4 }),
        r: fc.integer({ min: 1, max: 3 }),
      })
      .chain(({ d, n, r }) =>
        fc.record({
          d: fc.constant(d),
          n: fc.constant(n),
          shards: fc.array(shard(d), { minLength: n * r, maxLength: n * r }),
        }),
      )
      .filter(({ shards }) => shards.some((particles) => particles.length > 0));
    fc.assert(
      fc.property(cases, ({ d, n, shards }) => {
        const nodes = Array.from({ length: n }, (_, g) =>
          shards.filter((_, shard) => shard % n === g).flat(),
        );
        const model = modelOf(n, d, shards.flat().length);
        const jumps = new Float64Array(model.graph.targets.length);
        const moments = shards.map((particles) => momentsOf(particles, d));
        expectObservation(reduce(model, { step: 3, shards: moments, jumps }), model, nodes, 100);
      }),
      { numRuns: 60 },
    );
  });

  it('has small variances far from the origin', () => {
    const particles = Array.from({ length: 100 }, (_, i) => ({ x: [1e8 + (i % 2)], v: 1e8 + (i % 4) }));
    const model = modelOf(1, 1, 100);
    const shards = [momentsOf(particles, 1)];
    const o = reduce(model, { step: 0, shards, jumps: new Float64Array(0) });
    expect(o.covariance[0]).toBeCloseTo(25 / 99, 10);
  });

  it('of a node without particles has NaN means, of one with a single particle NaN errors, and no others', () => {
    const model = modelOf(3, 2, 4);
    const shards = [
      momentsOf([], 2),
      momentsOf([{ x: [1, 2], v: 3 }], 2),
      momentsOf(
        [1, 2, 4].map((a) => ({ x: [a, -a], v: a })),
        2,
      ),
    ];
    const o = reduce(model, { step: 0, shards, jumps: new Float64Array(6) });
    expect(Array.from(o.mass)).toEqual([0, 0.25, 0.75]);
    expect(o.massError[0]).toBe(0);
    expect(Array.from(o.mean)).toEqual([NaN, NaN, 1, 2, 7 / 3, -7 / 3]);
    expect(Array.from(o.potential)).toEqual([NaN, 3, 7 / 3]);
    for (const [values, width] of [
      [o.meanError, 2],
      [o.varianceError, 2],
      [o.covariance, 4],
      [o.potentialError, 1],
    ] as const) {
      expect(Array.from(values, Number.isFinite)).toEqual([
        ...new Array<boolean>(2 * width).fill(false),
        ...new Array<boolean>(width).fill(true),
      ]);
    }
    expect(o.potentialEnergy).toBeCloseTo(2.5, 12);
    expect(o.potentialEnergyError).toBeGreaterThan(0);
    expect(() => {
      watch(model, o);
    }).not.toThrow();
  });
});

describe('the watch', () => {
  const model = modelOf(2, 2, 4);
  const good = (): Observation =>
    reduce(model, {
      step: 7,
      shards: [
        momentsOf(
          [1, 2].map((a) => ({ x: [a, a], v: a })),
          2,
        ),
        momentsOf(
          [3, 5].map((a) => ({ x: [a, a], v: a })),
          2,
        ),
      ],
      jumps: new Float64Array(2),
    });
  const thrown = (observation: Observation): StateError => {
    try {
      watch(model, observation);
    } catch (error) {
      if (error instanceof StateError) return error;
    }
    throw new Error('nothing was noticed');
  };

  it('lets pass what is finite and whole', () => {
    expect(() => {
      watch(model, good());
    }).not.toThrow();
  });

  it.each([NaN, Infinity, -Infinity])(
    'notices %f in a mean and names coordinate, node, step and remedies',
    (value) => {
      const observation = good();
      observation.mean[3] = value;
      const error = thrown(observation);
      expect(error.code).toBe('not-finite');
      expect(error.message).toContain(`the mean of x[1] on node 1 is ${value} at step 7`);
      expect(error.message).toContain('(try 0.125)');
      expect(error.message).toContain('not bounded below');
    },
  );

  it('notices an infinite potential', () => {
    const observation = good();
    observation.potential[0] = Infinity;
    expect(thrown(observation).message).toContain(
      'the mean potential energy on node 0 is Infinity at step 7',
    );
  });

  it.each([-1, 1])('notices that the number of particles is off by %i', (by) => {
    const observation = good();
    observation.count[1] += by;
    const error = thrown(observation);
    expect(error.code).toBe('mass-lost');
    expect(error.message).toContain(`at step 7 there are ${4 + by} particles instead of 4`);
  });

  it('does not mind nodes without particles', () => {
    const shards = [
      momentsOf([], 2),
      momentsOf(
        [1, 2, 3, 4].map((a) => ({ x: [a, a], v: a })),
        2,
      ),
    ];
    const observation = reduce(model, { step: 1, shards, jumps: new Float64Array(2) });
    expect(() => {
      watch(model, observation);
    }).not.toThrow();
  });
});
