// Bins in which two laws are compared: per coordinate intervals of about equal probability, cut where the cells of a grid end.
// Bins must hold enough particles each, or the distance would be noise alone.

import type { Law } from './law.js';

/** Ascending edges per coordinate; the outermost bins also take what lies beyond. */
export type BinEdges = readonly Float64Array[];

/** Particles that a bin should hold on average. */
const particlesPerBin = 25;
const mostBins: Readonly<Record<number, number>> = { 1: 200, 2: 64, 3: 16 };
/** Intervals per coordinate that bins are put together from where there is no grid. */
const fineIntervals = 1024;

/** Bins per coordinate for samples of this size. */
export function defaultBins(particles: number, dimension: number): number {
  const most = mostBins[dimension];
  let bins = 2;
  while (bins < most && cellCount(bins + 1, dimension) * particlesPerBin <= particles) bins += 1;
  return bins;
}

function cellCount(bins: number, dimension: number): number {
  return Array.from({ length: dimension }).reduce<number>((product) => product * bins, 1);
}

/**
 * Edges for two laws of the same node. With cells on a side, edges are edges of (the first side's) cells and the intervals
 * are about equally probable in that law; else in the pooled sample. Between two grids every cell is a bin unless
 * `bins` says otherwise.
 */
export function binEdges(a: Law, b: Law, bins?: number): BinEdges {
  const d = a.dimension;
  const particles = [a, b].flatMap((law) => (law.kind === 'particles' ? [law.count] : []));
  const wanted = bins ?? (particles.length === 0 ? Infinity : defaultBins(Math.min(...particles), d));
  const grid = a.kind === 'cells' ? a : b.kind === 'cells' ? b : undefined;
  return Array.from({ length: d }, (_, i) => {
    const [edges, weights] = grid ? cellMarginal(grid, i) : pooledMarginal([a, b], i);
    return grouped(edges, weights, wanted);
  });
}

function equalEdges(low: number, high: number, count: number): Float64Array {
  return Float64Array.from({ length: count + 1 }, (_, k) => low + (k * (high - low)) / count);
}

function cellMarginal(law: Law & { kind: 'cells' }, i: number): [Float64Array, Float64Array] {
  const { cells, low, high } = law.mesh;
  const stride = cells.slice(i + 1).reduce((product, n) => product * n, 1);
  const weights = new Float64Array(cells[i]);
  law.probability.forEach((p, k) => (weights[Math.floor(k / stride) % cells[i]] += p));
  return [equalEdges(low[i], high[i], cells[i]), weights];
}

function pooledMarginal(laws: readonly Law[], i: number): [Float64Array, Float64Array] {
  let [low, high] = [Infinity, -Infinity];
  const each = (visit: (value: number) => void): void => {
    for (const law of laws) {
      if (law.kind !== 'particles') continue;
      for (let row = 0; row < law.count; row++) visit(law.x[row * law.dimension + i]);
    }
  };
  each((value) => {
    low = Math.min(low, value);
    high = Math.max(high, value);
  });
  if (!(high > low)) return [Float64Array.of(low - 0.5, low + 0.5), Float64Array.of(1)];
  const weights = new Float64Array(fineIntervals);
  let count = 0;
  each((value) => {
    weights[Math.min(fineIntervals - 1, Math.floor(((value - low) / (high - low)) * fineIntervals))] += 1;
    count += 1;
  });
  for (let k = 0; k < fineIntervals; k++) weights[k] /= count;
  return [equalEdges(low, high, fineIntervals), weights];
}

/** Intervals put together to at most `wanted` of about equal weight. */
function grouped(edges: Float64Array, weights: Float64Array, wanted: number): Float64Array {
  if (wanted >= weights.length) return edges;
  const kept = [edges[0]];
  let sum = 0;
  for (let k = 0; k < weights.length - 1; k++) {
    sum += weights[k];
    // A cut where the next share is full; an interval heavier than a share takes several shares at once.
    if (sum * wanted >= kept.length && kept.length < wanted) kept.push(edges[k + 1]);
  }
  kept.push(edges[edges.length - 1]);
  return Float64Array.from(kept);
}

/** The interval that holds a value: edges[k] <= value < edges[k + 1], the outermost ones beyond. */
function intervalOf(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Particles per bin, or probabilities of bins, in C order. A cell that an edge cuts counts by its parts. */
export function inBins(law: Law, edges: BinEdges): Float64Array {
  const counts = edges.map(({ length }) => length - 1);
  if (law.kind === 'particles') {
    const bins = new Float64Array(counts.reduce((product, n) => product * n, 1));
    for (let row = 0; row < law.count; row++) {
      let bin = 0;
      for (let i = 0; i < edges.length; i++)
        bin = bin * counts[i] + intervalOf(edges[i], law.x[row * law.dimension + i]);
      bins[bin] += 1;
    }
    return bins;
  }
  // Coordinate by coordinate: cells along it are shared out among the intervals.
  let values = law.probability;
  let outer = 1;
  for (let i = 0; i < edges.length; i++) {
    const n = law.mesh.cells[i];
    const own = equalEdges(law.mesh.low[i], law.mesh.high[i], n);
    const inner = law.mesh.cells.slice(i + 1).reduce((product, count) => product * count, 1);
    const next = new Float64Array(outer * counts[i] * inner);
    for (let cell = 0; cell < n; cell++) {
      for (const [bin, share] of shares(own[cell], own[cell + 1], edges[i])) {
        for (let o = 0; o < outer; o++) {
          for (let k = 0; k < inner; k++)
            next[(o * counts[i] + bin) * inner + k] += share * values[(o * n + cell) * inner + k];
        }
      }
    }
    values = next;
    outer *= counts[i];
  }
  return values;
}

/** The intervals that [low, high] meets, and which part of it each holds. */
function shares(low: number, high: number, edges: Float64Array): [number, number][] {
  const last = edges.length - 2;
  const found: [number, number][] = [];
  for (let bin = intervalOf(edges, low); bin <= last; bin++) {
    const from = bin === 0 ? low : Math.max(low, edges[bin]);
    const to = bin === last ? high : Math.min(high, edges[bin + 1]);
    const share = (to - from) / (high - low);
    // Edges that should be equal may differ in the last bits.
    if (share > 1e-9) found.push([bin, share]);
    if (to >= high) break;
  }
  return found;
}
