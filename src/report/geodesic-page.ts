// A geodesic as one HTML page: the distance with its bounds, the path as a strip of pictures and as a film, masses along it. Without a
// script: the film is made of layers that a style sheet shows one after the other. Not the report of a run (page.ts).

import { createHash } from 'node:crypto';
import { brief, linearAxis } from '../drawing/mod.js';
import { chart, unit, type Series } from './chart.js';
import { colourBar } from './colour-bar.js';
import { Figures } from './figure.js';
import { element, group, table, type Markup } from './markup.js';
import { pictureAddress } from './picture.js';
import { style } from './style.js';

export interface GeodesicData {
  readonly title: string;
  /** Key and value, for the table at the top. */
  readonly facts: readonly (readonly [string, string])[];
  readonly nodeNames: readonly string[];
  readonly coordinateNames: readonly string[];
  readonly cells: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Times of the densities, ascending from 0 to 1. */
  readonly times: readonly number[];
  /** f at these times: [node * cells + cell]. */
  readonly densities: readonly Float64Array[];
  readonly notes: readonly string[];
  /** What made it. */
  readonly footer: string;
}

/** Pictures in a strip, and nodes that are drawn: those with the most mass. */
const stripTimes = 5;
const mostNodes = 6;
/** Seconds that the film lasts; at its ends it rests a little. */
const filmSeconds = 4;

/** The page. */
export function renderGeodesic(data: GeodesicData): string {
  const figures = new Figures();
  const nodes = shownNodes(data);
  const film = filmRules(data.times.length);
  const css = `${style}\n${film}`;
  const hash = createHash('sha256').update(css).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const drawn =
    data.cells.length === 1 ? lineFigures(data, nodes, figures) : planeFigures(data, nodes, figures);
  const page = element(
    'html',
    { lang: 'en' },
    element(
      'head',
      {},
      element('meta', { charset: 'utf-8' }),
      element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
      element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      element('meta', { name: 'color-scheme', content: 'light dark' }),
      element('title', {}, `${data.title} – Wasserwerk`),
      { markup: `<style>${css}</style>` },
    ),
    element(
      'body',
      {},
      element(
        'main',
        {},
        element('p', { class: 'kind' }, 'Wasserwerk geodesic'),
        element('h1', {}, data.title),
        table(undefined, ['', ''], data.facts),
        data.notes.map((note) => element('p', { class: 'small' }, note)),
        element('h2', {}, 'The path'),
        drawn,
        data.nodeNames.length > 1 && element('h2', {}, 'Masses along the path'),
        data.nodeNames.length > 1 && element('div', { class: 'figures' }, massFigure(data, nodes, figures)),
        element('footer', {}, data.footer),
      ),
    ),
  );
  return `<!doctype html>\n${page.markup}\n`;
}

/** Indices of the nodes that are drawn: the heaviest along the path, in their order. */
function shownNodes({ nodeNames, densities }: GeodesicData): readonly number[] {
  const weight = nodeNames.map((_, g) => {
    let sum = 0;
    for (const density of densities) {
      const count = density.length / nodeNames.length;
      for (let i = g * count; i < (g + 1) * count; i++) sum += density[i];
    }
    return sum;
  });
  return nodeNames
    .map((_, g) => g)
    .sort((a, b) => weight[b] - weight[a] || a - b)
    .slice(0, mostNodes)
    .sort((a, b) => a - b);
}

function stripOf(count: number): readonly number[] {
  const shown = Math.min(count, stripTimes);
  return [...new Set(Array.from({ length: shown }, (_, k) => Math.round((k * (count - 1)) / (shown - 1))))];
}

/** One layer of a film after the other is seen; with less motion wanted, only the middle one. */
function filmRules(frames: number): string {
  const part = 100 / frames;
  const middle = Math.floor(frames / 2);
  const layers = Array.from({ length: frames }, (_, k) => {
    const delay = ((k - frames) * filmSeconds) / frames;
    return `.frame.k${k}{animation-delay:${delay.toFixed(3)}s}`;
  });
  return [
    '.film{max-width:520px}',
    `@keyframes frame{0%{visibility:visible}${part.toFixed(3)}%{visibility:hidden}100%{visibility:hidden}}`,
    `.frame{visibility:hidden;animation:frame ${filmSeconds}s step-end infinite}`,
    ...layers,
    `@media (prefers-reduced-motion:reduce),print{.frame{animation:none}.frame.k${middle}{visibility:visible}}`,
    '.area{fill:var(--c0);fill-opacity:.25;stroke:var(--c0);stroke-width:1.5}',
    '.strip{display:grid;gap:10px 12px;margin-bottom:12px}',
    '.strip svg{max-width:230px}',
  ].join('\n');
}

// ---- one coordinate ---------------------------------------------------------------------------------------------------

function lineFigures(data: GeodesicData, nodes: readonly number[], figures: Figures): Markup {
  const [count] = data.cells;
  const width = (data.high[0] - data.low[0]) / count;
  const x = Array.from({ length: count }, (_, i) => data.low[0] + (i + 0.5) * width);
  const times = stripOf(data.times.length);
  const [name] = data.coordinateNames;
  const charts = nodes.map((g) => {
    const node = data.nodeNames[g];
    const series = times.map((k, hue): Series => ({
      name: `s = ${brief(data.times[k])}`,
      hue,
      x,
      y: Array.from(data.densities[k].subarray(g * count, (g + 1) * count)),
    }));
    return figures.add(
      chart({
        description: `Density of ${name} on node ${node} along the geodesic.`,
        xLabel: name,
        yLabel: `density on node ${node}`,
        series,
        names: 'row',
        include: [0],
        xRange: [data.low[0], data.high[0]],
      }),
      `Density along the geodesic on node ${node}.`,
    );
  });
  return group(
    element('div', { class: 'figures' }, ...charts),
    figures.add(
      lineFilm(data, nodes),
      'The path as a film: s goes from 0 to 1 within four seconds.',
      undefined,
      'wide',
    ),
  );
}

const filmWidth = 520;
const rowHeight = 120;
const filmMargin = { left: 90, right: 10, top: 24, bottom: 24 };

function lineFilm(data: GeodesicData, nodes: readonly number[]): Markup {
  const [count] = data.cells;
  const height = filmMargin.top + nodes.length * rowHeight + filmMargin.bottom;
  const axis = linearAxis(data.low[0], data.high[0], 5);
  const right = filmWidth - filmMargin.right;
  const toX = (value: number): number => filmMargin.left + axis.place(value) * (right - filmMargin.left);
  const largest = data.densities.reduce((most, density) => density.reduce((m, f) => Math.max(m, f), most), 0);
  const width = (data.high[0] - data.low[0]) / count;
  const every = Math.ceil(count / 160);
  const frames = data.densities.map((density, k) =>
    element(
      'g',
      { class: `frame k${k}` },
      element('text', { x: right, y: 15, class: 'label end' }, `s = ${data.times[k].toFixed(2)}`),
      ...nodes.map((g, row) => {
        const bottom = filmMargin.top + (row + 1) * rowHeight - 6;
        const points = [`M${unit(toX(data.low[0] + 0.5 * width))} ${unit(bottom)}`];
        for (let i = 0; i < count; i += every) {
          const y = bottom - (density[g * count + i] / largest) * (rowHeight - 16);
          points.push(`L${unit(toX(data.low[0] + (i + 0.5) * width))} ${unit(y)}`);
        }
        points.push(`L${unit(toX(data.high[0] - 0.5 * width))} ${unit(bottom)}Z`);
        return element('path', { d: points.join(''), class: 'area' });
      }),
    ),
  );
  return element(
    'svg',
    {
      viewBox: `0 0 ${filmWidth} ${height}`,
      role: 'img',
      class: 'film',
      'aria-label': 'Film of the densities along the geodesic.',
    },
    ...nodes.map((g, row) =>
      group(
        element(
          'text',
          { x: filmMargin.left - 8, y: filmMargin.top + (row + 0.5) * rowHeight, class: 'label end' },
          shortName(data.nodeNames[g]),
        ),
        element('line', {
          x1: filmMargin.left,
          x2: right,
          y1: filmMargin.top + (row + 1) * rowHeight - 6,
          y2: filmMargin.top + (row + 1) * rowHeight - 6,
          class: 'axis',
        }),
      ),
    ),
    axis.ticks.map(({ value, label }) =>
      element('text', { x: unit(toX(value)), y: height - 8, class: 'tick middle' }, label),
    ),
    ...frames,
  );
}

function shortName(name: string): string {
  const letters = Array.from(name);
  return letters.length > 12 ? `${letters.slice(0, 11).join('')}…` : name;
}

// ---- two coordinates --------------------------------------------------------------------------------------------------

/** A picture of the density of a node: rows from the top, roots of densities. */
function pictureOf(data: GeodesicData, g: number, k: number, largest: number): string {
  const [width, height] = data.cells;
  const count = width * height;
  const values = new Float64Array(count);
  for (let a = 0; a < width; a++) {
    for (let b = 0; b < height; b++) {
      values[(height - 1 - b) * width + a] = Math.sqrt(
        data.densities[k][g * count + a * height + b] / largest,
      );
    }
  }
  return pictureAddress(values, width, height);
}

const panelSide = 150;
const panelMargin = { left: 34, top: 20, bottom: 22, right: 6 };

/** Axes around a picture; what is in it is given. */
function panel(data: GeodesicData, head: string, label: string, ...inside: Markup[]): Markup {
  const [wide, tall] = data.cells.map((_, k) => data.high[k] - data.low[k]);
  const width = panelSide;
  const height = Math.max(40, Math.min(2 * panelSide, (panelSide * tall) / wide));
  const [x, y] = [0, 1].map((k) => linearAxis(data.low[k], data.high[k], 3));
  const toX = (value: number): number => panelMargin.left + x.place(value) * width;
  const toY = (value: number): number => panelMargin.top + (1 - y.place(value)) * height;
  return element(
    'svg',
    {
      viewBox: `0 0 ${panelMargin.left + width + panelMargin.right} ${unit(panelMargin.top + height + panelMargin.bottom)}`,
      role: 'img',
      'aria-label': label,
    },
    element('text', { x: panelMargin.left, y: 13, class: 'label strong' }, head),
    ...inside,
    element('rect', { x: panelMargin.left, y: panelMargin.top, width, height: unit(height), class: 'box' }),
    x.ticks.map(({ value, label: text }) =>
      element(
        'text',
        { x: unit(toX(value)), y: unit(panelMargin.top + height + 15), class: 'tick middle' },
        text,
      ),
    ),
    y.ticks.map(({ value, label: text }) =>
      element('text', { x: panelMargin.left - 5, y: unit(toY(value) + 4), class: 'tick end' }, text),
    ),
  );
}

function image(data: GeodesicData, href: string): Markup {
  const [wide, tall] = data.cells.map((_, k) => data.high[k] - data.low[k]);
  return element('image', {
    href,
    x: panelMargin.left,
    y: panelMargin.top,
    width: panelSide,
    height: unit(Math.max(40, Math.min(2 * panelSide, (panelSide * tall) / wide))),
    preserveAspectRatio: 'none',
    class: 'pixels',
  });
}

function planeFigures(data: GeodesicData, nodes: readonly number[], figures: Figures): Markup {
  const largest = data.densities.reduce((most, density) => density.reduce((m, f) => Math.max(m, f), most), 0);
  const times = stripOf(data.times.length);
  const strip = nodes.map((g) =>
    element(
      'div',
      { class: 'panels' },
      ...times.map((k) =>
        panel(
          data,
          `${shortName(data.nodeNames[g])}, s = ${brief(data.times[k])}`,
          `Density on node ${data.nodeNames[g]} at s = ${brief(data.times[k])}.`,
          image(data, pictureOf(data, g, k, largest)),
        ),
      ),
    ),
  );
  const films = nodes.map((g) =>
    panel(
      data,
      shortName(data.nodeNames[g]),
      `Film of the density on node ${data.nodeNames[g]}.`,
      ...data.times.map((s, k) =>
        element(
          'g',
          { class: `frame k${k}` },
          image(data, pictureOf(data, g, k, largest)),
          element(
            'text',
            { x: panelMargin.left + panelSide, y: 13, class: 'tick end' },
            `s = ${s.toFixed(2)}`,
          ),
        ),
      ),
    ),
  );
  const names = data.coordinateNames.join(' and ');
  return group(
    figures.add(
      group(...strip, colourBar('density', [0, largest], 'root')),
      `Densities over ${names} along the geodesic, a row per node.`,
      undefined,
      'wide',
    ),
    figures.add(
      element('div', { class: 'panels' }, ...films),
      'The path as a film: s goes from 0 to 1 within four seconds.',
      undefined,
      'wide',
    ),
  );
}

// ---- masses -----------------------------------------------------------------------------------------------------------

function massFigure(data: GeodesicData, nodes: readonly number[], figures: Figures): Markup {
  const count = data.cells.reduce((product, n) => product * n, 1);
  const volume = data.cells.reduce((product, n, k) => (product * (data.high[k] - data.low[k])) / n, 1);
  const series = nodes.map((g, hue): Series => ({
    name: data.nodeNames[g],
    hue,
    x: data.times,
    y: data.densities.map((density) => {
      let sum = 0;
      for (let i = g * count; i < (g + 1) * count; i++) sum += density[i];
      return sum * volume;
    }),
  }));
  return figures.add(
    chart({
      description: 'Masses of the nodes along the geodesic.',
      xLabel: 's',
      yLabel: 'mass',
      series,
      names: 'ends',
      include: [0],
    }),
    'Masses of the nodes along the geodesic.',
    {
      head: ['s', ...nodes.map((g) => data.nodeNames[g])],
      rows: data.times.map((s, k) => [brief(s), ...series.map(({ y }) => y[k].toFixed(5))]),
    },
  );
}
