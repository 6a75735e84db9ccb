// H = E + T of second-order dynamics as sums over blocks and lines that members share, mu with its two cuts, and what they follow from. Not
// the motion (second-order.ts), nor the sums of a gradient flow (energy.ts).
//
// Thin gas. Kicks cut mu to the range that it has where there is gas to speak of (`thinPart`): next to empty cells on
// steep slopes would else fall freely, and get fast. Equilibria stay at rest with it.
//
// The vacuum. Where f is below 2^-53 of the Gibbs density, mu = eps log(f/pi) + const is cut to what it is there. Such cells
// hold less than 2^-53 of the mass, all together; without the cut they would feel forces without bound, and so would their
// neighbours. The Gibbs state is at rest with it, in its tails also.

import { mathF64 } from '../elementary/mod.js';
import { blockRange, forItems, share, type Member } from './cells.js';
import type { LineFlow } from './line-flow.js';
import { lanes } from './lines.js';
import { evaluationSums, type GridArrays, type GridPlan } from './memory.js';
import { flowingMobility } from './pair-flow.js';

/** log of the part of the Gibbs density below which there is vacuum. */
const logVacuum = -53 * Math.LN2;

/**
 * Part of the largest density of a node below which cells are thin. In one dimension tails can be followed far down; in
 * more, flows of next to nothing from one line to the next would grow.
 */
const thinPart = (dimension: number): number => (dimension === 1 ? 2 ** -100 : 2 ** -40);

/** E_h of the state and T_h by its two parts. */
export interface Hamiltonian {
  readonly potential: number;
  readonly entropic: number;
  readonly transport: number;
  readonly reaction: number;
}

export const kineticOf = ({ transport, reaction }: Hamiltonian): number => transport + reaction;
export const energyOf = ({ potential, entropic }: Hamiltonian): number => potential + entropic;

/** What a member moves lines with: they are gathered here. */
export interface LineScratch {
  readonly flow: LineFlow;
  readonly f: Float64Array;
  readonly phi: Float64Array;
}

/** The node that a line along coordinate k is on. */
export function nodeOfLine({ lines, cells }: GridPlan, k: number, line: number): number {
  return Math.floor((line * lines[k].size) / cells.count);
}

export class HamiltonianSums {
  /** Per node, the density below which cells are thin. */
  readonly thin: Float64Array;
  /** Range of mu where gas is not thin. */
  lowest = -Infinity;
  highest = Infinity;
  readonly #items: number;
  /** mu of a vacuum. */
  #floor = -Infinity;

  /** @param code of the mobility, see transport/theta.ts */
  constructor(
    private readonly plan: GridPlan,
    private readonly arrays: GridArrays,
    private readonly member: Member,
    private readonly scratch: LineScratch,
    private readonly code: number,
  ) {
    const { nodeCount } = plan.model.graph;
    this.thin = new Float64Array(nodeCount);
    this.#items = nodeCount * plan.cells.blocks;
  }

  /** mu = -eps log Z in the Gibbs state; a vacuum is 2^-53 of that. */
  *findVacuum(temperature: number): Generator<void> {
    if (temperature === 0) {
      this.#floor = -Infinity;
      return;
    }
    const { potential, sums } = this.arrays;
    const { cells, model } = this.plan;
    forItems(cells, model.graph.nodeCount, this.member, (from, to, item) => {
      let least = Infinity;
      for (let i = from; i < to; i++) if (potential[i] < least) least = potential[i];
      let partition = 0;
      for (let i = from; i < to; i++) partition += mathF64.exp((least - potential[i]) / temperature);
      sums[item * evaluationSums] = least;
      sums[item * evaluationSums + 1] = partition;
    });
    yield;
    const items = this.#items;
    let least = Infinity;
    for (let item = 0; item < items; item++) least = Math.min(least, sums[item * evaluationSums]);
    let partition = 0;
    for (let item = 0; item < items; item++) {
      const own = sums[item * evaluationSums];
      partition += sums[item * evaluationSums + 1] * mathF64.exp((least - own) / temperature);
    }
    this.#floor = least + temperature * (logVacuum - mathF64.log(partition * cells.volume));
    // The sums are read by all before anybody writes new ones.
    yield;
  }

  /** mu, and the sums of V f and f log f. */
  writeChemical(temperature: number): void {
    const { cells, model } = this.plan;
    const { field, potential, chemical, sums } = this.arrays;
    const floor = this.#floor;
    forItems(cells, model.graph.nodeCount, this.member, (from, to, item) => {
      let inWells = 0;
      let entropic = 0;
      let most = 0;
      let lowest = Infinity;
      let highest = -Infinity;
      const thin = this.thin[Math.floor(item / cells.blocks)];
      for (let i = from; i < to; i++) {
        const f = field[i];
        const v = potential[i];
        inWells += v * f;
        if (f > most) most = f;
        if (f > 0) {
          const logarithm = mathF64.log(f);
          entropic += f * logarithm;
          // At eps = 0 there is no logarithm in mu.
          const mu = temperature === 0 ? v : v + temperature * logarithm;
          chemical[i] = mu > floor ? mu : floor;
          if (f >= thin) {
            if (mu < lowest) lowest = mu;
            if (mu > highest) highest = mu;
          }
        } else chemical[i] = temperature === 0 ? v : floor;
      }
      sums[item * evaluationSums] = inWells;
      sums[item * evaluationSums + 1] = entropic;
      sums[item * evaluationSums + 2] = most;
      sums[item * evaluationSums + 3] = lowest;
      sums[item * evaluationSums + 4] = highest;
    });
  }

  /** H of the state whose sums of E are there (`writeChemical`). All members get the same numbers. */
  *total(temperature: number): Generator<void, Hamiltonian> {
    this.#findThin();
    this.#sumKinetic();
    yield;
    const { cells } = this.plan;
    const { sums, lineSums, reactionSums } = this.arrays;
    let potential = 0;
    let entropic = 0;
    for (let item = 0; item < this.#items; item++) {
      potential += sums[item * evaluationSums];
      entropic += sums[item * evaluationSums + 1];
    }
    let transport = 0;
    for (const sum of lineSums) transport += sum;
    let reaction = 0;
    for (let block = 0; block < cells.blocks; block++) reaction += reactionSums[block];
    const { volume } = cells;
    return {
      potential: potential * volume,
      entropic: temperature === 0 ? 0 : temperature * entropic * volume,
      transport: 0.5 * transport * volume,
      reaction: 0.5 * reaction * volume,
    };
  }

  /** What is thin on each node, and the range of mu, from the sums that are there. */
  #findThin(): void {
    const { sums } = this.arrays;
    const { blocks, dimension } = this.plan.cells;
    this.lowest = Infinity;
    this.highest = -Infinity;
    for (let item = 0; item < this.#items; item++) {
      this.lowest = Math.min(this.lowest, sums[item * evaluationSums + 3]);
      this.highest = Math.max(this.highest, sums[item * evaluationSums + 4]);
    }
    for (let node = 0; node < this.thin.length; node++) {
      let most = 0;
      for (let block = 0; block < blocks; block++) {
        most = Math.max(most, sums[(node * blocks + block) * evaluationSums + 2]);
      }
      this.thin[node] = thinPart(dimension) * most;
    }
  }

  /** The sums of T of this member's lines and blocks. */
  #sumKinetic(): void {
    const { cells, lines, edges, model } = this.plan;
    const { lineSums, reactionSums, field, phi } = this.arrays;
    const { index, size } = this.member;
    const { flow, f: ownF, phi: ownPhi } = this.scratch;
    let first = 0;
    lines.forEach((along, k) => {
      const [begin, end] = share(along.packs, index, size);
      for (let pack = begin; pack < end; pack++) {
        along.gather(field, pack, ownF);
        along.gather(phi, pack, ownPhi);
        for (let lane = 0; lane < lanes && pack * lanes + lane < along.count; lane++) {
          const line = pack * lanes + lane;
          flow.load(ownF, ownPhi, lane, along.size);
          const d = model.diffusivity[nodeOfLine(this.plan, k, line)];
          lineSums[first + line] = d * flow.kinetic(along.size, along.isRing, cells.widths[k]);
        }
      }
      first += along.count;
    });
    const [firstBlock, lastBlock] = share(cells.blocks, index, size);
    for (let block = firstBlock; block < lastBlock && edges.length > 0; block++) {
      reactionSums[block] = this.#reactionSum(blockRange(cells, block));
    }
  }

  /** Sum over edges of K theta (phi - phi')^2. */
  #reactionSum([from, to]: readonly [number, number]): number {
    const { edges, cells } = this.plan;
    const { field, phi } = this.arrays;
    let sum = 0;
    for (const { source, target, weight } of edges) {
      const [a, b] = [source * cells.count, target * cells.count];
      let part = 0;
      for (let i = from; i < to; i++) {
        const p = phi[a + i] - phi[b + i];
        if (p === 0) continue;
        const [giver, taker] = p > 0 ? [field[b + i], field[a + i]] : [field[a + i], field[b + i]];
        part += flowingMobility(this.code, giver, taker) * p * p;
      }
      sum += weight * part;
    }
    return sum;
  }
}
