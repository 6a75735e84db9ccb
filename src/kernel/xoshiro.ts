// The random generator: 16 independent xoshiro128++ streams per shard (Blackman and Vigna, Scrambled linear pseudorandom
// number generators, ACM TOMS 2021), one per lane of a block. This is the plain reference and the seeding; the SIMD
// form that fills words in bulk is generator-code.ts, tested against this one.
//
// Seeding: SplitMix64 (Steele, Lea, Flood 2014) is run from a state that absorbs (seed, purpose, node, replica) word by
// word; its outputs fill the 16 states. The function is part of the file format: results of a seed depend on it.

import { LANES } from './layout.js';

/** What a stream is for. Unique numbers; 17 … 255 are free for later purposes. */
export const streamPurpose = {
  /** Diffusion noise and jumps of a shard; also draws its initial particles before step 1. */
  dynamics: 0,
  /** Where the point of a lumped node starts; the node is a hash of its name. */
  lumped: 16,
} as const;

const mask64 = (1n << 64n) - 1n;

/** The SplitMix64 finaliser (variant 13 of Stafford): a bijection of 64-bit words. */
function mix(z: bigint): bigint {
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask64;
  return z ^ (z >> 31n);
}

const golden = 0x9e3779b97f4a7c15n;

/** One step of SplitMix64: its next state, and the output that belongs to it. */
export function splitMix64(state: bigint): { state: bigint; output: bigint } {
  const next = (state + golden) & mask64;
  return { state: next, output: mix(next) };
}

/**
 * Initial state of a shard's generator: 64 words, state word w of lane l at [16 w + l]. Different arguments give
 * unrelated streams (up to chance collisions of 128-bit states).
 */
export function seedStreams(seed: number, purpose: number, node: number, replica: number): Uint32Array {
  let state = 0n;
  for (const word of [seed, purpose, node, replica]) {
    state = splitMix64((state + BigInt(word)) & mask64).output;
  }
  const out = new Uint32Array(4 * LANES);
  for (let lane = 0; lane < LANES; lane++) {
    for (let half = 0; half < 2; half++) {
      const step = splitMix64(state);
      state = step.state;
      const z = step.output;
      out[2 * half * LANES + lane] = Number(z & 0xffffffffn);
      out[(2 * half + 1) * LANES + lane] = Number(z >> 32n);
    }
  }
  return out;
}

const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** Advances every lane once and returns the row of 16 words. `state` is laid out as in `seedStreams`. */
export function nextRow(state: Uint32Array, row: Uint32Array = new Uint32Array(LANES)): Uint32Array {
  for (let lane = 0; lane < LANES; lane++) {
    const s0 = state[lane];
    const s1 = state[LANES + lane];
    const s2 = state[2 * LANES + lane] ^ s0;
    const s3 = state[3 * LANES + lane] ^ s1;
    row[lane] = rotate((s0 + state[3 * LANES + lane]) | 0, 7) + s0;
    state[LANES + lane] = s1 ^ s2;
    state[lane] = s0 ^ s3;
    state[2 * LANES + lane] = s2 ^ (s1 << 9);
    state[3 * LANES + lane] = rotate(s3, 11);
  }
  return row;
}
