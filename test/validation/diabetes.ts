// Variable selection on the diabetes data, the shipped config: posterior inclusion probabilities of ten
// variables against their closed form. For each of the 1024 models V is quadratic in x, so that the model's
// mass is a Gaussian integral:
//
//   V = (y.y - 2 b'x + x'A x)/(2 s2) + |x|^2/2 + const   on what is included; A = unit^2 X'X, b = unit X'y
//   integral of exp(-V) = const exp(b'M^-1 b/(2 s2^2)) det(M)^-1/2,   M = A/s2 + 1
//
// with the slab's normalisation (slab = 1) cancelling (2 pi)^{k/2}; excluded coordinates have their
// normalised spike and contribute 1. Everything is computed from the CSV file here, not through the config's
// formula.
//
// What is required is 0.02 per variable: relaxation, time step and statistics together. It is much wider than
// the statistical error, which is printed beside it.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Row, Study } from './harness.js';
import { cholesky, zeros } from './linear.js';
import { simulate } from './simulate.js';
import { loadConfig } from '../../src/config/mod.js';

const REQUIRED = 0.02;
const columns = ['age', 'sex', 'bmi', 'bp', 'tc', 'ldl', 'hdl', 'tch', 'ltg', 'glu'];
const UNIT = 25;

/** Root of the package, from dist/test/validation. */
const root = new URL('../../../', import.meta.url);
export const configFile = (name: string): string => fileURLToPath(new URL(`configs/${name}`, root));

interface Regression {
  /** X'X and X'y of standardised columns, y.y, and the number of patients. */
  readonly gram: readonly Float64Array[];
  readonly moments: Float64Array;
  readonly square: number;
  readonly patients: number;
}

function readData(): Regression {
  const [header, ...lines] = readFileSync(configFile('data/diabetes.csv'), 'utf8').trim().split(/\r?\n/u);
  const names = header.split(',').map((name) => name.trim());
  const table = lines.map((line) => line.split(',').map(Number));
  const column = (name: string): number[] => table.map((row) => row[names.indexOf(name)]);
  const centred = (values: number[]): number[] => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const inner = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  const y = centred(column('progression'));
  const x = columns.map((name) => {
    const values = centred(column(name));
    const deviation = Math.sqrt(inner(values, values) / values.length);
    return values.map((value) => value / deviation);
  });
  return {
    gram: x.map((a) => Float64Array.from(x, (b) => inner(a, b))),
    moments: Float64Array.from(x, (a) => inner(a, y)),
    square: inner(y, y),
    patients: y.length,
  };
}

/** x = m^-1 b, b'm^-1 b and log det m for the included coordinates. */
function quadratic(m: Float64Array[], b: Float64Array): { form: number; logDeterminant: number } {
  const l = cholesky(m);
  let form = 0;
  let logDeterminant = 0;
  const z = new Float64Array(b.length);
  for (let i = 0; i < b.length; i++) {
    let value = b[i];
    for (let k = 0; k < i; k++) value -= l[i][k] * z[k];
    z[i] = value / l[i][i];
    form += z[i] * z[i];
    logDeterminant += 2 * Math.log(l[i][i]);
  }
  return { form, logDeterminant };
}

/** Posterior probability of each model; bit j of the index says whether variable j is in. */
export function posterior(): { models: Float64Array; residualVariance: number } {
  const { gram, moments, square, patients } = readData();
  const residualVariance = (square - quadratic(gram.slice(), moments).form) / (patients - columns.length - 1);
  const logs = Float64Array.from({ length: 1024 }, (_, model) => {
    const on = columns.flatMap((_, j) => ((model >> j) & 1 ? [j] : []));
    const m = zeros(on.length);
    on.forEach((j, a) =>
      on.forEach((k, b) => {
        m[a][b] = (UNIT * UNIT * gram[j][k]) / residualVariance + (a === b ? 1 : 0);
      }),
    );
    const b = Float64Array.from(on, (j) => (UNIT * moments[j]) / residualVariance);
    const { form, logDeterminant } = quadratic(m, b);
    return form / 2 - logDeterminant / 2;
  });
  const largest = Math.max(...logs);
  const weights = logs.map((value) => Math.exp(value - largest));
  const total = weights.reduce((a, b) => a + b, 0);
  return { models: weights.map((w) => w / total), residualVariance };
}

const inclusion = (models: ArrayLike<number>, j: number): number => {
  let sum = 0;
  for (let model = 0; model < models.length; model++) if ((model >> j) & 1) sum += models[model];
  return sum;
};

export const diabetes: Study = {
  name: 'diabetes',
  title: 'posterior inclusion probabilities of configs/diabetes-variable-selection.yaml',
  async run(context) {
    const { models, residualVariance } = posterior();
    context.note(`residual variance of least squares: ${residualVariance}`);
    const config = loadConfig(configFile('diabetes-variable-selection.yaml'), {
      overrides: context.pick([], ['particles=40_000', 'time.end=12']),
    });
    const { masses, particles, time } = await simulate(config, async (simulation) => {
      const { stepCount, timeStep, particleCount } = simulation.model;
      // As a run does, in stretches: work is shared out anew for each, and here particles crowd on few nodes.
      for (let i = 1; i <= 50; i++) await simulation.advance(Math.round((stepCount * i) / 50));
      return { masses: simulation.masses(), particles: particleCount, time: stepCount * timeStep };
    });
    context.note(`${particles} particles until t = ${time}`);
    const rows = columns.map((name, j): Row => {
      const exact = inclusion(models, j);
      return {
        quantity: `${name} in`,
        exact,
        got: inclusion(masses, j),
        allowed: REQUIRED,
        standardError: Math.sqrt((exact * (1 - exact)) / particles),
      };
    });
    const best = models.indexOf(Math.max(...models));
    const bits = Array.from({ length: 10 }, (_, j) => (best >> j) & 1).join('');
    rows.push({
      quantity: `likeliest model ${bits}`,
      exact: models[best],
      got: masses[best],
      allowed: REQUIRED,
      standardError: Math.sqrt((models[best] * (1 - models[best])) / particles),
    });
    return rows;
  },
};
