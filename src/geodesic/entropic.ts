// The entropic route: Sinkhorn's algorithm for the static Schrödinger problem of a jump diffusion, for grids too large for the dynamic
// problem. It is not W_K: docs/theory.md says how the two are related.
//
//   C(a, b) = inf 4 τ KL(P | R)   over couplings P of a and b,
//   R((x,g),(y,g')) = exp(-|x-y|²/(4 τ D)) [exp(τ Q)](g,g'),   Q the generator of jumps with the rates K,
//   S(a, b) = C(a, b) - C(a, a)/2 - C(b, b)/2                  ("debiased", which also takes constants away).
//
// In logarithms throughout, so that no temperature is too small; R is a product over coordinates and graph, and each is applied along its own
// axis. The temperature comes down from the size of the box.

import { mathF64 } from '../elementary/mod.js';
import { GeodesicError } from './errors.js';
import type { MetricProblem, WeightedEdge } from './problem.js';

export interface EntropicOptions {
  /** τ > 0: the time that the reference process runs, a squared length over D. */
  readonly temperature: number;
  /** Largest distance in L1 of a marginal that counts as converged. */
  readonly tolerance?: number;
  readonly mostIterations?: number;
}

export interface EntropicResult {
  /** S(a, b) >= 0, comparable with W_K². */
  readonly divergence: number;
  /** The largest error of a marginal, and whether it is below the tolerance. */
  readonly error: number;
  readonly converged: boolean;
  /** Of all temperatures and all three problems. */
  readonly iterations: number;
}

const defaultTolerance = 1e-6;
const defaultIterations = 20_000;
/** The temperature falls by this, after so many iterations at most. */
const cooling = 0.5;
const stepsPerTemperature = 30;
/** Along a line whose values span more than this, one common factor would lose the small ones. */
const mostSpan = 600;

/**
 * Computes S(a, b).
 * @throws GeodesicError (`unequal-diffusivity`) where D is not the same on all nodes: R is then no product
 */
export function entropicDivergence(problem: MetricProblem, options: EntropicOptions): EntropicResult {
  const { diffusivity, start, end } = problem;
  const different = diffusivity.findIndex((d) => d !== diffusivity[0]);
  if (different >= 0) {
    throw new GeodesicError(
      'unequal-diffusivity',
      `the entropic distance needs one diffusivity for all nodes, and node ${different} has ${diffusivity[different]}, not ${diffusivity[0]}`,
      'use the dynamic solver (without --entropic)',
    );
  }
  const between = sinkhorn(problem, start, end, options);
  const first = sinkhorn(problem, start, start, options);
  const second = sinkhorn(problem, end, end, options);
  const error = Math.max(between.error, first.error, second.error);
  return {
    divergence: Math.max(0, between.cost - 0.5 * (first.cost + second.cost)),
    error,
    converged: error <= (options.tolerance ?? defaultTolerance),
    iterations: between.iterations + first.iterations + second.iterations,
  };
}

/** C(a, b), up to a constant that depends on the temperature only. */
function sinkhorn(
  problem: MetricProblem,
  a: Float64Array,
  b: Float64Array,
  { temperature, tolerance = defaultTolerance, mostIterations = defaultIterations }: EntropicOptions,
): { readonly cost: number; readonly error: number; readonly iterations: number } {
  const { cells } = problem;
  const isSame = a === b;
  const logA = logarithms(a);
  const logB = isSame ? logA : logarithms(b);
  let u: Float64Array = new Float64Array(a.length);
  let v: Float64Array = new Float64Array(a.length);
  const longest = Math.max(...cells.sizes.map((size, k) => size * cells.widths[k]));
  let tau = Math.max(temperature, (longest * longest) / (4 * problem.diffusivity[0]));
  let error: number;
  let cost: number;
  let iterations = 0;
  for (;;) {
    const reference = new Reference(problem, tau);
    const isLast = tau === temperature;
    const limit = isLast ? mostIterations : iterations + stepsPerTemperature;
    do {
      const seen = reference.apply(v);
      if (isSame) {
        // The same potential on both sides: the mean of old and new converges at once.
        error = 0;
        let value = 0;
        for (let i = 0; i < u.length; i++) {
          if (a[i] === 0) continue;
          const next = logA[i] - seen[i];
          error += Math.abs(mathF64.exp(u[i] + seen[i]) - a[i]);
          u[i] = 0.5 * (u[i] + next);
          value += 2 * a[i] * u[i];
        }
        v = masked(u, a);
        cost = value;
      } else {
        for (let i = 0; i < u.length; i++) u[i] = a[i] === 0 ? -Infinity : logA[i] - seen[i];
        const back = reference.apply(u);
        error = 0;
        cost = 0;
        for (let i = 0; i < v.length; i++) {
          if (b[i] === 0) {
            v[i] = -Infinity;
            continue;
          }
          error += Math.abs(mathF64.exp(v[i] + back[i]) - b[i]);
          v[i] = logB[i] - back[i];
          cost += b[i] * v[i];
        }
        for (let i = 0; i < u.length; i++) if (a[i] > 0) cost += a[i] * u[i];
      }
      error *= cells.volume;
      iterations++;
    } while (error > tolerance && iterations < limit);
    if (isLast) break;
    const next = Math.max(temperature, cooling * tau);
    // Potentials are of the order of 1/τ.
    const ratio = tau / next;
    u = u.map((value) => value * ratio);
    v = v.map((value) => value * ratio);
    tau = next;
  }
  return { cost: 4 * temperature * cost * cells.volume, error, iterations };
}

function logarithms(field: Float64Array): Float64Array {
  return field.map((value) => mathF64.log(value));
}

function masked(values: Float64Array, by: Float64Array): Float64Array {
  return values.map((value, i) => (by[i] === 0 ? -Infinity : value));
}

/** R at a temperature, applied to fields in logarithms. */
class Reference {
  readonly #axes: readonly Axis[];

  constructor({ cells, nodeCount, edges, diffusivity }: MetricProblem, temperature: number) {
    const along = cells.sizes.map((size, k) => {
      const width = cells.widths[k];
      const factor = (width * width) / (4 * temperature * diffusivity[0]);
      const logs = new Float64Array(size * size);
      const logWidth = mathF64.log(width);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          const direct = Math.abs(i - j);
          const distance = cells.periodic[k] ? Math.min(direct, size - direct) : direct;
          logs[i * size + j] = logWidth - factor * distance * distance;
        }
      }
      return new Axis(logs, size, cells.strides[k]);
    });
    const jumps = logarithms(jumpKernel(nodeCount, edges, temperature));
    this.#axes = nodeCount > 1 ? [...along, new Axis(jumps, nodeCount, cells.count)] : along;
  }

  /** log of R e^values. */
  apply(values: Float64Array): Float64Array {
    const out = values.slice();
    for (const axis of this.#axes) axis.apply(out);
    return out;
  }
}

/** A kernel along one axis of a field. */
class Axis {
  readonly #kernel: Float64Array;
  readonly #line: Float64Array;
  readonly #factors: Float64Array;
  /** Largest minus least logarithm of the kernel; infinite where an entry is 0. */
  readonly #span: number;

  constructor(
    private readonly logs: Float64Array,
    private readonly size: number,
    private readonly stride: number,
  ) {
    this.#kernel = logs.map((value) => mathF64.exp(value));
    this.#line = new Float64Array(size);
    this.#factors = new Float64Array(size);
    this.#span =
      logs.reduce((most, value) => Math.max(most, value), -Infinity) -
      logs.reduce((least, value) => Math.min(least, value), Infinity);
  }

  apply(values: Float64Array): void {
    const { size, stride } = this;
    const line = this.#line;
    for (let block = 0; block < values.length; block += size * stride) {
      for (let first = block; first < block + stride; first++) {
        let [most, least] = [-Infinity, Infinity];
        for (let j = 0; j < size; j++) {
          const value = values[first + j * stride];
          line[j] = value;
          if (value > most) most = value;
          if (value < least && value > -Infinity) least = value;
        }
        if (most === -Infinity) continue;
        const isNarrow = most - least + this.#span < mostSpan;
        for (let i = 0; i < size; i++) values[first + i * stride] = isNarrow ? NaN : this.#exact(i);
        if (isNarrow) this.#together(values, first, most);
      }
    }
  }

  /** One exponential per place, then a product with the kernel: where nothing of weight is lost by it. */
  #together(values: Float64Array, first: number, most: number): void {
    const { size, stride } = this;
    const [line, factors, kernel] = [this.#line, this.#factors, this.#kernel];
    for (let j = 0; j < size; j++) factors[j] = line[j] === -Infinity ? 0 : mathF64.exp(line[j] - most);
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += kernel[i * size + j] * factors[j];
      values[first + i * stride] = most + mathF64.log(sum);
    }
  }

  /** log of the sum over j of e^(logs + line), around its largest term. */
  #exact(i: number): number {
    const { size, logs } = this;
    const line = this.#line;
    let most = -Infinity;
    for (let j = 0; j < size; j++) {
      const value = logs[i * size + j] + line[j];
      if (value > most) most = value;
    }
    if (most === -Infinity) return -Infinity;
    let sum = 0;
    for (let j = 0; j < size; j++) {
      const value = logs[i * size + j] + line[j] - most;
      // e^-40 is below the last digit of a sum of at most some thousand terms.
      if (value > -40) sum += mathF64.exp(value);
    }
    return most + mathF64.log(sum);
  }
}

/** exp(τ Q) for the symmetric generator of jumps with rates K: by squaring e^(τ Q/2^k), whose series has no negative term. */
export function jumpKernel(
  nodeCount: number,
  edges: readonly WeightedEdge[],
  temperature: number,
): Float64Array {
  const n = nodeCount;
  const rates = new Float64Array(n);
  for (const { from, to, weight } of edges) {
    rates[from] += weight;
    rates[to] += weight;
  }
  const fastest = rates.reduce((most, rate) => Math.max(most, rate), 0);
  let squarings = 0;
  let time = temperature;
  while (time * fastest > 0.5) {
    time *= 0.5;
    squarings++;
  }
  // Q + fastest I has no negative entry; the factor e^(-fastest time) comes back at the end.
  const positive = new Float64Array(n * n);
  for (let g = 0; g < n; g++) positive[g * n + g] = time * (fastest - rates[g]);
  for (const { from, to, weight } of edges) {
    positive[from * n + to] += time * weight;
    positive[to * n + from] += time * weight;
  }
  let term: Float64Array = identity(n);
  const sum = identity(n);
  for (let k = 1; k <= 20; k++) {
    term = product(term, positive, n).map((value) => value / k);
    for (let i = 0; i < sum.length; i++) sum[i] += term[i];
  }
  const damping = mathF64.exp(-fastest * time);
  let kernel: Float64Array = sum.map((value) => value * damping);
  for (let k = 0; k < squarings; k++) kernel = product(kernel, kernel, n);
  return kernel;
}

function identity(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
  return matrix;
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k];
      if (factor === 0) continue;
      for (let j = 0; j < n; j++) out[i * n + j] += factor * b[k * n + j];
    }
  }
  return out;
}
