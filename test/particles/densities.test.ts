// What particles see of each other: cloud-in-cell deposits of the compiled engine against weights worked out by hand and by
// a formula of their own, and reading by the same weights (of the reference engine, which the compiled one is held to bit
// by bit in engines.test.ts). Rates are test/kernel/density-rate.test.ts.

import { describe, expect, it } from 'vitest';
import { compileKernel, planKernel } from '../../src/kernel/mod.js';
import type { Model } from '../../src/model/mod.js';
import { allocateMemory, planMemory, ShardEngine, ReferenceEngine } from '../../src/particles/mod.js';
import { ReferenceDensities } from '../../src/particles/reference-densities.js';
import { modelOf } from './models.js';

interface Setting {
  readonly cells: readonly number[];
  readonly boundary: readonly ('periodic' | 'reflecting' | 'free')[];
  readonly precision: 'f32' | 'f64';
  readonly particles?: number;
}

const [low, high] = [-1, 3];

function model({ cells, boundary, precision, particles = 2 }: Setting): Model {
  return modelOf({
    space: { variables: cells.length, boundary, box: [low, high] },
    graph: { path: 2 },
    potential: { formula: '0' },
    temperature: 1,
    // Strang: the first exchange deposits without a move.
    dynamics: { mobility: 'log-mean', splitting: 'strang' },
    grid: { cells, box: [low, high] },
    precision,
    particles,
    initial: { uniform: { low, high } },
    time: { step: 0.01, steps: 1 },
  });
}

/** Densities of node 0 in particles per cell, without the border, from particles shared out to so many workers. */
function deposited(m: Model, particles: readonly (readonly number[])[], workers = 1): Float64Array {
  const kernel = compileKernel(m);
  const { densities, fields, precision } = kernel.plan;
  if (!densities) throw new Error('no densities');
  const replicas = workers;
  const plan = planMemory(m, kernel.plan, replicas, workers);
  const memory = allocateMemory(kernel, plan);
  const module = new WebAssembly.Module(kernel.bytes);
  const engines = Array.from(
    { length: workers },
    (_, w) => new ShardEngine(m, kernel, plan, memory, module, w),
  );
  const Numbers = precision === 'f32' ? Float32Array : Float64Array;
  for (let replica = 0; replica < replicas; replica++) {
    const own = particles.filter((_, i) => i % replicas === replica);
    const columns = new Numbers(fields * own.length);
    columns.forEach((_, at) => (columns[at] = own[at % own.length][Math.floor(at / own.length)]));
    for (const node of [0, 1]) {
      const count = node === 0 ? own.length : 0;
      engines[0].store.fill(2 * replica + node, { count, fields: columns, generator: new Uint32Array(64) });
    }
  }
  // Twice: the sums must be empty again after the first time.
  for (let time = 0; time < 2; time++) {
    engines.forEach((engine, w) => engine.depositShard(2 * w, 0));
    for (const node of [0, 1]) engines[workers - 1].reduceDensities(node);
  }
  const view = (node: number): Float32Array | Float64Array => {
    const at = plan.workers[0].densityTable + node * densities.tableBytes;
    return precision === 'f32'
      ? new Float32Array(memory.buffer, at, densities.length)
      : new Float64Array(memory.buffer, at, densities.length);
  };
  const table = view(0);
  expect(view(1).every((value) => value === 0)).toBe(true);
  const { cells } = densities.mesh;
  const total = cells.reduce((a, b) => a * b, 1);
  return Float64Array.from({ length: total }, (_, cell) => {
    let [rest, at] = [cell, 0];
    for (let i = cells.length - 1; i >= 0; i--) {
      at += ((rest % cells[i]) + 1) * densities.strides[i];
      rest = Math.floor(rest / cells[i]);
    }
    return table[at];
  });
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** The share of a cell of a particle at x in one coordinate: a hat of width h around the centre. */
function share(x: number, cell: number, n: number, kind: string): number {
  const h = (high - low) / n;
  const images = kind === 'periodic' ? [-n, 0, n] : [0];
  let p = (x - low) / h - 0.5;
  if (kind !== 'periodic') p = Math.min(n - 1, Math.max(0, p));
  return images.reduce((all, image) => all + Math.max(0, 1 - Math.abs(p - cell - image)), 0);
}

describe('a single particle', () => {
  const eight = { cells: [8], precision: 'f64' } as const;
  it('at a centre is in one cell, between centres in two', () => {
    const m = model({ ...eight, boundary: ['reflecting'] });
    expect(Array.from(deposited(m, [[-0.25]]))).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
    expect(Array.from(deposited(m, [[-0.125]]))).toEqual([0, 0.75, 0.25, 0, 0, 0, 0, 0]);
  });

  it('is shared across the ends where they are joined', () => {
    const m = model({ ...eight, boundary: ['periodic'] });
    expect(Array.from(deposited(m, [[-0.875]]))).toEqual([0.75, 0, 0, 0, 0, 0, 0, 0.25]);
    expect(Array.from(deposited(m, [[2.875]]))).toEqual([0.25, 0, 0, 0, 0, 0, 0, 0.75]);
    expect(Array.from(deposited(m, [[-1]]))).toEqual([0.5, 0, 0, 0, 0, 0, 0, 0.5]);
  });

  it('is whole in the outermost cell at a wall, and beyond the mesh', () => {
    const walls = model({ ...eight, boundary: ['reflecting'] });
    expect(Array.from(deposited(walls, [[-0.9]]))).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    expect(Array.from(deposited(walls, [[2.99]]))).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
    const free = model({ ...eight, boundary: ['free'] });
    expect(Array.from(deposited(free, [[-1e30], [1e30], [Infinity], [NaN]]))).toEqual([
      2, 0, 0, 0, 0, 0, 0, 2,
    ]);
  });
});

describe('many particles', () => {
  const kinds = ['periodic', 'reflecting', 'free'] as const;
  for (const precision of ['f32', 'f64'] as const) {
    for (const cells of [[9], [4, 7], [5, 4, 6]]) {
      it(`in ${cells.length} dimensions, ${precision}: mass is kept exactly, every cell has its hat's share, and workers do not matter`, () => {
        const boundary = cells.map((_, i) => kinds[i % 3]);
        const m = model({ cells, boundary, precision });
        const particles = Array.from({ length: 1500 }, (_, k) =>
          cells.map((_, i) => low + (high - low) * ((k * (0.1237 + 0.3141 * (i + 1))) % 1)),
        );
        const got = deposited(m, particles);
        const bits = cells.length * (planKernel(m).densities?.fractionBits ?? NaN);
        expect(sum(got.map((v) => (precision === 'f32' ? v : v * 2 ** bits)))).toBeCloseTo(
          precision === 'f32' ? 1500 : 1500 * 2 ** bits,
          precision === 'f32' ? 2 : 0,
        );
        got.forEach((value, cell) => {
          let exact = 0;
          for (const x of particles) {
            let [rest, weight] = [cell, 1];
            for (let i = cells.length - 1; i >= 0; i--) {
              weight *= share(x[i], rest % cells[i], cells[i], boundary[i]);
              rest = Math.floor(rest / cells[i]);
            }
            exact += weight;
          }
          // Places are rounded to 2^-10 of a cell in three dimensions.
          expect(Math.abs(value - exact)).toBeLessThan(0.02 * Math.sqrt(exact) + 0.01);
        });
        for (const workers of [2, 3, 7]) expect(deposited(m, particles, workers)).toEqual(got);
      });
    }
  }
});

describe('reading', () => {
  const densitiesOf = (m: Model): ReferenceDensities => {
    const plan = planKernel(m).densities;
    if (!plan) throw new Error('no densities');
    return new ReferenceDensities(plan, 2, (value) => value);
  };

  it('gives a particle its own share: 1 at a centre, half between two', () => {
    const densities = densitiesOf(model({ cells: [8], boundary: ['periodic'], precision: 'f64' }));
    densities.deposit(0, [-0.25]);
    expect(densities.at(0, [-0.25])).toBe(1);
    expect(densities.at(0, [0])).toBe(0.5);
    expect(densities.at(0, [0.25])).toBe(0);
    expect(densities.at(1, [-0.25])).toBe(0);
    densities.deposit(1, [-1]);
    expect(densities.at(1, [-1])).toBe(0.5);
  });

  it('is linear between centres, and exact for a uniform law up to the walls', () => {
    const densities = densitiesOf(
      model({ cells: [8, 4], boundary: ['reflecting', 'periodic'], precision: 'f64' }),
    );
    // 64 x 64 points, 16 x 8 of them in a cell ... in the middle of equal parts of the box.
    for (let i = 0; i < 64; i++)
      for (let j = 0; j < 64; j++)
        densities.deposit(0, [low + ((i + 0.5) * 4) / 64, low + ((j + 0.5) * 4) / 64]);
    for (const x of [-1, -0.9, 0.3, 1.77, 2.999])
      for (const y of [-1, 0.4, 2.9]) expect(densities.at(0, [x, y])).toBeCloseTo(128, 9);
  });
});

describe('densities couple replicas', () => {
  it('so that a replica is not stepped alone', () => {
    const m = model({ cells: [8], boundary: ['periodic'], precision: 'f32', particles: 100 });
    const kernel = compileKernel(m);
    expect(() => {
      new ReferenceEngine(m, kernel.plan, 2).stepReplica(0, 0, 1);
    }).toThrow('couple');
  });
});
