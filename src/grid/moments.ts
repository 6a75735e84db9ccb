// Sums over blocks of cells that an observation is made of, and the observation. Exact sums over cells, not estimates:
// standard errors are 0, and there are no particles to count.

import { mathF64 } from '../elementary/mod.js';
import type { EnergyRecord, MovementReport, Observation } from '../estimate/mod.js';
import { temperatureAt } from '../model/mod.js';
import { blockRange, centre, share, type Member } from './cells.js';
import { evaluateEnergy, type Energy } from './energy.js';
import { momentCount, scalar, type GridArrays, type GridPlan } from './memory.js';

/** Pairs k <= l of coordinates, in the order of their sums. */
function pairs(dimension: number): [number, number][] {
  return Array.from({ length: dimension }, (_, k) =>
    Array.from({ length: dimension - k }, (_, i): [number, number] => [k, k + i]),
  ).flat();
}

/** Writes the moments of this member's share of blocks; coordinates are taken from the middle of the box. */
export function* measureMoments(
  plan: GridPlan,
  arrays: GridArrays,
  { index, size }: Member,
  temperature: number,
): Generator<void> {
  const { cells, model } = plan;
  const { dimension: d, count, blocks, sizes, strides } = cells;
  const { field, potential, moments } = arrays;
  const width = momentCount(d);
  const xs = sizes.map((length, k) =>
    Float64Array.from({ length }, (_, i) => centre(cells, k, i) - middle(plan, k)),
  );
  const products = pairs(d);
  const x = new Float64Array(d);
  const [begin, end] = share(model.graph.nodeCount * blocks, index, size);
  const sums = new Float64Array(width);
  for (let item = begin; item < end; item++) {
    const base = Math.floor(item / blocks) * count;
    const [from, to] = blockRange(cells, item % blocks);
    sums.fill(0);
    let least = Infinity;
    for (let i = from; i < to; i++) {
      const f = field[base + i];
      const v = potential[base + i];
      if (v < least) least = v;
      for (let k = 0; k < d; k++) x[k] = xs[k][Math.floor(i / strides[k]) % sizes[k]];
      let at = 0;
      sums[at++] += f;
      for (let k = 0; k < d; k++) sums[at++] += f * x[k];
      for (let p = 0; p < products.length; p++) sums[at++] += f * x[products[p][0]] * x[products[p][1]];
      sums[at++] += v * f;
      if (f > 0) sums[at] += f * mathF64.log(f);
    }
    sums[width - 2] = least;
    if (temperature > 0) {
      let partition = 0;
      for (let i = base + from; i < base + to; i++)
        partition += mathF64.exp((least - potential[i]) / temperature);
      sums[width - 1] = partition;
    }
    moments.set(sums, item * width);
  }
  yield;
}

function middle({ cells: { low, widths, sizes } }: GridPlan, k: number): number {
  return low[k] + 0.5 * sizes[k] * widths[k];
}

/** Moments of a node, summed over its blocks. */
function momentsOf({ cells }: GridPlan, { moments }: GridArrays, node: number): Float64Array {
  const width = momentCount(cells.dimension);
  const sums = new Float64Array(width);
  for (let block = 0; block < cells.blocks; block++) {
    const at = (node * cells.blocks + block) * width;
    for (let which = 0; which < width - 2; which++) sums[which] += moments[at + which];
  }
  for (let which = 0; which < width - 2; which++) sums[which] *= cells.volume;
  return sums;
}

/** The observation of the state that `measure` saw. Means of nodes without mass are NaN. Mathematics, section 10. */
export function observationOf(plan: GridPlan, arrays: GridArrays, step: number): Observation {
  const { model, cells } = plan;
  const { dimension: d } = cells;
  const n = model.graph.nodeCount;
  const time = step * model.timeStep;
  const temperature = temperatureAt(model.temperature, time);
  const numbers = (length: number): Float64Array => new Float64Array(length);
  const [mass, mean, covariance, potential] = [numbers(n), numbers(n * d), numbers(n * d * d), numbers(n)];
  let potentialEnergy = 0;
  let mixing = 0;
  for (let g = 0; g < n; g++) {
    const sums = momentsOf(plan, arrays, g);
    const m = sums[0];
    mass[g] = m;
    for (let k = 0; k < d; k++) mean[g * d + k] = sums[1 + k] / m + middle(plan, k);
    pairs(d).forEach(([k, l], p) => {
      const value = sums[1 + d + p] / m - (sums[1 + k] / m) * (sums[1 + l] / m);
      covariance[(g * d + k) * d + l] = value;
      covariance[(g * d + l) * d + k] = value;
    });
    const inWell = sums[sums.length - 4];
    potential[g] = inWell / m;
    potentialEnergy += inWell;
    if (m > 0) mixing += m * mathF64.log(m);
  }
  return {
    step,
    time,
    temperature,
    nodeCount: n,
    dimension: d,
    count: numbers(n).fill(NaN),
    mass,
    massError: numbers(n),
    mean,
    meanError: numbers(n * d),
    covariance,
    varianceError: numbers(n * d),
    potential,
    potentialError: numbers(n),
    potentialEnergy,
    potentialEnergyError: 0,
    mixingEnergy: temperature * mixing,
    jumps: arrays.jumps.slice(),
  };
}

/** log of Z_h = sum over all cells of h^d e^(-V/eps), from the moments; NaN at eps = 0. */
function logPartition({ cells, model }: GridPlan, { moments }: GridArrays, temperature: number): number {
  if (!(temperature > 0)) return NaN;
  const width = momentCount(cells.dimension);
  const items = model.graph.nodeCount * cells.blocks;
  let least = Infinity;
  for (let item = 0; item < items; item++) least = Math.min(least, moments[(item + 1) * width - 2]);
  let sum = 0;
  for (let item = 0; item < items; item++) {
    const own = moments[(item + 1) * width - 2];
    sum += moments[(item + 1) * width - 1] * mathF64.exp((least - own) / temperature);
  }
  return mathF64.log(sum * cells.volume) - least / temperature;
}

/** What the scalars of minimizing movements say. */
function movementReport(scalars: Float64Array): MovementReport {
  const [iterations, totalIterations, gap, worstGap, residual, worstResidual, slack, squaredDistance] =
    scalars.subarray(scalar.movement);
  return { iterations, totalIterations, gap, worstGap, residual, worstResidual, slack, squaredDistance };
}

/**
 * The energy of the state that `measure` saw. KL(f|pi) is that of the discrete laws, hence >= 0 and 0 for the discrete
 * Gibbs state, unless log Z is given.
 * @param energy what `measure` returned
 */
export function energyRecordOf(
  plan: GridPlan,
  arrays: GridArrays,
  step: number,
  energy: Energy,
  logZ?: number,
): EnergyRecord {
  const { model } = plan;
  const n = model.graph.nodeCount;
  const time = step * model.timeStep;
  const temperature = temperatureAt(model.temperature, time);
  const numbers = (): Float64Array => new Float64Array(n);
  const [entropy, nodeEnergy] = [numbers(), numbers()];
  let total = 0;
  for (let g = 0; g < n; g++) {
    const sums = momentsOf(plan, arrays, g);
    const m = sums[0];
    const product = sums[sums.length - 3];
    entropy[g] = mathF64.log(m) - product / m;
    nodeEnergy[g] = sums[sums.length - 4] + temperature * product;
    total += nodeEnergy[g];
  }
  const partition = logZ ?? logPartition(plan, arrays, temperature);
  const isKnown = temperature > 0;
  return {
    step,
    time,
    temperature,
    method: 'cells',
    entropy,
    entropyError: numbers(),
    entropyBias: numbers(),
    nodeEnergy,
    nodeEnergyError: numbers(),
    energy: total,
    energyError: 0,
    energyBias: 0,
    relativeEntropy: isKnown ? total / temperature + partition : NaN,
    relativeEntropyError: isKnown ? 0 : NaN,
    dissipation: energy.transport + energy.reaction,
    dissipationError: 0,
    dissipationTransport: energy.transport,
    dissipationReaction: energy.reaction,
    // Of second-order dynamics it is H that is in balance, not E.
    balance: energy.kinetic === undefined ? arrays.scalars[scalar.balance] : NaN,
    balanceError: energy.kinetic === undefined ? 0 : NaN,
    ...(energy.kinetic !== undefined && {
      kinetic: energy.kinetic,
      hamiltonian: total + energy.kinetic,
      residual: arrays.scalars[scalar.balance],
    }),
    ...(plan.movement && { movements: movementReport(arrays.scalars) }),
  };
}

/** All that an observation of a gradient flow needs: the energies, which are handed back, and the moments. */
export function* measureAll(
  plan: GridPlan,
  arrays: GridArrays,
  member: Member,
  temperature: number,
): Generator<void, Energy> {
  const energy = yield* evaluateEnergy(plan, arrays, member, temperature);
  yield* measureMoments(plan, arrays, member, temperature);
  return energy;
}
