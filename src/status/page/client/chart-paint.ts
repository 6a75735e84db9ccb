// How the lines of a chart look on a canvas: axes, bands, lines, the cursor. chart.ts decides when and what.

import { linearAxis, logAxis, type Axis } from '../../../drawing/mod.js';
import type { Surface } from './canvas.js';
import { colours, hueColour } from './palette.js';

export interface Series {
  readonly name: string;
  readonly hue: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Standard errors; the band is twice as wide to either side. */
  readonly error?: readonly number[];
}

export interface ChartContent {
  readonly series: readonly Series[];
  readonly scale: 'linear' | 'log';
  /** Values that the y axis must reach. */
  readonly include?: readonly number[];
  /** What no value can be below: nor does the y axis go there for the sake of a band. */
  readonly least?: number;
  readonly xRange?: readonly [number, number] | undefined;
  /** Said in place of lines while there are none. */
  readonly empty: string;
}

export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where a chart has been drawn: what a pointer's place means. */
export interface Drawn {
  readonly area: Area;
  readonly x: Axis;
}

const margin = { top: 10, right: 12, bottom: 36 };
const bandErrors = 2;

/** Draws a chart; undefined where there is nothing to draw and the empty text stands there. */
export function paintChart(
  { context, width, height }: Surface,
  { series, scale, include = [], least = -Infinity, xRange, empty }: ChartContent,
  xLabel: string,
  cursorAt: number | undefined,
): Drawn | undefined {
  const y = yAxis(series, scale, include, least);
  if (!y) {
    context.fillStyle = colours().soft;
    context.textAlign = 'center';
    context.fillText(empty, width / 2, height / 2, width - 16);
    return undefined;
  }
  const [low, high] = xRange ?? ends(series);
  const x = linearAxis(low, high, Math.max(2, Math.floor(width / 90)));
  const widest = y.ticks.reduce((most, { label }) => Math.max(most, context.measureText(label).width), 0);
  const area = {
    left: Math.max(40, widest + 12),
    right: width - margin.right,
    top: margin.top,
    bottom: height - margin.bottom,
  };
  const toX = (value: number): number => area.left + x.place(value) * (area.right - area.left);
  const toY = (value: number): number => area.bottom - y.place(value) * (area.bottom - area.top);
  frame(context, x, y, toX, toY, area, xLabel);
  context.save();
  context.beginPath();
  context.rect(area.left, area.top - 2, area.right - area.left + 2, area.bottom - area.top + 4);
  context.clip();
  for (const one of series) band(context, one, toX, toY, y);
  for (const one of series) line(context, one, toX, toY, y);
  if (cursorAt !== undefined) cursor(context, series, cursorAt, toX, toY, y, area);
  context.restore();
  return { area, x };
}

/** Index of the value nearest to `x` in an ascending list. */
export function nearest(xs: readonly number[], x: number): number {
  let [low, high] = [0, xs.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle;
  }
  return Math.abs(xs[high] - x) < Math.abs(xs[low] - x) ? high : Math.max(0, low);
}

function ends(series: readonly Series[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { x } of series) {
    low = Math.min(low, x[0] ?? Infinity);
    high = Math.max(high, x.at(-1) ?? -Infinity);
  }
  return [low, high];
}

const isDrawable = (value: number, { kind }: Pick<Axis, 'kind'>): boolean =>
  Number.isFinite(value) && (kind === 'linear' || value > 0);

function yAxis(
  series: readonly Series[],
  scale: 'linear' | 'log',
  include: readonly number[],
  least: number,
): Axis | undefined {
  let [low, high] = [Infinity, -Infinity];
  const take = (value: number): void => {
    if (!isDrawable(value, { kind: scale })) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const { y, error } of series) {
    y.forEach((value, k) => {
      // What lies within its own noise does not stretch a logarithmic axis.
      take(scale === 'log' ? Math.max(value, error?.[k] ?? 0) : value);
      const half = bandErrors * (error?.[k] ?? 0);
      if (scale === 'linear' && half > 0) {
        take(Math.max(least, value - half));
        take(value + half);
      }
    });
  }
  if (low > high) return undefined;
  include.forEach(take);
  return scale === 'log' ? logAxis(low, high, 6) : linearAxis(low, high, 5, true);
}

type Place = (value: number) => number;

function frame(
  context: CanvasRenderingContext2D,
  x: Axis,
  y: Axis,
  toX: Place,
  toY: Place,
  area: Area,
  xLabel: string,
): void {
  const palette = colours();
  const sharp = (value: number): number => Math.round(value) + 0.5;
  context.lineWidth = 1;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (const { value, label } of y.ticks) {
    const at = sharp(toY(value));
    context.strokeStyle = palette.faint;
    context.beginPath();
    context.moveTo(area.left, at);
    context.lineTo(area.right, at);
    context.stroke();
    context.fillStyle = palette.soft;
    context.fillText(label, area.left - 6, at);
  }
  context.strokeStyle = palette.edge;
  context.beginPath();
  context.moveTo(area.left, sharp(area.bottom));
  context.lineTo(area.right, sharp(area.bottom));
  for (const { value } of x.ticks) {
    const at = sharp(toX(value));
    context.moveTo(at, area.bottom);
    context.lineTo(at, area.bottom + 4);
  }
  context.stroke();
  context.fillStyle = palette.soft;
  context.textBaseline = 'top';
  context.textAlign = 'center';
  for (const { value, label } of x.ticks) {
    // At the ends a text is moved in rather than cut off.
    const half = context.measureText(label).width / 2;
    context.fillText(label, Math.min(toX(value), area.right + margin.right - half - 1), area.bottom + 6);
  }
  context.fillText(xLabel, (area.left + area.right) / 2, area.bottom + 21);
  context.textBaseline = 'alphabetic';
}

function line(
  context: CanvasRenderingContext2D,
  { x, y, hue }: Series,
  toX: Place,
  toY: Place,
  axis: Axis,
): void {
  context.strokeStyle = hueColour(hue);
  context.fillStyle = hueColour(hue);
  context.lineWidth = 1.8;
  context.lineJoin = 'round';
  context.setLineDash(hue >= 8 ? [6, 3.5] : []);
  context.beginPath();
  let isOn = false;
  y.forEach((value, k) => {
    if (!isDrawable(value, axis)) {
      isOn = false;
      return;
    }
    const [a, b] = [toX(x[k]), toY(value)];
    if (isOn) context.lineTo(a, b);
    else context.moveTo(a, b);
    isOn = true;
  });
  context.stroke();
  context.setLineDash([]);
  if (y.length === 1 && isDrawable(y[0], axis)) {
    context.beginPath();
    context.arc(toX(x[0]), toY(y[0]), 3, 0, 2 * Math.PI);
    context.fill();
  }
}

function band(
  context: CanvasRenderingContext2D,
  { x, y, error, hue }: Series,
  toX: Place,
  toY: Place,
  axis: Axis,
): void {
  if (error?.some((value) => value > 0) !== true) return;
  // Below zero a log axis has nothing: the band ends at the foot of the chart.
  const lower = (value: number): number => toY(axis.kind === 'log' ? Math.max(axis.low, value) : value);
  const known = (k: number): boolean => k < y.length && isDrawable(y[k], axis) && Number.isFinite(error[k]);
  context.fillStyle = hueColour(hue);
  context.globalAlpha = 0.22;
  for (let start = 0; start < y.length;) {
    if (!known(start)) {
      start += 1;
      continue;
    }
    let end = start;
    while (known(end + 1)) end += 1;
    context.beginPath();
    for (let k = start; k <= end; k++) context.lineTo(toX(x[k]), toY(y[k] + bandErrors * error[k]));
    for (let k = end; k >= start; k--) context.lineTo(toX(x[k]), lower(y[k] - bandErrors * error[k]));
    context.fill();
    start = end + 1;
  }
  context.globalAlpha = 1;
}

function cursor(
  context: CanvasRenderingContext2D,
  series: readonly Series[],
  at: number,
  toX: Place,
  toY: Place,
  axis: Axis,
  area: Area,
): void {
  const palette = colours();
  const longest = series.reduce((most, one) => (one.x.length > most.x.length ? one : most));
  const x = longest.x[nearest(longest.x, at)];
  context.strokeStyle = palette.soft;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(toX(x)) + 0.5, area.top);
  context.lineTo(Math.round(toX(x)) + 0.5, area.bottom);
  context.stroke();
  for (const one of series) {
    const k = nearest(one.x, x);
    if (!isDrawable(one.y[k], axis)) continue;
    context.beginPath();
    context.arc(toX(one.x[k]), toY(one.y[k]), 3.5, 0, 2 * Math.PI);
    context.fillStyle = hueColour(one.hue);
    context.fill();
    context.strokeStyle = palette.panel;
    context.stroke();
  }
}
