// Limits, signs of zero, NaN, symmetry, saturation and monotony of the elementary functions. Accuracy in
// between is the business of accuracy.test.ts.

import { describe, expect, it } from 'vitest';
import { mathF32, mathF64, type ElementaryFunctions } from '../../src/elementary/mod.js';

type Unary = Exclude<keyof ElementaryFunctions<number>, 'atan2' | 'power'>;

const UNARY: readonly Unary[] = [
  'exp',
  'expm1',
  'log',
  'log1p',
  'sin',
  'cos',
  'tan',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'erf',
  'sigmoid',
  'softplus',
  'sign',
];
const ODD: readonly Unary[] = ['sin', 'tan', 'atan', 'sinh', 'tanh', 'erf', 'sign'];
const EVEN: readonly Unary[] = ['cos', 'cosh'];
const RISING: readonly Unary[] = ['exp', 'expm1', 'atan', 'sinh', 'tanh', 'erf', 'sigmoid', 'softplus'];

const PRECISIONS = [
  {
    name: 'f32',
    math: mathF32,
    round: Math.fround,
    bits: 24,
    lowest: -126,
    overflow: 88.7229,
    hyperbolicOverflow: 89.42,
    underflow: -86.99,
    range: 1e5,
    last: 3.4028234663852886e38,
  },
  {
    name: 'f64',
    math: mathF64,
    round: (x: number) => x,
    bits: 53,
    lowest: -1022,
    overflow: 709.7828,
    hyperbolicOverflow: 710.476,
    underflow: -708.05,
    range: 1e8,
    last: Number.MAX_VALUE,
  },
];

describe.each(PRECISIONS)('special values, $name', (p) => {
  const { math, round } = p;
  const subnormal = 2 ** (p.lowest - 5);
  const samples = Array.from({ length: 2000 }, (_, i) =>
    round(((i * 0.6180339887498949) % 1) * 2 ** (((i * 37) % 40) - 25)),
  );

  it('NaN gives NaN everywhere', () => {
    for (const name of UNARY) expect(math[name](NaN), name).toBeNaN();
    for (const other of [0, 1, -2, Infinity]) {
      expect(math.atan2(NaN, other)).toBeNaN();
      expect(math.atan2(other, NaN)).toBeNaN();
      expect(math.power(other, NaN)).toBeNaN();
      if (other !== 0) expect(math.power(NaN, other)).toBeNaN();
    }
  });

  it('infinities give limits', () => {
    const limits: Readonly<Record<Unary, readonly [number, number]>> = {
      exp: [0, Infinity],
      expm1: [-1, Infinity],
      log: [NaN, Infinity],
      log1p: [NaN, Infinity],
      sin: [NaN, NaN],
      cos: [NaN, NaN],
      tan: [NaN, NaN],
      atan: [-round(Math.PI / 2), round(Math.PI / 2)],
      sinh: [-Infinity, Infinity],
      cosh: [Infinity, Infinity],
      tanh: [-1, 1],
      erf: [-1, 1],
      sigmoid: [0, 1],
      softplus: [0, Infinity],
      sign: [-1, 1],
    };
    for (const name of UNARY) {
      expect(math[name](-Infinity), `${name}(-inf)`).toBe(limits[name][0]);
      expect(math[name](Infinity), `${name}(inf)`).toBe(limits[name][1]);
    }
  });

  it('odd and even functions are so bit by bit, zero and subnormal numbers included', () => {
    for (const x of [0, subnormal, ...samples, p.range, p.last, Infinity]) {
      for (const name of ODD) expect(Object.is(math[name](-x), -math[name](x)), `${name}(${x})`).toBe(true);
      for (const name of EVEN) expect(math[name](-x), `${name}(${x})`).toBe(math[name](x));
    }
  });

  it('exp overflows to infinity and underflows to 0 without a subnormal in between', () => {
    expect(math.exp(round(p.overflow))).toBe(Infinity);
    expect(math.exp(round(p.overflow - 0.001))).toBeLessThan(Infinity);
    expect(math.exp(p.last)).toBe(Infinity);
    for (let x = p.underflow; x > p.underflow - 60; x -= 0.013) {
      const result = math.exp(round(x));
      expect(result === 0 || (result >= 2 ** p.lowest && result < 2 ** (p.lowest + 1))).toBe(true);
      if (x < p.underflow - 1) expect(result).toBe(0);
    }
    expect(math.exp(-p.last)).toBe(0);
    expect(math.exp(0)).toBe(1);
    expect(math.expm1(-p.last)).toBe(-1);
    expect(math.expm1(round(p.overflow))).toBe(Infinity);
    expect(math.expm1(subnormal)).toBe(subnormal);
  });

  it('sinh and cosh reach beyond exp and then overflow', () => {
    expect(math.sinh(round(p.overflow + 0.3))).toBeLessThan(Infinity);
    expect(math.cosh(round(p.overflow + 0.3))).toBeLessThan(Infinity);
    expect(math.sinh(round(p.hyperbolicOverflow))).toBe(Infinity);
    expect(math.cosh(round(p.hyperbolicOverflow))).toBe(Infinity);
  });

  it('log of 0, of negative and of subnormal numbers', () => {
    expect(math.log(0)).toBe(-Infinity);
    expect(math.log(-0)).toBe(-Infinity);
    expect(math.log(-1)).toBeNaN();
    expect(math.log(-subnormal)).toBeNaN();
    expect(math.log(1)).toBe(0);
    expect(math.log(subnormal)).toBeCloseTo((p.lowest - 5) * Math.LN2, 4);
    expect(math.log(p.last)).toBeCloseTo(-p.lowest * Math.LN2 + 2 * Math.LN2, 4);
    expect(math.log1p(-1)).toBe(-Infinity);
    expect(math.log1p(round(-1.5))).toBeNaN();
    expect(math.log1p(0)).toBe(0);
    expect(math.log1p(subnormal)).toBe(subnormal);
    expect(math.log1p(p.last)).toBeCloseTo(-p.lowest * Math.LN2 + 2 * Math.LN2, 4);
  });

  it('tanh, erf, sigmoid and softplus saturate exactly', () => {
    for (const x of [25, 100, 1e4, p.last]) {
      expect(math.tanh(x)).toBe(1);
      expect(math.erf(x)).toBe(1);
      expect(math.sigmoid(round(x + 15))).toBe(1);
      expect(math.softplus(round(x + 15))).toBe(round(x + 15));
    }
    for (const x of [-1e4, -p.last]) {
      expect(math.sigmoid(x)).toBe(0);
      expect(math.softplus(x)).toBe(0);
    }
  });

  it('sin and cos stay within [-1, 1] for every finite argument', () => {
    for (let x = 1; x < p.last; x *= 1.37) {
      for (const y of [round(x), -round(x)]) {
        expect(Math.abs(math.sin(y))).toBeLessThanOrEqual(1);
        expect(Math.abs(math.cos(y))).toBeLessThanOrEqual(1);
      }
    }
  });

  it('rising functions do not fall by more than their error', () => {
    const slack = 4 * 2 ** -p.bits;
    for (const name of RISING) {
      let last = -Infinity;
      for (let x = -12; x < 12; x += 0.0117) {
        const value = math[name](round(x));
        if (Number.isFinite(last))
          expect(value, `${name}(${x})`).toBeGreaterThanOrEqual(last - slack * Math.abs(last));
        last = value;
      }
    }
  });

  it('atan2: quadrants, axes, zeros, infinities', () => {
    const pi = round(Math.PI);
    const cases: readonly (readonly [y: number, x: number, angle: number])[] = [
      [0, 1, 0],
      [-0, 1, -0],
      [0, -1, pi],
      [-0, -1, -pi],
      [0, 0, 0],
      [-0, 0, -0],
      [0, -0, pi],
      [-0, -0, -pi],
      [1, 0, pi / 2],
      [-1, 0, -pi / 2],
      [1, -0, pi / 2],
      [1, 1, pi / 4],
      [-1, 1, -pi / 4],
      [1, -1, (3 * Math.PI) / 4],
      [-1, -1, (-3 * Math.PI) / 4],
      [1, Infinity, 0],
      [1, -Infinity, pi],
      [Infinity, 1, pi / 2],
      [-Infinity, -1, -pi / 2],
      [p.last, p.last, pi / 4],
      [p.last, -1, pi / 2],
      [2 ** p.lowest, 2 ** p.lowest, pi / 4],
    ];
    for (const [y, x, angle] of cases) expect(math.atan2(y, x), `atan2(${y}, ${x})`).toBe(round(angle));
    expect(math.atan2(Infinity, Infinity)).toBeNaN();
  });

  it('power: signs, zeros, infinities, one', () => {
    const cases: readonly (readonly [x: number, y: number, result: number])[] = [
      [2, 0, 1],
      [0, 0, 1],
      [NaN, 0, 1],
      [Infinity, 0, 1],
      [-3, -0, 1],
      [1, 5, 1],
      [1, Infinity, 1],
      [1, -Infinity, 1],
      [-1, Infinity, 1],
      [-1, 3, -1],
      [-1, p.last, 1],
      [0, 2, 0],
      [-0, 3, -0],
      [-0, 2, 0],
      [0, -2, Infinity],
      [-0, -3, -Infinity],
      [-0, -2, Infinity],
      [0, 1e-30, 0],
      [0, Infinity, 0],
      [0, -Infinity, Infinity],
      [0, 0.5, 0],
      [Infinity, 2, Infinity],
      [Infinity, -2, 0],
      [-Infinity, 3, -Infinity],
      [-Infinity, -3, -0],
      [-Infinity, 2, Infinity],
      [2, Infinity, Infinity],
      [2, -Infinity, 0],
      [0.5, Infinity, 0],
      [0.5, -Infinity, Infinity],
      [2, 10, 1024],
      [-2, 3, -8],
      [-2, 2, 4],
      [2, -1, 0.5],
      [2, 3000, Infinity],
      [2, -3000, 0],
      [-2, 3001, -Infinity],
      [-8, 1 / 3, NaN],
      [-2, 0.5, NaN],
      [-2, 1.5, NaN],
      [p.last, p.last, Infinity],
      [p.last, -p.last, 0],
    ];
    for (const [x, y, result] of cases) expect(math.power(x, round(y)), `power(${x}, ${y})`).toBe(result);
    // Subnormal x.
    expect(math.power(subnormal, 0.5) ** 2 / subnormal).toBeCloseTo(1, 5);
  });

  it('sign keeps zeros', () => {
    expect(math.sign(subnormal)).toBe(1);
    expect(math.sign(-3)).toBe(-1);
    expect(math.sign(0)).toBe(0);
    expect(math.sign(-0)).toBe(-0);
  });

  it('results are numbers of the precision', () => {
    for (const x of samples) for (const name of UNARY) expect(math[name](x)).toBe(round(math[name](x)));
  });
});
