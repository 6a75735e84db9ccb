// The convex problem behind minimizing movements, in space and time on links (mathematics, sections 2 and 8), as data: its
// densities, potentials, residuals and bounds. Not how it is solved (movement-solver.ts).
//
//     minimise   E(f_L) + h/2 sum_l sum_links m_l^2 / (w theta(g_l))          h = tau/L,  l = 1 … L
//     subject to f_l - f_(l-1) + h div m_l = 0,     g_l = (1 - s) f_(l-1) + s f_l,     f_l >= 0
//
// s = 1 for L = 1, the linearised scheme (Cances, Gallouet and Todeschi 2020) with the mean of each link at the new time; s =
// 1/2 for L > 1, of order 2 in 1/L. With m = w theta (phi_s - phi_t) the conditions of optimality are, per site,
//
//     f_l - f_(l-1) + h sum w theta d = 0,       d = phi - phi' along each link,
//     -phi_l + phi_(l+1) - h/2 (s q_l + (1-s) q_(l+1)) - z_l = 0,   q_l = sum w theta_f(g_l) d^2,   z_l f_l = 0   (l < L)
//     V + eps log f_L - phi_L - h/2 s q_L - z_L = 0.
//
// Any phi and any tangent of the mobilities give a lower bound: theta is concave and homogeneous, so theta(f) <= theta_s f_s +
// theta_t f_t, and the smallest value over all densities of the mass at hand is a maximum, or log of a sum of exponentials.

import { mathF64 } from '../elementary/mod.js';
import { linkMobility, writeLogs, writeMobilities, type LinkMobility } from './action.js';
import type { Links } from './links.js';
import { mean } from './means.js';
import type { Place } from './sparse.js';

/** Sites, or links, of a block of sums. */
const blockLength = 256;

/** Densities are kept above this: nothing is lost, since no sum notices it. */
export const leastDensity = 1e-290;

export interface MovementShape {
  readonly links: Links;
  /** L. */
  readonly levels: number;
  readonly volume: number;
}

/** What the members of a team share. Of level l, site i: [l * sites + i], l from 0. */
export interface MovementArrays {
  readonly before: Float64Array;
  readonly density: Float64Array;
  readonly phi: Float64Array;
  /** Slack z. */
  readonly slack: Float64Array;
  readonly potential: Float64Array;
  /** g_l, log g_l. */
  readonly between: Float64Array;
  readonly logs: Float64Array;
  /** s f_l/g_l and (1 - s) f_(l-1)/g_l (0 for the first level). */
  readonly ahead: Float64Array;
  readonly behind: Float64Array;
  /** By level. */
  readonly mobility: readonly LinkMobility[];
  /** d of links: [l * links + link]. */
  readonly drop: Float64Array;
  /** g q_l. */
  readonly kinetic: Float64Array;
  /** Residuals of the density equation times f, without barrier and slack, and of the mass equation. */
  readonly densityResidual: Float64Array;
  readonly massResidual: Float64Array;
  readonly sums: Float64Array;
}

/** Sums per block. */
const sumCount = 6;

export function movementArrays(
  { links, levels }: MovementShape,
  take: (length: number) => Float64Array,
): MovementArrays {
  const all = levels * links.sites;
  const blocks = Math.ceil(links.sites / blockLength);
  const linkBlocks = Math.ceil(links.count / blockLength);
  return {
    before: take(links.sites),
    density: take(all),
    phi: take(all),
    slack: take(all),
    potential: take(links.sites),
    between: take(all),
    logs: take(all),
    ahead: take(all),
    behind: take(all),
    mobility: Array.from({ length: levels }, () => linkMobility(links.count, take)),
    drop: take(levels * links.count),
    kinetic: take(all),
    densityResidual: take(all),
    massResidual: take(all),
    sums: take(blocks * levels * sumCount + 2 * linkBlocks + blocks),
  };
}

/** Where an iterate stands; the same for all members. */
export interface Standing {
  /** E(f_L), and h sum w theta d^2 (so that W^2/(2 tau) is half of it). */
  readonly energy: number;
  readonly action: number;
  /** E + W^2/(2 tau), less a lower bound of its minimum. */
  readonly gap: number;
  /** Sums of |residual|: of mass, and of the density equation weighted by the density (an energy). */
  readonly massResidual: number;
  readonly densityResidual: number;
  /** Sum of z f. */
  readonly complementarity: number;
}

export class Movement {
  readonly #links: Links;
  readonly #begin: number;
  readonly #end: number;
  readonly #blocks: number;

  constructor(
    readonly shape: MovementShape,
    readonly arrays: MovementArrays,
    private readonly place: Place,
  ) {
    this.#links = shape.links;
    this.#blocks = Math.ceil(shape.links.sites / blockLength);
    const blocks = this.#share(this.#blocks);
    this.#begin = blocks[0] * blockLength;
    this.#end = Math.min(shape.links.sites, blocks[1] * blockLength);
  }

  #share(count: number): readonly [number, number] {
    const { index, size } = this.place;
    return [Math.floor((count * index) / size), Math.floor((count * (index + 1)) / size)];
  }

  /** This member's sites: the same range at every level. */
  get range(): readonly [number, number] {
    return [this.#begin, this.#end];
  }

  /** s. */
  get implicitness(): number {
    return this.shape.levels === 1 ? 1 : 0.5;
  }

  /** Computes all that depends on the iterate, and how good it is. `step` is h. */
  *evaluate(step: number, temperature: number): Generator<void, Standing> {
    const { levels, volume } = this.shape;
    const { arrays } = this;
    const links = this.#links;
    const { sites, count } = links;
    const s = this.implicitness;
    const [begin, end] = [this.#begin, this.#end];
    const { density, before, between, ahead, behind, logs, phi, drop, kinetic } = arrays;
    for (let l = 0; l < levels; l++) {
      const at = l * sites;
      for (let i = begin; i < end; i++) {
        const f = density[at + i];
        const old = l === 0 ? before[i] : density[at - sites + i];
        const g = s * f + (1 - s) * old;
        between[at + i] = g;
        ahead[at + i] = (s * f) / g;
        behind[at + i] = l === 0 ? 0 : ((1 - s) * old) / g;
      }
      writeLogs(between, logs, at + begin, at + end);
    }
    yield;
    const [first, last] = this.#share(count);
    for (let l = 0; l < levels; l++) {
      const at = l * sites;
      const here = between.subarray(at, at + sites);
      writeMobilities(links, here, logs.subarray(at, at + sites), arrays.mobility[l], first, last);
      const { from, to } = links;
      for (let link = first; link < last; link++) {
        drop[l * count + link] = phi[at + from[link]] - phi[at + to[link]];
      }
    }
    yield;
    for (let l = 0; l < levels; l++) this.#gather(l, step);
    yield;
    for (let l = 0; l < levels; l++) this.#residuals(l, step, temperature);
    yield;
    return yield* this.#standing(step, temperature, volume, kinetic);
  }

  /** Sums over the links of each site: kinetic terms, and what the mass equation lacks. */
  #gather(l: number, step: number): void {
    const { start, incident, sites, count } = this.#links;
    const { mobility, drop, kinetic, massResidual, density, before } = this.arrays;
    const { theta, first, second } = mobility[l];
    const [at, links] = [l * sites, l * count];
    for (let i = this.#begin; i < this.#end; i++) {
      let out = 0;
      let squares = 0;
      for (let k = start[i]; k < start[i + 1]; k++) {
        const link = incident[k] >> 1;
        const d = drop[links + link];
        if ((incident[k] & 1) === 0) {
          out += theta[link] * d;
          squares += first[link] * d * d;
        } else {
          out -= theta[link] * d;
          squares += second[link] * d * d;
        }
      }
      kinetic[at + i] = squares;
      massResidual[at + i] = density[at + i] - (l === 0 ? before[i] : density[at - sites + i]) + step * out;
    }
  }

  /** Residuals of the density equation, and sums of blocks. */
  #residuals(l: number, step: number, temperature: number): void {
    const { levels } = this.shape;
    const { sites } = this.#links;
    const { density, before, phi, slack, potential, kinetic, ahead, behind, between, sums } = this.arrays;
    const { densityResidual, massResidual } = this.arrays;
    const s = this.implicitness;
    const at = l * sites;
    const isLast = l === levels - 1;
    for (let block = Math.floor(this.#begin / blockLength); block * blockLength < this.#end; block++) {
      const [low, high] = [block * blockLength, Math.min(this.#end, (block + 1) * blockLength)];
      let energy = 0;
      let mass = 0;
      let misfit = 0;
      let product = 0;
      let linear = 0;
      let largest = -Infinity;
      for (let i = low; i < high; i++) {
        const f = density[at + i];
        const q = kinetic[at + i];
        let bound = phi[at + i] + (0.5 * step * s * q) / between[at + i];
        let residual = -f * phi[at + i] - 0.5 * step * q * ahead[at + i];
        if (isLast) {
          const logarithm = temperature > 0 ? temperature * mathF64.log(f) : 0;
          residual += f * (potential[i] + logarithm);
          bound -= potential[i];
          energy += f * (potential[i] + logarithm);
        } else {
          const next = at + sites + i;
          residual += f * phi[next] - 0.5 * step * kinetic[next] * behind[next];
          bound += -phi[next] + (0.5 * step * (1 - s) * kinetic[next]) / between[next];
        }
        densityResidual[at + i] = residual;
        if (bound > largest) largest = bound;
        const zf = slack[at + i] * f;
        product += zf;
        misfit += Math.abs(residual - zf);
        mass += Math.abs(massResidual[at + i]);
        if (l === 0) linear += before[i] * (phi[i] - (0.5 * step * (1 - s) * q) / between[i]);
      }
      const to = (l * this.#blocks + block) * sumCount;
      sums[to] = energy;
      sums[to + 1] = mass;
      sums[to + 2] = misfit;
      sums[to + 3] = product;
      sums[to + 4] = linear;
      sums[to + 5] = largest;
    }
  }

  *#standing(
    step: number,
    temperature: number,
    volume: number,
    kinetic: Float64Array,
  ): Generator<void, Standing> {
    const { levels } = this.shape;
    const { sites, count, kind, conductance } = this.#links;
    const { sums, drop, mobility, before, phi, potential, between } = this.arrays;
    const blocks = this.#blocks;
    const total = (which: number): number => {
      let sum = 0;
      for (let k = 0; k < levels * blocks; k++) sum += sums[k * sumCount + which];
      return sum;
    };
    const [energy, massResidual, densityResidual, product, linear] = [0, 1, 2, 3, 4].map(total);
    let bound = linear;
    let mass = 0;
    for (let i = 0; i < sites; i++) mass += before[i];
    let top = -Infinity;
    for (let l = 0; l < levels; l++) {
      let largest = -Infinity;
      for (let k = l * blocks; k < (l + 1) * blocks; k++) {
        largest = Math.max(largest, sums[k * sumCount + 5]);
      }
      if (l < levels - 1 || temperature === 0) bound -= mass * largest;
      else top = largest;
    }
    yield;
    // Actions by blocks of links, and the sum of exponentials by blocks of sites.
    const linkBlocks = Math.ceil(count / blockLength);
    const [low, high] = this.#share(linkBlocks);
    for (let block = low; block < high; block++) {
      let action = 0;
      let unscaled = 0;
      for (let link = block * blockLength; link < Math.min(count, (block + 1) * blockLength); link++) {
        for (let l = 0; l < levels; l++) {
          const d = drop[l * count + link];
          action += mobility[l].theta[link] * d * d;
          if (kind[link] === mean.constant) unscaled += conductance[link] * d * d;
        }
      }
      sums[2 * block] = action;
      sums[2 * block + 1] = unscaled;
    }
    const exponentials = sums.length - blocks;
    if (temperature > 0) {
      const at = (levels - 1) * sites;
      const s = this.implicitness;
      for (let block = Math.floor(this.#begin / blockLength); block * blockLength < this.#end; block++) {
        let sum = 0;
        for (let i = block * blockLength; i < Math.min(this.#end, (block + 1) * blockLength); i++) {
          const c = phi[at + i] + (0.5 * step * s * kinetic[at + i]) / between[at + i] - potential[i];
          sum += mathF64.exp((c - top) / temperature);
        }
        sums[exponentials + block] = sum;
      }
    }
    yield;
    let action = 0;
    for (let block = 0; block < linkBlocks; block++) {
      action += sums[2 * block];
      bound -= 0.5 * step * sums[2 * block + 1];
    }
    if (temperature > 0) {
      let sum = 0;
      for (let block = 0; block < blocks; block++) sum += sums[exponentials + block];
      bound -= mass * (top + temperature * mathF64.log(sum / mass));
    }
    yield;
    return {
      energy: energy * volume,
      action: step * action * volume,
      gap: (energy + 0.5 * step * action - bound) * volume,
      massResidual: massResidual * volume,
      densityResidual: densityResidual * volume,
      complementarity: product * volume,
    };
  }
}
