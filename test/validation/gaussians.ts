// The random words and the Gaussians, drawn through the very passes of a compiled kernel (fillWords,
// gaussians) from streams seeded as a shard's are: the distribution, and independence of whatever the kernel
// takes to be independent: the two numbers of a pair, successive rows of a lane, neighbouring lanes, streams
// of different shards, and the spare byte of the angle word, which tests for jumps, from the two Gaussians of
// its own pair.
//
// Gaussians are polynomials of f32 with an error of 1e-5 at most, and end at 6.66: 1e-5 is allowed where
// moments are compared.

import type { Row, Study } from './harness.js';
import { chiSquaredRow, countRow, kolmogorovRow, normalRow } from './harness.js';
import { configOf } from './simulate.js';
import { normalCdf } from './special.js';
import { compileKernel, LANES, seedStreams, streamPurpose } from '../../src/kernel/mod.js';
import { buildModel } from '../../src/model/mod.js';
import { allocateMemory, planMemory } from '../../src/particles/mod.js';

const BLOCKS = 64;
const PAIRS = BLOCKS * LANES;
const ROUNDING = 1e-5;

/** Two words and two Gaussians per particle, a chunk of 1024 at a time. */
class Source {
  readonly words: Uint32Array;
  readonly normals: Float32Array;
  readonly #next: () => void;

  constructor(seed: number, node: number) {
    const { model } = buildModel(
      configOf({
        space: { variables: ['x', 'y'] },
        potential: { formula: 'x^2 + y^2' },
        temperature: 1,
        particles: PAIRS,
        initial: { gaussian: {} },
        time: { step: 0.1, steps: 1 },
      }),
    );
    const kernel = compileKernel(model);
    const plan = planMemory(model, kernel.plan, 1, 1);
    const memory = allocateMemory(kernel, plan);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(kernel.bytes), { env: { memory } });
    const fillWords = exports['fillWords'] as (generator: number, out: number, rows: number) => void;
    const gaussians = exports['gaussians'] as (words: number, noise: number, blocks: number) => void;
    const { words, noise } = plan.workers[0];
    // A shard's header begins with its generator.
    new Uint32Array(memory.buffer).set(seedStreams(seed, streamPurpose.dynamics, node, 0), plan.shards >>> 2);
    this.words = new Uint32Array(2 * PAIRS);
    const drawn = new Uint32Array(memory.buffer, words, 2 * PAIRS);
    this.normals = new Float32Array(memory.buffer, noise, 2 * PAIRS);
    this.#next = () => {
      fillWords(plan.shards, words, 2 * BLOCKS);
      // The Gaussians take the place of words.
      this.words.set(drawn);
      gaussians(words, noise, BLOCKS);
    };
  }

  next(): void {
    this.#next();
  }
}

/** Sums of powers, for moments of a standard normal variable. */
class Powers {
  n = 0;
  #s1 = 0;
  #s2 = 0;
  #s3 = 0;
  #s4 = 0;

  add(x: number): void {
    const y = x * x;
    this.n++;
    this.#s1 += x;
    this.#s2 += y;
    this.#s3 += x * y;
    this.#s4 += y * y;
  }

  rows(name: string): Row[] {
    const { n } = this;
    // Raw moments of N(0, 1): variances of x, x^2, x^3 - 3x, x^4 - 6x^2 are 1, 2, 6, 24.
    return [
      normalRow(`${name}: mean`, 0, this.#s1 / n, Math.sqrt(1 / n), ROUNDING),
      normalRow(`${name}: variance`, 1, this.#s2 / n, Math.sqrt(2 / n), ROUNDING),
      normalRow(`${name}: skewness`, 0, (this.#s3 - 3 * this.#s1) / n, Math.sqrt(6 / n), ROUNDING),
      normalRow(`${name}: kurtosis`, 3, (this.#s4 - 6 * this.#s2) / n + 6, Math.sqrt(24 / n), 3 * ROUNDING),
    ];
  }
}

/** Correlations of x with y and of x^2 with y^2. */
class Pairs {
  #n = 0;
  #linear = 0;
  #square = 0;

  add(x: number, y: number): void {
    this.#n++;
    this.#linear += x * y;
    this.#square += (x * x - 1) * (y * y - 1);
  }

  rows(name: string): Row[] {
    const n = this.#n;
    return [
      normalRow(`${name}: correlation`, 0, this.#linear / n, 1 / Math.sqrt(n), ROUNDING),
      normalRow(`${name}: of squares`, 0, this.#square / n, 2 / Math.sqrt(n), ROUNDING),
    ];
  }
}

const BINS = 16;
/** Bin of a normal number among 16 of equal probability. */
const borders = Array.from({ length: BINS - 1 }, (_, i) => inverse((i + 1) / BINS));
function inverse(p: number): number {
  let [low, high] = [-9, 9];
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
function bin(x: number): number {
  let b = x < borders[7] ? 0 : 8;
  if (x >= borders[b + 3]) b += 4;
  if (x >= borders[b + 1]) b += 2;
  if (x >= borders[b]) b += 1;
  return b;
}

function chiSquared(name: string, counts: Float64Array): Row {
  const total = counts.reduce((a, b) => a + b, 0);
  const expected = total / counts.length;
  const sum = counts.reduce((a, count) => a + (count - expected) ** 2 / expected, 0);
  return chiSquaredRow(name, counts.length - 1, sum);
}

export const gaussians: Study = {
  name: 'gaussians',
  title: 'random words and Gaussians of a compiled kernel',
  async run(context) {
    const chunks = context.pick(100_000, 6_000);
    const kept = context.pick(5_000_000, 1_500_000);
    context.note(
      `${(2 * chunks * PAIRS).toExponential(2)} Gaussians of one shard; Kolmogorov-Smirnov on ${2 * kept}`,
    );
    const source = new Source(41, 0);
    const other = new Source(41, 1);
    const [first, second] = [new Powers(), new Powers()];
    const [pair, rows, lanes, shards] = [new Pairs(), new Pairs(), new Pairs(), new Pairs()];
    const tails = [3, 4, 5].map((beyond) => ({ beyond, count: 0 }));
    const bytes = new Float64Array(256);
    const serial = new Float64Array(65536);
    const neighbours = new Float64Array(65536);
    const spare = [new Float64Array(256 * BINS), new Float64Array(256 * BINS)];
    const sample = new Float32Array(2 * kept);
    let filled = 0;
    const { words, normals } = source;
    for (let chunk = 0; chunk < chunks; chunk++) {
      source.next();
      if (chunk % 4 === 0) other.next();
      if (filled < sample.length) {
        const part = normals.subarray(0, Math.min(normals.length, sample.length - filled));
        sample.set(part, filled);
        filled += part.length;
      }
      for (let block = 0; block < BLOCKS; block++) {
        for (let lane = 0; lane < LANES; lane++) {
          const i = 2 * block * LANES + lane;
          const [g1, g2] = [normals[i], normals[i + LANES]];
          first.add(g1);
          second.add(g2);
          pair.add(g1, g2);
          if (g1 > 3 || g1 < -3 || g2 > 3 || g2 < -3) {
            for (const tail of tails) {
              if (Math.abs(g1) > tail.beyond) tail.count++;
              if (Math.abs(g2) > tail.beyond) tail.count++;
            }
          }
          const byte = words[i + LANES] & 255;
          spare[0][byte * BINS + bin(g1)]++;
          spare[1][byte * BINS + bin(g2)]++;
          if (block > 0) rows.add(g1, normals[i - LANES]);
          if (lane > 0) lanes.add(g1, normals[i - 1]);
          if (chunk % 4 === 0) shards.add(g1, other.normals[i]);
        }
      }
      // Bytes of words, two successive ones of a lane, two of neighbouring lanes.
      if (chunk % 4 === 0) {
        for (let i = 0; i < words.length; i++) {
          const word = words[i];
          bytes[word & 255]++;
          bytes[(word >>> 8) & 255]++;
          bytes[(word >>> 16) & 255]++;
          bytes[word >>> 24]++;
          if (i % (2 * LANES) < LANES) serial[((word >>> 24) << 8) | (words[i + LANES] >>> 24)]++;
          if (i % 2 === 0) neighbours[((word & 255) << 8) | (words[i + 1] & 255)]++;
        }
      }
    }
    const n = 2 * first.n;
    return [
      kolmogorovRow('Kolmogorov-Smirnov distance', distance(sample), sample.length),
      ...first.rows('g1'),
      ...second.rows('g2'),
      ...tails.map(({ beyond, count }) =>
        // The density at the border times the error of a Gaussian there: less than 1e-4 of the tail, allowed
        // with it.
        withSlack(countRow(`|g| > ${beyond}`, 2 * n * normalCdf(-beyond), count), 1e-4),
      ),
      ...pair.rows('g1, g2'),
      ...rows.rows('successive numbers of a lane'),
      ...lanes.rows('neighbouring lanes'),
      ...shards.rows('two shards'),
      chiSquared('spare byte x g1, 256 x 16 cells', spare[0]),
      chiSquared('spare byte x g2, 256 x 16 cells', spare[1]),
      chiSquared('bytes of words', bytes),
      chiSquared('high bytes of successive words, 65536 cells', serial),
      chiSquared('low bytes of neighbouring lanes, 65536 cells', neighbours),
    ];
  },
};

function withSlack(row: Row, relative: number): Row {
  return { ...row, allowed: row.allowed + relative * row.exact };
}

/** Largest distance between the empirical and the normal distribution function. */
function distance(sample: Float32Array): number {
  sample.sort();
  const n = sample.length;
  let largest = 0;
  for (let i = 0; i < n; i++) {
    const p = normalCdf(sample[i]);
    largest = Math.max(largest, p - i / n, (i + 1) / n - p);
  }
  return largest;
}
