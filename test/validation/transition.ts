// What one step of an integrator does to functions of x, in one dimension, to many digits: the operator (P
// f)(x) = E f(x after a step from x). Functions are their values at Chebyshev points of [-L, L], in between
// the interpolating polynomial; the expectation over the noise is a trapezoidal sum, which for a Gaussian is
// exact to rounding. With it the law of the *scheme*, bias included, is known at every time step, and runs
// can be held to it to within their statistical error. It shares no code and no method with the kernel.

import { apply, multiply, zeros, type Matrix } from './linear.js';

export interface Grid {
  readonly half: number;
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/** n + 1 Chebyshev points of the second kind on [-half, half], and their barycentric weights. */
export function chebyshev(n: number, half: number): Grid {
  const points = Float64Array.from({ length: n + 1 }, (_, j) => half * Math.cos((Math.PI * j) / n));
  const weights = Float64Array.from(
    { length: n + 1 },
    (_, j) => (j % 2 === 0 ? 1 : -1) * (j === 0 || j === n ? 0.5 : 1),
  );
  return { half, points, weights };
}

/** Adds `scale` times the row that interpolates at x. Beyond the ends the end's value is taken. */
export function addInterpolation(
  { half, points, weights }: Grid,
  x: number,
  scale: number,
  row: Float64Array,
  offset = 0,
): void {
  const at = Math.min(half, Math.max(-half, x));
  let total = 0;
  const terms = new Float64Array(points.length);
  for (let j = 0; j < points.length; j++) {
    const distance = at - points[j];
    if (distance === 0) {
      row[offset + j] += scale;
      return;
    }
    terms[j] = weights[j] / distance;
    total += terms[j];
  }
  const factor = scale / total;
  for (let j = 0; j < points.length; j++) row[offset + j] += factor * terms[j];
}

const NOISE_STEP = 0.12;
const NOISE_COUNT = 70;
/** Standard normal numbers and their probabilities. */
export const noise = Array.from({ length: 2 * NOISE_COUNT + 1 }, (_, i) => {
  const value = (i - NOISE_COUNT) * NOISE_STEP;
  return { value, probability: (NOISE_STEP * Math.exp((-value * value) / 2)) / Math.sqrt(2 * Math.PI) };
});

export const integratorNames = ['euler-maruyama', 'heun', 'leimkuhler-matthews'] as const;
export type Integrator = (typeof integratorNames)[number];

export interface Scheme {
  readonly integrator: Integrator;
  readonly step: number;
  readonly temperature: number;
  readonly diffusivity: number;
  /** V'(x). */
  readonly slope: (x: number) => number;
}

/** x after a step with noise xi. For leimkuhler-matthews x stands for y = x - s xi_n, see `observe`. */
function moved({ integrator, step, temperature, diffusivity, slope }: Scheme, x: number, xi: number): number {
  const drift = (at: number): number => -diffusivity * slope(at);
  const kick = Math.sqrt(2 * temperature * diffusivity * step) * xi;
  switch (integrator) {
    case 'euler-maruyama':
      return x + step * drift(x) + kick;
    case 'heun':
      return x + (step / 2) * (drift(x) + drift(x + step * drift(x) + kick)) + kick;
    case 'leimkuhler-matthews':
      // x' = x + dt b(x) + s (xi + xi') with s = kick / (2 xi) is a Markov chain in y = x - s xi: y' = y + 2
      // s xi + dt b(y + s xi).
      return x + kick + step * drift(x + kick / 2);
    default:
      return integrator satisfies never;
  }
}

/** P of one step. */
export function stepOperator(grid: Grid, scheme: Scheme): Matrix {
  const n = grid.points.length;
  const operator = zeros(n);
  for (let i = 0; i < n; i++) {
    for (const { value, probability } of noise) {
      addInterpolation(grid, moved(scheme, grid.points[i], value), probability, operator[i]);
    }
  }
  return operator;
}

/** f as a function of the Markov chain's state: f itself, but E f(y + s xi) for leimkuhler-matthews. */
export function observe(grid: Grid, scheme: Scheme, f: (x: number) => number): Float64Array {
  if (scheme.integrator !== 'leimkuhler-matthews') return grid.points.map(f);
  const s = Math.sqrt((scheme.temperature * scheme.diffusivity * scheme.step) / 2);
  return grid.points.map((y) =>
    noise.reduce((sum, { value, probability }) => sum + probability * f(y + s * value), 0),
  );
}

/** Long-time limit of P^n f (at any point: here the middle). */
export function invariant(operator: Matrix, values: Float64Array): number {
  let p = operator;
  for (let i = 0; i < 12; i++) p = multiply(p, p);
  const limit = apply(p, values);
  return limit[limit.length >> 1];
}
