// How many particles there are in the cells of a mesh: estimated before a run from the initial law and the Gibbs density, for
// the choice of cells and for warnings. Estimates only; what is there in a run is deposited by the kernel.

import { mathF64 } from '../elementary/mod.js';
import { PointEvaluator } from './evaluator.js';
import type { Mesh, Model } from './model.js';
import { spreadNodes } from './probe.js';
import { temperatureAt } from './temperature.js';

/** Points per coordinate where the Gibbs density is summed up, by dimension. */
const latticePoints: Readonly<Record<number, number>> = { 1: 129, 2: 33, 3: 13 };
const mostNodes = 64;

type Law = Pick<
  Model,
  | 'dimension'
  | 'graph'
  | 'potentials'
  | 'potentialOfNode'
  | 'parameters'
  | 'temperature'
  | 'initialLaw'
  | 'initialMasses'
  | 'stepCount'
  | 'timeStep'
>;

type Box = Pick<Mesh, 'low' | 'high'>;

/** The highest of a run's temperatures, at 17 times. */
export function highestTemperature({
  temperature,
  stepCount,
  timeStep,
}: Pick<Model, 'temperature' | 'stepCount' | 'timeStep'>): number {
  const end = stepCount * timeStep;
  return Math.max(...Array.from({ length: 17 }, (_, i) => temperatureAt(temperature, (i * end) / 16)));
}

/**
 * sum over g of the integral of f(x,g)^2 dx: the density that a particle sees on average, of which N h^d is the number of
 * particles in its cell. The smaller of those of the initial law and of the Gibbs density at the highest temperature;
 * infinite where both are points.
 */
export function meanDensity(model: Law, box: Box): number {
  return Math.min(initialMeanDensity(model), gibbsMeanDensity(model, box) ?? Infinity);
}

function initialMeanDensity({ graph, dimension: d, initialLaw: law, initialMasses }: Law): number {
  let sum = 0;
  for (let g = 0; g < graph.nodeCount; g++) {
    let square = initialMasses[g] * initialMasses[g];
    if (square === 0) continue;
    for (let i = g * d; i < (g + 1) * d; i++) {
      if (law.kind === 'gaussian') square /= 2 * Math.sqrt(Math.PI) * law.standardDeviation[i];
      else if (law.kind === 'uniform') square /= law.high[i] - law.low[i];
      else square = Infinity;
    }
    sum += square;
  }
  return sum;
}

function gibbsMeanDensity(model: Law, { low, high }: Box): number | undefined {
  const { dimension: d, graph } = model;
  const temperature = highestTemperature(model);
  if (temperature === 0) return undefined;
  const points = latticePoints[d];
  const total = low.reduce((product) => product * points, 1);
  const nodes = spreadNodes(graph.nodeCount, mostNodes);
  const values: number[] = [];
  const x = new Float64Array(d);
  for (const g of nodes) {
    const evaluator = new PointEvaluator([model.potentials[model.potentialOfNode[g]]], model.parameters);
    for (let index = 0; index < total; index++) {
      let rest = index;
      for (let i = 0; i < d; i++) {
        x[i] = low[i] + (((rest % points) + 0.5) / points) * (high[i] - low[i]);
        rest = Math.floor(rest / points);
      }
      const value = evaluator.run({ x, node: g, time: 0 })[0];
      if (Number.isFinite(value)) values.push(value);
    }
  }
  const lowest = values.reduce((a, b) => Math.min(a, b), Infinity);
  let [sum, squares] = [0, 0];
  for (const value of values) {
    const weight = mathF64.exp((lowest - value) / temperature);
    sum += weight;
    squares += weight * weight;
  }
  if (!(sum > 0)) return undefined;
  const spacing = low.reduce((product, from, i) => (product * (high[i] - from)) / points, 1);
  return (squares * nodes.length) / (sum * sum * spacing * graph.nodeCount);
}

/** Cells per coordinate, the same for all, so that a particle is one of `wanted` in its cell; between the two bounds. */
export function cellsFor(
  model: Law & Pick<Model, 'particleCount'>,
  box: Box,
  wanted: number,
  fewest: number,
  most: number,
): number {
  const volume = box.low.reduce((product, low, i) => product * (box.high[i] - low), 1);
  const cells = (model.particleCount * meanDensity(model, box) * volume) / wanted;
  if (!(cells < Infinity)) return most;
  const each = mathF64.power(cells, 1 / model.dimension);
  return Math.max(fewest, Math.min(most, Math.floor(each * (1 + 1e-9))));
}

/** Volume of a cell: h^d. */
export function cellVolume({ cells, low, high }: Mesh): number {
  return cells.reduce((product, n, i) => (product * (high[i] - low[i])) / n, 1);
}

/** The initial law's density on a node at x, in particles per cell, smoothed as deposits and gathering smooth it. */
export function initialDensity(model: Model, mesh: Mesh, node: number, x: ArrayLike<number>): number {
  const { dimension: d, initialLaw: law, initialMasses, particleCount } = model;
  let density = initialMasses[node] * particleCount;
  for (let i = 0; i < d; i++) {
    const at = node * d + i;
    const h = (mesh.high[i] - mesh.low[i]) / mesh.cells[i];
    if (law.kind === 'gaussian') {
      // Twice cloud in cell: a hat has the variance h^2/6.
      const variance = law.standardDeviation[at] * law.standardDeviation[at] + (h * h) / 3;
      const off = x[i] - law.mean[at];
      density *= (h * mathF64.exp(-(off * off) / (2 * variance))) / Math.sqrt(2 * Math.PI * variance);
      continue;
    }
    const [from, to] =
      law.kind === 'uniform' ? [law.low[at], law.high[at]] : [law.position[at], law.position[at]];
    density *= x[i] < from - h || x[i] > to + h ? 0 : h / Math.max(h, to - from);
  }
  return density;
}
