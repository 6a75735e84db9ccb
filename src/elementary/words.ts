// exp, expm1 and log of mathF64, on JavaScript numbers: the same bits as exponential.ts and logarithm.ts give with the operations of
// immediate.ts (a test compares them), about twenty times faster, since bit patterns are taken apart in two 32-bit words and
// not as BigInt, and powers of two come from a table. It is not a second approximation: coefficients and order of
// operations are those.

import { EXPONENTIAL } from './exponential.js';
import { COEFFICIENTS, LN2 } from './logarithm.js';

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);
// Every machine that runs Node is little-endian: the high word is the second.
const high = 1;
const low = 0;

const { log2e, ln2High, ln2Low, lowest, highest, q } = EXPONENTIAL.f64;
const [q0, q1, q2, q3, q4, q5, q6, q7, q8, q9] = q;
const [p0, p1, p2, p3, p4, p5, p6] = COEFFICIENTS.f64;
const { high: logHigh, low: logLow } = LN2.f64;
const magic = 1.5 * 2 ** 52;

/**
 * 2^k at [k + 1075], for all k with a double; 0 below. Building one from its bits takes two stores and a load that must
 * wait for both, about 4 ns.
 */
const lowestPower = -1075;
const powers = new Float64Array(1024 - lowestPower);
for (let k = lowestPower + 1, power = 2 ** -1074; k < 1024; k++, power += power)
  powers[k - lowestPower] = power;

/** e^x, as in exponential.ts. */
export function exp(x: number): number {
  const a = x > highest ? highest : x;
  const b = a < lowest ? lowest : a;
  const n = b * log2e + magic - magic;
  const r = b - n * ln2High - n * ln2Low;
  const tail =
    r *
    r *
    (((((((((q9 * r + q8) * r + q7) * r + q6) * r + q5) * r + q4) * r + q3) * r + q2) * r + q1) * r + q0);
  const power = n > -1022 ? powers[n - 1 - lowestPower] : n <= -1022 ? 0 : NaN;
  const result = (1 + (r + tail)) * power;
  return result + result;
}

/** e^x - 1, as in exponential.ts. */
export function expm1(x: number): number {
  const a = x > highest ? highest : x;
  const b = a < lowest ? lowest : a;
  const n = b * log2e + magic - magic;
  const r = b - n * ln2High - n * ln2Low;
  const tail =
    r *
    r *
    (((((((((q9 * r + q8) * r + q7) * r + q6) * r + q5) * r + q4) * r + q3) * r + q2) * r + q1) * r + q0);
  const power = n > -1022 ? powers[n - 1 - lowestPower] : n <= -1022 ? 0 : NaN;
  const result = power * (r + tail) + (power - 0.5);
  return result + result;
}

/** ln x, as in logarithm.ts. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  const isSubnormal = x < 2 ** -1022;
  float[0] = isSubnormal ? x * 2 ** 64 : x;
  // The bits of 1 less those of sqrt(1/2) are added, so that the exponent changes at sqrt(1/2).
  const carry = (words[low] >>> 0) + 0x9980c433 > 0xffffffff ? 1 : 0;
  const exponent = ((words[high] + 0x00095f61 + carry) >> 20) - 1023;
  const f = float[0] * powers[-exponent - lowestPower] - 1;
  const k = isSubnormal ? exponent - 64 : exponent;
  const s = f / (2 + f);
  const z = s * s;
  const rest = z * ((((((p6 * z + p5) * z + p4) * z + p3) * z + p2) * z + p1) * z + p0);
  const halfSquare = f * 0.5 * f;
  const small = s * (halfSquare + rest) + k * logLow;
  return k * logHigh + (f - (halfSquare - small));
}
