// When something that happens again and again is due: every so many steps, or every so many seconds of wall time. One
// object for observers, snapshots and checkpoints, with a state that a checkpoint carries. It does not do the thing, and
// it holds no clock: the caller says which step it is and how many seconds have passed.

/** How often. Steps for whatever shows in results: wall time differs from run to run. */
export type ScheduleRule =
  { readonly kind: 'steps'; readonly steps: number } | { readonly kind: 'seconds'; readonly seconds: number };

/** What a checkpoint carries of a schedule: when it was last done, and how long that was ago. */
export interface ScheduleState {
  readonly lastStep: number | null;
  readonly secondsSince: number;
}

/**
 * A schedule. In the run's loop:
 *
 *     if (schedule.due(step, seconds)) { …do it…; schedule.done(step, seconds); }
 *
 * `seconds` is the wall time since some moment that stays the same while the process lives.
 */
export class Schedule {
  readonly rule: ScheduleRule;
  #lastStep: number | null = null;
  #lastSeconds: number;

  /**
   * @param rule how often
   * @param seconds the wall time now: the first turn of a schedule of seconds comes one period after it
   * @throws RangeError if the period is not a whole number of steps >= 1, or not a finite number of seconds > 0
   */
  constructor(rule: ScheduleRule, seconds = 0) {
    const sound =
      rule.kind === 'steps'
        ? Number.isSafeInteger(rule.steps) && rule.steps >= 1
        : Number.isFinite(rule.seconds) && rule.seconds > 0;
    if (!sound) throw new RangeError(`not a schedule: ${JSON.stringify(rule)}`);
    this.rule = rule;
    this.#lastSeconds = seconds;
  }

  /**
   * Whether it is due now. Every N steps: at the multiples of N, 0 among them. Every S seconds: when S seconds have
   * passed since it was last done. Never twice at one step.
   */
  due(step: number, seconds: number): boolean {
    if (step === this.#lastStep) return false;
    switch (this.rule.kind) {
      case 'steps':
        return step % this.rule.steps === 0;
      case 'seconds':
        return seconds - this.#lastSeconds >= this.rule.seconds;
      default:
        return this.rule satisfies never;
    }
  }

  /** Notes that it was done, due or not (at the end of a run everything is done once more). */
  done(step: number, seconds: number): void {
    this.#lastStep = step;
    this.#lastSeconds = seconds;
  }

  /** The first step after `step` at which it is due; Infinity for a schedule of seconds, where no step is known. */
  nextStep(step: number): number {
    if (this.rule.kind === 'seconds') return Infinity;
    return (Math.floor(step / this.rule.steps) + 1) * this.rule.steps;
  }

  /** The state to write into a checkpoint. */
  save(seconds: number): ScheduleState {
    return { lastStep: this.#lastStep, secondsSince: Math.max(0, seconds - this.#lastSeconds) };
  }

  /**
   * A schedule that goes on from a saved state. The rule may differ from that of the run so far. `seconds` is the wall
   * time now, of this process: the time between the processes does not count.
   *
   * @throws RangeError for a rule that is none, or a state that is none
   */
  static restore(rule: ScheduleRule, state: ScheduleState, seconds = 0): Schedule {
    const { lastStep, secondsSince } = state;
    const sound =
      (lastStep === null || (Number.isSafeInteger(lastStep) && lastStep >= 0)) &&
      Number.isFinite(secondsSince) &&
      secondsSince >= 0;
    if (!sound) throw new RangeError(`not the state of a schedule: ${JSON.stringify(state)}`);
    const schedule = new Schedule(rule, seconds - secondsSince);
    schedule.#lastStep = lastStep;
    return schedule;
  }
}
