// The Gaussian pass: same bits compiled and interpreted, for all kinds of words, and for the function that the step calls
// (any dimension, odd ones too). Accuracy and statistics are tested in test/elementary/gaussian.test.ts.

import { expect, it } from 'vitest';
import { gaussianProgram, interpret, LANES, type KernelPlan } from '../../src/kernel/mod.js';
import { LiteralPool } from '../../src/kernel/lower.js';
import { addGaussianPass, type PassContext } from '../../src/kernel/passes.js';
import { ModuleBuilder } from '../../src/kernel/wasm/module.js';
import { expectSameBits, instantiate, testRandom } from './harness.js';

it('is the interpreted program, bit for bit, for extreme and random words', () => {
  const next = testRandom(5);
  const edges = [
    0, 1, 2, 3, 255, 256, 0x1ff, 0x3ff, 0x400, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x3f3504f3,
  ];
  const word0 = [
    ...edges.flatMap((a) => edges.map(() => a | 0)),
    ...Array.from({ length: 4000 }, () => next() | 0),
  ];
  const word1 = [
    ...edges.flatMap(() => edges.map((b) => b | 0)),
    ...Array.from({ length: 4000 }, () => next() | 0),
  ];
  expectSameBits(gaussianProgram(), { word0, word1 });
});

for (const dimension of [1, 2, 3, 4, 7]) {
  it(`turns rows of words into rows of numbers in ${dimension} dimensions`, () => {
    const wordsPerParticle = 2 * Math.ceil(dimension / 2);
    const module = new ModuleBuilder(8);
    const literals = new LiteralPool(1024);
    const plan = { dimension, wordsPerParticle } as KernelPlan;
    addGaussianPass({ plan, literals, module } as PassContext, 'gaussians');
    const { memory, functions } = instantiate(module, 8);
    literals.write(memory.buffer);
    const blocks = 5;
    const [words, noise] = [65_536, 131_072 + 1088];
    const input = new Uint32Array(memory.buffer, words, blocks * wordsPerParticle * LANES);
    const output = new Float32Array(memory.buffer, noise, blocks * dimension * LANES + 1);
    input.set(Array.from(input, testRandom(dimension)));
    // The call leaves other things in place of the words.
    const drawn = input.slice();
    output.fill(77);
    functions['gaussians'](words, noise, blocks);
    for (let block = 0; block < blocks; block++) {
      for (let row = 0; row < dimension; row++) {
        for (let lane = 0; lane < LANES; lane++) {
          const word = (name: string): number =>
            drawn[(block * wordsPerParticle + row - (row % 2) + Number(name.slice(4))) * LANES + lane];
          const pair = interpret(gaussianProgram(), { input: word, integerInput: word, uniform: () => 0 });
          const expected = row % 2 === 0 ? pair['first'] : pair['second'];
          expect(output[(block * dimension + row) * LANES + lane]).toBe(expected);
        }
      }
    }
    expect(output.at(-1)).toBe(77);
  });
}
