// Snapshots of two runs at one time: the laws of x given each node, their distances, and their fourth moments, without
// which the error of a variance is not known.

import type { Boundary } from '../model/mod.js';
import type { Comparison } from './comparison.js';
import { densityDistance, type DensityDistance } from './density-distance.js';
import { momentsOf, type Law } from './law.js';
import type { Kurtosis } from './observables.js';
import { transportDistance, type Ends, type TransportDistance } from './transport-distance.js';

/** Distances of the laws of x given a node. */
export interface NodeDistances {
  readonly node: string;
  readonly density: DensityDistance;
  readonly transport: TransportDistance;
}

/** Fewer particles than this in a snapshot of a node: a histogram of them says nothing. */
const fewestParticles = 100;
/** From this dimension on there are too many bins. */
const mostDimensions = 3;

/** The kurtosis that laws of nodes tell; not of nodes with few particles. */
export function kurtosisOf(laws: readonly (Law | undefined)[]): Kurtosis {
  const known = new Map<string, number | undefined>();
  return (node, coordinate) => {
    const key = `${node} ${coordinate}`;
    if (!known.has(key)) {
      const law = laws[node];
      const value = law && isEnough(law) ? momentsOf(law, coordinate).kurtosis : NaN;
      known.set(key, Number.isFinite(value) ? value : undefined);
    }
    return known.get(key);
  };
}

function isEnough(law: Law): boolean {
  return law.kind === 'cells' || law.count >= fewestParticles;
}

export interface LawOptions {
  readonly bins?: number | undefined;
  readonly allow: number;
  /** The laws `b` on cells twice as wide, if b is on a grid. */
  readonly coarse?: readonly (Law | undefined)[] | undefined;
}

/** Distances node by node; nodes with few particles on a side are left out, as are spaces of more than three dimensions. */
export function compareLaws(
  a: readonly (Law | undefined)[],
  b: readonly (Law | undefined)[],
  space: { readonly nodeNames: readonly string[]; readonly boundaries: readonly Boundary[] },
  { bins, allow, coarse }: LawOptions,
): NodeDistances[] {
  if (space.boundaries.length > mostDimensions) return [];
  const ends = space.boundaries.map((boundary): Ends =>
    boundary.kind === 'periodic'
      ? { kind: 'circle', low: boundary.low, high: boundary.high }
      : { kind: 'line' },
  );
  return space.nodeNames.flatMap((node, g) => {
    const [inA, inB] = [a[g], b[g]];
    if (!inA || !inB || !isEnough(inA) || !isEnough(inB)) return [];
    return [
      {
        node,
        density: densityDistance(inA, inB, bins, allow, coarse?.[g]),
        transport: transportDistance(inA, inB, ends),
      },
    ];
  });
}

/** The L1 distances as comparisons: only a distance larger than noise explains speaks against the runs. */
export function densityComparisons(
  distances: readonly NodeDistances[],
  at: { readonly step: number; readonly time: number },
): Comparison[] {
  return distances.map(({ node, density }) => ({
    ...at,
    quantity: 'density',
    node,
    coordinate: undefined,
    a: density.expected,
    aError: density.deviation,
    b: density.distance,
    bError: 0,
    allowed: density.allowed,
    z: Number.isFinite(density.z)
      ? Math.max(0, density.z)
      : density.distance > density.allowed + 1e-9
        ? Infinity
        : 0,
    counted: true,
  }));
}
