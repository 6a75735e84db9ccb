// How fast a run goes: steps over the last seconds, how long steps take, and how busy workers are. Told at looks; a pause counts for
// nothing.

import type { StepDurations } from './source.js';

/** Seconds that a rate looks back, and those that a load does. */
const RATE_SECONDS = 10;
const LOAD_SECONDS = 1;
/** Upper ends of the histogram of step seconds: from small models on many cores to a step of many machines. */
const BOUNDS = [1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3, 10, 30] as const;

/** Steps per second over the last seconds. */
export class Pace {
  #marks: { readonly step: number; readonly at: number }[] = [];

  /** @param at seconds since some moment */
  add(step: number, at: number): void {
    // A run that has gone back begins anew.
    if (step < (this.#marks.at(-1)?.step ?? 0)) this.reset();
    this.#marks.push({ step, at });
    while (this.#marks.length > 2 && at - this.#marks[1].at > RATE_SECONDS) this.#marks.shift();
  }

  /** Forgets what was: the run has been held up. */
  reset(): void {
    this.#marks = [];
  }

  /** Null while there is nothing to tell. */
  get stepsPerSecond(): number | null {
    const first = this.#marks.at(0);
    const last = this.#marks.at(-1);
    if (!first || !last || last.at <= first.at || last.step <= first.step) return null;
    return (last.step - first.step) / (last.at - first.at);
  }
}

/** How many steps took how long; those between two looks count as equally long. */
export class Durations {
  readonly #counts = new Float64Array(BOUNDS.length + 1);
  #steps = 0;
  #seconds = 0;

  /** Takes sums over all steps so far. */
  add(steps: number, seconds: number): void {
    const more = steps - this.#steps;
    if (more <= 0) return;
    const each = (seconds - this.#seconds) / more;
    const at = BOUNDS.findIndex((bound) => each <= bound);
    this.#counts[at < 0 ? BOUNDS.length : at] += more;
    this.#steps = steps;
    this.#seconds = seconds;
  }

  get data(): StepDurations {
    let sum = 0;
    return {
      bounds: BOUNDS,
      counts: Array.from(this.#counts, (count) => (sum += count)),
      seconds: this.#seconds,
    };
  }
}

/** Part of the time that each worker computed, from sums of busy seconds by name. */
export class Loads {
  #from: { readonly at: number; readonly busy: ReadonlyMap<string, number> } | undefined;
  #loads = new Map<string, number>();
  #imbalance: number | null = null;

  add(busy: ReadonlyMap<string, number>, at: number): void {
    const from = this.#from;
    if (from && at - from.at < LOAD_SECONDS) return;
    this.#from = { at, busy };
    if (!from) return;
    const loads = new Map<string, number>();
    for (const [name, seconds] of busy) {
      const load = (seconds - (from.busy.get(name) ?? 0)) / (at - from.at);
      loads.set(name, Math.min(1, Math.max(0, load)));
    }
    this.#loads = loads;
    const mean = [...loads.values()].reduce((sum, load) => sum + load, 0) / Math.max(1, loads.size);
    this.#imbalance = mean > 0 ? Math.max(...loads.values()) / mean - 1 : null;
  }

  /** Forgets what was, as after a pause. */
  reset(): void {
    this.#from = undefined;
  }

  of(name: string): number {
    return this.#loads.get(name) ?? 0;
  }

  /** Largest load over the mean one, minus 1; null where there is none. */
  get imbalance(): number | null {
    return this.#imbalance;
  }
}
