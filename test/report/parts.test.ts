// The parts of a report that compute: the fit of the decay, axes, layouts, pictures, numbers, fields.

import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Law } from '../../src/compare/mod.js';
import {
  brief,
  bytes,
  duration,
  grouped,
  hues,
  layout,
  linearAxis,
  linearTicks,
  logAxis,
  type Place,
  viridis,
  withError,
} from '../../src/drawing/mod.js';
import { fitDecay } from '../../src/report/decay.js';
import { lineField, planeField, rangeOf } from '../../src/report/field.js';
import { netFlows } from '../../src/report/graph-section.js';
import { element, escapeText } from '../../src/report/markup.js';
import { png } from '../../src/report/picture.js';
import { quoted } from '../../src/report/run-section.js';
import { seeded, spread } from '../compare/random.js';
import { reportData, ring } from './data.js';

describe('fitDecay', () => {
  const time = Array.from({ length: 41 }, (_, k) => k / 10);
  const exact = time.map((t) => 2 * Math.exp(-1.5 * t));

  it('is exact without noise, and then has no error', () => {
    const fit = fitDecay({ time, value: exact, error: time.map(() => 0) });
    expect(fit?.rate).toBeCloseTo(1.5, 12);
    expect(fit?.amplitude).toBeCloseTo(2, 12);
    expect(fit?.rateError).toBeLessThan(1e-12);
    expect([fit?.from, fit?.to, fit?.points]).toEqual([0, 4, 41]);
  });

  it('has the error that it states', () => {
    const random = seeded(21);
    const scores = Array.from({ length: 400 }, () => {
      const value = exact.map((v) => v + 0.01 * random.normal());
      const fit = fitDecay({ time, value, error: time.map(() => 0.01) });
      return ((fit?.rate ?? NaN) - 1.5) / (fit?.rateError ?? NaN);
    });
    const { mean, deviation } = spread(scores);
    // Ending where noise begins biases it a little.
    expect(Math.abs(mean)).toBeLessThan(0.25);
    expect(deviation).toBeGreaterThan(0.8);
    expect(deviation).toBeLessThan(1.2);
  });

  it('waits until faster modes are gone, with errors and without', () => {
    const random = seeded(22);
    const two = time.map((t) => 5 * Math.exp(-9 * t) + 0.5 * Math.exp(-1.5 * t));
    const noisy = two.map((v) => v + 0.004 * random.normal());
    const fit = fitDecay({ time, value: noisy, error: time.map(() => 0.004) });
    expect(Math.abs((fit?.rate ?? NaN) - 1.5)).toBeLessThan(3 * (fit?.rateError ?? NaN));
    expect(fit?.from).toBeGreaterThan(0.4);
    const pure = fitDecay({ time, value: two, error: time.map(() => 0) });
    expect(pure?.rate).toBeCloseTo(1.5, 1);
    expect(pure?.from).toBeGreaterThan(0.3);
  });

  it('ends where noise begins', () => {
    const value = exact.map((v, k) => (k > 20 ? (k % 2 === 0 ? 0.2 : -0.2) : v));
    const fit = fitDecay({ time, value, error: time.map(() => 0.02) });
    expect(fit?.to).toBeLessThanOrEqual(2);
    expect(fit?.rate).toBeCloseTo(1.5, 1);
  });

  it('ends at a stated bias and at rounding', () => {
    expect(
      fitDecay({ time, value: exact, error: time.map(() => 0), bias: time.map(() => 0.1) })?.to,
    ).toBeLessThan(2);
    const long = time.map((t) => 10 * t);
    const value = long.map((t) => Math.max(Math.exp(-1.5 * t), 1e-16));
    expect(fitDecay({ time: long, value, error: long.map(() => 0) })?.to).toBeLessThan(17);
  });

  it('is not there for too few points, noise alone, or growth', () => {
    const zero = time.map(() => 0);
    expect(fitDecay({ time: [0, 1, 2], value: [3, 2, 1], error: [0, 0, 0] })).toBeUndefined();
    expect(fitDecay({ time, value: exact, error: time.map(() => 9) })).toBeUndefined();
    expect(fitDecay({ time, value: time.map((t) => 1 + t), error: zero })).toBeUndefined();
    expect(fitDecay({ time, value: time.map(() => NaN), error: zero })).toBeUndefined();
    expect(fitDecay({ time, value: time.map((t) => 1 - 0.01 * t), error: zero })).toBeUndefined();
    expect(fitDecay({ time: [], value: [], error: [] })).toBeUndefined();
  });

  it('widens its error where points scatter more than they say', () => {
    const value = exact.map((v, k) => v * (k % 2 === 0 ? 1.1 : 0.9));
    const told = fitDecay({ time, value, error: exact.map((v) => 0.001 * v) });
    expect(told?.rateError).toBeGreaterThan(0.01);
  });
});

describe('axes', () => {
  it('have round numbers', () => {
    expect(linearTicks(0, 1, 5).map(({ label }) => label)).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    expect(linearTicks(-3, 3, 5).map(({ label }) => label)).toEqual(['−2', '0', '2']);
    expect(linearTicks(0, 40, 5).map(({ label }) => label)).toEqual(['0', '10', '20', '30', '40']);
    expect(linearTicks(0, 3e-7, 3).map(({ label }) => label)).toEqual(['0', '1·10⁻⁷', '2·10⁻⁷', '3·10⁻⁷']);
    expect(linearTicks(0, 2e6, 2).map(({ label }) => label)).toEqual(['0', '1·10⁶', '2·10⁶']);
  });

  it('cover any range with a few ticks, in order, each with a label of its own', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
        fc.boolean(),
        fc.constantFrom(3, 5),
        (low, width, round, wanted) => {
          const high = low + Math.max(width, Math.abs(low) * 1e-3);
          const axis = linearAxis(low, high, wanted, round);
          expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
          expect(axis.ticks.length).toBeLessThanOrEqual(9);
          expect(new Set(axis.ticks.map(({ label }) => label)).size).toBe(axis.ticks.length);
          expect(axis.place(low)).toBeGreaterThanOrEqual(-1e-9);
          expect(axis.place(high)).toBeLessThanOrEqual(1 + 1e-9);
          for (const { value } of axis.ticks) {
            expect(axis.place(value)).toBeGreaterThanOrEqual(-1e-6);
            expect(axis.place(value)).toBeLessThanOrEqual(1 + 1e-6);
          }
        },
      ),
    );
  });

  it('have room around a single value', () => {
    for (const value of [0, 5, -1e-3]) {
      const axis = linearAxis(value, value);
      expect(axis.place(value)).toBeCloseTo(0.5, 9);
      expect(axis.ticks.length).toBeGreaterThan(1);
    }
  });

  it('are logarithmic by decades, or by 1, 2, 5', () => {
    expect(logAxis(3e-5, 2).ticks.map(({ label }) => label)).toEqual([
      '10⁻⁵',
      '10⁻⁴',
      '10⁻³',
      '10⁻²',
      '10⁻¹',
      '10⁰',
      '10¹',
    ]);
    expect(logAxis(0.3, 4).ticks.map(({ label }) => label)).toEqual(['0.2', '0.5', '1', '2', '5']);
    expect(logAxis(1e-12, 1).ticks.length).toBeLessThan(9);
    const axis = logAxis(0.01, 100);
    expect([axis.place(0.01), axis.place(1), axis.place(100)]).toEqual([0, 0.5, 1]);
    expect(logAxis(1, 1).high).toBeGreaterThan(1);
  });
});

describe('numbers', () => {
  it.each([
    [0.123456, '0.1235'],
    [-12.5, '−12.5'],
    [1234567, '1.235·10⁶'],
    [1e-7, '10⁻⁷'],
    [0, '0'],
    [NaN, '–'],
    [null, '–'],
  ])('%o in brief is %s', (value, text) => {
    expect(brief(value)).toBe(text);
  });

  it.each([
    [1.23456, 0.0123, '1.235 ± 0.012'],
    [-1.23456, 0.0123, '−1.235 ± 0.012'],
    [12345, 120, '12350 ± 120'],
    [1e-6, 2e-8, '10⁻⁶ ± 2·10⁻⁸'],
    [0.25, 0, '0.25'],
    [0.25, null, '0.25'],
    [null, 1, '–'],
  ])('%o with the error %o is %s', (value, error, text) => {
    expect(withError(value, error)).toBe(text);
  });

  it('have units', () => {
    expect([duration(1.5), duration(75), duration(3725)]).toEqual(['1.5 s', '1:15 min', '1:02:05 h']);
    expect([bytes(512), bytes(24 * 2 ** 30)]).toEqual(['512 B', '24 GiB']);
    expect([grouped(12), grouped(1234567)]).toEqual(['12', '1\u202f234\u202f567']);
  });
});

describe('markup', () => {
  it('escapes text and attributes, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeText(text)).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/u);
        expect(element('p', { title: text }, text).markup).toMatch(/^<p title="[^"<>]*">[^<>]*<\/p>$/u);
      }),
    );
  });

  it('leaves out what is not there', () => {
    expect(element('p', { a: undefined, b: false, c: 0 }, undefined, false, ['x', 1]).markup).toBe(
      '<p c="0">x1</p>',
    );
    expect([element('path').markup, element('span').markup]).toEqual(['<path/>', '<span></span>']);
  });

  it('quotes words of a command', () => {
    expect(['a/b.yaml', 'a b', "it's", '$x', ''].map(quoted)).toEqual([
      'a/b.yaml',
      "'a b'",
      `'it'\\''s'`,
      "'$x'",
      "''",
    ]);
  });
});

describe('the layout of a graph', () => {
  const rows = (n: number, edges: readonly (readonly [number, number])[]) => {
    const lists = Array.from({ length: n }, (_, g) =>
      edges.flatMap(([a, b]) => (a === g ? [b] : b === g ? [a] : [])).sort((a, b) => a - b),
    );
    const offsets = Int32Array.from({ length: n + 1 }, (_, g) => lists.slice(0, g).flat().length);
    return { offsets, targets: Int32Array.from(lists.flat()) };
  };
  const away = (a: Place, b: Place): number => Math.hypot(a.x - b.x, a.y - b.y);

  it('of a path is a line, of a long one rows', () => {
    const places = layout(rows(3, [[2, 0], [0, 1]])); // prettier-ignore
    expect(places.map(({ x, y }) => [x, y])).toEqual([[0.5, 0.5], [0, 0.5], [1, 0.5]]); // prettier-ignore
    const long = layout(
      rows(
        20,
        Array.from({ length: 19 }, (_, k) => [k, k + 1] as const),
      ),
    );
    for (let k = 0; k < 19; k++) expect(away(long[k], long[k + 1])).toBeLessThan(0.4);
  });

  it('of a ring or a complete graph is a circle', () => {
    const complete = rows(
      5,
      [0, 1, 2, 3, 4].flatMap((a) => [0, 1, 2, 3, 4].filter((b) => b > a).map((b) => [a, b] as const)),
    );
    for (const graph of [ring(['a', 'b', 'c', 'd', 'e']), complete]) {
      for (const place of layout(graph)) expect(away(place, { x: 0.5, y: 0.5 })).toBeCloseTo(0.5, 9);
    }
  });

  it('of a grid keeps neighbours near and is not folded', () => {
    const edges: [number, number][] = [];
    for (let r = 0; r < 6; r++) {
      for (let c = 0; c < 6; c++) {
        if (c < 5) edges.push([6 * r + c, 6 * r + c + 1]);
        if (r < 5) edges.push([6 * r + c, 6 * r + c + 6]);
      }
    }
    const places = layout(rows(36, edges));
    const lengths = edges.map(([a, b]) => away(places[a], places[b]));
    expect(Math.max(...lengths) / Math.min(...lengths)).toBeLessThan(2);
    expect(away(places[0], places[35])).toBeGreaterThan(0.8);
  });

  it('stays on the page, apart, and the same, for any graph', () => {
    const random = seeded(31);
    for (let trial = 0; trial < 10; trial++) {
      const n = 2 + Math.floor(random.uniform() * 30);
      const edges: [number, number][] = [];
      for (let a = 0; a < n; a++)
        for (let b = a + 1; b < n; b++) if (random.uniform() < 0.15) edges.push([a, b]);
      const graph = rows(n, edges);
      const places = layout(graph);
      expect(layout(graph)).toEqual(places);
      places.forEach((a, i) => {
        for (const value of [a.x, a.y]) {
          expect(value).toBeGreaterThanOrEqual(-1e-9);
          expect(value).toBeLessThanOrEqual(1 + 1e-9);
        }
        for (const b of places.slice(i + 1)) expect(away(a, b)).toBeGreaterThan(0.005);
      });
    }
  });
});

describe('net flows', () => {
  it('are jumps there less jumps back, as mass, the largest first', () => {
    const data = reportData({ nodes: 3, times: 2 });
    const flows = netFlows({
      ...data,
      observations: [{ ...data.observations[1], jumps: [60, 10, 20, 0, 40, 30] }],
    });
    // Rows: 0 -> 1, 0 -> 2, 1 -> 0, 1 -> 2, 2 -> 0, 2 -> 1; of 3000 particles.
    expect(flows?.map(({ from, to, net }) => [from, to, Math.round(net * 3000)])).toEqual([
      [0, 1, 40],
      [2, 0, 30],
      [2, 1, 30],
    ]);
    expect(flows?.[0].error).toBeCloseTo(Math.sqrt(80) / 3000, 12);
    const { jumps: _, ...without } = data.observations[1];
    expect(netFlows({ ...data, observations: [without] })).toBeUndefined();
  });
});

describe('pictures', () => {
  it('are PNG files with the values as indices', () => {
    const file = png([0, 0.5, 1, NaN, 2, -1], 3, 2);
    expect(file.subarray(1, 4).toString()).toBe('PNG');
    expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([3, 2]);
    const at = file.indexOf('IDAT');
    const rows = inflateSync(file.subarray(at + 4, at + 4 + file.readUInt32BE(at - 4)));
    expect(Array.from(rows)).toEqual([0, 0, 128, 255, 0, 0, 255, 0]);
    expect(() => png([1], 2, 2)).toThrow(RangeError);
  });

  it('have colours that grow in lightness', () => {
    const colours = viridis();
    const lightness = Array.from(
      { length: 256 },
      (_, k) => 0.2126 * colours[3 * k] + 0.7152 * colours[3 * k + 1] + 0.0722 * colours[3 * k + 2],
    );
    for (let k = 1; k < 256; k++) expect(lightness[k]).toBeGreaterThanOrEqual(lightness[k - 1] - 0.7);
  });

  it('stand beside lines that can be read on their ground (WCAG: 4.5 to 1)', () => {
    const luminance = (hex: string): number => {
      const [r, g, b] = [1, 3, 5].map((at) => {
        const v = parseInt(hex.slice(at, at + 2), 16) / 255;
        return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a: string, b: string): number => {
      const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
      return (high + 0.05) / (low + 0.05);
    };
    for (const { light, dark } of hues) {
      expect(contrast(light, '#ffffff')).toBeGreaterThan(4.5);
      expect(contrast(dark, '#14171b')).toBeGreaterThan(4.5);
    }
  });
});

describe('fields', () => {
  const random = seeded(41);
  const law: Law & { kind: 'particles' } = {
    kind: 'particles',
    dimension: 2,
    count: 4000,
    x: Float64Array.from({ length: 8000 }, (_, k) => (k % 2 === 0 ? random.normal() : random.uniform())),
  };
  const cells: Law & { kind: 'cells' } = {
    kind: 'cells',
    dimension: 2,
    mesh: { cells: [200, 4], low: [0, 0], high: [2, 1] },
    probability: Float64Array.from({ length: 800 }, (_, k) => (k < 400 ? 1 / 400 : 0)),
  };

  it('of a coordinate integrate to one, with the errors of counts', () => {
    const field = lineField(law, 1, [0, 1], 10);
    expect(field.density.reduce((sum, v) => sum + v / 10, 0)).toBeCloseTo(1, 9);
    expect(field.error[0]).toBeCloseTo(Math.sqrt(400 * 0.9) / 400, 1);
    const exact = lineField(cells, 0, [0, 2], 10);
    expect([exact.density[0], exact.density[199]].map((v) => Number(v.toFixed(9)))).toEqual([1, 0]);
    expect(exact.edges[200]).toBeCloseTo(2, 12);
  });

  it('over two coordinates integrate to one; rows begin at the top', () => {
    const size = (6 * 1) / 84 ** 2;
    const { density, width, height } = planeField(law, [0, 1], [[-3, 3], [0, 1]], ['free', 'reflecting']); // prettier-ignore
    expect([width, height]).toEqual([84, 84]);
    // A thousandth or two lie beyond three standard deviations, or is smoothed out there.
    expect(density.reduce((sum, v) => sum + v * size, 0)).toBeGreaterThan(0.99);
    const corner: typeof law = {
      ...law,
      count: 30,
      x: Float64Array.from({ length: 60 }, (_, k) => (k % 2 === 0 ? 0.01 : 0.99)),
    };
    const found = planeField(corner, [0, 1], [[0, 1], [0, 1]], ['free', 'free']).density; // prettier-ignore
    expect(found.indexOf(Math.max(...found))).toBe(0);
  });

  it('go around a circle', () => {
    const x = Float64Array.from({ length: 400 }, (_, k) =>
      k % 2 === 0 ? (random.normal() * 0.1 + 1) % 1 : random.uniform(),
    );
    const { density } = planeField({ ...law, count: 200, x }, [0, 1], [[0, 1], [0, 1]], ['periodic', 'reflecting']); // prettier-ignore
    expect(density.reduce((sum, v) => sum + v / 84 ** 2, 0)).toBeCloseTo(1, 6);
  });

  it('put cells together where there are more than can be seen', () => {
    const { density, width, height } = planeField(cells, [0, 1], [[0, 2], [0, 1]], ['free', 'free']); // prettier-ignore
    expect([width, height]).toEqual([67, 4]);
    expect(density[0]).toBeCloseTo(1, 9);
    expect(density[66]).toBe(0);
  });

  it('are drawn where the mass is', () => {
    const [low, high] = rangeOf([law], 0);
    expect([low < -3, low > -4.5, high > 3, high < 4.5]).toEqual([true, true, true, true]);
    const [from, to] = rangeOf([cells], 0);
    expect([from > -0.1, from <= 0, to >= 1, to < 1.1]).toEqual([true, true, true, true]);
    expect(rangeOf([{ ...law, count: 1, x: Float64Array.of(5, 5) }], 0)).toEqual([4.5, 5.5]);
  });
});
