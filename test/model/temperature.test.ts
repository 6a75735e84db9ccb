// Temperature schedules: exact at their ends and points.

import { describe, expect, it } from 'vitest';
import { isConstantTemperature, lowestTemperature, temperatureAt } from '../../src/model/mod.js';

const linear = { kind: 'linear', from: 0.3, to: 0.1, duration: 0.7 } as const;
const exponential = { kind: 'exponential', from: 2, to: 0.1, duration: 3 } as const;
const piecewise = { kind: 'piecewise', times: [0.1, 0.3, 1], values: [1, 0.7, 0.1] } as const;

describe('temperatureAt', () => {
  it('is exact at the ends and constant beyond', () => {
    for (const schedule of [linear, exponential]) {
      expect(temperatureAt(schedule, 0)).toBe(schedule.from);
      expect(temperatureAt(schedule, schedule.duration)).toBe(schedule.to);
      expect(temperatureAt(schedule, -1)).toBe(schedule.from);
      expect(temperatureAt(schedule, 99)).toBe(schedule.to);
    }
    piecewise.times.forEach((t, i) => {
      expect(temperatureAt(piecewise, t)).toBe(piecewise.values[i]);
    });
    expect(temperatureAt({ kind: 'constant', value: 0.5 }, 7)).toBe(0.5);
  });

  it('goes between by its law', () => {
    expect(temperatureAt(linear, 0.35)).toBeCloseTo(0.2, 15);
    expect(temperatureAt(exponential, 1.5)).toBeCloseTo(Math.sqrt(0.2), 15);
    expect(temperatureAt(piecewise, 0.2)).toBeCloseTo(0.85, 15);
  });

  it('knows its lowest value within the run', () => {
    expect(lowestTemperature(piecewise, 0.3)).toBe(0.7);
    expect(lowestTemperature(linear, 0.35)).toBeCloseTo(0.2, 15);
    expect(isConstantTemperature(linear)).toBe(false);
    expect(isConstantTemperature({ kind: 'piecewise', times: [0, 1], values: [2, 2] })).toBe(true);
  });
});
