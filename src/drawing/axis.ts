// Axes: from a range of values to a scale with round numbers on it. Linear or logarithmic; drawing is chart.ts.

import { minus, powerOfTen } from './numbers.js';

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface Axis {
  readonly kind: 'linear' | 'log';
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly Tick[];
  /** Where a value lies between the two ends, 0 to 1; beyond them, outside. */
  readonly place: (value: number) => number;
}

/** Steps of 1, 2, 5 times a power of ten, about `wanted` of them within the range. */
export function linearTicks(low: number, high: number, wanted: number): Tick[] {
  const raw = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw * 0.999) ?? raw;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const plain = largest < 1e5 && decimals <= 4;
  const exponent = Math.floor(Math.log10(largest));
  const mantissaDigits = Math.max(0, exponent - Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: last - first + 1 }, (_, k) => {
    // + 0 makes a zero of a negative one.
    const value = (first + k) * step + 0;
    const label =
      plain || value === 0
        ? value.toFixed(value === 0 ? 0 : decimals)
        : `${(value / 10 ** exponent).toFixed(mantissaDigits)}·${powerOfTen(exponent)}`;
    return { value, label: minus(label) };
  });
}

/** An axis over a range, ends rounded outwards to ticks where `round` says so. */
export function linearAxis(low: number, high: number, wanted = 5, round = false): Axis {
  let [from, to] = [low, high];
  // What differs by less is the same number with other rounding.
  if (!(to - from > 1e-9 * Math.max(Math.abs(from), Math.abs(to)))) {
    const pad = Math.abs(from) > 0 ? Math.abs(from) * 0.1 : 1;
    [from, to] = [from - pad, to + pad];
  }
  let ticks = linearTicks(from, to, wanted);
  // A single number says nothing of a scale.
  for (let more = wanted + 1; ticks.length < 2; more++) ticks = linearTicks(from, to, more);
  if (round && ticks.length >= 2) {
    const step = ticks[1].value - ticks[0].value;
    if (ticks[0].value - from > 1e-9 * step) from = ticks[0].value - step;
    const last = ticks[ticks.length - 1].value;
    if (to - last > 1e-9 * step) to = last + step;
    ticks = linearTicks(from, to, Math.round((to - from) / step));
  }
  return { kind: 'linear', low: from, high: to, ticks, place: (value) => (value - from) / (to - from) };
}

/** A logarithmic axis from decade to decade, or with 1, 2, 5 or all digits where there are few; low and high > 0. */
export function logAxis(low: number, high: number, wanted = 7): Axis {
  const decades = Math.log10(high / low);
  const marks = decades < 0.7 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : decades < 2.5 ? [1, 2, 5] : [1];
  const all: number[] = [];
  for (
    let exponent = Math.floor(Math.log10(low)) - 1;
    exponent <= Math.ceil(Math.log10(high)) + 1;
    exponent++
  ) {
    for (const mark of marks) all.push(Number(`${mark}e${exponent}`));
  }
  const from = all.findLast((value) => value <= low * (1 + 1e-9)) ?? low;
  const found = all.find((value) => value >= high * (1 - 1e-9)) ?? high;
  const to = found > from ? found : from * 10;
  const within = all.filter((value) => value >= from && value <= to);
  const every = marks.length === 1 ? Math.ceil(within.length / wanted) : 1;
  const ticks = within
    .filter((_, k) => k % every === 0)
    .map((value) => ({ value, label: logLabel(value, marks.length > 1) }));
  const span = Math.log10(to / from);
  return { kind: 'log', low: from, high: to, ticks, place: (value) => Math.log10(value / from) / span };
}

function logLabel(value: number, plain: boolean): string {
  if (plain && value >= 1e-3 && value < 1e4) return String(value);
  const exponent = Math.floor(Math.log10(value) + 1e-9);
  const mantissa = Math.round(value / 10 ** exponent);
  return mantissa === 1 ? powerOfTen(exponent) : `${mantissa}·${powerOfTen(exponent)}`;
}
