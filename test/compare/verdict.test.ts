// From observations to a verdict: what z each difference gets, what does not count, and that runs that agree are said to
// agree, and others not.

import { describe, expect, it } from 'vitest';
import {
  atCommonTimes,
  compareEnergies,
  compareLaws,
  compareObservations,
  comparisonNotes,
  densityComparisons,
  gridBias,
  Judge,
  kurtosisOf,
  lawsOfParticles,
  mismatch,
  type Comparison,
  type Law,
} from '../../src/compare/mod.js';
import { seeded } from './random.js';
import { energy, gridObservation, gridSide, observation, side } from './sides.js';

const strict = { allow: 0 };
const pick = (comparisons: readonly Comparison[], quantity: string, node?: string): Comparison => {
  const found = comparisons.find((one) => one.quantity === quantity && one.node === node);
  if (!found) throw new Error(`no ${quantity} of ${node}`);
  return found;
};

describe('compareObservations', () => {
  it('of equal observations finds nothing', () => {
    const found = compareObservations(side(), side(), observation(), observation(), strict);
    expect(found.map(({ quantity }) => quantity)).toEqual([
      ...['mass', 'mean', 'variance', 'potential', 'mass', 'mean', 'variance', 'potential'],
      'mean potential',
    ]);
    expect(found.every(({ z }) => z === 0)).toBe(true);
  });

  it('speaks in combined standard errors, with the sign of b - a', () => {
    const other = observation({ mean: [[0.1], [0]], potential: [1, 0.9], potentialEnergy: 0.97 });
    const found = compareObservations(side(), side(), observation(), other, strict);
    expect(pick(found, 'mean', 'left').z).toBeCloseTo(0.1 / Math.sqrt(2 / 5000), 6);
    expect(pick(found, 'potential', 'right').z).toBeCloseTo(-0.1 / Math.sqrt(2 / 5000), 6);
    expect(pick(found, 'mean potential').z).toBeCloseTo(-0.03 / Math.sqrt(2e-4), 6);
  });

  it('compares kinetic energies where both sides have them', () => {
    const moving = (kineticEnergy: number): ReturnType<typeof observation> =>
      observation({ kineticEnergy, kineticEnergyError: 0.01 });
    const found = compareObservations(side(), side(), moving(1), moving(1.03), strict);
    expect(pick(found, 'mean kinetic energy').z).toBeCloseTo(0.03 / Math.sqrt(2e-4), 6);
    const oneSided = compareObservations(side(), side(), moving(1), observation(), strict);
    expect(oneSided.some(({ quantity }) => quantity === 'mean kinetic energy')).toBe(false);
  });

  it('judges masses under the pooled mass, and against a grid under its mass', () => {
    const other = observation({ mass: [0.52, 0.48], count: [5200, 4800] });
    const between = compareObservations(side(), side(), observation(), other, strict);
    // 200 more of 10200: the standard error is sqrt(10200)/2.
    expect(pick(between, 'mass', 'left').z).toBeCloseTo(100 / (Math.sqrt(10_200) / 2), 1);
    const grid = gridObservation({ mass: [0.1, 0.9] });
    const few = observation({ mass: [0.109, 0.891], count: [1090, 8910] });
    const against = compareObservations(gridSide(), side(), grid, few, strict);
    // The exact tail of a law that is a little skew.
    const { z } = pick(against, 'mass', 'left');
    expect(z).toBeLessThan(3);
    expect(z).toBeGreaterThan(2.9);
    const turned = compareObservations(side(), gridSide(), few, grid, strict);
    expect(pick(turned, 'mass', 'left').z).toBe(-z);
    expect(pick(turned, 'mass', 'left')).toMatchObject({ a: 0.109, b: 0.1, bError: 0 });
  });

  it('leaves out what is not told: nodes with few particles, without mass, without a number', () => {
    const few = observation({ mass: [0.99, 0.01], count: [9900, 100] });
    expect(compareObservations(side(), side(), observation(), few, strict).map(({ node }) => node)).toEqual([
      ...['left', 'left', 'left', 'left', 'right'],
      undefined,
    ]);
    const empty = observation({ mass: [1, 0], count: [10_000, 0], mean: [[0], [null]] });
    expect(
      compareObservations(side(), side(), empty, empty, strict).filter(({ node }) => node === 'right'),
    ).toEqual([]);
    const faint = gridObservation({ mass: [1, 1e-12] });
    const onGrids = compareObservations(gridSide(), gridSide(), faint, faint, strict);
    expect(onGrids.filter(({ node }) => node === 'right').map(({ quantity }) => quantity)).toEqual(['mass']);
  });

  it('counts variances only where a fourth moment is known, with the error that it gives', () => {
    const other = observation({ variance: [[1.1], [1]] });
    const blind = compareObservations(side(), side(), observation(), other, strict);
    expect(pick(blind, 'variance', 'left').counted).toBe(false);
    const heavy = compareObservations(side(), side(), observation(), other, {
      allow: 0,
      kurtosis: [() => 9, () => undefined],
    });
    expect(pick(heavy, 'variance', 'left').counted).toBe(true);
    expect(pick(heavy, 'variance', 'left').aError).toBeCloseTo(Math.sqrt(8 / 5000), 4);
    expect(pick(heavy, 'variance', 'left').bError).toBeCloseTo(1.1 * Math.sqrt(8 / 5000), 4);
  });

  it('passes over what is allowed', () => {
    const other = observation({ mass: [0.52, 0.48], count: [5200, 4800], mean: [[0.06], [0]] });
    const found = compareObservations(side(), side(), observation(), other, { allow: 0.05 });
    expect(pick(found, 'mass', 'left').z).toBe(0);
    expect(pick(found, 'mean', 'left').z).toBeCloseTo(0.01 / Math.sqrt(2 / 5000), 4);
  });

  it('has no noise to explain a difference between grids', () => {
    const other = gridObservation({ mass: [0.5001, 0.4999] });
    const found = compareObservations(gridSide(), gridSide(), gridObservation(), other, strict);
    expect(pick(found, 'mass', 'left').z).toBe(Infinity);
    expect(pick(found, 'mean', 'left').z).toBe(0);
    const allowed = compareObservations(gridSide(), gridSide(), gridObservation(), other, { allow: 1e-3 });
    expect(pick(allowed, 'mass', 'left').z).toBe(0);
  });
});

describe('gridBias', () => {
  it('allows for what wider cells change', () => {
    const wide = gridObservation({ mass: [0.501, 0.499], variance: [[1.02], [1]] });
    const bias = gridBias(
      gridSide(),
      gridSide(),
      [gridObservation(), wide],
      [energy(), energy({ energy: 1.1 })],
    );
    expect(bias('mass', 'left', undefined)).toBeCloseTo(0.001, 12);
    expect(bias('variance', 'left', 'x')).toBeCloseTo(0.02, 12);
    expect(bias('variance', 'right', 'x')).toBe(0);
    expect(bias('energy', undefined, undefined)).toBeCloseTo(0.1, 12);
    expect(bias('relative entropy', undefined, undefined)).toBe(0);

    const run = observation({ variance: [[1.02], [1]], mass: [0.501, 0.499], count: [5010, 4990] });
    const found = compareObservations(side(), gridSide(), run, gridObservation(), { allow: 0, bias });
    expect(pick(found, 'variance', 'left').z).toBe(0);
    expect(pick(found, 'mass', 'left').z).toBeCloseTo(0, 9);
    expect(pick(found, 'variance', 'left').allowed).toBeCloseTo(0.02, 12);
    const energies = compareEnergies(energy({ energy: 1.5 }), energy(), { allow: 0, bias });
    expect(energies[0].z).toBeCloseTo(-0.4 / Math.sqrt(0.02), 6);
  });
});

describe('compareEnergies', () => {
  it('counts what is beyond the stated bias', () => {
    const found = compareEnergies(
      energy(),
      energy({ energy: 1.5, energyBias: -0.1, relativeEntropy: null }),
      strict,
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ quantity: 'energy', allowed: 0.1 });
    expect(found[0].z).toBeCloseTo(0.4 / Math.sqrt(0.02), 6);
  });

  it('gives KL the bias over the temperature', () => {
    const found = compareEnergies(energy(), energy({ energyBias: 0.1, relativeEntropy: 3 }), {
      allow: 0.01,
    });
    expect(found[1].allowed).toBeCloseTo(0.21, 12);
    expect(found[1].z).toBeCloseTo(0.79 / Math.sqrt(0.08), 6);
  });
});

describe('laws', () => {
  const space = { nodeNames: ['left', 'right'], boundaries: [{ kind: 'free' as const }] };
  const laws = (seed: number, width = 1): Law[] => {
    const random = seeded(seed);
    const x = Float64Array.from({ length: 1000 }, () => width * random.normal());
    return lawsOfParticles(
      x,
      Int32Array.from({ length: 1000 }, (_, row) => (row < 950 ? 0 : 1)),
      1,
      2,
    );
  };

  it('are compared node by node, but for nodes with few particles', () => {
    const found = compareLaws(laws(1), laws(2), space, { allow: 0 });
    expect(found.map(({ node }) => node)).toEqual(['left']);
    const [comparison] = densityComparisons(found, { step: 1, time: 0.1 });
    expect(comparison).toMatchObject({ quantity: 'density', node: 'left', counted: true });
    expect(comparison.z).toBeLessThan(3);
    const other = densityComparisons(compareLaws(laws(1), laws(2, 2), space, { allow: 0 }), {
      step: 1,
      time: 0.1,
    });
    expect(other[0].z).toBeGreaterThan(6);
  });

  it('of many dimensions are not', () => {
    const boundaries = [1, 2, 3, 4].map(() => ({ kind: 'free' as const }));
    expect(compareLaws(laws(1), laws(2), { ...space, boundaries }, { allow: 0 })).toEqual([]);
  });

  it('tell the kurtosis where there are enough particles', () => {
    const kurtosis = kurtosisOf(laws(3));
    expect(kurtosis(0, 0)).toBeGreaterThan(2.5);
    expect(kurtosis(0, 0)).toBeLessThan(3.5);
    expect(kurtosis(1, 0)).toBeUndefined();
  });
});

describe('the verdict', () => {
  const one = (z: number, counted = true): Comparison => ({
    step: 1,
    time: 0.1,
    quantity: 'mass',
    node: 'left',
    coordinate: undefined,
    a: 0,
    aError: 1,
    b: z,
    bError: 0,
    allowed: 0,
    z,
    counted,
  });

  it('has a threshold that grows with the number of comparisons', () => {
    const judge = new Judge();
    judge.add([one(3.2)]);
    expect(judge.verdict()).toMatchObject({ agree: true, comparisons: 1, exceeding: 0 });
    expect(judge.verdict().threshold).toBeCloseTo(3.2905, 4);
    judge.add([one(-4), one(99, false), one(NaN)]);
    const verdict = judge.verdict();
    expect(verdict).toMatchObject({ agree: false, comparisons: 2, exceeding: 1, falseAlarm: 1e-3 });
    expect(verdict.largest?.z).toBe(-4);
    expect(verdict.threshold).toBeCloseTo(3.4808, 4);
    expect(verdict.probability).toBeCloseTo(2 * 6.334e-5, 7);
    judge.add(Array.from({ length: 9998 }, () => one(0)));
    expect(judge.verdict().agree).toBe(true);
  });

  it('of nothing is that nothing differs, and says how little was compared', () => {
    expect(new Judge().verdict()).toMatchObject({
      agree: true,
      comparisons: 0,
      largest: undefined,
      quantities: [],
    });
  });

  it('notices the impossible', () => {
    const judge = new Judge();
    judge.add([one(Infinity)]);
    expect(judge.verdict()).toMatchObject({ agree: false, exceeding: 1, probability: 0 });
  });

  it('is rarely wrong about runs that agree, whatever the masses', () => {
    // 20 nodes, most of them all but empty, where normal errors would cry wolf every time.
    const n = 20;
    const weights = Array.from({ length: n }, (_, g) => 0.4 ** g);
    const total = weights.reduce((sum, w) => sum + w, 0);
    const names = weights.map((_, g) => `n${g}`);
    const random = seeded(12);
    const draw = () => {
      const count = new Array<number>(n).fill(0);
      for (let i = 0; i < 2000; i++) {
        let u = random.uniform() * total;
        let g = 0;
        while (g < n - 1 && u >= weights[g]) u -= weights[g++];
        count[g] += 1;
      }
      const mass = count.map((c) => c / 2000);
      const none = names.map(() => [0]);
      const lists = { mean: none, meanError: none, variance: none, varianceError: none };
      return observation({
        count,
        mass,
        massError: mass.map((m) => Math.sqrt((m * (1 - m)) / 2000)),
        ...lists,
      });
    };
    const runs = side({
      nodeNames: names,
      particles: 2000,
      edges: { offsets: new Int32Array(n + 1), targets: new Int32Array(0) },
    });
    let differ = 0;
    for (let trial = 0; trial < 200; trial++) {
      const judge = new Judge(0.05);
      const [a, b] = [draw(), draw()];
      judge.add(compareObservations(runs, runs, a, b, strict).filter(({ quantity }) => quantity === 'mass'));
      const grid = gridSide({ ...runs, representation: 'grid', particles: 0 });
      const exact = { ...b, mass: weights.map((w) => w / total), massError: weights.map(() => 0) };
      judge.add(
        compareObservations(runs, grid, a, exact, strict).filter(({ quantity }) => quantity === 'mass'),
      );
      if (!judge.verdict().agree) differ += 1;
    }
    // At most 5 % of 200; more than 22 has a probability below 1e-3.
    expect(differ).toBeLessThanOrEqual(22);
  });
});

describe('what can be compared', () => {
  it('is a run with the same nodes, coordinates, edges and circles', () => {
    const a = side();
    expect(mismatch(a, side({ label: 'runs/b' }))).toBeUndefined();
    const cases: [Parameters<typeof side>[0], string][] = [
      [{ coordinateNames: ['x', 'y'] }, 'the coordinates differ: runs/a has 1, runs/b has 2'],
      [{ coordinateNames: ['y'] }, 'number 0 is "x" in runs/a and "y" in runs/b'],
      [{ nodeNames: ['left', 'middle'] }, 'the nodes differ: number 1 is "right"'],
      [
        { edges: { offsets: Int32Array.of(0, 0, 0), targets: new Int32Array(0) } },
        'the graphs differ: the edge left - right is in runs/a only',
      ],
      [{ boundaries: [{ kind: 'periodic', low: 0, high: 1 }] }, 'the spaces differ: the boundary of x'],
    ];
    for (const [change, message] of cases)
      expect(mismatch(a, side({ label: 'runs/b', ...change }))).toContain(message);
    expect(mismatch(a, side({ boundaries: [{ kind: 'reflecting', low: -9, high: 9 }] }))).toBeUndefined();
  });

  it('is noted where it is not independent, or not the same model', () => {
    const other = side({ stateHash: 'bb', seed: 2, config: { temperature: 2, grid: { cells: 8 }, seed: 2 } });
    expect(comparisonNotes(side(), other)).toEqual(['the configs differ in temperature']);
    expect(comparisonNotes(side(), side({ stateHash: 'bb' }))[0]).toContain('both runs have seed 1');
    expect(comparisonNotes(side(), side())[0]).toContain('compares a run with itself');
    expect(comparisonNotes(side(), gridSide())[0]).toContain('bias of their time step');
    expect(comparisonNotes(side(), gridSide(), true)[0]).toContain('cells twice as wide');
    expect(comparisonNotes(gridSide(), gridSide())[0]).toContain('no sampling noise');
  });

  it('is what has the same time, whatever the step', () => {
    const times = (...list: number[]) => list.map((time, step) => ({ step, time }));
    const pairs = atCommonTimes(times(0, 0.1, 0.2, 0.3), times(0, 0.05, 0.1, 0.15, 0.1 + 0.2));
    expect(pairs.map(([a, b]) => [a.step, b.step])).toEqual([
      [0, 0],
      [1, 2],
      [3, 4],
    ]);
  });
});
