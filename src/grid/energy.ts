// The discrete energy of the state and its dissipation, as sums over blocks that members share:
//
//     E_h = sum_g sum_cells h^d (V f + eps f log f),     I_h = sum over faces and edges of flux * (mu - mu'),
//
// with the fluxes that the scheme itself uses, so that I_h is what E_h loses in the limit of short steps. Where a density
// is 0 beside one that is not, I_h is infinite.

import { mathF64 } from '../elementary/mod.js';
import { isDensityMobility } from '../model/mod.js';
import { blockRange, forFaces, forItems, share, type Member } from './cells.js';
import { densityDissipation } from './density-exchange.js';
import { evaluationSums, type GridArrays, type GridPlan } from './memory.js';

export interface Energy {
  /** E_h and its two parts: sum of V f, and eps sum of f log f. */
  readonly energy: number;
  readonly potential: number;
  readonly entropic: number;
  readonly transport: number;
  readonly reaction: number;
  /** Of second-order dynamics: T = 1/2 sum D f |grad phi|^2 + 1/2 sum over edges of K theta (phi - phi')^2. */
  readonly kinetic?: number;
}

/**
 * What runs a member of a team: of a gradient flow (engine.ts), of its minimizing movements (movement-engine.ts), or of second-order
 * dynamics (second-order.ts).
 */
export interface GridSolver {
  start(): Generator<void, undefined>;
  /** Steps of time.step. @throws GridError */
  advance(from: number, to: number): Generator<void, undefined>;
  /** Computes what an observation needs (moments.ts reads it). Returns the energies at this time. */
  measure(time: number): Generator<void, Energy>;
}

/** Computes E_h and I_h of `arrays.field` with the coefficients that are there. All members get the same numbers. */
export function* evaluateEnergy(
  plan: GridPlan,
  arrays: GridArrays,
  { index, size }: Member,
  temperature: number,
): Generator<void, Energy> {
  const { cells, model } = plan;
  const { count, blocks, volume } = cells;
  const { sums, reactionSums } = arrays;
  const items = model.graph.nodeCount * blocks;
  forItems(cells, model.graph.nodeCount, { index, size }, (from, to, item) => {
    writeChemical(arrays, temperature, from, to, item * evaluationSums);
  });
  yield;
  const [begin, end] = share(items, index, size);
  for (let item = begin; item < end; item++) {
    const range = blockRange(cells, item % blocks);
    sums[item * evaluationSums + 2] = transportSum(plan, arrays, Math.floor(item / blocks) * count, range);
  }
  const [firstBlock, lastBlock] = share(blocks, index, size);
  for (let block = firstBlock; block < lastBlock; block++) {
    reactionSums[block] = reactionSum(plan, arrays, temperature, blockRange(cells, block));
  }
  yield;
  const total = (which: number): number => {
    let sum = 0;
    for (let item = 0; item < items; item++) sum += sums[item * evaluationSums + which];
    return sum * volume;
  };
  let reaction = 0;
  for (let block = 0; block < blocks; block++) reaction += reactionSums[block];
  const inWells = total(0);
  const entropic = temperature === 0 ? 0 : temperature * total(1);
  return {
    energy: inWells + entropic,
    potential: inWells,
    entropic,
    transport: total(2),
    reaction: reaction * volume,
  };
}

/** Writes mu of cells [from, to) of all, and the sums of V f and f log f. */
function writeChemical(
  { field, potential, chemical, sums }: GridArrays,
  temperature: number,
  from: number,
  to: number,
  at: number,
): void {
  let inWells = 0;
  let entropic = 0;
  for (let i = from; i < to; i++) {
    const f = field[i];
    const v = potential[i];
    const logarithm = mathF64.log(f);
    // At eps = 0 there is no logarithm in mu, also where f = 0.
    chemical[i] = temperature === 0 ? v : v + temperature * logarithm;
    inWells += v * f;
    if (f > 0) entropic += f * logarithm;
  }
  sums[at] = inWells;
  sums[at + 1] = entropic;
}

/** Sum over faces of flux * (mu_i - mu_(i+1)). */
function transportSum(
  { cells }: GridPlan,
  { field, chemical, fluxes }: GridArrays,
  base: number,
  [from, to]: readonly [number, number],
): number {
  let sum = 0;
  fluxes.forEach(({ rightward, leftward }, k) => {
    forFaces(cells, k, from, to, (begin, end, distance) => {
      let part = 0;
      for (let i = base + begin; i < base + end; i++) {
        const flux = rightward[i] * field[i] - leftward[i] * field[i + distance];
        if (flux !== 0) part += flux * (chemical[i] - chemical[i + distance]);
      }
      sum += part;
    });
  });
  return sum;
}

/** Sum over edges of (a f - b f')(mu - mu'), or K theta (mu - mu')^2. */
function reactionSum(
  { cells: { count }, edges, model: { mobility } }: GridPlan,
  { field, chemical, potential, forward, backward }: GridArrays,
  temperature: number,
  [from, to]: readonly [number, number],
): number {
  let sum = 0;
  for (let e = 0; e < edges.length; e++) {
    const [source, target] = [edges[e].source * count, edges[e].target * count];
    if (isDensityMobility(mobility)) {
      let part = 0;
      for (let i = from; i < to; i++) {
        const [s, t] = [source + i, target + i];
        const q = potential[t] - potential[s];
        part += densityDissipation(mobility, temperature, field[s], field[t], chemical[s], chemical[t], q);
      }
      sum += edges[e].weight * part;
    } else {
      const at = e * count;
      for (let i = from; i < to; i++) {
        const net = forward[at + i] * field[source + i] - backward[at + i] * field[target + i];
        if (net !== 0) sum += net * (chemical[source + i] - chemical[target + i]);
      }
    }
  }
  return sum;
}
