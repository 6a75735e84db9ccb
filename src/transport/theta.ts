// Mobilities theta(s, t) of two densities (mathematics, section 4), those with a derivative in both, as plain numbers: for whoever needs
// nothing else. With derivatives and scaled by the rates of a link: means.ts. Not rates (model/mobility.ts), and not `upwind`, which is no
// function of the densities alone.

import { mathF64 } from '../elementary/mod.js';

/** As they are numbered for innermost loops. */
const smooth = ['arithmetic', 'constant', 'geometric', 'harmonic', 'log-mean'] as const;
const [arithmetic, constant, geometric, harmonic] = [0, 1, 2, 3];

/** Number of a mobility, for `thetaOf`; -1 for those without derivatives. */
export function thetaCode(mobility: string): number {
  return (smooth as readonly string[]).indexOf(mobility);
}

/** Whether theta does not depend on the densities. */
export const isConstantTheta = (code: number): boolean => code === constant;

/** theta(s, t) for s, t >= 0. */
export function thetaOf(code: number, s: number, t: number): number {
  switch (code) {
    case arithmetic:
      return 0.5 * (s + t);
    case constant:
      return 1;
    case geometric:
      return Math.sqrt(s) * Math.sqrt(t);
    case harmonic:
      return s > 0 && t > 0 ? 2 * s * (t / (s + t)) : 0;
    default: {
      if (!(s > 0 && t > 0)) return 0;
      const delta = (s - t) / (s + t);
      // theta = (s + t)/2 delta/atanh(delta); its series where the quotient below would lose digits.
      if (Math.abs(delta) < 1e-3) return 0.5 * (s + t) * (1 - (delta * delta) / 3);
      const ratio = s / t;
      const isFinite = ratio > 0 && ratio < Infinity;
      return (s - t) / (isFinite ? mathF64.log(ratio) : mathF64.log(s) - mathF64.log(t));
    }
  }
}
