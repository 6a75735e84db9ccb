// The law of x given the node at one time, as two runs tell it: particles, or averages over the cells of a box. What is
// made of it: moments, particles in the cells of another. Distances between two laws are density-distance.ts and
// transport-distance.ts.

/** A box of equal cells; one entry per coordinate. */
export interface Cells {
  readonly cells: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export type Law =
  | {
      readonly kind: 'particles';
      readonly dimension: number;
      /** [particle * dimension + coordinate]. */
      readonly x: Float64Array;
      readonly count: number;
    }
  | {
      readonly kind: 'cells';
      readonly dimension: number;
      readonly mesh: Cells;
      /** Probability of each cell given the node, in C order; sums to 1. */
      readonly probability: Float64Array;
    };

/** The particles of a snapshot, node by node. */
export function lawsOfParticles(
  x: Float32Array | Float64Array,
  node: Int32Array,
  dimension: number,
  nodeCount: number,
): Law[] {
  const counts = new Int32Array(nodeCount);
  for (const g of node) counts[g] += 1;
  const own = Array.from(counts, (count) => new Float64Array(count * dimension));
  const filled = new Int32Array(nodeCount);
  node.forEach((g, row) => {
    const at = filled[g]++ * dimension;
    for (let i = 0; i < dimension; i++) own[g][at + i] = x[row * dimension + i];
  });
  return own.map((rows, g) => ({ kind: 'particles', dimension, x: rows, count: counts[g] }));
}

/** The nodes of a density f(x, g), [node][cell]; a node without mass has the law undefined. */
export function lawsOfDensity(
  density: Float64Array,
  mesh: Cells,
  nodeCount: number,
): readonly (Law | undefined)[] {
  const cellCount = density.length / nodeCount;
  return Array.from({ length: nodeCount }, (_, g) => {
    const own = density.slice(g * cellCount, (g + 1) * cellCount);
    const sum = own.reduce((total, value) => total + value, 0);
    if (!(sum > 0)) return undefined;
    for (let i = 0; i < cellCount; i++) own[i] /= sum;
    return { kind: 'cells', dimension: mesh.cells.length, mesh, probability: own };
  });
}

export interface Moments {
  readonly mean: number;
  readonly variance: number;
  /** Fourth central moment over the squared variance: 3 for a normal law; NaN without spread. */
  readonly kurtosis: number;
}

/** Moments of a coordinate; cells count at their centres. */
export function momentsOf(law: Law, coordinate: number): Moments {
  const { dimension: d } = law;
  let values: (k: number) => number;
  let weights: (k: number) => number;
  let length: number;
  if (law.kind === 'particles') {
    values = (k) => law.x[k * d + coordinate];
    weights = () => 1 / law.count;
    length = law.count;
  } else {
    const { mesh, probability } = law;
    const stride = mesh.cells.slice(coordinate + 1).reduce((product, n) => product * n, 1);
    const width = (mesh.high[coordinate] - mesh.low[coordinate]) / mesh.cells[coordinate];
    values = (k) => mesh.low[coordinate] + ((Math.floor(k / stride) % mesh.cells[coordinate]) + 0.5) * width;
    weights = (k) => probability[k];
    length = probability.length;
  }
  let mean = 0;
  for (let k = 0; k < length; k++) mean += weights(k) * values(k);
  let [second, fourth] = [0, 0];
  for (let k = 0; k < length; k++) {
    const square = (values(k) - mean) * (values(k) - mean);
    second += weights(k) * square;
    fourth += weights(k) * square * square;
  }
  return { mean, variance: second, kurtosis: second > 0 ? fourth / (second * second) : NaN };
}

/** The cell of a particle, in C order; outside the box the nearest one. */
export function cellOf(mesh: Cells, x: Float64Array, at: number): number {
  let cell = 0;
  for (let i = 0; i < mesh.cells.length; i++) {
    const n = mesh.cells[i];
    const k = Math.floor(((x[at + i] - mesh.low[i]) / (mesh.high[i] - mesh.low[i])) * n);
    cell = cell * n + Math.max(0, Math.min(n - 1, k));
  }
  return cell;
}

/** Particles as probabilities of cells. */
export function inCells(law: Law & { kind: 'particles' }, mesh: Cells): Float64Array {
  const probability = new Float64Array(mesh.cells.reduce((product, n) => product * n, 1));
  for (let row = 0; row < law.count; row++)
    probability[cellOf(mesh, law.x, row * law.dimension)] += 1 / law.count;
  return probability;
}
