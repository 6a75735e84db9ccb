// The jump test as IR: which particles are candidates, and what a candidate does.
//
// In a reaction of length s a particle with total rate L jumps with probability 1 - exp(-L s). The hot loop only asks
// whether 11 spare random bits r fall below a bound T >= 2048 L s: r < T happens with probability
// P = min(ceil(T), 2048)/2048.
// The few candidates then draw a fresh uniform u and jump when u P < 1 - exp(-L s), that is, when the exponential clock
// -log(1 - u P) has run out before L s. So the law is exact, whatever the bound. After a jump the particle (a walker)
// has less time left and is asked again at its new node, with new bits and the same two questions (the bound of the
// whole reaction serves for any part of it), until it does not jump any more.

import { elementary, type Precision } from '../elementary/mod.js';
import { SPARE_LEVELS } from './layout.js';
import { ProgramBuilder, type FloatValue, type MaskValue, type Program } from './ir.js';

/** Bits of mantissa, and bits after the point of the fixed-point number that the cheap exponential makes. */
const fixedPoint = {
  f32: { mantissa: 23, bias: 127, fraction: 8 },
  f64: { mantissa: 52, bias: 1023, fraction: 20 },
};

/** What is to be added to the exponent of `upperExponential`. */
export function exponentOffset(precision: Precision): number {
  const { mantissa, bias, fraction } = fixedPoint[precision];
  return 1.5 * powerOfTwo(mantissa - fraction) + bias;
}

/**
 * 2^y for y clamped to [-100, 30], at most 6.5 % too high and never too low if y carries the slack of reaction.ts. Takes y in
 * two parts: what varies, and what does not with `exponentOffset` added to it.
 */
export function upperExponential(
  ops: ProgramBuilder,
  varying: FloatValue,
  uniformWithOffset: FloatValue,
): FloatValue {
  // y + 1.5 * 2^(m-8) leaves y in fixed point (8 bits after the point) in the low mantissa bits; shifted into the
  // exponent's place its fraction becomes the mantissa: 2^floor(y) * (1 + frac(y)) >= 2^y.
  const { mantissa, fraction } = fixedPoint[ops.precision];
  const offset = exponentOffset(ops.precision);
  const sum = ops.add(varying, uniformWithOffset);
  const clamped = ops.minimum(ops.maximum(sum, ops.constant(offset - 100)), ops.constant(offset + 30));
  return ops.fromBits(ops.shiftLeft(ops.bits(clamped), mantissa - fraction));
}

/** Input `spare` (the spare bits as a number 0 … 2047) against the bound. */
export function isCandidate(ops: ProgramBuilder, bound: FloatValue): MaskValue {
  return ops.less(ops.input('spare'), bound);
}

/** The same for a bound that may not be a number: then it is a candidate, and its jump is found out as a bad rate. */
export function isCandidateOrBad(ops: ProgramBuilder, bound: FloatValue): MaskValue {
  return ops.not(ops.lessOrEqual(bound, ops.input('spare')));
}

/** A rate of the user's as it is, or NaN where it is negative. */
export function checkedRate(ops: ProgramBuilder, rate: FloatValue): FloatValue {
  return ops.select(ops.lessOrEqual(ops.constant(0), rate), rate, ops.constant(NaN));
}

/** P = min(ceil(T), 2048) / 2048. */
export function candidateProbability(ops: ProgramBuilder, bound: FloatValue): FloatValue {
  const ceiling = ops.negate(ops.floor(ops.negate(bound)));
  return ops.multiply(ops.minimum(ceiling, ops.constant(SPARE_LEVELS)), ops.constant(1 / SPARE_LEVELS));
}

/**
 * What a candidate does. Inputs: `draw1`, `draw2` (random integers as numbers, 24 bits for f32, 32 for f64), `total` (L),
 * `time` (s) and `probability` (P). Outputs: mask `jumps`, `remaining` (time left after the jump), `mark` (uniform on
 * [0, L), against which the rates are summed up). Where a rate is not a number it jumps, and `remaining` is no number.
 */
export function decisionProgram(precision: Precision): Program {
  const ops = new ProgramBuilder(precision);
  const math = elementary(ops);
  const scale = ops.constant(1 / powerOfTwo(precision === 'f32' ? 24 : 32));
  const uniform = (name: string): FloatValue =>
    ops.multiply(ops.add(ops.input(name), ops.constant(0.5)), scale);
  const total = ops.input('total');
  const time = ops.input('time');
  const clock = ops.negate(math.log1p(ops.negate(ops.multiply(uniform('draw1'), ops.input('probability')))));
  return ops.finish({
    jumps: ops.not(ops.lessOrEqual(ops.multiply(total, time), clock)),
    remaining: ops.maximum(ops.subtract(time, ops.divide(clock, total)), ops.constant(0)),
    mark: ops.multiply(uniform('draw2'), total),
  });
}

function powerOfTwo(exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i++) power *= 2;
  return power;
}
