// The random words against published vectors of other implementations, the SIMD form against the plain one, and that no
// two streams begin alike. Not the statistics of the generator: those are its authors' and the validation tier's.

import { describe, expect, it } from 'vitest';
import { LANES, nextRow, seedStreams } from '../../src/kernel/mod.js';
import { addFillWords } from '../../src/kernel/generator-code.js';
import { splitMix64 } from '../../src/kernel/xoshiro.js';
import { ModuleBuilder } from '../../src/kernel/wasm/module.js';
import { instantiate, testRandom } from './harness.js';

/** State words of lane l at [16 w + l]: the given state in one lane, junk in the others. */
function stateWithLane(lane: number, words: readonly number[]): Uint32Array {
  const next = testRandom(77 + lane);
  const state = Uint32Array.from({ length: 4 * LANES }, next);
  words.forEach((word, w) => (state[w * LANES + lane] = word));
  return state;
}

describe('xoshiro128++', () => {
  // From the tests of Rust's rand_xoshiro, made with the authors' C code.
  const published = [
    641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011, 621204420,
  ];

  it('gives the published words of state 1, 2, 3, 4 in every lane', () => {
    for (let lane = 0; lane < LANES; lane++) {
      const state = stateWithLane(lane, [1, 2, 3, 4]);
      expect(published.map(() => nextRow(state)[lane])).toEqual(published);
    }
  });

  it('is in SIMD the same, words and state, for 0 to 200 rows', () => {
    const module = new ModuleBuilder(2);
    addFillWords(module, 'fillWords');
    const { memory, functions } = instantiate(module, 2);
    const words = new Uint32Array(memory.buffer);
    const [generator, out] = [256, 4096];
    for (const rows of [0, 1, 2, 3, 7, 64, 200]) {
      const state = seedStreams(rows, 0, 3, 1);
      words.fill(0xabcdabcd);
      words.set(state, generator / 4);
      functions['fillWords'](generator, out, rows);
      const expected = Array.from({ length: rows }, () => Array.from(nextRow(state))).flat();
      expect(Array.from(words.subarray(out / 4, out / 4 + LANES * rows))).toEqual(expected);
      expect(Array.from(words.subarray(generator / 4, generator / 4 + 4 * LANES))).toEqual(Array.from(state));
      expect(words[out / 4 + LANES * rows]).toBe(0xabcdabcd);
      expect(words[out / 4 - 1]).toBe(0xabcdabcd);
    }
  });
});

describe('seeding', () => {
  it('uses SplitMix64 as published (state 1234567)', () => {
    let state = 1234567n;
    const outputs = Array.from({ length: 5 }, () => {
      const step = splitMix64(state);
      state = step.state;
      return step.output;
    });
    expect(outputs).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });

  it('never gives two lanes of any shards the same state, nor the state of zeros', () => {
    const seen = new Set<string>();
    let states = 0;
    for (const seed of [0, 1, 2, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      for (let node = 0; node < 24; node++) {
        for (let replica = 0; replica < 24; replica++) {
          const words = seedStreams(seed, 0, node, replica);
          for (let lane = 0; lane < LANES; lane++) {
            states++;
            seen.add([0, 1, 2, 3].map((w) => words[w * LANES + lane]).join());
          }
        }
      }
    }
    expect(seen.size).toBe(states);
    expect(seen.has('0,0,0,0')).toBe(false);
  });

  it('depends on each of seed, purpose, node and replica', () => {
    const base = [5, 0, 2, 3] as const;
    const of = (change: number): string => {
      const [seed, purpose, node, replica] = base.map((value, i) => (i === change ? value + 1 : value));
      return seedStreams(seed, purpose, node, replica).join();
    };
    expect(new Set([-1, 0, 1, 2, 3].map(of)).size).toBe(5);
  });
});
