// The config as one schema: from it come the checks, the defaults, the types, the JSON Schema for editors and the
// reference page. Form only: what needs the graph, the data or the formulas is checked in model/.

import type * as z from 'zod';
import { dynamicsSchema, initialSchema, temperatureSchema } from './schema-dynamics.js';
import { box, graphSchema, oneNode, spaceSchema } from './schema-graph.js';
import { interval } from './schema-interval.js';
import { growSchema, lumpedSchema } from './schema-lumped.js';
import { objectiveSchema, optimizeSchema } from './schema-objective.js';
import { potentialSchema } from './schema-potential.js';
import {
  branch,
  choice,
  complain,
  integer,
  isList,
  isScalar,
  isSection,
  list,
  number,
  section,
  text,
  word,
  type IssueSink,
} from './values.js';

const timeSchema = section({
  step: number({ above: 0 })
    .optional()
    .transform((step) => step ?? NaN)
    .meta({
      description: 'Length dt of a time step; needed unless `dynamics.kind` is `jko`, whose step is `tau`.',
    }),
  end: number({ above: 0 }).optional().meta({
    description: 'Time at which the run ends; rounded to a whole number of steps. Give this or `steps`.',
  }),
  steps: integer({ min: 1, max: 0xffffffff })
    .optional()
    .meta({ description: 'Number of steps. Give this or `end`.' }),
}).superRefine((time, sink) => {
  if (Number.isNaN(time.step)) {
    complain(sink, 'is missing: expected a number > 0', { hint: 'add step: 0.01', at: 'key' }, ['step']);
  }
  if (time.end === undefined && time.steps === undefined) {
    complain(sink, 'says no end: the run would never stop', {
      hint: 'add end: 10 (a time) or steps: 1000',
      at: 'key',
    });
  } else if (time.end !== undefined && time.steps !== undefined) {
    complain(sink, 'has both end and steps', { hint: 'keep one of them', at: 'key' }, ['steps']);
  } else if (time.end !== undefined && time.end < time.step / 2) {
    const hint = `use end: ${time.step} or more, or a smaller step`;
    complain(sink, `the end ${time.end} comes before the first step of ${time.step}`, { hint }, ['end']);
  } else if (time.end !== undefined && time.end / time.step > 0xffffffff) {
    complain(sink, 'takes more than 2^32 steps', { hint: 'use a larger step or an earlier end' }, ['end']);
  }
});

/** How the entropy is estimated from particles (mathematics, section 10). */
export interface EntropySpec {
  readonly method: 'knn' | 'grid' | 'gaussian';
  /** For `knn`: the k of the k-th neighbour. */
  readonly neighbours: number;
  /** Most particles looked at per node; `auto` shares some thousands out among the nodes. */
  readonly samples: number | 'auto';
}

const entropyMethod = word(['knn', 'grid', 'gaussian']);
const entropySection = section({
  method: entropyMethod.meta({ description: '`knn`, `grid` or `gaussian`.' }),
  neighbours: integer({ min: 1, max: 100 })
    .default(4)
    .meta({ description: 'For `knn`: distances are to the k-th neighbour.', fallback: 4 }),
  samples: choice<number | 'auto'>('a whole number from 16 to 10000000, or auto', [
    branch((value) => value === 'auto', word(['auto'])),
    branch(isScalar, integer({ min: 16, max: 10_000_000 })),
  ])
    .default('auto')
    .meta({
      description:
        'Most particles looked at per node and observation. `auto`: 3200 shared out among the nodes, 64 to 2000 each, so that ' +
        'estimates cost about the same whatever the graph.',
      fallback: 'auto',
    }),
});
const entropy = choice<EntropySpec | 'none'>('knn, grid, gaussian, none, or a section with method', [
  branch((value) => value === 'none', word(['none'])),
  branch(
    (value) => typeof value === 'string',
    entropyMethod.transform((method): EntropySpec => ({ method, neighbours: 4, samples: 'auto' })),
  ),
  branch(isSection, entropySection),
]);

const cellCounts = choice<number | number[]>('a number of cells, or a list with one per coordinate', [
  branch(isList, list(integer({ min: 4, max: 65_536 }), 1, 'a list with one number per coordinate')),
  branch(isScalar, integer({ min: 4, max: 65_536 })),
]);

const gridSchema = section({
  cells: cellCounts.optional().meta({
    description:
      'Cells per coordinate: a number for all, or a list. Without it 512 (d = 1), 128 (d = 2) or 48 (d = 3); for densities of ' +
      'particles fewer, so that about 50 particles share a cell where particles are.',
    samples: ['256', '[128, 64]'],
  }),
  box: box.optional().meta({
    description:
      'For coordinates without a box in `space`: where the grid lies, as [low, high] for all coordinates or a pair per ' +
      'coordinate. Without it a box is found that holds the initial law and the wells.',
    samples: ['[-6, 6]', '[[-4, 4], [-2, 2]]'],
  }),
  tolerance: number({ above: 0, max: 0.1 })
    .optional()
    .meta({
      description:
        'For `representation: grid`: the time step is chosen so that the error of a step, relative to the density, stays below ' +
        'this; observations stay where `time.step` puts them. Without it all steps are `time.step` long.',
      samples: ['1e-5'],
    }),
});

const observeSchema = section({
  every: integer({ min: 1 })
    .default(100)
    .meta({ description: 'Steps between two observations.', fallback: 100 }),
  entropy: entropy.default('none').meta({
    description:
      'How the entropy of the law on each node, and with it the energy E, is estimated from particles. `knn`: distances to ' +
      'nearest neighbours (any d); `grid`: counts in the cells of `grid` (d <= 3); `gaussian`: as of a normal law; `none`: ' +
      'not at all. On a grid it is a sum over cells, whatever is written here.',
    fallback: 'none',
    samples: ['knn', '{ method: knn, neighbours: 4, samples: 4000 }'],
  }),
  logZ: choice<number | 'auto'>('a number, or auto', [
    branch((value) => value === 'auto', word(['auto'])),
    branch(isScalar, number()),
  ])
    .default('auto')
    .meta({
      description:
        'log of Z, the sum over nodes of the integrals of exp(-V/eps), for KL(f|pi) = E/eps + log Z. `auto`: computed where ' +
        'all wells are quadratic, or on the grid for d <= 3; else there is no KL.',
      fallback: 'auto',
    }),
});

const snapshotSchema = section({
  every: integer({ min: 1 }).meta({ description: 'Steps between two snapshots.', samples: ['1000'] }),
  particles: choice<number | 'all'>('a number of particles, or all', [
    branch((value) => value === 'all', word(['all'])),
    branch(isScalar, integer({ min: 1 })),
  ])
    .default('all')
    .meta({ description: 'How many particles a snapshot holds, or `all`.', fallback: 'all' }),
});

const checkpointSchema = section({
  every: interval.default({ kind: 'seconds', seconds: 60 }).meta({
    description: 'Steps between two checkpoints, or wall time as 60s, 10min, 2h.',
    fallback: '60s',
  }),
  keep: integer({ min: 1, max: 1000 }).default(2).meta({
    description: 'How many of the latest checkpoints are kept.',
    fallback: 2,
  }),
});

/** What belongs to particles with velocities, and to them only. */
function checkVelocities(
  config: {
    readonly representation: string;
    readonly dynamics: z.output<typeof dynamicsSchema>;
    readonly initial: z.output<typeof initialSchema>;
  },
  sink: IssueSink,
): void {
  const { kind, friction, integrator } = config.dynamics;
  const hasVelocities = kind === 'accelerated' && config.representation === 'particles';
  // Where something is wrong with the dynamics the integrator has not been chosen yet.
  const given = integrator as typeof integrator | undefined;
  if (hasVelocities && given !== undefined && given !== 'baoab') {
    const hint = 'write integrator: baoab, or leave it out';
    complain(sink, `has no velocities, and kind accelerated does; got ${given}`, { hint }, [
      ...['dynamics', 'integrator'],
    ]);
  }
  if (hasVelocities && friction?.kind === 'nesterov') {
    const hint = 'use a number > 0; schedules are for other representations';
    complain(sink, 'expected a number: particles have a constant friction', { hint }, [
      'dynamics',
      'friction',
    ]);
  }
  if (hasVelocities && friction?.kind === 'constant' && friction.value === 0) {
    const hint = 'use a number > 0: without friction there is no noise, and no stationary law';
    complain(sink, 'expected a number > 0, got 0', { hint }, ['dynamics', 'friction']);
  }
  if (config.initial.velocities !== undefined && !hasVelocities) {
    const hint = 'add dynamics: { kind: accelerated, friction: 1 }, or remove it';
    complain(sink, 'is for particles of kind accelerated: others have no velocities', { hint, at: 'key' }, [
      'initial',
      'velocities',
    ]);
  }
}

export const configSchema = section({
  name: text('a name').default('unnamed').meta({ description: 'Name of the run.', fallback: 'unnamed' }),
  description: text('a text').optional().meta({ description: 'What the run is about.' }),
  space: spaceSchema.meta({ description: 'The coordinates x in R^d.' }),
  graph: graphSchema.default(oneNode).meta({
    description: 'The graph G with its symmetric weights K. Without it there is one node and no jumps.',
  }),
  potential: potentialSchema.meta({
    description: 'The potential V(x, g) of each node.',
    samples: ['{ formula: 0.5*x^2 }'],
  }),
  objective: objectiveSchema.optional().meta({
    description:
      'In place of `potential`: V, its gradient and what else there is to know of nodes, from a module or an external process ' +
      '(docs/objectives.md). For `representation: lumped`, and only where the command line says `--allow-modules`.',
    samples: [
      '{ module: objectives/subset.ts }',
      '{ command: [python3, objectives/subset.py], timeout: 30s }',
    ],
  }),
  temperature: temperatureSchema.meta({
    description: 'The temperature eps >= 0: a number, or a schedule for annealing.',
    samples: ['1', '{ exponential: { from: 2, to: 0.05, duration: 100 } }'],
  }),
  dynamics: dynamicsSchema.prefault({}).meta({ description: 'How particles move and jump.' }),
  particles: integer({ min: 1, max: 0x10000000000 })
    .optional()
    .meta({
      description: 'Number of particles; needed for `representation: particles`.',
      samples: ['1_000_000'],
    }),
  precision: word(['f32', 'f64']).default('f32').meta({
    description: 'Floating point width of the coordinates and of the step.',
    fallback: 'f32',
  }),
  representation: word(['particles', 'grid', 'lumped'])
    .default('particles')
    .meta({
      description:
        'How the density is represented: by `particles`; by cell averages on a `grid` (d <= 3), without randomness; or `lumped`, ' +
        'with one point and one mass per node, for optimisation in any d.',
      fallback: 'particles',
    }),
  grid: gridSchema.prefault({}).meta({
    description: 'The grid of `representation: grid`, and of densities where particles need them.',
  }),
  lumped: lumpedSchema.prefault({}).meta({ description: 'Of `representation: lumped`.' }),
  grow: growSchema.optional().meta({
    description:
      'For `representation: lumped`: nodes are born next to heavy ones and retired when they are light, so that a graph can be searched that ' +
      'is far too large to be written down. Takes the place of `graph`.',
  }),
  initial: initialSchema.meta({
    description: 'The law of particles at time 0.',
    samples: ['{ gaussian: { mean: 0, std: 1 } }'],
  }),
  time: timeSchema.meta({ description: 'Time step and end.', samples: ['{ step: 0.01, end: 10 }'] }),
  seed: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).default(1).meta({
    description:
      'Seed of the random streams. The same config and seed give the same bits on any number of workers.',
    fallback: 1,
  }),
  observe: observeSchema.prefault({}).meta({ description: 'Observables: masses, means, energies.' }),
  snapshots: snapshotSchema
    .optional()
    .meta({ description: 'Particles written to disk; none without this key.' }),
  checkpoint: checkpointSchema.prefault({}).meta({ description: 'States to resume from.' }),
  optimize: optimizeSchema.prefault({}).meta({
    description: 'For `wasserwerk optimize`: when to stop, how often to start anew, what to show.',
  }),
  partition: word(['auto', 'nodes', 'replicas'])
    .default('auto')
    .meta({
      description:
        'How work is shared among workers: by graph node (`nodes`), by independent replica (`replicas`), or the faster of ' +
        'the two as predicted (`auto`). It does not change results.',
      fallback: 'auto',
    }),
}).superRefine((config, sink) => {
  if (config.objective !== undefined && config.representation !== 'lumped') {
    const hint = 'write representation: lumped';
    complain(sink, 'is used with representation lumped only', { hint, at: 'key' }, ['objective']);
  }
  if (config.representation === 'particles' && config.particles === undefined) {
    complain(
      sink,
      'is missing: expected a whole number >= 1',
      { hint: 'add particles: 1_000_000', at: 'key' },
      ['particles'],
    );
  }
  checkVelocities(config, sink);
  const { dynamics, grid } = config;
  if (dynamics.kind === 'jko' && config.representation !== 'grid') {
    const hint = 'write representation: grid, or kind: gradient-flow';
    complain(sink, `movements are of densities on a grid, not of ${config.representation}`, { hint }, [
      ...['dynamics', 'kind'],
    ]);
  }
  if (dynamics.kind === 'jko' && grid.tolerance !== undefined) {
    const hint = 'remove it, and choose dynamics.tau';
    complain(
      sink,
      'chooses the time step of a gradient flow; kind jko has steps of tau',
      { hint, at: 'key' },
      [...['grid', 'tolerance']],
    );
  }
  if (config.representation !== 'lumped' && config.grow !== undefined) {
    const hint = 'add representation: lumped, or write the nodes into graph';
    complain(sink, 'is for representation lumped', { hint, at: 'key' }, ['grow']);
  }
  if (config.dynamics.kind === 'accelerated' && config.grid.tolerance !== undefined) {
    const hint = 'remove it, and choose time.step';
    complain(sink, 'error control is for kind gradient-flow', { hint, at: 'key' }, ['grid', 'tolerance']);
  }
});

/** The checked values of a config, with defaults filled in. Plain data. */
export type ConfigValues = z.output<typeof configSchema>;
