// Where the nodes of a graph are drawn: small graphs by the layouts of src/drawing, the regular grids among them and all large
// graphs as tiles in rows. Deterministic.

import { layout, type Place } from '../../../drawing/mod.js';
import type { Edges } from './api.js';

/** Larger graphs are tiles without edges. */
export const mostDrawn = 300;

export type Placing =
  | { readonly kind: 'places'; readonly places: readonly Place[] }
  | { readonly kind: 'tiles'; readonly columns: number; readonly rows: number };

export function placeGraph(nodes: number, edges: Edges): Placing {
  const columns = gridColumns(nodes, edges);
  if (nodes > mostDrawn) {
    const wide = columns ?? Math.ceil(Math.sqrt(nodes * 1.6));
    return { kind: 'tiles', columns: wide, rows: Math.ceil(nodes / wide) };
  }
  if (columns !== undefined) {
    const rows = nodes / columns;
    const most = Math.max(columns, rows) - 1;
    const places = Array.from({ length: nodes }, (_, g) => ({
      x: 0.5 + ((g % columns) - (columns - 1) / 2) / most,
      y: 0.5 + (Math.floor(g / columns) - (rows - 1) / 2) / most,
    }));
    return { kind: 'places', places };
  }
  return { kind: 'places', places: layout(rowsOf(nodes, edges)) };
}

/** The edges in compressed rows. */
function rowsOf(nodes: number, { from, to }: Edges): { offsets: Int32Array; targets: Int32Array } {
  const offsets = new Int32Array(nodes + 1);
  for (const g of from) offsets[g + 1] += 1;
  for (let g = 0; g < nodes; g++) offsets[g + 1] += offsets[g];
  const next = offsets.slice();
  const targets = new Int32Array(from.length);
  from.forEach((g, e) => (targets[next[g]++] = to[e]));
  return { offsets, targets };
}

/**
 * Number of columns where the nodes are numbered row by row in a rectangular grid, with ends joined or not: most edges go to
 * the next number or to the one a row on, and a whole number of rows has all nodes. Undefined for other graphs.
 */
export function gridColumns(nodes: number, { from, to }: Edges): number | undefined {
  if (nodes < 6 || from.length === 0) return undefined;
  const counts = new Map<number, number>();
  from.forEach((g, e) => {
    const apart = Math.abs(to[e] - g);
    counts.set(apart, (counts.get(apart) ?? 0) + 1);
  });
  const next = counts.get(1) ?? 0;
  let [columns, most] = [0, 0];
  for (const [apart, count] of counts) if (apart > 1 && count > most) [columns, most] = [apart, count];
  if (columns < 2 || nodes % columns !== 0 || nodes / columns < 2) return undefined;
  // What joins the ends of rows (columns - 1 apart) and of columns is a small part of all edges.
  const rows = nodes / columns;
  const isGrid = next >= 2 * (columns - 1) * rows && most >= 2 * columns * (rows - 1);
  const ends = 2 * rows + 2 * columns;
  return isGrid && next + most + ends >= from.length ? columns : undefined;
}
