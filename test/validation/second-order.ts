// Second-order dynamics on the grid against exact answer 5 of the theory: a normal law in a quadratic well, whose mean and
// width obey ordinary differential equations. Deterministic: rows allow 1 % at 256 cells, and orders of at least 1.6.

import { parseConfig } from '../../src/config/mod.js';
import { energyRecordOf, GridPlan, gridSolver, observationOf, runAlone } from '../../src/grid/mod.js';
import { buildModel } from '../../src/model/mod.js';
import { quadraticWell } from '../grid/second-order-exact.js';
import type { Row, Study } from './harness.js';

interface Case {
  readonly name: string;
  readonly mean: number;
  readonly width: number;
  readonly k: number;
  readonly gamma: number;
  readonly eps: number;
}

const cases: readonly Case[] = [
  { name: 'expanding', mean: 1.2, width: 0.6, k: 1.3, gamma: 0.5, eps: 1 },
  { name: 'contracting', mean: 1.2, width: 1, k: 1.3, gamma: 0.5, eps: 0.5 },
  { name: 'without friction', mean: 2, width: 0.6, k: 1.3, gamma: 0, eps: 1 },
];
const end = 4;
const looks = 8;

interface Errors {
  readonly mean: number;
  readonly width: number;
  readonly residual: number;
}

/** Largest errors over the run: of the mean in units of its first value, of the width relative; and of the law of H. */
function errorsOf({ mean, width, k, gamma, eps }: Case, cells: number): Errors {
  const step = 3.2 / cells;
  const config = {
    space: { variables: ['x'] },
    potential: { formula: `${0.5 * k}*x^2` },
    temperature: eps,
    dynamics: { kind: 'accelerated', friction: gamma },
    representation: 'grid',
    grid: { cells, box: [-8, 8] },
    initial: { gaussian: { mean, std: width } },
    time: { step, end },
  };
  const { model } = buildModel(parseConfig(JSON.stringify(config)), { skipPreflight: true });
  const plan = new GridPlan(model);
  const arrays = plan.view(plan.allocate(1e9));
  const solver = gridSolver(plan, arrays, { index: 0, size: 1 });
  runAlone(solver.start());
  let worst: Errors = { mean: 0, width: 0, residual: 0 };
  for (let look = 1; look <= looks; look++) {
    const [from, to] = [look - 1, look].map((l) => Math.round((l * end) / looks / step));
    runAlone(solver.advance(from, to));
    const energy = runAlone(solver.measure(to * step));
    const observation = observationOf(plan, arrays, to);
    const exact = quadraticWell({ mean, width, k, gamma, eps }, to * step);
    const { residual = NaN } = energyRecordOf(plan, arrays, to, energy);
    worst = {
      mean: Math.max(worst.mean, Math.abs(observation.mean[0] - exact.mean) / mean),
      width: Math.max(worst.width, Math.abs(Math.sqrt(observation.covariance[0]) / exact.width - 1)),
      residual: Math.max(worst.residual, Math.abs(residual)),
    };
  }
  return worst;
}

export const secondOrder: Study = {
  name: 'second-order',
  title: 'second-order dynamics on the grid: mean and width in a quadratic well',
  async run(context) {
    const rows: Row[] = [];
    const sizes = context.pick([64, 128, 256, 512], [64, 128, 256]);
    for (const one of cases) {
      const errors = sizes.map((cells) => errorsOf(one, cells));
      for (const key of ['mean', 'width', 'residual'] as const) {
        const orders = errors.slice(1).map((error, i) => Math.log2(errors[i][key] / error[key]));
        const texts = errors.map((error, i) => `${sizes[i]}: ${error[key].toExponential(1)}`);
        context.note(
          `${one.name}, ${key}: ${texts.join(', ')}; order ${orders.map((o) => o.toFixed(2)).join(', ')}`,
        );
        if (key !== 'residual') {
          const got = errors[sizes.indexOf(256)][key];
          rows.push({ quantity: `${one.name}: ${key} at 256 cells`, exact: 0, got, allowed: 0.01 });
        }
        if (key === 'width') {
          // Over all refinements: at a single one errors of both signs may cancel.
          const order = Math.log2(errors[0].width / errors[errors.length - 1].width) / (sizes.length - 1);
          rows.push({ quantity: `${one.name}: order of the width`, exact: 2, got: order, allowed: 0.4 });
        }
      }
    }
    return rows;
  },
};
