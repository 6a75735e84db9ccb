// The tree against a search through all points: the same squared distances, bit for bit, with points at the same place and
// on tori.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NeighbourTree, type Sample } from '../../../src/estimate/mod.js';
import { draws, sampleOf, samplePoints } from './draws.js';

function squaredDistance({ periods }: Sample, a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  periods.forEach((period, i) => {
    const plain = Math.abs(a[i] - b[i]);
    const difference = period !== undefined && plain > period / 2 ? period - plain : plain;
    sum += difference * difference;
  });
  return sum;
}

const pointOf = (sample: Sample, i: number): Float64Array =>
  sample.points.subarray(i * sample.dimension, (i + 1) * sample.dimension);

/** Squared distances from x to all points but `except`, ascending. */
function allDistances(sample: Sample, x: ArrayLike<number>, except = -1): number[] {
  const n = sample.points.length / sample.dimension;
  return Array.from({ length: n }, (_, j) => j)
    .filter((j) => j !== except)
    .map((j) => squaredDistance(sample, x, pointOf(sample, j)))
    .sort((a, b) => a - b);
}

function expectNearest(
  sample: Sample,
  x: ArrayLike<number>,
  except: number,
  k: number,
  query: (distances: Float64Array) => void,
): void {
  const distances = new Float64Array(k + 1).fill(-7);
  query(distances);
  expect(Array.from(distances.subarray(0, k))).toEqual(allDistances(sample, x, except).slice(0, k));
  expect(distances[k], 'nothing past the k-th').toBe(-7);
}

/** Coordinates on a coarse lattice make duplicates and ties; periodic ones stay inside [0, period). */
const samples = fc
  .record({
    dimension: fc.integer({ min: 1, max: 4 }),
    count: fc.integer({ min: 2, max: 120 }),
    lattice: fc.boolean(),
    periodic: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    seed: fc.integer({ min: 0, max: 1e6 }),
  })
  .map(({ dimension, count, lattice, periodic, seed }): Sample => {
    const { uniform } = draws(seed);
    const sample = sampleOf(count, dimension, () => (lattice ? Math.floor(4 * uniform()) / 4 : uniform()));
    return { ...sample, periods: sample.periods.map((_, i) => (periodic[i] ? 1 : undefined)) };
  });

describe('NeighbourTree', () => {
  it('finds what a search through all points finds', () => {
    fc.assert(
      fc.property(samples, fc.nat(), fc.nat(), (sample, first, second) => {
        const n = sample.points.length / sample.dimension;
        const tree = new NeighbourTree(sample);
        expect([tree.count, tree.dimension]).toEqual([n, sample.dimension]);
        for (const i of [first % n, second % n]) {
          const x = pointOf(sample, i);
          const k = 1 + (second % (n - 1));
          expectNearest(sample, x, i, k, (distances) => tree.nearestOf(i, k, distances));
          const shifted = Array.from(x, (value, c) => value * (sample.periods[c] === undefined ? 1.7 : 0.83));
          expectNearest(sample, shifted, -1, k, (distances) => tree.nearest(shifted, k, distances));
          const all = allDistances(sample, x);
          expect(tree.nearestApart(x)).toEqual({
            distance: all.find((distance) => distance > 0) ?? Infinity,
            atPoint: all.filter((distance) => distance === 0).length,
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('finds the same in thousands of points as in a search, in 1 to 6 dimensions', () => {
    for (const [n, dimension, period] of [
      [3000, 1, undefined],
      [3000, 2, 1],
      [2000, 3, undefined],
      [500, 6, 1],
    ] as const) {
      const sample = sampleOf(n, dimension, draws(n).uniform, period);
      const tree = new NeighbourTree(sample);
      for (let i = 0; i < n; i += 97) {
        expectNearest(sample, pointOf(sample, i), i, 9, (distances) => tree.nearestOf(i, 9, distances));
      }
    }
  });

  it('wraps points and queries by whole periods', () => {
    const inside = sampleOf(200, 2, draws(5).uniform, 1);
    const outside = { ...inside, points: inside.points.map((x, at) => x + ((at % 5) - 2)) };
    const [tree, moved] = [new NeighbourTree(inside), new NeighbourTree(outside)];
    for (let i = 0; i < 200; i++) {
      const [distances, otherDistances] = [new Float64Array(5), new Float64Array(5)];
      tree.nearestOf(i, 5, distances);
      moved.nearest(
        pointOf(inside, i).map((x) => x - 3),
        5,
        otherDistances,
      );
      // The point itself, moved by whole periods.
      expect(otherDistances[0]).toBeLessThan(1e-28);
      for (let slot = 0; slot < 4; slot++) {
        expect(Math.abs(otherDistances[slot + 1] - distances[slot])).toBeLessThan(1e-14);
      }
    }
  });

  it('gives points back wrapped, and leaves its sample alone', () => {
    const sample = samplePoints(
      [
        [0.9, 0.1],
        [0.1, 0.9],
        [2.2, 0.4],
      ],
      [1, undefined],
    );
    const before = Array.from(sample.points);
    const tree = new NeighbourTree(sample);
    const out = new Float64Array(2);
    tree.pointOf(2, out);
    expect(out[0]).toBeCloseTo(0.2, 14);
    expect(Array.from(sample.points)).toEqual(before);
  });

  it('is built of thousands of points at few places', () => {
    const { uniform } = draws(9);
    const sample = sampleOf(5000, 2, () => (uniform() < 0.5 ? 0 : 1));
    const tree = new NeighbourTree(sample);
    for (const i of [0, 17, 4999]) {
      expectNearest(sample, pointOf(sample, i), i, 40, (distances) => tree.nearestOf(i, 40, distances));
    }
  });

  it('refuses what makes no sense', () => {
    const tree = new NeighbourTree(samplePoints([[0], [1], [2]]));
    const distances = new Float64Array(3);
    expect(() => tree.nearestOf(0, 3, distances)).toThrow(/3 nearest points asked for, of 2/);
    expect(() => tree.nearest([0], 4, distances)).toThrow(/4 nearest points asked for, of 3/);
    expect(() => tree.nearestOf(0, 0, distances)).toThrow(/0 nearest points/);
    expect(() => tree.nearestOf(3, 1, distances)).toThrow(/point 3 of 3/);
    expect(() => tree.nearest([0, 0], 1, distances)).toThrow(/2 coordinates among points of 1/);
    expect(() => tree.nearest([NaN], 1, distances)).toThrow(/is NaN/);
    expect(() => tree.nearest([0], 2, new Float64Array(1))).toThrow(/no room for 2/);
    const points = Float64Array.of(0, 1, 2);
    expect(() => new NeighbourTree({ points, dimension: 2, periods: [undefined, undefined] })).toThrow(
      /3 numbers are no points of 2 coordinates/,
    );
    expect(() => new NeighbourTree({ points, dimension: 1, periods: [] })).toThrow(/0 periods/);
    expect(() => new NeighbourTree({ points, dimension: 1, periods: [0] })).toThrow(/a period is 0/);
    expect(() => new NeighbourTree({ points, dimension: 0, periods: [] })).toThrow(/dimension 0/);
    expect(() => new NeighbourTree(samplePoints([[0], [NaN]]))).toThrow(/coordinate 0 of point 1 is NaN/);
  });
});
