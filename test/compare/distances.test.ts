// Distances of two laws: exact cases by hand, and the noise levels against samples of one law.

import { describe, expect, it } from 'vitest';
import { binEdges, defaultBins, inBins } from '../../src/compare/bins.js';
import { densityDistance } from '../../src/compare/density-distance.js';
import { inCells, lawsOfDensity, lawsOfParticles, momentsOf, type Law } from '../../src/compare/law.js';
import {
  ofAtoms,
  ofCells,
  onCircle,
  onLine,
  transportDistance,
  type Ends,
} from '../../src/compare/transport-distance.js';
import { seeded, spread } from './random.js';

function particles(dimension: number, ...x: number[]): Law & { kind: 'particles' } {
  return { kind: 'particles', dimension, x: Float64Array.from(x), count: x.length / dimension };
}

function sample(dimension: number, count: number, draw: (i: number) => number): Law & { kind: 'particles' } {
  return particles(dimension, ...Array.from({ length: count * dimension }, (_, k) => draw(k % dimension)));
}

/** Probabilities of cells of [-6, 6]^d under a standard normal law, by midpoints. */
function normalCells(dimension: number, cells: number): Law & { kind: 'cells' } {
  const line = Array.from({ length: cells }, (_, k) => Math.exp(-0.5 * (-6 + (12 * (k + 0.5)) / cells) ** 2));
  const all = dimension === 1 ? line : line.flatMap((p) => line.map((q) => p * q));
  const sum = all.reduce((total, p) => total + p, 0);
  const ends = (value: number): number[] => Array.from({ length: dimension }, () => value);
  return {
    kind: 'cells',
    dimension,
    mesh: { cells: ends(cells), low: ends(-6), high: ends(6) },
    probability: Float64Array.from(all, (p) => p / sum),
  };
}

const line: Ends = { kind: 'line' };

describe('W1 on the line', () => {
  const atoms = (...x: number[]) => ofAtoms(Float64Array.from(x), undefined, x.length);

  it('of atoms is what it costs to move them', () => {
    expect(onLine(atoms(0), atoms(3)).distance).toBe(3);
    expect(onLine(atoms(0, 1), atoms(0, 1)).distance).toBe(0);
    expect(onLine(atoms(0, 1), atoms(1, 0)).distance).toBe(0);
    expect(onLine(atoms(0, 0, 0, 4), atoms(0)).distance).toBe(1);
    expect(onLine(atoms(2, 4, 6), atoms(3, 5, 7)).distance).toBeCloseTo(1, 14);
    // Half of the mass at 0 and half at 1, against a third at 0, 1/2 and 1.
    expect(onLine(atoms(0, 1), atoms(0, 0.5, 1)).distance).toBeCloseTo(1 / 6, 14);
  });

  it('of densities is exact, through changes of sign within a cell', () => {
    const uniform = ofCells(0, 1, Float64Array.of(1));
    expect(onLine(uniform, atoms(0.5)).distance).toBeCloseTo(0.25, 14);
    expect(onLine(uniform, atoms(0)).distance).toBeCloseTo(0.5, 14);
    expect(onLine(uniform, ofCells(2, 3, Float64Array.of(0.5, 0.5))).distance).toBeCloseTo(2, 14);
    // Density 2x in two cells, 1/4 and 3/4, against uniform: F differs by x/2 and then by (1 - x)/2.
    expect(onLine(ofCells(0, 1, Float64Array.of(0.25, 0.75)), uniform).distance).toBeCloseTo(0.125, 14);
  });

  it('has weights, and leaves out atoms without', () => {
    const weighted = ofAtoms(Float64Array.of(5, 1, 0), Float64Array.of(0, 0.25, 0.75), Infinity);
    expect(onLine(weighted, atoms(0)).distance).toBe(0.25);
  });

  it('has the noise level of samples', () => {
    const random = seeded(2);
    const pairs = Array.from({ length: 200 }, () =>
      transportDistance(
        sample(1, 400, () => random.normal()),
        sample(1, 200, () => random.normal()),
        [line],
      ),
    );
    const { mean, deviation } = spread(pairs.map(({ distance }) => distance));
    const expected = spread(pairs.map((pair) => pair.expected)).mean;
    expect(Math.abs(mean - expected)).toBeLessThan((4 * deviation) / Math.sqrt(200));
  });
});

describe('W1 on a circle', () => {
  const circle: Ends = { kind: 'circle', low: 0, high: 1 };

  it('takes the shorter way', () => {
    expect(transportDistance(particles(1, 0.05), particles(1, 0.95), [circle]).distance).toBeCloseTo(0.1, 12);
    expect(transportDistance(particles(1, 0.25), particles(1, 0.75), [circle]).distance).toBeCloseTo(0.5, 12);
    expect(
      transportDistance(particles(1, 0.05, 0.5), particles(1, 0.95, 0.5), [circle]).distance,
    ).toBeCloseTo(0.05, 12);
  });

  it('has the noise level of samples, at most a tenth too high', () => {
    const random = seeded(3);
    const uniform = ofCells(0, 1, new Float64Array(64).fill(1 / 64));
    const found = Array.from({ length: 200 }, () => {
      const x = Float64Array.from({ length: 300 }, () => random.uniform());
      return onCircle(uniform, ofAtoms(x, undefined, 300), 0, 1);
    });
    const { mean } = spread(found.map(({ distance }) => distance));
    const expected = spread(found.map((one) => one.expected)).mean;
    expect(expected / mean).toBeGreaterThan(0.97);
    expect(expected / mean).toBeLessThan(1.1);
  });
});

describe('sliced W1', () => {
  it('of a shifted sample is the mean of the shift along the directions', () => {
    const random = seeded(4);
    const a = sample(2, 500, () => random.normal());
    const b = { ...a, x: a.x.map((value, k) => (k % 2 === 0 ? value + 1 : value)) };
    const found = transportDistance(a, b, [line, line]);
    expect(found.kind).toBe('sliced W1');
    // The mean of |cos| over 16 directions in the middle of equal sectors.
    expect(found.distance).toBeCloseTo(2 / Math.PI, 2);
    expect(transportDistance(a, a, [line, line]).distance).toBe(0);
  });

  it('of a sphere of directions, too', () => {
    const random = seeded(5);
    const a = sample(3, 300, () => random.normal());
    const b = { ...a, x: a.x.map((value, k) => (k % 3 === 2 ? value + 1 : value)) };
    expect(transportDistance(a, b, [line, line, line]).distance).toBeCloseTo(0.5, 2);
  });

  it('goes along the coordinates where one is periodic', () => {
    const circle: Ends = { kind: 'circle', low: 0, high: 1 };
    const found = transportDistance(particles(2, 0.05, 0), particles(2, 0.95, 1), [circle, line]);
    expect(found.distance).toBeCloseTo((0.1 + 1) / 2, 12);
  });

  it('between particles and cells has the noise level of samples', () => {
    const random = seeded(6);
    const cells = normalCells(2, 96);
    const found = Array.from({ length: 60 }, () =>
      transportDistance(
        cells,
        sample(2, 200, () => random.normal()),
        [line, line],
      ),
    );
    const { mean, deviation } = spread(found.map(({ distance }) => distance));
    const expected = spread(found.map((one) => one.expected)).mean;
    expect(Math.abs(mean - expected)).toBeLessThan((4 * deviation) / Math.sqrt(60));
  });
});

describe('bins', () => {
  it('hold a share of the law each, with edges where cells end', () => {
    const cells = normalCells(1, 240);
    const [edges] = binEdges(
      cells,
      sample(1, 2000, () => 0),
      8,
    );
    const inEach = inBins(cells, [edges]);
    expect(inEach).toHaveLength(8);
    for (const p of inEach) expect(p).toBeCloseTo(1 / 8, 1);
    for (const edge of edges)
      expect(((edge + 6) / 12) * 240).toBeCloseTo(Math.round(((edge + 6) / 12) * 240), 9);
  });

  it('take in what lies beyond', () => {
    const law = particles(1, -100, 0, 100);
    const edges = [Float64Array.of(-1, 0, 1)];
    expect(Array.from(inBins(law, edges))).toEqual([1, 2]);
    expect(Array.from(inBins(normalCells(1, 100), edges)).map((p) => p.toFixed(6))).toEqual([
      '0.500000',
      '0.500000',
    ]);
  });

  it('cut cells of another grid by their parts', () => {
    const law: Law = {
      kind: 'cells',
      dimension: 2,
      mesh: { cells: [1, 2], low: [0, 0], high: [3, 2] },
      probability: Float64Array.of(0.25, 0.75),
    };
    const found = inBins(law, [Float64Array.of(0, 1, 3), Float64Array.of(0, 1, 2)]);
    expect(Array.from(found, (p) => Number(p.toFixed(12)))).toEqual([
      0.083333333333, 0.25, 0.166666666667, 0.5,
    ]);
  });

  it('are as many as the sample can fill', () => {
    expect(defaultBins(10, 1)).toBe(2);
    expect(defaultBins(2500, 1)).toBe(100);
    expect(defaultBins(2500, 2)).toBe(10);
    expect(defaultBins(1e9, 3)).toBe(16);
  });
});

describe('the L1 distance', () => {
  it('is 0 for the same law and 2 for laws apart', () => {
    const random = seeded(7);
    const a = sample(1, 500, () => random.uniform());
    expect(densityDistance(a, a).distance).toBe(0);
    const b = { ...a, x: a.x.map((value) => value + 5) };
    expect(densityDistance(a, b).distance).toBeCloseTo(2, 12);
    expect(densityDistance(a, b).z).toBeGreaterThan(20);
  });

  it.each([
    ['of two samples, d = 1', 1, 400, 700],
    ['of two samples, d = 2', 2, 900, 600],
    ['of a sample and a grid, d = 1', 1, 500, 0],
    ['of a sample and a grid, d = 2', 2, 800, 0],
  ])('has the stated noise: %s', (_, d, nA, nB) => {
    const random = seeded(8);
    const cells = normalCells(d, 128);
    const found = Array.from({ length: 300 }, () => {
      const a = sample(d, nA, () => random.normal());
      return densityDistance(a, nB === 0 ? cells : sample(d, nB, () => random.normal()));
    });
    const distances = spread(found.map(({ distance }) => distance));
    const expected = spread(found.map((one) => one.expected)).mean;
    const deviation = spread(found.map((one) => one.deviation)).mean;
    expect(Math.abs(distances.mean - expected)).toBeLessThan((4 * distances.deviation) / Math.sqrt(300));
    // Bins are not quite independent, for their counts have a fixed sum: the true spread is at most the stated one.
    expect(distances.deviation / deviation).toBeGreaterThan(0.75);
    expect(distances.deviation / deviation).toBeLessThan(1.1);
    // A normal number passes 1.645 once in 20: 300 draws have 15 +- 4 of them if z is one, fewer if it is cautious.
    expect(found.filter(({ z }) => z > 1.645).length).toBeLessThan(30);
    expect(found.filter(({ z }) => z > 3.5).length).toBeLessThan(2);
  });

  it('notices another law', () => {
    const random = seeded(9);
    const wide = sample(1, 2000, () => 1.25 * random.normal());
    expect(densityDistance(wide, normalCells(1, 128)).z).toBeGreaterThan(6);
    expect(densityDistance(wide, normalCells(1, 128), undefined, 0.5).z).toBeLessThan(0);
  });

  it('does not count what wider cells change', () => {
    const random = seeded(10);
    const a = sample(1, 3000, () => random.normal());
    const [fine, wide] = [normalCells(1, 24), normalCells(1, 12)];
    const found = densityDistance(a, fine, undefined, 0, wide);
    expect(found.allowed).toBeGreaterThan(0.02);
    expect(found.allowed).toBeLessThan(0.4);
    expect(found.z).toBeLessThan(densityDistance(a, fine).z);
  });

  it('between two grids is exact', () => {
    const a = normalCells(1, 100);
    const b = {
      ...a,
      probability: a.probability.map((p, k) => p + (k === 50 ? 0.01 : k === 51 ? -0.01 : 0)),
    };
    const found = densityDistance(a, b);
    expect(found.distance).toBeCloseTo(0.02, 12);
    expect([found.expected, found.deviation, found.z]).toEqual([0, 0, NaN]);
    // Another mesh of the same law.
    expect(densityDistance(a, normalCells(1, 200)).distance).toBeLessThan(0.01);
  });
});

describe('laws', () => {
  it('of a snapshot are its particles by node', () => {
    const laws = lawsOfParticles(Float32Array.of(1, 2, 3, 4, 5, 6), Int32Array.of(1, 0, 1), 2, 3);
    expect(laws.map((law) => (law.kind === 'particles' ? [law.count, ...law.x] : []))).toEqual([
      [1, 3, 4],
      [2, 1, 2, 5, 6],
      [0],
    ]);
  });

  it('of a density are normalised; a node without mass has none', () => {
    const mesh = { cells: [2], low: [0], high: [1] };
    const laws = lawsOfDensity(Float64Array.of(1, 3, 0, 0), mesh, 2);
    expect(laws[0]).toMatchObject({ kind: 'cells', probability: Float64Array.of(0.25, 0.75) });
    expect(laws[1]).toBeUndefined();
  });

  it('have moments, of particles and of cells', () => {
    expect(momentsOf(particles(2, 0, 9, 2, 9), 0)).toEqual({ mean: 1, variance: 1, kurtosis: 1 });
    expect(momentsOf(particles(2, 0, 9, 2, 9), 1).kurtosis).toBeNaN();
    for (const i of [0, 1]) {
      const { mean, variance, kurtosis } = momentsOf(normalCells(2, 128), i);
      expect(mean).toBeCloseTo(0, 9);
      expect(variance).toBeCloseTo(1, 4);
      expect(kurtosis).toBeCloseTo(3, 3);
    }
  });

  it('go into cells, in C order and within the box', () => {
    const mesh = { cells: [2, 3], low: [0, 0], high: [2, 3] };
    const found = inCells(particles(2, 0.5, 2.5, 1.5, 0.5, 99, -1, -1, 1), mesh);
    expect(Array.from(found)).toEqual([0, 0.25, 0.25, 0.5, 0, 0]);
  });
});
