// Tables that change while they are read, and tables that do not fit the model. That formats hold their numbers is tested
// beside each.

import { describe, expect, it } from 'vitest';
import { cellCentres } from '../../src/export/cells.js';
import { coordinateColumns } from '../../src/export/names.js';
import { fill, observed, survey } from '../../src/export/quantities.js';
import type { ObservationRecord } from '../../src/output/mod.js';
import { never, observations } from './data.js';

/** A table that has another number of records at every reading. */
function changing(counts: number[]): () => AsyncGenerator<ObservationRecord> {
  return async function* () {
    yield* observations.slice(0, counts.shift());
  };
}

async function steps(records: AsyncGenerator<ObservationRecord>): Promise<number[]> {
  const list: number[] = [];
  for await (const { step } of records) list.push(step);
  return list;
}

describe('a table that changes', () => {
  it('is taken as it was first seen, where the run goes on meanwhile', async () => {
    const series = await survey(changing([2, 3]), observed, 'observations', never);
    expect(series.count).toBe(2);
    expect(await steps(series.records())).toEqual([0, 10]);
  });

  it('is refused where it became shorter', async () => {
    const series = await survey(changing([3, 1]), observed, 'observations', never);
    await expect(steps(series.records())).rejects.toMatchObject({ code: 'run-changed', exitCode: 2 });
  });

  it('may be empty', async () => {
    const series = await survey(changing([0, 0]), observed, 'observations', never);
    expect(series).toMatchObject({ count: 0, quantities: [] });
    expect(await steps(series.records())).toEqual([]);
  });

  it('is no longer read when the export is stopped', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(survey(changing([3]), observed, 'observations', stop.signal)).rejects.toThrow('abort');
  });
});

describe('numbers of a record', () => {
  it('are flattened, with NaN for none', () => {
    const target = new Float64Array(6).fill(-1);
    fill(target, 1, 4, [[1, null], [3, 4]], 'mean'); // prettier-ignore
    expect([...target]).toEqual([-1, 1, NaN, 3, 4, -1]);
  });

  it.each([[[1, 2, 3]], [[1, 2, 3, 4, 5]], [undefined]])('must be as many as the model says: %j', (value) => {
    expect(() => fill(new Float64Array(8), 0, 4, value, 'mass')).toThrow(/numbers for mass, not the 4/u);
  });
});

it('coordinates never take the name of another column', () => {
  expect(coordinateColumns(['x', 'step', 'density'])).toEqual(['x', 'coordinate_step', 'coordinate_density']);
});

it('cells have their centres in C order', () => {
  const centres = cellCentres({ cells: [2, 3], low: [0, -3], high: [1, 3], periodic: [false, false] });
  const all = Array.from({ length: centres.count }, (_, cell) => [centres.at(cell, 0), centres.at(cell, 1)]);
  expect(all).toEqual([0.25, 0.75].flatMap((x) => [-2, 0, 2].map((y) => [x, y])));
});
