// The direct solver against residuals: it must solve what it was given, whatever the box and the team.

import { describe, expect, it } from 'vitest';
import { sparseArrays, SparsePlan, SparseSolver, type Box } from '../../src/transport/mod.js';

/** A repeatable sequence in (-1, 1). */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  };
}

/** Fills a quasi-definite matrix (signs alternate by unknown), and multiplies by it. */
function problem(box: Box, unknowns: number) {
  const plan = new SparsePlan(box, unknowns);
  const arrays = sparseArrays(plan, (length) => new Float64Array(length));
  const next = noise(7);
  const b = unknowns;
  const dense = new Map<number, Map<number, number>>();
  const put = (i: number, j: number, value: number): void => {
    dense.set(i, (dense.get(i) ?? new Map<number, number>()).set(j, value));
    dense.set(j, (dense.get(j) ?? new Map<number, number>()).set(i, value));
  };
  for (let cell = 0; cell < plan.cells; cell++) {
    for (let r = 0; r < b; r++) {
      for (let c = 0; c <= r; c++) {
        const sign = r % 2 === 0 ? -1 : 1;
        const entry = r === c ? sign * (6 * b) : next();
        arrays.diagonal[(cell * b + r) * b + c] = entry;
        put(cell * b + r, cell * b + c, entry);
      }
    }
  }
  plan.pairs.forEach(([low, high], pair) => {
    for (let r = 0; r < b; r++) {
      for (let c = 0; c < b; c++) {
        const entry = next();
        arrays.coupling[(pair * b + r) * b + c] = entry;
        put(high * b + r, low * b + c, entry);
      }
    }
  });
  const multiply = (x: Float64Array): Float64Array =>
    Float64Array.from(x, (_, i) => {
      let sum = 0;
      for (const [j, entry] of dense.get(i) ?? []) sum += entry * x[j];
      return sum;
    });
  return { plan, arrays, multiply };
}

function together(work: readonly Generator<void, unknown>[]): void {
  for (;;) {
    const done = work.map((member) => member.next().done === true);
    if (done.every((is) => is)) return;
    if (done.some((is) => is)) throw new Error('members do not meet as often as each other');
  }
}

const boxes: readonly Box[] = [
  { sizes: [17], periodic: [false] },
  { sizes: [16], periodic: [true] },
  { sizes: [9, 7], periodic: [false, false] },
  { sizes: [8, 8], periodic: [true, true] },
  { sizes: [5, 12], periodic: [false, true] },
  { sizes: [4, 5, 6], periodic: [false, true, false] },
];

describe('sparse solver', () => {
  for (const box of boxes) {
    it(`solves on ${box.sizes.join(' x ')} (${box.periodic.join(', ')}), with the same bits for any team`, () => {
      const results = [1, 2, 3].map((size) => {
        const { plan, arrays, multiply } = problem(box, 3);
        const next = noise(3);
        const truth = Float64Array.from({ length: plan.cells * 3 }, next);
        const x = multiply(truth);
        const solvers = Array.from(
          { length: size },
          (_, index) => new SparseSolver(plan, arrays, { index, size }),
        );
        together(solvers.map((solver) => solver.factor()));
        together(solvers.map((solver) => solver.solve(x)));
        x.forEach((value, i) => expect(value).toBeCloseTo(truth[i], 11));
        return x;
      });
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
    });
  }

  it('says so where a pivot is 0', () => {
    const { plan, arrays } = problem({ sizes: [4], periodic: [false] }, 2);
    arrays.diagonal.fill(0);
    arrays.coupling.fill(0);
    const work = new SparseSolver(plan, arrays, { index: 0, size: 1 }).factor();
    let last = work.next();
    while (last.done !== true) last = work.next();
    expect(last.value).toBe(false);
  });
});
