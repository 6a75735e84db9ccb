// The promise of the program: the same bits for any number of workers, any way of sharing the work, any cutting of the
// steps into segments, and a restart from a checkpoint. And that other runs do differ, or the comparison would prove
// nothing. Whether the bits are the right physics is not shown here.

import { describe, expect, it } from 'vitest';
import { cluster, config as configs, output } from './built.js';

const ring = {
  name: 'ring',
  space: { variables: ['x', 'y'] },
  graph: { ring: 8 },
  potential: {
    formula: '0.5*((x-a)^2 + (y-b)^2) + h',
    parameters: { a: '2*cos(2*pi*node/8)', b: '2*sin(2*pi*node/8)', h: '0.25*node' },
  },
  temperature: 1,
  dynamics: { mobility: 'symmetric', integrator: 'euler-maruyama', splitting: 'lie' },
  // Enough for two replicas.
  particles: 70_000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.01, steps: 40 },
  seed: 7,
};

const steps = 21;

const models: [string, object][] = [
  ['a ring with symmetric rates', ring],
  [
    'a hypercube with metropolis rates and leimkuhler-matthews',
    {
      ...ring,
      graph: { hypercube: 4, weight: 2 },
      potential: { formula: '0.5*dot(bits, bits) + 0.5*((x-bits[0])^2 + (y-bits[1]*x)^2)' },
      dynamics: { mobility: 'metropolis', integrator: 'leimkuhler-matthews' },
      particles: 140_000,
    },
  ],
  [
    'strang splitting and heun',
    { ...ring, dynamics: { mobility: 'barker', integrator: 'heun', splitting: 'strang' } },
  ],
  [
    'velocities',
    {
      ...ring,
      temperature: { linear: { from: 2, to: 0.5, duration: 0.3 } },
      dynamics: { kind: 'accelerated', friction: 1, splitting: 'strang', diffusivity: '1 + node' },
    },
  ],
  ['an annealing schedule', { ...ring, temperature: { exponential: { from: 2, to: 0.2, duration: 0.2 } } }],
  [
    'a potential that changes with time, strang splitting',
    {
      ...ring,
      potential: { formula: '0.5*(x - sin(10*t))^2 + 0.5*y^2 + 0.2*node*cos(7*t)' },
      dynamics: { mobility: 'metropolis', splitting: 'strang' },
    },
  ],
  ['free rates', { ...ring, dynamics: { mobility: 'free', rate: 'weight*(1 + 0.5*x^2)' } }],
  [
    'double precision',
    { ...ring, precision: 'f64', dynamics: { mobility: 'symmetric', splitting: 'strang' } },
  ],
  [
    'periodic and reflecting boundaries',
    {
      ...ring,
      space: { variables: ['x', 'y'], boundary: ['periodic', 'reflecting'], box: [-1, 1.5] },
      potential: { formula: 'sin(2*pi*(x+1)/2.5) + y + 0.1*node' },
      initial: { uniform: {}, masses: 'uniform' },
    },
  ],
  [
    'a ring on which most of the mass ends on one node',
    {
      ...ring,
      graph: { ring: 8, weight: 8 },
      potential: { formula: '0.5*(x^2 + y^2) + 3*min(node, 8 - node)' },
      dynamics: { mobility: 'metropolis' },
    },
  ],
  [
    'rates that need densities',
    { ...ring, dynamics: { mobility: 'log-mean' }, grid: { cells: 24 }, temperature: 0.8 },
  ],
  [
    'rates that need densities, strang splitting, heun, a schedule, a periodic coordinate',
    {
      ...ring,
      space: { variables: ['x', 'y'], boundary: ['periodic', 'reflecting'], box: [-1, 1.5] },
      graph: { ring: 3, weight: 4 },
      potential: { formula: 'sin(2*pi*(x+1)/2.5) + y + 0.3*node' },
      temperature: { linear: { from: 1, to: 0.5, duration: 0.2 } },
      dynamics: { mobility: 'arithmetic', integrator: 'heun', splitting: 'strang' },
      grid: { cells: [16, 10] },
      precision: 'f64',
      particles: 40_000,
      initial: { uniform: {}, masses: [1, 0, 2] },
    },
  ],
  // One replica on three nodes: fewer shards than workers.
  ['less work than workers', { ...ring, graph: { path: 3, weight: 20 }, particles: 500 }],
];

const partitions = ['replicas', 'nodes', 'auto'] as const;

/** All numbers of workers in all partitions, for the first model. */
const allWays = [
  { workers: 1, partition: 'auto' } as const,
  { workers: 2, partition: 'auto' } as const,
  ...[2, 3, 7].flatMap((workers) =>
    (['replicas', 'nodes'] as const).map((partition) => ({ workers, partition })),
  ),
];

/** For the others, each number of workers in one of them: starting a thread costs more than the steps here. */
function someWays(model: number): Way[] {
  return [2, 3, 7].map((workers, i) => ({ workers, partition: partitions[(model + i) % 3] }));
}

interface Way {
  readonly workers: number;
  readonly partition?: 'replicas' | 'nodes' | 'auto';
}

interface Result {
  readonly hash: string;
  readonly observation: unknown;
  readonly replicas: number;
}

/** Runs to step `to` in so many pieces. */
async function result(config: object, way: Way, pieces = 1, to = steps): Promise<Result> {
  const simulation = cluster.Simulation.create(configs.parseConfig(JSON.stringify(config)), {
    ...way,
    skipPreflight: true,
  });
  try {
    await simulation.start();
    for (let piece = 1; piece <= pieces; piece++) {
      await simulation.advance(Math.round((to * piece) / pieces));
      // Looking must not disturb.
      if (piece < pieces) await simulation.observe();
    }
    const observation = await simulation.observe();
    return { hash: await simulation.stateHash(), observation, replicas: simulation.replicas };
  } finally {
    await simulation.close();
  }
}

describe('the same bits', () => {
  it.each(models.map(([name, config], model) => [name, config, model] as const))(
    'for %s',
    async (_, config, model) => {
      const expected = await result(config, { workers: 0 });
      for (const [index, way] of (model === 0 ? allWays : someWays(model)).entries()) {
        // In passing, segments are cut differently.
        const actual = await result(config, way, [1, 2, 7][index % 3]);
        expect(actual.hash, JSON.stringify(way)).toBe(expected.hash);
        expect(actual.observation, JSON.stringify(way)).toEqual(expected.observation);
      }
    },
  );

  it('with more than one replica, so that replicas can be shared out', async () => {
    expect((await result(ring, { workers: 0 })).replicas).toBeGreaterThan(1);
  });

  it.each([1, 2, 7])('in %i segments', async (pieces) => {
    const expected = await result(ring, { workers: 0 }, 3);
    for (const way of [{ workers: 0 }, { workers: 2, partition: 'nodes' }, { workers: 2 }] as const) {
      const actual = await result(ring, way, pieces);
      expect(actual.hash).toBe(expected.hash);
      expect(actual.observation).toEqual(expected.observation);
    }
  });

  it('after going on from a checkpoint in another crew', async () => {
    const config = configs.parseConfig(JSON.stringify(models[1][1]));
    const expected = await result(models[1][1], { workers: 0 });
    const first = cluster.Simulation.create(config, { workers: 3, skipPreflight: true });
    await first.start();
    await first.advance(10);
    const { draft, checkpoint, storage } = output.heldCheckpoint(10);
    await first.save(draft);
    await first.close();
    const second = cluster.Simulation.create(config, { workers: 2, partition: 'nodes', skipPreflight: true });
    try {
      await second.restore(checkpoint, storage);
      await second.advance(steps);
      expect(await second.stateHash()).toBe(expected.hash);
      expect(await second.observe()).toEqual(expected.observation);
    } finally {
      await second.close();
    }
  });
});

describe('different bits', () => {
  const others: [string, object, number][] = [
    ['another seed', { ...ring, seed: 8 }, steps],
    ['another number of steps', ring, steps - 1],
    ['another step', { ...ring, time: { step: 0.0101, steps: 40 } }, steps],
    ['one particle more', { ...ring, particles: ring.particles + 1 }, steps],
    ['another temperature', { ...ring, temperature: 1.001 }, steps],
  ];
  it.each(others)('for %s', async (_, config, to) => {
    const reference = await result(ring, { workers: 0 });
    const other = await result(config, { workers: 2 }, 1, to);
    expect(other.hash).not.toBe(reference.hash);
    expect(other.observation).not.toEqual(reference.observation);
  });
});
