// Reaction along one edge with rates that do not depend on the density (linear family and free rates): per cell a
// two-state Markov process, solved exactly. Not the density family (density-exchange.ts).
//
// With rates a (g -> g') and b (g' -> g), lambda = a + b, x = lambda tau, over a time tau
//
//     net mass from g to g' = A f - B f',   A = (a/lambda) (1 - e^-x),  B = (b/lambda) (1 - e^-x)
//     mass that jumped g -> g' = A f + C (f + f'),   g' -> g = B f' + C (f + f'),   C = (a b/lambda^2) (x - 1 + e^-x)
//
// A, B <= 1 make f, f' >= 0; A/B = a/b makes the Gibbs state stationary for rates in detailed balance.

import { mathF64 } from '../elementary/mod.js';
import type { LinearMobility } from '../model/mod.js';

/** Rates larger than this act like it. */
const largestRate = 1e300;

/**
 * Writes a and b of cells [from, to) for an edge of weight K; dV = V' - V.
 * @param source where the node g begins in `potential`, `target` where g' does, `at` where the edge does in the rates
 */
export function writeLinearRates(
  mobility: LinearMobility,
  weight: number,
  temperature: number,
  potential: Float64Array,
  source: number,
  target: number,
  [from, to]: readonly [number, number],
  forward: Float64Array,
  backward: Float64Array,
  at: number,
): void {
  const scale = mobility === 'symmetric' ? 0.5 : 1;
  for (let i = from; i < to; i++) {
    const difference = potential[target + i] - potential[source + i];
    const height = Math.abs(difference);
    // At eps = 0, metropolis and barker jump only downhill; level ground is level at any temperature.
    const r = height === 0 ? 1 : mathF64.exp(-scale * (height / temperature));
    let up: number;
    let down: number;
    switch (mobility) {
      case 'metropolis':
        up = weight * r;
        down = weight;
        break;
      case 'barker':
        up = (weight * r) / (1 + r);
        down = weight / (1 + r);
        break;
      case 'symmetric':
        up = weight * r;
        down = Math.min(weight / r, largestRate);
        break;
      default:
        throw new TypeError(`no linear mobility: ${String(mobility satisfies never)}`);
    }
    forward[at + i] = difference > 0 ? up : down;
    backward[at + i] = difference > 0 ? down : up;
  }
}

/** x - 1 + e^-x. */
function excess(x: number): number {
  // The series has all digits below; above, no more than two bits cancel.
  if (x < 0.125) {
    let term = 0.5 * x * x;
    let sum = term;
    for (let k = 3; k <= 10; k++) {
      term *= -x / k;
      sum += term;
    }
    return sum;
  }
  return x + mathF64.expm1(-x);
}

/** The coefficients of an edge over a time tau, for cells [from, to). */
export interface LinearCoefficients {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly c: Float64Array;
}

/** Writes A, B and C; `at` is where the edge begins in rates and coefficients alike. */
export function writeLinearCoefficients(
  forward: Float64Array,
  backward: Float64Array,
  at: number,
  [from, to]: readonly [number, number],
  tau: number,
  { a, b, c }: LinearCoefficients,
): void {
  for (let i = at + from; i < at + to; i++) {
    const rate = forward[i] + backward[i];
    const x = rate * tau;
    if (!(x > 0)) {
      a[i] = b[i] = c[i] = 0;
      continue;
    }
    const shareForward = forward[i] / rate;
    const shareBackward = backward[i] / rate;
    const relaxed = -mathF64.expm1(-x);
    a[i] = shareForward * relaxed;
    b[i] = shareBackward * relaxed;
    c[i] = shareForward * shareBackward * excess(x);
  }
}

/**
 * Reacts along an edge in cells [from, to) of `field`, and adds the densities that jumped, summed over the cells, to
 * jumps[0] (g -> g') and jumps[1].
 */
export function exchangeLinear(
  field: Float64Array,
  source: number,
  target: number,
  [from, to]: readonly [number, number],
  { a, b, c }: LinearCoefficients,
  at: number,
  jumps: Float64Array,
  jumpsAt: number,
): void {
  let forth = 0;
  let back = 0;
  let both = 0;
  for (let i = from; i < to; i++) {
    const f = field[source + i];
    const g = field[target + i];
    const out = a[at + i] * f;
    const into = b[at + i] * g;
    const net = out - into;
    forth += out;
    back += into;
    both += c[at + i] * (f + g);
    field[source + i] = f - net;
    field[target + i] = g + net;
  }
  jumps[jumpsAt] += forth + both;
  jumps[jumpsAt + 1] += back + both;
}
