// The reaction alone: x stands (nearly) still while particles jump by the exact exponential clock, many times
// a step or hardly ever. Masses after any number of steps are those of the exponential of the generator, and
// the counts of jumps have the exact mean of jumpLaw. No bias anywhere: the time step is not an approximation
// here.
//
//   still     V(x, g) with x uniform on [0, 1] and D = 1e-9: rates depend on x, each x is a chain of its own
//   cycle     free rates around three nodes that obey no detailed balance: a stationary current
//   rare      1e-4 jumps per step: the test by spare bits is exact where its bound is far too large
//
// What D = 1e-9 lets x wander, 1e-4, changes masses by less than 1e-6.

import type { Row, Study, StudyContext } from './harness.js';
import { normalRow } from './harness.js';
import { carry, exponential } from './linear.js';
import { generator, jumpLaw, mobilities, rate, type Edge } from './chain.js';
import { configOf, massErrors, simulate } from './simulate.js';
import { gaussLegendre } from './special.js';

const edges: readonly Edge[] = [
  [0, 1, 12],
  [1, 2, 5],
  [2, 0, 20],
  [2, 3, 8],
];
const STILL = 1e-9;
const temperature = 0.8;

const laws = [
  ...mobilities.map((mobility) => ({ name: mobility, dynamics: { mobility } })),
  {
    name: 'free',
    dynamics: { mobility: 'free', rate: 'weight*(0.5 + x)*where(target.node > node, 1, 0.4)' },
  },
] as const;

const height = (x: number, g: number): number => 1.5 * x * (g - 1) + 0.3 * g;

async function still(context: StudyContext): Promise<Row[]> {
  const particles = context.pick(8_000_000, 300_000);
  const rows: Row[] = [];
  const start = [0.7, 0, 0.3, 0];
  const { x: points, weight } = gaussLegendre(12, 0, 1);
  const variants = [
    { step: 0.5, steps: 1, splitting: 'lie', precision: 'f32' },
    { step: 0.04, steps: 2, splitting: 'strang', precision: 'f64' },
  ];
  for (const { name, dynamics } of laws) {
    for (const { step, steps, splitting, precision } of variants) {
      const time = step * steps;
      const masses = [0, 0, 0, 0];
      const moments = [0, 0, 0, 0];
      // Metropolis rates have a kink where V_g = V_g': x = -0.2 for edges of one step, outside of [0, 1].
      points.forEach((x, i) => {
        const q = generator(4, edges, (from, to, w) =>
          name === 'free'
            ? w * (0.5 + x) * (to > from ? 1 : 0.4)
            : rate(name, w, height(x, to) - height(x, from), temperature),
        );
        carry(start, exponential(q, time)).forEach((m, g) => {
          masses[g] += weight[i] * m;
          moments[g] += weight[i] * m * x;
        });
      });
      const o = await simulate(
        configOf({
          space: { variables: ['x'] },
          graph: { nodes: 4, edges },
          potential: { formula: '1.5*x*(node - 1) + 0.3*node' },
          temperature,
          dynamics: { ...dynamics, splitting, diffusivity: STILL },
          precision,
          particles,
          initial: { uniform: { low: 0, high: 1 }, masses: start },
          time: { step, steps },
          seed: 51,
        }),
        async (simulation) => {
          await simulation.advance(steps);
          return simulation.observe();
        },
      );
      const what = `still ${name}, ${splitting}, step ${step}:`;
      for (let g = 0; g < 4; g++) {
        const m = masses[g];
        rows.push(normalRow(`${what} mass ${g}`, m, o.mass[g], Math.sqrt((m * (1 - m)) / particles), 1e-6));
        // Var(1_g x) <= E(1_g x^2) <= E(1_g x).
        rows.push(
          normalRow(
            `${what} <x; ${g}>`,
            moments[g],
            o.mass[g] * o.mean[g],
            Math.sqrt((moments[g] * (1 - moments[g])) / particles),
            1e-6,
          ),
        );
      }
    }
  }
  return rows;
}

async function chainRows(
  name: string,
  cycle: {
    readonly forward: readonly number[];
    readonly backward: readonly number[];
    readonly step: number;
    readonly steps: number;
    readonly particles: number;
    readonly start: readonly number[];
  },
): Promise<Row[]> {
  const { forward, backward, step, steps, particles, start } = cycle;
  const time = step * steps;
  const q = cycleGenerator(forward, backward);
  const names = ['a', 'b', 'c'];
  const { o, edgeJumps } = await simulate(
    configOf({
      space: { variables: ['x'] },
      graph: {
        nodes: names,
        edges: names.map((from, i) => ({
          from,
          to: names[(i + 1) % 3],
          rate: forward[i],
          reverseRate: backward[i],
        })),
      },
      potential: { formula: 'x^2/2' },
      temperature,
      dynamics: { mobility: 'free' },
      particles,
      initial: { gaussian: {}, masses: start },
      time: { step, steps },
      seed: 52,
    }),
    async (simulation) => {
      await simulation.advance(steps);
      const observation = await simulation.observe();
      const { offsets, targets } = simulation.model.graph;
      const counts = new Map<string, number>();
      for (let g = 0; g < 3; g++) {
        for (let e = offsets[g]; e < offsets[g + 1]; e++) {
          counts.set(`${g}${targets[e]}`, observation.jumps[e] / particles);
        }
      }
      return { o: observation, edgeJumps: counts };
    },
  );
  const transition = exponential(q, time);
  const exact = carry(start, transition);
  const errors = massErrors(start, transition, particles);
  const rows = [0, 1, 2].map((g) => normalRow(`${name}: mass ${g}`, exact[g], o.mass[g], errors[g]));
  const add = (what: string, signed: (from: number, to: number) => number): void => {
    const law = jumpLaw(q, signed, start, time, particles);
    let got = 0;
    for (const [edge, jumps] of edgeJumps) got += jumps * signed(Number(edge[0]), Number(edge[1]));
    rows.push(normalRow(`${name}: ${what}`, law.mean / time, got / time, law.error / time));
  };
  add('rate of jumps', () => 1);
  add('rate of jumps 0 to 1', (from, to) => (from === 0 && to === 1 ? 1 : 0));
  add('rate of jumps 1 to 0', (from, to) => (from === 1 && to === 0 ? 1 : 0));
  add('current', (from, to) => ((to - from + 3) % 3 === 1 ? 1 / 3 : -1 / 3));
  return rows;
}

function cycleGenerator(forward: readonly number[], backward: readonly number[]) {
  return generator(
    3,
    [
      [0, 1, 0],
      [1, 2, 0],
      [2, 0, 0],
    ],
    (from, to) => ((to - from + 3) % 3 === 1 ? forward[from] : backward[to]),
  );
}

export const jumps: Study = {
  name: 'jumps',
  title: 'the reaction is exact, at large and small rates, with and without detailed balance',
  async run(context) {
    const driven = { forward: [2, 5, 1.5], backward: [0.5, 1, 0.3], start: [0.5, 0.3, 0.2] };
    return [
      ...(await still(context)),
      ...(await chainRows('driven cycle, step 0.5', {
        ...driven,
        step: 0.5,
        steps: 8,
        particles: context.pick(8_000_000, 300_000),
      })),
      ...(await chainRows('driven cycle, step 0.02', {
        ...driven,
        step: 0.02,
        steps: 200,
        particles: context.pick(4_000_000, 200_000),
      })),
      ...(await chainRows('rare jumps, step 0.001', {
        forward: [0.1, 0.05, 0.2],
        backward: [0.03, 0.15, 0],
        start: [0.2, 0.5, 0.3],
        step: 0.001,
        steps: 200,
        particles: context.pick(8_000_000, 400_000),
      })),
    ];
  },
};
