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

import { mathF64 } from '../elementary/mod.js';
import type { DensityMobility } from '../model/mod.js';
import { gamma } from './lines.js';

/** |y| of a density that is 0, or next to it: e^-700 is about the smallest double. */
const farthest = 700;
/** Rounds after which every third one halves the bracket: ends within 170. Most cells take three rounds in all. */
const patience = 6;
/** Newton's steps below this end it: the error left is about their square. */
const settled = 1e-7;

/** Mobilities as numbers, for the innermost loop. */
const codes = [
  'arithmetic',
  'constant',
  'geometric',
  'harmonic',
  'upwind',
  'log-mean',
] as const satisfies DensityMobility[];
const [arithmetic, constant, geometric, harmonic, upwind] = [0, 1, 2, 3, 4];

/** What a function below hands back: numbers in an array are numbers in memory, where variables would be objects. */
const solved = new Float64Array(3);
const [first, second, ratio] = [0, 1, 2] as const;

/** T(y) and its derivative. */
const mobilityAt = new Float64Array(2);
const [value, slope] = [0, 1] as const;

/**
 * Sets T = theta/s and its derivative in y. `p` is sigma(y) sigma(-y), `delta` is sigma(y) - sigma(-y), `small` the smaller
 * of the two; `isUp` tells that f grows, `total` is s.
 */
function setMobility(
  code: number,
  y: number,
  p: number,
  delta: number,
  small: number,
  isUp: boolean,
  total: number,
): void {
  switch (code) {
    case arithmetic:
      mobilityAt[value] = 0.5;
      mobilityAt[slope] = 0;
      return;
    case constant:
      mobilityAt[value] = 1 / total;
      mobilityAt[slope] = 0;
      return;
    case geometric: {
      const root = Math.sqrt(p);
      mobilityAt[value] = root;
      mobilityAt[slope] = -0.5 * root * delta;
      return;
    }
    case harmonic:
      mobilityAt[value] = 2 * p;
      mobilityAt[slope] = -2 * p * delta;
      return;
    case upwind:
      // The end that mass leaves: f' where f grows.
      mobilityAt[value] = isUp === y < 0 ? 1 - small : small;
      mobilityAt[slope] = isUp ? -p : p;
      return;
    default: {
      // log-mean: (sigma(y) - sigma(-y))/y = tanh(y/2)/y.
      const near = Math.abs(y) < 1e-4;
      const mean = near ? 0.5 - (y * y) / 24 : delta / y;
      mobilityAt[value] = mean;
      mobilityAt[slope] = near ? -y / 12 : (2 * p - mean) / y;
    }
  }
}

/**
 * Solves the implicit Euler step from densities f, g >= 0 with a sum > 0, towards equilibrium. Leaves the result in
 * `solved`.
 * @param begin y of the old densities
 * @param k K tau
 */
function solveEuler(
  code: number,
  f: number,
  g: number,
  begin: number,
  k: number,
  q: number,
  temperature: number,
  goal: number,
): void {
  const total = f + g;
  const v = f / total;
  const rest = g / total;
  const isUp = goal > begin;
  // The bracket; `near` is the end at which the densities are.
  let near = begin;
  let far = goal;
  let y = begin;
  for (let round = 1; ; round++) {
    const t = mathF64.exp(-Math.abs(y));
    const large = 1 / (1 + t);
    const small = t * large;
    const p = small * large;
    const delta = y < 0 ? small - large : large - small;
    setMobility(code, y, p, delta, small, isUp, total);
    const theta = mobilityAt[value];
    const drive = q - temperature * y;
    const gap = (y < 0 ? small - v : rest - small) - k * theta * drive;
    const derivative = p - k * (mobilityAt[slope] * drive - temperature * theta);
    // Before the root the gap has the sign of the way back.
    if (isUp ? gap < 0 : gap > 0) near = y;
    else far = y;
    let next = y - gap / derivative;
    // Where densities are next to 0, Newton's steps may have a length of about 1 however far it is: halve now and then.
    const isTurn = round > patience && round % 3 === 0;
    const inside = !isTurn && (isUp ? next >= near && next <= far : next <= near && next >= far);
    if (!inside) next = 0.5 * (near + far);
    const change = next - y;
    if ((Math.abs(change) <= settled && inside) || Math.abs(far - near) <= 2 ** -50 * (1 + Math.abs(near))) {
      // sigma at `next` without another exponential: its derivative is p, and the square of the change is rounding.
      const lesser = total * (small + p * (y < 0 ? change : -change));
      solved[first] = y < 0 ? lesser : total - lesser;
      solved[second] = y < 0 ? total - lesser : lesser;
      solved[ratio] = next;
      return;
    }
    y = next;
  }
}

/** y of two densities. */
function ratioOf(first: number, second: number): number {
  if (first === second) return 0;
  if (first === 0) return -farthest;
  if (second === 0) return farthest;
  const y = mathF64.log(first / second);
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
  const code = codes.indexOf(mobility);
  const extrapolation = (1 - gamma) / gamma;
  let forth = 0;
  let back = 0;
  for (let i = from; i < to; i++) {
    const f = field[source + i];
    const g = field[target + i];
    if (!(f + g > 0)) continue;
    const q = potential[target + i] - potential[source + i];
    const begin = ratioOf(f, g);
    const ideal = temperature > 0 ? q / temperature : q === 0 ? begin : q > 0 ? farthest : -farthest;
    const goal = ideal < -farthest ? -farthest : ideal > farthest ? farthest : ideal;
    if (Math.abs(goal - begin) <= atRest * (1 + Math.abs(goal))) continue;
    let isDone = false;
    if (isSecondOrder) {
      solveEuler(code, f, g, begin, gamma * k, q, temperature, goal);
      const nextF = f + extrapolation * (solved[first] - f);
      const nextG = g + extrapolation * (solved[second] - g);
      if (nextF > 0 && nextG > 0) {
        solveEuler(code, nextF, nextG, ratioOf(nextF, nextG), gamma * k, q, temperature, goal);
        const y = solved[ratio];
        // Between the old densities and equilibrium the energy is lower.
        isDone = goal > begin ? y >= begin && y <= goal : y <= begin && y >= goal;
      }
    }
    if (!isDone) solveEuler(code, f, g, begin, k, q, temperature, goal);
    field[source + i] = solved[first];
    field[target + i] = solved[second];
    // What one end has lost, by the smaller number, whose difference has the more digits.
    const moved = f < g ? f - solved[first] : solved[second] - g;
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
