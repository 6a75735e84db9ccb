// The energy balance of a run, record by record: E(t) - E(0) + integral of I over [0, t], which is 0 for the exact flow
// when potentials and temperature do not change. Its state is all that a checkpoint needs to go on.

import type { EnergyRecord } from './energy.js';

/** What the record of a step lacks before the ones before it are known. */
export type EnergyEstimate = Omit<EnergyRecord, 'balance' | 'balanceError'>;

/** As a checkpoint keeps it; numbers that are not finite are null. */
export interface BalanceState {
  readonly firstEnergy: number | null;
  readonly firstError: number | null;
  readonly time: number;
  readonly dissipation: number | null;
  readonly dissipationError: number | null;
  /** Weight that the trapezoid rule has given to the last dissipation so far. */
  readonly weight: number;
  readonly integral: number | null;
  /** Variance of the part of the integral that is due to all dissipations but the last. */
  readonly variance: number | null;
}

const toJson = (x: number): number | null => (Number.isFinite(x) ? x : null);
const fromJson = (x: number | null): number => x ?? NaN;

/**
 * Sums up the dissipation by the trapezoid rule over the observations. The standard error takes E(t), E(0) and the I of
 * each observation for independent: too large rather than too small at times so near that the particles remember E(0).
 * The error of the trapezoid rule itself is not in it: observe often where I changes fast. Mathematics, section 3.
 */
export class Balance {
  #state: BalanceState | undefined;

  constructor(state?: BalanceState) {
    this.#state = state;
  }

  /** undefined before the first record. */
  get state(): BalanceState | undefined {
    return this.#state;
  }

  /** The record with its balance. Records come in the order of their steps. */
  add(estimate: EnergyEstimate): EnergyRecord {
    const { time, energy, energyError, dissipation, dissipationError } = estimate;
    const before = this.#state;
    const half = before ? (time - before.time) / 2 : 0;
    const square = (x: number): number => x * x;
    // A weight of 0 takes no part, whatever the error is.
    const part = (weight: number, error: number): number => (weight === 0 ? 0 : square(weight * error));
    const integral = before
      ? fromJson(before.integral) + half * (fromJson(before.dissipation) + dissipation)
      : 0;
    const variance = before
      ? fromJson(before.variance) + part(before.weight + half, fromJson(before.dissipationError))
      : 0;
    const first = before ? fromJson(before.firstEnergy) : energy;
    const firstError = before ? fromJson(before.firstError) : energyError;
    this.#state = {
      firstEnergy: toJson(first),
      firstError: toJson(firstError),
      time,
      dissipation: toJson(dissipation),
      dissipationError: toJson(dissipationError),
      weight: half,
      integral: toJson(integral),
      variance: toJson(variance),
    };
    if (!before) return { ...estimate, balance: energy - energy, balanceError: 0 * energyError };
    return {
      ...estimate,
      balance: energy - first + integral,
      balanceError: Math.sqrt(
        square(energyError) + square(firstError) + variance + part(half, dissipationError),
      ),
    };
  }
}
