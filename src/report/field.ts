// A law of x given the node as something to draw: its density along one coordinate, or over two of them on a raster; other
// coordinates are summed over. Particles become histograms, cells are put together where they are more than can be seen.

import type { Law } from '../compare/mod.js';

export type Range = readonly [number, number];

/** Share of the mass that may lie outside of what is drawn, at each end of each coordinate. */
const outside = 5e-4;
const margin = 0.04;
/** Most intervals of a histogram of one coordinate; fewer for few particles: 2 n^(1/3). */
const mostIntervals = 120;
/** Picture elements along a coordinate. */
const elements = 84;
/** Bandwidth over that of Scott's rule, which is made for normal laws and blurs wells into one another. */
const bandwidthPart = 0.6;

/** Density of a coordinate: `edges.length - 1` values, with their standard errors (0 for cells). */
export interface LineField {
  readonly edges: readonly number[];
  readonly density: readonly number[];
  readonly error: readonly number[];
}

/** Density over two coordinates: row by row from the top (largest second coordinate). */
export interface PlaneField {
  readonly width: number;
  readonly height: number;
  readonly density: Float64Array;
}

/** The mass of each cell along some coordinates, the others summed over; C order. */
function marginal(law: Law & { kind: 'cells' }, coordinates: readonly number[]): Float64Array {
  const { cells } = law.mesh;
  const strides = cells.map((_, i) => cells.slice(i + 1).reduce((product, n) => product * n, 1));
  const sums = new Float64Array(coordinates.reduce((product, i) => product * cells[i], 1));
  law.probability.forEach((p, cell) => {
    const at = coordinates.reduce(
      (index, i) => index * cells[i] + (Math.floor(cell / strides[i]) % cells[i]),
      0,
    );
    sums[at] += p;
  });
  return sums;
}

/** The range of a coordinate that holds all laws but a thousandth of each. */
export function rangeOf(laws: readonly Law[], coordinate: number): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const law of laws) {
    if (law.kind === 'particles') {
      if (law.count === 0) continue;
      const sorted = Float64Array.from(
        { length: law.count },
        (_, row) => law.x[row * law.dimension + coordinate],
      ).sort();
      low = Math.min(low, sorted[Math.floor(outside * law.count)]);
      high = Math.max(high, sorted[Math.ceil((1 - outside) * law.count) - 1]);
    } else {
      const sums = marginal(law, [coordinate]);
      const [from, to] = [law.mesh.low[coordinate], law.mesh.high[coordinate]];
      const width = (to - from) / sums.length;
      let [sum, first] = [0, true];
      sums.forEach((p, k) => {
        sum += p;
        if (first && sum > outside) {
          low = Math.min(low, from + k * width);
          first = false;
        }
        if (sum <= 1 - outside) high = Math.max(high, Math.min(to, from + (k + 2) * width));
      });
    }
  }
  if (!(high > low)) return Number.isFinite(low) ? [low - 0.5, low + 0.5] : [-1, 1];
  const pad = margin * (high - low);
  return [low - pad, high + pad];
}

/** Intervals of a histogram of so many particles. */
export function intervalCount(particles: number): number {
  return Math.max(8, Math.min(mostIntervals, Math.round(2 * Math.cbrt(particles))));
}

/** The density of one coordinate; `intervals` for particles. */
export function lineField(law: Law, coordinate: number, [low, high]: Range, intervals: number): LineField {
  if (law.kind === 'particles') {
    const counts = new Array<number>(intervals).fill(0);
    const width = (high - low) / intervals;
    for (let row = 0; row < law.count; row++) {
      const k = Math.floor((law.x[row * law.dimension + coordinate] - low) / width);
      if (k >= 0 && k < intervals) counts[k] += 1;
    }
    return {
      edges: Array.from({ length: intervals + 1 }, (_, k) => low + k * width),
      density: counts.map((n) => n / (law.count * width)),
      error: counts.map((n) => Math.sqrt(n * (1 - n / law.count)) / (law.count * width)),
    };
  }
  const sums = marginal(law, [coordinate]);
  const from = law.mesh.low[coordinate];
  const width = (law.mesh.high[coordinate] - from) / sums.length;
  const [first, last] = cut(from, width, sums.length, [low, high]);
  const kept = Array.from(sums.subarray(first, last));
  return {
    edges: Array.from({ length: kept.length + 1 }, (_, k) => from + (first + k) * width),
    density: kept.map((p) => p / width),
    error: kept.map(() => 0),
  };
}

/** The cells within a range: first, and one after the last. */
function cut(from: number, width: number, count: number, [low, high]: Range): [number, number] {
  const first = Math.max(0, Math.floor((low - from) / width + 1e-9));
  return [first, Math.max(first + 1, Math.min(count, Math.ceil((high - from) / width - 1e-9)))];
}

/** How the two coordinates end, for the kernel of particles near an end. */
export type Ends = 'free' | 'periodic' | 'reflecting';

/** The density over two coordinates within ranges; of particles by a Gaussian kernel, see `bandwidth`. */
export function planeField(
  law: Law,
  [i, j]: readonly [number, number],
  [rangeI, rangeJ]: readonly [Range, Range],
  ends: readonly [Ends, Ends],
): PlaneField {
  if (law.kind === 'particles') {
    const counts = new Float64Array(elements * elements);
    const [sizeI, sizeJ] = [rangeI, rangeJ].map(([low, high]) => (high - low) / elements);
    for (let row = 0; row < law.count; row++) {
      const a = Math.floor((law.x[row * law.dimension + i] - rangeI[0]) / sizeI);
      const b = Math.floor((law.x[row * law.dimension + j] - rangeJ[0]) / sizeJ);
      if (a >= 0 && a < elements && b >= 0 && b < elements) counts[(elements - 1 - b) * elements + a] += 1;
    }
    const along = blurred(counts, 1, elements, bandwidth(law, i) / sizeI, ends[0]);
    const both = blurred(along, elements, 1, bandwidth(law, j) / sizeJ, ends[1]);
    const scale = 1 / (law.count * sizeI * sizeJ);
    return { width: elements, height: elements, density: both.map((n) => n * scale) };
  }
  const { cells, low, high } = law.mesh;
  const sums = marginal(law, [i, j]);
  const [sizeI, sizeJ] = [i, j].map((k) => (high[k] - low[k]) / cells[k]);
  const [firstI, lastI] = cut(low[i], sizeI, cells[i], rangeI);
  const [firstJ, lastJ] = cut(low[j], sizeJ, cells[j], rangeJ);
  const [blockI, blockJ] = [lastI - firstI, lastJ - firstJ].map((n) => Math.ceil(n / elements));
  const [width, height] = [Math.ceil((lastI - firstI) / blockI), Math.ceil((lastJ - firstJ) / blockJ)];
  const density = new Float64Array(width * height);
  for (let a = firstI; a < lastI; a++) {
    for (let b = firstJ; b < lastJ; b++) {
      const [column, row] = [
        Math.floor((a - firstI) / blockI),
        height - 1 - Math.floor((b - firstJ) / blockJ),
      ];
      density[row * width + column] += sums[a * cells[j] + b] / (blockI * blockJ * sizeI * sizeJ);
    }
  }
  return { width, height, density };
}

/** Width of the kernel along a coordinate: 0.6 of Scott's rule for two coordinates, 0.6 s n^(-1/6). */
function bandwidth(law: Law & { kind: 'particles' }, coordinate: number): number {
  let [mean, square] = [0, 0];
  for (let row = 0; row < law.count; row++) mean += law.x[row * law.dimension + coordinate] / law.count;
  for (let row = 0; row < law.count; row++)
    square += (law.x[row * law.dimension + coordinate] - mean) ** 2 / law.count;
  return (bandwidthPart * Math.sqrt(square)) / law.count ** (1 / 6);
}

/** A raster smoothed by a Gaussian of `width` elements along one of its directions; what leaves a free end is lost. */
function blurred(
  values: Float64Array,
  stride: number,
  across: number,
  width: number,
  ends: Ends,
): Float64Array {
  const reach = Math.ceil(3 * width);
  // Narrower than the elements themselves: there is nothing to smooth.
  if (width < 0.3) return values;
  const kernel = Array.from({ length: reach + 1 }, (_, k) => Math.exp(-0.5 * (k / width) ** 2));
  const total = kernel.reduce((sum, weight, k) => sum + (k === 0 ? 1 : 2) * weight, 0);
  const found = new Float64Array(values.length);
  for (let line = 0; line < elements; line++) {
    for (let at = 0; at < elements; at++) {
      const value = values[line * across + at * stride];
      if (value === 0) continue;
      for (let k = -reach; k <= reach; k++) {
        let to = at + k;
        if (ends === 'periodic') to = (((to % elements) + elements) % elements) | 0;
        else if (ends === 'reflecting') to = to < 0 ? -1 - to : to >= elements ? 2 * elements - 1 - to : to;
        if (to < 0 || to >= elements) continue;
        found[line * across + to * stride] += (value * kernel[Math.abs(k)]) / total;
      }
    }
  }
  return found;
}

/** The exact range that cells within a range fill: whole cells in whole blocks. */
export function cellRange(law: Law & { kind: 'cells' }, i: number, range: Range): Range {
  const { cells, low, high } = law.mesh;
  const size = (high[i] - low[i]) / cells[i];
  const [first, last] = cut(low[i], size, cells[i], range);
  const block = Math.ceil((last - first) / elements);
  return [low[i] + first * size, low[i] + (first + block * Math.ceil((last - first) / block)) * size];
}
