// The keys `lumped` and `grow`: one weighted point per node, and graphs that are generated on the fly. Form only; what is meant, and which
// mobilities may go with it, is checked in model/.

import type * as z from 'zod';
import { complain, integer, list, nodeName, number, section, text, word } from './values.js';

export const lumpedSchema = section({
  tolerance: number({ min: 1e-14, max: 0.1 })
    .default(1e-6)
    .meta({
      description:
        'Error that the masses (which sum to 1) may have in each of their steps, of which they take as many within a `time.step` as they ' +
        'must. Points always take steps of `time.step`.',
      fallback: 1e-6,
    }),
});

const letters = section({
  name: text('a name').meta({ description: 'Name of the letters in formulas: a vector parameter.' }),
  length: integer({ min: 1, max: 100_000 }).meta({ description: 'Letters in a word.' }),
  count: integer({ min: 2, max: 1_000_000 })
    .default(2)
    .meta({ description: 'How many letters there are: 0 … count-1.', fallback: 2 }),
  edit: word(['any', 'step']).default('any').meta({
    description: 'What one edit is: one letter becomes `any` other, or goes up or down by one `step`.',
    fallback: 'any',
  }),
  weight: number({ above: 0 }).default(1).meta({ description: 'Weight K of all edges.', fallback: 1 }),
});

export const growSchema = section({
  start: list(nodeName(), 1, 'a list of node names')
    .optional()
    .meta({
      description:
        'Nodes that are there at the start; `initial.masses` are theirs. Without it, the word of zeros of `letters`.',
      samples: ["['0000', '1111']"],
    }),
  letters: letters.optional().meta({
    description:
      'Nodes are words of letters, written as `0110` (as `3.12.7` where there are more than ten letters), and neighbours differ in one letter: a ' +
      'hypercube for two letters.',
    samples: ['{ name: s, length: 20, count: 2 }'],
  }),
  every: integer({ min: 1 })
    .default(10)
    .meta({ description: 'Steps between two looks at who is born and who is retired.', fallback: 10 }),
  birth: number({ above: 0, max: 1 }).default(0.5).meta({
    description: "A node's neighbours are born once its mass is at least this part of the heaviest node's.",
    fallback: 0.5,
  }),
  share: number({ above: 0, max: 0.99 }).default(0.5).meta({
    description: 'Part of its mass that a node gives to its newborn neighbours, in equal shares.',
    fallback: 0.5,
  }),
  floor: number({ above: 0, max: 0.5 })
    .default(1e-6)
    .meta({
      description:
        'A node with less mass than this is retired, and one whose neighbours are all gone; its mass goes to its heaviest living ' +
        'neighbour, else to the heaviest node. Mass is never lost.',
      fallback: 1e-6,
    }),
  grace: integer({ min: 0 })
    .default(50)
    .meta({ description: 'Steps after its birth in which a node is not retired.', fallback: 50 }),
  nodes: integer({ min: 2, max: 10_000_000 }).default(10_000).meta({
    description: 'Most nodes alive at once. Then light ones make room for neighbours of the heaviest.',
    fallback: 10_000,
  }),
}).superRefine((grow, sink) => {
  if (grow.start !== undefined && new Set(grow.start).size < grow.start.length) {
    complain(sink, 'names a node twice', { hint: 'name each node once' }, ['start']);
  }
});

export type LumpedSpec = z.output<typeof lumpedSchema>;
export type GrowSpec = z.output<typeof growSchema>;
