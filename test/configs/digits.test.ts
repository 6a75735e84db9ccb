// The networks of the digits example: edits are symmetric, growing leaves the outputs as they are, and the gradient is that of the value.

import { describe, expect, it } from 'vitest';
import digitsObjective, { score } from '../../configs/digits/objective.js';
import { readDigits } from '../../configs/digits/data.js';
import { BATCH, runBatch, type Batch } from '../../configs/digits/network.js';
import {
  formatStructure,
  growths,
  parseStructure,
  randomStructure,
  reductions,
  type EditKind,
} from '../../configs/digits/structure.js';
import { dimensionOf, layoutOf, randomFrom, startOf, transferWeights } from '../../configs/digits/weights.js';

const random = randomFrom('tests');

/** Weights without zeros, so that nothing holds by chance. */
function someWeights(node: string): Float64Array {
  return startOf(node, 3).map((weight) => weight + 0.2 * (random() - 0.5));
}

/** A batch of noise: outputs must agree everywhere, not on digits only. */
const noise: Batch = {
  count: BATCH,
  pixels: Float32Array.from({ length: BATCH * 64 }, random),
  patches: Float32Array.from({ length: BATCH * 64 * 9 }, () => 2 * random() - 1),
  labels: Float32Array.from({ length: BATCH * 10 }, (_, i) => (i % 10 === 3 ? 1 : 0)),
};

describe('structures', () => {
  it('are read and written', () => {
    for (let i = 0; i < 50; i++) {
      const text = randomStructure(random);
      expect(formatStructure(parseStructure(text))).toBe(text);
    }
    expect(formatStructure(parseStructure('linear'))).toBe('linear');
  });

  it.each(['', 'd16', 'c4r-d8r', 'd16x', 'c4r+', 'd8r--c2r'])('are refused: "%s"', (text) => {
    expect(() => parseStructure(text)).toThrow(/names no network/u);
  });

  it('have neighbours both ways', () => {
    for (let i = 0; i < 30; i++) {
      const text = randomStructure(random);
      for (const { to } of growths(text)) expect(reductions(to)).toContain(text);
      for (const from of reductions(text)) expect(growths(from).map(({ to }) => to)).toContain(text);
      const all = [...growths(text).map(({ to }) => to), ...reductions(text)];
      expect(new Set(all).size).toBe(all.length);
      expect(all).not.toContain(text);
    }
  });
});

describe('growing a network', () => {
  const parents = ['linear', 'd8t', 'd16r-d16p+-d8t', 'd8m-d8r-c2t', 'c2r-c2t', 'd16r-d8r'];
  const edits = parents.flatMap((from) => growths(from).map((edit) => ({ from, ...edit })));

  it('is tried with every kind of edit', () => {
    const kinds: EditKind[] = ['insert', 'widen', 'activation', 'skip'];
    expect(new Set(edits.map(({ kind }) => kind))).toEqual(new Set(kinds));
  });

  it.each(edits)('leaves the outputs as they are: $from to $to', ({ from, to }) => {
    const x = someWeights(from);
    const grown = transferWeights(x, from, to);
    expect(grown).toHaveLength(dimensionOf(to));
    const before = runBatch(from, x, noise).logits;
    const after = runBatch(to, grown, noise).logits;
    const spread = Math.max(...before) - Math.min(...before);
    expect(spread).toBeGreaterThan(0.1);
    const worst = Math.max(...before.map((logit, i) => Math.abs(logit - after[i])));
    expect(worst).toBeLessThan(1e-5 * Math.max(1, spread));
    // What is new can learn: some gradient reaches a layer or what comes behind it.
    expect(runBatch(to, grown, noise).gradient.some((part) => part !== 0)).toBe(true);
    // And back: the weights that both have.
    expect(transferWeights(grown, to, from)).toEqual(x);
  });

  it('is refused for networks that are not next to each other', () => {
    expect(() => transferWeights(new Float64Array(dimensionOf('linear')), 'linear', 'd32r')).toThrow(
      /one edit apart/u,
    );
  });
});

describe('the objective', () => {
  const objective = digitsObjective({ seed: 2 });

  it.each(['linear', 'd8p-d8m+', 'd8t-c2m-c2p'])('has the gradient of its value: %s', (node) => {
    const x = someWeights(node);
    const at = { batch: 5 };
    const { value, gradient } = objective.valueAndGradient(x, node, at);
    expect(value).toBeCloseTo(objective.value(x, node, at), 6);
    // Along a direction: single coordinates drown in the rounding of f32.
    const length = Math.sqrt(gradient.reduce((sum, part) => sum + part * part, 0));
    const direction = gradient.map((part) => part / length);
    const along = (h: number): number =>
      objective.value(
        x.map((weight, i) => weight + h * direction[i]),
        ...([node, at] as const),
      );
    const slope = gradient.reduce((sum, part, i) => sum + part * direction[i], 0);
    expect((along(1e-3) - along(-1e-3)) / 2e-3).toBeCloseTo(slope, 1);
    expect(Math.abs(slope)).toBeGreaterThan(0.1);
  });

  it('has batches that depend on their number and the seed alone', () => {
    const x = someWeights('linear');
    const value = (of: ReturnType<typeof digitsObjective>, batch: number | undefined): number =>
      of.value(x, 'linear', { batch });
    const again = digitsObjective({ seed: 2 });
    const first = [40, 3, 17, 3].map((batch) => value(objective, batch));
    expect(first[1]).toBe(first[3]);
    expect([3, 17, 40].map((batch) => value(again, batch))).toEqual([first[1], first[2], first[0]]);
    expect(value(digitsObjective({ seed: 3 }), 3)).not.toBe(first[1]);
    expect(value(objective, undefined)).toBeCloseTo(
      objective.valueAndGradient(x, 'linear', { batch: undefined }).value,
      6,
    );
  });

  it('gets better by its gradient', () => {
    const x = startOf('d8r', 1);
    const before = score(x, 'd8r', 'validation');
    for (let batch = 0; batch < 60; batch++) {
      const { gradient } = objective.valueAndGradient(x, 'd8r', { batch });
      for (let i = 0; i < x.length; i++) x[i] -= 0.5 * gradient[i];
    }
    expect(before.accuracy).toBeLessThan(0.2);
    expect(score(x, 'd8r', 'validation').accuracy).toBeGreaterThan(0.85);
  });

  it.each([
    [{ cost: 1 }, /no option "cost"/u],
    [{ price: -1 }, /price: expected/u],
    [{ seed: 'x' }, /seed: expected/u],
  ])('refuses options %o', (options, message) => {
    expect(() => digitsObjective(options)).toThrow(message);
  });
});

describe('the data', () => {
  const digits = readDigits(new URL('../../configs/data/digits.csv.gz', import.meta.url));

  it('are in three parts that share nothing', () => {
    expect([digits.train.count, digits.validation.count, digits.test.count]).toEqual([1077, 360, 360]);
    const images = [digits.train, digits.validation, digits.test].flatMap(({ count, pixels }) =>
      Array.from({ length: count }, (_, i) => pixels.subarray(i * 64, (i + 1) * 64).join(' ')),
    );
    expect(new Set(images).size).toBe(1797);
    for (const { labels } of [digits.train, digits.validation, digits.test])
      expect(new Set(labels).size).toBe(10);
  });

  it('have layouts without gaps', () => {
    for (const node of ['linear', 'd8p-d8m+', 'd8t-c2m-c2p']) {
      let offset = 0;
      for (const tensor of layoutOf(node)) {
        expect(tensor.offset).toBe(offset);
        offset += tensor.size;
      }
      expect(dimensionOf(node)).toBe(offset);
    }
  });
});
