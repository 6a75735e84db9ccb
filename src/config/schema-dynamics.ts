// The keys `temperature`, `dynamics` and `initial`: how a state moves and where it begins. Form only.

import type * as z from 'zod';
import {
  branch,
  choice,
  complain,
  flag,
  formula,
  integer,
  isList,
  isScalar,
  isSection,
  list,
  map,
  number,
  section,
  word,
} from './values.js';
import type { ValueSpec } from './schema-potential.js';

/** Temperature eps(t) as written; the model's TemperatureSchedule has the same form. */
export type TemperatureSpec =
  | { readonly kind: 'constant'; readonly value: number }
  | {
      readonly kind: 'linear' | 'exponential';
      readonly from: number;
      readonly to: number;
      readonly duration: number;
    }
  | { readonly kind: 'piecewise'; readonly times: readonly number[]; readonly values: readonly number[] };

const ramp = section({
  from: number({ min: 0 }).meta({ description: 'Temperature at time 0.' }),
  to: number({ min: 0 }).meta({ description: 'Temperature from `duration` on.' }),
  duration: number({ above: 0 }).meta({ description: 'Time that the change takes.' }),
});

const piecewise = list(
  list(number(), 2, 'a pair [time, temperature]'),
  1,
  'a list of [time, temperature]',
).transform((points, sink): TemperatureSpec => {
  points.forEach((point, i) => {
    if (point.length !== 2)
      complain(
        sink,
        `expected a pair [time, temperature], got ${point.length} numbers`,
        { hint: 'write [[0, 2], [10, 0.5]]' },
        [i],
      );
    if (point[1] < 0)
      complain(sink, `expected a temperature >= 0, got ${point[1]}`, { hint: 'use 0 or more' }, [i, 1]);
    if (i > 0 && !(point[0] > points[i - 1][0])) {
      complain(
        sink,
        `times must ascend, got ${point[0]} after ${points[i - 1][0]}`,
        { hint: 'sort the points' },
        [i, 0],
      );
    }
  });
  return { kind: 'piecewise', times: points.map((p) => p[0]), values: points.map((p) => p[1]) };
});

const schedule = section({
  linear: ramp
    .optional()
    .meta({ description: 'From one temperature to another at a constant pace, constant after.' }),
  exponential: ramp
    .optional()
    .meta({ description: 'By a constant factor per time, constant after; both ends > 0.' }),
  piecewise: piecewise.optional().meta({
    description: 'Linear between the points [time, temperature], constant before and after.',
    samples: ['[[0, 2], [10, 0.5], [20, 0.1]]'],
  }),
}).transform((schedules, sink): TemperatureSpec => {
  const given = Object.entries(schedules).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    return complain(sink, given.length === 0 ? 'says no schedule' : 'says several schedules', {
      hint: 'give one of linear, exponential, piecewise',
      at: 'key',
    });
  }
  if (schedules.linear !== undefined) return { kind: 'linear', ...schedules.linear };
  if (schedules.exponential !== undefined) {
    const { from, to, duration } = schedules.exponential;
    for (const [key, value] of Object.entries({ from, to })) {
      if (value > 0) continue;
      complain(
        sink,
        'an exponential schedule never reaches 0',
        { hint: 'use a small number > 0, or linear' },
        ['exponential', key],
      );
    }
    return { kind: 'exponential', from, to, duration };
  }
  return schedules.piecewise ?? { kind: 'constant', value: 0 };
});

export const temperatureSchema = choice<TemperatureSpec>(
  'a temperature >= 0, or one of { linear }, { exponential }, { piecewise }',
  [
    branch(
      isScalar,
      number({ min: 0 }).transform((value): TemperatureSpec => ({ kind: 'constant', value })),
    ),
    branch(isSection, schedule),
  ],
);

/** One value per node: a number or formula for all, a list, or a map by node name. */
export type NodeValues = string | readonly string[] | Readonly<Record<string, string>>;

const nodeValues = choice<NodeValues>('a number, a formula, a list per node, or a map from node names', [
  branch(isScalar, formula()),
  branch(isList, list(formula(), 1, 'a list with one value per node')),
  branch(isSection, map(formula(), 'a map from node names to values')),
]);

/** Friction gamma(t) >= 0 of second-order dynamics; the model's FrictionSchedule has the same form. */
export type FrictionSpec =
  | { readonly kind: 'constant'; readonly value: number }
  | {
      readonly kind: 'nesterov';
      readonly factor: number;
      readonly restart: 'never' | 'hamiltonian' | 'energy';
    };

const frictionSection = section({
  nesterov: number({ above: 0 }).meta({ description: 'The r of gamma(t) = r/t; 3 is the usual one.' }),
  restart: choice<boolean | 'energy'>('true, false or energy', [
    branch((value) => typeof value === 'boolean', flag()),
    branch(isScalar, word(['energy'])),
  ])
    .default(false)
    .meta({
      description:
        'Whether to begin anew, at rest and with t = 0 in gamma(t), when H rises over a time step; with `energy`, when E rises.',
      fallback: false,
    }),
});

const friction = choice<FrictionSpec>('a number >= 0, or { nesterov: 3, restart: true }', [
  branch(
    isScalar,
    number({ min: 0 }).transform((value): FrictionSpec => ({ kind: 'constant', value })),
  ),
  branch(
    isSection,
    frictionSection.transform(({ nesterov, restart }): FrictionSpec => {
      const when = restart === true ? 'hamiltonian' : restart === false ? 'never' : restart;
      return { kind: 'nesterov', factor: nesterov, restart: when };
    }),
  ),
]);

const dynamicsSection = section({
  kind: word(['gradient-flow', 'accelerated', 'jko'])
    .default('gradient-flow')
    .meta({
      description:
        'The equation. `gradient-flow`: that of the energy. `accelerated`: second order, with velocities and `friction`; the ' +
        'stationary law of x is the same. `jko`: minimizing movements of the energy, each step the minimiser of E + ' +
        'W²/(2 tau), on a grid with d <= 2.',
      fallback: 'gradient-flow',
    }),
  friction: friction.optional().meta({
    description:
      'For kind `accelerated`: the friction gamma, a number (> 0 for particles), or but for particles `{ nesterov: r }` for ' +
      'gamma(t) = r/t. With `restart` the motion stops and t begins anew when H = E + T rises over a time step (`true`), or ' +
      'already when E does (`energy`).',
    samples: ['1', '{ nesterov: 3, restart: true }'],
  }),
  tau: number({ above: 0 })
    .optional()
    .meta({
      description: 'For kind `jko`: length of a step; `time.step` is then left out.',
      samples: ['0.05'],
    }),
  inner: integer({ min: 1, max: 64 })
    .optional()
    .meta({
      description:
        'For kind `jko`: inner steps L of the distance in each step. 1 is the linearised scheme, of order 1 in tau like the exact ' +
        'one and much faster; more approximate the distance itself, with an error of order 1/L².',
      fallback: 1,
    }),
  mobility: word([
    'metropolis',
    'barker',
    'symmetric',
    'log-mean',
    'arithmetic',
    'geometric',
    'harmonic',
    'upwind',
    'constant',
    'free',
  ])
    .default('metropolis')
    .meta({
      description:
        'Rates of jumps along an edge of weight K, with dV the change of potential. `metropolis`: K min(1, exp(-dV/eps)). ' +
        '`barker`: K/(1 + exp(dV/eps)). `symmetric`: K exp(-dV/(2 eps)), not bounded. `log-mean`, `arithmetic`, ' +
        "`geometric`, `harmonic`, `upwind`, `constant`: K theta(f, f')/f max(0, mu - mu'), which needs the densities f and so d <= 3 " +
        '(`grid`; but `upwind` at temperature 0 needs none). `free`: the formula `rate`, with or without detailed balance.',
      fallback: 'metropolis',
    }),
  rate: formula()
    .optional()
    .meta({
      description:
        'For mobility `free`: rate of jumps along a directed edge, a formula of the coordinates, the parameters at both ' +
        'ends, both potentials and the weight. Edges may give their own (`graph.edges`).',
    }),
  integrator: word(['euler-maruyama', 'leimkuhler-matthews', 'heun', 'baoab'])
    .optional()
    .meta({
      description:
        'How x moves in a step. `euler-maruyama` (the default): order 1. `leimkuhler-matthews`: one gradient per step, too, and ' +
        'order 2 for the stationary law without jumps, or with rates that do not depend on x (else order 1). `heun`: order 2, two ' +
        'gradients. `baoab`: for kind `accelerated`, and its default; order 2, two gradients.',
      fallback: 'euler-maruyama',
    }),
  splitting: word(['lie', 'strang']).default('lie').meta({
    description:
      '`lie`: move, then jump (order 1). `strang`: half the jumps, move, half the jumps (order 2).',
    fallback: 'lie',
  }),
  diffusivity: nodeValues.default('1').meta({
    description:
      'D(g) > 0: a number, a formula of `node` and the parameters, a list per node, or a map by node name.',
    fallback: 1,
  }),
}).superRefine((dynamics, sink) => {
  if (dynamics.rate !== undefined && dynamics.mobility !== 'free') {
    complain(
      sink,
      `is used with mobility free only; the mobility is ${dynamics.mobility}`,
      {
        hint: 'write mobility: free, or remove the rate',
        at: 'key',
      },
      ['rate'],
    );
  }
  const { kind, integrator } = dynamics;
  for (const key of ['tau', 'inner'] as const) {
    if (kind === 'jko' || dynamics[key] === undefined) continue;
    complain(sink, 'is used with kind jko only', { hint: 'write kind: jko, or remove it', at: 'key' }, [key]);
  }
  if (kind === 'jko' && dynamics.tau === undefined) {
    const hint = 'add tau: 0.05';
    complain(sink, 'is missing: kind jko needs the length of a step, a number > 0', { hint, at: 'key' }, [
      'tau',
    ]);
  }
  if (kind !== 'accelerated' && integrator === 'baoab') {
    const hint = 'add kind: accelerated and friction: 1, or use leimkuhler-matthews';
    complain(sink, 'moves particles with velocities, which are of kind accelerated', { hint }, [
      'integrator',
    ]);
  }
  if (kind !== 'accelerated' && dynamics.friction !== undefined) {
    const hint = 'write kind: accelerated, or remove the friction';
    complain(sink, 'is used with kind accelerated only', { hint, at: 'key' }, ['friction']);
  }
  if (kind === 'accelerated' && dynamics.friction === undefined) {
    const hint = 'add friction: 1';
    complain(sink, 'is missing: kind accelerated needs a number >= 0', { hint, at: 'key' }, ['friction']);
  }
});

/** With the integrator that goes with the kind, where none is written. */
export const dynamicsSchema = dynamicsSection.transform(({ integrator, ...dynamics }) => ({
  ...dynamics,
  integrator: integrator ?? (dynamics.kind === 'accelerated' ? 'baoab' : 'euler-maruyama'),
}));

/** Values per coordinate, the same for all nodes or by node name. */
export type CoordinateValues = ValueSpec | Readonly<Record<string, ValueSpec>>;

const perCoordinate = choice<ValueSpec>('a number or formula, or a list with one per coordinate', [
  branch(isScalar, formula()),
  branch(isList, list(formula(), 1, 'a list with one value per coordinate')),
]);
const coordinateValues = choice<CoordinateValues>(
  'a number, a formula of node, a list with one per coordinate, or a map from node names',
  [
    branch(isScalar, formula()),
    branch(isList, perCoordinate),
    branch(isSection, map(perCoordinate, 'a map from node names to values')),
  ],
);

const perNodeWords =
  'A number, a formula of `node` and the parameters, a list per coordinate, or a map by node name.';

const gaussian = section({
  mean: coordinateValues.default('0').meta({ description: `Mean. ${perNodeWords}`, fallback: 0 }),
  std: coordinateValues
    .default('1')
    .meta({ description: `Standard deviation >= 0. ${perNodeWords}`, fallback: 1 }),
});
const uniform = section({
  low: coordinateValues
    .optional()
    .meta({ description: `Lower end; without it, of the box. ${perNodeWords}` }),
  high: coordinateValues
    .optional()
    .meta({ description: `Upper end; without it, of the box. ${perNodeWords}` }),
});

const masses = choice<NodeValues>('uniform, a list per node, a formula of node, or a map from node names', [
  branch(isScalar, formula()),
  branch(isList, list(formula(), 1, 'a list with one value per node')),
  branch(isSection, map(formula(), 'a map from node names to masses')),
]);

export const initialSchema = section({
  gaussian: gaussian.optional().meta({
    description: 'Independent Gaussian coordinates.',
    samples: ['{ mean: [0, 1], std: 0.5 }'],
  }),
  uniform: uniform
    .optional()
    .meta({ description: 'Uniform in a box.', samples: ['{ low: -1, high: [1, 2] }'] }),
  point: coordinateValues
    .optional()
    .meta({ description: 'All particles of a node at one place.', samples: ['[0, 0]'] }),
  masses: masses.default('uniform').meta({
    description:
      'How particles are shared among the nodes: `uniform`, a list, a formula of `node`, or a map by node name (nodes ' +
      'left out get nothing). Normalised to sum 1.',
    fallback: 'uniform',
  }),
  velocities: word(['thermal', 'rest'])
    .optional()
    .meta({
      description:
        'For particles of kind `accelerated`: `thermal`, velocities drawn from their stationary law at the temperature of time 0, or ' +
        '`rest`, all 0.',
      fallback: 'thermal',
    }),
}).superRefine((initial, sink) => {
  const given = (['gaussian', 'uniform', 'point'] as const).filter((key) => initial[key] !== undefined);
  if (given.length === 1) return;
  const message =
    given.length === 0 ? 'says no initial law' : `says several initial laws: ${given.join(' and ')}`;
  complain(sink, message, { hint: 'give one of gaussian, uniform, point', at: 'key' });
});

export type DynamicsSpec = z.output<typeof dynamicsSchema>;
export type InitialSpec = z.output<typeof initialSchema>;
