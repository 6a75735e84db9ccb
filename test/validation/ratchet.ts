// The flashing ratchet (configs/flashing-ratchet.yaml): free rates that break detailed balance drive a
// current through a potential that has no slope on average; rates that obey it drive none.
//
// Exact: the stationary Fokker-Planck equation of the two nodes, collocated at the Fourier points of the ring
// (analytic coefficients: 96 points give all digits). Drift = -sum_g <V_g'>. The runs average it over times
// that are further apart than the memory of x on the ring (about 0.25 time units at most); the step's bias is
// below 1e-4: heun + strang at D k dt = 0.06 are off by its square over 4, relatively.

import type { Row, Study, StudyContext } from './harness.js';
import { normalRow } from './harness.js';
import { solve, zeros } from './linear.js';
import { simulate } from './simulate.js';
import { configFile } from './diabetes.js';
import { loadConfig } from '../../src/config/mod.js';

const slope = (x: number): number =>
  2 * Math.PI * Math.cos(2 * Math.PI * x) + Math.PI * Math.cos(4 * Math.PI * x);
const temperature = 0.1;
const [off, on] = [5, 2];

/** Exact stationary drift and mass of `on` with constant switching rates. */
export function exactDrift(): { drift: number; mass: number } {
  const n = 96;
  const matrix = zeros(2 * n);
  // Derivatives of trigonometric interpolation on [0, 1), n even.
  const first = zeros(n);
  const second = zeros(n);
  const h = (2 * Math.PI) / n;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const sign = (i - j) % 2 === 0 ? 1 : -1;
      const angle = ((i - j) * h) / 2;
      first[i][j] = i === j ? 0 : (2 * Math.PI * sign) / (2 * Math.tan(angle));
      second[i][j] =
        (2 * Math.PI) ** 2 *
        (i === j ? -(Math.PI ** 2) / (3 * h * h) - 1 / 6 : -sign / (2 * Math.sin(angle) ** 2));
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      // d/dx (V' f) + eps f'' on; eps f'' off.
      matrix[i][j] = first[i][j] * slope(j / n) + temperature * second[i][j];
      matrix[n + i][n + j] = temperature * second[i][j];
    }
    matrix[i][i] -= off;
    matrix[i][n + i] += on;
    matrix[n + i][n + i] -= on;
    matrix[n + i][i] += off;
  }
  // One equation follows from the others: total mass 1 in its place.
  matrix[2 * n - 1].fill(1 / n);
  const right = new Float64Array(2 * n);
  right[2 * n - 1] = 1;
  const f = solve(matrix, right);
  let [drift, mass] = [0, 0];
  for (let i = 0; i < n; i++) {
    drift -= (slope(i / n) * f[i]) / n;
    mass += f[i] / n;
  }
  return { drift, mass };
}

interface Drift {
  readonly drift: number;
  readonly error: number;
  readonly mass: number;
  readonly massError: number;
}

async function measure(context: StudyContext, overrides: readonly string[]): Promise<Drift> {
  const config = loadConfig(configFile('flashing-ratchet.yaml'), {
    overrides: [`particles=${context.pick(300_000, 60_000)}`, ...overrides],
  });
  return simulate(config, async (simulation) => {
    const { timeStep, particleCount: n, graph } = simulation.model;
    const samples = context.pick(10, 3);
    const onNode = graph.nodeNames.indexOf('on');
    let [sum, squares, mass] = [0, 0, 0];
    for (let sample = 0; sample < samples; sample++) {
      // Relaxed at t = 2: e^{-7*2} of the masses' start is left.
      await simulation.advance(Math.round((2 + sample) / timeStep));
      for (let shard = 0; shard < simulation.shardCount; shard++) {
        if (shard % graph.nodeCount !== onNode) continue;
        const { count, fields } = simulation.coordinates(shard);
        mass += count;
        for (let i = 0; i < count; i++) {
          const force = slope(fields[i]);
          sum -= force;
          squares += force * force;
        }
      }
    }
    const total = n * samples;
    const drift = sum / total;
    return {
      drift,
      error: Math.sqrt((squares / total - drift ** 2) / total),
      mass: mass / total,
      massError: Math.sqrt(((mass / total) * (1 - mass / total)) / total),
    };
  });
}

export const ratchet: Study = {
  name: 'ratchet',
  title: 'the flashing ratchet moves, and stands still with detailed balance',
  async run(context) {
    const exact = exactDrift();
    context.note(`exact drift ${exact.drift}, share of "on" ${exact.mass}`);
    const rows: Row[] = [];
    const free = await measure(context, []);
    const bias = 1e-3 * exact.drift;
    rows.push(
      normalRow('free rates: drift', exact.drift, free.drift, free.error, bias),
      normalRow('free rates: mass on', exact.mass, free.mass, free.massError),
    );
    // A current of the right sign, many standard errors from none: a row of its own, for nothing else may
    // excuse it.
    rows.push({
      quantity: 'free rates: drift in standard errors, 10 or more',
      exact: 10,
      got: Math.min(10, free.drift / free.error),
      allowed: 0,
      standardError: 1,
    });
    for (const mobility of ['metropolis', 'barker']) {
      const balanced = await measure(context, [
        `dynamics.mobility=${mobility}`,
        'graph.edges=[{ from: on, to: off, weight: 5 }]',
      ]);
      rows.push(normalRow(`${mobility}: drift`, 0, balanced.drift, balanced.error, bias));
    }
    // Free rates that happen to obey detailed balance: exp((V_g - V_g')/(2 eps)) written as a formula.
    const balancedRate = '3*exp(-deltaV/(2*temperature))';
    const written = await measure(context, [
      `graph.edges=[{ from: on, to: off, rate: ${balancedRate}, reverseRate: ${balancedRate} }]`,
      'potential.parameters.a=0.25',
    ]);
    rows.push(normalRow('free rates with detailed balance: drift', 0, written.drift, written.error, bias));
    return rows;
  },
};
