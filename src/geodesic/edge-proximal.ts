// The proximal map of the action along one edge in one cell: of r²/(2 K θ(s, t)) for the reaction r between the
// densities s and t >= 0 at its two ends. Exact to rounding for every mobility. Loops over cells are solver.ts.

import { mathF64 } from '../elementary/mod.js';
import { thetaCode, thetaOf } from '../transport/mod.js';
import { actionRoot } from './action-root.js';
import { Tangent, type MetricMobility } from './mean.js';

/** Largest |log(s/t)| that is told apart: e^-300 of a density is nothing, and its logarithm is still of use. */
const mostLogRatio = 300;
/** The bracket of 600 shrinks below the last digit of u in 60 halvings; Newton's method takes 3 to 5 steps. */
const mostSteps = 100;

/**
 * Minimises weight/2 ((s - s0)² + (t - t0)²) + momentumWeight/2 (r - r0)² + r²/(2 K θ(s, t)).
 *
 * With r eliminated, and θ replaced by its tangent (a, b) at log(s/t) = u, what is left is the equation of action-root.ts.
 * Its solution (s, t) tells which way u must go: the value for a fixed tangent has the derivative -μ a'(u) (s - e^u t), a' < 0, and by convexity no
 * second stationary point. So u is found by Newton's method inside a bracket.
 */
export class EdgeProximal {
  s = 0;
  t = 0;
  r = 0;
  /** log(s/t); the next cell's, or the next iteration's, first guess. */
  u = 0;
  readonly #tangent: Tangent | undefined;
  readonly #code: number;
  #theta = 0;

  constructor(kind: MetricMobility) {
    this.#code = thetaCode(kind);
    this.#tangent = kind === 'constant' ? undefined : new Tangent(kind);
  }

  /** Forgets the cell before. Last digits depend on where a search begins: rows begin alike, whoever computes them. */
  begin(): void {
    this.#theta = 0;
  }

  /** Puts the minimum into s, t, r, u; `u` is where to look first. */
  run(
    s0: number,
    t0: number,
    r0: number,
    weight: number,
    momentumWeight: number,
    k: number,
    u: number,
  ): void {
    const stiffness = momentumWeight * k;
    const tangent = this.#tangent;
    if (tangent === undefined || r0 === 0) {
      this.s = s0 > 0 ? s0 : 0;
      this.t = t0 > 0 ? t0 : 0;
      this.r = tangent === undefined ? (r0 * stiffness) / (1 + stiffness) : 0;
      this.u = u;
      return;
    }
    const force = (0.5 * momentumWeight * stiffness * r0 * r0) / weight;
    if (tangent.mean === 'arithmetic') this.#arithmetic(s0, t0, force, stiffness);
    else this.#search(tangent, s0, t0, force, stiffness, u);
    const theta = thetaOf(this.#code, this.s, this.t);
    this.r = (r0 * stiffness * theta) / (1 + stiffness * theta);
  }

  /** A fixed tangent; only s, t >= 0 needs care. */
  #arithmetic(s0: number, t0: number, force: number, stiffness: number): void {
    const both = actionRoot(0.5 * (s0 + t0), 0.5 * force, stiffness, this.#theta);
    const push = (0.5 * force) / ((1 + stiffness * both) * (1 + stiffness * both));
    this.#theta = both;
    this.s = s0 + push;
    this.t = t0 + push;
    if (this.s >= 0 && this.t >= 0) return;
    // One of them is 0: the other end alone carries the mobility.
    const isFirst = this.s >= this.t;
    const one = actionRoot(0.5 * (isFirst ? s0 : t0), 0.25 * force, stiffness, this.#theta);
    this.s = isFirst ? 2 * one : 0;
    this.t = isFirst ? 0 : 2 * one;
  }

  #search(tangent: Tangent, s0: number, t0: number, force: number, stiffness: number, guess: number): void {
    let low = -mostLogRatio;
    let high = mostLogRatio;
    let u = guess > low && guess < high ? guess : 0;
    let [s, t] = [0, 0];
    for (let step = 0; step < mostSteps; step++) {
      tangent.at(u);
      const { a, b, aSlope, ratio } = tangent;
      const square = a * a + b * b;
      const theta = actionRoot(a * s0 + b * t0, square * force, stiffness, this.#theta);
      this.#theta = theta;
      const damped = 1 + stiffness * theta;
      const push = force / (damped * damped);
      s = s0 + push * a;
      t = t0 + push * b;
      if (!(theta > 0) && s <= 0 && t <= 0) {
        this.s = 0;
        this.t = 0;
        this.u = u;
        return;
      }
      if (theta > 0) {
        // The smaller of them has lost digits in that sum, but not in θ = a s + b t.
        if (a > b) s = (theta - b * t) / a;
        else t = (theta - a * s) / b;
      }
      let next = NaN;
      if (s > 0 && t > 0) {
        const residual = mathF64.log(s / t) - u;
        if (residual > 0) low = u;
        else high = u;
        const bSlope = -ratio * aSlope;
        const thetaSlope =
          (aSlope * s0 + bSlope * t0 + 2 * push * (a * aSlope + b * bSlope)) /
          (1 + (2 * stiffness * square * push) / damped);
        const pushSlope = (-2 * stiffness * push * thetaSlope) / damped;
        let sSlope = pushSlope * a + push * aSlope;
        let tSlope = pushSlope * b + push * bSlope;
        if (a > b) sSlope = (thetaSlope - bSlope * t - b * tSlope - s * aSlope) / a;
        else tSlope = (thetaSlope - aSlope * s - a * sSlope - t * bSlope) / b;
        const change = -residual / (sSlope / s - tSlope / t - 1);
        const tolerance = 1e-13 * (1 + (u > 0 ? u : -u));
        next = u + change;
        if (residual <= tolerance && residual >= -tolerance) break;
      } else if (t <= 0) low = u;
      else high = u;
      if (!(next > low && next < high)) next = 0.5 * (low + high);
      u = next;
      if (!(high - low > 1e-13)) break;
    }
    // s and t in their ratio, whatever digits the smaller has lost in s0 + push a.
    tangent.at(u);
    if (u < 0) {
      this.t = t > 0 ? t : 0;
      this.s = tangent.ratio * this.t;
    } else {
      this.s = s > 0 ? s : 0;
      this.t = this.s / tangent.ratio;
    }
    this.u = u;
  }
}
