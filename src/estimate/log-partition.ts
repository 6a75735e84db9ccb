// log Z, the logarithm of the sum over nodes of the integrals of exp(-V/eps): exact where all wells are Gaussian, by
// midpoint quadrature on the model's mesh else. A number that the config gives is taken as it is. No estimate from
// particles.

import { mathF64 } from '../elementary/mod.js';
import { canonicalQuadratic, type Expression } from '../expression/mod.js';
import { isConstantTemperature, PointEvaluator, temperatureAt, type Mesh, type Model } from '../model/mod.js';
import { choleskyFactor, logDeterminant, solveLower } from './cholesky.js';

const twoPi = 6.283185307179586;

/** How log Z comes about. */
export type LogPartitionMethod = 'given' | 'gaussian' | 'quadrature' | 'unknown';

/** log of one node's integral of exp(-V/eps) at a time; NaN where it is not to be had. */
type NodeIntegral = (node: number, time: number, temperature: number) => number;

/**
 * log Z of a model over time (mathematics, sections 1 and 10). Potentials and temperature may change with time: Z is that
 * of the moment.
 */
export class LogPartition {
  readonly method: LogPartitionMethod;
  readonly #model: Model;
  readonly #isConstant: boolean;
  readonly #given: number;
  readonly #integral: NodeIntegral | undefined;
  #known: number | undefined;

  /** `choice` is `observe.logZ`: a number, or `auto`. */
  constructor(model: Model, choice: number | 'auto') {
    this.#model = model;
    this.#isConstant =
      isConstantTemperature(model.temperature) && model.potentials.every((v) => !v.timeDependent);
    this.#given = choice === 'auto' ? NaN : choice;
    if (choice !== 'auto') {
      this.method = 'given';
      return;
    }
    const gaussian = gaussianIntegral(model);
    if (gaussian) {
      this.method = 'gaussian';
      this.#integral = gaussian;
    } else if (model.mesh) {
      this.method = 'quadrature';
      this.#integral = quadrature(model, model.mesh);
    } else this.method = 'unknown';
  }

  /** log Z at a time; NaN at temperature 0 and where it is not known. */
  at(time: number): number {
    if (this.#given === this.#given) return this.#given;
    const temperature = temperatureAt(this.#model.temperature, time);
    if (!this.#integral || !(temperature > 0)) return NaN;
    if (this.#isConstant && this.#known !== undefined) return this.#known;
    const logs: number[] = [];
    for (let g = 0; g < this.#model.graph.nodeCount; g++) logs.push(this.#integral(g, time, temperature));
    this.#known = logSumOfExponentials(logs);
    return this.#known;
  }

  /** log of one node's integral of exp(-V/eps) at a time; NaN at temperature 0 and where it is not known. */
  ofNode(node: number, time: number): number {
    const temperature = temperatureAt(this.#model.temperature, time);
    return this.#integral && temperature > 0 ? this.#integral(node, time, temperature) : NaN;
  }

  /** In words, for the manifest. */
  get words(): string {
    switch (this.method) {
      case 'given':
        return `log Z = ${this.#given} as given`;
      case 'gaussian':
        return 'log Z by the formula of Gaussian wells';
      case 'quadrature':
        return `log Z by the midpoint rule on ${this.#model.mesh?.cells.join(' x ') ?? ''} cells`;
      case 'unknown':
        return 'log Z is not known (more than 3 dimensions or no box that holds the Gibbs density, wells that are not quadratic): there is no KL';
      default:
        return this.method satisfies never;
    }
  }
}

/** log of the sum of exp(l), in the order given; NaN if any is NaN. */
export function logSumOfExponentials(logs: readonly number[]): number {
  const largest = logs.reduce((a, b) => (b > a || b !== b ? b : a), -Infinity);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (const log of logs) sum += mathF64.exp(log - largest);
  return largest + mathF64.log(sum);
}

/**
 * Integrals over all of R^d of exp(-V/eps), V = c + b.x + x.Ax/2 on every node; undefined where a boundary is in the way
 * or a potential is no quadratic form. NaN where A is not positive definite (Z is then infinite, or nearly).
 */
function gaussianIntegral(model: Model): NodeIntegral | undefined {
  const { dimension: d, builder } = model;
  if (model.boundaries.some(({ kind }) => kind !== 'free')) return undefined;
  const evaluators: PointEvaluator[] = [];
  for (const potential of model.potentials) {
    const form = canonicalQuadratic(builder, potential, d);
    if (!form) return undefined;
    const upper: Expression[] = form.quadratic.flatMap((row, i) => row.slice(i));
    evaluators.push(new PointEvaluator([form.constant, ...form.linear, ...upper], model.parameters));
  }
  const nowhere = new Float64Array(d);
  const integral: NodeIntegral = (node, time, temperature) => {
    const values = evaluators[model.potentialOfNode[node]].run({ x: nowhere, node, time });
    const matrix = new Float64Array(d * d);
    let at = d + 1;
    for (let i = 0; i < d; i++) {
      for (let j = i; j < d; j++) {
        const value = values[at++];
        matrix[i * d + j] = matrix[j * d + i] = i === j ? 2 * value : value;
      }
    }
    const factor = choleskyFactor(matrix, d);
    if (!factor) return NaN;
    // b.A^-1 b = |L^-1 b|^2.
    const solved = solveLower(factor, values.subarray(1, d + 1), d);
    let depth = 0;
    for (const value of solved) depth += value * value;
    return (
      (depth / 2 - values[0]) / temperature +
      (d / 2) * mathF64.log(twoPi * temperature) -
      logDeterminant(factor, d) / 2
    );
  };
  // A form that is not positive definite may still have its integral over the box of a mesh.
  const first = temperatureAt(model.temperature, 0) > 0 ? temperatureAt(model.temperature, 0) : 1;
  for (let g = 0; g < model.graph.nodeCount; g++)
    if (!Number.isFinite(integral(g, 0, first))) return undefined;
  return integral;
}

/** Integrals over the mesh's box by the midpoint rule: error of second order in the cells, far less for smooth wells. */
function quadrature(model: Model, mesh: Mesh): NodeIntegral {
  const d = model.dimension;
  const evaluators = model.potentials.map((potential) => new PointEvaluator([potential], model.parameters));
  const widths = mesh.cells.map((cells, i) => (mesh.high[i] - mesh.low[i]) / cells);
  const total = mesh.cells.reduce((product, cells) => product * cells, 1);
  const values = new Float64Array(total);
  let volume = 1;
  for (const width of widths) volume *= width;
  return (node, time, temperature) => {
    const evaluator = evaluators[model.potentialOfNode[node]];
    const x = new Float64Array(d);
    let lowest = Infinity;
    for (let cell = 0; cell < total; cell++) {
      let rest = cell;
      for (let i = d - 1; i >= 0; i--) {
        const k = rest % mesh.cells[i];
        rest = (rest - k) / mesh.cells[i];
        x[i] = mesh.low[i] + (k + 0.5) * widths[i];
      }
      const [value] = evaluator.run({ x, node, time });
      values[cell] = value;
      // What is not a number (a pole of V at a cell's centre) makes the sum NaN, not wrong.
      if (value < lowest || value !== value) lowest = value;
    }
    let sum = 0;
    for (const value of values) {
      const depth = (value - lowest) / temperature;
      // exp(-60) is below the rounding error of any sum here.
      if (!(depth > 60)) sum += mathF64.exp(-depth);
    }
    return mathF64.log(sum * volume) - lowest / temperature;
  };
}
