// Constants from measurements: exact ones come back, and none is negative.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitCosts, type Measurement } from '../../../src/cluster/machines/fit.js';
import { generator } from './graphs.js';

const terms = ['messages', 'bytes', 'emigrants'] as const;
type Term = (typeof terms)[number];

const measured = (
  constants: Record<Term, number>,
  noise: (i: number) => number = () => 1,
): Measurement<Term>[] =>
  [
    [1, 64, 0],
    [1, 524_288, 0],
    [10, 80_000, 5000],
    [100, 10_000, 0],
    [3, 200_000, 12_000],
    [40, 9000, 200],
  ].map(([messages, bytes, emigrants], i) => ({
    amounts: { messages, bytes, emigrants },
    seconds:
      noise(i) * (messages * constants.messages + bytes * constants.bytes + emigrants * constants.emigrants),
  }));

describe('fitCosts', () => {
  it('finds the constants that the times were made with', () => {
    const cost = fc.double({ min: 1e-9, max: 1e-3, noNaN: true });
    fc.assert(
      fc.property(fc.record({ messages: cost, bytes: cost, emigrants: cost }), (constants) => {
        const { constants: found, worst } = fitCosts(measured(constants), terms);
        expect(worst).toBeLessThan(1e-6);
        for (const { amounts, seconds } of measured(constants)) {
          const again = terms.reduce((sum, term) => sum + found[term] * (amounts[term] ?? 0), 0);
          expect(again / seconds).toBeCloseTo(1, 5);
        }
      }),
    );
    const { constants } = fitCosts(measured({ messages: 5e-6, bytes: 2e-9, emigrants: 3e-8 }), terms);
    expect(constants.messages).toBeCloseTo(5e-6, 11);
    expect(constants.bytes).toBeCloseTo(2e-9, 14);
    expect(constants.emigrants).toBeCloseTo(3e-8, 13);
  });

  it('is no worse than small changes of it, and never negative', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (seed) => {
        const next = generator(seed);
        const data = measured({ messages: 5e-6, bytes: 2e-9, emigrants: 3e-8 }, () => 0.2 + next(1000) / 400);
        const { constants } = fitCosts(data, terms);
        const error = (of: Record<Term, number>): number =>
          data.reduce((sum, { amounts, seconds }) => {
            const off = terms.reduce((all, term) => all + of[term] * (amounts[term] ?? 0), 0) / seconds - 1;
            return sum + off * off;
          }, 0);
        const least = error(constants);
        for (const term of terms) {
          expect(constants[term]).toBeGreaterThanOrEqual(0);
          const scale = { messages: 5e-6, bytes: 2e-9, emigrants: 3e-8 }[term];
          for (const change of [-0.01, 0.01]) {
            const other = { ...constants, [term]: Math.max(0, constants[term] + change * scale) };
            expect(error(other)).toBeGreaterThanOrEqual(least - 1e-9);
          }
        }
      }),
    );
  });

  it('gives 0 to what is nowhere in the measurements, and stands terms that go together', () => {
    const data = [1, 2, 3].map((messages) => ({
      seconds: messages * 1e-5,
      amounts: { messages, bytes: 64 * messages },
    }));
    const { constants, worst } = fitCosts<Term>(data, terms);
    expect(constants.emigrants).toBe(0);
    expect(worst).toBeLessThan(1e-9);
    expect(constants.messages + 64 * constants.bytes).toBeCloseTo(1e-5, 12);
  });

  it('refuses times that are none', () => {
    expect(() => fitCosts<Term>([{ seconds: 0, amounts: {} }], terms)).toThrow(
      /measurement 0 took 0 seconds/,
    );
  });
});
