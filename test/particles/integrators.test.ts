// Each integrator on one quadratic well, where mean and variance after n steps obey a recursion that can be written down:
// large steps, so that the integrators' own errors, and their differences, are far larger than the statistical ones.
// Fixed seeds, 4.5 standard deviations. Also: boxes hold their particles.

import { describe, expect, it } from 'vitest';
import { modelOf, shardEngine, start } from './models.js';

const N = 200_000;
const SIGMAS = 4.5;
const [stiffness, temperature, diffusivity, step] = [1.7, 0.8, 1.3, 0.35];
const [mean0, deviation0] = [2, 0.5];

/** h D k. */
const a = step * diffusivity * stiffness;
/** Variance of sqrt(2 eps D h) xi. */
const noise = 2 * temperature * diffusivity * step;

/** Mean and variance after each step. */
const laws = {
  'euler-maruyama': (m: number, v: number) => [(1 - a) * m, (1 - a) ** 2 * v + noise],
  // x' = (1 - a) x + s (xi + xi'), s^2 = noise / 4; x and xi have covariance s, but for the first step 0.
  'leimkuhler-matthews': (m: number, v: number, n: number) => [
    (1 - a) * m,
    (1 - a) ** 2 * v + noise / 2 + (n === 0 ? 0 : (2 * (1 - a) * noise) / 4),
  ],
  heun: (m: number, v: number) => [
    (1 - a + a ** 2 / 2) * m,
    (1 - a + a ** 2 / 2) ** 2 * v + (1 - a / 2) ** 2 * noise,
  ],
} as const;

for (const [integrator, law] of Object.entries(laws)) {
  describe(integrator, () => {
    for (const precision of ['f32', 'f64']) {
      it(`mean and variance in a quadratic well, 6 steps, ${precision}`, () => {
        const model = modelOf({
          space: { variables: 3 },
          potential: { formula: '0.5*k*dot(x, x)', parameters: { k: stiffness } },
          temperature,
          precision,
          dynamics: { integrator, diffusivity },
          particles: N,
          initial: { gaussian: { mean: mean0, std: deviation0 } },
          time: { step, steps: 6 },
          seed: 2,
        });
        const engine = start(shardEngine(model), model);
        let [mean, variance] = [mean0, deviation0 ** 2];
        for (let n = 0; n < 6; n++) {
          engine.stepReplica(0, n, n + 1);
          [mean, variance] = law(mean, variance, n);
          const moments = engine.moments(0);
          for (let f = 0; f < 3; f++) {
            const off = (moments.mean[f] - mean) / Math.sqrt(variance / N);
            expect(Math.abs(off), `mean of x[${f}], step ${n + 1}`).toBeLessThan(SIGMAS);
            // Products: 0 0, 0 1, 0 2, 1 1, 1 2, 2 2.
            const spread = (moments.products[[0, 3, 5][f]] / N / variance - 1) / Math.sqrt(2 / N);
            expect(Math.abs(spread), `variance of x[${f}], step ${n + 1}`).toBeLessThan(SIGMAS);
            const mixed = moments.products[[1, 2, 4][f]] / N / (variance / Math.sqrt(N));
            expect(Math.abs(mixed), `covariance ${f}, step ${n + 1}`).toBeLessThan(SIGMAS);
          }
        }
      });
    }
  });
}

for (const boundary of ['periodic', 'reflecting']) {
  it(`a ${boundary} box holds its particles and is filled evenly when nothing pulls`, () => {
    for (const precision of ['f32', 'f64']) {
      const model = modelOf({
        space: { variables: 1, boundary, box: [-1, 2] },
        potential: { formula: '0' },
        temperature: 1,
        precision,
        particles: N,
        initial: { point: 1.9 },
        time: { step: 0.7, steps: 12 },
        seed: 3,
      });
      const engine = start(shardEngine(model), model);
      engine.stepReplica(0, 0, 12);
      const { fields } = engine.store.read(0);
      const bins = new Float64Array(10);
      let outside = 0;
      for (const x of fields) {
        if (!(x >= -1 && x <= 2)) outside++;
        bins[Math.min(9, Math.floor(((x + 1) / 3) * 10))]++;
      }
      expect(outside).toBe(0);
      // The slowest mode of the walls, exp(-(pi/3)^2 8.4), has died out to 1e-4.
      for (const count of bins) expect(Math.abs(count - N / 10) / Math.sqrt(N * 0.09)).toBeLessThan(SIGMAS);
    }
  });
}
