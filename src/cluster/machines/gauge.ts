// What the machines of an epoch were measured at: how fast each is, how busy, how many particles jump along each edge. Only the plan of the next epoch follows from it, never a result.

import type { MeasuredSteps } from './replan.js';

/** Stretch over which the load is judged: many segments, so that one hiccup is no imbalance. */
const WINDOW_SECONDS = 5;

/** What one machine did in a segment of steps. */
export interface MachineSegment {
  /** On it, at the end of the segment. */
  readonly particles: number;
  /** Of each of its threads. */
  readonly busySeconds: readonly number[];
}

interface Window {
  seconds: number;
  steps: number;
  readonly particleSteps: Float64Array;
  readonly busy: Float64Array;
}

const mean = (values: ArrayLike<number>): number =>
  values.length === 0 ? 0 : Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

export class Gauge {
  #window: Window;
  #last: Window | undefined;
  #steps = 0;

  /** @param jumps per directed edge, when the epoch began */
  constructor(
    private readonly machines: number,
    private readonly jumps: Float64Array,
  ) {
    this.#window = this.#empty();
  }

  #empty(): Window {
    return {
      ...{ seconds: 0, steps: 0 },
      particleSteps: new Float64Array(this.machines),
      busy: new Float64Array(this.machines),
    };
  }

  add(steps: number, seconds: number, segments: readonly MachineSegment[]): void {
    this.#steps += steps;
    const window = this.#window;
    window.seconds += seconds;
    window.steps += steps;
    segments.forEach(({ particles, busySeconds }, machine) => {
      window.particleSteps[machine] += particles * steps;
      window.busy[machine] += mean(busySeconds);
    });
    if (window.seconds < WINDOW_SECONDS) return;
    this.#last = window;
    this.#window = this.#empty();
  }

  /** Particle-steps per second of each machine while it computes; undefined for one that did nothing yet. */
  get speeds(): readonly (number | undefined)[] {
    const { particleSteps, busy } = this.#last ?? this.#window;
    return Array.from(busy, (seconds, machine) =>
      seconds > 0 && particleSteps[machine] > 0 ? particleSteps[machine] / seconds : undefined,
    );
  }

  /** A step in the last whole window: of each machine computing, and in all. */
  get step(): MeasuredSteps | undefined {
    if (!this.#last) return undefined;
    const { busy, seconds, steps } = this.#last;
    return { busySeconds: Array.from(busy, (value) => value / steps), stepSeconds: seconds / steps };
  }

  /** Jumps per step along each directed edge since the epoch began; undefined before its first step. */
  flux(jumps: Float64Array): Float64Array | undefined {
    if (this.#steps === 0) return undefined;
    return jumps.map((count, edge) => Math.max(0, count - this.jumps[edge]) / this.#steps);
  }
}
