// A chart of lines over a common x: axes with round numbers, bands of errors, labels at the ends of the lines or in a row
// above. What the lines are is the business of the sections.

import { type Axis, hueClass, isDashed, linearAxis, logAxis } from '../drawing/mod.js';
import { element, group, type Markup } from './markup.js';

/** One line. Values that are not finite (or, on a log axis, not positive) interrupt it. */
export interface Series {
  readonly name: string;
  /** Which of the hues; the same name has the same one in all charts. */
  readonly hue: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Half width of a band around the line. */
  readonly error?: readonly number[];
  /** Drawn as steps from x[k] to x[k + 1] (one more x than y), as histograms are. */
  readonly steps?: boolean;
  /** Thin and dashed, over the others: a fit. */
  readonly isFit?: boolean;
}

export interface ChartOptions {
  /** What the chart shows, for those who cannot see it. */
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  readonly scale?: 'linear' | 'log';
  /** Names at the ends of the lines, in a row above, or nowhere. */
  readonly names: 'ends' | 'row' | 'none';
  /** A value that the y axis must reach, such as 0. */
  readonly include?: readonly number[];
  readonly xRange?: readonly [number, number];
}

export const chartWidth = 400;
const height = 256;
const margin = { top: 26, right: 14, bottom: 40 };
/** Points of a line; of more, every k-th is drawn. */
const mostPoints = 300;
/** Width of a character of the 12 units high type, roughly. */
const characterWidth = 6.4;
const lineHeight = 13;

export function chart(options: ChartOptions): Markup {
  const { series, names } = options;
  const y = yAxis(options);
  const xs = series.flatMap((one) => one.x);
  const [left, right] = options.xRange ?? [Math.min(...xs), Math.max(...xs)];
  const x = linearAxis(left, right, 5);
  const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));
  const labels = names === 'ends' ? series.map(({ name }) => shortened(name)) : [];
  const start = 16 + characterWidth * longest(y.ticks.map(({ label }) => label));
  const area = {
    left: Math.max(44, start),
    right: chartWidth - (labels.length > 0 ? 12 + characterWidth * longest(labels) : margin.right),
    top: names === 'row' ? margin.top + rowHeight(series) : margin.top,
    bottom: height - margin.bottom,
  };
  const toX = (value: number): number => area.left + x.place(value) * (area.right - area.left);
  const toY = (value: number): number => area.bottom - y.place(value) * (area.bottom - area.top);
  return element(
    'svg',
    {
      viewBox: `0 0 ${chartWidth} ${height}`,
      role: 'img',
      'aria-label': options.description,
      class: 'chart',
    },
    frame(x, y, toX, toY, area, options),
    series.map((one) => band(thinned(one), toX, toY, y)),
    series.map((one) => line(thinned(one), toX, toY, y)),
    names === 'ends' && endLabels(series, labels, toX, toY, area, y),
    names === 'row' && rowOfNames(series, area.left),
  );
}

interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function isDrawable(value: number, { kind }: Pick<Axis, 'kind'>): boolean {
  return Number.isFinite(value) && (kind === 'linear' || value > 0);
}

function yAxis({ series, scale = 'linear', include = [] }: ChartOptions): Axis {
  const values = series.flatMap(({ y, error }) =>
    y.flatMap((value, k) => {
      const width = error?.[k] ?? 0;
      if (scale === 'log') return value > 0 ? [value] : [];
      return Number.isFinite(width) ? [value - width, value + width] : [value];
    }),
  );
  const finite = [...values, ...include].filter((value) => isDrawable(value, { kind: scale }));
  // No spread, for there may be very many.
  const low = finite.reduce((least, value) => Math.min(least, value), Infinity);
  const high = finite.reduce((most, value) => Math.max(most, value), -Infinity);
  if (finite.length === 0) return linearAxis(0, 1);
  return scale === 'log' ? logAxis(low, high) : linearAxis(low, high, 5, true);
}

function thinned(series: Series): Series {
  const count = series.y.length;
  if (series.steps === true || count <= mostPoints) return series;
  const every = Math.ceil(count / mostPoints);
  const kept = Array.from({ length: count }, (_, k) => k).filter((k) => k % every === 0 || k === count - 1);
  const pick = (values: readonly number[]): number[] => kept.map((k) => values[k]);
  return {
    ...series,
    x: pick(series.x),
    y: pick(series.y),
    ...(series.error && { error: pick(series.error) }),
  };
}

/** A coordinate of the drawing, with a tenth of a unit. */
export function unit(value: number): string {
  return String(Math.round(value * 10) / 10);
}

type Place = (value: number) => number;

function frame(x: Axis, y: Axis, toX: Place, toY: Place, area: Area, options: ChartOptions): Markup {
  const { left, right, bottom } = area;
  return group(
    y.ticks.map(({ value, label }) => {
      const at = unit(toY(value));
      return group(
        element('line', { x1: unit(left), x2: unit(right), y1: at, y2: at, class: 'grid' }),
        element('text', { x: unit(left - 6), y: unit(toY(value) + 4), class: 'tick end' }, label),
      );
    }),
    element('line', { x1: unit(left), x2: unit(right), y1: unit(bottom), y2: unit(bottom), class: 'axis' }),
    x.ticks.map(({ value, label }) => {
      const at = unit(toX(value));
      return group(
        element('line', { x1: at, x2: at, y1: unit(bottom), y2: unit(bottom + 4), class: 'axis' }),
        element('text', { x: at, y: unit(bottom + 16), class: 'tick middle' }, label),
      );
    }),
    element('text', { x: unit((left + right) / 2), y: height - 6, class: 'name middle' }, options.xLabel),
    // Above the axis rather than turned: read without tilting the head.
    element('text', { x: 4, y: 13, class: 'name' }, options.yLabel),
  );
}

/** Stretches of a line without interruption, as lists of indices. */
function stretches(series: Series, y: Axis): number[][] {
  const found: number[][] = [];
  let now: number[] = [];
  series.y.forEach((value, k) => {
    if (isDrawable(value, y)) {
      if (now.length === 0) found.push(now);
      now.push(k);
    } else now = [];
  });
  return found;
}

/** The corners of a line; of a histogram two for each value. */
function corners(
  series: Series,
  indices: readonly number[],
  value: (k: number) => number,
): [number, number][] {
  return indices.flatMap((k): [number, number][] =>
    series.steps === true
      ? [
          [series.x[k], value(k)],
          [series.x[k + 1], value(k)],
        ]
      : [[series.x[k], value(k)]],
  );
}

function line(series: Series, toX: Place, toY: Place, y: Axis): Markup {
  const classes = [
    'line',
    hueClass(series.hue),
    series.isFit === true ? 'fit' : isDashed(series.hue) ? 'dashed' : '',
  ];
  return group(
    stretches(series, y).map((indices) => {
      const points = corners(series, indices, (k) => series.y[k]);
      const path = points
        .map(([a, b], k) => `${k === 0 ? 'M' : 'L'}${unit(toX(a))} ${unit(toY(b))}`)
        .join('');
      if (points.length === 1) {
        const [[a, b]] = points;
        return element('circle', {
          cx: unit(toX(a)),
          cy: unit(toY(b)),
          r: 2.5,
          class: `dot ${hueClass(series.hue)}`,
        });
      }
      return element(
        'path',
        { d: path, class: classes.filter((name) => name !== '').join(' ') },
        element('title', {}, series.name),
      );
    }),
  );
}

function band(series: Series, toX: Place, toY: Place, y: Axis): Markup {
  const { error } = series;
  if (error?.some((width) => width > 0) !== true) return group();
  const bottom = (value: number): number =>
    // Below zero a log axis has nothing: the band ends at the foot of the chart.
    y.kind === 'log' && value <= y.low ? toY(y.low) : toY(value);
  return group(
    stretches(series, y).map((indices) => {
      const known = indices.filter((k) => Number.isFinite(error[k]));
      if (known.length < (series.steps === true ? 1 : 2)) return group();
      const upper = corners(series, known, (k) => series.y[k] + error[k]);
      const lower = corners(series, known, (k) => series.y[k] - error[k]).reverse();
      const points = [
        ...upper.map(([a, b]) => `${unit(toX(a))} ${unit(toY(b))}`),
        ...lower.map(([a, b]) => `${unit(toX(a))} ${unit(bottom(b))}`),
      ];
      return element('path', { d: `M${points.join('L')}Z`, class: `band ${hueClass(series.hue)}` });
    }),
  );
}

function shortened(name: string): string {
  const characters = Array.from(name);
  return characters.length > 12 ? `${characters.slice(0, 11).join('')}…` : name;
}

/** Names to the right of the last points, moved apart where they would overlap. */
function endLabels(
  series: readonly Series[],
  labels: readonly string[],
  toX: Place,
  toY: Place,
  area: Area,
  y: Axis,
): Markup {
  const wanted = series
    .map((one, k) => ({ k, at: lastDrawable(one, y) }))
    .filter(({ at }) => at >= 0)
    .map(({ k, at }) => ({
      k,
      x: toX(series[k].x[at]),
      from: toY(series[k].y[at]),
      to: toY(series[k].y[at]),
    }))
    .sort((a, b) => a.from - b.from);
  spreadOut(wanted, area.top, area.bottom);
  return group(
    wanted.map(({ k, from, to, x }) =>
      group(
        Math.abs(from - to) > 4 &&
          element('path', {
            d: `M${unit(x + 1)} ${unit(from)}L${unit(area.right + 6)} ${unit(to)}`,
            class: `leader ${hueClass(series[k].hue)}`,
          }),
        element(
          'text',
          { x: unit(area.right + 8), y: unit(to + 4), class: `label ${hueClass(series[k].hue)}` },
          labels[k],
        ),
      ),
    ),
  );
}

function lastDrawable(series: Series, y: Axis): number {
  for (let k = series.y.length - 1; k >= 0; k--) if (isDrawable(series.y[k], y)) return k;
  return -1;
}

/** Moves places down, then up, until neighbours are a line apart; within low and high as long as there is room. */
function spreadOut(places: { to: number }[], low: number, high: number): void {
  let least = low;
  for (const place of places) {
    place.to = Math.max(place.to, least);
    least = place.to + lineHeight;
  }
  let most = high;
  for (const place of [...places].reverse()) {
    place.to = Math.min(place.to, most);
    most = place.to - lineHeight;
  }
}

/** Names in rows above the chart: where each begins. */
function rowPlaces(series: readonly Series[]): { x: number; row: number }[] {
  let [x, row] = [0, 0];
  return series.map(({ name }) => {
    const width = 34 + characterWidth * shortened(name).length;
    if (x > 0 && x + width > chartWidth - 50) [x, row] = [0, row + 1];
    const place = { x, row };
    x += width;
    return place;
  });
}

function rowHeight(series: readonly Series[]): number {
  return (1 + Math.max(0, ...rowPlaces(series).map(({ row }) => row))) * (lineHeight + 2);
}

function rowOfNames(series: readonly Series[], left: number): Markup {
  const places = rowPlaces(series);
  return group(
    series.map(({ name, hue, isFit }, k) => {
      const x = left + places[k].x;
      const y = 28 + places[k].row * (lineHeight + 2);
      const dash = isFit === true ? ' fit' : isDashed(hue) ? ' dashed' : '';
      return group(
        element('path', { d: `M${unit(x)} ${unit(y)}h18`, class: `line ${hueClass(hue)}${dash}` }),
        element(
          'text',
          { x: unit(x + 22), y: unit(y + 4), class: `label ${hueClass(hue)}` },
          shortened(name),
        ),
      );
    }),
  );
}

/** What a caption says of the bands of a chart; nothing where there are none. */
export function bandNote(series: readonly Series[], note = 'Bands: ± 2 standard errors.'): string {
  return series.some(({ error }) => error?.some((width) => width > 0)) ? ` ${note}` : '';
}
