// The Box-Muller pair: exact properties, error against exact arithmetic, moments and tail of 1e6 numbers. The
// long goodness-of-fit test is in the validation tier.

import { describe, expect, it } from 'vitest';
import { gaussianPair, immediateF32, negativeLogarithm } from '../../src/elementary/mod.js';

/** xoshiro128++ (Blackman & Vigna), seeded by fixed words. */
function xoshiro128(): () => number {
  let [a, b, c, d] = [0x9e3779b9 | 0, 0x243f6a88, 0xb7e15162 | 0, 0x6a09e667];
  const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
  return () => {
    const result = (rotate((a + d) | 0, 7) + a) | 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return result;
  };
}

/** What R^2 = -2 ln u is multiplied by. */
const SCALE = 2 ** -48;

/** u of a radius word, as f32 holds it. */
const uniform = (w0: number): number => Math.fround(Math.fround(w0 >>> 1) + 0.5) / 2 ** 31;

describe('radius', () => {
  it('R^2 is exactly 0 for u = 1 and >= 0 for every u in [0.5, 1], relative error <= 7e-6', () => {
    expect(negativeLogarithm(immediateF32, -1)).toBe(0);
    let negative = 0;
    let worst = 0;
    // f32 holds multiples of 128 in [2^30, 2^31): every distinct u is met. Below 1/2 the part of whole octaves is at least
    // ln2 and the polynomial's at least -0.06, so the sum cannot be negative.
    for (let w = 2 ** 31 - 1; w >= 2 ** 30; w -= 64) {
      const s = negativeLogarithm(immediateF32, (w << 1) | 0);
      if (!(s >= 0)) negative++;
      const exact = -2 * SCALE * Math.log(uniform(w << 1));
      if (exact > 0) worst = Math.max(worst, Math.abs(s / exact - 1));
    }
    expect(negative).toBe(0);
    expect(worst).toBeLessThan(7e-6);
  });

  it('R^2 >= 0 with relative error <= 7e-6 for 1e6 random words and all small ones', () => {
    const next = xoshiro128();
    let negative = 0;
    let worst = 0;
    for (let i = 0; i < 1_100_000; i++) {
      const w0 = i < 100_000 ? i : next();
      const s = negativeLogarithm(immediateF32, w0);
      if (!(s >= 0)) negative++;
      worst = Math.max(worst, Math.abs(s / (-2 * SCALE * Math.log(uniform(w0))) - 1));
    }
    expect(negative).toBe(0);
    expect(worst).toBeLessThan(7e-6);
  });
});

describe('pair', () => {
  it('is that of exact arithmetic to 1.1e-5 R, for 2e5 draws', () => {
    const next = xoshiro128();
    let worst = 0;
    for (let i = 0; i < 200_000; i++) {
      const [w0, w1] = [next(), next()];
      const [g1, g2] = gaussianPair(immediateF32, w0, w1);
      const radius = Math.sqrt(-2 * Math.log(uniform(w0)));
      const angle = ((w1 >> 12) * (Math.PI / 2)) / 2 ** 19;
      const sign = w1 & 0x800 ? -1 : 1;
      const e1 = g1 - radius * Math.cos(angle) * sign;
      const e2 = g2 - radius * Math.sin(angle) * sign;
      worst = Math.max(worst, Math.abs(e1) / radius, Math.abs(e2) / radius);
    }
    expect(worst).toBeLessThan(1.1e-5);
  });

  it('does not depend on bits 0 to 10 of the angle word nor bit 0 of the radius word', () => {
    const next = xoshiro128();
    for (let i = 0; i < 1000; i++) {
      const [w0, w1] = [next(), next()];
      expect(gaussianPair(immediateF32, w0 ^ 1, w1 ^ (i & 2047))).toEqual(gaussianPair(immediateF32, w0, w1));
    }
  });

  // Bounds are 5 standard errors of n = 1e6 independent numbers: false alarm rate below 1e-5, and the seed is
  // fixed.
  it('has mean 0, variance 1, kurtosis 3, no correlation and the right tail beyond 2, 3, 4 sigma', () => {
    const next = xoshiro128();
    const n = 1_000_000;
    const moments = [0, 0, 0, 0, 0];
    const beyond = [0, 0, 0];
    let product = 0;
    for (let i = 0; i < n / 2; i++) {
      const pair = gaussianPair(immediateF32, next(), next());
      product += pair[0] * pair[1];
      for (const g of pair) {
        let power = 1;
        for (let k = 0; k <= 4; k++, power *= g) moments[k] += power;
        for (let k = 0; k < 3; k++) if (Math.abs(g) > k + 2) beyond[k]++;
      }
    }
    const [, mean, variance, skewness, kurtosis] = moments.map((m) => m / n);
    const five = 5 / Math.sqrt(n);
    expect(Math.abs(mean)).toBeLessThan(five);
    expect(Math.abs(variance - 1)).toBeLessThan(five * Math.sqrt(2));
    expect(Math.abs(skewness)).toBeLessThan(five * Math.sqrt(15));
    expect(Math.abs(kurtosis - 3)).toBeLessThan(five * Math.sqrt(96));
    expect(Math.abs(product / (n / 2))).toBeLessThan(five * Math.SQRT2);
    for (const [k, probability] of [
      0.04550026389635841, 0.0026997960632601866, 6.334248366623973e-5,
    ].entries()) {
      expect(Math.abs(beyond[k] - n * probability), `beyond ${k + 2} sigma`).toBeLessThan(
        5 * Math.sqrt(n * probability),
      );
    }
  });
});
