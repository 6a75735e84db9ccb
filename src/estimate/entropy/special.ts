// Functions of the gamma family that expectations of logarithms of random volumes are made of, for positive arguments.
// Shifted upwards by their recurrences, then Stirling's series (Abramowitz and Stegun 6.1.41, 6.3.18, 6.4.12).

import { mathF64 } from '../../elementary/mod.js';

/** From here on the series below, cut after their last terms, are exact to rounding. */
const large = 12;

const halfLogTwoPi = 0.9189385332046728;
const logPi = 1.1447298858494002;

function requirePositive(name: string, x: number): void {
  if (!(x > 0)) throw new RangeError(`${name} is for positive numbers, not ${x}`);
}

/**
 * psi(x) = (log gamma)'(x), to about 1e-15 max(1, |psi|), for x > 0.
 * @throws RangeError for other x.
 */
export function digamma(x: number): number {
  requirePositive('digamma', x);
  let shift = 0;
  for (; x < large; x++) shift += 1 / x;
  const u = 1 / (x * x);
  const series =
    u *
    (1 / 12 -
      u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u * (1 / 132 - u * (691 / 32760 - u * (1 / 12)))))));
  return mathF64.log(x) - 0.5 / x - series - shift;
}

/**
 * psi'(x): the variance of the logarithm of a gamma variable of shape x; relative accuracy about 1e-15, for x > 0.
 * @throws RangeError for other x.
 */
export function trigamma(x: number): number {
  requirePositive('trigamma', x);
  let shift = 0;
  for (; x < large; x++) shift += 1 / (x * x);
  const u = 1 / (x * x);
  const series =
    u * (1 / 6 - u * (1 / 30 - u * (1 / 42 - u * (1 / 30 - u * (5 / 66 - u * (691 / 2730 - u * (7 / 6)))))));
  return shift + (1 + 0.5 / x + series) / x;
}

/**
 * log gamma(x), to about 1e-14 max(1, |log gamma|), for x > 0.
 * @throws RangeError for other x.
 */
export function logGamma(x: number): number {
  requirePositive('logGamma', x);
  let product = 1;
  // At most gamma(13): no overflow. At 1 and 2 the product is exact, and the rest is a difference of like numbers.
  for (; x < large; x++) product *= x;
  const u = 1 / (x * x);
  const series =
    (1 / 12 -
      u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u * (1 / 1188 - u * (691 / 360360 - u * (1 / 156))))))) /
    x;
  return (x - 0.5) * mathF64.log(x) - x + halfLogTwoPi + series - mathF64.log(product);
}

/** log c_d, the volume of the ball of radius 1 in R^d: c_d = pi^(d/2) / gamma(d/2 + 1). */
export function logUnitBallVolume(d: number): number {
  return 0.5 * d * logPi - logGamma(0.5 * d + 1);
}
