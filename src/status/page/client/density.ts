// The law of x given the node, as something to draw: a histogram of one coordinate, or a raster over two. Other coordinates
// are summed over. Numbers only; drawing is clouds.ts.

import type { DensityPicture, ParticlePicture, Picture } from './picture.js';

export type Range = readonly [number, number];

/** Share of the mass that may lie outside of what is drawn, at each end of each coordinate. */
const outside = 5e-4;
const margin = 0.05;
/** Values of which a range is taken: enough for a quantile of 5e-4. */
const rangeSample = 8000;

/** For every node the particles of a picture on it. */
export function particlesByNode({ node }: ParticlePicture, nodes: number): Int32Array[] {
  const counts = new Int32Array(nodes);
  for (const g of node) if (g >= 0 && g < nodes) counts[g] += 1;
  const rows = Array.from(counts, (count) => new Int32Array(count));
  counts.fill(0);
  node.forEach((g, row) => {
    if (g >= 0 && g < nodes) rows[g][counts[g]++] = row;
  });
  return rows;
}

/** The mass in each cell along some coordinates of one node, the others summed over, as parts of the node's whole. */
export function marginal(picture: DensityPicture, g: number, coordinates: readonly number[]): Float64Array {
  const { cells, density } = picture;
  const size = cells.reduce((product, n) => product * n, 1);
  const strides = cells.map((_, i) => cells.slice(i + 1).reduce((product, n) => product * n, 1));
  const sums = new Float64Array(coordinates.reduce((product, i) => product * cells[i], 1));
  let total = 0;
  for (let cell = 0; cell < size; cell++) {
    let at = 0;
    for (const i of coordinates) at = at * cells[i] + (Math.floor(cell / strides[i]) % cells[i]);
    const value = density[g * size + cell];
    sums[at] += value;
    total += value;
  }
  return total > 0 ? sums.map((value) => value / total) : sums;
}

/** The range of a coordinate that holds some nodes' laws but a thousandth. Undefined where there is nothing. */
export function rangeOf(picture: Picture, coordinate: number, nodes: readonly number[]): Range | undefined {
  let [low, high] = [Infinity, -Infinity];
  if (picture.kind === 'particles') {
    const shown = new Set(nodes);
    const every = Math.max(1, Math.floor(picture.count / rangeSample));
    const values: number[] = [];
    for (let row = 0; row < picture.count; row += every) {
      if (shown.has(picture.node[row])) values.push(picture.x[row * picture.dimension + coordinate]);
    }
    if (values.length === 0) return undefined;
    values.sort((a, b) => a - b);
    low = values[Math.floor(outside * values.length)];
    high = values[Math.ceil((1 - outside) * values.length) - 1];
  } else {
    const [from, to] = [picture.low[coordinate], picture.high[coordinate]];
    const width = (to - from) / picture.cells[coordinate];
    for (const g of nodes) {
      const sums = marginal(picture, g, [coordinate]);
      let sum = 0;
      sums.forEach((part, k) => {
        sum += part;
        if (sum > outside) low = Math.min(low, from + k * width);
        if (part > 0 && sum <= 1 - outside) high = Math.max(high, Math.min(to, from + (k + 2) * width));
      });
    }
  }
  if (!Number.isFinite(low)) return undefined;
  if (!(high > low)) return [low - 0.5, low + 0.5];
  const pad = margin * (high - low);
  return [low - pad, high + pad];
}

/** The range to draw in: the one before, as long as the new one fits and fills it well, so that pictures stand still. */
export function steadyRange(before: Range | undefined, now: Range): Range {
  if (!before) return now;
  const fits = before[0] <= now[0] && before[1] >= now[1];
  const fills = now[1] - now[0] > 0.6 * (before[1] - before[0]);
  if (fits && fills) return before;
  const pad = 0.08 * (now[1] - now[0]);
  return [now[0] - pad, now[1] + pad];
}

/** Intervals of a histogram of so many particles. */
export function intervalCount(particles: number): number {
  return Math.max(8, Math.min(80, Math.round(2 * Math.cbrt(particles))));
}

export interface Histogram {
  /** One more than there are values. */
  readonly edges: readonly number[];
  readonly density: readonly number[];
}

/** The density of one coordinate given the node. `rows` are the node's particles; not used for cells. */
export function histogram(
  picture: Picture,
  g: number,
  rows: Int32Array,
  coordinate: number,
  [low, high]: Range,
): Histogram {
  if (picture.kind === 'densities') {
    const sums = marginal(picture, g, [coordinate]);
    const from = picture.low[coordinate];
    const width = (picture.high[coordinate] - from) / sums.length;
    return {
      edges: Array.from({ length: sums.length + 1 }, (_, k) => from + k * width),
      density: Array.from(sums, (part) => part / width),
    };
  }
  const intervals = intervalCount(rows.length);
  const width = (high - low) / intervals;
  const counts = new Array<number>(intervals).fill(0);
  for (const row of rows) {
    const k = Math.floor((picture.x[row * picture.dimension + coordinate] - low) / width);
    if (k >= 0 && k < intervals) counts[k] += 1;
  }
  return {
    edges: Array.from({ length: intervals + 1 }, (_, k) => low + k * width),
    density: counts.map((n) => n / (Math.max(1, rows.length) * width)),
  };
}

/** Density over two coordinates given the node: row by row from the top (largest second coordinate). */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly density: Float64Array;
  readonly most: number;
  /** What the raster covers, which for cells is the whole box. */
  readonly ranges: readonly [Range, Range];
}

/** Elements along a side for so many particles: about 12 in an element, were they spread evenly. */
export function elementCount(particles: number): number {
  return Math.max(12, Math.min(64, Math.round(Math.sqrt(particles / 3))));
}

export function raster(
  picture: Picture,
  g: number,
  rows: Int32Array,
  [i, j]: readonly [number, number],
  ranges: readonly [Range, Range],
): Raster {
  if (picture.kind === 'densities') {
    const sums = marginal(picture, g, [i, j]);
    const [width, height] = [picture.cells[i], picture.cells[j]];
    const [sizeI, sizeJ] = [i, j].map((k) => (picture.high[k] - picture.low[k]) / picture.cells[k]);
    const density = new Float64Array(width * height);
    for (let a = 0; a < width; a++) {
      for (let b = 0; b < height; b++) {
        density[(height - 1 - b) * width + a] = sums[a * height + b] / (sizeI * sizeJ);
      }
    }
    return finished(width, height, density, [
      [picture.low[i], picture.high[i]],
      [picture.low[j], picture.high[j]],
    ]);
  }
  const side = elementCount(rows.length);
  const [sizeI, sizeJ] = ranges.map(([low, high]) => (high - low) / side);
  const density = new Float64Array(side * side);
  const unit = 1 / (Math.max(1, rows.length) * sizeI * sizeJ);
  for (const row of rows) {
    const a = Math.floor((picture.x[row * picture.dimension + i] - ranges[0][0]) / sizeI);
    const b = Math.floor((picture.x[row * picture.dimension + j] - ranges[1][0]) / sizeJ);
    if (a >= 0 && a < side && b >= 0 && b < side) density[(side - 1 - b) * side + a] += unit;
  }
  return finished(side, side, density, ranges);
}

function finished(
  width: number,
  height: number,
  density: Float64Array,
  ranges: readonly [Range, Range],
): Raster {
  return {
    width,
    height,
    density,
    ranges,
    most: density.reduce((most, value) => Math.max(most, value), 0),
  };
}

/** Mean and standard deviation of a coordinate given the node, of what the picture holds. */
export function spread(
  picture: Picture,
  g: number,
  rows: Int32Array,
  coordinate: number,
): { mean: number; deviation: number } {
  let [sum, mean, square] = [0, 0, 0];
  const add = (value: number, weight: number): void => {
    sum += weight;
    mean += weight * value;
    square += weight * value * value;
  };
  if (picture.kind === 'densities') {
    const sums = marginal(picture, g, [coordinate]);
    const width = (picture.high[coordinate] - picture.low[coordinate]) / sums.length;
    sums.forEach((part, k) => add(picture.low[coordinate] + (k + 0.5) * width, part));
  } else {
    for (const row of rows) add(picture.x[row * picture.dimension + coordinate], 1);
  }
  if (!(sum > 0)) return { mean: NaN, deviation: NaN };
  return { mean: mean / sum, deviation: Math.sqrt(Math.max(0, square / sum - (mean / sum) ** 2)) };
}
