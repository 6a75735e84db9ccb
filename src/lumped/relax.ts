// First order: what the reaction along one edge does to the two masses at its ends in a time (mathematics, section 7), all else
// standing still. Mass is neither lost nor made, both masses stay >= 0, and they never go beyond the balance of the two nodes, so
// that the energy falls, however long the time. The sweep over all edges is masses.ts.
//
// Of second order in the time. The linear family, `harmonic`, and `upwind` at temperature 0 are exact; the others take implicit
// Euler steps (one whole, two halves) and extrapolate.

import { mathF64 } from '../elementary/mod.js';
import { isDensityMobility, type DensityMobility, type Mobility } from '../model/mod.js';
import { LARGEST_RATIO, linearRates, ratioOf, share, thetaOfPair } from './mobility.js';

export type LumpedMobility = Exclude<Mobility, 'free'>;

/** What leaves the first node along an edge during the time: the new masses are `a - flux`, `b + flux`; both are given. */
export interface Pair {
  a: number;
  b: number;
}

/**
 * Moves mass between `pair.a` and `pair.b` in place.
 * @param time K times the time
 * @param deltaV V of the second node minus V of the first
 */
export function relaxPair(
  mobility: LumpedMobility,
  pair: Pair,
  time: number,
  deltaV: number,
  temperature: number,
): void {
  if (isDensityMobility(mobility)) relaxByDensities(mobility, pair, time, deltaV, temperature);
  else {
    const { sum, forward } = linearRates(mobility, deltaV, temperature);
    const moved = -mathF64.expm1(-sum * time);
    const { a, b } = pair;
    // Sums of what is >= 0: no mass is negative by rounding.
    pair.a = a * (1 - moved * forward) + b * (moved * (1 - forward));
    pair.b = b * (1 - moved * (1 - forward)) + a * (moved * forward);
  }
}

function relaxByDensities(
  mobility: DensityMobility,
  pair: Pair,
  time: number,
  deltaV: number,
  temperature: number,
): void {
  const { a, b } = pair;
  const s = a + b;
  if (!(s > 0)) return;
  const here = ratioOf(a, b);
  // mu_b - mu_a = deltaV - eps r is 0 there; at temperature 0 all mass ends at the lower node.
  const balance =
    temperature > 0
      ? Math.max(-LARGEST_RATIO, Math.min(LARGEST_RATIO, deltaV / temperature))
      : deltaV === 0
        ? here
        : Math.sign(deltaV) * LARGEST_RATIO;
  if (here === balance) return;
  if (mobility === 'upwind' && temperature === 0) {
    // The upper node empties at the rate |deltaV|.
    const rest = mathF64.exp(-time * Math.abs(deltaV));
    if (deltaV < 0) setPair(pair, a * rest, 'a', s);
    else setPair(pair, b * rest, 'b', s);
    return;
  }
  if (mobility === 'harmonic') {
    // r' = 2 K (deltaV - eps r).
    const z = 2 * time * temperature;
    const r = temperature > 0 ? balance + (here - balance) * mathF64.exp(-z) : here + 2 * time * deltaV;
    setByRatio(pair, Math.max(-LARGEST_RATIO, Math.min(LARGEST_RATIO, r)), s);
    return;
  }
  const step = (from: number, mass: number, k: number): number =>
    implicitEuler(mobility, { s, from, mass, balance, k, deltaV, temperature });
  // The mass that is small at the end keeps its digits.
  const first = here < 0 || (here === 0 && balance < 0);
  const start = first ? a : b;
  const sign = first ? 1 : -1;
  const massAt = (r: number): number => s * share(sign * r);
  const whole = step(here, a, time);
  const half = step(here, a, time / 2);
  const halves = step(half, s * share(half), time / 2);
  const better = 2 * massAt(halves) - massAt(whole);
  const end = massAt(balance);
  const isBetween = (better - start) * (end - better) >= 0;
  setPair(pair, isBetween ? better : massAt(halves), first ? 'a' : 'b', s);
}

/** Sets one mass, and gives the rest of the sum to the other. */
function setPair(pair: Pair, mass: number, which: 'a' | 'b', s: number): void {
  const kept = Math.max(0, Math.min(s, mass));
  if (which === 'a') {
    pair.a = kept;
    pair.b = s - kept;
  } else {
    pair.b = kept;
    pair.a = s - kept;
  }
}

function setByRatio(pair: Pair, r: number, s: number): void {
  if (r < 0) setPair(pair, s * share(r), 'a', s);
  else setPair(pair, s * share(-r), 'b', s);
}

interface ImplicitStep {
  readonly s: number;
  /** r and the first mass at the start. */
  readonly from: number;
  readonly mass: number;
  readonly balance: number;
  /** K times the time. */
  readonly k: number;
  readonly deltaV: number;
  readonly temperature: number;
}

const mostRounds = 200;

/**
 * The r between start and balance with m(r) - m = k theta(r) (deltaV - eps r): it is there, since the left side is smaller at the
 * start and larger at the balance. Secants (Illinois), every third round a bisection.
 */
function implicitEuler(mobility: DensityMobility, step: ImplicitStep): number {
  const { s, from, mass, balance, k, deltaV, temperature } = step;
  const excess = (r: number): number => {
    const drive = deltaV - temperature * r;
    return s * share(r) - mass - k * thetaOfPair(mobility, s, r, drive) * drive;
  };
  let [low, high] = [from, balance];
  let [atLow, atHigh] = [excess(low), excess(high)];
  if (atLow === 0) return low;
  // Rounding may hide the change of sign where the step is tiny or the start is next to the balance.
  if (atLow > 0 === atHigh > 0) return Math.abs(atLow) <= Math.abs(atHigh) ? low : high;
  for (let round = 0; round < mostRounds; round++) {
    if (Math.abs(high - low) <= 1e-13 * Math.max(1, Math.abs(low))) break;
    let middle = round % 3 === 2 ? (low + high) / 2 : high - (atHigh * (high - low)) / (atHigh - atLow);
    if (!((middle - low) * (high - middle) > 0)) middle = (low + high) / 2;
    const value = excess(middle);
    if (value === 0) return middle;
    if (value > 0 === atHigh > 0) {
      [high, atHigh] = [middle, value];
      atLow /= 2;
    } else {
      [low, atLow] = [middle, value];
      atHigh /= 2;
    }
  }
  return (low + high) / 2;
}
