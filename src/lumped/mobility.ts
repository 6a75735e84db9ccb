// Mobilities between two masses (mathematics, section 4 with masses in place of densities): theta, its derivative, and the
// rates of the linear family. Pure functions of numbers; how masses move by them is relax.ts and kinetic.ts.
//
// A pair of masses a + b = s is written by r = log(a/b): a = s sigma(r), b = s sigma(-r). Differences of tiny masses keep their
// digits that way, and all mobilities but `constant` are s times a function of r.

import { mathF64 } from '../elementary/mod.js';
import type { DensityMobility, LinearMobility } from '../model/mod.js';

/** |r| beyond this is not told from an empty node: e^-700 is near the smallest double. */
export const LARGEST_RATIO = 700;

/** 1/(1 + e^-r): the part of a pair that the first has. */
export function share(r: number): number {
  return r >= 0 ? 1 / (1 + mathF64.exp(-r)) : mathF64.exp(r) / (1 + mathF64.exp(r));
}

/** log(a/b), within [-700, 700]; also where one of them is 0. Both 0: 0. */
export function ratioOf(a: number, b: number): number {
  if (a === b) return 0;
  if (!(a > 0)) return -LARGEST_RATIO;
  if (!(b > 0)) return LARGEST_RATIO;
  const r = mathF64.log(a) - mathF64.log(b);
  return Math.max(-LARGEST_RATIO, Math.min(LARGEST_RATIO, r));
}

/** (1 - e^-x)/x and the like near 0. */
const NEAR = 1e-4;

/**
 * theta of a pair of sum s.
 * @param drive mu_b - mu_a: `upwind` takes the mass at the end that mass leaves, which is the larger mu
 */
export function thetaOfPair(mobility: DensityMobility, s: number, r: number, drive: number): number {
  switch (mobility) {
    case 'log-mean':
      // (a - b)/r = s tanh(r/2)/r, r^2 = 1e-8 of the series left out.
      return Math.abs(r) < NEAR ? s * (0.5 - (r * r) / 24) : (s * (share(r) - share(-r))) / r;
    case 'arithmetic':
      return s / 2;
    case 'geometric':
      return s * Math.sqrt(share(r) * share(-r));
    case 'harmonic':
      return 2 * s * share(r) * share(-r);
    case 'upwind':
      return s * (drive > 0 ? share(-r) : share(r));
    case 'constant':
      return 1;
    default:
      return mobility satisfies never;
  }
}

/** theta of two masses; `upwind` as above. */
export function theta(mobility: DensityMobility, a: number, b: number, drive: number): number {
  switch (mobility) {
    case 'log-mean':
      // Masses that are 0 have theta 0.
      return a > 0 && b > 0 ? thetaOfPair(mobility, a + b, ratioOf(a, b), drive) : 0;
    case 'arithmetic':
      return (a + b) / 2;
    case 'geometric':
      return Math.sqrt(a) * Math.sqrt(b);
    case 'harmonic':
      return a + b > 0 ? (2 * a * b) / (a + b) : 0;
    case 'upwind':
      return drive > 0 ? b : a;
    case 'constant':
      return 1;
    default:
      return mobility satisfies never;
  }
}

/** Mobilities whose theta has a derivative everywhere where masses are > 0: those of second-order dynamics (section 6). */
export type SmoothMobility = Exclude<DensityMobility, 'upwind'>;

/** The derivative of theta(a, b) in a, for a, b > 0. */
export function thetaSlope(mobility: SmoothMobility, a: number, b: number): number {
  switch (mobility) {
    case 'log-mean': {
      const r = ratioOf(a, b);
      // (r - 1 + e^-r)/r^2
      if (Math.abs(r) < NEAR) return 0.5 - r / 6 + (r * r) / 24;
      return (r + mathF64.expm1(-r)) / (r * r);
    }
    case 'arithmetic':
      return 0.5;
    case 'geometric':
      return Math.sqrt(b / a) / 2;
    case 'harmonic': {
      const part = b / (a + b);
      return 2 * part * part;
    }
    case 'constant':
      return 0;
    default:
      return mobility satisfies never;
  }
}

/**
 * Rates of the linear family between two nodes, per weight K: the sum of both, and the part that leads from the first to the second,
 * which is 1/(1 + e^(dV/eps)) for all three, by detailed balance. Infinite sums are allowed.
 * @param deltaV V of the second minus V of the first
 */
export function linearRates(
  mobility: LinearMobility,
  deltaV: number,
  temperature: number,
): { readonly sum: number; readonly forward: number } {
  if (temperature === 0) {
    if (deltaV === 0) return { sum: mobility === 'barker' ? 1 : 2, forward: 0.5 };
    return { sum: 1, forward: deltaV < 0 ? 1 : 0 };
  }
  const z = deltaV / temperature;
  const forward = share(-z);
  switch (mobility) {
    case 'metropolis':
      return { sum: 1 + mathF64.exp(-Math.abs(z)), forward };
    case 'barker':
      return { sum: 1, forward };
    case 'symmetric':
      return { sum: mathF64.exp(z / 2) + mathF64.exp(-z / 2), forward };
    default:
      return mobility satisfies never;
  }
}
