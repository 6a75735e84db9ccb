// The keys `space` and `graph`: where particles live. Form only; whether a graph is sound is checked in model/.

import * as z from 'zod';
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
  nodeName,
  number,
  section,
  text,
  word,
  type IssueSink,
} from './values.js';

/** Names of the coordinates. */
const variables = choice<string[]>('a list of names such as [x, y], or the number of dimensions', [
  branch(isList, list(text('a name'), 1, 'a list of names')),
  branch(
    isScalar,
    integer({ min: 1, max: 1000 }).transform((d) => Array.from({ length: d }, (_, i) => `x[${i}]`)),
  ),
]);

const boundaryWord = word(['free', 'periodic', 'reflecting']);
export type BoundaryWord = z.output<typeof boundaryWord>;

const boundary = choice<BoundaryWord | BoundaryWord[]>('free, periodic, reflecting, or a list of them', [
  branch(isList, list(boundaryWord, 1, 'a list, one per coordinate')),
  branch((value) => typeof value === 'string', boundaryWord),
]);

const interval = list(number(), 1, 'an interval [low, high]');
const isListOfLists = (value: unknown): boolean => Array.isArray(value) && value.some((item) => isList(item));
/** Intervals as written in `space` and `grid`. */
export const box = choice<number[] | number[][]>(
  '[low, high] for all coordinates, or a list of [low, high] per coordinate',
  [branch(isListOfLists, list(interval, 1, 'a list of intervals [low, high]')), branch(isList, interval)],
);

export const spaceSchema = section({
  variables: variables.meta({
    description:
      'Names of the coordinates as used in formulas, or the dimension d: then they are called x[0] … x[d-1], and x is ' +
      'the whole vector.',
    samples: ['[x, y]', '10'],
  }),
  boundary: boundary.default('free').meta({
    description:
      'What happens at the edge of the box: `free` has no box, `periodic` joins the two ends, `reflecting` turns ' +
      'particles back. One word for all coordinates or a list with one per coordinate.',
    fallback: 'free',
  }),
  box: box.optional().meta({
    description:
      'The box as [low, high] for all coordinates or one such pair per coordinate. Needed for periodic and reflecting ' +
      'coordinates, without meaning for free ones.',
    samples: ['[-pi, pi]', '[[0, 1], [-2, 2]]'],
  }),
});

/** One edge as written; undefined weight means the default `weight`. */
export interface EdgeSpec {
  readonly from: string;
  readonly to: string;
  readonly weight: number | undefined;
  /** Free rates of the two directions as formulas; undefined means `dynamics.rate`. */
  readonly rate: string | undefined;
  readonly reverseRate: string | undefined;
}

const edgeSection = section({
  from: nodeName().meta({ description: 'One end.' }),
  to: nodeName().meta({ description: 'The other end.' }),
  weight: number().optional().meta({ description: 'Weight K of the edge; without it, `graph.weight`.' }),
  rate: formula().optional().meta({
    description:
      'Rate of jumps from → to as a formula, for `dynamics.mobility: free`; without it, `dynamics.rate`.',
  }),
  reverseRate: formula().optional().meta({ description: 'Rate of jumps to → from, likewise.' }),
});

const edge = choice<EdgeSpec>('an edge [a, b], [a, b, weight] or { from, to, weight, rate, reverseRate }', [
  branch(
    isList,
    z.array(z.unknown()).transform((items, context): EdgeSpec => {
      if (items.length < 2 || items.length > 3) {
        return complain(context, `an edge has two ends and perhaps a weight, got ${items.length} items`, {
          hint: 'write [a, b] or [a, b, weight]',
        });
      }
      const read = <T>(schema: z.ZodType<T>, index: number): T => {
        const result = schema.safeParse(items[index]);
        if (result.success) return result.data;
        for (const issue of result.error.issues) {
          context.addIssue({ ...issue, path: [index, ...issue.path] });
        }
        return z.NEVER;
      };
      const from = read(nodeName(), 0);
      const to = read(nodeName(), 1);
      const weight = items.length === 3 ? read(number(), 2) : undefined;
      return { from, to, weight, rate: undefined, reverseRate: undefined };
    }),
  ),
  branch(
    isSection,
    edgeSection.transform((e): EdgeSpec => ({
      from: e.from,
      to: e.to,
      weight: e.weight,
      rate: e.rate,
      reverseRate: e.reverseRate,
    })),
  ),
]);

/** A graph as asked for, with one form of writing it settled. */
export type GraphSpec =
  | {
      readonly kind: 'ring' | 'path' | 'complete' | 'star' | 'hypercube';
      readonly size: number;
      readonly weight: number;
    }
  | {
      readonly kind: 'grid';
      readonly shape: readonly number[];
      readonly periodic: boolean;
      readonly weight: number;
    }
  | {
      readonly kind: 'edges';
      readonly nodes: number | readonly string[];
      readonly edges: readonly EdgeSpec[];
      readonly weight: number;
    }
  | { readonly kind: 'graphml'; readonly file: string; readonly weight: number }
  | {
      readonly kind: 'csv';
      readonly file: string;
      readonly nodes: string | undefined;
      readonly weight: number;
    };

const nodes = choice<number | string | string[]>('a list of node names, the number of nodes, or a CSV file', [
  branch(isList, list(nodeName(), 1, 'a list of node names')),
  branch((value) => typeof value === 'string' && /\.(?:csv|txt)$/iu.test(value), text('a file name')),
  branch(isScalar, integer({ min: 1, max: 10_000_000 })),
]);

const size = (min: number, max: number): z.ZodType<number> => integer({ min, max });
const periodicNote = 'Nodes are 0 … n-1.';

const graphSection = section({
  ring: size(3, 10_000_000)
    .optional()
    .meta({ description: `A cycle of n nodes. ${periodicNote}` }),
  path: size(1, 10_000_000)
    .optional()
    .meta({ description: `A chain of n nodes. ${periodicNote}` }),
  complete: size(1, 5000)
    .optional()
    .meta({ description: `n nodes, each joined to every other. ${periodicNote}` }),
  star: size(2, 10_000_000).optional().meta({
    description: 'n nodes; node 0 is the centre, joined to all others.',
  }),
  hypercube: size(1, 20)
    .optional()
    .meta({
      description:
        'All 2^n bit strings of length n; an edge flips one bit. Node i is named by its bits, bits[0] (the least ' +
        'significant of i) first. Formulas have them as the vector parameter `bits`.',
    }),
  grid: list(integer({ min: 1, max: 10_000_000 }), 1, 'a list of side lengths')
    .optional()
    .meta({
      description:
        'A rectangular lattice with these side lengths. Nodes are named `i,j,…`, the last index running fastest. ' +
        'Formulas have the indices as the vector parameter `position`.',
      samples: ['[16, 16]'],
    }),
  periodic: flag().optional().meta({ description: 'For `grid`: join opposite sides.', fallback: false }),
  nodes: nodes.optional().meta({
    description:
      'Names of the nodes, or how many there are (then called 0 … n-1), for use with `edges`. With a CSV `file`: the ' +
      'table of nodes (first column the name, called `node`, `name` or `id`; numeric columns become node parameters).',
  }),
  edges: list(edge, 0, 'a list of edges')
    .optional()
    .meta({
      description:
        'Edges as [a, b], [a, b, weight] or { from, to, weight, rate, reverseRate }. Each edge goes both ways; writing ' +
        'both directions is allowed where their weights agree.',
    }),
  file: text('a file name')
    .optional()
    .meta({
      description:
        'Read the graph from a GraphML file (.graphml, .xml), or from a CSV file with the columns source and target (or from and ' +
        'to) and weight (optional). Numeric node data become node parameters. Names start from the folder of the config.',
    }),
  weight: number({ min: 0 }).default(1).meta({
    description: 'Weight K of every edge that does not give its own.',
    fallback: 1,
  }),
});

const kinds = ['ring', 'path', 'complete', 'star', 'hypercube', 'grid', 'file'] as const;

function settle(graph: z.output<typeof graphSection>, sink: IssueSink): GraphSpec {
  const given = [...kinds, 'edges' as const].filter((key) => graph[key] !== undefined);
  if (graph.nodes !== undefined && graph.file === undefined && !given.includes('edges')) given.push('edges');
  const all = `${kinds.join(', ')}, or nodes with edges`;
  if (given.length === 0) return complain(sink, 'says no graph', { hint: `give one of ${all}`, at: 'key' });
  if (given.length > 1) {
    return complain(sink, `says several graphs: ${given.join(' and ')}`, {
      hint: 'keep one of them',
      at: 'key',
    });
  }
  const kind = given[0];
  const { weight } = graph;
  if (graph.periodic !== undefined && kind !== 'grid') {
    complain(sink, 'goes with grid only', { hint: 'remove it, or use ring for a periodic path', at: 'key' }, [
      'periodic',
    ]);
  }
  if (graph.nodes !== undefined && kind !== 'edges' && kind !== 'file') {
    complain(sink, `goes with edges or a CSV file, not with ${kind}`, { hint: 'remove it', at: 'key' }, [
      'nodes',
    ]);
  }
  switch (kind) {
    case 'grid':
      return { kind, shape: graph.grid ?? [], periodic: graph.periodic ?? false, weight };
    case 'edges': {
      const { nodes } = graph;
      if (nodes === undefined || (typeof nodes === 'string' && !/^\d+$/u.test(nodes))) {
        const hint = 'list the nodes: nodes: [a, b, c], or give their number';
        return complain(
          sink,
          nodes === undefined ? 'is missing' : 'a table of nodes goes with a CSV file of edges',
          {
            hint,
            at: 'key',
          },
          ['nodes'],
        );
      }
      return {
        kind,
        nodes: typeof nodes === 'string' ? Number(nodes) : nodes,
        edges: graph.edges ?? [],
        weight,
      };
    }
    case 'file': {
      const file = graph.file ?? '';
      if (/\.(?:graphml|xml)$/iu.test(file)) {
        if (graph.nodes !== undefined) {
          complain(sink, 'GraphML files hold their nodes themselves', { hint: 'remove it', at: 'key' }, [
            'nodes',
          ]);
        }
        return { kind: 'graphml', file, weight };
      }
      if (!/\.(?:csv|txt)$/iu.test(file)) {
        return complain(
          sink,
          `cannot tell the format of ${file}`,
          { hint: 'name it .graphml, .xml or .csv' },
          ['file'],
        );
      }
      if (graph.nodes !== undefined && typeof graph.nodes !== 'string') {
        complain(sink, 'with a CSV file of edges, nodes is a CSV file, too', { hint: 'nodes: nodes.csv' }, [
          'nodes',
        ]);
      }
      return { kind: 'csv', file, nodes: typeof graph.nodes === 'string' ? graph.nodes : undefined, weight };
    }
    default:
      return { kind, size: graph[kind] ?? 0, weight };
  }
}

export const graphSchema = graphSection.transform(settle);

/** Used by the tests and the reference page: the graph that is meant where none is written. */
export const oneNode: GraphSpec = { kind: 'edges', nodes: 1, edges: [], weight: 1 };
