import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Schedule, type ScheduleRule, type ScheduleState } from '../../src/output/mod.js';

/** Steps from..to at which the schedule is done; every step takes a second. */
function run(schedule: Schedule, from: number, to: number, start = 0): number[] {
  const steps: number[] = [];
  for (let step = from; step <= to; step++) {
    const seconds = start + (step - from);
    if (!schedule.due(step, seconds)) continue;
    steps.push(step);
    schedule.done(step, seconds);
  }
  return steps;
}

describe('Schedule', () => {
  it('of steps is due at their multiples, whatever was before', () => {
    expect(run(new Schedule({ kind: 'steps', steps: 3 }), 0, 10)).toEqual([0, 3, 6, 9]);
    const schedule = new Schedule({ kind: 'steps', steps: 3 });
    schedule.done(4, 4);
    expect(run(schedule, 5, 10)).toEqual([6, 9]);
  });

  it('of seconds is due when they have passed since it was done', () => {
    expect(run(new Schedule({ kind: 'seconds', seconds: 4 }), 0, 10)).toEqual([4, 8]);
    expect(run(new Schedule({ kind: 'seconds', seconds: 4 }, 100), 0, 10, 100)).toEqual([4, 8]);
  });

  it('is not due twice at one step', () => {
    const schedule = new Schedule({ kind: 'steps', steps: 5 });
    schedule.done(5, 0);
    expect(schedule.due(5, 1)).toBe(false);
    expect(schedule.due(10, 1)).toBe(true);
  });

  it('names the next step', () => {
    const schedule = new Schedule({ kind: 'steps', steps: 5 });
    expect([0, 4, 5, 9].map((step) => schedule.nextStep(step))).toEqual([5, 5, 10, 10]);
    expect(new Schedule({ kind: 'seconds', seconds: 5 }).nextStep(7)).toBe(Infinity);
  });

  it('goes on after a restart as if there had been none', () => {
    const rules = fc.oneof(
      fc.record({ kind: fc.constant('steps' as const), steps: fc.integer({ min: 1, max: 7 }) }),
      fc.record({ kind: fc.constant('seconds' as const), seconds: fc.integer({ min: 1, max: 7 }) }),
    );
    fc.assert(
      fc.property(
        rules,
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 1e6 }),
        (rule, stop, clock) => {
          const first = new Schedule(rule);
          const before = run(first, 0, stop);
          const state = JSON.parse(JSON.stringify(first.save(stop))) as ScheduleState;
          // The new process's clock stands anywhere when the step after `stop` begins.
          const second = Schedule.restore(rule, state, clock - 1);
          const after = run(second, stop + 1, 40, clock);
          expect([...before, ...after]).toEqual(run(new Schedule(rule), 0, 40));
        },
      ),
    );
  });

  it.each<ScheduleRule>([
    { kind: 'steps', steps: 0 },
    { kind: 'steps', steps: 1.5 },
    { kind: 'steps', steps: Number.NaN },
    { kind: 'seconds', seconds: 0 },
    { kind: 'seconds', seconds: Infinity },
  ])('refuses %o', (rule) => {
    expect(() => new Schedule(rule)).toThrow(RangeError);
  });

  it.each<ScheduleState>([
    { lastStep: -1, secondsSince: 0 },
    { lastStep: 0.5, secondsSince: 0 },
    { lastStep: 1, secondsSince: -1 },
    { lastStep: 1, secondsSince: Number.NaN },
  ])('refuses the state %o', (state) => {
    expect(() => Schedule.restore({ kind: 'steps', steps: 1 }, state)).toThrow(RangeError);
  });
});
