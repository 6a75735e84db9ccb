// Tangents of the means θ(s, t) of two densities as mobilities (mathematics, section 4; θ itself: transport/theta.ts). All but `constant` are
// homogeneous of degree 1 and concave: θ(s, t) is the least of a s + b t over the tangents (a, b), which depend on log(s/t)
// only. Not rates (model/mobility.ts), and not `upwind`, which is no function of the densities alone.

import { mathF64 } from '../elementary/mod.js';

/** Mobilities for which the metric is a convex problem. */
export const metricMobilities = ['log-mean', 'arithmetic', 'geometric', 'harmonic', 'constant'] as const;
export type MetricMobility = (typeof metricMobilities)[number];
/** Those with θ(cs, ct) = c θ(s, t). */
export type Mean = Exclude<MetricMobility, 'constant'>;

/** Below it (e^-u - 1 + u)/u² loses digits, and its series has all of them. */
const seriesEnd = 0.25;

/** (e^-u - 1 + u)/u² by its series, the sum of (-u)^k/(k + 2)!. */
function logarithmicSeries(u: number): number {
  const v = -u;
  const tail = v * (1 / 5040 + v * (1 / 40_320 + v * (1 / 362_880 + v * (1 / 3_628_800 + v / 39_916_800))));
  return 0.5 + v * (1 / 6 + v * (1 / 24 + v * (1 / 120 + v * (1 / 720 + tail))));
}

/** The tangent of a mean at log(s/t) = u: a = ∂θ/∂s, b = ∂θ/∂t; and da/du. It always holds that db/du = -e^u da/du. */
export class Tangent {
  a = 0.5;
  b = 0.5;
  aSlope = 0;
  /** e^u. */
  ratio = 1;

  constructor(readonly mean: Mean) {}

  /** Moves to u, |u| <= 300. */
  at(u: number): void {
    const e = mathF64.exp(u);
    this.ratio = e;
    switch (this.mean) {
      case 'log-mean': {
        if (u > -seriesEnd && u < seriesEnd) {
          this.a = logarithmicSeries(u);
          this.b = logarithmicSeries(-u);
          // Only speed depends on the slope.
          this.aSlope = -1 / 6 + u * (1 / 12 - u * (1 / 40 - u / 180));
          return;
        }
        const square = 1 / (u * u);
        const inverse = 1 / e;
        this.a = (inverse - 1 + u) * square;
        this.b = (e - 1 - u) * square;
        this.aSlope = (1 - inverse) * square - (2 * this.a) / u;
        return;
      }
      case 'arithmetic':
        return;
      case 'geometric': {
        const root = Math.sqrt(e);
        this.a = 0.5 / root;
        this.b = 0.5 * root;
        this.aSlope = -0.5 * this.a;
        return;
      }
      case 'harmonic': {
        const v = 1 / (1 + e);
        const w = e * v;
        this.a = 2 * v * v;
        this.b = 2 * w * w;
        this.aSlope = -2 * this.a * w;
        return;
      }
      default:
        this.mean satisfies never;
    }
  }
}
