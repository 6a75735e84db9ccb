// Exact answer 2: V = k_g |x - c_g|^2/2 + h_g with unequal stiffnesses, places, heights and diffusivities,
// after a long relaxation: masses proportional to exp(-h_g/eps) (2 pi eps/k_g)^{d/2}, Gaussian wells, <V>_g =
// h_g + d eps/2.
//
// The time step is short enough (heun and strang, both of order 2) that its bias is beside the statistical
// error: heun narrows a well by (D k dt)^2/4, 2e-4 at most here, and for masses the same is allowed with the
// largest rate of jumps in place of D k. What is left of the start after t = 25
// is below 1e-5: it begins near the end, and relaxation times are 3 at most (seen from all on one node).

import type { Row, Study } from './harness.js';
import { normalRow } from './harness.js';
import { mobilities, type Edge } from './chain.js';
import { configOf, simulate, spread } from './simulate.js';

const edges: readonly Edge[] = [
  [0, 1, 1.5],
  [1, 2, 2],
  [2, 3, 1],
  [0, 2, 1],
];
const parameters = {
  k: [1, 2, 0.6, 1.4],
  a: [0, 0.6, -0.5, 0.3],
  b: [0, -0.4, 0.5, 0.8],
  h: [0, -0.5, 0.4, -0.2],
};
const diffusivity = [1, 0.7, 1.5, 1.2];
const [temperature, step, end] = [0.9, 0.02, 25];

export const gibbs: Study = {
  name: 'gibbs',
  title: 'exact answer 2: Gibbs masses of unequal wells',
  async run(context) {
    const rows: Row[] = [];
    const particles = context.pick(1_000_000, 100_000);
    context.note(`${particles} particles, 4 nodes, heun + strang, dt = ${step}, until t = ${end}`);
    const { k, a, b, h } = parameters;
    const weights = h.map((height, g) => Math.exp(-height / temperature) / k[g]);
    const total = weights.reduce((sum, w) => sum + w, 0);
    for (const mobility of mobilities) {
      const config = configOf({
        space: { variables: ['x', 'y'] },
        graph: { nodes: 4, edges },
        potential: { formula: '0.5*k*((x-a)^2 + (y-b)^2) + h', parameters },
        temperature,
        dynamics: { mobility, integrator: 'heun', splitting: 'strang', diffusivity },
        particles,
        initial: { gaussian: { mean: [0, 0.2], std: 0.9 } },
        time: { step, end },
        seed: 12,
      });
      const o = await simulate(config, async (simulation) => {
        await simulation.advance(Math.round(end / step));
        return simulation.observe();
      });
      for (let g = 0; g < 4; g++) {
        const mass = weights[g] / total;
        const count = particles * mass;
        const variance = temperature / k[g];
        const shrink = (diffusivity[g] * k[g] * step) ** 2 / 4;
        const fastest = Math.max(4.5, diffusivity[g] * k[g]);
        rows.push(
          normalRow(
            `${mobility}: mass ${g}`,
            mass,
            o.mass[g],
            Math.sqrt((mass * (1 - mass)) / particles),
            mass * ((fastest * step) ** 2 / 4),
          ),
          normalRow(`${mobility}: <x> on ${g}`, a[g], o.mean[2 * g], Math.sqrt(variance / count), shrink),
          normalRow(`${mobility}: <y> on ${g}`, b[g], o.mean[2 * g + 1], Math.sqrt(variance / count), shrink),
          normalRow(
            `${mobility}: var x on ${g}`,
            variance,
            spread(o, g, 0),
            variance * Math.sqrt(2 / count),
            2 * shrink * variance,
          ),
          normalRow(
            `${mobility}: <V> on ${g}`,
            h[g] + temperature,
            o.potential[g],
            temperature / Math.sqrt(count),
            2 * shrink * temperature,
          ),
        );
      }
    }
    return rows;
  },
};
