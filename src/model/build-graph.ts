// From the graph a config asks for to compressed rows, with the node parameters and free rates that came with it.

import type { GraphSpec } from '../config/mod.js';
import { suggest } from '../config/thread.js';
import type { BuildContext } from './context.js';
import { compressGraph, type CompressedGraph } from './graph.js';
import { readCsvGraph, readGraphml } from './graph-files.js';
import { indexNames, listEdges, type EdgeEntry, type ListedEdges } from './graph-list.js';
import { grid, shape } from './graph-shapes.js';
import { startOfGrowth } from './grow.js';
import type { ParameterTable } from './model.js';

export interface BuiltGraph extends CompressedGraph {
  readonly parameters: readonly ParameterTable[];
  /** The edges one by one where the config lists them, for their rates. */
  readonly listed: ListedEdges | undefined;
}

// 12 bytes per directed edge here, 28 in the compressed graph: a billion would not fit anywhere.
const mostNodes = 10_000_000;

/** Builds the graph, or throws ConfigError. */
export function buildGraph(context: BuildContext): BuiltGraph {
  if (context.config.grow !== undefined) return startOfGrowth(context, context.config.grow);
  const spec = context.config.graph;
  switch (spec.kind) {
    case 'grid': {
      const nodes = spec.shape.reduce((a, b) => a * b, 1);
      if (nodes > mostNodes) {
        const hint = `use at most ${mostNodes} nodes`;
        context.refuse(['graph', 'grid'], `a grid of ${nodes} nodes is too large`, {
          value: spec.shape,
          hint,
        });
        context.stopIfUnfit();
      }
      const parts = grid(spec.shape, spec.periodic, spec.weight);
      return {
        ...compressGraph(parts.nodeNames, parts.edges),
        parameters: parts.parameters,
        listed: undefined,
      };
    }
    case 'edges':
      return fromEdges(context, spec);
    case 'graphml':
    case 'csv': {
      const read =
        spec.kind === 'graphml'
          ? readGraphml(context, spec.file, spec.weight)
          : readCsvGraph(context, spec.file, spec.nodes, spec.weight);
      context.stopIfUnfit();
      if (read === undefined) throw new Error(`${spec.file} was neither read nor refused`);
      return fromEntries(context, read.nodeNames, read.entries, read.parameters, ['graph', 'file']);
    }
    default: {
      const parts = shape(spec.kind, spec.size, spec.weight);
      return {
        ...compressGraph(parts.nodeNames, parts.edges),
        parameters: parts.parameters,
        listed: undefined,
      };
    }
  }
}

function fromEdges(context: BuildContext, spec: Extract<GraphSpec, { kind: 'edges' }>): BuiltGraph {
  const nodeNames =
    typeof spec.nodes === 'number' ? Array.from({ length: spec.nodes }, (_, i) => String(i)) : spec.nodes;
  const entries = spec.edges.map((edge, i): EdgeEntry => ({
    ...edge,
    weight: edge.weight ?? spec.weight,
    path: ['graph', 'edges', i],
    prefix: '',
  }));
  return fromEntries(context, nodeNames, entries, [], ['graph', 'nodes']);
}

function fromEntries(
  context: BuildContext,
  nodeNames: readonly string[],
  entries: readonly EdgeEntry[],
  parameters: readonly ParameterTable[],
  path: readonly string[],
): BuiltGraph {
  const empty = nodeNames.indexOf('');
  if (empty >= 0) {
    context.refuse(path, `node ${empty + 1} has no name`, {
      hint: suggest('', nodeNames.slice(0, 5), 'names'),
    });
  }
  const listed = listEdges(context, indexNames(context, nodeNames, path), entries);
  context.stopIfUnfit();
  return { ...compressGraph(nodeNames, listed.edges), parameters, listed };
}
