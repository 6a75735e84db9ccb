// Small lumped flows for tests: objectives as plain functions, on the calling thread.

import {
  localCrew,
  LocalPoints,
  LumpedFlow,
  NodeWorker,
  type LumpedProblem,
  type LumpedState,
  type Objective,
  type Points,
} from '../../src/lumped/mod.js';

/** V = k_g |x - c_g|^2/2 + h_g on nodes "0", "1", …: node g has k = 1 + g/2, c = g, h = offsets[g]. */
export function wells(offsets: readonly number[], dimension = 1): Objective {
  return {
    miniBatches: false,
    dimension: () => dimension,
    evaluate: (points) =>
      points.map(({ node, x, gradient }) => {
        const g = Number(node);
        const k = 1 + g / 2;
        let value = offsets[g];
        x.forEach((coordinate, i) => {
          value += (k * (coordinate - g) * (coordinate - g)) / 2;
          if (gradient) gradient[i] = k * (coordinate - g);
        });
        return value;
      }),
  };
}

/** V = h_g, wherever x is. */
export function flat(offsets: readonly number[]): Objective {
  return {
    miniBatches: false,
    dimension: () => 1,
    evaluate: (points) =>
      points.map(({ node, gradient }) => {
        gradient?.fill(0);
        return offsets[Number(node)];
      }),
  };
}

/** Nodes 0 … n-1 of these masses, all neighbours joined in a row, weights 1, 1.5, 2, …. */
export function row(masses: readonly number[]): LumpedProblem['graph'] {
  return {
    kind: 'fixed',
    nodes: masses.map((mass, g) => ({ node: String(g), mass })),
    edges: masses.slice(1).map((_, g) => ({ from: g, to: g + 1, weight: 1 + g / 2 })),
  };
}

export function problem(change: Partial<LumpedProblem>): LumpedProblem {
  return {
    dynamics: { kind: 'gradient-flow', integrator: 'euler' },
    mobility: 'log-mean',
    temperature: { kind: 'constant', value: 0.5 },
    splitting: 'strang',
    timeStep: 0.01,
    seed: 1,
    tolerance: 1e-8,
    graph: row([0.2, 0.3, 0.5]),
    miniBatches: false,
    judgeEvery: 1,
    autonomous: true,
    ...change,
  };
}

export function pointsFor(whole: LumpedProblem, objective: Objective, start = 2): Points {
  const settings = {
    dynamics: whole.dynamics,
    walls: undefined,
    start: (_: string, x: Float64Array) => void x.fill(start),
  };
  return new LocalPoints(localCrew(new NodeWorker(objective, settings)));
}

/** Steps a flow; `begin` may be a state to go on from. */
export async function run(
  whole: LumpedProblem,
  objective: Objective,
  steps: number,
  begin?: LumpedState,
): Promise<LumpedFlow> {
  const points = pointsFor(whole, objective);
  const flow = begin ? await LumpedFlow.restore(whole, points, begin) : await LumpedFlow.start(whole, points);
  for (let i = 0; i < steps; i++) await flow.advance();
  return flow;
}

export function totalOf(masses: Float64Array): number {
  return masses.reduce((sum, mass) => sum + mass, 0);
}
