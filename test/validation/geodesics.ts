// The metric by itself: exact answers 3 and 4 by refinement, and, in the full tier, distances of Wasserstein per node as the Python package
// POT finds them (scripts/install-test-tools.sh --validate). Nothing is random: a row may be off by what the
// discretisation at hand is off by, and by the gap of its bounds.

import { execFileSync } from 'node:child_process';
import { metricMobilities, solveMetric, type MetricMobility } from '../../src/geodesic/mod.js';
import { thetaCode, thetaOf } from '../../src/transport/mod.js';
import { bell, problem } from '../geodesic/problems.js';
import type { Row, Study, StudyContext } from './harness.js';

const row = (quantity: string, exact: number, got: number, allowed: number): Row => ({
  ...{ quantity, exact, got, allowed },
});

/** ∫ dm/sqrt(K θ(m, 1 - m)), the midpoint rule in the angle of m. */
function twoPoint(kind: Exclude<MetricMobility, 'constant'>, k: number, from: number, to: number): number {
  const [a, b] = [from, to].map((m) => Math.asin(Math.sqrt(m)));
  const steps = 20_000;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const t = a + ((i + 0.5) * (b - a)) / steps;
    const m = Math.sin(t) ** 2;
    sum += (2 * Math.sin(t) * Math.cos(t)) / Math.sqrt(k * thetaOf(thetaCode(kind), m, 1 - m));
  }
  return Math.abs((sum * (b - a)) / steps);
}

function reactions(context: StudyContext): Row[] {
  const levels = context.pick(64, 16);
  return metricMobilities.flatMap((kind) => {
    if (kind === 'constant') return [];
    return ([0.02, 0.15] as const).map((from) => {
      const { distance, converged } = solveMetric(
        problem(
          { cells: [4], nodeCount: 2, edges: [{ from: 0, to: 1, weight: 2.5 }], mobility: kind, levels },
          (g) => (g === 0 ? from : 1 - from),
          (g) => (g === 0 ? 0.7 : 0.3),
        ),
        { tolerance: 1e-5 },
      );
      const exact = twoPoint(kind, 2.5, from, 0.7);
      // Of second order in an interval, with a constant that grows where a mass is next to 0.
      const allowed = (exact * (from < 0.1 ? 2 : 0.4)) / (levels * levels) + 1e-5;
      return row(`two points, ${kind}, ${from} to 0.7`, exact, converged ? distance : NaN, allowed);
    });
  });
}

function gaussians(context: StudyContext): Row[] {
  const [s, t] = [0.08, 0.1];
  const exact = 0.25 ** 2 + (t - s) ** 2;
  const off = context.pick([32, 64, 128], [32, 64]).map((cells) => {
    const found = solveMetric(
      problem(
        { cells: [cells], levels: 16 },
        (_, x) => bell(x, [0.35], s),
        (_, x) => bell(x, [0.6], t),
      ),
      { tolerance: 1e-4 },
    );
    return { cells, value: found.above / exact - 1 };
  });
  context.note(
    `normal laws on a line: W²/exact - 1 = ${off.map(({ cells, value }) => `${value.toFixed(5)} (${cells} cells)`).join(', ')}`,
  );
  return [
    ...off.map(({ cells, value }) =>
      row(`normal laws, ${cells} cells: W²/exact`, 1, 1 + value, 0.35 / (cells * cells * s * s) + 2e-4),
    ),
    row('normal laws: order in h of W²', 2, Math.log2(off[0].value / off[1].value), 0.4),
  ];
}

const python = '/usr/bin/python3';

/** The exact squares of W2 between densities on the same cells, by POT's solver of linear programs. */
const script = `
import json, sys
import numpy, ot
data = json.load(sys.stdin)
x = numpy.array(data['x'])
cost = ot.dist(x, x)
print(json.dumps([float(ot.emd2(numpy.array(a) / sum(a), numpy.array(b) / sum(b), cost, numItermax=2000000)) for a, b in data['pairs']]))
`;

function pot(
  x: readonly (readonly number[])[],
  pairs: readonly (readonly [Float64Array, Float64Array])[],
): number[] {
  const input = JSON.stringify({ x, pairs: pairs.map((pair) => pair.map((field) => Array.from(field))) });
  try {
    return JSON.parse(
      execFileSync(python, ['-c', script], { input, encoding: 'utf8', maxBuffer: 1 << 28 }),
    ) as number[];
  } catch (error) {
    throw new Error(
      `${python} with the package ot (POT) is needed: scripts/install-test-tools.sh --validate`,
      { cause: error },
    );
  }
}

/** K next to 0 and equal masses: the metric is that of each node alone. */
function perNode(context: StudyContext): Row[] {
  if (context.tier === 'short') return [];
  return [[48], [20, 20]].map((cells) => {
    const place = (g: number, end: boolean): number[] =>
      cells.map((_, k) => (end ? 0.6 - 0.1 * g + 0.05 * k : 0.35 + 0.15 * g));
    const given = problem(
      { cells, nodeCount: 2, edges: [{ from: 0, to: 1, weight: 1e-6 }], levels: 16, masses: [0.6, 0.4] },
      (g, x) => bell(x, place(g, false), 0.12) + 0.3 * bell(x, [0.7, 0.3].slice(0, cells.length), 0.1),
      (g, x) => bell(x, place(g, true), 0.1),
    );
    const { count, sizes, strides, widths } = given.cells;
    const x = Array.from({ length: count }, (_, i) =>
      sizes.map((size, k) => ((Math.floor(i / strides[k]) % size) + 0.5) * widths[k]),
    );
    const of = (field: Float64Array, g: number): Float64Array => field.slice(g * count, (g + 1) * count);
    const squares = pot(
      x,
      [0, 1].map((g): [Float64Array, Float64Array] => [of(given.start, g), of(given.end, g)]),
    );
    const exact = 0.6 * squares[0] + 0.4 * squares[1];
    const found = solveMetric(given);
    context.note(`${cells.join(' x ')} cells: W² = ${found.above.toFixed(6)}, POT ${exact.toFixed(6)}`);
    // (h/s)²/4 of the square for bells of width s, both here and in the cells of POT's linear program.
    const bias = 0.5 * (widths[0] / 0.1) ** 2;
    return row(
      `K to 0, ${cells.join(' x ')} cells: W² per node against POT`,
      exact,
      found.converged ? found.above : NaN,
      bias * exact + 1e-3 * exact,
    );
  });
}

export const geodesics: Study = {
  name: 'geodesics',
  title: 'the metric W_K: exact answers 3 and 4, and POT where K is next to 0',
  run: async (context) => [...reactions(context), ...gaussians(context), ...perNode(context)],
};
