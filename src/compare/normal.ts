// Tails of the standard normal law and back, in logarithms, so that a difference of a hundred standard errors is still
// told from one of ninety. Everything that judges a difference speaks in these units.

import { mathF64 } from '../elementary/mod.js';

const logSqrtTwoPi = 0.918_938_533_204_672_7;
const logHalf = -0.693_147_180_559_945_3;
/** Below this the error function is exact enough (relative error 1e-13), above it the continued fraction is. */
const fractionFrom = 3;
const fractionTerms = 80;

/** log P(Z > z) for a standard normal Z and z >= 0. */
export function logUpperTail(z: number): number {
  if (z < fractionFrom) return mathF64.log(0.5 * (1 - mathF64.erf(z * Math.SQRT1_2)));
  // Laplace's continued fraction: P(Z > z) = phi(z) / (z + 1/(z + 2/(z + 3/(z + …)))).
  let fraction = z;
  for (let k = fractionTerms; k >= 1; k--) fraction = z + k / fraction;
  return -0.5 * z * z - logSqrtTwoPi - mathF64.log(fraction);
}

/** The z >= 0 with log P(Z > z) = logTail; 0 where the tail is a half or more. */
export function scoreOfLogTail(logTail: number): number {
  if (!(logTail < logHalf)) return 0;
  if (logTail === -Infinity) return Infinity;
  let low = 0;
  let high = Math.sqrt(-2 * logTail) + 1;
  for (let round = 0; round < 80; round++) {
    const middle = 0.5 * (low + high);
    if (logUpperTail(middle) > logTail) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

/** The |z| that a standard normal number passes, on either side, with this probability; 0 < probability < 1. */
export function twoSidedThreshold(probability: number): number {
  return scoreOfLogTail(mathF64.log(0.5 * probability));
}

/**
 * The normal number with the same tail as the standardised `z` of a law with this skewness, the law taken for a shifted gamma
 * law (Wilson and Hilferty 1931). For sums of many positive terms, whose upper tail is heavier than a normal one.
 */
export function scoreOfSkewed(z: number, skewness: number): number {
  if (!(skewness > 1e-6) || !Number.isFinite(z)) return z;
  const shape = 4 / (skewness * skewness);
  const ratio = Math.max(0, 1 + z / Math.sqrt(shape));
  const root = ratio === 0 ? 0 : mathF64.power(ratio, 1 / 3);
  return (root - (1 - 1 / (9 * shape))) * 3 * Math.sqrt(shape);
}
