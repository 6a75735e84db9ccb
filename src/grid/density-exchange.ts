// Reaction along one edge with a mobility of the density family: per cell a scalar equation for the density f at one
// end, f + f' = s being kept. Not the linear family (linear-exchange.ts).
//
//     df/dt = K theta(f, f') (q - eps y),   y = log(f/f'),   q = V' - V
//
// In y, with sigma(y) = 1/(1 + e^-y), f = s sigma(y) and f' = s sigma(-y), every theta is a plain function, and values
// next to 0 keep their digits. The implicit Euler step
//
//     sigma(y) = v + k T(y) (q - eps y),   v = f_old/s,  T = theta/s,  k = K tau
//
// has a root between the old y and equilibrium y* = q/eps, since its two sides are the wrong way round at the one end
// and the right way at the other. There the pair's energy e(f), which is convex with its minimum at y*, is lower: f moved
// towards the minimum and not past it. Newton's method, with bisection where it leaves the bracket. At eps = 0 the
// minimum is an end (f or f' = 0), and where the equation has no root within, f goes there.

import { fastF64 } from '../elementary/mod.js';
import type { DensityMobility } from '../model/mod.js';
import { gamma } from './lines.js';

/** |y| of a density that is 0, or next to it: e^-700 is about the smallest double. */
const farthest = 700;
const mostRounds = 100;
/** Newton's steps below this, relative to 1 + |y|, end it: the error left is their square. */
const settled = 1e-9;

/** Result of the last solve: f and f'. A pair of numbers without an allocation per cell. */
let solvedFirst = 0;
let solvedSecond = 0;
let solvedY = 0;

/** T(y) and its derivative, likewise. */
let theta = 0;
let slope = 0;

/**
 * Sets theta/s and its derivative in y. `p` is sigma(y) sigma(-y), `delta` is sigma(y) - sigma(-y); `isUp` tells that f
 * grows, `total` is s.
 */
function setTheta(
  mobility: DensityMobility,
  y: number,
  p: number,
  delta: number,
  sigma: number,
  isUp: boolean,
  total: number,
): void {
  switch (mobility) {
    case 'arithmetic':
      theta = 0.5;
      slope = 0;
      return;
    case 'constant':
      theta = 1 / total;
      slope = 0;
      return;
    case 'geometric':
      theta = Math.sqrt(p);
      slope = -0.5 * theta * delta;
      return;
    case 'harmonic':
      theta = 2 * p;
      slope = -2 * p * delta;
      return;
    case 'upwind':
      theta = isUp ? 1 - sigma : sigma;
      slope = isUp ? -p : p;
      return;
    case 'log-mean': {
      // (sigma(y) - sigma(-y))/y = tanh(y/2)/y.
      const small = Math.abs(y) < 1e-4;
      theta = small ? 0.5 - (y * y) / 24 : delta / y;
      slope = small ? -y / 12 : (2 * p - theta) / y;
      return;
    }
    default:
      mobility satisfies never;
  }
}

/**
 * Solves the implicit Euler step from (first, second), both >= 0 with a sum > 0, towards equilibrium. Leaves the result
 * in solvedFirst, solvedSecond, solvedY.
 * @param begin y of the old densities
 * @param k K tau
 */
function solveEuler(
  mobility: DensityMobility,
  first: number,
  second: number,
  begin: number,
  k: number,
  q: number,
  temperature: number,
  goal: number,
): void {
  const total = first + second;
  const v = first / total;
  const rest = second / total;
  const isUp = goal > begin;
  // The bracket; `near` is the end at which the densities are.
  let near = begin;
  let far = goal;
  let y = begin;
  for (let round = 0; round < mostRounds; round++) {
    const t = fastF64.exp(-Math.abs(y));
    const large = 1 / (1 + t);
    const small = t * large;
    const p = small * large;
    const delta = y < 0 ? small - large : large - small;
    // 1 - sigma must keep its digits where sigma is next to 1.
    setTheta(mobility, y, p, delta, y < 0 ? small : large, isUp, total);
    if (mobility === 'upwind') theta = isUp === y < 0 ? large : small;
    const drive = q - temperature * y;
    const gap = (y < 0 ? small - v : rest - small) - k * theta * drive;
    const derivative = p - k * (slope * drive - temperature * theta);
    // Before the root the gap has the sign of the way back.
    if (isUp ? gap < 0 : gap > 0) near = y;
    else far = y;
    let next = y - gap / derivative;
    const inside = isUp ? next >= near && next <= far : next <= near && next >= far;
    if (!inside) next = 0.5 * (near + far);
    const change = Math.abs(next - y);
    y = next;
    if (change <= settled * (1 + Math.abs(y)) && inside) break;
    if (Math.abs(far - near) <= 2 ** -50 * (1 + Math.abs(near))) break;
  }
  const t = fastF64.exp(-Math.abs(y));
  const small = total * (t / (1 + t));
  solvedFirst = y < 0 ? small : total - small;
  solvedSecond = y < 0 ? total - small : small;
  solvedY = y;
}

/** y of two densities. */
function ratioOf(first: number, second: number): number {
  if (first === second) return 0;
  if (first === 0) return -farthest;
  if (second === 0) return farthest;
  const y = fastF64.log(first / second);
  return y < -farthest ? -farthest : y > farthest ? farthest : y;
}

/** Nearer to equilibrium than this, relative to 1 + |y|, a pair is at rest: the difference is rounding. */
const atRest = 4e-16;

/**
 * Reacts along an edge over a time tau in cells [from, to) of `field`, by implicit Euler, or by a scheme of order 2
 * (stages of length gamma tau) that gives way to it in cells where it leaves the positive or passes equilibrium. Adds what
 * went from g to g', summed over the cells, to jumps[0], and what went back to jumps[1].
 */
export function exchangeDensity(
  mobility: DensityMobility,
  isSecondOrder: boolean,
  weight: number,
  tau: number,
  temperature: number,
  potential: Float64Array,
  field: Float64Array,
  source: number,
  target: number,
  [from, to]: readonly [number, number],
  jumps: Float64Array,
  jumpsAt: number,
): void {
  const k = weight * tau;
  if (!(k > 0)) return;
  const extrapolation = (1 - gamma) / gamma;
  let forth = 0;
  let back = 0;
  for (let i = from; i < to; i++) {
    const first = field[source + i];
    const second = field[target + i];
    if (!(first + second > 0)) continue;
    const q = potential[target + i] - potential[source + i];
    const begin = ratioOf(first, second);
    const ideal = temperature > 0 ? q / temperature : q === 0 ? begin : q > 0 ? farthest : -farthest;
    const goal = ideal < -farthest ? -farthest : ideal > farthest ? farthest : ideal;
    if (Math.abs(goal - begin) <= atRest * (1 + Math.abs(goal))) continue;
    let isDone = false;
    if (isSecondOrder) {
      solveEuler(mobility, first, second, begin, gamma * k, q, temperature, goal);
      const nextFirst = first + extrapolation * (solvedFirst - first);
      const nextSecond = second + extrapolation * (solvedSecond - second);
      if (nextFirst > 0 && nextSecond > 0) {
        const base = ratioOf(nextFirst, nextSecond);
        solveEuler(mobility, nextFirst, nextSecond, base, gamma * k, q, temperature, goal);
        // Between the old densities and equilibrium the energy is lower.
        isDone = goal > begin ? solvedY >= begin && solvedY <= goal : solvedY <= begin && solvedY >= goal;
      }
    }
    if (!isDone) solveEuler(mobility, first, second, begin, k, q, temperature, goal);
    field[source + i] = solvedFirst;
    field[target + i] = solvedSecond;
    // What one end has lost; the smaller of the two differences in the smaller number has the more digits.
    const moved = first < second ? first - solvedFirst : solvedSecond - second;
    if (moved > 0) forth += moved;
    else back -= moved;
  }
  jumps[jumpsAt] += forth;
  jumps[jumpsAt + 1] += back;
}

/** theta(s, t) (mu - mu')^2 of the dissipation, for chemical potentials mu of s and mu' of t. */
export function densityDissipation(
  mobility: DensityMobility,
  temperature: number,
  s: number,
  t: number,
  mu: number,
  other: number,
  q: number,
): number {
  if (s === 0 && t === 0) return 0;
  const difference = mu - other;
  const square = difference * difference;
  switch (mobility) {
    case 'arithmetic':
      return 0.5 * (s + t) * square;
    case 'constant':
      return square;
    case 'geometric':
      return s === 0 || t === 0 ? 0 : Math.sqrt(s * t) * square;
    case 'harmonic':
      return s === 0 || t === 0 ? 0 : ((2 * s * t) / (s + t)) * square;
    case 'upwind':
      return square === 0 ? 0 : (difference > 0 ? s : t) * square;
    case 'log-mean': {
      if (s === 0 || t === 0) return temperature > 0 ? Infinity : 0;
      const delta = (s - t) / (s + t);
      // theta = (s + t)/2 delta/atanh(delta); its series where the quotient below would lose digits.
      if (Math.abs(delta) < 1e-3) return 0.5 * (s + t) * (1 - (delta * delta) / 3) * square;
      // At eps = 0 the chemical potential holds no logarithm.
      const y = temperature > 0 ? (difference + q) / temperature : ratioOf(s, t);
      return ((s - t) / y) * square;
    }
    default:
      return mobility satisfies never;
  }
}
