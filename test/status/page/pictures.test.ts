// Pictures of the state taken apart and made into histograms and rasters, places of graphs, texts, and the files of the page.

import * as fc from 'fast-check';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hues } from '../../../src/drawing/mod.js';
import {
  histogram,
  marginal,
  particlesByNode,
  rangeOf,
  raster,
  spread,
  steadyRange,
} from '../../../src/status/page/client/density.js';
import { gridColumns, mostDrawn, placeGraph } from '../../../src/status/page/client/graph-place.js';
import { placeLabels } from '../../../src/status/page/client/labels.js';
import { parsePicture, PictureError, type Picture } from '../../../src/status/page/client/picture.js';
import {
  about,
  curveText,
  keyNumbers,
  leftText,
  percent,
  perSecond,
  stepsText,
} from '../../../src/status/page/client/words.js';
import { pageFiles } from '../../../src/status/page/mod.js';
import { pictureBytes } from '../../../src/status/picture-bytes.js';
import { SyntheticRun } from './synthetic.js';

function bytesOf(head: unknown, ...arrays: ArrayBufferView[]): ArrayBuffer {
  let text = JSON.stringify(head);
  while (text.length % 8 !== 0) text += ' ';
  const parts: Uint8Array[] = [
    new Uint8Array(Uint32Array.of(text.length).buffer),
    new TextEncoder().encode(text),
    ...arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)),
  ];
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole.buffer;
}

const particles = { kind: 'particles', step: 7, count: 2, dimension: 2, precision: 'f32' };

describe('a picture', () => {
  it('of particles and of densities is read as the server writes it', async () => {
    for (const options of [{ dimension: 3 }, { dimension: 1, kind: 'grid' as const }]) {
      const run = new SyntheticRun({ ...options, nodes: 3 });
      run.advance(40);
      const sent = await run.picture(100);
      const bytes = pictureBytes(sent!);
      const read = parsePicture(
        bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
      );
      expect(read).toMatchObject(sent!);
    }
  });

  it('of doubles, too', () => {
    const x = Float64Array.of(1, 2, 3, 4);
    const read = parsePicture(bytesOf({ ...particles, precision: 'f64' }, x, Int32Array.of(0, 1)));
    expect(read).toMatchObject({ kind: 'particles', step: 7, x, node: Int32Array.of(0, 1) });
  });

  it.each([
    ['nothing', new ArrayBuffer(0), 'empty'],
    [
      'a head longer than all',
      new Uint8Array([255, 255, 255, 255, 0]).buffer,
      'head of the picture is cut off',
    ],
    ['no JSON', new Uint8Array([1, 0, 0, 0, 65]).buffer, 'no JSON'],
    ['no object', bytesOf([1]), 'no object'],
    ['another kind', bytesOf({ ...particles, kind: 'song' }), 'of no known kind'],
    ['no precision', bytesOf({ ...particles, precision: 'f16' }), 'no precision'],
    ['too few numbers', bytesOf(particles, Float32Array.of(1, 2, 3)), 'cut off'],
    ['too few nodes', bytesOf(particles, Float32Array.of(1, 2, 3, 4), Int32Array.of(0)), 'cut off'],
    ['a count that is none', bytesOf({ ...particles, count: -1 }), 'no whole number "count"'],
    ['no dimension', bytesOf({ ...particles, dimension: 0 }), 'no coordinates'],
    ['no cells', bytesOf({ ...particles, kind: 'densities', nodes: 1, cells: ['a'] }), 'numbers "cells"'],
  ])('of %s is refused', (_, bytes, message) => {
    expect(() => parsePicture(bytes)).toThrow(PictureError);
    expect(() => parsePicture(bytes)).toThrow(message);
  });

  it('of any bytes is read or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parsePicture(Uint8Array.from(bytes).buffer);
        } catch (error) {
          expect(error).toBeInstanceOf(PictureError);
        }
      }),
    );
  });
});

describe('densities', () => {
  const cloud: Picture = {
    ...{ kind: 'particles', step: 0, count: 4, dimension: 2 },
    x: Float32Array.of(0, 10, 1, 20, 2, 30, 3, 40),
    node: Int32Array.of(0, 1, 0, 0),
  };
  // 2 x 3 cells on two nodes; the second is empty.
  const cells: Picture = {
    ...{ kind: 'densities', step: 0, cells: [2, 3], low: [0, 0], high: [2, 6], nodes: 2 },
    density: Float64Array.of(1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0),
  };

  it('of particles count those of the node', () => {
    const rows = particlesByNode(cloud, 2);
    expect(rows.map((list) => Array.from(list))).toEqual([[0, 2, 3], [1]]);
    const { edges, density } = histogram(cloud, 0, rows[0], 0, [0, 4]);
    const width = edges[1] - edges[0];
    expect(density.reduce((sum, value) => sum + value * width, 0)).toBeCloseTo(1, 12);
    expect(spread(cloud, 0, rows[0], 0).mean).toBeCloseTo(5 / 3, 6);
    const {
      width: side,
      density: plane,
      ranges,
    } = raster(
      cloud,
      1,
      rows[1],
      [0, 1],
      [
        [0, 2],
        [0, 40],
      ],
    );
    expect(plane.filter((value) => value > 0)).toHaveLength(1);
    // x = 1 is the middle column, y = 20 half way up.
    expect(plane.findIndex((value) => value > 0)).toBe((side / 2 - 1) * side + side / 2);
    expect(ranges).toEqual([
      [0, 2],
      [0, 40],
    ]);
  });

  it('of cells are summed over the other coordinates', () => {
    expect(Array.from(marginal(cells, 0, [0]))).toEqual([6 / 21, 15 / 21]);
    expect(Array.from(marginal(cells, 0, [1]))).toEqual([5 / 21, 7 / 21, 9 / 21]);
    expect(Array.from(marginal(cells, 1, [1]))).toEqual([0, 0, 0]);
    const { width, height, density } = raster(
      cells,
      0,
      new Int32Array(0),
      [0, 1],
      [
        [0, 1],
        [0, 1],
      ],
    );
    expect([width, height]).toEqual([2, 3]);
    // From the top: the largest second coordinate.
    expect(Array.from(density, (value) => Math.round(value * 21 * 2))).toEqual([3, 6, 2, 5, 1, 4]);
    expect(spread(cells, 1, new Int32Array(0), 0).mean).toBeNaN();
  });

  it('have a range that holds them and stands still', () => {
    const [low, high] = rangeOf(cloud, 0, [0, 1])!;
    expect(low).toBeLessThanOrEqual(0);
    expect(high).toBeGreaterThanOrEqual(3);
    expect(rangeOf(cloud, 0, [5])).toBeUndefined();
    expect(rangeOf(cells, 1, [1])).toBeUndefined();
    expect(rangeOf(cells, 1, [0])![1]).toBeGreaterThanOrEqual(6);
    expect(rangeOf({ ...cloud, x: new Float32Array(8) }, 0, [0])).toEqual([-0.5, 0.5]);
    expect(steadyRange([0, 10], [1, 9])).toEqual([0, 10]);
    expect(steadyRange([0, 10], [1, 3])[1]).toBeLessThan(4);
    expect(steadyRange([0, 10], [1, 11])[1]).toBeGreaterThan(11);
  });
});

describe('places of nodes', () => {
  const grid = (wide: number, tall: number, isTorus: boolean) => {
    const [from, to]: [number[], number[]] = [[], []];
    const join = (a: number, b: number): void => {
      from.push(a, b);
      to.push(b, a);
    };
    for (let y = 0; y < tall; y++) {
      for (let x = 0; x < wide; x++) {
        if (x + 1 < wide || isTorus) join(y * wide + x, y * wide + ((x + 1) % wide));
        if (y + 1 < tall || isTorus) join(y * wide + x, ((y + 1) % tall) * wide + x);
      }
    }
    return { from, to, weight: from.map(() => 1) };
  };

  it.each([
    [8, 4, false],
    [32, 32, false],
    [32, 32, true],
    [5, 9, true],
  ])('of a grid of %d x %d are rows and columns', (wide, tall, isTorus) => {
    expect(gridColumns(wide * tall, grid(wide, tall, isTorus))).toBe(wide);
  });

  it('of a ring, a star or a complete graph are none of a grid', () => {
    const ring = Array.from({ length: 12 }, (_, g) => g);
    const next = ring.map((g) => (g + 1) % 12);
    expect(gridColumns(12, { from: [...ring, ...next], to: [...next, ...ring], weight: [] })).toBeUndefined();
    const others = ring.slice(1);
    const zeros = others.map(() => 0);
    expect(
      gridColumns(12, { from: [...zeros, ...others], to: [...others, ...zeros], weight: [] }),
    ).toBeUndefined();
    const pairs = ring.flatMap((a) => ring.filter((b) => b !== a).map((b) => [a, b]));
    expect(
      gridColumns(12, { from: pairs.map(([a]) => a), to: pairs.map(([, b]) => b), weight: [] }),
    ).toBeUndefined();
  });

  it('are the same every time and within the drawing; of large graphs tiles', () => {
    const small = placeGraph(32, grid(8, 4, false));
    expect(small).toEqual(placeGraph(32, grid(8, 4, false)));
    expect(
      small.kind === 'places' && small.places.every(({ x, y }) => x >= 0 && x <= 1 && y >= 0 && y <= 1),
    ).toBe(true);
    expect(placeGraph(1024, grid(32, 32, true))).toEqual({ kind: 'tiles', columns: 32, rows: 32 });
    const none = { from: [], to: [], weight: [] };
    const tiles = placeGraph(mostDrawn + 1, none);
    expect(tiles.kind === 'tiles' && tiles.columns * tiles.rows > mostDrawn).toBe(true);
    expect(placeGraph(1, none)).toEqual({ kind: 'places', places: [{ x: 0.5, y: 0.5 }] });
  });
});

describe('names beside nodes', () => {
  const widthOf = (text: string): number => 7 * text.length;

  it('stand outwards where there is room', () => {
    const circles = [
      { x: 100, y: 100, radius: 10 },
      { x: 300, y: 100, radius: 10 },
    ];
    const [a, b] = placeLabels(circles, [], ['left', 'right'], widthOf, 400, 200);
    expect(a.x + widthOf('left')).toBeLessThan(90);
    expect(b.x).toBeGreaterThan(310);
  });

  it('keep off edges', () => {
    const circles = [60, 160, 260].map((x) => ({ x, y: 100, radius: 10 }));
    const segments = [
      { from: circles[0], to: circles[1] },
      { from: circles[1], to: circles[2] },
      { from: circles[1], to: { x: 160, y: 0 } },
    ];
    const labels = placeLabels(circles, segments, ['left', 'middle', 'right'], widthOf, 400, 200);
    expect(labels[1].y).toBeGreaterThan(110);
    expect([labels[0].y, labels[2].y]).toEqual([104, 104]);
  });

  it('never lie on one another, on nodes, or outside', () => {
    const circles = Array.from({ length: 36 }, (_, g) => ({
      x: 30 + (g % 6) * 50,
      y: 30 + Math.floor(g / 6) * 50,
      radius: 4 + (g % 5) * 3,
    }));
    const labels = placeLabels(
      circles,
      [],
      circles.map((_, g) => `well ${g}`),
      widthOf,
      310,
      310,
    );
    expect(labels.length).toBeGreaterThan(12);
    const boxes = labels.map(({ x, y, text }) => [x, x + widthOf(text), y - 11, y + 4]);
    boxes.forEach(([l, r, t, b], k) => {
      expect(l >= 0 && r <= 310 && t >= 0 && b <= 310).toBe(true);
      for (const [l2, r2, t2, b2] of boxes.slice(k + 1)) {
        expect(l < r2 && l2 < r && t < b2 && t2 < b).toBe(false);
      }
    });
    expect(
      placeLabels(
        circles,
        [],
        circles.map(() => ''),
        widthOf,
        310,
        310,
      ),
    ).toEqual([]);
  });
});

describe('texts', () => {
  it('of parts, times and rates', () => {
    expect([0, 0.3337, 0.9999, 1, 2, NaN].map(percent)).toEqual([
      '0.0 %',
      '33.3 %',
      '99.9 %',
      '100 %',
      '100 %',
      '–',
    ]);
    expect([null, 0.4, 59.4, 61, 7200].map(about)).toEqual(['–', '0 s', '59 s', '1:01 min', '2:00:00 h']);
    expect([null, 12.34, 54_321, 4.123e8, 2e9].map(perSecond)).toEqual([
      '–',
      '12.3 /s',
      '54\u202f321 /s',
      '412 million /s',
      '2 billion /s',
    ]);
  });

  it('of a run', () => {
    const run = new SyntheticRun();
    run.advance(1000);
    const view = run.view();
    expect(stepsText(view)).toBe('step 1\u202f000 of 4\u202f000, t = 5 of 20');
    expect(leftText(view)).toBe('2:30 min left');
    expect(leftText({ ...view, secondsLeft: null })).toBe('time left not known');
    expect(leftText({ ...view, state: 'finished' })).toBe('took 50 s');
    const names = (changed: object): string[] => keyNumbers({ ...view, ...changed }).map(({ name }) => name);
    expect(names({})).toContain('Energy E');
    expect(names({ energy: null, observation: null })).not.toContain('Energy E');
    expect(names({ representation: 'grid' })).toContain('Cells');
    expect(names({})).not.toContain('H = E + T');
    const motion = { friction: 0.5, kinetic: 0.25, kineticError: 0, hamiltonian: -0.75, hamiltonianError: 0 };
    const energy = view.energy && { ...view.energy, hamiltonian: -0.75 };
    const moving = keyNumbers({ ...view, energy, motion });
    const valueOf = (name: string): string | undefined => moving.find((one) => one.name === name)?.value;
    expect(['H = E + T', 'Kinetic energy T', 'Friction γ'].map(valueOf)).toEqual(['−0.75', '0.25', '0.5']);
    expect(moving.map(({ name }) => name)).toContain('Dissipation 2γT');
    expect(curveText('E', [0, 1, 2], [NaN, 3, 4])).toBe('E: 3 at 1, 4 at 2');
    expect(curveText('E', [], [])).toBe('E: no values yet');
  });
});

describe('the files of the page', () => {
  const files = pageFiles();
  const html = new TextDecoder().decode(files.get('index.html')?.body);

  it('have types, and the page asks for nothing that is not among them', () => {
    expect(files.get('index.html')?.type).toMatch(/^text\/html/u);
    const wanted = Array.from(html.matchAll(/(?:src|href)="(page\/[^"]+)"/gu), ([, path]) => path.slice(5));
    expect(wanted).toContain('style.css');
    for (const path of wanted) {
      const source = new URL(`../../../src/${path.replace(/\.js$/u, '.ts')}`, import.meta.url);
      expect(files.has(path) || existsSync(source), path).toBe(true);
    }
  });

  it('hold no script or style within the page, and no address of elsewhere', () => {
    expect(html).not.toMatch(/<style|style="|<script(?![^>]*src=)|\son[a-z]+="|https?:/u);
    expect(new TextDecoder().decode(files.get('style.css')?.body)).not.toMatch(/url\(|@import/u);
  });

  it('have the colours of reports', () => {
    const style = new TextDecoder().decode(files.get('style.css')?.body);
    hues.forEach(({ light, dark }, k) => {
      expect(style).toContain(`--c${k}: ${light};`);
      expect(style.split(`--c${k}: ${dark};`)).toHaveLength(3);
    });
  });

  it('find every id that a module asks for', () => {
    const client = new URL('../../../src/status/page/client/', import.meta.url);
    const code = readdirSync(client)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(name, client), 'utf8'))
      .join('\n');
    const ids = Array.from(code.matchAll(/find\('([\w-]+)'/gu), ([, id]) => id);
    expect(ids.length).toBeGreaterThan(20);
    for (const id of ids) expect(html).toContain(`id="${id}"`);
  });
});
