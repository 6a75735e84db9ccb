// Particles with velocities: mean and covariance of (x, w) in a quadratic well obey a recursion that can be written down; a jump
// keeps w; walls turn it round. That both engines agree is engines.test.ts, order and stationary law are validation. Fixed
// seeds, 4.5 standard deviations.

import { describe, expect, it } from 'vitest';
import { modelOf, shardEngine, start } from './models.js';

const N = 200_000;
const SIGMAS = 4.5;
const [stiffness, temperature, diffusivity, friction, step] = [1.7, 0.8, 1.3, 0.9, 0.6];
const [mean0, deviation0] = [2, 0.5];

type Law = readonly [meanX: number, meanW: number, xx: number, xw: number, ww: number];

/** (x, w) → (a x + b w, c x + d w). */
function linear([mx, mw, xx, xw, ww]: Law, a: number, b: number, c: number, d: number): Law {
  return [
    a * mx + b * mw,
    c * mx + d * mw,
    a * a * xx + 2 * a * b * xw + b * b * ww,
    a * c * xx + (a * d + b * c) * xw + b * d * ww,
    c * c * xx + 2 * c * d * xw + d * d * ww,
  ];
}

/** The law after a step: kick, drift, friction, drift, kick. */
function stepped(law: Law): Law {
  const root = Math.sqrt(diffusivity);
  const kick = (l: Law): Law => linear(l, 1, 0, -(step / 2) * root * stiffness, 1);
  const drift = (l: Law): Law => linear(l, 1, (step / 2) * root, 0, 1);
  const decay = Math.exp(-friction * step);
  const rubbed = (l: Law): Law => {
    const [mx, mw, xx, xw, ww] = linear(l, 1, 0, 0, decay);
    return [mx, mw, xx, xw, ww + temperature * (1 - decay * decay)];
  };
  return kick(drift(rubbed(drift(kick(law)))));
}

function sample(fields: Float32Array | Float64Array, count: number, f: number, dimension: number): Law {
  const x = fields.subarray(f * count, (f + 1) * count);
  const w = fields.subarray((dimension + f) * count, (dimension + f + 1) * count);
  let [mx, mw, xx, xw, ww] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    mx += x[i] / count;
    mw += w[i] / count;
  }
  for (let i = 0; i < count; i++) {
    xx += (x[i] - mx) ** 2 / count;
    xw += ((x[i] - mx) * (w[i] - mw)) / count;
    ww += (w[i] - mw) ** 2 / count;
  }
  return [mx, mw, xx, xw, ww];
}

describe('baoab in a quadratic well', () => {
  for (const precision of ['f32', 'f64']) {
    for (const velocities of ['thermal', 'rest']) {
      it(`mean and covariance of (x, w), 6 steps, from ${velocities}, ${precision}`, () => {
        const model = modelOf({
          space: { variables: 2 },
          potential: { formula: '0.5*k*dot(x, x)', parameters: { k: stiffness } },
          temperature,
          precision,
          dynamics: { kind: 'accelerated', friction, diffusivity },
          particles: N,
          initial: { gaussian: { mean: mean0, std: deviation0 }, velocities },
          time: { step, steps: 6 },
          seed: 2,
        });
        const engine = start(shardEngine(model), model);
        let law: Law = [mean0, 0, deviation0 ** 2, 0, velocities === 'thermal' ? temperature : 0];
        for (let n = 0; n <= 6; n++) {
          if (n > 0) {
            engine.stepReplica(0, n - 1, n);
            law = stepped(law);
          }
          const [mx, mw, xx, xw, ww] = law;
          const { fields, count } = engine.store.read(0);
          for (let f = 0; f < 2; f++) {
            const found = sample(fields, count, f, 2);
            const errors = [
              Math.sqrt(xx / N),
              Math.sqrt(ww / N),
              xx * Math.sqrt(2 / N),
              Math.sqrt((xx * ww + xw * xw) / N),
              ww * Math.sqrt(2 / N),
            ];
            [mx, mw, xx, xw, ww].forEach((exact, i) => {
              // Single precision and no spread at all: rounding only.
              const allowed = SIGMAS * errors[i] + 1e-6;
              expect(Math.abs(found[i] - exact), `moment ${i} of coordinate ${f}, step ${n}`).toBeLessThan(
                allowed,
              );
            });
          }
        }
      });
    }
  }

  it('the stationary variance of x is exact, that of w smaller by 1 - D k dt^2/4', () => {
    let law: Law = [0, 0, 1, 0, 1];
    for (let n = 0; n < 400; n++) law = stepped(law);
    const [, , xx, xw, ww] = law;
    expect(xx).toBeCloseTo(temperature / stiffness, 12);
    expect(xw).toBeCloseTo(0, 12);
    expect(ww).toBeCloseTo(temperature * (1 - (diffusivity * stiffness * step ** 2) / 4), 12);
  });
});

it('a jump keeps w, to the last bit, also between nodes of different D', () => {
  const model = modelOf({
    space: { variables: 2 },
    graph: { ring: 3, weight: 5 },
    potential: { formula: '0' },
    temperature: 1.7,
    precision: 'f64',
    // Nothing but jumps can change w: no force, and a friction that is lost in rounding.
    dynamics: { kind: 'accelerated', friction: 1e-300, diffusivity: '1 + 3*node' },
    particles: 3000,
    initial: { gaussian: {} },
    time: { step: 0.1, steps: 5 },
    seed: 4,
  });
  const engine = start(shardEngine(model), model);
  const velocities = (): number[] =>
    [0, 1, 2]
      .flatMap((shard) =>
        Array.from(engine.store.read(shard).fields.subarray(-2 * engine.store.count(shard))),
      )
      .sort((a, b) => a - b);
  const before = velocities();
  engine.stepReplica(0, 0, 5);
  expect(engine.jumps().reduce((a, b) => a + b, 0)).toBeGreaterThan(1000);
  expect(velocities()).toEqual(before);
});

describe('walls', () => {
  it('turn a velocity round: what falls bounces back to where it fell from', () => {
    const model = modelOf({
      space: { variables: 1, boundary: 'reflecting', box: [0, 10] },
      potential: { formula: '2*x[0]' },
      temperature: 0,
      precision: 'f64',
      dynamics: { kind: 'accelerated', friction: 1e-9 },
      particles: 16,
      initial: { point: 4, velocities: 'rest' },
      time: { step: 0.001, steps: 8000 },
    });
    const engine = start(shardEngine(model), model);
    // x = 4 - t^2 reaches the wall at t = 2.
    let from = 0;
    for (const [time, x, w] of [
      [1, 3, -2],
      [3, 3, 2],
      [4, 4, 0],
      [5, 3, -2],
      [8, 4, 0],
    ]) {
      const to = Math.round(time / 0.001);
      engine.stepReplica(0, from, to);
      from = to;
      const { fields } = engine.store.read(0);
      expect(fields[0], `x at ${time}`).toBeCloseTo(x, 1);
      expect(fields[16], `w at ${time}`).toBeCloseTo(w, 1);
    }
  });

  for (const boundary of ['periodic', 'reflecting']) {
    it(`a ${boundary} box is filled evenly and its velocities stay normal when nothing pulls`, () => {
      const model = modelOf({
        space: { variables: 1, boundary, box: [-1, 2] },
        potential: { formula: '0' },
        temperature: 1.3,
        dynamics: { kind: 'accelerated', friction: 0.7 },
        particles: N,
        initial: { point: 1.9 },
        time: { step: 0.9, steps: 30 },
        seed: 3,
      });
      const engine = start(shardEngine(model), model);
      engine.stepReplica(0, 0, 30);
      const { fields } = engine.store.read(0);
      const bins = new Float64Array(10);
      let [outside, pushed, squares] = [0, 0, 0];
      for (let i = 0; i < N; i++) {
        const [x, w] = [fields[i], fields[N + i]];
        if (!(x >= -1 && x <= 2)) outside++;
        bins[Math.min(9, Math.floor(((x + 1) / 3) * 10))]++;
        pushed += w * (x - 0.5);
        squares += w * w;
      }
      expect(outside).toBe(0);
      for (const count of bins) expect(Math.abs(count - N / 10) / Math.sqrt(N * 0.09)).toBeLessThan(SIGMAS);
      expect(Math.abs(squares / N / 1.3 - 1)).toBeLessThan(SIGMAS * Math.sqrt(2 / N));
      // No velocity prefers a side of the box.
      expect(Math.abs(pushed / N)).toBeLessThan(SIGMAS * Math.sqrt((1.3 * 0.75) / N));
    });
  }
});
