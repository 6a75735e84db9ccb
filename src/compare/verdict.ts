// What all comparisons together say. Each |z| is held against a threshold that all of them stay below with probability
// 1 - falseAlarm if the runs agree (Bonferroni). That holds whatever depends on what: times of a run are of the same
// particles, masses sum to one, a mean of V is made of others. The price is that small differences that persist go unnoticed.

import { mathF64 } from '../elementary/mod.js';
import type { Comparison, Quantity } from './comparison.js';
import { logUpperTail, twoSidedThreshold } from './normal.js';

/** The probability that runs that agree are said to differ. */
export const defaultFalseAlarm = 1e-3;

/** How one kind of quantity fares over all times. */
export interface QuantitySummary {
  readonly quantity: Quantity;
  readonly comparisons: number;
  readonly exceeding: number;
  readonly largest: Comparison;
}

export interface Verdict {
  readonly agree: boolean;
  readonly falseAlarm: number;
  /** Numbers compared, and the |z| that none of them may pass. */
  readonly comparisons: number;
  readonly threshold: number;
  /** How many pass it. */
  readonly exceeding: number;
  /** The one farthest from agreement; undefined if nothing was compared. */
  readonly largest: Comparison | undefined;
  /** Bound of the probability that agreeing runs have a |z| as large as that anywhere. */
  readonly probability: number;
  readonly quantities: readonly QuantitySummary[];
}

/** Gathers comparisons, of which there may be millions, and judges in the end. */
export class Judge {
  readonly falseAlarm: number;
  readonly #seen = new Map<Quantity, { sizes: number[]; largest: Comparison }>();
  #count = 0;

  constructor(falseAlarm = defaultFalseAlarm) {
    this.falseAlarm = falseAlarm;
  }

  /** Takes comparisons; those that do not count are passed over. */
  add(comparisons: readonly Comparison[]): void {
    for (const comparison of comparisons) {
      if (!comparison.counted || Number.isNaN(comparison.z)) continue;
      this.#count += 1;
      const size = Math.abs(comparison.z);
      const of = this.#seen.get(comparison.quantity);
      if (of === undefined) {
        this.#seen.set(comparison.quantity, { sizes: [size], largest: comparison });
        continue;
      }
      of.sizes.push(size);
      if (size > Math.abs(of.largest.z)) of.largest = comparison;
    }
  }

  verdict(): Verdict {
    const threshold = this.#count === 0 ? Infinity : twoSidedThreshold(this.falseAlarm / this.#count);
    const quantities = Array.from(this.#seen, ([quantity, { sizes, largest }]) => ({
      quantity,
      comparisons: sizes.length,
      exceeding: sizes.filter((size) => size > threshold).length,
      largest,
    }));
    const exceeding = quantities.reduce((sum, of) => sum + of.exceeding, 0);
    const largest = quantities.reduce<Comparison | undefined>(
      (most, of) => (most && Math.abs(most.z) >= Math.abs(of.largest.z) ? most : of.largest),
      undefined,
    );
    const size = Math.abs(largest?.z ?? 0);
    const tail = Number.isFinite(size) ? 2 * mathF64.exp(logUpperTail(size)) : 0;
    return {
      agree: exceeding === 0,
      falseAlarm: this.falseAlarm,
      comparisons: this.#count,
      threshold,
      exceeding,
      largest,
      probability: Math.min(1, tail * this.#count),
      quantities,
    };
  }
}
