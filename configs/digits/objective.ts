// The objective of configs/digits-architecture-search.yaml: a node is a network (structure.ts), x are its weights, and V is the cross-entropy on
// the training images, plus a price per weight and a ridge. `batch` chooses 64 training images; without it all count.

import { readDigits, type Images } from './data.js';
import { BATCH, runBatch, type Batch, type BatchResult } from './network.js';
import { growths, reductions } from './structure.js';
import { CLASSES, dimensionOf, PIXELS, randomFrom, startOf, transferWeights } from './weights.js';

const digits = readDigits(new URL('../data/digits.csv.gz', import.meta.url));

/** How well a network does on images. */
export interface Score {
  /** Mean cross-entropy. */
  readonly entropy: number;
  /** Part that is named rightly. */
  readonly accuracy: number;
}

/** Options of the objective. */
export interface DigitsOptions {
  /** Added to V for every weight. */
  readonly price: number;
  /** Half of this times |x|^2 is added to V. */
  readonly ridge: number;
  /** Order of the mini-batches. */
  readonly seed: number;
  /** K of every edge: how fast mass passes. */
  readonly weight: number;
}

function batchOf(images: Images, rows: ArrayLike<number>): Batch {
  const count = rows.length;
  const pixels = new Float32Array(BATCH * PIXELS);
  const labels = new Float32Array(BATCH * CLASSES);
  const patches = new Float32Array(BATCH * PIXELS * 9);
  for (let k = 0; k < count; k++) {
    const image = images.pixels.subarray(rows[k] * PIXELS, (rows[k] + 1) * PIXELS);
    pixels.set(image, k * PIXELS);
    labels[k * CLASSES + images.labels[rows[k]]] = 1;
    for (let place = 0; place < PIXELS * 9; place++) {
      const pixel = Math.floor(place / 9);
      const row = Math.floor(pixel / 8) + Math.floor((place % 9) / 3) - 1;
      const column = (pixel % 8) + (place % 3) - 1;
      if (row < 0 || row > 7 || column < 0 || column > 7) continue;
      patches[k * PIXELS * 9 + place] = image[row * 8 + column];
    }
  }
  return { count, pixels, patches, labels };
}

/** All images of a part in batches; made once. */
function batchesOf(images: Images): Batch[] {
  return Array.from({ length: Math.ceil(images.count / BATCH) }, (_, i) => {
    const count = Math.min(BATCH, images.count - i * BATCH);
    return batchOf(
      images,
      Array.from({ length: count }, (_unused, k) => i * BATCH + k),
    );
  });
}

const whole = new Map<keyof typeof digits, Batch[]>();

/** How well a network does on a part of the images. */
export function score(x: Float64Array, node: string, part: keyof typeof digits): Score {
  let batches = whole.get(part);
  if (!batches) {
    batches = batchesOf(digits[part]);
    whole.set(part, batches);
  }
  let sum = 0;
  let right = 0;
  for (const batch of batches) {
    const result = runBatch(node, x, batch);
    sum += result.sum;
    right += rightOf(batch, result);
  }
  return { entropy: sum / digits[part].count, accuracy: right / digits[part].count };
}

function rightOf({ count, labels }: Batch, { logits }: BatchResult): number {
  let right = 0;
  for (let k = 0; k < count; k++) {
    const row = logits.subarray(k * CLASSES, (k + 1) * CLASSES);
    let largest = 0;
    row.forEach((logit, i) => {
      if (logit > row[largest]) largest = i;
    });
    right += labels[k * CLASSES + largest];
  }
  return right;
}

/** Batches of a pass over the training images; the rest of an order, less than a batch, is left out. */
const PER_PASS = Math.floor(digits.train.count / BATCH);

/** The mini-batch of a number: passes are shuffled, each in its own way. */
function miniBatches(seed: number): (number: number) => Batch {
  let pass = -1;
  let batches: Batch[] = [];
  return (number) => {
    const wanted = Math.floor(number / PER_PASS);
    if (wanted !== pass) {
      const random = randomFrom(`batches ${seed} ${wanted}`);
      const order = Array.from({ length: digits.train.count }, (_, i) => i);
      for (let i = order.length - 1; i > 0; i--) {
        const j = Math.floor(random() * (i + 1));
        [order[i], order[j]] = [order[j], order[i]];
      }
      batches = Array.from({ length: PER_PASS }, (_, i) =>
        batchOf(digits.train, order.slice(i * BATCH, (i + 1) * BATCH)),
      );
      pass = wanted;
    }
    return batches[number % PER_PASS];
  };
}

function numberOption(options: Readonly<Record<string, unknown>>, name: string, fallback: number): number {
  const given = options[name] ?? fallback;
  if (typeof given === 'number' && given >= 0 && Number.isFinite(given)) return given;
  throw new Error(`option ${name}: expected a number >= 0`);
}

/** @param options see DigitsOptions */
export default function digitsObjective(options: Readonly<Record<string, unknown>>) {
  const unknown = Object.keys(options).find((key) => !['price', 'ridge', 'seed', 'weight'].includes(key));
  if (unknown !== undefined)
    throw new Error(`no option "${unknown}": there are price, ridge, seed and weight`);
  const price = numberOption(options, 'price', 1e-5);
  const ridge = numberOption(options, 'ridge', 1e-4);
  const weight = numberOption(options, 'weight', 1);
  const batchAt = miniBatches(numberOption(options, 'seed', 1));
  const extra = (x: Float64Array, gradient: Float64Array | undefined): number => {
    let squares = 0;
    for (let i = 0; i < x.length; i++) {
      squares += x[i] * x[i];
      if (gradient) gradient[i] += ridge * x[i];
    }
    return 0.5 * ridge * squares + price * x.length;
  };
  return {
    miniBatches: true,
    dimension: dimensionOf,
    initial: startOf,
    transfer: transferWeights,
    neighbours: (node: string): [string, number][] =>
      [...growths(node).map(({ to }) => to), ...reductions(node)].map((name) => [name, weight]),
    value: (x: Float64Array, node: string, at: { readonly batch: number | undefined }) =>
      at.batch === undefined
        ? score(x, node, 'train').entropy + extra(x, undefined)
        : runBatch(node, x, batchAt(at.batch)).sum / BATCH + extra(x, undefined),
    valueAndGradient(x: Float64Array, node: string, at: { readonly batch: number | undefined }) {
      const batches = at.batch === undefined ? batchesOf(digits.train) : [batchAt(at.batch)];
      const gradient = new Float64Array(x.length);
      let sum = 0;
      let count = 0;
      for (const batch of batches) {
        const result = runBatch(node, x, batch);
        sum += result.sum;
        count += batch.count;
        for (let i = 0; i < gradient.length; i++) gradient[i] += result.gradient[i];
      }
      for (let i = 0; i < gradient.length; i++) gradient[i] /= count;
      const added = extra(x, gradient);
      return { value: sum / count + added, gradient };
    },
    measure(x: Float64Array, node: string) {
      const validation = score(x, node, 'validation');
      return {
        weights: x.length,
        validation_accuracy: validation.accuracy,
        validation_entropy: validation.entropy,
        test_accuracy: score(x, node, 'test').accuracy,
      };
    },
  };
}
