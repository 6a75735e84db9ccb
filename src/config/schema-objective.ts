// The keys `objective` and `optimize`: potentials that are not formulas, and the search for the best structure. Form
// only: no module is loaded here.

import type * as z from 'zod';
import { duration } from './schema-interval.js';
import {
  anything,
  branch,
  choice,
  complain,
  hasKey,
  integer,
  list,
  map,
  number,
  section,
  text,
} from './values.js';

/** An objective as written; paths as they are in the config. */
export type ObjectiveConfig =
  | { readonly kind: 'module'; readonly module: string; readonly options: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'command';
      readonly command: readonly string[];
      /** Seconds that an answer may take. */
      readonly timeout: number;
      readonly options: Readonly<Record<string, unknown>>;
    };

const options = (): z.ZodType<Record<string, unknown>> => map(anything(), 'a section with options');

const moduleForm = section({
  module: text('the path of a module').meta({
    description: 'A TypeScript or JavaScript module; the path starts from the folder of the config.',
    samples: ['objectives/subset.ts'],
  }),
  options: options().default({}).meta({
    description: 'Handed to the default export of the module.',
    fallback: {},
  }),
});

const commandForm = section({
  command: list(text('a word of the command'), 1, 'a list: the program and its arguments').meta({
    description: 'Program and arguments, started in the folder of the config and without a shell.',
    samples: ['[python3, objectives/subset.py]'],
  }),
  timeout: duration.default(30).meta({
    description: 'How long an answer may take, as 500ms, 30s or 10min; then the process is started anew.',
    fallback: '30s',
  }),
  options: options().default({}).meta({
    description: 'Handed to the process when it starts.',
    fallback: {},
  }),
});

export const objectiveSchema = choice<ObjectiveConfig>(
  '{ module: path } or { command: [program, argument, …] }',
  [
    branch(
      hasKey('module'),
      moduleForm.transform((form): ObjectiveConfig => ({ kind: 'module', ...form })),
    ),
    branch(
      hasKey('command'),
      commandForm.transform((form): ObjectiveConfig => ({ kind: 'command', ...form })),
    ),
  ],
);

const stopSchema = section({
  seconds: duration.optional().meta({
    description: 'Wall time after which the search stops, as 60s, 10min, 2h.',
    samples: ['10min'],
  }),
  evaluations: integer({ min: 1 })
    .optional()
    .meta({
      description: 'Points evaluated, with or without a gradient, after which the search stops.',
      samples: ['1_000_000'],
    }),
  stagnation: integer({ min: 1 })
    .optional()
    .meta({
      description: 'A round ends after so many steps in which the best value has not fallen.',
      samples: ['500'],
    }),
});

export const optimizeSchema = section({
  stop: stopSchema.prefault({}).meta({
    description: 'When to stop before `time.end`, at which a round ends in any case.',
  }),
  restarts: integer({ min: 0, max: 100_000 }).default(0).meta({
    description: 'How often the search is begun anew, each time with the next seed.',
    fallback: 0,
  }),
  improvement: number({ min: 0 }).default(0).meta({
    description: 'By how much the best value must fall at least to count against `stop.stagnation`.',
    fallback: 0,
  }),
  top: integer({ min: 1, max: 100_000 }).default(10).meta({
    description: 'Nodes in the table of the answer.',
    fallback: 10,
  }),
}).superRefine((optimize, sink) => {
  if (optimize.improvement > 0 && optimize.stop.stagnation === undefined) {
    complain(
      sink,
      'is used with stop.stagnation only',
      { hint: 'add stop: { stagnation: 500 }, or remove it', at: 'key' },
      ['improvement'],
    );
  }
});

export type OptimizeSpec = z.output<typeof optimizeSchema>;
