// Random numbers for looking at a model before a run (probe.ts): SplitMix32 with a fixed start. Nothing that a run
// computes comes from here; the streams of a run belong to shards.

import { mathF64 } from '../elementary/mod.js';

/** A stream of 32-bit words. */
export type Words = () => number;

/** A stream that is the same in every run. */
export function probeWords(start: number): Words {
  let state = start | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

/** A number in (0, 1). */
export function uniformNumber(words: Words): number {
  return (words() + 0.5) / 0x100000000;
}

/** A standard Gaussian, by Box and Muller. */
export function gaussianNumber(words: Words): number {
  const radius = Math.sqrt(-2 * mathF64.log(uniformNumber(words)));
  return radius * mathF64.cos(2 * Math.PI * uniformNumber(words));
}
