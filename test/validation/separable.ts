// Exact answer 1: V = k|x|^2/2 + h_g with equal diffusivities. The masses obey m' = Q'm whatever x does, and
// x forgets its start like one Ornstein-Uhlenbeck process whatever the jumps do.
//
// Masses have no error of the time step at all, since the rates do not depend on x. Mean and variance of x
// are compared with continuous time; the row allows, besides the statistical error, what the integrator is
// off by at this step, which for a quadratic well is a recursion over steps.

import type { Row, Study } from './harness.js';
import { normalRow } from './harness.js';
import { carry, exponential } from './linear.js';
import { generator, mobilities, rate, type Edge } from './chain.js';
import { configOf, massErrors, pooled, simulate, spread } from './simulate.js';

const edges: readonly Edge[] = [
  [0, 1, 2],
  [1, 2, 0.5],
  [2, 3, 1],
  [3, 4, 3],
  [4, 0, 0.7],
  [1, 3, 0.25],
];
const heights = [0, 0.7, -0.4, 1.1, 0.3];
const masses = [0.6, 0.1, 0, 0.3, 0];
const [stiffness, temperature, diffusivity, step] = [1.5, 0.8, 1.3, 0.01];
const start = { mean: [1.5, -1], deviation: [0.4, 1.2] };
const times = [0.25, 1.5];

type Integrator = 'heun' | 'euler-maruyama';
const schemes = {
  metropolis: { integrator: 'heun', splitting: 'strang', precision: 'f32' },
  barker: { integrator: 'euler-maruyama', splitting: 'lie', precision: 'f32' },
  symmetric: { integrator: 'heun', splitting: 'lie', precision: 'f64' },
} as const;

/** Mean and variance of the integrator's own chain after n steps. */
function recursion(integrator: Integrator, n: number, mean: number, variance: number): [number, number] {
  const a = step * diffusivity * stiffness;
  const noise = 2 * temperature * diffusivity * step;
  const factor = integrator === 'heun' ? 1 - a + (a * a) / 2 : 1 - a;
  const kick = integrator === 'heun' ? (1 - a / 2) ** 2 * noise : noise;
  for (let i = 0; i < n; i++) [mean, variance] = [factor * mean, factor * factor * variance + kick];
  return [mean, variance];
}

export const separable: Study = {
  name: 'separable',
  title: 'exact answer 1: V = U(x) + h_g',
  async run(context) {
    const rows: Row[] = [];
    const particles = context.pick(8_000_000, 400_000);
    context.note(`${particles} particles, ring of 5 nodes with a chord, dt = ${step}`);
    for (const mobility of mobilities) {
      const { integrator, splitting, precision } = schemes[mobility];
      const q = generator(5, edges, (from, to, weight) =>
        rate(mobility, weight, heights[to] - heights[from], temperature),
      );
      const config = configOf({
        space: { variables: ['x', 'y'] },
        graph: { nodes: 5, edges },
        potential: {
          formula: '0.5*k*(x^2 + y^2) + h',
          parameters: { k: stiffness, h: heights },
        },
        temperature,
        dynamics: { mobility, integrator, splitting, diffusivity },
        precision,
        particles,
        initial: { gaussian: { mean: start.mean, std: start.deviation }, masses },
        time: { step, end: times[times.length - 1] },
        seed: 11,
      });
      await simulate(config, async (simulation) => {
        for (const time of times) {
          const steps = Math.round(time / step);
          await simulation.advance(steps);
          const o = await simulation.observe();
          const at = `${mobility}, t = ${time}:`;
          const transition = exponential(q, time);
          const exact = carry(masses, transition);
          const errors = massErrors(masses, transition, particles);
          for (let g = 0; g < 5; g++) rows.push(normalRow(`${at} mass ${g}`, exact[g], o.mass[g], errors[g]));
          const decay = Math.exp(-stiffness * diffusivity * time);
          for (let i = 0; i < 2; i++) {
            const [m0, v0] = [start.mean[i], start.deviation[i] ** 2];
            const mean = m0 * decay;
            const variance = temperature / stiffness + (v0 - temperature / stiffness) * decay ** 2;
            const [m, v] = recursion(integrator, steps, m0, v0);
            const name = 'xy'[i];
            const got = pooled(o, i);
            rows.push(
              normalRow(`${at} <${name}>`, mean, got.mean, Math.sqrt(v / particles), Math.abs(m - mean)),
              normalRow(
                `${at} var ${name}`,
                variance,
                got.variance,
                v * Math.sqrt(2 / particles),
                Math.abs(v - variance),
              ),
            );
            // x is independent of the node: here node by node.
            if (i === 1 || time !== times[1]) continue;
            for (let g = 0; g < 5; g++) {
              const count = o.count[g];
              const bias = Math.abs(m - mean);
              rows.push(
                normalRow(`${at} <x> on ${g}`, mean, o.mean[2 * g], Math.sqrt(v / count), bias),
                normalRow(
                  `${at} var x on ${g}`,
                  variance,
                  spread(o, g, 0),
                  v * Math.sqrt(2 / count),
                  Math.abs(v - variance) + v / count,
                ),
              );
            }
          }
        }
      });
    }
    return rows;
  },
};
