// Edges of the masses: from lists of edges, and from what an objective says of the neighbours of nodes.

import { LumpedError } from './errors.js';
import type { MassEdges } from './masses.js';
import type { Neighbour } from './objective.js';
import type { LumpedEdge } from './problem.js';

export const noEdges: MassEdges = {
  from: new Int32Array(0),
  to: new Int32Array(0),
  weight: new Float64Array(0),
};

export function edgesOf(edges: readonly LumpedEdge[]): MassEdges {
  return {
    from: Int32Array.from(edges, ({ from }) => from),
    to: Int32Array.from(edges, ({ to }) => to),
    weight: Float64Array.from(edges, ({ weight }) => weight),
  };
}

/** Edges of one list behind those of another. */
export function joined(a: MassEdges, b: MassEdges): MassEdges {
  return {
    from: Int32Array.from([...a.from, ...b.from]),
    to: Int32Array.from([...a.to, ...b.to]),
    weight: Float64Array.from([...a.weight, ...b.weight]),
  };
}

/**
 * Edges between nodes and all that come before each of them.
 * @param neighbours of each of the nodes
 * @param index numbers of all living nodes
 * @throws LumpedError (`lumped-grow`) for weights that are none, and neighbours that are not mutual
 */
export function edgesAmong(
  nodes: readonly { readonly node: string; readonly parent: string | undefined }[],
  neighbours: readonly (readonly Neighbour[])[],
  index: ReadonlyMap<string, number>,
): MassEdges {
  const edges: LumpedEdge[] = [];
  nodes.forEach(({ node: name, parent }, i) => {
    const to = index.get(name);
    if (to === undefined) throw new TypeError(`node "${name}" has no number`);
    const seen = new Set<string>();
    for (const { node, weight } of neighbours[i]) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (!(weight > 0 && Number.isFinite(weight)) || node === name) {
        const what =
          node === name ? 'is its own neighbour' : `has a neighbour "${node}" with weight ${weight}`;
        const hint = 'let neighbours(node) of the objective give other nodes, with weights > 0';
        throw new LumpedError('lumped-grow', `node "${name}" ${what}`, hint);
      }
      const from = index.get(node);
      if (from !== undefined && from < to) edges.push({ from, to, weight });
    }
    if (parent !== undefined && index.has(parent) && !seen.has(parent)) {
      throw new LumpedError(
        'lumped-grow',
        `"${name}" is a neighbour of "${parent}", but not the other way round`,
        'let neighbours(node) of the objective be symmetric',
      );
    }
  });
  return edgesOf(edges);
}
