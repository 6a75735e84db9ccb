// The temperature eps as a function of time. Deterministic: a formula of t only, with the program's own power function.

import { mathF64 } from '../elementary/mod.js';
import type { TemperatureSchedule } from './model.js';

/** eps(t). Exact at the ends of ramps and at the points of a piecewise schedule. */
export function temperatureAt(schedule: TemperatureSchedule, t: number): number {
  switch (schedule.kind) {
    case 'constant':
      return schedule.value;
    case 'linear':
    case 'exponential': {
      const { from, to, duration } = schedule;
      if (t <= 0) return from;
      if (t >= duration) return to;
      const s = t / duration;
      return schedule.kind === 'linear' ? from + (to - from) * s : from * mathF64.power(to / from, s);
    }
    case 'piecewise': {
      const { times, values } = schedule;
      const last = times.length - 1;
      if (t <= times[0]) return values[0];
      if (t >= times[last]) return values[last];
      let low = 0;
      let high = last;
      while (high - low > 1) {
        const middle = (low + high) >>> 1;
        if (times[middle] <= t) low = middle;
        else high = middle;
      }
      const s = (t - times[low]) / (times[high] - times[low]);
      return values[low] + (values[high] - values[low]) * s;
    }
    default:
      return schedule satisfies never;
  }
}

/** The smallest temperature of a schedule over [0, end]. */
export function lowestTemperature(schedule: TemperatureSchedule, end: number): number {
  const at = [temperatureAt(schedule, 0), temperatureAt(schedule, end)];
  if (schedule.kind === 'piecewise') {
    schedule.times.forEach((t, i) => {
      if (t >= 0 && t <= end) at.push(schedule.values[i]);
    });
  }
  return Math.min(...at);
}

/** Whether the temperature changes with time. */
export function isConstantTemperature(schedule: TemperatureSchedule): boolean {
  switch (schedule.kind) {
    case 'constant':
      return true;
    case 'linear':
    case 'exponential':
      return schedule.from === schedule.to;
    case 'piecewise':
      return schedule.values.every((value) => value === schedule.values[0]);
    default:
      return schedule satisfies never;
  }
}
