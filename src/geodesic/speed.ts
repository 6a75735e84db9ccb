// A rough size of W_K from moments and masses, for the units of the splitting only: no result depends on it but through the
// number of iterations.

import { centre } from '../grid/mod.js';
import { massesOf, type MetricProblem } from './problem.js';

/** Part of the box that a distance is taken to have at least. */
const leastPart = 0.05;

/** About the distance between the ends of a problem; > 0. */
export function roughDistance(problem: MetricProblem): number {
  const { cells, nodeCount, edges, start, end } = problem;
  let square = 0;
  let mass = 0;
  cells.sizes.forEach((size, k) => {
    const [a, b] = [start, end].map((field) => {
      let [sum, first, second] = [0, 0, 0];
      for (let i = 0; i < nodeCount * cells.count; i++) {
        const x = centre(cells, k, Math.floor((i % cells.count) / cells.strides[k]) % size);
        sum += field[i];
        first += field[i] * x;
        second += field[i] * x * x;
      }
      const mean = first / sum;
      return { sum, mean, deviation: Math.sqrt(Math.max(0, second / sum - mean * mean)) };
    });
    mass = a.sum * cells.volume;
    const [move, spread] = [a.mean - b.mean, a.deviation - b.deviation];
    const least = leastPart * size * cells.widths[k];
    square += move * move + spread * spread + least * least;
  });
  const [from, to] = [massesOf(problem, start), massesOf(problem, end)];
  let moved = 0;
  from.forEach((value, g) => (moved += 0.5 * Math.abs(value - to[g])));
  // The two-point metric with the arithmetic mean, on an edge of mean weight.
  if (edges.length > 0) {
    const weight = edges.reduce((sum, edge) => sum + edge.weight, 0) / edges.length;
    square += (2 * moved * moved) / (weight * mass * mass);
  }
  return Math.sqrt(square);
}
