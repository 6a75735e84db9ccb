// Masses of two nodes with potentials that differ by a constant, x uniform on a periodic box: then densities stay uniform, and
// masses follow m' = K theta(m/L, m'/L) L (mu' - mu), an equation of one variable that is solved here. Fixed seeds; allowed
// are 5 standard errors, the error of the time step (that of the same scheme without particles), and the bias of noisy
// densities.

import { describe, expect, it } from 'vitest';
import type { DensityMobility } from '../../src/model/mod.js';
import { densityMobilities, modelOf, shardEngine, start } from './models.js';

const LENGTH = 2;
const CELLS = 16;
const PARTICLES = 60_000;
const STEP = 0.02;
const DELTA_V = 0.6;

/** theta(s, t) where mass leaves the density s. */
function theta(mobility: DensityMobility, s: number, t: number): number {
  switch (mobility) {
    case 'log-mean':
      return Math.abs(s - t) < 1e-9 ? s : (s - t) / Math.log(s / t);
    case 'arithmetic':
      return (s + t) / 2;
    case 'geometric':
      return Math.sqrt(s * t);
    case 'harmonic':
      return (2 * s * t) / (s + t);
    case 'upwind':
      return s;
    case 'constant':
      return 1;
    default:
      return mobility satisfies never;
  }
}

interface Flow {
  readonly mobility: DensityMobility;
  readonly temperature: number;
  readonly weight: number;
}

/** Rate of mass from node 0 to node 1, negative backwards. */
function current({ mobility, temperature, weight }: Flow, mass: number): number {
  const [f, other] = [mass / LENGTH, (1 - mass) / LENGTH];
  const drop = -DELTA_V + (temperature === 0 ? 0 : temperature * Math.log(f / other));
  const mean = drop > 0 ? theta(mobility, f, other) : theta(mobility, other, f);
  return weight * mean * LENGTH * drop;
}

/** Mass of node 0 at the end, by the classical scheme of Runge and Kutta with many steps. */
function flow(settings: Flow, mass: number, end: number): number {
  const steps = 4000;
  const h = end / steps;
  const slope = (m: number): number => -current(settings, m);
  for (let i = 0; i < steps; i++) {
    const a = slope(mass);
    const b = slope(mass + (h / 2) * a);
    const c = slope(mass + (h / 2) * b);
    const d = slope(mass + h * c);
    mass += (h / 6) * (a + 2 * b + 2 * c + d);
  }
  return mass;
}

/** The same with densities that stand still during a step: particles leave with a constant rate. */
function scheme(settings: Flow, mass: number, steps: number, step: number): number {
  for (let i = 0; i < steps; i++) {
    const j = current(settings, mass);
    mass = j > 0 ? mass * Math.exp((-j / mass) * step) : 1 - (1 - mass) * Math.exp((j / (1 - mass)) * step);
  }
  return mass;
}

describe.each(densityMobilities)('%s', (mobility) => {
  // Without temperature all mass flows to node 0; it must not be there before the end.
  const cases = [
    { temperature: 0.8, start: 0.2, splitting: 'lie', precision: 'f32', steps: 25 },
    { temperature: 0.8, start: 0.95, splitting: 'strang', precision: 'f64', steps: 15 },
    { temperature: 0, start: 0.3, splitting: 'lie', precision: 'f32', steps: 15 },
  ] as const;
  it.each(cases)('temperature $temperature, from $start, $splitting, $precision', (setting) => {
    const { temperature, steps, splitting, precision } = setting;
    const settings = { mobility, temperature, weight: mobility === 'constant' ? 0.5 : 1.5 };
    const model = modelOf({
      space: { variables: 1, boundary: 'periodic', box: [0, LENGTH] },
      graph: { path: 2, weight: settings.weight },
      potential: { formula: `${DELTA_V}*node` },
      temperature,
      // A cold particle would keep its place, and noise its pattern.
      dynamics: { mobility, splitting, diffusivity: 1 },
      precision,
      grid: { cells: CELLS },
      particles: PARTICLES,
      initial: { uniform: {}, masses: [setting.start, 1 - setting.start] },
      time: { step: STEP, steps },
      seed: 17,
    });
    const engine = start(shardEngine(model), model);
    engine.stepAll(0, steps);
    const got = engine.store.count(0) / PARTICLES;

    const end = steps * STEP;
    const exact = flow(settings, setting.start, end);
    const halves = splitting === 'strang' ? 2 : 1;
    const stepError = Math.abs(scheme(settings, setting.start, steps * halves, STEP / halves) - exact);
    const moved = Math.abs(exact - setting.start);
    expect(moved).toBeGreaterThan(0.05);
    const standardError = Math.sqrt(moved / PARTICLES);
    // Rates are off by about one in the particles of a cell, on the node with fewer of them.
    const least = Math.min(setting.start, 1 - setting.start, exact, 1 - exact);
    const bias = moved * (CELLS / (least * PARTICLES));
    expect(stepError + bias).toBeLessThan(0.1 * moved);
    expect(Math.abs(got - exact)).toBeLessThan(5 * standardError + 1.2 * stepError + bias);
  });
});
