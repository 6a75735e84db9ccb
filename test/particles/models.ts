// Models for the tests of this folder, given and random, and both engines set up on them. No tests here.

import { setFlagsFromString } from 'node:v8';
import fc from 'fast-check';
import { vi } from 'vitest';
import { parseConfig } from '../../src/config/mod.js';
import { compileKernel, fieldCount } from '../../src/kernel/mod.js';
import { buildModel, type Model } from '../../src/model/mod.js';
import {
  allocateMemory,
  initialCounts,
  planMemory,
  ReferenceEngine,
  ShardEngine,
  type Engine,
} from '../../src/particles/mod.js';

// Kernels run as optimised code in earnest, and here.
setFlagsFromString('--no-liftoff');
setFlagsFromString('--no-wasm-lazy-compilation');

// On a busy machine a test may take ten times its usual second.
vi.setConfig({ testTimeout: 60_000 });

/** The model of a config, without the checks that look whether it is sensible. */
export function modelOf(config: object): Model {
  return buildModel(parseConfig(JSON.stringify(config)), { skipPreflight: true }).model;
}

export const engineKinds = ['shard', 'reference'] as const;

/** An engine with room for the model's particles; all shards are empty. */
export function emptyEngine(kind: (typeof engineKinds)[number], model: Model, replicas = 1): Engine {
  const kernel = compileKernel(model);
  if (kind === 'reference') return new ReferenceEngine(model, kernel.plan, replicas);
  return shardEngine(model, replicas);
}

export function shardEngine(model: Model, replicas = 1): ShardEngine {
  const kernel = compileKernel(model);
  const plan = planMemory(model, kernel.plan, replicas, 1);
  const memory = allocateMemory(kernel, plan);
  return new ShardEngine(model, kernel, plan, memory, new WebAssembly.Module(kernel.bytes), 0);
}

/** Draws the model's initial state. */
export function start<E extends Engine>(engine: E, model: Model, replicas = 1, seed = model.seed): E {
  const fields = fieldCount(model);
  const Fields = model.precision === 'f32' ? Float32Array : Float64Array;
  initialCounts(model, replicas).forEach((count, shard) => {
    engine.store.fill(shard, { count, fields: new Fields(count * fields), generator: new Uint32Array(64) });
    engine.sample(shard, seed);
  });
  return engine;
}

/** Parts that stay mild wherever particles get to, so that no rate becomes astronomical; `k`, `h` are parameters. */
const mildParts = [
  'h*tanh(x[0])',
  'cos(3*x[0] + h)',
  '0.3*softplus(2*x[0] - h)',
  'abs(x[0] - h)',
  'where(x[0] < h, 0.2*x[0], sin(x[0]))',
  'k*exp(-(x[0] - h)^2)*sin(t + k)',
  'max(0.2*x[0], -0.4*x[0]) + sign(x[0])*h',
  'sqrt(1 + x[0]^2)*(1 + 0.2*cos(5*t))',
  'log1p(x[0]^2) + 0.1*floor(x[0])',
  'atan2(x[0], 1 + h^2) + sigmoid(k*x[0]) + erf(x[0])',
  '0.1*node*x[0] + h',
  '0',
];

const freeRates = [
  'weight*exp(-deltaV/(2*temperature))',
  'weight*(1 + x[0]^2)',
  'weight*where(x[0] > 0, 2, 0)',
  'weight*(1 + 0.5*sin(t + node)) + max(target.h - h, 0)',
  'weight',
  '3*weight*sigmoid(target.k*x[0])',
];

interface Graph {
  readonly nodes: number;
  readonly spec: object | undefined;
}

const weights = fc.constantFrom(0.5, 4, 30);

/** Shapes, weights from rarely to many jumps in a step, an isolated node, an edge of weight 0. */
const graphs: fc.Arbitrary<Graph> = fc.oneof(
  fc
    .tuple(fc.constantFrom('ring', 'path', 'complete', 'star'), fc.integer({ min: 3, max: 5 }), weights)
    .map(([shape, nodes, weight]) => ({ nodes, spec: { [shape]: nodes, weight } })),
  // With a node of more edges than are written out in the kernel.
  fc
    .tuple(fc.constantFrom('complete', 'star'), fc.integer({ min: 6, max: 8 }), weights)
    .map(([shape, nodes, weight]) => ({ nodes, spec: { [shape]: nodes, weight } })),
  fc.constant({ nodes: 2, spec: { path: 2, weight: 20 } }),
  fc.constant({ nodes: 8, spec: { hypercube: 3, weight: 2 } }),
  fc.constant({ nodes: 1, spec: undefined }),
  fc.constant({
    nodes: 4,
    spec: {
      nodes: 4,
      edges: [
        [0, 1, 3],
        [1, 2, 0],
        [0, 2, 50],
      ].map(([a, b, w]) => [`${a}`, `${b}`, w]),
    },
  }),
);

const temperatures = (zero: boolean): fc.Arbitrary<unknown> =>
  fc.constantFrom<unknown>(
    1,
    0.5,
    ...(zero ? [0] : []),
    { linear: { from: 2, to: 0.5, duration: 0.1 } },
    { exponential: { from: 2, to: 0.7, duration: 0.2 } },
    {
      piecewise: [
        [0, 1],
        [0.05, 2],
        [0.1, 0.6],
      ],
    },
  );

export const densityMobilities = [
  'log-mean',
  'arithmetic',
  'geometric',
  'harmonic',
  'upwind',
  'constant',
] as const;

/** Random configs: small, but every kind of model that the kernel compiler tells apart. */
export const configs = randomConfigs(fc.constantFrom('metropolis', 'barker', 'symmetric', 'free'));

/** The same where rates need densities. */
export const densityConfigs = randomConfigs(fc.constantFrom(...densityMobilities));

function randomConfigs(mobilities: fc.Arbitrary<string>): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .record({
      dimension: fc.integer({ min: 1, max: 3 }),
      graph: graphs,
      mobility: mobilities,
      cells: fc.constantFrom<number | readonly number[]>(4, 5, 8, [12, 7, 4]),
      integrator: fc.constantFrom('euler-maruyama', 'leimkuhler-matthews', 'heun', 'baoab'),
      friction: fc.constantFrom(0.1, 3, 200),
      velocities: fc.constantFrom('thermal', 'thermal', 'rest'),
      splitting: fc.constantFrom('lie', 'strang'),
      precision: fc.constantFrom('f32', 'f32', 'f64'),
      boundary: fc.array(fc.constantFrom('free', 'free', 'periodic', 'reflecting'), {
        minLength: 3,
        maxLength: 3,
      }),
      parts: fc.array(fc.constantFrom(...mildParts), { minLength: 3, maxLength: 3 }),
      ownNodes: fc.integer({ min: 0, max: 2 }),
      rate: fc.constantFrom(...freeRates),
      warm: temperatures(false),
      any: temperatures(true),
      step: fc.constantFrom(0.01, 0.05),
      seed: fc.nat(1000),
      crowd: fc.constantFrom(0.2, 0.5, 1),
      law: fc.constantFrom<object>(
        { gaussian: { mean: 0.3, std: 0.8 } },
        { uniform: { low: -1.5, high: 1.5 } },
        { point: 0.1 },
      ),
      masses: fc.constantFrom('uniform', '1 + 3*node', 'where(node == 0, 1, 0)'),
    })
    .map((choice) => {
      const { graph, precision, dimension } = choice;
      const well = (part: string): string => `0.5*(1 + 0.1*k)*dot(x, x) + ${part}`;
      const own = Math.min(choice.ownNodes, graph.nodes - 1);
      const isAccelerated = choice.integrator === 'baoab';
      return {
        space: { variables: dimension, boundary: choice.boundary.slice(0, dimension), box: [-2, 2.5] },
        ...(graph.spec === undefined ? {} : { graph: graph.spec }),
        potential: {
          formula: well(choice.parts[0]),
          parameters: { k: '1 + 0.5*node', h: '0.4 - 0.2*node' },
          ...(own === 0
            ? {}
            : {
                nodes: Object.fromEntries(
                  Array.from({ length: own }, (_, i) => [nodeName(graph, i), well(choice.parts[i + 1])]),
                ),
              }),
        },
        temperature: choice.mobility === 'symmetric' || choice.mobility === 'free' ? choice.warm : choice.any,
        dynamics: {
          mobility: choice.mobility,
          integrator: choice.integrator,
          ...(isAccelerated ? { kind: 'accelerated', friction: choice.friction } : {}),
          splitting: choice.splitting,
          diffusivity: '1 + 0.2*node',
          ...(choice.mobility === 'free' && graph.nodes > 1 ? { rate: choice.rate } : {}),
        },
        grid: {
          cells: typeof choice.cells === 'number' ? choice.cells : choice.cells.slice(0, dimension),
          box: [-2.2, 2.3],
        },
        precision,
        particles: Math.ceil(choice.crowd * (precision === 'f32' ? 1500 : 400)),
        initial: {
          ...choice.law,
          masses: choice.masses,
          ...(isAccelerated ? { velocities: choice.velocities } : {}),
        },
        time: { step: choice.step, steps: 10 },
        seed: choice.seed,
      };
    });
}

function nodeName({ spec }: Graph, index: number): string {
  return spec !== undefined && 'hypercube' in spec ? index.toString(2).padStart(3, '0') : String(index);
}
