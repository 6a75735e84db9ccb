// The discrete state space as a weighted graph: sites are (node, cell), links are faces between cells and edges within
// cells. Divergence and gradient along links, and who touches which link. Geometry and weights only: no solver.
//
//     action of a flow m:   A(f, m) = h^d sum over links of m^2 / (w theta(f_s, f_t))      (mathematics, section 2)
//     flow of potentials:   m = w theta (phi_s - phi_t), from s to t; so (m per density and time) df_s/dt = -sum m
//
// phi here is the one that mass flows down (a chemical potential); section 2 writes -phi.

import type { MeanKind } from './means.js';

/** A box of cells, as far as neighbours go. Cells are in C order. */
export interface Box {
  readonly sizes: readonly number[];
  readonly periodic: readonly boolean[];
}

export interface Links {
  readonly count: number;
  /** Sites; site = node * cells + cell. */
  readonly sites: number;
  /** The two ends of each link. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** w > 0: D/h^2 of a face, K of an edge. */
  readonly conductance: Float64Array;
  readonly kind: Uint8Array;
  /** Weights a, b of a logarithmic mean, and log(a/b); 1, 1, 0 for others. */
  readonly weightFrom: Float64Array;
  readonly weightTo: Float64Array;
  readonly logRatio: Float64Array;
  /** Links [0, faces) are faces, the others edges. */
  readonly faces: number;
  /** Links at a site: `incident[k]` for k in [start[site], start[site + 1]); 2 link at the end `from`, 2 link + 1 at `to`. */
  readonly start: Int32Array;
  readonly incident: Int32Array;
}

/** An undirected edge of the graph. */
export interface GraphEdge {
  readonly source: number;
  readonly target: number;
}

/**
 * Links of a box of cells on some nodes: faces node by node, coordinate by coordinate, cell by cell, then edges, cell by
 * cell. A face is at its lower cell; of a periodic coordinate there is one more from the last cell to the first. All
 * conductances are 0 and all means arithmetic: the caller writes them.
 */
export function linksOf({ sizes, periodic }: Box, nodes: number, edges: readonly GraphEdge[]): Links {
  const cells = sizes.reduce((product, size) => product * size, 1);
  const sites = nodes * cells;
  const from: number[] = [];
  const to: number[] = [];
  for (let g = 0; g < nodes; g++) {
    let stride = cells;
    sizes.forEach((size, k) => {
      stride /= size;
      for (let cell = 0; cell < cells; cell++) {
        const position = Math.floor(cell / stride) % size;
        const isLast = position === size - 1;
        if (isLast && !(periodic[k] && size > 2)) continue;
        from.push(g * cells + cell);
        to.push(g * cells + cell + (isLast ? -position * stride : stride));
      }
    });
  }
  const faces = from.length;
  for (const { source, target } of edges) {
    for (let cell = 0; cell < cells; cell++) {
      from.push(source * cells + cell);
      to.push(target * cells + cell);
    }
  }
  const count = from.length;
  const start = new Int32Array(sites + 1);
  for (let link = 0; link < count; link++) {
    start[from[link] + 1] += 1;
    start[to[link] + 1] += 1;
  }
  for (let site = 0; site < sites; site++) start[site + 1] += start[site];
  const incident = new Int32Array(2 * count);
  const next = start.slice();
  for (let link = 0; link < count; link++) {
    incident[next[from[link]]++] = 2 * link;
    incident[next[to[link]]++] = 2 * link + 1;
  }
  return {
    count,
    sites,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    conductance: new Float64Array(count),
    kind: new Uint8Array(count),
    weightFrom: new Float64Array(count).fill(1),
    weightTo: new Float64Array(count).fill(1),
    logRatio: new Float64Array(count),
    faces,
    start,
    incident,
  };
}

/** The coordinate of a face is that of its place in the order of `linksOf`; this tells it, with its width, to a caller. */
export function forFaceRuns(
  { sizes, periodic }: Box,
  nodes: number,
  run: (node: number, coordinate: number, begin: number, end: number) => void,
): void {
  const cells = sizes.reduce((product, size) => product * size, 1);
  let at = 0;
  for (let g = 0; g < nodes; g++) {
    sizes.forEach((size, k) => {
      const length = (cells / size) * (periodic[k] && size > 2 ? size : size - 1);
      run(g, k, at, at + length);
      at += length;
    });
  }
}

/** Gives links [begin, end) a conductance and a mean without weights. */
export function setLinks(
  links: Links,
  begin: number,
  end: number,
  conductance: number,
  kind: MeanKind,
): void {
  links.conductance.fill(conductance, begin, end);
  links.kind.fill(kind, begin, end);
  links.weightFrom.fill(1, begin, end);
  links.weightTo.fill(1, begin, end);
  links.logRatio.fill(0, begin, end);
}

/** Adds scale * (what flows out of each site) to `out`, for sites [begin, end). */
export function addDivergence(
  { start, incident }: Links,
  flow: Float64Array,
  scale: number,
  out: Float64Array,
  begin: number,
  end: number,
): void {
  for (let site = begin; site < end; site++) {
    let sum = 0;
    for (let k = start[site]; k < start[site + 1]; k++) {
      const m = flow[incident[k] >> 1];
      sum += (incident[k] & 1) === 0 ? m : -m;
    }
    out[site] += scale * sum;
  }
}

/** phi at the end `from` less phi at the end `to`, of links [begin, end). */
export function differences(
  { from, to }: Links,
  phi: Float64Array,
  out: Float64Array,
  begin: number,
  end: number,
): void {
  for (let link = begin; link < end; link++) out[link] = phi[from[link]] - phi[to[link]];
}
